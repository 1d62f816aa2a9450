// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/match.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crafting/segment.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/fields.h"
#include "report/arena.h"
#include "report/track/observer.h"

#define FLAGS_COMPARED                                                         \
	(TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST | TCP_FLAG_ACK)

static const struct {
	char letter;
	uint8_t flag;
} letters_of[] = {
	{'F', TCP_FLAG_FIN}, {'S', TCP_FLAG_SYN}, {'R', TCP_FLAG_RST},
	{'P', TCP_FLAG_PSH}, {'A', TCP_FLAG_ACK}, {'U', TCP_FLAG_URG},
	{'E', TCP_FLAG_ECE}, {'C', TCP_FLAG_CWR},
};

#define LETTERS (sizeof(letters_of) / sizeof(letters_of[0]))

uint8_t flags_read(lua_State *L, const char *letters)
{
	uint8_t flags = 0;

	for (; *letters; letters++) {
		size_t i = 0;

		while (i < LETTERS && letters_of[i].letter != *letters)
			i++;
		if (i == LETTERS)
			luaL_error(L,
				   "flags: expected letters of FSRPAUEC, "
				   "got %s",
				   letters);
		else
			flags |= letters_of[i].flag;
	}
	return flags;
}

const char *flags_text(uint8_t flags, char *text)
{
	char *to = text;

	for (size_t i = 0; i < LETTERS; i++)
		if (flags & letters_of[i].flag)
			*to++ = letters_of[i].letter;
	*to = '\0';
	return text;
}

/* --- matching ------------------------------------------------------------ */

void match_read(lua_State *L, int index, struct match *m)
{
	static const char *const fields[] = {"flags",	"option", "without",
					     "payload", "ack",	  "data_ack",
					     "where",	NULL};
	const char *text;
	bool payload;

	*m = (struct match){.flags = -1, .payload = -1};
	if (lua_isnoneornil(L, index))
		return;
	fields_check(L, index, "a match", fields, false);
	if (field_text(L, index, "flags", &text, NULL))
		m->flags = flags_read(L, text);
	field_text(L, index, "option", &m->option, NULL);
	field_text(L, index, "without", &m->without, NULL);
	if (field_flag(L, index, "payload", &payload))
		m->payload = payload;
	m->has_ack = field_number(L, index, "ack", UINT32_MAX, &m->ack);
	m->has_data_ack =
		field_number(L, index, "data_ack", INT64_MAX, &m->data_ack);
	if (lua_getfield(L, index, "where") == LUA_TFUNCTION)
		m->where = lua_gettop(L);
	else
		lua_pop(L, 1);
}

static const char *option_name(const struct tcp_option *o, char *buffer)
{
	struct mptcp_option mptcp = {.subtype = 16};

	if (o->kind != TCPOPT_MPTCP)
		return tcp_option_name(o->kind, buffer);
	mptcp_decode(o->bytes, o->length, &mptcp);
	return mptcp_subtype_name(mptcp.subtype);
}

static bool has_option(const struct kept *k, const char *name)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option o;
	char buffer[16];

	while (option_next(&walk, &o) == OPTION_FOUND)
		if (!strcasecmp(option_name(&o, buffer), name))
			return true;
	return false;
}

static bool calls_true(lua_State *L, int function, const struct subflow *s,
		       const struct kept *k)
{
	bool result;

	lua_pushvalue(L, function);
	segment_push(L, s, k);
	lua_call(L, 1, 1);
	result = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return result;
}

bool match_fits(lua_State *L, const struct match *m, const struct subflow *s,
		const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	int64_t bytes;

	if (m->flags >= 0 &&
	    (tcp->flags & FLAGS_COMPARED) != (m->flags & FLAGS_COMPARED))
		return false;
	if (m->payload >= 0 && (tcp->payload_length > 0) != m->payload)
		return false;
	if (m->option && !has_option(k, m->option))
		return false;
	if (m->without && has_option(k, m->without))
		return false;
	if (m->has_ack && seq_diff(tcp->acknowledgment - s->choices.isn,
				   (uint32_t)m->ack) < 0)
		return false;
	if (m->has_data_ack &&
	    (!segment_data_ack(s, k, &bytes) || bytes < (int64_t)m->data_ack))
		return false;
	return !m->where || calls_true(L, m->where, s, k);
}

/* --- in words ------------------------------------------------------------ */

static const char *segment_words(const struct match *m)
{
	switch (m->flags < 0 ? -1 : m->flags & FLAGS_COMPARED) {
	case TCP_FLAG_SYN | TCP_FLAG_ACK:
		return "the SYN/ACK";
	case TCP_FLAG_RST:
	case TCP_FLAG_RST | TCP_FLAG_ACK:
		return "a RST";
	case TCP_FLAG_FIN | TCP_FLAG_ACK:
		return "a FIN";
	case TCP_FLAG_ACK:
		return m->payload == 1 ? "data" : "an ACK";
	default:
		return m->payload == 1 ? "data" : "a segment";
	}
}

const char *match_text(const struct match *m, char *text, size_t size)
{
	size_t used = 0;

	if (m->option)
		used = (size_t)snprintf(text, size, "%.40s in ", m->option);
	used += (size_t)snprintf(text + used, size - used, "%s",
				 segment_words(m));
	if (m->without)
		used += (size_t)snprintf(text + used, size - used,
					 " without %.40s", m->without);
	if (m->has_ack)
		used += (size_t)snprintf(text + used, size - used,
					 " with ack %u", (uint32_t)m->ack);
	if (m->has_data_ack)
		used += (size_t)snprintf(text + used, size - used,
					 " with %llu bytes acknowledged at the "
					 "MPTCP level",
					 (unsigned long long)m->data_ack);
	if (m->where)
		snprintf(text + used, size - used, " as its function wants");
	return text;
}

const char *segment_brief(const struct kept *k, char *text, size_t size)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	size_t used = 0, start;
	struct tcp_option o;
	char buffer[16];

	if (!(tcp->flags & TCP_FLAG_SYN))
		used = (size_t)snprintf(text, size, "%s ",
					flags_text(tcp->flags, buffer));
	if (tcp->payload_length)
		used += (size_t)snprintf(text + used, size - used,
					 "with %zu bytes ",
					 tcp->payload_length);
	start = used;
	while (option_next(&walk, &o) == OPTION_FOUND && used < size) {
		if (o.kind == TCPOPT_KIND_NOP)
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used > start ? "," : "",
					 option_name(&o, buffer));
	}
	if (used == start)
		snprintf(text + used, size - used, "without options");
	return text;
}

/* --- as Lua tables ------------------------------------------------------- */

static void set_number(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
}

static void push_capable(lua_State *L, const struct mptcp_option *o)
{
	set_number(L, "version", o->capable.version);
	set_number(L, "flags", o->capable.flags);
	if (o->capable.has_sender_key)
		set_number(L, "sender_key", o->capable.sender_key);
	if (o->capable.has_receiver_key)
		set_number(L, "receiver_key", o->capable.receiver_key);
}

static void push_join(lua_State *L, const struct mptcp_option *o)
{
	set_number(L, "address_id", o->join.address_id);
	set_flag(L, "backup", o->join.backup);
	if (o->join.stage != JOIN_ACK)
		set_number(L, "nonce", o->join.nonce);
}

static void push_dss(lua_State *L, const struct mptcp_option *o)
{
	if (o->dss.flags & DSS_ACK)
		set_number(L, "data_ack", o->dss.data_ack);
	set_flag(L, "data_fin", o->dss.flags & DSS_DATA_FIN);
	if (!(o->dss.flags & DSS_MAPPING))
		return;
	set_number(L, "dsn", o->dss.dsn);
	set_number(L, "ssn", o->dss.ssn);
	set_number(L, "length", o->dss.data_level_length);
	if (o->dss.has_checksum)
		set_number(L, "checksum", o->dss.checksum);
}

static void push_add_addr(lua_State *L, const struct mptcp_option *o)
{
	char text[ADDRESS_TEXT];

	set_flag(L, "echo", o->add_addr.echo);
	set_number(L, "address_id", o->add_addr.address_id);
	set_text(L, "address", address_text(&o->add_addr.address, text));
	if (o->add_addr.has_port)
		set_number(L, "port", o->add_addr.port);
}

/* One field of the segment for each MPTCP option, in lower case. */
static void push_mptcp(lua_State *L, const struct mptcp_option *o)
{
	char name[24], text[200];

	lua_newtable(L);
	set_number(L, "option_length", o->length);
	set_text(L, "text", mptcp_text(o, text, sizeof(text)));
	if (o->subtype == MP_CAPABLE)
		push_capable(L, o);
	else if (o->subtype == MP_JOIN)
		push_join(L, o);
	else if (o->subtype == MP_DSS)
		push_dss(L, o);
	else if (o->subtype == MP_ADD_ADDR)
		push_add_addr(L, o);
	else if (o->subtype == MP_FAIL)
		set_number(L, "dsn", o->fail.dsn);
	else if (o->subtype == MP_FASTCLOSE)
		set_number(L, "receiver_key", o->fastclose.receiver_key);
	else if (o->subtype == MP_TCPRST)
		set_number(L, "reason", o->tcprst.reason);
	else if (o->subtype == MP_PRIO)
		set_flag(L, "backup", o->prio.backup);
	snprintf(name, sizeof(name), "%s", mptcp_subtype_name(o->subtype));
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	lua_setfield(L, -2, name);
}

void segment_push(lua_State *L, const struct subflow *s, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	char flags[9], text[300];
	int64_t bytes;

	lua_newtable(L);
	set_text(L, "flags", flags_text(tcp->flags, flags));
	set_number(L, "ms", (uint64_t)exchange_ms(s->exchange, k));
	set_number(L, "ttl", k->packet.ip.ttl);
	set_number(L, "seq", tcp->sequence - s->server_isn);
	set_number(L, "ack", tcp->acknowledgment - s->choices.isn);
	set_number(L, "window", tcp->window);
	set_number(L, "length", tcp->payload_length);
	lua_pushlstring(L, (const char *)tcp->payload,
			tcp->payload ? tcp->payload_available : 0);
	lua_setfield(L, -2, "payload");
	set_text(L, "options",
		 tcp_options_text(tcp->options, tcp->options_available, text,
				  sizeof(text)));
	if (segment_data_ack(s, k, &bytes))
		set_number(L, "data_acked", (uint64_t)bytes);
	for (unsigned i = 0; i < k->options.mptcp_count; i++)
		push_mptcp(L, &k->options.mptcp[i]);
}
