// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/vocabulary.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "probe/scenario/answers.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/fields.h"
#include "probe/scenario/options.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "probe/scenario/subflow.h"
#include "report/arena.h"

static struct scenario *scenario_of(lua_State *L)
{
	return sandbox_context(L);
}

static const char *keep_text(struct scenario *r, const char *text)
{
	return arena_printf(r->arena, "%s", text);
}

/* --- scenario{} ---------------------------------------------------------- */

static const char *needed_text(lua_State *L, struct scenario *r,
			       const char *name)
{
	const char *text;

	if (!field_text(L, 1, name, &text, NULL))
		luaL_error(L, "scenario: %s is missing", name);
	return keep_text(r, text);
}

static unsigned read_versions(lua_State *L)
{
	unsigned versions = 0;

	if (lua_getfield(L, 1, "versions") != LUA_TTABLE)
		luaL_error(L, "scenario: versions: expected a list such as "
			      "{ 0, 1 }");
	for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, -1); i++) {
		lua_rawgeti(L, -1, i);
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 ||
		    lua_tointeger(L, -1) > 1)
			luaL_error(L, "scenario: versions are 0 and 1");
		versions |= 1u << lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	if (!versions)
		luaL_error(L, "scenario: versions is empty");
	return versions;
}

static void set_version(lua_State *L, struct scenario *r, unsigned version)
{
	r->version = version;
	lua_pushinteger(L, version);
	lua_setglobal(L, "version");
}

/* Ends the script if it is not for the peer's version. */
static void fit_version(lua_State *L, struct scenario *r)
{
	if (r->peer->version < 0 && r->about.versions == 1)
		set_version(L, r, 0);
	if (r->about.versions >> r->version & 1)
		return;
	r->end = SCENARIO_UNFIT;
	sandbox_stop(L, "not for MPTCP version %u, which %s speaks", r->version,
		     r->peer->target);
}

static int vocabulary_scenario(lua_State *L)
{
	static const char *const fields[] = {"title",	 "about",   "source",
					     "versions", "answers", NULL};
	struct scenario *r = scenario_of(L);
	const char *about;

	luaL_checktype(L, 1, LUA_TTABLE);
	fields_check(L, 1, "scenario", fields, false);
	if (r->about.declared)
		return luaL_error(L, "scenario: declared already");
	r->about.title = needed_text(L, r, "title");
	r->about.source = needed_text(L, r, "source");
	if (field_text(L, 1, "about", &about, NULL))
		r->about.about = keep_text(r, about);
	r->about.versions = read_versions(L);
	lua_getfield(L, 1, "answers");
	answers_declare(L, r, lua_gettop(L));
	r->about.declared = true;
	if (r->declaring && r->outcome_count)
		answers_compare_now(L, r);
	if (r->declaring)
		sandbox_stop(L, "declared");
	fit_version(L, r);
	return 0;
}

/* --- outcomes and remarks ------------------------------------------------ */

static int vocabulary_outcome(lua_State *L)
{
	struct scenario *r = scenario_of(L);
	const char *name = luaL_checkstring(L, 1);
	const char *value = luaL_tolstring(L, 2, NULL);
	struct outcome *o;

	for (size_t i = 0; i < r->outcome_count; i++)
		if (!strcmp(r->outcomes[i].name, name))
			return luaL_error(L, "outcome %s is recorded already",
					  name);
	o = ARENA_PUSH(r->arena, r->outcomes, r->outcome_count);
	o->name = keep_text(r, name);
	o->value = keep_text(r, value);
	o->line = sandbox_line(L);
	return 0;
}

static int vocabulary_note(lua_State *L)
{
	struct scenario *r = scenario_of(L);
	const char *text = luaL_tolstring(L, 1, NULL);
	struct remark *remark =
		ARENA_PUSH(r->arena, r->remarks, r->remark_count);

	remark->text = keep_text(r, text);
	remark->line = sandbox_line(L);
	return 0;
}

static int vocabulary_check(lua_State *L)
{
	struct scenario *r = scenario_of(L);
	const char *text = luaL_checkstring(L, 2);
	struct expectation *e =
		ARENA_PUSH(r->arena, r->expectations, r->expectation_count);

	e->text = keep_text(r, text);
	e->line = sandbox_line(L);
	if (lua_toboolean(L, 1))
		return 0;
	e->found = "not so";
	r->end = SCENARIO_UNMET;
	return sandbox_stop(L, "expected that %s", text);
}

/* What the server must do before the peer's stack can be judged. */
static int vocabulary_needs(lua_State *L)
{
	struct scenario *r = scenario_of(L);
	const char *text = luaL_checkstring(L, 2);

	if (lua_toboolean(L, 1))
		return 0;
	r->end = SCENARIO_UNTESTED;
	r->untested = keep_text(r, text);
	return sandbox_stop(L, "%s", text);
}

static int vocabulary_wait(lua_State *L)
{
	struct scenario *r = scenario_of(L);
	lua_Integer ms = luaL_checkinteger(L, 1);
	int64_t until;

	luaL_argcheck(L, ms >= 0 && ms <= EXCHANGE_MAX_MS, 1,
		      "at most 120000 ms");
	until = r->peer->ops->now_us(r->peer) + ms * 1000;
	while (r->peer->ops->wait(r->peer, until))
		;
	subflow_check_peer(L);
	return 0;
}

/* --- the table ----------------------------------------------------------- */

/* The functions of scripts; the manual has each (probe/scenario/check.sh). */
static const luaL_Reg globals[] = {
	{"scenario", vocabulary_scenario}, {"outcome", vocabulary_outcome},
	{"note", vocabulary_note},	   {"check", vocabulary_check},
	{"wait", vocabulary_wait},	   {"needs", vocabulary_needs},
};

/* What is said with them; the manual has these as well. A connection without
 * MPTCP tells what is the server's part in an answer. */
static const char prelude[] =
	"local function control()"
	"  local c = subflow { plain = true }"
	"  c:syn()"
	"  return c:wait { flags = 'SA' } and c or nil "
	"end "
	"local function deliver(s, payload, offset)"
	"  local at = s.next"
	"  s:data(payload, { offset = offset })"
	"  local found = s:data_answer()"
	"  if found == 'tcp-acked' then"
	"    s:data(payload, { seq = at, offset = offset })"
	"    found = s:data_answer()"
	"  end"
	"  return found "
	"end "
	"function takes_data()"
	"  local c = control()"
	"  if c then"
	"    c:ack()"
	"    c:data(opening)"
	"    c = c:data_answer() == 'fallback'"
	"  end"
	"  needs(c, 'without MPTCP the server takes no data either')"
	"end "
	"function hold(s)"
	"  local found = deliver(s, opening, 0)"
	"  if found ~= 'data-acked' then takes_data() end"
	"  return found "
	"end "
	"function hold_more(s) return deliver(s, more, #opening) end "
	"function response(s)"
	"  local found = s:response()"
	"  local c = found == 'none' and control()"
	"  if c then"
	"    c:ack()"
	"    c:wait({ payload = true }, 300)"
	"    c:data(request)"
	"    needs(c:response() == 'plain',"
	"      'without MPTCP the server does not answer this either')"
	"    waits(s, 0)"
	"  end"
	"  return found "
	"end "
	"function waits(s, ms)"
	"  local early = s:wait({ where = function(k)"
	"    return #k.payload > 0 or k.flags:find 'F'"
	"      or k.dss and k.dss.data_fin"
	"  end }, ms or 50)"
	"  needs(not early and s.received == 0,"
	"    'the server does not wait for the rest of this request') "
	"end "
	"function accepts_early()"
	"  local c = control()"
	"  if c then c:ack() end"
	"  needs(not c or not c:wait({ flags = 'SA' }, 1300),"
	"    'the server accepts connections only when data has come')"
	"end "
	"function same_server(first)"
	"  for i = 1, 20 do"
	"    local s = first:join()"
	"    s:syn()"
	"    needs(s:join_answer() == 'reset 1',"
	"      'joins from some ports reach another server')"
	"  end "
	"end "
	"local function takes_any_token()"
	"  local s = subflow()"
	"  s:syn { options = { mss(), mp_join {} } }"
	"  local k = s:wait()"
	"  return k and k.mp_join "
	"end "
	"local function no_reasons()"
	"  needs(not takes_any_token(),"
	"    'the server takes no further subflow, as Linux 5.10 by default')"
	"end "
	"function dated(found)"
	"  return takes_any_token() and found .. ' before 5.13' or found "
	"end "
	"function joined(first, second)"
	"  local found = second:join_answer()"
	"  if found == 'accepted' then return found end"
	"  if found == 'reset 1' then same_server(first) end"
	"  if found == 'ack-reset' and version == 1 then no_reasons() end"
	"  waits(first)"
	"  needs(found ~= 'ack-reset 3',"
	"    'the server takes no further subflow (MP_TCPRST reason 3)')"
	"  accepts_early()"
	"  return found "
	"end ";

static void set_bytes(lua_State *L, const char *name, const char *bytes,
		      size_t length)
{
	lua_pushlstring(L, bytes, length);
	lua_setglobal(L, name);
}

/* The request and its parts, as the manual has them. */
static void set_request(lua_State *L, const struct peer *p)
{
	const char *text = p ? (const char *)p->request : "";
	size_t length = p ? p->request_length : 0;
	size_t opening = p ? p->opening_length : 0;
	size_t rest = length - opening;
	size_t ending = p && p->has_end && rest > ENDING ? ENDING : 0;

	set_bytes(L, "request", text, length);
	set_bytes(L, "opening", text, opening);
	set_bytes(L, "rest", text + opening, rest);
	set_bytes(L, "more", text + opening, rest - ending);
}

static int open_vocabulary(lua_State *L)
{
	struct scenario *r = scenario_of(L);

	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		lua_pushcfunction(L, globals[i].func);
		lua_setglobal(L, globals[i].name);
	}
	options_register(L);
	subflow_register(L);
	set_version(L, r, r->version);
	set_request(L, r->peer);
	if (luaL_loadbufferx(L, prelude, sizeof(prelude) - 1, "=prelude",
			     "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

int vocabulary_open(struct sandbox *s, struct scenario *r)
{
	(void)r;
	lua_pushcfunction(sandbox_lua(s), open_vocabulary);
	return lua_pcall(sandbox_lua(s), 0, 0, 0) == LUA_OK ? 0 : -1;
}
