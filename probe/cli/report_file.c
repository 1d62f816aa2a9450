// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/report_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probe/cli/output.h"
#include "probe/cli/reports.h"
#include "probe/net/complain.h"
#include "probe/net/infile.h"
#include "report/arena.h"
#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/report.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"

#define REPORT_MAX ((size_t)256 << 20)

FILE *report_file_open(const char *name)
{
	struct stat st;
	FILE *file;

	/* A FIFO that is opened twice may wait for ever. */
	if (strcmp(name, "-") == 0 || stat(name, &st) || !S_ISREG(st.st_mode))
		return NULL;
	file = infile_open(name);
	if (!file)
		return NULL;
	if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
		return file;
	fclose(file);
	return NULL;
}

bool report_file_is(FILE *file)
{
	int first = file ? getc(file) : EOF;

	return saved_begins(first) && ungetc(first, file) == first;
}

char *report_file_text(FILE *file, size_t *length)
{
	char *text = NULL;
	size_t size = 0;

	*length = 0;
	while (*length < REPORT_MAX && !feof(file) && !ferror(file)) {
		if (*length == size) {
			size = size * 2 + 65536;
			text = must_have(realloc(text, size));
		}
		*length += fread(text + *length, 1, size - *length, file);
	}
	return text;
}

/* --- printing ------------------------------------------------------------- */

/* A line of a connection: there may be many, so one at a time is parsed. */
struct listed {
	uint64_t number;
	const char *line;
	size_t length;
};

/* What a file has, in its order. */
struct saved {
	struct arena *arena;
	json_t **lines; /* of reports, of several uplinks, of legs */
	struct report **reports;
	struct listed *listed;
	size_t count, report_count, listed_count;
	uint64_t left_out; /* of the list */
};

static void keep_listed(struct saved *s, const json_t *line, const char *text,
			size_t length)
{
	*ARENA_PUSH(s->arena, s->listed, s->listed_count) = (struct listed){
		(uint64_t)json_integer_value(json_object_get(line, "number")),
		text, length};
}

static void keep_line(struct saved *s, const char *text, size_t length)
{
	json_t *line = json_loadb(text, length, 0, NULL);
	bool report = saved_is_of(line, "mpprobe-report/1");

	if (saved_is_of(line, "mpprobe-connection/1"))
		keep_listed(s, line, text, length);
	if (saved_is_of(line, "mpprobe-list/1"))
		s->left_out = member_count(line, "left_out");
	if (!report && !saved_is_of(line, "mpprobe-paths/1") &&
	    !saved_is_of(line, "mpprobe-legs/1")) {
		json_decref(line);
		return;
	}
	*ARENA_PUSH(s->arena, s->lines, s->count) = line;
	if (report)
		*ARENA_PUSH(s->arena, s->reports, s->report_count) =
			saved_report(line);
}

static void keep_lines(struct saved *s, const char *text, size_t length)
{
	const char *line = saved_lines(text, &length), *end = line + length;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t span = (size_t)((stop ? stop : end) - line);

		keep_line(s, line, span);
		line += span + 1;
	}
}

/* The reports of its uplinks follow it. */
static int print_paths(struct output *out, const json_t *line,
		       struct report *const *reports, size_t left)
{
	size_t count = saved_paths_count(line);
	struct paths *p =
		count <= left ? saved_paths(line, reports, count) : NULL;
	int code = EXIT_CLEAR;

	if (p) {
		code = paths_exit_code(p);
		paths_print(out, p);
	}
	paths_free(p);
	return code;
}

static void print_legs(struct output *out, const json_t *line)
{
	struct legs *l = saved_legs(line);

	print_beside_report(out, list_legs_print, l);
	legs_free(l);
}

static int print_reports(struct output *out, const struct saved *s)
{
	int code = s->reports[0]->reference ? EXIT_CLEAR
					    : report_exit_code(s->reports[0]);
	size_t printed = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct report *r;

		if (saved_is_of(s->lines[i], "mpprobe-paths/1")) {
			int all = print_paths(out, s->lines[i],
					      &s->reports[printed],
					      s->report_count - printed);

			code = exit_worst(code, all);
			continue;
		}
		if (saved_is_of(s->lines[i], "mpprobe-legs/1")) {
			print_legs(out, s->lines[i]);
			continue;
		}
		r = s->reports[printed++];
		report_print(out, r);
		if (!r->reference)
			code = exit_worst(code, report_exit_code(r));
	}
	return code;
}

/* --- the list ------------------------------------------------------------- */

static void print_connection(struct output *out, const struct listed *l)
{
	json_t *line = json_loadb(l->line, l->length, 0, NULL);
	struct arena *arena = arena_new();

	print_beside_report(out, list_connection_print,
			    saved_connection(arena, line));
	arena_free(arena);
	json_decref(line);
}

static int by_number(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

/* A page has them in the order in which they ended. */
static void print_list(struct output *out, struct saved *s)
{
	if (!s->listed_count)
		return;
	qsort(s->listed, s->listed_count, sizeof(*s->listed), by_number);
	print_beside_report(out, list_heading_print, NULL);
	for (size_t i = 0; i < s->listed_count; i++)
		print_connection(out, &s->listed[i]);
	if (s->left_out)
		print_beside_report(out, list_rest_print, &s->left_out);
}

/* As of the capture, which is not judged then either. */
static int complain_of(const struct saved *s, const char *name)
{
	if (s->listed_count)
		return failure(EXIT_UNKNOWN,
			       "%s: it has no verdict: connections are listed, "
			       "not judged",
			       name);
	return failure(EXIT_INPUT, "%s: no report of mpprobe is in it", name);
}

int report_file_print(FILE *file, const char *name, struct output *out)
{
	struct saved s = {.arena = arena_new()};
	size_t length;
	char *text = report_file_text(file, &length);
	int code;

	if (text)
		keep_lines(&s, text, length);
	code = s.report_count ? print_reports(out, &s) : complain_of(&s, name);
	print_list(out, &s);
	for (size_t i = 0; i < s.report_count; i++)
		report_free(s.reports[i]);
	for (size_t i = 0; i < s.count; i++)
		json_decref(s.lines[i]);
	free(text);
	arena_free(s.arena);
	return code;
}
