/* SPDX-License-Identifier: GPL-3.0-or-later
 * The vocabulary of scenarios: what scripts can call beside Lua's own.
 */
#ifndef PROBE_SCENARIO_VOCABULARY_H
#define PROBE_SCENARIO_VOCABULARY_H

struct scenario;
struct sandbox;

/* Adds everything to the sandbox, whose context is a struct scenario. 0, or -1:
 * no memory. */
int vocabulary_open(struct sandbox *s, struct scenario *r);

#endif
