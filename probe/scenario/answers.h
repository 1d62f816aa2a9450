/* SPDX-License-Identifier: GPL-3.0-or-later
 * The answers of named stacks, as a scenario declares them, against the
 * outcomes of a run.
 */
#ifndef PROBE_SCENARIO_ANSWERS_H
#define PROBE_SCENARIO_ANSWERS_H

struct scenario;
struct sandbox;
struct lua_State;

/* Takes the answers table (at `index`) of scenario{}; raises an error for
 * what is not one. */
void answers_declare(struct lua_State *L, struct scenario *r, int index);

/* Fills r->stacks by the outcomes that there are, from within a script; raises
 * an error if a function of it fails. */
void answers_compare_now(struct lua_State *L, struct scenario *r);

/* Fills r->stacks, once the script is over. 0, or -1: a function of the
 * script's failed (sandbox_error()). */
int answers_compare(struct sandbox *s, struct scenario *r);

#endif
