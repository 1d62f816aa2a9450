/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whose segment an ICMP error quotes. A quote is believed if its addresses
 * and ports and one number that nobody can guess fit, or, behind a
 * translator that does not repair its quotes, two such numbers.
 */
#include <netinet/in.h>
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/observe.h"

struct fit {
	bool id, sequence, tsval, checksum, payload;
	bool mark;	  /* the whole payload of a control: 64 random bits */
	bool other_tsval; /* both have one, and they differ */
	bool other_copy;  /* it is none of this one, but of the same segment */
};

static bool is_ip4(const struct packet *p)
{
	return p->ip.version == 4;
}

static uint16_t swap16(uint16_t v)
{
	return (uint16_t)(v << 8 | v >> 8);
}

/* The quoted packet, and what options are in it. */
struct quoted {
	struct packet packet;
	bool has_tsval;
	uint32_t tsval;
	bool mptcp; /* there is an option */
};

static void read_options(struct quoted *q)
{
	const struct tcp_view *tcp = &q->packet.tcp;
	struct tcp_options options;

	q->has_tsval = q->mptcp = false;
	if (q->packet.transport != TRANSPORT_TCP || tcp->data_offset == 0)
		return;
	tcp_options_read(tcp->options, tcp->options_available,
			 tcp->options_length, &options);
	q->has_tsval = options.has_timestamps;
	q->tsval = options.tsval;
	q->mptcp = options.mptcp_count > 0;
}

/* All of its data is gone; and the length is not only less the IP header, as
 * some stacks quote it. */
static bool is_emptied(const struct packet *p, const struct packet *q)
{
	return p->tcp.payload_length > 0 &&
	       q->ip.total_length == q->ip.header_length + q->tcp.data_offset &&
	       q->ip.total_length + q->ip.header_length != p->ip.total_length;
}

/* Devices change much in a segment, but hardly what it does to a connection,
 * nor do they take all of its data: such a quote is of another segment, which
 * somebody made of this one. The first part of a segment lacks its FIN. */
static bool may_be(const struct packet *p, const struct packet *q)
{
	uint8_t flags = p->tcp.flags ^ q->tcp.flags;

	if (q->tcp.available < 14 || q->tcp.data_offset == 0)
		return true;
	return !(flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
	       !(flags & q->tcp.flags & TCP_FLAG_FIN) && !is_emptied(p, q);
}

/* A TTL that a sweep has: mpprobe's copies are told apart by it. */
#define SWEPT_TTL 64

static bool names_swept_ttl(uint32_t tsval)
{
	return (tsval & CLOCK_TTL) - 1 < SWEPT_TTL;
}

/* Its timestamp, or its IP ID and checksum, are others, and the number is near:
 * a copy that the capture lacks, and not what a device drew anew, or counts. */
static bool is_other_copy(const struct kept *k, const struct quoted *q,
			  struct fit fit)
{
	const struct packet *sent = &k->packet;

	if (fit.id || !is_of_a_copy(q->tsval, k->options.tsval))
		return false;
	if (fit.other_tsval)
		return !kept_names_ttl(k) || names_swept_ttl(q->tsval);
	return is_ip4(sent) && !fit.checksum &&
	       q->mptcp == (k->options.mptcp_count > 0) &&
	       ip_id_is_of_a_copy(q->packet.ip.id, sent->ip.id);
}

/* Which of the unpredictable fields of a sent segment the quote shows. */
static struct fit fit_tcp(const struct kept *k, const struct quoted *quoted)
{
	const struct packet *p = &k->packet, *q = &quoted->packet;
	struct fit fit = {0};
	bool clocks = k->options.has_timestamps && quoted->has_tsval;

	if (!may_be(p, q))
		return fit;
	fit.id = is_ip4(p) && p->ip.id != 0 &&
		 (q->ip.id == p->ip.id || q->ip.id == swap16(p->ip.id));
	fit.sequence =
		q->tcp.available >= 8 && q->tcp.sequence == p->tcp.sequence;
	fit.tsval = clocks && quoted->tsval == k->options.tsval &&
		    (fit.id || fit.sequence || !is_ip4(p));
	fit.other_tsval = clocks && quoted->tsval != k->options.tsval;
	/* Other numbers have another checksum: that they agree is chance. */
	fit.checksum = q->tcp.available >= 18 && fit.sequence &&
		       q->tcp.checksum == p->tcp.checksum && !fit.other_tsval;
	fit.other_copy = clocks && is_other_copy(k, quoted, fit);
	return fit;
}

/* Of the payload of a control, with 32 random bits (observe.h). */
#define PAYLOAD_MIN 20

static struct fit fit_udp(const struct kept *k, const struct packet *q)
{
	const struct packet *p = &k->packet;
	struct fit fit = {0};
	size_t there = q->udp.payload_available;

	fit.id = is_ip4(p) && p->ip.id != 0 &&
		 (q->ip.id == p->ip.id || q->ip.id == swap16(p->ip.id));
	fit.payload = there >= PAYLOAD_MIN &&
		      there <= p->udp.payload_available &&
		      memcmp(q->udp.payload, p->udp.payload, there) == 0;
	fit.mark = fit.payload && there == p->udp.payload_available;
	fit.checksum =
		q->udp.available >= 8 && q->udp.checksum == p->udp.checksum;
	return fit;
}

/* The sequence number of our echoes tells the TTL. */
static struct fit fit_echo(const struct kept *k, const struct packet *q)
{
	const struct packet *p = &k->packet;
	struct fit fit = {0};

	fit.id = is_ip4(p) && p->ip.id != 0 &&
		 (q->ip.id == p->ip.id || q->ip.id == swap16(p->ip.id));
	fit.sequence = q->echo_sequence == p->echo_sequence;
	return fit;
}

static struct fit fit_packet(const struct kept *k, const struct quoted *q)
{
	if (q->packet.transport == TRANSPORT_UDP)
		return fit_udp(k, &q->packet);
	return q->packet.transport == TRANSPORT_TCP ? fit_tcp(k, q)
						    : fit_echo(k, &q->packet);
}

/* Choosing among the segments of one flow: the field that alone tells the
 * TTL, in the order of rank_fit(). Several that fit equally well cannot be
 * told apart: then none is it, unless they were sent alike. */
struct choice {
	size_t sent;
	enum matched_by by;
	unsigned rank; /* 0: nothing fits */
	bool ambiguous;
	bool exact; /* its checksum agrees as well */
};

static unsigned rank_fit(struct fit fit, enum matched_by *by)
{
	static const struct {
		enum matched_by by;
		unsigned rank;
	} ranks[] = {{MATCHED_IP_ID, 6},   {MATCHED_TSVAL, 5},
		     {MATCHED_IP_ID, 4},   {MATCHED_TCP_CHECKSUM, 3},
		     {MATCHED_PAYLOAD, 2}, {MATCHED_LONE_PROBE, 1}};
	/* An IP ID has 16 bits only: a forger hits it, and who draws IDs anew
	 * draws another copy's now and then. */
	const bool id = fit.id && (fit.sequence || fit.tsval || fit.checksum ||
				   fit.payload);
	const bool fits[] = {id && !fit.other_tsval,
			     fit.tsval && !fit.other_copy,
			     id,
			     fit.checksum && fit.sequence,
			     fit.payload,
			     fit.sequence && !fit.other_copy};

	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++)
		if (fits[i]) {
			*by = ranks[i].by;
			return ranks[i].rank;
		}
	return 0;
}

static unsigned count_fits(struct fit fit)
{
	return (unsigned)fit.id + fit.sequence + fit.tsval + fit.checksum +
	       fit.payload + fit.mark;
}

static void consider(struct choice *best, const struct flow *f, size_t index,
		     const struct quoted *q, unsigned needed)
{
	const struct kept *k = f->sent[index];
	struct fit fit = fit_packet(k, q);
	enum matched_by by = MATCHED_LONE_PROBE;
	unsigned rank = count_fits(fit) >= needed ? rank_fit(fit, &by) : 0;

	if (rank == 0 || rank < best->rank)
		return;
	if (rank == best->rank &&
	    f->sent[best->sent]->packet.ip.ttl != k->packet.ip.ttl) {
		best->ambiguous = true;
		return;
	}
	/* Of two with one TTL the later one, but not for the one that is quoted
	 * to the letter. */
	if (rank == best->rank && best->exact && !fit.checksum)
		return;
	if (rank > best->rank)
		best->ambiguous = false;
	*best = (struct choice){index, by, rank, best->ambiguous, fit.checksum};
}

static struct choice choose(const struct flow *f, const struct quoted *q,
			    unsigned needed)
{
	struct choice best = {0};

	for (size_t i = 0; i < f->sent_count; i++)
		consider(&best, f, i, q, needed);
	return best;
}

static struct flow *quoted_flow(const struct observer *o,
				const struct packet *q)
{
	bool udp = q->transport == TRANSPORT_UDP;

	if (q->transport == TRANSPORT_ICMP_ECHO_REQUEST)
		return observer_flow(o, &q->ip.source, q->echo_id,
				     &q->ip.destination, 0, IPPROTO_ICMP);
	return observer_flow(
		o, &q->ip.source, udp ? q->udp.source_port : q->tcp.source_port,
		&q->ip.destination,
		udp ? q->udp.destination_port : q->tcp.destination_port,
		udp ? IPPROTO_UDP : IPPROTO_TCP);
}

/* A translator on the path changed the tuple and left it so in the quote:
 * two numbers that nobody can guess must fit. The search is bounded: the
 * newest flows only, and so many segments in all. */
#define TRANSLATED_SEARCH 512
#define SEARCHED_MAX 4000000

static struct flow *translated_flow(struct observer *o, const struct quoted *q,
				    struct choice *choice)
{
	size_t seen = 0;

	for (size_t i = o->flow_count;
	     i-- > 0 && seen < TRANSLATED_SEARCH && o->searched < SEARCHED_MAX;
	     seen++) {
		struct flow *f = o->flows[i];
		bool udp = q->packet.transport == TRANSPORT_UDP;

		if ((f->protocol == IPPROTO_UDP) != udp ||
		    f->client.family != q->packet.ip.source.family)
			continue;
		o->searched += f->sent_count;
		*choice = choose(f, q, 2);
		if (choice->rank && !choice->ambiguous)
			return f;
	}
	return NULL;
}

static void fill_quote(struct observer *o, struct flow *f, struct quote *q,
		       const struct packet *p, const struct packet *quoted,
		       const struct choice *choice, uint64_t frame,
		       int64_t time_us)
{
	uint8_t *copy = arena_alloc(f->arena, quoted->available);

	o->quotes++;
	memcpy(copy, quoted->bytes, quoted->available);
	packet_parse_quote(copy, quoted->available, &q->quoted);
	q->frame = frame;
	q->time_us = time_us;
	q->responder = p->ip.source;
	q->reply_ttl = p->ip.ttl;
	q->time_exceeded = p->icmp.time_exceeded;
	q->unreachable = p->icmp.unreachable;
	q->port_unreachable = p->icmp.port_unreachable;
	q->admin_prohibited = p->icmp.admin_prohibited;
	q->too_big = p->icmp.too_big;
	q->next_hop_mtu = p->icmp.too_big ? p->icmp.next_hop_mtu : 0;
	q->bytes = quoted->available;
	q->matched_by = choice->by;
	q->sent = choice->sent;
	q->fits_tuple =
		quoted->ip.fragment_offset || quoted_flow(o, quoted) == f;
}

static void add_quote(struct observer *o, struct flow *f,
		      const struct packet *p, const struct packet *quoted,
		      const struct choice *choice, uint64_t frame,
		      int64_t time_us)
{
	fill_quote(o, f, ARENA_PUSH(f->arena, f->quotes, f->quote_count), p,
		   quoted, choice, frame, time_us);
}

/* A RST that expired on its way to the server, though the client sent none: it
 * has the sequence number of a segment that was sent, or of what follows it. */
static bool is_alien_reset(const struct flow *f, const struct packet *p,
			   const struct packet *q)
{
	if (q->transport != TRANSPORT_TCP || !p->icmp.time_exceeded ||
	    q->tcp.available < 14 || !(q->tcp.flags & TCP_FLAG_RST) ||
	    f->sides[0].reset_frame)
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct tcp_view *sent = &f->sent[i]->packet.tcp;
		uint32_t ahead = q->tcp.sequence - sent->sequence;

		if (!(sent->flags & TCP_FLAG_SYN) &&
		    (ahead == 0 || ahead == sent->payload_length))
			return true;
	}
	return false;
}

static void see_alien_reset(struct observer *o, struct flow *f,
			    const struct packet *p, const struct packet *quoted,
			    uint64_t frame, int64_t time_us)
{
	const struct choice none = {.sent = FLOW_NONE};

	if (f->alien_reset)
		return;
	f->alien_reset = arena_alloc(f->arena, sizeof(*f->alien_reset));
	fill_quote(o, f, f->alien_reset, p, quoted, &none, frame, time_us);
}

/* Quotes that are kept of one flow, and quotes that fit nothing in it after
 * which no more are looked at: somebody is guessing. */
#define QUOTES_MAX 2048
#define MISFITS_MAX 4096

/* Routers of IPv6 quote fragments other than the first as well: of the
 * segment whose first one has the same identification, of 32 random bits. */
static void observe_later(struct observer *o, const struct packet *p,
			  const struct packet *quoted, uint64_t frame,
			  int64_t time_us)
{
	struct choice choice = {.by = MATCHED_IP_ID};
	size_t seen = 0;

	for (size_t i = o->flow_count;
	     i-- > 0 && seen < TRANSLATED_SEARCH && o->searched < SEARCHED_MAX;
	     seen++) {
		struct flow *f = o->flows[i];

		if (is_ip4(quoted) ||
		    !address_equal(&f->client, &quoted->ip.source) ||
		    !address_equal(&f->server, &quoted->ip.destination) ||
		    f->quote_count >= QUOTES_MAX)
			continue;
		o->searched += f->sent_count;
		for (size_t k = 0; k < f->sent_count; k++)
			if (f->sent[k]->kind == SEGMENT_FRAGMENT &&
			    f->sent[k]->packet.ip.id == quoted->ip.id) {
				choice.sent = k;
				add_quote(o, f, p, quoted, &choice, frame,
					  time_us);
				return;
			}
	}
}

/* So far from the first the timestamps of a connection may be: hours. */
#define CLOCK_SPAN (1 << 24)
#define SEQUENCE_SPAN (1 << 16) /* sent below the ISN, to provoke an answer */

/* At a glance: whether its sequence number or timestamp may be of a segment
 * that was sent. Of what is forged one in thousands comes so far. */
static bool is_near(const struct flow *f, const struct quoted *q)
{
	const struct tcp_view *tcp = &q->packet.tcp;
	uint32_t behind = tcp->sequence - f->client_isn + SEQUENCE_SPAN;
	uint32_t all = f->client_next - f->client_isn + SEQUENCE_SPAN;

	if (q->packet.transport != TRANSPORT_TCP || tcp->available < 8 ||
	    behind <= all || !f->sent_count)
		return true;
	return q->has_tsval && f->sent[0]->options.has_timestamps &&
	       q->tsval - f->sent[0]->options.tsval + CLOCK_SPAN <=
		       2 * CLOCK_SPAN;
}

void observe_icmp(struct observer *o, const struct packet *p, uint64_t frame,
		  int64_t time_us)
{
	struct choice choice = {0};
	struct quoted quoted;
	enum transport transport;
	struct flow *f;

	if (!packet_parse_quote(p->icmp.quote, p->icmp.quote_length,
				&quoted.packet))
		return;
	if (quoted.packet.ip.fragment_offset) {
		observe_later(o, p, &quoted.packet, frame, time_us);
		return;
	}
	transport = quoted.packet.transport;
	if (transport != TRANSPORT_TCP && transport != TRANSPORT_UDP &&
	    transport != TRANSPORT_ICMP_ECHO_REQUEST)
		return;
	read_options(&quoted);
	f = quoted_flow(o, &quoted.packet);
	if (f && f->begun && transport == TRANSPORT_TCP)
		f = observe_at_home(o, f);
	if (f && !is_near(f, &quoted)) {
		f->unfit++;
		return;
	}
	if (f && (f->quote_count >= QUOTES_MAX || f->misfits >= MISFITS_MAX))
		return;
	if (f)
		choice = choose(f, &quoted, 1);
	else if (transport != TRANSPORT_ICMP_ECHO_REQUEST)
		f = translated_flow(o, &quoted, &choice);
	if (f && choice.rank && !choice.ambiguous)
		add_quote(o, f, p, &quoted.packet, &choice, frame, time_us);
	else if (f && is_alien_reset(f, p, &quoted.packet))
		see_alien_reset(o, f, p, &quoted.packet, frame, time_us);
	else if (f) {
		f->misfits++;
		f->untold += choice.rank != 0;
	}
}
