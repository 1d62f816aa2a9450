/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections of a capture, and its packets: for programs.
 */
#include "crafting/packet.h"
#include "crafting/tcp_options.h"
#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/print/text.h"
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

static json_t *side(const struct flow *f, unsigned index)
{
	const struct side *s = &f->sides[index];
	int64_t until_us = s->last_us - f->connection->flows->first_us;

	return JSON_OBJECT(
		{"packets", json_count(s->packets)},
		{"bytes", json_count(s->stream.bytes)},
		{"retransmitted", json_count(s->retransmitted)},
		{"mbit_s", json_decimal(side_rate(s))},
		{"last_data_ms",
		 json_decimal(s->last_us ? milliseconds(until_us) : -1)},
		{"checksums_right", json_count(s->sums_right)},
		{"checksums_wrong", json_count(s->sums_wrong)},
		{"checksum_wrong_frame", json_frame(s->wrong_frame)},
		{"mp_fail_frame", json_frame(s->fail_frame)},
		{"infinite_mapping_frame", json_frame(s->infinite_frame)},
		{"fastclose_frame", json_frame(s->fastclose_frame)},
		{"reset_frame", json_frame(s->reset_frame)},
		{"reset_reason", json_count_or_null(s->reset_reason)});
}

static json_t *subflow(const struct flow *s)
{
	return JSON_OBJECT({"source", json_address(&s->client)},
			   {"source_port", json_count(s->client_port)},
			   {"destination", json_address(&s->server)},
			   {"destination_port", json_count(s->server_port)},
			   {"join", json_flag(s->joins)},
			   {"token", hex_or_null(s->joins && s->join.syn, 8,
						 s->join.token)},
			   {"backup", json_flag(s->join.backup)},
			   {"hmac_syn_ack", known(s->join.hmac)},
			   {"hmac_ack", known(s->join.ack_hmac)},
			   {"first_frame", json_frame(s->first_frame)},
			   {"sent", side(s, 0)}, {"received", side(s, 1)});
}

static json_t *subflows(const struct mptcp_connection *c)
{
	json_t *array = json_array();

	for (const struct flow *s = c->flows; s; s = s->sibling)
		array = json_appended(array, subflow(s));
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

static json_t *host(const struct mptcp_connection *c, unsigned side_of)
{
	bool has_key = c->hosts[side_of].has_key;

	return JSON_OBJECT(
		{"key", hex_or_null(has_key, 16, c->hosts[side_of].key)},
		{"token", hex_or_null(has_key, 8, c->hosts[side_of].token)},
		{"idsn", hex_or_null(has_key, 16, c->hosts[side_of].idsn)},
		{"first_dsn_fits", known(c->hosts[side_of].first_dsn)},
		{"stall_ms",
		 json_decimal(milliseconds(c->hosts[side_of].stall.us))},
		{"stall_frame", json_frame(c->hosts[side_of].stall.frame)},
		{"stalled_ms",
		 json_decimal(milliseconds(mptcp_stalled_us(c, side_of)))},
		{"bytes_again", json_count(mptcp_bytes_again(c, side_of))});
}

int json_connection(const struct page *p, const struct mptcp_connection *c)
{
	return JSON_LINE(
		p, "mpprobe-connection/1", {"number", json_count(c->number)},
		{"mptcp", json_count_or_null(c->version)},
		{"negotiated", json_flag(c->negotiated)},
		{"checksum", json_flag(c->checksum)},
		{"fallback", json_text(mptcp_fallback(c))},
		{"state", json_text(traffic_state(c))}, {"client", host(c, 0)},
		{"server", host(c, 1)},
		{"other_keys_frame", json_frame(c->other_keys_frame)},
		{"subflows", subflows(c)}, {"announced", addresses(c, true)},
		{"removed", addresses(c, false)});
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
