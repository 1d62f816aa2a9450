/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/changes.h"

#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observer.h"

struct comparing {
	struct arena *arena;
	const struct packet *sent, *quoted;
	struct comparison *out;
};

static void cover(struct comparing *c, enum field field)
{
	c->out->covered |= 1u << field;
}

enum written { DECIMAL, HEX, HEX32, BYTES };

#define FIELD_ROW(value, name, word, written) [value] = {name, word, written},
static const struct {
	const char *name, *word;
	enum written written;
} fields[] = {FIELDS(FIELD_ROW)};

const char *field_word(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].word;
	return dot ? dot + 1 : name;
}

static struct changed *add(struct comparing *c, enum field field,
			   const char *sent, const char *quoted)
{
	struct changed *item =
		ARENA_PUSH(c->arena, c->out->items, c->out->count);

	cover(c, field);
	item->field = field;
	item->change = (struct change){fields[field].name, sent, quoted};
	return item;
}

static const char *number_text(struct comparing *c, enum field field,
			       uint32_t value)
{
	switch (fields[field].written) {
	case HEX:
		return arena_printf(c->arena, "0x%04x", value);
	case HEX32:
		return arena_printf(c->arena, "%08x", value);
	default:
		return arena_printf(c->arena, "%u", value);
	}
}

static void compare_number(struct comparing *c, enum field field, uint32_t sent,
			   uint32_t quoted)
{
	cover(c, field);
	if (sent != quoted)
		add(c, field, number_text(c, field, sent),
		    number_text(c, field, quoted));
}

static void compare_address(struct comparing *c, enum field field,
			    const struct address *sent,
			    const struct address *quoted)
{
	cover(c, field);
	if (!address_equal(sent, quoted))
		add(c, field, arena_address(c->arena, sent),
		    arena_address(c->arena, quoted));
}

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* Some stacks quote lengths and IDs in their own byte order, or less the
 * header: that is their slip, not a change. */
static bool length_slip(const struct packet *sent, const struct packet *quoted)
{
	uint16_t length = (uint16_t)sent->ip.total_length;

	/* Another fragment, or put together again. */
	if (sent->ip.more_fragments &&
	    (!quoted->ip.more_fragments || quoted->ip.fragment_offset))
		return true;
	return quoted->ip.total_length == swap16(length) ||
	       quoted->ip.total_length + quoted->ip.header_length == length ||
	       quoted->ip.total_length == 0;
}

/* Of a copy that the capture lacks they say nothing of this one. */
static void compare_marks(struct comparing *c)
{
	const struct ip_view *s = &c->sent->ip, *q = &c->quoted->ip;
	unsigned ecn = s->traffic_class & 3, quoted_ecn = q->traffic_class & 3;

	if (s->version == 4 && ip_id_is_of_a_copy(q->id, s->id))
		return;
	compare_number(c, FIELD_IP_DSCP, s->traffic_class >> 2,
		       q->traffic_class >> 2);
	/* A congested router marks CE: that is what ECN is for (RFC 3168). */
	compare_number(c, FIELD_IP_ECN, ecn,
		       ecn && quoted_ecn == 3 ? ecn : quoted_ecn);
	if (s->version == 4 && s->id != 0)
		compare_number(c, FIELD_IP_ID, s->id,
			       q->id == swap16(s->id) ? s->id : q->id);
}

static void compare_ip(struct comparing *c)
{
	const struct ip_view *s = &c->sent->ip, *q = &c->quoted->ip;

	compare_marks(c);
	if (s->version == 6)
		compare_number(c, FIELD_IP_FLOW_LABEL, s->flow_label,
			       q->flow_label);
	if (!length_slip(c->sent, c->quoted))
		compare_number(c, FIELD_IP_LENGTH, (unsigned)s->total_length,
			       (unsigned)q->total_length);
	compare_address(c, FIELD_IP_SOURCE, &s->source, &q->source);
	compare_address(c, FIELD_IP_DESTINATION, &s->destination,
			&q->destination);
}

static void compare_flags(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;
	const unsigned ecn = TCP_FLAG_ECE | TCP_FLAG_CWR;
	const unsigned other = 0xff & ~ecn & ~(unsigned)TCP_FLAG_URG;

	compare_number(c, FIELD_TCP_ECN, s->flags & ecn, q->flags & ecn);
	compare_number(c, FIELD_TCP_FLAGS, s->flags & other, q->flags & other);
	if (q->available >= 20 && (s->flags & TCP_FLAG_URG))
		compare_number(c, FIELD_TCP_URGENT, s->urgent,
			       q->flags & TCP_FLAG_URG ? q->urgent : 0);
}

/* How many bytes of payload are there both in the quote and in what was sent,
 * from an offset on. */
static size_t common_bytes(const struct comparing *c, size_t offset)
{
	size_t sent = c->sent->tcp.payload_available - offset;
	size_t quoted = c->quoted->tcp.payload_available;

	return sent < quoted ? sent : quoted;
}

/* Where the quoted segment begins in the payload of the one sent, if it is
 * a part of it, cut off on the way; else 0. */
static size_t part_offset(const struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;
	size_t offset = q->sequence - s->sequence;

	if (offset >= s->payload_available || q->payload_available == 0 ||
	    q->payload_length > s->payload_length - offset)
		return 0;
	return memcmp(s->payload + offset, q->payload, common_bytes(c, offset))
		       ? 0
		       : offset;
}

static void compare_header(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;

	if (q->available) { /* else it is no TCP: ports are there */
		compare_number(c, FIELD_TCP_SOURCE_PORT, s->source_port,
			       q->source_port);
		compare_number(c, FIELD_TCP_DESTINATION_PORT,
			       s->destination_port, q->destination_port);
	}
	if (q->available >= 8)
		compare_number(c, FIELD_TCP_SEQUENCE,
			       s->sequence + (uint32_t)part_offset(c),
			       q->sequence);
	if (q->available >= 12 && (s->flags & TCP_FLAG_ACK))
		compare_number(c, FIELD_TCP_ACKNOWLEDGMENT, s->acknowledgment,
			       q->acknowledgment);
	if (q->available >= 14)
		compare_flags(c);
	if (q->available >= 16)
		compare_number(c, FIELD_TCP_WINDOW, s->window, q->window);
}

static bool same_option(const struct tcp_option *a, const struct tcp_option *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != TCPOPT_MPTCP)
		return true;
	return a->length > 2 && b->length > 2 &&
	       a->bytes[2] >> 4 == b->bytes[2] >> 4;
}

static bool same_bytes(const struct tcp_option *a, const struct tcp_option *b)
{
	return a->length == b->length &&
	       memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* The option in the quote that corresponds to one that was sent: the same
 * bytes, or else the first of its kind. */
static bool find_option(const struct tcp_view *q,
			const struct tcp_option *wanted,
			struct tcp_option *found)
{
	struct option_walk walk = option_walk_over(
		q->options, q->options_available, q->options_length);
	struct tcp_option option;
	bool any = false;

	while (option_next(&walk, &option) == OPTION_FOUND) {
		if (!same_option(wanted, &option))
			continue;
		if (!any || same_bytes(wanted, &option))
			*found = option;
		any = true;
	}
	return any;
}

/* Whether the quote shows the whole list of options: every byte of it, or
 * its end. */
static bool shows_list(const struct tcp_view *q)
{
	struct option_walk walk = option_walk_over(
		q->options, q->options_available, q->options_length);
	struct tcp_option option;

	if (q->options_available == q->options_length)
		return true;
	while (option_next(&walk, &option) == OPTION_FOUND)
		if (option.kind == TCPOPT_KIND_EOL)
			return true;
	return false;
}

/* What stands in the quote where the option stood: NULL unless so many bytes
 * are there. */
static const uint8_t *bytes_in_place(const struct comparing *c,
				     const struct tcp_option *sent,
				     size_t length)
{
	const struct tcp_view *q = &c->quoted->tcp;

	if (q->data_offset != c->sent->tcp.data_offset ||
	    sent->offset + length > q->options_available)
		return NULL;
	return q->options + sent->offset;
}

static const char *how_removed(const struct comparing *c,
			       const struct tcp_option *sent)
{
	const uint8_t *first = bytes_in_place(c, sent, 1);
	const uint8_t *there = bytes_in_place(c, sent, sent->length);

	if (first && *first == TCPOPT_KIND_EOL)
		return "eol";
	if (!there)
		return "cut";
	for (size_t i = 0; i < sent->length; i++)
		if (there[i] != TCPOPT_KIND_NOP)
			return "cut";
	return "nop";
}

static enum field option_field(uint8_t kind)
{
	if (kind == TCPOPT_KIND_MSS)
		return FIELD_OPTION_MSS;
	return kind == TCPOPT_MPTCP ? FIELD_OPTION_MPTCP : FIELD_OPTION_OTHER;
}

static struct changed *add_option(struct comparing *c, enum field field,
				  uint8_t kind, const char *sent,
				  const char *quoted)
{
	struct changed *item = add(c, field, sent, quoted);
	char buffer[16];

	item->change.field = arena_printf(c->arena, "tcp.option.%s",
					  tcp_option_name(kind, buffer));
	return item;
}

/* An option of another subtype in the place of ours is ours, modified. */
static bool find_in_place(const struct comparing *c,
			  const struct tcp_option *sent,
			  struct tcp_option *found)
{
	struct option_walk walk = option_walk_over(
		c->quoted->tcp.options, c->quoted->tcp.options_available,
		c->quoted->tcp.options_length);

	while (option_next(&walk, found) == OPTION_FOUND)
		if (found->kind == sent->kind && found->offset == sent->offset)
			return true;
	return false;
}

/* `missing` gets the fields of which an option may not be quoted. */
static void compare_option(struct comparing *c, const struct tcp_option *sent,
			   uint32_t *missing)
{
	const struct tcp_view *q = &c->quoted->tcp;
	enum field field = option_field(sent->kind);
	const uint8_t *there = bytes_in_place(c, sent, sent->length);
	struct tcp_option found;
	struct changed *item;

	if (find_option(q, sent, &found) || find_in_place(c, sent, &found)) {
		cover(c, field);
		if (same_bytes(&found, sent))
			return;
		add_option(c, field, sent->kind,
			   arena_hex(c->arena, sent->bytes, sent->length),
			   arena_hex(c->arena, found.bytes, found.length));
		return;
	}
	if (!shows_list(q)) { /* it may stand in what was not quoted */
		*missing |= 1u << field;
		return;
	}
	item = add_option(c, field, sent->kind,
			  arena_hex(c->arena, sent->bytes, sent->length), NULL);
	item->in_place =
		there ? arena_hex(c->arena, there, sent->length) : NULL;
	item->removed = true;
	item->how = how_removed(c, sent);
}

static void find_added(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;
	struct option_walk walk = option_walk_over(
		q->options, q->options_available, q->options_length);
	struct tcp_option option, ours;

	if (shows_list(q))
		cover(c, FIELD_OPTION_ADDED);
	while (option_next(&walk, &option) == OPTION_FOUND) {
		if (option.kind == TCPOPT_KIND_NOP ||
		    option.kind == TCPOPT_KIND_EOL ||
		    option.kind == TCPOPT_MPTCP ||
		    find_option(s, &option, &ours))
			continue;
		add_option(c, FIELD_OPTION_ADDED, option.kind, NULL,
			   arena_hex(c->arena, option.bytes, option.length));
	}
}

static void compare_options(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;
	struct option_walk walk = option_walk_over(
		s->options, s->options_available, s->options_length);
	struct tcp_option option;
	uint32_t missing = 0;

	if (q->data_offset == 0 || q->available < 20)
		return;
	while (option_next(&walk, &option) == OPTION_FOUND)
		if (option.kind != TCPOPT_KIND_NOP &&
		    option.kind != TCPOPT_KIND_EOL)
			compare_option(c, &option, &missing);
	for (size_t i = 0; i < c->out->count; i++)
		missing &= ~(1u << c->out->items[i].field);
	c->out->covered &= ~missing;
	find_added(c);
}

static void compare_payload(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;
	size_t offset = part_offset(c);
	size_t common = common_bytes(c, offset);
	const uint8_t *sent = s->payload + offset;
	bool same = common == 0 || memcmp(sent, q->payload, common) == 0;

	if (q->data_offset == 0 || q->available < 20 || s->payload_length == 0)
		return;
	if (!length_slip(c->sent, c->quoted))
		compare_number(c, FIELD_PAYLOAD_LENGTH,
			       (unsigned)s->payload_length,
			       (unsigned)q->payload_length);
	if (same && common == s->payload_length)
		cover(c, FIELD_PAYLOAD);
	if (!same)
		add(c, FIELD_PAYLOAD, arena_hex(c->arena, sent, common),
		    arena_hex(c->arena, q->payload, common));
}

/* A checksum that differs though everything else under it is the same tells
 * of a change that was undone in the quote, or beyond what is quoted. */
static void compare_checksum(struct comparing *c)
{
	const struct tcp_view *s = &c->sent->tcp, *q = &c->quoted->tcp;

	if (q->available < s->length || c->out->count)
		return;
	compare_number(c, FIELD_TCP_CHECKSUM, s->checksum, q->checksum);
}

void compare_packets(struct arena *a, const struct kept *sent,
		     const struct packet *quoted, struct comparison *out)
{
	struct comparing c = {a, &sent->packet, quoted, out};

	*out = (struct comparison){0};
	compare_ip(&c);
	if (sent->packet.transport != TRANSPORT_TCP)
		return;
	compare_header(&c);
	compare_options(&c);
	compare_payload(&c);
	compare_checksum(&c);
}

const struct changed *comparison_find(const struct comparison *c,
				      enum field field)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].field == field)
			return &c->items[i];
	return NULL;
}
