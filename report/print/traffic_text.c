/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/traffic_text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/mptcp.h"
#include "report/print/text.h"
#include "report/track/traffic.h"

static const char *const hosts[] = {"client", "server"};

static void print_end(FILE *out, const struct address *a, uint16_t port)
{
	char text[ADDRESS_TEXT];

	fprintf(out, a->family == 6 ? "[%s]:%u" : "%s:%u",
		address_text(a, text), port);
}

static const char *known_word(enum known k)
{
	return k == KNOWN_YES ? "right" : k == KNOWN_NO ? "WRONG" : "unknown";
}

/* "10.2 MB" */
static const char *amount(uint64_t bytes, char *text, size_t size)
{
	if (bytes < 10000)
		snprintf(text, size, "%llu bytes", (unsigned long long)bytes);
	else if (bytes < 10000000)
		snprintf(text, size, "%.1f kB", (double)bytes / 1e3);
	else
		snprintf(text, size, "%.1f MB", (double)bytes / 1e6);
	return text;
}

static void print_side(FILE *out, const char *what,
		       const struct traffic_side *s)
{
	double rate = traffic_rate(s);
	char text[32];

	fprintf(out, ", %s %s", what, amount(s->bytes, text, sizeof(text)));
	if (rate >= 0)
		fprintf(out, " at %.3g Mbit/s", rate);
	if (s->retransmitted)
		fprintf(out, " (%llu retransmitted)",
			(unsigned long long)s->retransmitted);
}

static unsigned long long number(uint64_t frame)
{
	return frame;
}

/* What went wrong, or ended it, on one side of a subflow. */
static void print_events(FILE *out, const struct traffic_subflow *s,
			 unsigned side)
{
	const struct traffic_side *from = &s->sides[side];
	const char *who = hosts[s->reversed ? 1 - side : side];

	if (from->checksums_good || from->checksums_bad)
		fprintf(out, "     %s: %llu DSS checksum%s right, %llu wrong",
			who, number(from->checksums_good),
			from->checksums_good == 1 ? "" : "s",
			number(from->checksums_bad));
	if (from->checksums_bad)
		fprintf(out, " (first: frame %llu)", number(from->bad_frame));
	if (from->checksums_good || from->checksums_bad)
		fputc('\n', out);
	if (from->fail_frame)
		fprintf(out, "     %s: MP_FAIL, frame %llu, DSN %016llx\n", who,
			number(from->fail_frame), number(from->fail_dsn));
	if (from->infinite_frame)
		fprintf(out, "     %s: infinite mapping, frame %llu\n", who,
			number(from->infinite_frame));
	if (from->fastclose_frame)
		fprintf(out, "     %s: MP_FASTCLOSE, frame %llu\n", who,
			number(from->fastclose_frame));
	if (!from->reset_frame)
		return;
	fprintf(out, "     %s: RST, frame %llu", who,
		number(from->reset_frame));
	if (from->reset_reason >= 0)
		fprintf(out, ", reason %d: %s", from->reset_reason,
			mptcp_reset_reason((uint8_t)from->reset_reason));
	fputc('\n', out);
}

static void print_join(FILE *out, const struct traffic_connection *c,
		       const struct traffic_subflow *s)
{
	if (!s->joins)
		return;
	fprintf(out, "     MP_JOIN%s", s->backup ? " (backup)" : "");
	if (s->has_nonce[0])
		fprintf(out, ", token %08x%s", s->token,
			c->subflows != s || c->has_key[0] || c->has_key[1]
				? ""
				: " of no connection here");
	if (s->has_nonce[1])
		fprintf(out, ", HMAC of SYN/ACK %s", known_word(s->hmacs[1]));
	if (s->ack_option)
		fprintf(out, ", %sof ACK %s", s->has_nonce[1] ? "" : "HMAC ",
			known_word(s->hmacs[0]));
	if (s->syn && !s->syn_ack && s->ack_option)
		fputs(", the answer is not in the capture", out);
	else if (s->syn && !s->syn_ack)
		fprintf(out, "%s%s",
			s->sides[1].reset_frame ? ", refused" : ", no answer",
			c->subflows != s && traffic_fallback(c)
				? " after the fallback"
				: "");
	else if (s->syn_ack && !s->syn_ack_option && !s->snapped)
		fputs(", SYN/ACK without MP_JOIN", out);
	fputc('\n', out);
}

static void print_subflow(FILE *out, const struct traffic_connection *c,
			  const struct traffic_subflow *s)
{
	fputs("   ", out);
	print_end(out, &s->initiator, s->initiator_port);
	fputs(" > ", out);
	print_end(out, &s->responder, s->responder_port);
	print_side(out, "sent", &s->sides[0]);
	print_side(out, "received", &s->sides[1]);
	fputc('\n', out);
	print_join(out, c, s);
	for (unsigned side = 0; side < 2; side++)
		print_events(out, s, side);
}

static void print_keys(FILE *out, const struct traffic_connection *c)
{
	for (unsigned host = 0; host < 2; host++)
		if (c->has_key[host])
			fprintf(out,
				"   %s key %016llx, token %08x, IDSN %016llx"
				"%s\n",
				hosts[host], number(c->keys[host]),
				c->tokens[host], number(c->idsns[host]),
				c->dsn[host] == KNOWN_YES ? ", first DSN fits"
				: c->dsn[host] == KNOWN_NO
					? ", first DSN DOES NOT FIT"
					: "");
}

static void print_addresses(FILE *out, const struct traffic_connection *c)
{
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < c->address_count; i++) {
		const struct traffic_address *a = &c->addresses[i];

		fprintf(out, "   %s: ADD_ADDR %s id %u", hosts[a->side],
			address_text(&a->address, text), a->id);
		if (a->has_port)
			fprintf(out, " port %u", a->port);
		fprintf(out, ", frame %llu", number(a->frame));
		if (c->version == 1)
			fprintf(out, ", HMAC %s", known_word(a->hmac));
		if (a->echo_frame)
			fprintf(out, ", echoed in frame %llu",
				number(a->echo_frame));
		else if (c->version == 1)
			fputs(", no echo", out);
		if (a->removed_frame)
			fprintf(out, ", removed in frame %llu",
				number(a->removed_frame));
		fputc('\n', out);
	}
}

static const char *state_text(const struct traffic_connection *c)
{
	const struct traffic_subflow *s = c->subflows;

	if (s && s->joins)
		return "subflow of a connection that is not here";
	if (traffic_fallback(c))
		return traffic_fallback(c);
	if (s && s->syn && !s->syn_ack && !s->ack_option && !c->negotiated)
		return s->sides[1].reset_frame ? "refused" : "no answer";
	if (s && !s->syn)
		return "begun before the capture";
	if (!c->negotiated && s && s->snapped)
		return "options were not captured whole";
	return c->negotiated ? "negotiated" : "unknown";
}

void traffic_text(FILE *out, const struct traffic_connection *c)
{
	const struct traffic_subflow *s = c->subflows;

	fprintf(out, "\n%3llu", number(c->number));
	if (c->version >= 0)
		fprintf(out, " MPTCP v%d", c->version);
	else
		fputs(" MPTCP", out);
	fprintf(out, ", frame %llu, %zu subflow%s, %s: %s%s\n",
		number(s ? s->first_frame : 0), c->subflow_count,
		c->subflow_count == 1 ? "" : "s",
		c->checksum ? "checksums" : "no checksums",
		traffic_fallback(c) ? "TCP, " : "", state_text(c));
	print_keys(out, c);
	for (; s; s = s->sibling)
		print_subflow(out, c, s);
	print_addresses(out, c);
}

/* --- for programs -------------------------------------------------------- */

static json_t *frame_or_null(uint64_t frame)
{
	return frame ? json_integer((json_int_t)frame) : json_null();
}

static json_t *known_json(enum known k)
{
	return k == UNKNOWN ? json_null() : json_boolean(k == KNOWN_YES);
}

static json_t *hex_or_null(bool known, const char *format, uint64_t value)
{
	char text[32];

	if (!known)
		return json_null();
	snprintf(text, sizeof(text), format, (unsigned long long)value);
	return json_string(text);
}

static json_t *side_json(const struct traffic_side *s)
{
	double rate = traffic_rate(s);

	return json_pack(
		"{s:I, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}",
		"packets", (json_int_t)s->packets, "bytes",
		(json_int_t)s->bytes, "retransmitted",
		(json_int_t)s->retransmitted, "mbit_s",
		rate < 0 ? json_null() : json_real(rate), "checksums_right",
		(json_int_t)s->checksums_good, "checksums_wrong",
		(json_int_t)s->checksums_bad, "checksum_wrong_frame",
		frame_or_null(s->bad_frame), "mp_fail_frame",
		frame_or_null(s->fail_frame), "infinite_mapping_frame",
		frame_or_null(s->infinite_frame), "fastclose_frame",
		frame_or_null(s->fastclose_frame), "reset_frame",
		frame_or_null(s->reset_frame), "reset_reason",
		s->reset_reason < 0 ? json_null()
				    : json_integer(s->reset_reason));
}

static json_t *subflow_json(const struct traffic_subflow *s)
{
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];

	return json_pack(
		"{s:s, s:i, s:s, s:i, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o}",
		"source", address_text(&s->initiator, from), "source_port",
		s->initiator_port, "destination",
		address_text(&s->responder, to), "destination_port",
		s->responder_port, "join", s->joins, "token",
		hex_or_null(s->joins && s->has_nonce[0], "%08llx", s->token),
		"backup", s->backup, "hmac_syn_ack", known_json(s->hmacs[1]),
		"hmac_ack", known_json(s->hmacs[0]), "first_frame",
		frame_or_null(s->first_frame), "sent", side_json(&s->sides[0]),
		"received", side_json(&s->sides[1]));
}

static json_t *address_json(const struct traffic_address *a)
{
	char text[ADDRESS_TEXT];

	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "by",
			 hosts[a->side], "address",
			 address_text(&a->address, text), "id", a->id, "port",
			 a->has_port ? json_integer(a->port) : json_null(),
			 "hmac", known_json(a->hmac), "frame",
			 frame_or_null(a->frame), "echo_frame",
			 frame_or_null(a->echo_frame), "removed_frame",
			 frame_or_null(a->removed_frame));
}

static json_t *host_json(const struct traffic_connection *c, unsigned host)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o}", "key",
		hex_or_null(c->has_key[host], "%016llx", c->keys[host]),
		"token",
		hex_or_null(c->has_key[host], "%08llx", c->tokens[host]),
		"idsn",
		hex_or_null(c->has_key[host], "%016llx", c->idsns[host]),
		"first_dsn_fits", known_json(c->dsn[host]));
}

void traffic_json(FILE *out, const struct traffic_connection *c)
{
	json_t *subflows = json_array(), *addresses = json_array(), *json;
	const char *fallback = traffic_fallback(c);

	for (const struct traffic_subflow *s = c->subflows; s; s = s->sibling)
		json_array_append_new(subflows, subflow_json(s));
	for (size_t i = 0; i < c->address_count; i++)
		json_array_append_new(addresses,
				      address_json(&c->addresses[i]));
	json = json_pack(
		"{s:s, s:I, s:o, s:b, s:b, s:o, s:s, s:o, s:o, s:o, "
		"s:o}",
		"schema", "mpprobe-connection/1", "number",
		(json_int_t)c->number, "mptcp",
		c->version < 0 ? json_null() : json_integer(c->version),
		"negotiated", c->negotiated, "checksum", c->checksum,
		"fallback", fallback ? json_string(fallback) : json_null(),
		"state", state_text(c), "client", host_json(c, 0), "server",
		host_json(c, 1), "subflows", subflows, "announced", addresses);
	if (json &&
	    json_dumpf(json, out, JSON_COMPACT | JSON_REAL_PRECISION(6)) == 0)
		fputc('\n', out);
	json_decref(json);
}
