/* SPDX-License-Identifier: GPL-3.0-or-later
 * The scenarios that `mpprobe list` shows. None where `run` was left out of
 * the program (left_out.c).
 */
#ifndef PROBE_CLI_SCENARIO_LIST_H
#define PROBE_CLI_SCENARIO_LIST_H

struct page;
struct scenario_list;

/* Reads the files, before privileges are dropped; complains of those that
 * cannot be read. NULL: there are none, or no memory. */
struct scenario_list *scenario_list_load(void);

/* A line each, after privileges are dropped, as Lua reads them. */
void scenario_list_print(const struct scenario_list *list,
			 const struct page *p);
void scenario_list_free(struct scenario_list *list);

#endif
