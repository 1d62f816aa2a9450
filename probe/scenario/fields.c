// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/fields.h"

#include <lauxlib.h>
#include <string.h>

#include "crafting/address.h"

/* The field is on top of the stack afterwards; the caller pops it. */
static int get(lua_State *L, int table, const char *name)
{
	lua_pushstring(L, name);
	lua_rawget(L, table < 0 ? table - 1 : table);
	return lua_type(L, -1);
}

static int wrong(lua_State *L, const char *name, const char *expected)
{
	return luaL_error(L, "%s: expected %s, got %s", name, expected,
			  luaL_typename(L, -1));
}

static void take_number(lua_State *L, const char *name, uint64_t max,
			uint64_t *out)
{
	int exact;
	lua_Integer value = lua_tointegerx(L, -1, &exact);

	if (!exact || lua_type(L, -1) != LUA_TNUMBER)
		wrong(L, name, "a whole number");
	if ((uint64_t)value > max)
		luaL_error(L, "%s: expected at most %I, got %I", name,
			   (lua_Integer)max, value);
	*out = (uint64_t)value;
}

bool field_number(lua_State *L, int table, const char *name, uint64_t max,
		  uint64_t *out)
{
	bool there = get(L, table, name) != LUA_TNIL;

	if (there)
		take_number(L, name, max, out);
	lua_pop(L, 1);
	return there;
}

uint64_t field_number_or(lua_State *L, int table, const char *name,
			 uint64_t max, uint64_t otherwise)
{
	field_number(L, table, name, max, &otherwise);
	return otherwise;
}

bool field_flag(lua_State *L, int table, const char *name, bool *out)
{
	int type = get(L, table, name);

	if (type != LUA_TNIL && type != LUA_TBOOLEAN)
		wrong(L, name, "true or false");
	if (type == LUA_TBOOLEAN)
		*out = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return type == LUA_TBOOLEAN;
}

bool field_text(lua_State *L, int table, const char *name, const char **out,
		size_t *length)
{
	int type = get(L, table, name);

	if (type != LUA_TNIL && type != LUA_TSTRING)
		wrong(L, name, "a string");
	if (type == LUA_TSTRING)
		*out = lua_tolstring(L, -1, length);
	lua_pop(L, 1);
	return type == LUA_TSTRING;
}

bool field_address(lua_State *L, int table, const char *name,
		   struct address *out)
{
	const char *text;

	if (!field_text(L, table, name, &text, NULL))
		return false;
	if (!address_parse(text, out))
		luaL_error(L, "%s: expected an IP address, got %s", name, text);
	return true;
}

bool field_optional(lua_State *L, int table, const char *name, uint64_t max,
		    bool *present, uint64_t *out)
{
	int type = get(L, table, name);

	if (type == LUA_TBOOLEAN)
		*present = lua_toboolean(L, -1);
	else if (type == LUA_TNUMBER)
		take_number(L, name, max, out);
	else if (type != LUA_TNIL)
		wrong(L, name, "a whole number, true or false");
	if (type == LUA_TNUMBER)
		*present = true;
	lua_pop(L, 1);
	return type == LUA_TNUMBER;
}

static bool known(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

void fields_check(lua_State *L, int table, const char *what,
		  const char *const *names, bool elements)
{
	luaL_checktype(L, table, LUA_TTABLE);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TNUMBER && elements)
			continue;
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_error(L, "%s takes named fields only", what);
		if (!known(names, lua_tostring(L, -1)))
			luaL_error(L, "%s has no field %s", what,
				   lua_tostring(L, -1));
	}
}
