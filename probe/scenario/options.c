// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/options.h"

#include <lauxlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/tcp_options.h"
#include "probe/scenario/exchange.h"
#include "probe/scenario/fields.h"
#include "report/track/observer.h"

/* What a writer of an option works with. */
struct craft {
	lua_State *L;
	int table;
	struct subflow *s;
	const struct outgoing *out;
	struct writer *w;
};

typedef void write_fn(struct craft *c);

static uint64_t number(struct craft *c, const char *name, uint64_t max,
		       uint64_t otherwise)
{
	return field_number_or(c->L, c->table, name, max, otherwise);
}

/* The element that stands in the place of a name: mss(1400). */
static uint64_t element(struct craft *c, int index, uint64_t max,
			uint64_t otherwise)
{
	if (lua_rawgeti(c->L, c->table, index) != LUA_TNIL) {
		if (!lua_isinteger(c->L, -1))
			luaL_error(c->L, "expected a whole number, got %s",
				   luaL_typename(c->L, -1));
		otherwise = (uint64_t)lua_tointeger(c->L, -1);
		if (otherwise > max)
			luaL_error(c->L, "expected at most %I, got %I",
				   (lua_Integer)max, (lua_Integer)otherwise);
	}
	lua_pop(c->L, 1);
	return otherwise;
}

static bool flag(struct craft *c, const char *name, bool otherwise)
{
	field_flag(c->L, c->table, name, &otherwise);
	return otherwise;
}

static void encode(struct craft *c, struct mptcp_option *o)
{
	o->length = (uint8_t)number(c, "option_length", 255, 0);
	mptcp_encode(c->w, o);
}

/* --- TCP options --------------------------------------------------------- */

static void put_mss(struct craft *c)
{
	write_mss(c->w, (uint16_t)element(c, 1, 65535, c->s->choices.mss));
}

static void put_sack_permitted(struct craft *c)
{
	write_sack_permitted(c->w);
}

static void put_timestamps(struct craft *c)
{
	uint32_t value = (uint32_t)element(c, 1, UINT32_MAX, 1);

	write_timestamps(c->w, value,
			 (uint32_t)element(c, 2, UINT32_MAX, c->s->tsval));
}

static void put_wscale(struct craft *c)
{
	write_wscale(c->w, (uint8_t)element(c, 1, 255, 7));
}

static void put_nop(struct craft *c)
{
	write_nop(c->w, (unsigned)element(c, 1, 40, 1));
}

static void put_raw(struct craft *c)
{
	uint8_t bytes[64];
	long length = -1;

	if (lua_rawgeti(c->L, c->table, 1) == LUA_TSTRING)
		length =
			hex_bytes(lua_tostring(c->L, -1), bytes, sizeof(bytes));
	lua_pop(c->L, 1);
	if (length < 0)
		luaL_error(c->L, "raw: expected hex digits, as in "
				 "raw \"fd04f989\"");
	write_bytes(c->w, bytes, (size_t)length);
}

/* --- MPTCP options ------------------------------------------------------- */

/* The bytes that a mapping is about: those of the segment, or others. */
static const char *covered(lua_State *L, int table, const struct outgoing *out,
			   size_t *length)
{
	const char *text = (const char *)out->payload;

	*length = out->payload_length;
	field_text(L, table, "covers", &text, length);
	return text;
}

/* The sum of the mapping as it stands, unless the script says another one. */
static void take_checksum(lua_State *L, int table, struct subflow *s,
			  const struct outgoing *out, struct mptcp_option *o)
{
	const struct mptcp_host host = subflow_host(s);
	bool capable = o->subtype == MP_CAPABLE, wrong = false;
	uint16_t *sum = capable ? &o->capable.checksum : &o->dss.checksum;
	uint64_t value = 0;
	size_t length;
	const char *text = covered(L, table, out, &length);

	if (field_optional(L, table, "checksum", 65535,
			   capable ? &o->capable.has_checksum
				   : &o->dss.has_checksum,
			   &value)) {
		*sum = (uint16_t)value;
		return;
	}
	compose_checksum(&host, (const uint8_t *)text, length, o);
	field_flag(L, table, "wrong_checksum", &wrong);
	if (wrong)
		*sum ^= 0x5a5a;
}

static void take_mapping(lua_State *L, int table, const struct outgoing *out,
			 struct mptcp_option *o)
{
	uint64_t value;
	size_t length;
	bool fin = false;

	covered(L, table, out, &length);
	field_flag(L, table, "data_fin", &fin);
	o->dss.data_level_length = (uint16_t)(length + fin);
	if (fin)
		o->dss.flags |= DSS_DATA_FIN;
	if (field_number(L, table, "dsn", UINT64_MAX, &value))
		o->dss.dsn = value;
	if (field_number(L, table, "ssn", UINT32_MAX, &value))
		o->dss.ssn = (uint32_t)value;
	if (field_number(L, table, "length", 65535, &value))
		o->dss.data_level_length = (uint16_t)value;
}

void mapping_override(lua_State *L, int table, struct subflow *s,
		      const struct outgoing *out, struct mptcp_option *o)
{
	if (o->subtype == MP_DSS && !(o->dss.flags & DSS_MAPPING))
		return;
	if (o->subtype == MP_DSS)
		take_mapping(L, table, out, o);
	take_checksum(L, table, s, out, o);
}

static void put_mp_capable(struct craft *c)
{
	struct mptcp_option o;
	uint64_t value = 0;

	capable_default(c->s, c->out, &o);
	o.capable.version =
		(uint8_t)number(c, "version", 15, o.capable.version);
	o.capable.flags = (uint8_t)number(c, "flags", 255, o.capable.flags);
	if (field_optional(c->L, c->table, "sender_key", UINT64_MAX,
			   &o.capable.has_sender_key, &value))
		o.capable.sender_key = value;
	if (field_optional(c->L, c->table, "receiver_key", UINT64_MAX,
			   &o.capable.has_receiver_key, &value))
		o.capable.receiver_key = value;
	if (field_optional(c->L, c->table, "length", 65535,
			   &o.capable.has_data_length, &value))
		o.capable.data_length = (uint16_t)value;
	if (o.capable.has_data_length)
		mapping_override(c->L, c->table, c->s, c->out, &o);
	encode(c, &o);
}

static void put_mp_join(struct craft *c)
{
	struct mptcp_option o;

	join_default(c->s, c->out, &o);
	o.join.token = (uint32_t)number(c, "token", UINT32_MAX, o.join.token);
	o.join.nonce = (uint32_t)number(c, "nonce", UINT32_MAX, o.join.nonce);
	o.join.address_id =
		(uint8_t)number(c, "address_id", 255, o.join.address_id);
	o.join.backup = flag(c, "backup", o.join.backup);
	if (flag(c, "wrong_hmac", false))
		o.join.hmac[0] ^= 0xff;
	encode(c, &o);
}

static void set_flag(uint8_t *flags, uint8_t bit, bool on)
{
	*flags = on ? *flags | bit : *flags & (uint8_t)~bit;
}

static void put_dss(struct craft *c)
{
	struct mptcp_option o;
	struct outgoing out = *c->out;
	bool mapping = out.payload_length || flag(c, "data_fin", false), ack;
	uint64_t value = 0;

	mapping = flag(c, "mapping", mapping);
	out.offset = number(c, "offset", UINT64_MAX, out.offset);
	dss_default(c->s, &out, mapping, &o);
	if (!mapping)
		set_flag(&o.dss.flags, DSS_MAPPING | DSS_DSN8, false);
	ack = o.dss.flags & DSS_ACK;
	if (field_optional(c->L, c->table, "data_ack", UINT64_MAX, &ack,
			   &value))
		o.dss.data_ack = value;
	set_flag(&o.dss.flags, DSS_ACK, ack);
	value = o.dss.flags & DSS_ACK8 ? 8 : 4;
	value = number(c, "ack_bytes", 8, value);
	set_flag(&o.dss.flags, DSS_ACK8, ack && value == 8);
	value = o.dss.flags & DSS_DSN8 ? 8 : 4;
	value = number(c, "dsn_bytes", 8, value);
	set_flag(&o.dss.flags, DSS_DSN8, mapping && value == 8);
	mapping_override(c->L, c->table, c->s, c->out, &o);
	encode(c, &o);
}

static void put_add_addr(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};
	const struct mptcp_host host = subflow_host(c->s);
	bool hmac;
	uint64_t value = 0;

	o.add_addr.version = (uint8_t)number(c, "version", 1, c->s->version);
	o.add_addr.echo = flag(c, "echo", false);
	o.add_addr.address_id = (uint8_t)number(c, "address_id", 255, 2);
	o.add_addr.address = c->s->choices.source;
	field_address(c->L, c->table, "address", &o.add_addr.address);
	o.add_addr.has_port =
		field_number(c->L, c->table, "port", 65535, &value);
	o.add_addr.port = (uint16_t)value;
	hmac = o.add_addr.version == 1 && !o.add_addr.echo;
	if (hmac)
		compose_add_addr_hmac(&host, &o);
	if (field_optional(c->L, c->table, "hmac", UINT64_MAX, &hmac, &value))
		o.add_addr.hmac = value;
	o.add_addr.has_hmac = hmac;
	if (flag(c, "wrong_hmac", false))
		o.add_addr.hmac ^= UINT64_C(0xff) << 56;
	encode(c, &o);
}

static void put_remove_addr(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_REMOVE_ADDR};
	size_t count = lua_rawlen(c->L, c->table);

	if (count < 1 || count > sizeof(o.remove_addr.ids))
		luaL_error(c->L, "remove_addr: expected 1 to 37 address ids");
	o.remove_addr.count = (uint8_t)count;
	for (size_t i = 0; i < count; i++)
		o.remove_addr.ids[i] = (uint8_t)element(c, (int)i + 1, 255, 0);
	encode(c, &o);
}

static void put_mp_prio(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_PRIO};
	uint64_t id = 0;

	o.prio.backup = flag(c, "backup", true);
	o.prio.has_address_id =
		field_number(c->L, c->table, "address_id", 255, &id);
	o.prio.address_id = (uint8_t)id;
	encode(c, &o);
}

static void put_mp_fail(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_FAIL};

	o.fail.dsn = number(c, "dsn", UINT64_MAX,
			    subflow_facts(c->s)->server_idsn + 1);
	encode(c, &o);
}

static void put_mp_fastclose(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_FASTCLOSE};

	o.fastclose.receiver_key = number(c, "receiver_key", UINT64_MAX,
					  subflow_facts(c->s)->server_key);
	encode(c, &o);
}

static void put_mp_tcprst(struct craft *c)
{
	struct mptcp_option o = {.subtype = MP_TCPRST};

	o.tcprst.reason = (uint8_t)number(c, "reason", 255, 0);
	o.tcprst.flags = (uint8_t)number(c, "flags", 15, 0);
	encode(c, &o);
}

/* --- the table ----------------------------------------------------------- */

#define FIELDS_MAX 16

/* The functions of scripts; the manual has each (probe/scenario/check.sh). */
static const struct kind {
	const char *name;
	const char *fields[FIELDS_MAX]; /* beside option_length */
	write_fn *write;
} kinds[] = {
	{"mss", {NULL}, put_mss},
	{"sack_permitted", {NULL}, put_sack_permitted},
	{"timestamps", {NULL}, put_timestamps},
	{"wscale", {NULL}, put_wscale},
	{"nop", {NULL}, put_nop},
	{"raw", {NULL}, put_raw},
	{"mp_capable",
	 {"option", "option_length", "version", "flags", "sender_key",
	  "receiver_key", "length", "checksum", "covers", "wrong_checksum"},
	 put_mp_capable},
	{"mp_join",
	 {"option", "option_length", "token", "nonce", "address_id", "backup",
	  "wrong_hmac"},
	 put_mp_join},
	{"dss",
	 {"option", "option_length", "mapping", "data_ack", "dsn", "ssn",
	  "length", "checksum", "data_fin", "covers", "offset", "ack_bytes",
	  "dsn_bytes", "wrong_checksum"},
	 put_dss},
	{"add_addr",
	 {"option", "option_length", "version", "echo", "address_id", "address",
	  "port", "hmac", "wrong_hmac"},
	 put_add_addr},
	{"remove_addr", {"option", "option_length"}, put_remove_addr},
	{"mp_prio",
	 {"option", "option_length", "backup", "address_id"},
	 put_mp_prio},
	{"mp_fail", {"option", "option_length", "dsn"}, put_mp_fail},
	{"mp_fastclose",
	 {"option", "option_length", "receiver_key"},
	 put_mp_fastclose},
	{"mp_tcprst",
	 {"option", "option_length", "reason", "flags"},
	 put_mp_tcprst},
};

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* dss { length = 0 } or mss(1400): a table that remembers its kind. */
static int construct(lua_State *L)
{
	int index = (int)lua_tointeger(L, lua_upvalueindex(1));
	int count = lua_gettop(L);

	if (count != 1 || !lua_istable(L, 1)) {
		lua_createtable(L, count, 1);
		lua_insert(L, 1);
		for (int i = count; i > 0; i--)
			lua_rawseti(L, 1, i);
	}
	lua_settop(L, 1);
	fields_check(L, 1, kinds[index].name, kinds[index].fields, true);
	lua_pushinteger(L, index);
	lua_setfield(L, 1, "option");
	return 1;
}

void options_register(lua_State *L)
{
	for (int i = 0; i < KINDS; i++) {
		lua_pushinteger(L, i);
		lua_pushcclosure(L, construct, 1);
		lua_setglobal(L, kinds[i].name);
	}
}

static void write_one(struct craft *c)
{
	uint64_t index = UINT64_MAX;

	if (lua_istable(c->L, c->table))
		field_number(c->L, c->table, "option", (uint64_t)KINDS - 1,
			     &index);
	if (index == UINT64_MAX)
		luaL_error(c->L,
			   "options: expected options such as mss() or "
			   "dss {}, got %s",
			   luaL_typename(c->L, c->table));
	kinds[index].write(c);
}

bool options_write(lua_State *L, int list, struct subflow *s,
		   struct outgoing *out)
{
	struct writer w = writer_over(out->options, sizeof(out->options));
	struct craft c = {L, 0, s, out, &w};
	lua_Integer count;

	luaL_checktype(L, list, LUA_TTABLE);
	count = (lua_Integer)lua_rawlen(L, list);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(L, list, i);
		c.table = lua_gettop(L);
		write_one(&c);
		lua_pop(L, 1);
	}
	write_options_padding(&w);
	out->options_length = w.length;
	return !w.failed && w.length <= 40;
}
