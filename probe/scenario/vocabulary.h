/* SPDX-License-Identifier: GPL-3.0-or-later
 * The vocabulary of scenarios: what scripts can call beside Lua's own.
 */
#ifndef PROBE_SCENARIO_VOCABULARY_H
#define PROBE_SCENARIO_VOCABULARY_H

struct run;
struct sandbox;

/* Adds everything to the sandbox, whose context is a struct run. 0, or -1:
 * no memory. */
int vocabulary_open(struct sandbox *s, struct run *r);

#endif
