/* SPDX-License-Identifier: GPL-3.0-or-later
 * The inverse of json_connection(). Times count from the beginning of the
 * connection, which is BEGIN_US here, and data sequence numbers back from
 * the end of the data, DATA_END.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"
#include "report/track/curve.h"
#include "report/track/observer.h"

#define BEGIN_US 1000000 /* not 0, which is no time */
#define LATEST_US (INT64_MAX / 2)
#define DATA_END ((uint64_t)1 << 62)
#define LONGEST_MS 1e12

static enum known known(const json_t *json, const char *name)
{
	return (enum known)member_known(json, name);
}

/* What is written in hex; false: it is not known. */
static bool hex(const json_t *json, const char *name, uint64_t *value)
{
	const char *text = member_text(json, name);

	*value = strtoull(text, NULL, 16);
	return *text != '\0';
}

static int64_t duration_us(const json_t *json, const char *name)
{
	double ms = member_decimal(json, name);

	return ms > 0 && ms < LONGEST_MS ? llround(ms * 1000) : 0;
}

/* 0: none. */
static int64_t time_us(const json_t *json, const char *name)
{
	return member_decimal(json, name) < 0
		       ? 0
		       : BEGIN_US + duration_us(json, name);
}

/* --- what is drawn -------------------------------------------------------- */

static struct curve_point point(const json_t *json)
{
	json_int_t us = json_integer_value(json_array_get(json, 0));

	return (struct curve_point){
		.time_us = BEGIN_US + (us < 0 || us > LATEST_US ? 0 : us),
		.number = DATA_END -
			  (uint64_t)json_integer_value(json_array_get(json, 1)),
		.bytes = (uint64_t)json_integer_value(json_array_get(json, 2)),
	};
}

/* The latest point stands last, whether it was kept or not. */
static struct curve *curve(struct arena *a, const json_t *json,
			   const char *name)
{
	const json_t *points = json_object_get(json, name);
	size_t count = json_array_size(points);
	struct curve *c;

	if (!count)
		return NULL;
	c = arena_alloc(a, sizeof(*c));
	c->last = point(json_array_get(points, count - 1));
	for (; c->count < count - 1 && c->count < CURVE_MAX; c->count++)
		c->points[c->count] = point(json_array_get(points, c->count));
	return c;
}

/* --- a subflow ------------------------------------------------------------ */

static struct side side(struct arena *a, const json_t *json)
{
	struct side s = {
		.packets = member_count(json, "packets"),
		.retransmitted = member_count(json, "retransmitted"),
		.stream.bytes = member_count(json, "bytes"),
		.first_us = time_us(json, "first_data_ms"),
		.last_us = time_us(json, "last_data_ms"),
		.fin = member_flag(json, "fin"),
		.sums_right = member_count(json, "checksums_right"),
		.sums_wrong = member_count(json, "checksums_wrong"),
		.wrong_frame = member_count(json, "checksum_wrong_frame"),
		.fail_frame = member_count(json, "mp_fail_frame"),
		.infinite_frame = member_count(json, "infinite_mapping_frame"),
		.fastclose_frame = member_count(json, "fastclose_frame"),
		.reset_frame = member_count(json, "reset_frame"),
		.reset_reason = member_number(json, "reset_reason", -1),
		.curve = curve(a, json, "data"),
	};

	hex(json, "mp_fail_dsn", &s.fail_dsn);
	return s;
}

static struct join_facts join_of(const json_t *json)
{
	struct join_facts j = {
		.backup = member_flag(json, "backup"),
		.hmac = known(json, "hmac_syn_ack"),
		.ack_hmac = known(json, "hmac_ack"),
	};
	uint64_t number;

	j.syn = hex(json, "token", &number);
	j.token = (uint32_t)number;
	j.has_server_nonce = hex(json, "server_nonce", &number);
	j.server_nonce = (uint32_t)number;
	return j;
}

static void take_subflow(struct arena *a, struct mptcp_connection *c,
			 const json_t *json)
{
	struct flow *f = arena_alloc(a, sizeof(*f));

	*f = (struct flow){
		.client = member_address(json, "source"),
		.client_port = member_port(json, "source_port"),
		.server = member_address(json, "destination"),
		.server_port = member_port(json, "destination_port"),
		.first_us = BEGIN_US,
		.last_us = LATEST_US,
		.first_frame = member_count(json, "first_frame"),
		.joins = member_flag(json, "join"),
		.join = join_of(json),
		.reversed = !strcmp(member_text(json, "by"), "server"),
		.snapped = member_flag(json, "options_cut"),
		.syn_ack_option = member_flag(json, "mptcp_in_syn_ack"),
		.ack_option = member_flag(json, "mptcp_in_ack"),
		.sides = {side(a, json_object_get(json, "sent")),
			  side(a, json_object_get(json, "received"))},
	};
	f->sides[0].syn = member_flag(json, "syn");
	f->sides[1].syn = member_flag(json, "syn_ack");
	mptcp_attach(c, f);
}

static const struct flow *subflow_numbered(const struct mptcp_connection *c,
					   uint64_t number)
{
	const struct flow *f = number ? c->flows : NULL;

	while (f && --number)
		f = f->sibling;
	return f;
}

/* --- a host --------------------------------------------------------------- */

static struct host host(struct arena *a, const struct mptcp_connection *c,
			const json_t *json)
{
	int64_t stalled_us = duration_us(json, "stalled_ms");
	struct host h = {
		.first_dsn = known(json, "first_dsn_fits"),
		.data_end = DATA_END,
		.data.bytes_again = member_count(json, "bytes_again"),
		.waiting_us = stalled_us ? LATEST_US - stalled_us : 0,
		.stall = {.us = duration_us(json, "stall_ms"),
			  .frame = member_count(json, "stall_frame"),
			  .end_us = time_us(json, "stall_end_ms"),
			  .resumed = subflow_numbered(
				  c, member_count(json, "resumed_by"))},
		.acks = curve(a, json, "acknowledged"),
	};
	uint64_t token;

	h.has_key = hex(json, "key", &h.key);
	hex(json, "idsn", &h.idsn);
	hex(json, "token", &token);
	h.token = (uint32_t)token;
	return h;
}

/* --- addresses ------------------------------------------------------------ */

static struct announced announced(const json_t *json, bool were)
{
	int port = member_number(json, "port", -1);

	return (struct announced){
		.host = !strcmp(member_text(json, "by"), "server"),
		.address = member_address(json, "address"),
		.id = member_ttl(json, "id"),
		.has_port = port >= 0,
		.port = (uint16_t)port,
		.hmac = known(json, "hmac"),
		.frame = were ? member_count(json, "frame") : 0,
		.echo_frame = member_count(json, "echo_frame"),
		.removed_frame =
			member_count(json, were ? "removed_frame" : "frame"),
	};
}

static uint64_t first_frame(const struct announced *a)
{
	return a->frame ? a->frame : a->removed_frame;
}

/* In the order in which they came; both lists are, each for itself. */
static void take_addresses(struct arena *a, struct mptcp_connection *c,
			   const json_t *list, bool were)
{
	const json_t *json;
	size_t index;

	json_array_foreach(list, index, json)
	{
		struct announced one = announced(json, were);
		size_t i;

		if (index == ANNOUNCED_MAX)
			return;
		ARENA_PUSH(a, c->addresses, c->address_count);
		for (i = c->address_count - 1;
		     i && first_frame(&c->addresses[i - 1]) > first_frame(&one);
		     i--)
			c->addresses[i] = c->addresses[i - 1];
		c->addresses[i] = one;
	}
}

struct mptcp_connection *saved_connection(struct arena *a, const json_t *line)
{
	struct mptcp_connection *c = arena_alloc(a, sizeof(*c));
	const json_t *json;
	size_t i;

	c->number = member_count(line, "number");
	c->version = member_number(line, "mptcp", -1);
	c->negotiated = member_flag(line, "negotiated");
	c->checksum = member_flag(line, "checksum");
	c->state = arena_printf(a, "%s", member_text(line, "state"));
	c->fallback = member_copy(a, line, "fallback");
	c->other_keys_frame = member_count(line, "other_keys_frame");
	json_array_foreach(json_object_get(line, "subflows"), i, json)
		take_subflow(a, c, json);
	if (!c->flows)
		take_subflow(a, c, NULL);
	c->hosts[0] = host(a, c, json_object_get(line, "client"));
	c->hosts[1] = host(a, c, json_object_get(line, "server"));
	take_addresses(a, c, json_object_get(line, "announced"), true);
	take_addresses(a, c, json_object_get(line, "removed"), false);
	return c;
}
