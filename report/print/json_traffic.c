/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections of a capture, and its packets: for programs.
 */
#include "crafting/packet.h"
#include "crafting/tcp_options.h"
#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/print/text.h"
#include "report/track/curve.h"
#include "report/track/observer.h"

static json_t *known(enum known k)
{
	return k == UNKNOWN ? json_null() : json_flag(k == KNOWN_YES);
}

static json_t *hex_or_null(bool is_known, int digits, uint64_t value)
{
	return is_known ? json_sprintf("%0*llx", digits,
				       (unsigned long long)value)
			: json_null();
}

static double milliseconds(int64_t us)
{
	return us > 0 ? (double)us / 1e3 : 0;
}

/* Since the connection began; -1 is not known. */
static double since_begin(const struct mptcp_connection *c, int64_t time_us)
{
	return time_us ? milliseconds(time_us - c->flows->first_us) : -1;
}

/* [microseconds since the connection began, bytes of it that were still to
 * come, bytes that went by] */
static json_t *point(const struct mptcp_connection *c, const struct host *h,
		     const struct curve_point *p)
{
	return json_pack(
		"[I,I,I]", (json_int_t)(p->time_us - c->flows->first_us),
		(json_int_t)(h->data_end - p->number), (json_int_t)p->bytes);
}

/* For the chart of a page that is made of this one; the latest stands last. */
static json_t *points(const struct mptcp_connection *c, const struct host *h,
		      const struct curve *curve)
{
	json_t *array = json_array();

	for (size_t i = 0; i < curve->count; i++)
		array = json_appended(array, point(c, h, &curve->points[i]));
	return json_appended(array, point(c, h, &curve->last));
}

static json_t *side(const struct page *p, const struct flow *f, unsigned index)
{
	const struct side *s = &f->sides[index];
	const struct mptcp_connection *c = f->connection;
	const struct host *h = &c->hosts[f->reversed ? 1 - index : index];
	bool drawn = p->document && s->curve;

	return JSON_OBJECT(
		{"packets", json_count(s->packets)},
		{"bytes", json_count(s->stream.bytes)},
		{"retransmitted", json_count(s->retransmitted)},
		{"mbit_s", json_decimal(side_rate(s))},
		{"first_data_ms", json_decimal(since_begin(c, s->first_us))},
		{"last_data_ms", json_decimal(since_begin(c, s->last_us))},
		{"fin", json_flag(s->fin)},
		{"checksums_right", json_count(s->sums_right)},
		{"checksums_wrong", json_count(s->sums_wrong)},
		{"checksum_wrong_frame", json_frame(s->wrong_frame)},
		{"mp_fail_frame", json_frame(s->fail_frame)},
		{"mp_fail_dsn", hex_or_null(s->fail_frame, 16, s->fail_dsn)},
		{"infinite_mapping_frame", json_frame(s->infinite_frame)},
		{"fastclose_frame", json_frame(s->fastclose_frame)},
		{"reset_frame", json_frame(s->reset_frame)},
		{"reset_reason", json_count_or_null(s->reset_reason)},
		{drawn ? "data" : "",
		 drawn ? points(c, h, s->curve) : json_null()});
}

static json_t *subflow(const struct page *p, const struct flow *s)
{
	return JSON_OBJECT(
		{"source", json_address(&s->client)},
		{"source_port", json_count(s->client_port)},
		{"destination", json_address(&s->server)},
		{"destination_port", json_count(s->server_port)},
		{"join", json_flag(s->joins)},
		{"token",
		 hex_or_null(s->joins && s->join.syn, 8, s->join.token)},
		{"backup", json_flag(s->join.backup)},
		{"hmac_syn_ack", known(s->join.hmac)},
		{"hmac_ack", known(s->join.ack_hmac)},
		{"first_frame", json_frame(s->first_frame)},
		{"by", json_text(traffic_hosts[s->reversed])},
		{"syn", json_flag(s->sides[0].syn)},
		{"syn_ack", json_flag(s->sides[1].syn)},
		{"mptcp_in_syn_ack", json_flag(s->syn_ack_option)},
		{"mptcp_in_ack", json_flag(s->ack_option)},
		{"options_cut", json_flag(s->snapped)},
		{"server_nonce", hex_or_null(s->join.has_server_nonce, 8,
					     s->join.server_nonce)},
		{"sent", side(p, s, 0)}, {"received", side(p, s, 1)});
}

static json_t *subflows(const struct page *p, const struct mptcp_connection *c)
{
	json_t *array = json_array();

	for (const struct flow *s = c->flows; s; s = s->sibling)
		array = json_appended(array, subflow(p, s));
	return array;
}

static json_t *announced(const struct announced *a)
{
	return JSON_OBJECT(
		{"by", json_text(traffic_hosts[a->host])},
		{"address", json_address(&a->address)},
		{"id", json_count(a->id)},
		{"port", json_count_or_null(a->has_port ? a->port : -1)},
		{"hmac", known(a->hmac)}, {"frame", json_frame(a->frame)},
		{"echo_frame", json_frame(a->echo_frame)},
		{"removed_frame", json_frame(a->removed_frame)});
}

static json_t *removed(const struct announced *a)
{
	return JSON_OBJECT({"by", json_text(traffic_hosts[a->host])},
			   {"id", json_count(a->id)},
			   {"frame", json_frame(a->removed_frame)});
}

/* Those that were announced, or those that were only removed. */
static json_t *addresses(const struct mptcp_connection *c, bool were)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->address_count; i++) {
		const struct announced *a = &c->addresses[i];

		if ((a->frame != 0) == were)
			array = json_appended(array,
					      were ? announced(a) : removed(a));
	}
	return array;
}

/* Which of its subflows, from 1; 0: none. */
static uint64_t number_of(const struct mptcp_connection *c,
			  const struct flow *f)
{
	uint64_t number = 1;

	for (const struct flow *s = c->flows; s; s = s->sibling, number++)
		if (s == f)
			return number;
	return 0;
}

static json_t *host(const struct page *p, const struct mptcp_connection *c,
		    unsigned side_of)
{
	const struct host *h = &c->hosts[side_of];
	const struct stall *stall = &h->stall;
	bool has_key = h->has_key, drawn = p->document && h->acks;

	return JSON_OBJECT(
		{"key", hex_or_null(has_key, 16, h->key)},
		{"token", hex_or_null(has_key, 8, h->token)},
		{"idsn", hex_or_null(has_key, 16, h->idsn)},
		{"first_dsn_fits", known(h->first_dsn)},
		{"stall_ms", json_decimal(milliseconds(stall->us))},
		{"stall_frame", json_frame(stall->frame)},
		{"stall_end_ms", json_decimal(since_begin(c, stall->end_us))},
		{"resumed_by", json_frame(number_of(c, stall->resumed))},
		{"stalled_ms",
		 json_decimal(milliseconds(mptcp_stalled_us(c, side_of)))},
		{"bytes_again", json_count(mptcp_bytes_again(c, side_of))},
		{drawn ? "acknowledged" : "",
		 drawn ? points(c, h, h->acks) : json_null()});
}

int json_connection(const struct page *p, const struct mptcp_connection *c)
{
	return JSON_LINE(
		p, "mpprobe-connection/1", {"number", json_count(c->number)},
		{"mptcp", json_count_or_null(c->version)},
		{"negotiated", json_flag(c->negotiated)},
		{"checksum", json_flag(c->checksum)},
		{"fallback", json_text(mptcp_fallback(c))},
		{"state", json_text(traffic_state(c))},
		{"client", host(p, c, 0)}, {"server", host(p, c, 1)},
		{"other_keys_frame", json_frame(c->other_keys_frame)},
		{"subflows", subflows(p, c)}, {"announced", addresses(c, true)},
		{"removed", addresses(c, false)});
}

int json_list_rest(const struct page *p, uint64_t left_out)
{
	return JSON_LINE(p, "mpprobe-list/1",
			 {"left_out", json_count(left_out)});
}

/* --- packets ------------------------------------------------------------- */

static json_t *ip_header(const struct ip_view *ip)
{
	return JSON_OBJECT({"version", json_count(ip->version)},
			   {"source", json_address(&ip->source)},
			   {"destination", json_address(&ip->destination)},
			   {"ttl", json_count(ip->ttl)},
			   {"id", json_count(ip->id)},
			   {"fragment_offset", json_count(ip->fragment_offset)},
			   {"more_fragments", json_flag(ip->more_fragments)});
}

/* What was cut off is null. */
static json_t *tcp_header(const struct page *p, const struct packet *packet)
{
	const struct tcp_view *tcp = &packet->tcp;
	bool flags = tcp->available >= 14, window = tcp->available >= 16;
	const char *options =
		arena_hex(p->arena, tcp->options, tcp->options_available);

	if (packet->transport != TRANSPORT_TCP)
		return json_null();
	return JSON_OBJECT(
		{"source_port", json_count(tcp->source_port)},
		{"destination_port", json_count(tcp->destination_port)},
		{"sequence", json_count(tcp->sequence)},
		{"acknowledgment",
		 json_count_or_null(flags ? (int64_t)tcp->acknowledgment : -1)},
		{"flags",
		 json_text(flags ? flag_letters(p->arena, tcp->flags) : NULL)},
		{"window", json_count_or_null(window ? tcp->window : -1)},
		{"options", json_text(options)},
		{"options_text", json_text(options_in_words(p->arena, tcp))},
		{"length", json_count(tcp->payload_length)});
}

static json_t *quoted(const struct page *p, const struct icmp_view *icmp)
{
	struct packet inner;

	if (!packet_parse_quote(icmp->quote, icmp->quote_length, &inner))
		return json_null();
	return JSON_OBJECT({"ip", ip_header(&inner.ip)},
			   {"tcp", tcp_header(p, &inner)});
}

static json_t *icmp_error(const struct page *p, const struct packet *packet)
{
	if (packet->transport != TRANSPORT_ICMP_ERROR)
		return json_null();
	return JSON_OBJECT({"type", json_count(packet->icmp.type)},
			   {"code", json_count(packet->icmp.code)},
			   {"quoted", quoted(p, &packet->icmp)});
}

int json_packet(const struct page *p, const struct packet *packet,
		uint64_t frame, int64_t time_us)
{
	if (!packet_is_listed(packet))
		return 0;
	return JSON_LINE(p, "mpprobe-packet/1", {"frame", json_count(frame)},
			 {"time", json_time(time_us, 6)},
			 {"ip", ip_header(&packet->ip)},
			 {"tcp", tcp_header(p, packet)},
			 {"icmp", icmp_error(p, packet)});
}
