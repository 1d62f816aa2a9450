/* SPDX-License-Identifier: GPL-3.0-or-later
 * What mpprobe wrote, read again: lines of -j, or a page of --html, which has
 * them inside. They may come from anybody: what is missing or makes no sense
 * is as if it were not known.
 */
#ifndef REPORT_SAVED_SAVED_H
#define REPORT_SAVED_SAVED_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct legs;
struct mptcp_connection;
struct paths;
struct report;

/* Where a page has its lines, one of them each time: what stands in front of
 * them, and what ends them. In them "<" is written \u003c. */
#define SAVED_BEGIN "<script type=\"application/json\" id=\"mpprobe\">\n"
#define SAVED_END "</script>"

/* Whether a file that begins so may be one: a brace, or a page's "<". */
bool saved_begins(int first);

/* The lines in a file: of a page, those inside it. `length` becomes theirs; 0
 * if a page has none. */
const char *saved_lines(const char *text, size_t *length);

/* The next line, and `*at` behind it; NULL if it is no JSON. */
json_t *saved_next(const char **at, const char *end);

/* "mpprobe-report/1" */
bool saved_is_of(const json_t *line, const char *schema);

/* The report of a line of mpprobe-report/1; report_free() it. Never NULL. */
struct report *saved_report(const json_t *line);

/* The connection of a line of mpprobe-connection/1, in the arena: what is
 * listed of it, and drawn if the line is of a page. It has at least one
 * subflow. */
struct mptcp_connection *saved_connection(struct arena *a, const json_t *line);

/* The legs of a line of mpprobe-legs/1; legs_free() them. Never NULL. */
struct legs *saved_legs(const json_t *line);

/* What several uplinks say together, of a line of mpprobe-paths/1; `reports`
 * are of them, in order, and must outlive it. NULL if the line has another
 * number of them. */
struct paths *saved_paths(const json_t *line, struct report *const *reports,
			  size_t count);

/* How many uplinks a line of mpprobe-paths/1 has. */
size_t saved_paths_count(const json_t *line);

#endif
