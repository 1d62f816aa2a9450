// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/pieces.h"

#include <string.h>

#include "crafting/packet.h"
#include "crafting/tcp_options.h"
#include "report/arena.h"
#include "report/print/text.h"
#include "report/report.h"

#define PAYLOAD_SHOWN 48

struct field {
	const char *name;
	size_t at, length;
	bool travels;
};

/* RFC 791, RFC 8200, RFC 9293. */
static const struct field ipv4[] = {
	{"Version, IHL", 0, 1, false}, {"DSCP, ECN", 1, 1, false},
	{"Total length", 2, 2, false}, {"Identification", 4, 2, false},
	{"Fragment", 6, 2, false},     {"TTL", 8, 1, true},
	{"Protocol", 9, 1, false},     {"IP checksum", 10, 2, true},
	{"Source", 12, 4, false},      {"Destination", 16, 4, false},
	{NULL, 0, 0, false},
};
static const struct field ipv6[] = {
	{"Class, flow label", 0, 4, false},
	{"Payload length", 4, 2, false},
	{"Next header", 6, 1, false},
	{"Hop limit", 7, 1, true},
	{"Source", 8, 16, false},
	{"Destination", 24, 16, false},
	{NULL, 0, 0, false},
};
static const struct field tcp[] = {
	{"Source port", 0, 2, false}, {"Destination port", 2, 2, false},
	{"Sequence", 4, 4, false},    {"Acknowledgment", 8, 4, false},
	{"Data offset", 12, 1, true}, {"Flags", 13, 1, false},
	{"Window", 14, 2, false},     {"TCP checksum", 16, 2, true},
	{"Urgent", 18, 2, false},     {NULL, 0, 0, false},
};

static bool says_much(const char *field)
{
	static const char *const names[] = {"TTL",	"Hop limit",
					    "Sequence", "Acknowledgment",
					    "Flags",	"Window"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], field))
			return true;
	return false;
}

static const char *field_words(struct arena *a, const struct field *f,
			       const uint8_t *bytes)
{
	if (!strcmp(f->name, "Flags"))
		return flag_letters(a, *bytes);
	if (!strcmp(f->name, "TTL") || !strcmp(f->name, "Hop limit"))
		return arena_printf(a, "%u", *bytes);
	if (!strcmp(f->name, "Window"))
		return arena_printf(a, "%u", bytes[0] << 8 | bytes[1]);
	return "";
}

static void add_fields(struct arena *a, struct pieces *p,
		       const struct field *fields, const uint8_t *bytes,
		       size_t available)
{
	for (; fields->name; fields++)
		if (fields->at + fields->length <= available)
			*ARENA_PUSH(a, p->list, p->count) = (struct piece){
				.name = fields->name,
				.words = field_words(a, fields,
						     bytes + fields->at),
				.bytes = bytes + fields->at,
				.length = fields->length,
				.travels = fields->travels,
				.plain = !says_much(fields->name),
			};
}

static const char *option_name(struct arena *a, const struct tcp_option *o)
{
	static const struct {
		uint8_t kind;
		const char *name;
	} names[] = {
		{TCPOPT_KIND_EOL, "End of options"},
		{TCPOPT_KIND_NOP, "NOP"},
		{TCPOPT_KIND_MSS, "MSS"},
		{TCPOPT_KIND_WSCALE, "Window scale"},
		{TCPOPT_KIND_SACK_PERMITTED, "SACK permitted"},
		{TCPOPT_KIND_SACK, "SACK"},
		{TCPOPT_KIND_TIMESTAMPS, "Timestamps"},
	};

	if (o->kind == TCPOPT_MPTCP && o->length > 2)
		return mptcp_subtype_name(o->bytes[2] >> 4);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].kind == o->kind)
			return names[i].name;
	return arena_printf(a, "Option %u", o->kind);
}

static const char *option_words(struct arena *a, const struct tcp_option *o)
{
	struct mptcp_option mptcp;
	char text[256];

	if (o->kind == TCPOPT_MPTCP &&
	    mptcp_decode(o->bytes, o->length, &mptcp))
		return arena_printf(a, "%s",
				    mptcp_text(&mptcp, text, sizeof(text)));
	if (o->kind == TCPOPT_KIND_MSS || o->kind == TCPOPT_KIND_WSCALE)
		return arena_printf(a, "%s",
				    tcp_options_text(o->bytes, o->length, text,
						     sizeof(text)));
	return "";
}

static void add_options(struct arena *a, struct pieces *p,
			const struct tcp_view *t)
{
	struct option_walk walk = option_walk_over(
		t->options, t->options_available, t->options_length);
	struct tcp_option o;

	p->options = t->options;
	p->options_length = t->options_available;
	while (option_next(&walk, &o) == OPTION_FOUND)
		*ARENA_PUSH(a, p->list, p->count) = (struct piece){
			.name = option_name(a, &o),
			.words = option_words(a, &o),
			.bytes = o.bytes,
			.length = o.length,
			.option = true,
		};
}

static void add_payload(struct arena *a, struct pieces *p,
			const struct tcp_view *t)
{
	size_t length = t->payload_available < PAYLOAD_SHOWN
				? t->payload_available
				: PAYLOAD_SHOWN;

	if (length)
		*ARENA_PUSH(a, p->list, p->count) = (struct piece){
			.name = "Payload",
			.words = "",
			.bytes = t->payload,
			.length = length,
			.plain = true,
		};
}

struct pieces pieces_of(struct arena *a, const struct report_packet *k)
{
	struct pieces p = {0};
	struct packet packet;

	if (!packet_parse_quote(k->bytes, k->length, &packet) ||
	    packet.transport != TRANSPORT_TCP)
		return p;
	add_fields(a, &p, packet.ip.version == 6 ? ipv6 : ipv4, packet.bytes,
		   packet.available);
	add_fields(a, &p, tcp, packet.tcp.bytes, packet.tcp.available);
	add_options(a, &p, &packet.tcp);
	add_payload(a, &p, &packet.tcp);
	return p;
}

/* --- beside each other ---------------------------------------------------- */

/* The one with the same name, and as many of it before. */
static bool find_named(const struct pieces *own, size_t index,
		       const struct pieces *other, size_t *found)
{
	size_t before = 0;

	for (size_t i = 0; i < index; i++)
		before += !strcmp(own->list[i].name, own->list[index].name);
	for (size_t i = 0; i < other->count; i++)
		if (!strcmp(other->list[i].name, own->list[index].name) &&
		    !before--) {
			*found = i;
			return true;
		}
	return false;
}

static bool is_by_place(const struct pieces *own, size_t index,
			const struct pieces *other)
{
	return own->list[index].option && own->options_length &&
	       own->options_length == other->options_length;
}

bool piece_beside(const struct pieces *own, size_t index,
		  const struct pieces *other, struct piece *out)
{
	size_t found;

	if (is_by_place(own, index, other)) {
		*out = own->list[index];
		out->bytes = other->options +
			     (own->list[index].bytes - own->options);
		return true;
	}
	if (!find_named(own, index, other, &found))
		return false;
	*out = other->list[found];
	return true;
}

bool piece_is_added(const struct pieces *own, const struct pieces *other,
		    size_t index)
{
	size_t found;

	return other->list[index].option && !is_by_place(other, index, own) &&
	       !find_named(other, index, own, &found);
}
