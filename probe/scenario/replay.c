// SPDX-License-Identifier: GPL-3.0-or-later
/* A capture in the place of the peer: what was drawn at random is taken from
 * it, what the script sends is compared with it, and its answers come back. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/packet.h"
#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/net/privileges.h"
#include "probe/scenario/peer.h"
#include "report/arena.h"
#include "report/print/text.h"
#include "report/track/capture.h"
#include "report/track/observer.h"

/* A frame, from its IP header on. */
struct recorded {
	uint64_t number;
	int64_t time_us;
	const uint8_t *bytes;
	size_t length;
	struct packet packet;
	const struct flow *flow; /* sent by its client; NULL: it came in */
};

struct replay {
	struct peer peer;
	struct arena *arena;
	struct observer *whole; /* has seen all of the capture */
	struct recorded *frames;
	size_t frame_count, next;
	bool *used; /* by index of whole->flows */
	const struct flow *chosen;
	int64_t now_us;
};

static struct replay *replay_of(struct peer *p)
{
	return (struct replay *)p;
}

/* --- reading ------------------------------------------------------------- */

static void keep_frame(void *context, uint64_t number, int64_t time_us,
		       const uint8_t *ip, size_t available)
{
	struct replay *r = context;
	struct recorded *frame;
	uint8_t *copy;

	frame = ARENA_PUSH(r->arena, r->frames, r->frame_count);
	copy = arena_alloc(r->arena, available + 1);
	memcpy(copy, ip, available);
	*frame = (struct recorded){.number = number, .time_us = time_us};
	frame->bytes = copy;
	if (!packet_parse(copy, available, &frame->packet)) {
		r->frame_count--;
		return;
	}
	frame->length = frame->packet.available;
}

/* Only of one that begins in the capture it is known who its client is. */
static const struct flow *begun_flow(const struct replay *r,
				     const struct packet *p)
{
	const struct flow *f = observer_flow(
		r->whole, &p->ip.source, p->tcp.source_port, &p->ip.destination,
		p->tcp.destination_port, IPPROTO_TCP);

	return f && f->begun ? f : NULL;
}

/* The client's flow of each frame. */
static void name_flows(struct replay *r)
{
	for (size_t i = 0; i < r->frame_count; i++) {
		struct recorded *frame = &r->frames[i];

		if (frame->packet.transport == TRANSPORT_TCP)
			frame->flow = begun_flow(r, &frame->packet);
	}
}

static const struct flow *first_flow(const struct replay *r)
{
	const struct flow *first = NULL;

	for (size_t i = 0; i < r->whole->flow_count; i++) {
		const struct flow *f = r->whole->flows[i];

		if (f->protocol != IPPROTO_TCP)
			continue;
		if (f->mptcp.syn_ack)
			return f;
		if (!first || (f->mptcp.syn && !first->mptcp.syn))
			first = f;
	}
	return first;
}

/* Where a segment lies in the data of the connection that `first` began: by
 * its mapping on another subflow. */
static size_t data_offset(const struct flow *first, const struct flow *f,
			  const struct kept *k)
{
	const struct mptcp_option *o = tcp_options_mptcp(&k->options, MP_DSS);

	if (f == first)
		return k->packet.tcp.sequence - f->client_isn - 1;
	if (!o || !(o->dss.flags & DSS_MAPPING))
		return REQUEST_MAX;
	return (uint32_t)(o->dss.dsn - first->mptcp.client_idsn - 1);
}

/* Puts what the client sent over this flow into the request, whose bytes up to
 * `end` are there. Returns their new end. */
static size_t put_in_order(struct replay *r, const struct flow *first,
			   const struct flow *f, size_t end)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct tcp_view *tcp = &f->sent[i]->packet.tcp;
		size_t at = data_offset(first, f, f->sent[i]);

		if (!tcp->payload_available || at >= REQUEST_MAX ||
		    tcp->payload_available > REQUEST_MAX - at)
			continue;
		memcpy(r->peer.request + at, tcp->payload,
		       tcp->payload_available);
		if (at + tcp->payload_available > end)
			end = at + tcp->payload_available;
	}
	return end;
}

/* Where the empty line ends that ends a request; 0: there is none. */
static size_t request_end(const uint8_t *bytes, size_t length)
{
	for (size_t i = 4; i <= length; i++)
		if (!memcmp(bytes + i - 4, "\r\n\r\n", 4))
			return i;
	return 0;
}

/* Of the client's first segment with data, if it may be an opening. */
static size_t first_payload(const struct flow *f)
{
	size_t i = 0;

	while (!f->sent[i]->packet.tcp.payload_length)
		i++;
	return f->sent[i]->packet.tcp.payload_length < OPENING_MAX
		       ? f->sent[i]->packet.tcp.payload_length
		       : OPENING_MAX;
}

/* The bytes that the client sent first, up to the end of a request, or all; it
 * may have sent the rest of one over a second subflow, or no end. */
static void find_request(struct replay *r, const struct flow *f)
{
	size_t length = put_in_order(r, f, f, 0);
	size_t end = request_end(r->peer.request, length), i = 0;

	while (!end && i < r->whole->flow_count) {
		const struct flow *other = r->whole->flows[i++];

		if (other == f || other->purpose != PURPOSE_MP_JOIN)
			continue;
		length = put_in_order(r, f, other, length);
		end = request_end(r->peer.request, length);
	}
	r->peer.request_length = end ? end : length;
	r->peer.opening_length = first_payload(f);
	r->peer.has_end = end != 0;
}

static const struct flow *with_data(const struct replay *r)
{
	for (size_t i = 0; i < r->whole->flow_count; i++) {
		const struct flow *f = r->whole->flows[i];

		for (size_t s = 0; s < f->sent_count; s++)
			if (f->protocol == IPPROTO_TCP &&
			    f->sent[s]->packet.tcp.payload_length)
				return f;
	}
	return NULL;
}

static bool learn(struct replay *r, int mptcp_version)
{
	const struct flow *first = first_flow(r), *data = with_data(r);
	char text[ADDRESS_TEXT];

	if (!first)
		return false;
	name_flows(r);
	if (data)
		find_request(r, data);
	r->used = arena_alloc(r->arena, r->whole->flow_count * sizeof(bool));
	r->peer.version = mptcp_version >= 0 ? mptcp_version
			  : first->mptcp.syn ? (int)first->mptcp.version
					     : -1;
	r->peer.answered = first->syn_ack_seen;
	snprintf(r->peer.target, sizeof(r->peer.target), "%s",
		 address_text(&first->server, text));
	return true;
}

/* --- the peer ------------------------------------------------------------ */

static uint16_t recorded_mss(const struct flow *f)
{
	return f->sent_count && f->sent[0]->options.has_mss
		       ? f->sent[0]->options.mss
		       : 1460;
}

static bool fits_wish(const struct flow *f, const struct wish *wish)
{
	return f->protocol == IPPROTO_TCP &&
	       (!wish->source.family ||
		address_equal(&wish->source, &f->client)) &&
	       (!wish->source_port || wish->source_port == f->client_port);
}

static bool choose(struct peer *p, const struct wish *wish, unsigned attempt,
		   struct choices *out)
{
	struct replay *r = replay_of(p);

	for (size_t i = 0; i < r->whole->flow_count; i++) {
		const struct flow *f = r->whole->flows[i];

		if (r->used[i] || !fits_wish(f, wish) || attempt--)
			continue;
		*out = (struct choices){
			.source = f->client,
			.target = f->server,
			.source_port = f->client_port,
			.port = f->server_port,
			.isn = f->client_isn,
			.key = f->mptcp.client_key,
			.nonce = f->join.client_nonce,
			.token = f->join.token,
			.mss = recorded_mss(f),
		};
		r->chosen = f;
		return true;
	}
	return false;
}

static void feed(struct replay *r)
{
	const struct recorded *frame = &r->frames[r->next++];

	r->now_us = frame->time_us;
	observer_frame(r->peer.observer, 12 /* DLT_RAW */, frame->number,
		       frame->time_us, frame->bytes, frame->length,
		       frame->length);
}

static bool in_use(const struct replay *r, const struct flow *f)
{
	return r->used[f->id - 1];
}

#define ASPECTS 6

/* What can differ, in the order in which a reader would name it. */
static const char *aspect(struct arena *a, const struct packet *p, unsigned i)
{
	const struct tcp_view *tcp = &p->tcp;
	char address[ADDRESS_TEXT];

	switch (i) {
	case 0:
		return arena_printf(a, "%s port %u",
				    address_text(&p->ip.source, address),
				    tcp->source_port);
	case 1:
		return arena_printf(a, "flags 0x%02x", tcp->flags);
	case 2:
		return tcp->options_available ? options_in_words(a, tcp)
					      : "no options";
	case 3:
		return arena_printf(a, "seq %u ack %u", tcp->sequence,
				    tcp->acknowledgment);
	case 4:
		return arena_printf(a, "%zu bytes of data",
				    tcp->payload_length);
	default:
		return arena_printf(a, "TTL %u", p->ip.ttl);
	}
}

static void tell_difference(struct replay *r, const struct recorded *frame,
			    const struct packet *sent)
{
	unsigned long number = (unsigned long)frame->number;

	for (unsigned i = 0; i < ASPECTS; i++) {
		const char *ours = aspect(r->arena, sent, i);
		const char *theirs = aspect(r->arena, &frame->packet, i);

		if (!strcmp(ours, theirs))
			continue;
		snprintf(r->peer.error, sizeof(r->peer.error),
			 "sends %.140s, but frame %lu of the capture has "
			 "%.140s",
			 ours, number, theirs);
		return;
	}
	snprintf(r->peer.error, sizeof(r->peer.error),
		 "sends another window, payload or padding than frame %lu of "
		 "the capture",
		 number);
}

static bool same_segment(const struct recorded *frame,
			 const struct ip_envelope *envelope,
			 const uint8_t *segment, size_t length)
{
	const struct packet *p = &frame->packet;

	return p->transport == TRANSPORT_TCP && p->ip.ttl == envelope->ttl &&
	       address_equal(&p->ip.source, &envelope->source) &&
	       p->tcp.available == length &&
	       memcmp(p->tcp.bytes, segment, length) == 0;
}

/* Makes an IP packet of the segment only to name what differs. */
static void differ(struct replay *r, const struct recorded *frame,
		   const struct ip_envelope *envelope, const uint8_t *segment,
		   size_t length)
{
	struct packet sent = {.ip.source = envelope->source,
			      .ip.ttl = envelope->ttl};
	uint8_t header[40 + 1600] = {0x60};

	if (length > 1600)
		length = 1600;
	header[4] = (uint8_t)(length >> 8);
	header[5] = (uint8_t)length;
	header[6] = IPPROTO_TCP;
	header[7] = envelope->ttl;
	memcpy(header + 40, segment, length);
	packet_parse(header, 40 + length, &sent);
	sent.ip.source = envelope->source;
	tell_difference(r, frame, &sent);
}

/* The frame of ours that comes next, of the flow that a SYN begins or of one
 * that is under way. */
static bool next_own(const struct replay *r, bool begins, size_t *at)
{
	for (size_t i = r->next; i < r->frame_count; i++) {
		const struct flow *f = r->frames[i].flow;

		if (!f || (begins ? f != r->chosen : !in_use(r, f)))
			continue;
		*at = i;
		return true;
	}
	return false;
}

static enum peer_result replay_send(struct peer *p,
				    struct ip_envelope *envelope,
				    const uint8_t *segment, size_t length)
{
	struct replay *r = replay_of(p);
	bool begins = r->chosen && !in_use(r, r->chosen);
	size_t at;

	if (!next_own(r, begins, &at)) {
		snprintf(p->error, sizeof(p->error),
			 "sends a segment where the capture has none any more");
		return PEER_DIFFERS;
	}
	if (!same_segment(&r->frames[at], envelope, segment, length)) {
		differ(r, &r->frames[at], envelope, segment, length);
		return PEER_DIFFERS;
	}
	if (begins)
		r->used[r->chosen->id - 1] = true;
	while (r->next <= at)
		feed(r);
	return PEER_OK;
}

/* What came in before the next frame of ours; that one is the script's to
 * send. */
static bool replay_wait(struct peer *p, int64_t until_us)
{
	struct replay *r = replay_of(p);

	if (r->next < r->frame_count && !r->frames[r->next].flow) {
		feed(r);
		return true;
	}
	if (until_us > r->now_us)
		r->now_us = until_us;
	return false;
}

static int64_t replay_now(const struct peer *p)
{
	return ((const struct replay *)p)->now_us;
}

/* Data that the client of the capture sends behind what the script sent on that
 * subflow: the answers are to another exchange. A script may end before it
 * sends any. */
static bool replay_is_left(struct peer *p)
{
	struct replay *r = replay_of(p);

	for (size_t i = r->next; i < r->frame_count; i++) {
		const struct recorded *frame = &r->frames[i];
		const struct tcp_view *tcp = &frame->packet.tcp;
		const struct flow *f = frame->flow, *sent;

		if (!f || !in_use(r, f) || !tcp->payload_length)
			continue;
		sent = observer_flow(p->observer, &f->client, f->client_port,
				     &f->server, f->server_port, IPPROTO_TCP);
		if (!sent || sent->client_next == f->client_isn + 1 ||
		    seq_diff(tcp->sequence + (uint32_t)tcp->payload_length,
			     sent->client_next) <= 0)
			continue;
		snprintf(p->error, sizeof(p->error),
			 "the capture is of another exchange: in frame %lu the "
			 "client sends data that the scenario does not",
			 (unsigned long)frame->number);
		return true;
	}
	return false;
}

static void replay_close(struct peer *p)
{
	struct replay *r = replay_of(p);

	observer_free(r->whole);
	observer_free(p->observer);
	arena_free(r->arena);
	free(r);
}

static const struct peer_ops replay_ops = {
	choose,	    replay_send,    replay_wait,
	replay_now, replay_is_left, replay_close,
};

static struct replay *replay_new(void)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->peer.ops = &replay_ops;
	r->peer.replay = true;
	r->arena = arena_new();
	r->whole = observer_new();
	r->peer.observer = observer_new();
	if (r->arena && r->whole && r->peer.observer)
		return r;
	replay_close(&r->peer);
	return NULL;
}

static int read_capture(struct replay *r, const char *file, int mptcp_version,
			struct capture *c)
{
	char error[400] = "";

	if (privileges_drop() != 0)
		return EXIT_SYSTEM;
	if (capture_feed_each(c, r->whole, keep_frame, r, error,
			      sizeof(error)) != CAPTURE_OK)
		return failure(EXIT_INPUT, "%s", error);
	if (!learn(r, mptcp_version))
		return failure(EXIT_INPUT, "%s: no TCP connection in it", file);
	return 0;
}

struct peer *peer_replay(const char *file, int mptcp_version, int *exit_code)
{
	char error[400];
	struct capture *c = capture_open(&file, 1, error, sizeof(error));
	struct replay *r = c ? replay_new() : NULL;

	if (!c)
		*exit_code = failure(EXIT_INPUT, "%s", error);
	else if (!r)
		*exit_code =
			failure(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	else
		*exit_code = read_capture(r, file, mptcp_version, c);
	if (c)
		capture_close(c);
	if (*exit_code == 0)
		return &r->peer;
	if (r)
		replay_close(&r->peer);
	return NULL;
}
