/* SPDX-License-Identifier: GPL-3.0-or-later
 * Fields of Lua tables, read with messages that name what was expected.
 */
#ifndef PROBE_SCENARIO_FIELDS_H
#define PROBE_SCENARIO_FIELDS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;

/* All raise a Lua error for a value of another type or out of range; `table`
 * is an index. They return false, with *out as it was, if the field is not
 * there. */
bool field_number(lua_State *L, int table, const char *name, uint64_t max,
		  uint64_t *out);
bool field_flag(lua_State *L, int table, const char *name, bool *out);
/* Borrowed from the table. */
bool field_text(lua_State *L, int table, const char *name, const char **out,
		size_t *length);
bool field_address(lua_State *L, int table, const char *name,
		   struct address *out);

/* The number, or `otherwise`. */
uint64_t field_number_or(lua_State *L, int table, const char *name,
			 uint64_t max, uint64_t otherwise);

/* A number, or true (by default) or false (absent): sets *present, and *out
 * for a number. Returns true if a number was given. */
bool field_optional(lua_State *L, int table, const char *name, uint64_t max,
		    bool *present, uint64_t *out);

/* Raises an error for a field that is not in `names` (NULL ends them);
 * numbered elements are fine if `elements`. */
void fields_check(lua_State *L, int table, const char *what,
		  const char *const *names, bool elements);

#endif
