// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/subflow.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/fields.h"
#include "probe/scenario/match.h"
#include "probe/scenario/options.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "probe/scenario/verdicts.h"
#include "report/arena.h"
#include "report/track/observer.h"

#define SUBFLOW_TYPE "subflow"

static struct scenario *scenario_of(lua_State *L)
{
	return sandbox_context(L);
}

static struct subflow *check_subflow(lua_State *L, int index)
{
	return *(struct subflow **)luaL_checkudata(L, index, SUBFLOW_TYPE);
}

static int push_subflow(lua_State *L, struct subflow *s)
{
	struct subflow **slot = lua_newuserdatauv(L, sizeof(*slot), 0);

	*slot = s;
	luaL_setmetatable(L, SUBFLOW_TYPE);
	return 1;
}

/* Fields that may be left out, all of them. */
static void want_table(lua_State *L, int index)
{
	if (!lua_isnoneornil(L, index))
		return;
	lua_settop(L, index - 1);
	lua_newtable(L);
}

/* What tells functions apart that share their code. */
static int detail(lua_State *L)
{
	return (int)lua_tointeger(L, lua_upvalueindex(1));
}

/* A time in milliseconds, or what is patient enough. */
static int64_t patience(lua_State *L, int index, const struct subflow *s)
{
	lua_Integer ms;

	if (lua_isnoneornil(L, index))
		return subflow_patience_us(s);
	ms = luaL_checkinteger(L, index);
	luaL_argcheck(L, ms >= 0 && ms <= EXCHANGE_MAX_MS, index,
		      "at most 120000 ms");
	return ms * 1000;
}

void subflow_check_peer(lua_State *L)
{
	struct scenario *r = scenario_of(L);

	if (!r->peer->exit_code)
		return;
	r->end = SCENARIO_STOPPED;
	sandbox_stop(L, "%s", r->peer->error);
}

/* --- sending ------------------------------------------------------------- */

/* What a compose_fn of a script's segment works with. */
struct script_options {
	lua_State *L;
	int table; /* the fields of the segment */
};

/* The mapping that belongs to data, with what the fields change of it. */
static bool compose_mapping(lua_State *L, int table, struct subflow *s,
			    struct outgoing *out)
{
	struct writer w = writer_over(out->options, sizeof(out->options));
	struct mptcp_option o;
	bool fin = false, own = false;

	field_flag(L, table, "data_fin", &fin);
	for (size_t i = 0; i < 3; i++) {
		static const char *const fields[] = {"dsn", "ssn", "length"};
		uint64_t value;

		own |= field_number(L, table, fields[i], UINT64_MAX, &value);
	}
	if (capable_carries_data(s, out) && !fin && !own)
		capable_default(s, out, &o);
	else
		dss_default(s, out, fin, &o);
	mapping_override(L, table, s, out, &o);
	mptcp_encode(&w, &o);
	write_options_padding(&w);
	out->options_length = w.length;
	return !w.failed;
}

static bool compose(void *context, struct subflow *s, struct outgoing *out)
{
	struct script_options *o = context;
	lua_State *L = o->L;
	bool fin = false, result;

	if (lua_getfield(L, o->table, "options") != LUA_TNIL) {
		result = options_write(L, lua_gettop(L), s, out);
		lua_pop(L, 1);
		return result;
	}
	lua_pop(L, 1);
	field_flag(L, o->table, "data_fin", &fin);
	if ((out->payload_length || fin) && !(out->flags & TCP_FLAG_SYN) &&
	    subflow_facts(s)->has_server_key && !s->plain)
		return compose_mapping(L, o->table, s, out);
	return compose_default(NULL, s, out);
}

static const char *const send_fields[] = {
	"flags",  "seq",      "ack",	     "ttl",	      "window",
	"urgent", "payload",  "options",     "reserved",      "tcp_checksum",
	"offset", "dsn",      "ssn",	     "length",	      "checksum",
	"covers", "data_fin", "data_offset", "traffic_class", "wrong_checksum",
	NULL};

/* 5, or { 1, 30 } for a sweep. */
static void read_ttl(lua_State *L, int table, struct outgoing *out)
{
	uint64_t first = out->ttl_first, last = out->ttl_last;
	int type = lua_getfield(L, table, "ttl");

	if (type == LUA_TTABLE) {
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		if (!lua_isinteger(L, -1) || !lua_isinteger(L, -2))
			luaL_error(L, "ttl: expected a number or a sweep such "
				      "as { 1, 30 }");
		first = (uint64_t)lua_tointeger(L, -2);
		last = (uint64_t)lua_tointeger(L, -1);
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
	if (type != LUA_TTABLE && field_number(L, table, "ttl", 255, &first))
		last = first;
	if (first < 1 || last > 255 || first > last)
		luaL_error(L, "ttl: expected 1 to 255");
	out->ttl_first = (unsigned)first;
	out->ttl_last = (unsigned)last;
}

static void read_header(lua_State *L, int table, struct outgoing *out)
{
	uint64_t value;

	out->sequence = (uint32_t)field_number_or(L, table, "seq", UINT32_MAX,
						  out->sequence);
	out->acknowledgment = (uint32_t)field_number_or(
		L, table, "ack", UINT32_MAX, out->acknowledgment);
	out->window = (uint16_t)field_number_or(L, table, "window", 65535,
						out->window);
	out->urgent = (uint16_t)field_number_or(L, table, "urgent", 65535, 0);
	out->reserved = (uint8_t)field_number_or(L, table, "reserved", 15, 0);
	out->traffic_class =
		(uint8_t)field_number_or(L, table, "traffic_class", 255, 0);
	out->offset =
		field_number_or(L, table, "offset", INT64_MAX, out->offset);
	if (field_number(L, table, "tcp_checksum", 65535, &value))
		out->checksum = (int)value;
	if (field_number(L, table, "data_offset", 15, &value))
		out->data_offset = (int)value;
}

/* Fills `out` from the fields at `table`; a payload stays where Lua has it. */
static void read_segment(lua_State *L, int table, struct subflow *s,
			 uint8_t flags, struct outgoing *out)
{
	const char *text, *payload = NULL;
	size_t length = 0;

	fields_check(L, table, "a segment", send_fields, false);
	if (field_text(L, table, "flags", &text, NULL))
		flags = flags_read(L, text);
	subflow_outgoing(s, flags, out);
	read_header(L, table, out);
	read_ttl(L, table, out);
	if (field_text(L, table, "payload", &payload, &length)) {
		out->payload = (const uint8_t *)payload;
		out->payload_length = length;
	}
}

static void check_sent(lua_State *L, enum peer_result result)
{
	struct scenario *r = scenario_of(L);

	if (result == PEER_OK)
		return;
	subflow_check_peer(L);
	if (r->peer->replay)
		r->end = SCENARIO_NOT_RECORDED;
	else
		r->end = SCENARIO_BAD_SCRIPT;
	sandbox_stop(L, "%s", r->peer->error);
}

/* The segment of the fields at `table`. */
static int send_segment(lua_State *L, struct subflow *s, uint8_t flags,
			int table, const char *payload, size_t length)
{
	struct script_options options = {L, table};
	struct outgoing out;

	want_table(L, table);
	read_segment(L, table, s, flags, &out);
	if (payload) {
		out.payload = (const uint8_t *)payload;
		out.payload_length = length;
	}
	check_sent(L, subflow_send(s, &out, compose, &options));
	return 0;
}

/* syn, ack, fin, reset, send */
static int method_segment(lua_State *L)
{
	return send_segment(L, check_subflow(L, 1), (uint8_t)detail(L), 2, NULL,
			    0);
}

static int method_data(lua_State *L)
{
	struct subflow *s = check_subflow(L, 1);
	size_t length;
	const char *payload = luaL_checklstring(L, 2, &length);

	return send_segment(L, s, TCP_FLAG_PSH | TCP_FLAG_ACK, 3, payload,
			    length);
}

/* --- receiving ----------------------------------------------------------- */

/* The next segment of `s`, or of `other`, that fits the match at `index`; nil
 * if none comes in the time behind that. */
static const struct kept *wait_for(lua_State *L, struct subflow *s,
				   struct subflow *other, int index,
				   struct subflow **whose)
{
	struct scenario *r = scenario_of(L);
	int64_t us = patience(L, index + 1, s);
	int64_t until = r->peer->ops->now_us(r->peer) + us;
	const struct kept *k;
	struct match m;

	lua_settop(L, index + 1);
	match_read(L, index, &m);
	while ((k = either_receive(s, other, until, whose)))
		if (match_fits(L, &m, *whose, k))
			break;
	subflow_check_peer(L);
	if (k)
		segment_push(L, *whose, k);
	else
		lua_pushnil(L);
	return k;
}

static int method_wait(lua_State *L)
{
	struct subflow *whose;

	wait_for(L, check_subflow(L, 1), NULL, 2, &whose);
	return 1;
}

static int global_either(lua_State *L)
{
	struct subflow *first = check_subflow(L, 1), *whose;

	if (!wait_for(L, first, check_subflow(L, 2), 3, &whose))
		return 1;
	lua_pushvalue(L, whose == first ? 1 : 2);
	return 2;
}

/* Whether there is no use in waiting for more: this is a RST, or it is the
 * SYN/ACK but not as wanted. */
static bool decides(const struct match *m, const struct kept *k)
{
	uint8_t flags = k->packet.tcp.flags;

	if (flags & TCP_FLAG_RST)
		return true;
	return m->flags >= 0 && m->flags & TCP_FLAG_SYN && flags & TCP_FLAG_SYN;
}

/* Whether a plain answer is that of a stack that has MPTCP, but no checksums.
 */
static bool wants_too_much(const struct subflow *s, const struct kept *k)
{
	return s->exchange->peer->speaks_without_checksums && s->ask_checksum &&
	       k && !(k->packet.tcp.flags & TCP_FLAG_RST);
}

static int fail_expectation(lua_State *L, const struct subflow *s,
			    struct expectation *e, const struct match *m,
			    const struct kept *k, int64_t us)
{
	struct scenario *r = scenario_of(L);
	char text[240];

	if (k)
		segment_brief(k, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "nothing in %lld ms",
			 (long long)(us / 1000));
	e->found = arena_printf(r->arena, "%s", text);
	r->end = m->option && m->flags >= 0 && m->flags & TCP_FLAG_SYN &&
				 !strcmp(m->option, "MP_CAPABLE")
			 ? SCENARIO_NO_MPTCP
			 : SCENARIO_UNMET;
	if (r->end == SCENARIO_NO_MPTCP && wants_too_much(s, k)) {
		r->end = SCENARIO_UNTESTED;
		r->untested = "the server takes no DSS checksums, as Linux "
			      "before 5.14";
	}
	return sandbox_stop(L, "expected %s, got %s", e->text, e->found);
}

/* The segment that fits, or the end of the script. */
static const struct kept *expect(lua_State *L, struct subflow *s,
				 const struct match *m, int64_t us)
{
	struct scenario *r = scenario_of(L);
	int64_t until = r->peer->ops->now_us(r->peer) + us;
	const struct kept *k, *other = NULL;
	struct expectation *e;
	char text[240];

	while ((k = subflow_receive(s, until)) && !match_fits(L, m, s, k)) {
		other = k;
		if (decides(m, k)) {
			k = NULL;
			break;
		}
	}
	subflow_check_peer(L);
	e = ARENA_PUSH(r->arena, r->expectations, r->expectation_count);
	e->text =
		arena_printf(r->arena, "%s", match_text(m, text, sizeof(text)));
	e->line = sandbox_line(L);
	if (!k)
		fail_expectation(L, s, e, m, other, us);
	return k;
}

static int method_expect(lua_State *L)
{
	struct subflow *s = check_subflow(L, 1);
	struct match m;

	lua_settop(L, 3);
	match_read(L, 2, &m);
	segment_push(L, s, expect(L, s, &m, patience(L, 3, s)));
	return 1;
}

/* SYN, SYN/ACK, third ACK; of a further subflow the fourth ACK as well. */
static int method_connect(lua_State *L)
{
	struct subflow *s = check_subflow(L, 1);
	bool joins = s->connection != s;
	struct match syn_ack = {.flags = TCP_FLAG_SYN | TCP_FLAG_ACK,
				.payload = -1};
	struct match fourth = {
		.flags = TCP_FLAG_ACK, .payload = -1, .option = "DSS"};

	lua_settop(L, 1);
	if (!s->plain)
		syn_ack.option = joins ? "MP_JOIN" : "MP_CAPABLE";
	send_segment(L, s, TCP_FLAG_SYN, 2, NULL, 0);
	expect(L, s, &syn_ack, subflow_patience_us(s));
	send_segment(L, s, TCP_FLAG_ACK, 2, NULL, 0);
	if (joins && !s->plain)
		expect(L, s, &fourth, subflow_patience_us(s));
	lua_settop(L, 1);
	return 1;
}

/* data_answer, response, ...: what comes, in a word. */
static int method_answer(lua_State *L)
{
	static answer_fn *const answers[] = {
		subflow_data_answer, subflow_response, subflow_join_answer,
		subflow_reset_answer};
	struct subflow *s = check_subflow(L, 1);
	const char *answer = answers[detail(L)](s, patience(L, 2, s));

	if (!answer)
		check_sent(L, PEER_DIFFERS);
	subflow_check_peer(L);
	lua_pushstring(L, answer);
	return 1;
}

/* Which hops quoted what was sent: { { ttl =, address =, bytes = }, ... } */
static int method_quotes(lua_State *L)
{
	const struct flow *f = subflow_flow(check_subflow(L, 1));
	char text[ADDRESS_TEXT];

	lua_newtable(L);
	for (size_t i = 0; f && i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];

		lua_newtable(L);
		lua_pushinteger(L, f->sent[q->sent]->packet.ip.ttl);
		lua_setfield(L, -2, "ttl");
		lua_pushstring(L, address_text(&q->responder, text));
		lua_setfield(L, -2, "address");
		lua_pushinteger(L, (lua_Integer)q->bytes);
		lua_setfield(L, -2, "bytes");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* --- making -------------------------------------------------------------- */

static struct subflow *make(lua_State *L, int table, struct subflow *connection,
			    unsigned version)
{
	struct scenario *r = scenario_of(L);
	struct wish wish = {.joins = connection != NULL};
	struct subflow *s;
	uint64_t port = 0;

	field_address(L, table, "source", &wish.source);
	field_number(L, table, "port", 65535, &port);
	wish.source_port = (uint16_t)port;
	s = exchange_subflow(r->exchange, &wish, connection, version);
	if (!s)
		check_sent(L, PEER_DIFFERS);
	else
		field_flag(L, table, "plain", &s->plain);
	return s;
}

static int global_subflow(lua_State *L)
{
	static const char *const fields[] = {
		"version", "checksum", "key", "source", "port", "plain", NULL};
	struct scenario *r = scenario_of(L);
	uint64_t version = r->version, key;
	struct subflow *s;

	want_table(L, 1);
	fields_check(L, 1, "subflow", fields, false);
	if (!r->about.declared)
		return luaL_error(L, "scenario {} must come first");
	field_number(L, 1, "version", 1, &version);
	s = make(L, 1, NULL, (unsigned)version);
	field_flag(L, 1, "checksum", &s->ask_checksum);
	if (field_number(L, 1, "key", UINT64_MAX, &key))
		subflow_set_key(s, key);
	return push_subflow(L, s);
}

static int method_join(lua_State *L)
{
	static const char *const fields[] = {"source", "port",	"address_id",
					     "backup", "plain", NULL};
	struct subflow *connection = check_subflow(L, 1)->connection, *s;
	uint64_t id = 1;

	want_table(L, 2);
	fields_check(L, 2, "join", fields, false);
	s = make(L, 2, connection, connection->version);
	field_number(L, 2, "address_id", 255, &id);
	field_flag(L, 2, "backup", &s->backup);
	s->address_id = (uint8_t)id;
	return push_subflow(L, s);
}

/* --- what is known of it ------------------------------------------------- */

typedef void push_fn(lua_State *L, const struct subflow *s);

#define NUMBER_FIELD(name, value)                                              \
	static void push_##name(lua_State *L, const struct subflow *s)         \
	{                                                                      \
		lua_pushinteger(L, (lua_Integer)(value));                      \
	}

NUMBER_FIELD(id, s->id)
NUMBER_FIELD(version, s->version)
NUMBER_FIELD(key, s->connection->choices.key)
NUMBER_FIELD(server_key, subflow_facts(s)->server_key)
NUMBER_FIELD(token, subflow_facts(s)->server_token)
NUMBER_FIELD(client_token, s->connection->client_token)
NUMBER_FIELD(idsn, s->connection->idsn)
NUMBER_FIELD(server_idsn, subflow_facts(s)->server_idsn)
NUMBER_FIELD(nonce, s->choices.nonce)
NUMBER_FIELD(next, s->next)
NUMBER_FIELD(acked, s->acked)
NUMBER_FIELD(data_acked, s->connection->data_acked)
NUMBER_FIELD(received, s->server_next ? s->server_next - 1 - s->fin : 0)
NUMBER_FIELD(port, s->choices.source_port)
NUMBER_FIELD(rtt, s->rtt_us / 1000)

static void push_source(lua_State *L, const struct subflow *s)
{
	char text[ADDRESS_TEXT];

	lua_pushstring(L, address_text(&s->choices.source, text));
}

static void push_checksum(lua_State *L, const struct subflow *s)
{
	lua_pushboolean(L, subflow_host(s).checksum);
}

static void push_capable(lua_State *L, const struct subflow *s)
{
	lua_pushboolean(L, subflow_facts(s)->syn_ack);
}

/* The fields of a subflow; the manual has each (probe/scenario/check.sh). */
static const struct {
	const char *name;
	push_fn *push;
} values[] = {
	{"id", push_id},
	{"version", push_version},
	{"key", push_key},
	{"server_key", push_server_key},
	{"token", push_token},
	{"client_token", push_client_token},
	{"idsn", push_idsn},
	{"server_idsn", push_server_idsn},
	{"nonce", push_nonce},
	{"next", push_next},
	{"acked", push_acked},
	{"data_acked", push_data_acked},
	{"received", push_received},
	{"port", push_port},
	{"rtt", push_rtt},
	{"source", push_source},
	{"checksum", push_checksum},
	{"capable", push_capable},
};

/* The functions of scripts; the manual has each (probe/scenario/check.sh). */
static const struct {
	const char *name;
	lua_CFunction call;
	int detail;
} methods[] = {
	{"syn", method_segment, TCP_FLAG_SYN},
	{"ack", method_segment, TCP_FLAG_ACK},
	{"data", method_data, 0},
	{"fin", method_segment, TCP_FLAG_FIN | TCP_FLAG_ACK},
	{"reset", method_segment, TCP_FLAG_RST | TCP_FLAG_ACK},
	{"send", method_segment, TCP_FLAG_ACK},
	{"connect", method_connect, 0},
	{"join", method_join, 0},
	{"wait", method_wait, 0},
	{"expect", method_expect, 0},
	{"data_answer", method_answer, 0},
	{"response", method_answer, 1},
	{"join_answer", method_answer, 2},
	{"reset_answer", method_answer, 3},
	{"quotes", method_quotes, 0},
};

static int index_subflow(lua_State *L)
{
	const struct subflow *s = check_subflow(L, 1);
	const char *name = luaL_checkstring(L, 2);

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!strcmp(methods[i].name, name)) {
			lua_pushinteger(L, methods[i].detail);
			lua_pushcclosure(L, methods[i].call, 1);
			return 1;
		}
	}
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!strcmp(values[i].name, name)) {
			values[i].push(L, s);
			return 1;
		}
	}
	return luaL_error(L, "a subflow has no field %s", name);
}

static int refuse_change(lua_State *L)
{
	return luaL_error(L, "the fields of a subflow cannot be set");
}

void subflow_register(lua_State *L)
{
	luaL_newmetatable(L, SUBFLOW_TYPE);
	lua_pushcfunction(L, index_subflow);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, refuse_change);
	lua_setfield(L, -2, "__newindex");
	lua_pushliteral(L, "locked");
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	lua_pushcfunction(L, global_subflow);
	lua_setglobal(L, "subflow");
	lua_pushcfunction(L, global_either);
	lua_setglobal(L, "either");
}
