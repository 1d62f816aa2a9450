// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe compare: the SYN/ACKs of several runs, recorded or made now. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/comparing.h"
#include "probe/cli/output.h"
#include "probe/cli/report_file.h"
#include "probe/net/privileges.h"
#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/track/capture.h"
#include "report/track/observer.h"

/* A file of either kind, opened as both with the privilege of the start: its
 * first byte, which tells, is read without. */
struct source {
	const char *name;
	const char *shown; /* as it is called in what is said of it */
	struct capture *capture;
	FILE *report; /* NULL: it cannot be one */
};

static bool open_source(struct source *s, const char *name)
{
	char error[400];

	s->name = name;
	s->report = report_file_open(name);
	s->capture = capture_open(&name, 1, error, sizeof(error));
	if (!s->capture)
		complain("%s", error);
	return s->capture != NULL;
}

static void close_sources(struct source *sources, int count)
{
	for (int i = 0; i < count; i++) {
		capture_close(sources[i].capture);
		if (sources[i].report)
			fclose(sources[i].report);
	}
	free(sources);
}

/* The name of a file without its directories. */
static const char *short_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash && slash[1] ? slash + 1 : name;
}

static int read_report(struct compare *c, struct source *s,
		       const struct anonymous *anonymous)
{
	char error[200] = "is empty";
	size_t length;
	char *text;
	int count = -1;

	if (anonymous)
		return failure(EXIT_INPUT,
			       "%s: a report: --anonymize takes the capture "
			       "that it is of",
			       s->name);
	text = report_file_text(s->report, &length);

	if (text)
		count = compare_report(c, s->shown, text, length, error,
				       sizeof(error));
	free(text);
	return count < 0 ? failure(EXIT_INPUT, "%s: %s", s->name, error) : 0;
}

static int read_capture(struct compare *c, struct source *s)
{
	struct observer *o = observer_new();
	char error[400] = "";
	int ret = 0;

	if (!o)
		return failure(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	switch (capture_feed(s->capture, o, error, sizeof(error))) {
	case CAPTURE_UNREADABLE:
		complain("%s", error);
		ret = EXIT_INPUT;
		break;
	case CAPTURE_TRUNCATED:
		complain("%s; compared as far as it goes", error);
		break;
	case CAPTURE_OK:
		break;
	}
	if (ret == 0 && compare_observe(c, s->shown, o) == 0)
		complain("%s: no SYN in it that was captured whole", s->name);
	observer_free(o);
	return ret;
}

/* Of a directory, what is no run; it was told. */
static bool may_be_left_out(const struct compare *c, int code)
{
	return c->over_time && code == EXIT_INPUT;
}

static int read_sources(struct compare *c, struct source *sources, int count,
			struct anonymous *anonymous)
{
	for (int i = 0; i < count; i++) {
		struct source *s = &sources[i];
		int ret;

		capture_anonymize(s->capture, anonymous);
		s->shown = anonymous ? arena_printf(c->arena, "run %d", i + 1)
				     : short_name(s->name);
		ret = report_file_is(s->report) ? read_report(c, s, anonymous)
						: read_capture(c, s);
		if (ret && !may_be_left_out(c, ret))
			return ret;
	}
	return 0;
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int print_comparison(const struct format *f, const struct page *p,
			    const void *compare)
{
	return f->compare(p, compare);
}

static int print(struct compare *c, struct output *out)
{
	compare_judge(c);
	output_print(out, print_comparison, c);
	return compare_differs(c) ? EXIT_INTERFERENCE : EXIT_CLEAR;
}

/* ---- directories --------------------------------------------------------- */

/* The files that are compared: those that were named, and all of directories,
 * which hold runs of one path over time. */
struct names {
	char **list;
	size_t count;
};

static bool is_directory(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A pipe or a device in a directory is no run, and may never end. */
static bool is_file(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool has_ending(const char *name, const char *ending)
{
	size_t length = strlen(name), more = strlen(ending);

	return length > more && !strcmp(name + length - more, ending);
}

/* The report of a run whose capture, which knows more, stands beside it. */
static bool has_capture(struct compare *c, const char *file)
{
	const char *stem;

	if (!has_ending(file, ".json"))
		return false;
	stem = arena_printf(c->arena, "%.*s", (int)strlen(file) - 5, file);
	return access(arena_printf(c->arena, "%s.pcap", stem), R_OK) == 0 ||
	       access(arena_printf(c->arena, "%s.pcapng", stem), R_OK) == 0;
}

static int add_directory(struct compare *c, struct names *n, const char *name)
{
	struct dirent **entries;
	int count = scandir(name, &entries, is_visible, alphasort);

	if (count < 0)
		return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *file = arena_printf(c->arena, "%s/%s", name,
					  entries[i]->d_name);

		if (is_file(file) && !has_capture(c, file))
			*ARENA_PUSH(c->arena, n->list, n->count) = file;
		free(entries[i]);
	}
	free(entries);
	c->over_time = true;
	return 0;
}

static int find_names(struct compare *c, struct names *n, int count,
		      char **names)
{
	int ret = 0;

	for (int i = 0; i < count && ret == 0; i++)
		if (is_directory(names[i]))
			ret = add_directory(c, n, names[i]);
		else
			*ARENA_PUSH(c->arena, n->list, n->count) = names[i];
	if (ret == 0 && n->count == 0)
		return failure(EXIT_INPUT, "%s: no file in it", names[0]);
	return ret;
}

static int compare_files(struct compare *c, struct output *out,
			 const struct names *n, struct anonymous *anonymous)
{
	struct source *sources = calloc(n->count, sizeof(*sources));
	int ret, count = 0;

	if (!sources)
		return failure(EXIT_SYSTEM, "no memory");
	raise_file_limit();
	for (size_t i = 0; i < n->count; i++) {
		if (open_source(&sources[count], n->list[i])) {
			count++;
		} else if (!may_be_left_out(c, EXIT_INPUT)) {
			close_sources(sources, count + 1);
			return EXIT_INPUT;
		} else if (sources[count].report) {
			fclose(sources[count].report);
		}
	}
	ret = privileges_drop();
	if (ret == 0)
		ret = read_sources(c, sources, count, anonymous);
	close_sources(sources, count);
	if (ret != 0)
		return ret;
	if (c->row_count)
		return print(c, out);
	return failure(EXIT_INPUT, "no TCP connection to compare");
}

static int compare_recorded(const struct options *o, struct compare *c,
			    struct output *out, int count, char **names)
{
	struct names n = {0};
	int ret = find_names(c, &n, count, names);

	return ret ? ret : compare_files(c, out, &n, o->anonymous);
}

static int compare_live(const struct options *o, struct compare *c,
			struct output *out, const char *host)
{
	int ret = comparing_run(o, host, c), code;

	if (!c->row_count)
		return ret ? ret : EXIT_UNKNOWN;
	code = print(c, out);
	if (ret != 0)
		return ret;
	for (size_t i = 0; code == EXIT_CLEAR && i < c->row_count; i++)
		if (c->rows[i].answered)
			return EXIT_CLEAR;
	return code == EXIT_CLEAR ? EXIT_UNKNOWN : code;
}

int cmd_compare(const struct options *o, struct output *out, int argc,
		char **argv)
{
	struct compare *c;
	int ret;

	if (o->live && argc != 1)
		return failure(EXIT_USAGE, "%s: only one HOST at a time",
			       argv[1]);
	c = compare_new();
	if (!c)
		return failure(EXIT_SYSTEM, "no memory");
	ret = o->live ? compare_live(o, c, out, argv[0])
		      : compare_recorded(o, c, out, argc, argv);
	compare_free(c);
	return ret;
}
