// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/answers.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "probe/scenario/fields.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"

/* The stacks that are known, and the versions that each speaks. */
static const struct {
	const char *field, *name;
	unsigned versions;
} stacks[] = {
	{"rfc", "rfc", 3},
	{"linux_v1", "linux-v1", 2},
	{"linux_v0", "linux-v0", 1},
};

#define STACKS (sizeof(stacks) / sizeof(stacks[0]))

void answers_declare(lua_State *L, struct scenario *r, int index)
{
	static const char *const fields[] = {"rfc", "linux_v1", "linux_v0",
					     NULL};

	if (!lua_istable(L, index))
		luaL_error(L, "scenario: answers: expected a table, got %s",
			   luaL_typename(L, index));
	fields_check(L, index, "answers", fields, false);
	for (size_t i = 0; i < STACKS; i++) {
		int type = lua_getfield(L, index, stacks[i].field);

		if (type != LUA_TNIL && type != LUA_TTABLE &&
		    type != LUA_TFUNCTION)
			luaL_error(L,
				   "answers: %s: expected a table or a "
				   "function, got %s",
				   stacks[i].field, luaL_typename(L, -1));
		lua_pop(L, 1);
	}
	lua_pushvalue(L, index);
	r->answers = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* "reset" is that word only, "reset*" whatever begins so. */
static bool word_fits(const char *expected, const char *found)
{
	size_t length = strlen(expected);

	if (length && expected[length - 1] == '*')
		return !strncmp(expected, found, length - 1);
	return !strcmp(expected, found);
}

static bool list_fits(lua_State *L, int list, const char *found)
{
	bool fits = false;

	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, list); i++) {
		lua_rawgeti(L, list, i);
		fits |= lua_type(L, -1) == LUA_TSTRING &&
			word_fits(lua_tostring(L, -1), found);
		lua_pop(L, 1);
	}
	return fits;
}

/* "reset* or fallback" */
static const char *expected_text(lua_State *L, struct scenario *r, int index)
{
	const char *text = "";

	if (lua_type(L, index) == LUA_TFUNCTION)
		return "what its function says";
	if (lua_type(L, index) != LUA_TTABLE)
		return arena_printf(r->arena, "%s",
				    luaL_tolstring(L, index, NULL));
	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, index); i++) {
		lua_rawgeti(L, index, i);
		text = arena_printf(r->arena, "%s%s%s", text,
				    i > 1 ? " or " : "",
				    luaL_tolstring(L, -1, NULL));
		lua_pop(L, 2);
	}
	return text;
}

/* The expectation is on top of the stack. */
static bool value_fits(lua_State *L, const char *found)
{
	int index = lua_gettop(L);
	bool fits;

	switch (lua_type(L, index)) {
	case LUA_TTABLE:
		return list_fits(L, index, found);
	case LUA_TFUNCTION:
		lua_pushvalue(L, index);
		lua_pushstring(L, found);
		lua_call(L, 1, 1);
		fits = lua_toboolean(L, -1);
		lua_pop(L, 1);
		return fits;
	default:
		return word_fits(luaL_tolstring(L, index, NULL), found);
	}
}

static const char *found_outcome(const struct scenario *r, const char *name)
{
	for (size_t i = 0; i < r->outcome_count; i++)
		if (!strcmp(r->outcomes[i].name, name))
			return r->outcomes[i].value;
	return NULL;
}

/* One expected outcome, on top of the stack. */
static void compare_outcome(lua_State *L, struct scenario *r,
			    struct stack_answer *a, const char *name)
{
	const char *found = found_outcome(r, name);
	int top = lua_gettop(L);
	struct difference *d;

	if (found && value_fits(L, found)) {
		lua_settop(L, top);
		return;
	}
	lua_settop(L, top);
	d = ARENA_PUSH(r->arena, a->differences, a->difference_count);
	d->outcome = arena_printf(r->arena, "%s", name);
	d->expected = expected_text(L, r, top);
	d->found = found;
	lua_settop(L, top);
}

/* The table of one stack is on top of the stack. In the order of names, so
 * that reports are the same every time. */
static void compare_stack(lua_State *L, struct scenario *r,
			  struct stack_answer *a)
{
	int table = lua_gettop(L);
	const char *release;

	if (field_text(L, table, "release", &release, NULL))
		a->release = arena_printf(r->arena, "%s", release);
	for (size_t i = 0; i < r->outcome_count; i++) {
		if (lua_getfield(L, table, r->outcomes[i].name) != LUA_TNIL)
			compare_outcome(L, r, a, r->outcomes[i].name);
		lua_settop(L, table);
	}
	lua_pushnil(L);
	while (lua_next(L, table)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING
					   ? lua_tostring(L, -2)
					   : "release";

		if (strcmp(name, "release") != 0 && !found_outcome(r, name))
			compare_outcome(L, r, a, name);
		lua_settop(L, table + 1);
	}
	a->matches = a->difference_count == 0 && r->end == SCENARIO_COMPLETE;
}

static void compare_named(lua_State *L, struct scenario *r, size_t i)
{
	struct stack_answer *a;
	int top = lua_gettop(L);

	if (!(stacks[i].versions >> r->version & 1))
		return;
	if (lua_getfield(L, top, stacks[i].field) == LUA_TFUNCTION) {
		lua_pushinteger(L, r->version);
		lua_call(L, 1, 1);
	}
	if (lua_istable(L, -1)) {
		a = ARENA_PUSH(r->arena, r->stacks, r->stack_count);
		a->name = stacks[i].name;
		compare_stack(L, r, a);
	}
	lua_settop(L, top);
}

void answers_compare_now(lua_State *L, struct scenario *r)
{
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->answers);
	for (size_t i = 0; i < STACKS; i++)
		compare_named(L, r, i);
}

static int compare(lua_State *L)
{
	answers_compare_now(L, sandbox_context(L));
	return 0;
}

int answers_compare(struct sandbox *s, struct scenario *r)
{
	if (!r->answers)
		return 0;
	lua_pushcfunction(sandbox_lua(s), compare);
	return sandbox_call(s, 0, 0);
}
