/* SPDX-License-Identifier: GPL-3.0-or-later
 * All scenarios: `mpprobe list` shows them, and they know stacks. None where
 * `run` was left out of the program (left_out.c).
 */
#ifndef PROBE_CLI_SCENARIO_LIST_H
#define PROBE_CLI_SCENARIO_LIST_H

struct arena;
struct page;
struct scenario_list;

/* Reads the files, before privileges are dropped; complains of those that
 * cannot be read. NULL: there are none, or no memory. */
struct scenario_list *scenario_list_load(void);

/* A line each, after privileges are dropped, as Lua reads them. */
void scenario_list_print(const struct scenario_list *list,
			 const struct page *p);

/* Which stacks answer the scenario of this name so, after privileges are
 * dropped: "as linux-v1 (5.10 or later) does", or "as no known stack does".
 * NULL: there is no such scenario, or it is not for this version of MPTCP. */
const char *scenario_list_like(const struct scenario_list *list,
			       struct arena *a, const char *scenario,
			       unsigned version, const char *outcome,
			       const char *value);

void scenario_list_free(struct scenario_list *list);

#endif
