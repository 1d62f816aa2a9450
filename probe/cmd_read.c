// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdbool.h>
#include <stdlib.h>

#include "probe/command.h"
#include "probe/output.h"
#include "probe/privileges.h"
#include "report/capture.h"
#include "report/judge.h"
#include "report/observer.h"
#include "report/report.h"

static int report_all(const struct observer *o,
		      const struct judge_target *targets, size_t count,
		      struct output *out)
{
	int ret = EXIT_CLEAR;
	bool first = true;

	for (size_t i = 0; i < count; i++) {
		struct report *r = judge(o, &targets[i]);
		int code = report_exit_code(r);

		if (!r->reference) {
			ret = first ? code : exit_worst(ret, code);
			first = false;
		}
		output_report(out, r);
		report_free(r);
	}
	return ret;
}

/* `cut` says where a truncated capture ends; empty if it is whole. */
static int judge_all(const char *file, const char *cut,
		     const struct observer *o, struct output *out)
{
	size_t count = judge_targets(o, NULL, 0);
	struct judge_target *targets;
	int ret;

	if (!count) {
		complain("%s: no TCP connection in it%s%s", file,
			 *cut ? "; it " : "", cut);
		return EXIT_INPUT;
	}
	if (*cut)
		complain("%s: %s; judged as far as it goes", file, cut);
	targets = calloc(count, sizeof(*targets));
	if (!targets) {
		complain("no memory");
		return EXIT_SYSTEM;
	}
	judge_targets(o, targets, count);
	ret = report_all(o, targets, count, out);
	free(targets);
	return ret;
}

static int feed_and_judge(const char *file, struct capture *c,
			  struct observer *o, struct output *out)
{
	char error[400] = "";

	if (capture_feed(c, o, error, sizeof(error)) == CAPTURE_UNREADABLE) {
		complain("%s: %s", file, error);
		return EXIT_INPUT;
	}
	return judge_all(file, error, o, out);
}

/* Everything is open: from here on strangers' bytes are read. */
static int read_and_judge(const char *file, struct capture *c,
			  struct output *out)
{
	struct observer *o = observer_new();
	char error[200];
	int ret = EXIT_SYSTEM;

	if (!o) {
		complain("no memory, or OpenSSL failed");
		return ret;
	}
	if (privileges_drop(error, sizeof(error)) == -1)
		complain("%s", error);
	else
		ret = feed_and_judge(file, c, o, out);
	observer_free(o);
	return ret;
}

int cmd_read(const struct options *o, int argc, char **argv)
{
	const char *file = argv[0];
	struct capture *c;
	struct output *out;
	char error[400];
	int ret;

	(void)argc;
	c = capture_open(file, error, sizeof(error));
	if (!c) {
		complain("%s: %s", file, error);
		return EXIT_INPUT;
	}
	out = output_open(o);
	if (!out) {
		capture_close(c);
		return EXIT_OUTPUT;
	}
	ret = read_and_judge(file, c, out);
	capture_close(c);
	return output_close(out) ? EXIT_OUTPUT : ret;
}
