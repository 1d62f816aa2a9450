/* SPDX-License-Identifier: GPL-3.0-or-later
 * Lua 5.4 for scripts of strangers: base, table, string, math and utf8 less
 * what could load code, print, or keep C busy for ever; text chunks only;
 * caps on instructions, CPU time and memory. A single call of C that outlives
 * the cap of time ends the whole program (EXIT_INPUT). It knows nothing of
 * MPTCP.
 */
#ifndef PROBE_SCENARIO_SANDBOX_H
#define PROBE_SCENARIO_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_MEMORY (8 << 20)       /* bytes */
#define SANDBOX_INSTRUCTIONS 20000000L /* of the virtual machine */
#define SANDBOX_CPU_MS 3000
#define SANDBOX_SCRIPT_MAX (64 << 10) /* bytes of script text */

struct sandbox;

/* `context` is for the functions that the caller adds. NULL: no memory. */
struct sandbox *sandbox_new(void *context);
void sandbox_free(struct sandbox *s); /* NULL is fine */

lua_State *sandbox_lua(struct sandbox *s);
void *sandbox_context(lua_State *L);

/* Compiles and runs a script. `name` stands in messages. 0, or -1: then
 * sandbox_error() says why in one line, "NAME:LINE: what". */
int sandbox_run(struct sandbox *s, const char *name, const char *text,
		size_t length);

/* Calls what lua_pcall would (function and arguments are on the stack),
 * under the same caps. 0 with the results on the stack, or -1. */
int sandbox_call(struct sandbox *s, int arguments, int results);

/* Ends the script for good, even out of a pcall of its own; for C functions
 * that it called. The message gets "NAME:LINE: " in front. */
int sandbox_stop(lua_State *L, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* Whether the script was ended by sandbox_stop, not by an error of its own. */
bool sandbox_stopped(const struct sandbox *s);
const char *sandbox_error(const struct sandbox *s);

/* The line of the script that is being run; 0 if it cannot be told. */
unsigned sandbox_line(lua_State *L);

#endif
