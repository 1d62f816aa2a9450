/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/observer.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/link.h"
#include "report/arena.h"
#include "report/track/observe.h"

#define BUCKETS_MIN 256

struct observer *observer_new(void)
{
	struct observer *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->arena = arena_new();
	o->forgotten = calloc(1, sizeof(*o->forgotten));
	o->bucket_count = BUCKETS_MIN;
	o->fragmented = FLOW_NONE;
	if (o->forgotten)
		o->forgotten->first_syn_ack = o->forgotten->first_reset =
			FLOW_NONE;
	o->buckets = calloc(o->bucket_count, sizeof(*o->buckets));
	o->keys = keys_new();
	if (!o->keys || !mptcp_connections_open(&o->connections, o->keys) ||
	    !o->forgotten || !o->buckets) {
		observer_free(o);
		return NULL;
	}
	return o;
}

void observer_free(struct observer *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i] != o->forgotten)
			observer_free_flow(o->flows[i]);
	for (size_t i = 0; i < o->middle_count; i++)
		observer_free_flow(o->middles[i]);
	for (size_t i = 0; i < EARLY_MAX; i++)
		arena_free(o->early[i].arena);
	for (size_t i = 0; i < RIVALS_MAX; i++)
		arena_free(o->rivals[i].arena);
	freezer_close(&o->freezer);
	mptcp_connections_close(&o->connections);
	keys_free(o->keys);
	free(o->forgotten);
	arena_free(o->arena);
	clients_free(&o->speakers);
	free(o->buckets);
	free(o);
}

bool observer_owns(const struct observer *o, const struct address *a)
{
	for (size_t i = 0; i < o->own_count; i++)
		if (address_equal(&o->own[i], a))
			return true;
	return false;
}

void observer_own(struct observer *o, const struct address *a)
{
	if (!observer_owns(o, a))
		*ARENA_PUSH(o->arena, o->own, o->own_count) = *a;
}

static const struct endpoint *
find_endpoint(const struct endpoints *e, const struct address *a, uint16_t port)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->list[i].port == port &&
		    address_equal(&e->list[i].address, a))
			return &e->list[i];
	return NULL;
}

static void add_endpoint(struct endpoints *e, const struct endpoint *new)
{
	if (e->count < ANSWERED_MAX &&
	    !find_endpoint(e, &new->address, new->port))
		e->list[e->count++] = *new;
}

void observer_note_answered(struct observer *o, const struct flow *f)
{
	const struct endpoint client = {f->client, 0, f->link};
	const struct endpoint server = {.address = f->server,
					.port = f->server_port};

	add_endpoint(&o->answered, &client);
	add_endpoint(&o->servers, &server);
	if (f->connection)
		clients_add(&o->speakers, &f->client);
}

bool observer_was_answered(const struct observer *o,
			   const struct address *client)
{
	return find_endpoint(&o->answered, client, 0) != NULL;
}

bool observer_came_in(const struct observer *o, const struct address *client,
		      const struct link_ends *link)
{
	const struct endpoint *e = find_endpoint(&o->answered, client, 0);

	return e && link_comes_back(&e->link, link);
}

bool observer_has_server(const struct observer *o, const struct address *a,
			 uint16_t port)
{
	return find_endpoint(&o->servers, a, port) != NULL;
}

/* FNV-1a over client and server, their ports and the protocol. */
static uint64_t flow_hash(const struct address *client, uint16_t client_port,
			  const struct address *server, uint16_t server_port,
			  uint8_t protocol)
{
	uint64_t h = 14695981039346656037u;
	uint64_t rest = (uint64_t)client_port << 32 |
			(uint64_t)server_port << 8 | protocol;

	for (size_t i = 0; i < sizeof(client->bytes); i++)
		h = (h ^ client->bytes[i]) * 1099511628211u;
	for (size_t i = 0; i < sizeof(server->bytes); i++)
		h = (h ^ server->bytes[i]) * 1099511628211u;
	for (int i = 0; i < 6; i++)
		h = (h ^ (rest >> (8 * i) & 0xff)) * 1099511628211u;
	return h ^ h >> 29;
}

uint64_t observer_flow_name(const struct address *client, uint16_t client_port,
			    const struct address *server, uint16_t server_port)
{
	return flow_hash(client, client_port, server, server_port, IPPROTO_TCP);
}

static size_t flow_bucket(const struct observer *o, const struct flow *f)
{
	return flow_hash(&f->client, f->client_port, &f->server, f->server_port,
			 f->protocol) %
	       o->bucket_count;
}

struct flow *observer_flow(const struct observer *o,
			   const struct address *client, uint16_t client_port,
			   const struct address *server, uint16_t server_port,
			   uint8_t protocol)
{
	size_t bucket =
		flow_hash(client, client_port, server, server_port, protocol) %
		o->bucket_count;

	struct flow *f = o->buckets[bucket];

	while (f && (f->client_port != client_port ||
		     f->server_port != server_port || f->protocol != protocol ||
		     !address_equal(&f->client, client) ||
		     !address_equal(&f->server, server)))
		f = f->hash_next;
	return f && f->same ? f->same : f;
}

static bool same_tuple(const struct flow *a, const struct flow *b)
{
	return a->client_port == b->client_port &&
	       a->server_port == b->server_port && a->protocol == b->protocol &&
	       address_equal(&a->client, &b->client) &&
	       address_equal(&a->server, &b->server);
}

/* Where a port is used again, the newer flow takes the place of the older. */
static void enter_flow(struct observer *o, struct flow *f)
{
	struct flow **place = &o->buckets[flow_bucket(o, f)];

	while (*place && !same_tuple(*place, f))
		place = &(*place)->hash_next;
	f->hash_next = *place ? (*place)->hash_next : NULL;
	*place = f;
}

void observer_unlist(struct observer *o, struct flow *f)
{
	struct flow **at = &o->buckets[flow_bucket(o, f)];

	while (*at && *at != f)
		at = &(*at)->hash_next;
	if (*at)
		*at = f->hash_next;
}

static void grow_table(struct observer *o)
{
	size_t count = o->bucket_count;
	struct flow **old = o->buckets, *next;

	o->buckets = calloc(count * 4, sizeof(*o->buckets));
	if (!o->buckets) {
		o->buckets = old;
		return; /* slower, not wrong */
	}
	o->bucket_count = count * 4;
	for (size_t i = 0; i < count; i++)
		for (struct flow *f = old[i]; f; f = next) {
			next = f->hash_next;
			enter_flow(o, f);
		}
	free(old);
}

static struct flow *new_flow(struct observer *o, const struct address *client,
			     uint16_t client_port, const struct address *server,
			     uint16_t server_port, uint8_t protocol)
{
	struct arena *a = arena_new();
	struct flow *f = arena_alloc(a, sizeof(*f));

	if (o->flow_count + o->middle_count >= o->bucket_count)
		grow_table(o);
	f->arena = a;
	f->packets = arena_new();
	f->client = *client;
	f->server = *server;
	f->client_port = client_port;
	f->server_port = server_port;
	f->protocol = protocol;
	f->first_syn_ack = f->first_reset = FLOW_NONE;
	f->mptcp.other_version = -1;
	f->mptcp.server_dsn = UNKNOWN;
	f->join.parent = -1;
	f->join.hmac = f->join.ack_hmac = UNKNOWN;
	f->sides[0].reset_reason = f->sides[1].reset_reason = -1;
	enter_flow(o, f);
	return f;
}

void observer_begin(struct observer *o, struct flow *f)
{
	f->begun = true;
	*ARENA_PUSH(o->arena, o->flows, o->flow_count) = f;
	f->id = (unsigned)o->flow_count;
}

struct flow *observer_add_flow(struct observer *o, const struct packet *first,
			       uint8_t protocol, uint16_t client_port,
			       uint16_t server_port)
{
	struct flow *f =
		new_flow(o, &first->ip.source, client_port,
			 &first->ip.destination, server_port, protocol);

	observer_begin(o, f);
	return f;
}

void observer_add_translated(struct observer *o, struct flow *f,
			     const struct packet *syn)
{
	struct flow *name = new_flow(o, &syn->ip.source, syn->tcp.source_port,
				     &syn->ip.destination,
				     syn->tcp.destination_port, IPPROTO_TCP);

	name->same = f;
	name->sibling = f->doubles->translated;
	f->doubles->translated = name;
}

static void place_middle(struct observer *o, struct flow *f)
{
	f->place = o->middle_count;
	*ARENA_PUSH(o->arena, o->middles, o->middle_count) = f;
}

struct flow *observer_add_middle(struct observer *o, const struct packet *p,
				 unsigned side)
{
	struct flow *f =
		side ? new_flow(o, &p->ip.destination, p->tcp.destination_port,
				&p->ip.source, p->tcp.source_port, IPPROTO_TCP)
		     : new_flow(o, &p->ip.source, p->tcp.source_port,
				&p->ip.destination, p->tcp.destination_port,
				IPPROTO_TCP);

	place_middle(o, f);
	return f;
}

struct flow *observer_add_again(struct observer *o, const struct flow *image)
{
	struct flow *f =
		new_flow(o, &image->client, image->client_port, &image->server,
			 image->server_port, image->protocol);
	struct flow fresh = *f;

	*f = *image;
	f->arena = fresh.arena;
	f->packets = fresh.packets;
	f->hash_next = fresh.hash_next;
	f->first_syn_ack = f->first_reset = FLOW_NONE;
	place_middle(o, f);
	return f;
}

void observer_remove_middle(struct observer *o, struct flow *f)
{
	struct flow *last = o->middles[--o->middle_count];

	o->middles[f->place] = last;
	last->place = f->place;
}

struct kept observer_look(const struct packet *p, uint64_t frame,
			  int64_t time_us)
{
	struct kept k = {.frame = frame, .time_us = time_us, .packet = *p};

	if (p->transport == TRANSPORT_TCP)
		tcp_options_read(p->tcp.options, p->tcp.options_available,
				 p->tcp.options_length, &k.options);
	return k;
}

struct kept *observer_keep(struct arena *a, const struct packet *p,
			   uint64_t frame, int64_t time_us)
{
	struct kept *k = arena_alloc(a, sizeof(*k) + p->available);
	uint8_t *copy = (uint8_t *)(k + 1);

	memcpy(copy, p->bytes, p->available);
	packet_parse(copy, p->available, &k->packet);
	k->frame = frame;
	k->time_us = time_us;
	if (k->packet.transport == TRANSPORT_TCP)
		tcp_options_read(k->packet.tcp.options,
				 k->packet.tcp.options_available,
				 k->packet.tcp.options_length, &k->options);
	return k;
}

/* Whether it is a control, captured where it was sent: it names the TTL that it
 * was sent with. */
static bool is_control(const struct packet *p, const uint8_t *payload,
		       size_t available)
{
	char mark[16];
	int length =
		snprintf(mark, sizeof(mark), CONTROL_MARK "%03u", p->ip.ttl);

	return available >= (size_t)length &&
	       memcmp(payload, mark, (size_t)length) == 0;
}

/* The TCP port that a control names a reference, or 0. */
static uint16_t marked_reference(const uint8_t *payload, size_t available)
{
	size_t at = CONTROL_LENGTH + strlen(REFERENCE_MARK);
	unsigned port = 0;

	if (available < at + 5 ||
	    memcmp(payload + CONTROL_LENGTH, REFERENCE_MARK,
		   strlen(REFERENCE_MARK)) != 0)
		return 0;
	for (size_t i = 0; i < 5; i++) {
		if (payload[at + i] < '0' || payload[at + i] > '9')
			return 0;
		port = 10 * port + payload[at + i] - '0';
	}
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* Behind the mark of a reference, if there is one. */
static bool marked_uplink(const uint8_t *payload, size_t available)
{
	size_t length = strlen(UPLINK_MARK);

	return available >= CONTROL_LENGTH + length &&
	       memcmp(payload + available - length, UPLINK_MARK, length) == 0;
}

/* What it says of its run. */
static void read_marks(struct flow *f, const uint8_t *payload, size_t available)
{
	f->reference_port = marked_reference(payload, available);
	f->uplink = marked_uplink(payload, available);
}

static void observe_control(struct observer *o, const struct packet *p,
			    uint8_t protocol, uint16_t client_port,
			    uint16_t server_port, uint64_t frame,
			    int64_t time_us)
{
	struct flow *f =
		observer_flow(o, &p->ip.source, client_port, &p->ip.destination,
			      server_port, protocol);
	struct kept **slot;

	if (!f && o->own_count && !observer_owns(o, &p->ip.source))
		return;
	if (f && link_comes_back(&f->link, &o->link)) {
		f->unfit++;
		return;
	}
	if (observer_came_in(o, &p->ip.source, &o->link))
		return;
	if (!f) {
		f = observer_add_flow(o, p, protocol, client_port, server_port);
		f->link = o->link;
		f->purpose = PURPOSE_CONTROL;
		f->first_us = time_us;
		f->first_frame = frame;
		if (protocol == IPPROTO_UDP)
			read_marks(f, p->udp.payload, p->udp.payload_available);
	}
	f->last_us = time_us;
	if (f->sent_count >= KEPT_MAX)
		return;
	o->kept++;
	slot = ARENA_PUSH(f->packets, f->sent, f->sent_count);
	*slot = observer_keep(f->packets, p, frame, time_us);
	(*slot)->kind = SEGMENT_OTHER;
}

/* The datagrams and echoes of the distance control; others are not ours. */
static void observe_udp(struct observer *o, const struct packet *p,
			uint64_t frame, int64_t time_us)
{
	if (is_control(p, p->udp.payload, p->udp.payload_available))
		observe_control(o, p, IPPROTO_UDP, p->udp.source_port,
				p->udp.destination_port, frame, time_us);
}

static void observe_echo_request(struct observer *o, const struct packet *p,
				 uint64_t frame, int64_t time_us)
{
	if (is_control(p, p->echo_payload, p->echo_payload_available))
		observe_control(o, p, IPPROTO_ICMP, p->echo_id, 0, frame,
				time_us);
}

/* A reply has the payload of the request, with its random digits. */
static bool is_echo_of(const struct packet *reply, const struct packet *request)
{
	return reply->echo_sequence == request->echo_sequence &&
	       reply->echo_payload_available ==
		       request->echo_payload_available &&
	       !memcmp(reply->echo_payload, request->echo_payload,
		       reply->echo_payload_available);
}

static bool echoes(const struct flow *f, const struct packet *p)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (is_echo_of(p, &f->sent[i]->packet))
			return true;
	return false;
}

static void observe_echo_reply(struct observer *o, const struct packet *p,
			       uint64_t frame, int64_t time_us)
{
	struct flow *f = observer_flow(o, &p->ip.destination, p->echo_id,
				       &p->ip.source, 0, IPPROTO_ICMP);
	struct kept **slot;

	if (!f || f->received_count >= KEPT_MAX)
		return;
	if (!echoes(f, p)) {
		f->unfit++;
		return;
	}
	o->kept++;
	slot = ARENA_PUSH(f->packets, f->received, f->received_count);
	*slot = observer_keep(f->packets, p, frame, time_us);
	(*slot)->kind = SEGMENT_OTHER;
}

/* Its packet, if it has one that is understood. */
static bool begin_frame(struct observer *o, int link_type, int64_t time_us,
			const uint8_t *frame, size_t captured,
			struct packet *out)
{
	const uint8_t *ip;
	size_t available;

	o->frames++;
	if (o->first_us == 0 || time_us < o->first_us)
		o->first_us = time_us;
	if (time_us > o->last_us)
		o->last_us = time_us;
	if (!link_find_ip(link_type, frame, captured, &ip, &available) ||
	    !packet_parse(ip, available, out))
		return false;
	link_read_ends(link_type, frame, captured, &o->link);
	if (o->interface)
		o->link.interface = o->interface;
	if (o->way)
		o->link.way = o->way;
	return true;
}

const char *observer_interface_name(const struct observer *o,
				    struct viewpoint v)
{
	for (size_t i = 0; i < o->interface_count; i++)
		if (o->interfaces[i].viewpoint.file == v.file &&
		    o->interfaces[i].viewpoint.interface == v.interface)
			return o->interfaces[i].name;
	return NULL;
}

void observer_name_interface(struct observer *o, const char *name)
{
	struct viewpoint v = {o->file, o->interface};

	if (!observer_interface_name(o, v))
		*ARENA_PUSH(o->arena, o->interfaces, o->interface_count) =
			(struct interface_name){
				v, arena_printf(o->arena, "%s", name)};
}

/* What came before what is said by times: frames that a coarse clock stamps
 * alike are a microsecond apart. */
static int64_t set_apart(struct observer *o, int64_t time_us)
{
	bool stands = o->frames && time_us >= o->stamp_us &&
		      time_us <= o->frame_us && o->frame_us < INT64_MAX;

	o->stamp_us = time_us;
	o->frame_us = stands ? o->frame_us + 1 : time_us;
	return o->frame_us;
}

void observer_frame(struct observer *o, int link_type, uint64_t number,
		    int64_t time_us, const uint8_t *frame, size_t captured,
		    size_t length)
{
	struct packet p;

	o->truncated += captured < length;
	time_us = set_apart(o, time_us);
	if (!begin_frame(o, link_type, time_us, frame, captured, &p))
		return;
	switch (p.transport) {
	case TRANSPORT_TCP:
		observe_tcp(o, &p, number, time_us);
		break;
	case TRANSPORT_UDP:
		observe_udp(o, &p, number, time_us);
		break;
	case TRANSPORT_ICMP_ECHO_REQUEST:
		observe_echo_request(o, &p, number, time_us);
		break;
	case TRANSPORT_ICMP_ECHO_REPLY:
		observe_echo_reply(o, &p, number, time_us);
		break;
	case TRANSPORT_ICMP_ERROR:
		observe_icmp(o, &p, number, time_us);
		break;
	default:
		observe_fragment(o, &p, time_us);
		break;
	}
}

void observer_came_back(struct observer *o, int link_type, int64_t time_us,
			const uint8_t *frame, size_t captured)
{
	struct packet p;
	struct flow *f = NULL;

	if (!begin_frame(o, link_type, time_us, frame, captured, &p))
		return;
	if (p.transport == TRANSPORT_TCP)
		f = observer_flow(o, &p.ip.source, p.tcp.source_port,
				  &p.ip.destination, p.tcp.destination_port,
				  IPPROTO_TCP);
	if (f)
		f->unfit++;
}

bool kept_experiment(const struct kept *k, struct tcp_option *o)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);

	while (option_next(&walk, o) == OPTION_FOUND)
		if (o->kind == TCPOPT_KIND_EXPERIMENT)
			return true;
	return false;
}

unsigned initial_ttl(unsigned ttl)
{
	static const unsigned usual[] = {32, 64, 128, 255};

	for (size_t i = 0; i < 3; i++)
		if (ttl <= usual[i])
			return usual[i];
	return 255;
}

bool flow_server_ended(const struct flow *f)
{
	return f->server_fin || f->mptcp.data_fin || f->mptcp.fastclose ||
	       flow_reset(f);
}

bool kept_is_syn(const struct kept *k)
{
	return kept_is_first_syn(k) || k->kind == SEGMENT_FALLBACK_SYN;
}

bool kept_is_first_syn(const struct kept *k)
{
	return segment_is_syn(k->kind);
}

bool kept_names_ttl(const struct kept *k)
{
	return k->options.has_timestamps &&
	       !((k->options.tsval ^ k->packet.ip.ttl) & CLOCK_TTL);
}

/* A reply names a timestamp that is nearly a SYN's own: it answers another one,
 * which the capture lacks. */
static bool answers_unseen(const struct kept *reply, const struct kept *syn)
{
	return reply->options.has_timestamps && syn->options.has_timestamps &&
	       is_of_a_copy(reply->options.tsecr, syn->options.tsval);
}

bool flow_answered_unseen(const struct flow *f, const struct kept *reply)
{
	const struct kept *last = NULL;
	uint32_t begun;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_is_syn(k))
			continue;
		if (!answers_unseen(reply, k) ||
		    reply->options.tsecr == k->options.tsval)
			return false;
		last = k;
	}
	if (!last)
		return false;
	begun = last->options.tsval;
	if (kept_names_ttl(last))
		begun -= last->packet.ip.ttl & CLOCK_TTL;
	return seq_diff(reply->options.tsecr, begun) > CLOCK_TTL;
}

bool flow_echoes_unseen(const struct flow *f, const struct kept *received)
{
	uint32_t echo = received->options.tsecr;
	bool near = false;

	if (!f->timestamps || !received->options.has_timestamps || f->unkept)
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->options.has_timestamps && k->options.tsval == echo)
			return false;
		near |= k->options.has_timestamps &&
			is_of_a_copy(echo, k->options.tsval);
	}
	return near;
}

size_t flow_answered_syn(const struct flow *f, size_t received)
{
	const struct kept *reply = f->received[received];
	size_t only = FLOW_NONE;
	bool several = false;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_is_syn(k) || k->time_us > reply->time_us)
			continue;
		if (reply->options.has_timestamps &&
		    k->options.has_timestamps &&
		    reply->options.tsecr == k->options.tsval)
			return i;
		several |= answers_unseen(reply, k) ||
			   (only != FLOW_NONE &&
			    f->sent[only]->packet.ip.ttl != k->packet.ip.ttl);
		only = i;
	}
	return several ? FLOW_NONE : only;
}

/* The target's own port unreachable tells the distance by the TTL that it
 * quotes. */
static unsigned datagram_reach(const struct flow *f)
{
	unsigned reach = 0;

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct quote *q = &f->quotes[i];
		unsigned sent = f->sent[q->sent]->packet.ip.ttl;
		unsigned quoted = q->quoted.ip.ttl;

		if (!q->port_unreachable ||
		    !address_equal(&q->responder, &f->server) || quoted > sent)
			continue;
		if (reach == 0 || sent - quoted + 1 < reach)
			reach = sent - quoted + 1;
	}
	return reach;
}

#define REPLIES_MAX 256 /* that are looked at for the smallest TTL */

/* The smallest TTL whose echo the target answered. */
static unsigned echo_reach(const struct flow *f)
{
	unsigned reach = 0;

	for (size_t i = 0; i < f->received_count && i < REPLIES_MAX; i++)
		for (size_t k = 0; k < f->sent_count; k++) {
			const struct packet *sent = &f->sent[k]->packet;

			if (sent->echo_sequence ==
				    f->received[i]->packet.echo_sequence &&
			    (!reach || sent->ip.ttl < reach))
				reach = sent->ip.ttl;
		}
	return reach;
}

unsigned flow_reach(const struct flow *f)
{
	unsigned reach = 0, seen = 0;

	if (f->protocol == IPPROTO_ICMP)
		return echo_reach(f);

	if (f->protocol == IPPROTO_UDP)
		return datagram_reach(f);
	for (size_t i = 0; i < f->received_count && seen < REPLIES_MAX; i++) {
		const struct kept *k = f->received[i];
		size_t syn;
		unsigned ttl;

		/* A RST beside a SYN/ACK may be anybody's. */
		if (k->kind != SEGMENT_SYN_ACK &&
		    k->kind != SEGMENT_JOIN_SYN_ACK &&
		    (i != f->first_reset || f->syn_ack_seen))
			continue;
		seen++;
		syn = flow_answered_syn(f, i);
		if (syn == FLOW_NONE)
			continue;
		ttl = f->sent[syn]->packet.ip.ttl;
		if (reach == 0 || ttl < reach)
			reach = ttl;
	}
	return reach;
}

bool flow_swept(const struct flow *f, enum segment_kind kind)
{
	unsigned first = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		if (f->sent[i]->kind != kind)
			continue;
		if (first && f->sent[i]->packet.ip.ttl != first)
			return true;
		first = f->sent[i]->packet.ip.ttl;
	}
	return false;
}

const struct quote *flow_quote(const struct flow *f, enum segment_kind kind,
			       unsigned ttl)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *k = f->sent[f->quotes[i].sent];

		if (k->kind == kind && k->packet.ip.ttl == ttl)
			return &f->quotes[i];
	}
	return NULL;
}

unsigned flow_sent_count(const struct flow *f, enum segment_kind kind,
			 unsigned ttl)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->kind == kind &&
		    (ttl == 0 || f->sent[i]->packet.ip.ttl == ttl))
			count++;
	return count;
}

bool flow_answered(const struct flow *f)
{
	const struct flow *s = f->connection ? f->connection->flows : NULL;

	for (; s; s = s->sibling)
		if (s->payload_received)
			return true;
	return f->payload_received > 0;
}

bool flow_lacks_syn_ack(const struct flow *f)
{
	return f->protocol == IPPROTO_TCP && f->begun && !f->syn_ack_seen &&
	       f->sides[0].acked;
}

const struct kept *flow_reset(const struct flow *f)
{
	return f->first_reset == FLOW_NONE ? NULL : f->received[f->first_reset];
}

const struct kept *flow_syn_ack(const struct flow *f)
{
	return f->first_syn_ack == FLOW_NONE ? NULL
					     : f->received[f->first_syn_ack];
}
