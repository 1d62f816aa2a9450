// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe speed URL: downloads by TCP and MPTCP in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/download.h"
#include "probe/cli/output.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "report/print/speed.h"

/* Where it stands, for the bar. */
struct stand {
	unsigned round, rounds;
	bool mptcp;
	int shown; /* percent */
};

static void draw_bar(void *context, double share)
{
	static const char full[] = "##############################";
	struct stand *s = context;
	int percent = share < 0 ? 0 : (int)(share * 100);

	if (percent == s->shown)
		return;
	s->shown = percent;
	fprintf(stderr, "\rround %u of %u  %-5s  [%-30.*s] %3d %%", s->round,
		s->rounds, s->mptcp ? "MPTCP" : "TCP", percent * 30 / 100, full,
		percent);
}

static void clear_bar(void)
{
	fprintf(stderr, "\r%70s\r", "");
}

/* Who begins changes from round to round. */
static bool run_round(const struct download *d, struct stand *stand,
		      struct speed_round *r)
{
	for (unsigned i = 0; i < 2; i++) {
		bool mptcp = (stand->round + i) % 2 == 0;

		stand->mptcp = mptcp;
		stand->shown = -1;
		if (!download_run(d, mptcp, mptcp ? &r->mptcp : &r->tcp))
			return false;
	}
	return true;
}

static int run_rounds(const struct options *o, struct speed *s,
		      struct speed_round *rounds)
{
	bool bar = isatty(STDERR_FILENO) && !o->quiet;
	struct stand stand = {.rounds = o->count};
	struct download d = {
		.url = s->url,
		.ipv4 = o->where.ipv4,
		.ipv6 = o->where.ipv6,
		.seconds = o->seconds,
		.progress = bar ? draw_bar : NULL,
		.context = &stand,
	};
	unsigned long disabled = download_counter("MPCapableSYNTXDisabled");
	unsigned long dropped = download_counter("MPCapableSYNTXDrop");

	for (unsigned i = 0; i < o->count; i++) {
		stand.round = i + 1;
		if (!run_round(&d, &stand, &rounds[i]))
			break;
		s->round_count++;
	}
	if (bar)
		clear_bar();
	s->blackhole = download_counter("MPCapableSYNTXDisabled") > disabled;
	s->unanswered =
		(unsigned)(download_counter("MPCapableSYNTXDrop") - dropped);
	return signals_interrupted() ? EXIT_INTERRUPTED : speed_exit_code(s);
}

static bool is_url(const char *text)
{
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

int cmd_speed(const struct options *o, struct output *out, int argc,
	      char **argv)
{
	struct speed_round *rounds;
	struct speed s = {.url = argv[0]};
	char error[200];
	int ret;

	(void)argc;
	if (!is_url(s.url))
		return failure(EXIT_USAGE,
			       "%s: not a URL of http:// or https://", s.url);
	/* Nothing of this needs a right, so libcurl never has one. */
	ret = privileges_drop_but_asking();
	if (ret != 0)
		return ret;
	if (!download_has_mptcp(error, sizeof(error)) ||
	    !download_load(error, sizeof(error)))
		return failure(EXIT_SYSTEM, "%s", error);
	s.rounds = rounds = calloc(o->count, sizeof(*rounds));
	if (!rounds)
		return failure(EXIT_SYSTEM, "no memory");
	signals_install();
	ret = run_rounds(o, &s, rounds);
	if (s.round_count)
		output_end(out,
			   output_format(out)->speed(output_begin(out), &s));
	free(rounds);
	return ret;
}
