/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "crafting/cursor.h"
#include "crafting/tcp_options.h"
#include "tests/reports.h"
#include "tests/scene.h"
#include "tests/server.h"

struct scene scene(void)
{
	return (struct scene){.hops = 4,
			      .version = 1,
			      .only_version = -1,
			      .icmp_ttl = 64,
			      .router_ttl = 64,
			      .now = 1795215600000000,
			      .next_id = 0x1001,
			      .next_port = 40001,
			      .random = 42};
}

uint64_t scene_random(struct scene *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

bool scene_loses_some(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	return scene_random(s) % 100 < s->lost_count;
}

struct address hop_address(const struct scene *s, unsigned hop)
{
	char text[ADDRESS_TEXT];

	if (hop == 0)
		snprintf(text, sizeof(text),
			 s->ip6 ? "fd00:1::%u" : "10.0.1.%u",
			 1 + 10 * s->uplink);
	else
		snprintf(text, sizeof(text),
			 s->ip6 ? "fd00:%u::2" : "10.0.%u.2", hop);
	return address_of(text);
}

struct address server_address(const struct scene *s)
{
	return hop_address(s, s->server_hop ? s->server_hop : s->hops + 1);
}

uint16_t scene_port(const struct scene *s)
{
	return s->port ? s->port : PORT;
}

void scene_begin(struct scene *s)
{
	s->o = observer_new();
	s->keys = keys_new();
	if (!s->o || !s->keys)
		abort();
	s->o->vantage = s->said;
}

void scene_end(struct scene *s)
{
	observer_free(s->o);
	keys_free(s->keys);
}

void scene_wait(struct scene *s, int64_t us)
{
	s->now += us;
}

void scene_see(struct scene *s, const struct wire *w)
{
	s->now += 100;
	observer_frame(s->o, LINK_RAW, ++s->frames, s->now, w->bytes, w->length,
		       w->length);
}

void scene_see_ethernet(struct scene *s, const struct wire *w, const char *ends)
{
	uint8_t frame[1700] = {[12] = 8};

	memcpy(frame, ends, 12);
	memcpy(frame + 14, w->bytes, w->length);
	observer_frame(s->o, LINK_ETHERNET, ++s->frames, s->now, frame,
		       14 + w->length, 14 + w->length);
	s->now += 5 * MS;
}

struct envelope scene_envelope(const struct scene *s, unsigned from_hop,
			       unsigned ttl)
{
	if (s->back_from && from_hop >= s->back_from &&
	    (!s->back_until || from_hop <= s->back_until))
		ttl = (unsigned)((int)ttl - s->back_more);
	return (struct envelope){.from = hop_address(s, from_hop),
				 .to = hop_address(s, 0),
				 .protocol = IPPROTO_TCP,
				 .ttl = (uint8_t)ttl};
}

void scene_reply(struct scene *s, unsigned from_hop,
		 const struct tcp_segment *segment)
{
	struct envelope e = scene_envelope(s, from_hop, 64 - (from_hop - 1));
	struct wire w;
	struct packet p;

	e.from = server_address(s);
	if (s->at_server)
		e.ttl = 64;
	e.ttl = (uint8_t)(e.ttl + s->on_path);
	if (s->back_detour && segment->destination_port & 1)
		e.ttl = (uint8_t)(e.ttl - s->detour);
	e.id = (uint16_t)scene_random(s);
	w = wire_tcp(&e, segment);
	p = wire_parse(&w);
	if (s->lost && s->lost(s, false, &p))
		return;
	if (from_hop > s->hops && s->back && s->back(s, &w) == DROP)
		return;
	if (s->on_path && from_hop <= s->on_path)
		return;
	scene_see(s, &w);
}

struct tcp_segment answer_to(const struct packet *p, uint8_t flags,
			     uint32_t sequence)
{
	uint32_t end = p->tcp.sequence + (uint32_t)p->tcp.payload_length;

	if (p->tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_FIN))
		end++;
	return (struct tcp_segment){.source_port = p->tcp.destination_port,
				    .destination_port = p->tcp.source_port,
				    .sequence = sequence,
				    .acknowledgment = end,
				    .flags = flags,
				    .window = 64240};
}

void scene_reset(struct scene *s, unsigned hop, const struct packet *p,
		 int reason)
{
	struct tcp_segment r = answer_to(p, TCP_FLAG_RST | TCP_FLAG_ACK, 0);
	struct mptcp_option o = {.subtype = MP_TCPRST};
	uint8_t options[8];
	struct writer w = writer_over(options, sizeof(options));

	if (p->tcp.flags & TCP_FLAG_ACK) {
		r.sequence = p->tcp.acknowledgment;
		r.flags = TCP_FLAG_RST;
	}
	if (reason >= 0) {
		o.tcprst.reason = (uint8_t)reason;
		mptcp_encode(&w, &o);
	}
	r.options = options;
	r.options_length = w.length;
	r.window = 0;
	scene_reply(s, hop, &r);
}

static void spoil_checksum(struct wire *w)
{
	wire_tcp_header(w)[16] ^= 0x3a;
}

static void router_error(struct scene *s, unsigned hop, enum icmp_error error,
			 const struct wire *w)
{
	struct envelope e = scene_envelope(s, hop, s->router_ttl - (hop - 1));
	unsigned bytes = s->quotes[hop] ? s->quotes[hop] : 1500;
	struct wire quoted = *w, icmp;
	struct packet p = wire_parse(&quoted);

	if (s->silent[hop] || s->at_server || s->on_path)
		return;
	if (s->parted && p.transport == TRANSPORT_TCP && p.tcp.source_port & 1)
		e.from.bytes[1]++; /* 10.1.2.2, fd01:2::2 */
	if (s->forger && s->forger_at == hop)
		s->forger(s, &quoted);
	if (s->mended && hop > s->mended && p.transport == TRANSPORT_TCP)
		spoil_checksum(&quoted);
	icmp = wire_icmp(&e, error, &quoted, bytes);
	scene_see(s, &icmp);
}

static enum act pass_device(struct scene *s, box_fn *device, struct wire *w)
{
	enum act act = device(s, w);

	if (act == PASS && !s->unfilled)
		fix_tcp_checksum(w);
	return act;
}

static enum act pass_box(struct scene *s, unsigned hop, bool arrival,
			 struct wire *w)
{
	struct packet p = wire_parse(w);
	enum act act = PASS;

	if (s->box && s->box_at == hop && s->box_on_arrival == arrival)
		act = pass_device(s, s->box, w);
	if (act == PASS && s->second && s->second_at == hop && !arrival)
		act = pass_device(s, s->second, w);
	if (act == CORRUPT) {
		spoil_checksum(w);
		return PASS;
	}
	if (act == RESET)
		scene_reset(s, hop, &p, -1);
	if (act == PROHIBIT)
		router_error(s, hop, HOST_PROHIBITED, w);
	return act;
}

/* As the router has forwarded it. */
static void see_behind(struct scene *s, struct wire w)
{
	set_ttl(&w, w.bytes[s->ip6 ? 7 : 8] - 1U);
	scene_see(s, &w);
}

void scene_send(struct scene *s, struct wire w, unsigned ttl)
{
	struct packet p = wire_parse(&w);
	uint16_t port = p.transport == TRANSPORT_UDP ? p.udp.source_port
						     : p.tcp.source_port;
	unsigned extra = port & 1 ? s->detour : 0;

	if (s->unfilled && p.transport == TRANSPORT_TCP)
		spoil_checksum(&w);
	if (!s->at_server && !s->on_path)
		scene_see(s, &w);
	if (s->lost && s->lost(s, true, &p))
		return;
	for (unsigned hop = 1; hop <= s->hops + extra; hop++) {
		set_ttl(&w, ttl - (hop - 1));
		if (p.transport == TRANSPORT_UDP && s->udp_hop == hop &&
		    ttl >= hop) {
			server_receive(s, &w);
			return;
		}
		if (pass_box(s, hop, true, &w) != PASS)
			return;
		if (ttl == hop) {
			router_error(s, hop, TIME_EXCEEDED, &w);
			return;
		}
		if (pass_box(s, hop, false, &w) != PASS)
			return;
		if (s->on_path == hop)
			see_behind(s, w);
		ttl = w.bytes[s->ip6 ? 7 : 8] + (hop - 1);
	}
	set_ttl(&w, ttl - s->hops - extra);
	p = wire_parse(&w);
	if (s->at_server)
		scene_see(s, &w);
	if (p.transport != TRANSPORT_TCP || s->unfilled ||
	    packet_tcp_checksum(&p) != 0)
		server_receive(s, &w);
}

struct report *judge_scene(const struct scene *s)
{
	struct judge_target target = {.address = server_address(s),
				      .port = scene_port(s)};

	return consistent(judge(s->o, &target));
}
