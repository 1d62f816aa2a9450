/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/script.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "report/evidence/loss.h"
#include "tests/client.h"
#include "tests/devices.h"

#include "tests/server.h"

/* ---- what happens: a device, and to which packets ------------------------ */

static enum act drop(struct scene *s, struct wire *w)
{
	(void)s;
	(void)w;
	return DROP;
}

static enum act reset(struct scene *s, struct wire *w)
{
	(void)s;
	return wire_parse(w).transport == TRANSPORT_TCP ? RESET : PASS;
}

static enum act prohibit(struct scene *s, struct wire *w)
{
	(void)s;
	(void)w;
	return PROHIBIT;
}

static enum act from_nearer(struct scene *s, struct wire *w)
{
	(void)s;
	set_ttl(w, 63);
	return PASS;
}

/* The server's side ends MPTCP or the connection. */
static enum act say(struct wire *w, uint8_t subtype, uint8_t flags)
{
	uint8_t option[12] = {TCPOPT_MPTCP, 12, (uint8_t)(subtype << 4)};

	option_cut(w, TCPOPT_MPTCP);
	option_append(w, option, sizeof(option));
	wire_tcp_header(w)[13] |= flags;
	return PASS;
}

static enum act fail_mptcp(struct scene *s, struct wire *w)
{
	(void)s;
	return say(w, MP_FAIL, 0);
}

static enum act close_fast(struct scene *s, struct wire *w)
{
	(void)s;
	return say(w, MP_FASTCLOSE, 0);
}

static enum act hang_up(struct scene *s, struct wire *w)
{
	(void)s;
	if (!is_syn(w))
		wire_tcp_header(w)[13] |= TCP_FLAG_RST;
	return PASS;
}

/* A broken server, or a loop: SYN/ACKs come again and again. */
static enum act storm(struct scene *s, struct wire *w)
{
	for (int i = 0; i < 2 * STORM_MIN && is_syn(w); i++)
		scene_see(s, w);
	return PASS;
}

static enum act finish(struct scene *s, struct wire *w)
{
	(void)s;
	if (!is_syn(w))
		wire_tcp_header(w)[13] |= TCP_FLAG_FIN;
	return PASS;
}

static enum act delay(struct scene *s, struct wire *w)
{
	(void)w;
	scene_wait(s, 75 * MS);
	return PASS;
}

/* Copies only: the rest needs repair. */
static enum act append_payload(struct scene *s, struct wire *w)
{
	(void)s;
	if (has_data(w) && wire_parse(w).ip.traffic_class) {
		memset(w->bytes + w->length, 'x', 4);
		w->length += 4;
		fix_length(w);
	}
	return PASS;
}

/* No TTL is larger behind it. */
static enum act cap_ttl(struct scene *s, struct wire *w)
{
	if (wire_parse(w).ip.ttl > 40)
		set_ttl(w, 40);
	(void)s;
	return PASS;
}

/* As behind a link with one router more. */
static enum act longer_way(struct scene *s, struct wire *w)
{
	unsigned ttl = wire_parse(w).ip.ttl;

	(void)s;
	if (ttl > 2) /* else it ends at the next hop */
		set_ttl(w, ttl - 1);
	return PASS;
}

/* A RST in the server's name. */
static enum act refuse(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	scene_reset(s, s->hops + 1, &p, -1);
	return ANSWER;
}

/* The same of an MPTCP stack there, which does not know it. */
static enum act disown(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);

	scene_reset(s, s->box_at, &p, TCPRST_MPTCP);
	return ANSWER;
}

static enum act corrupt(struct scene *s, struct wire *w)
{
	(void)s;
	(void)w;
	return CORRUPT;
}

/* As a translator leaves quotes whose addresses it has repaired. */
static enum act alter_checksum(struct scene *s, struct wire *w)
{
	(void)s;
	if (wire_parse(w).transport == TRANSPORT_TCP)
		wire_tcp_header(w)[16] ^= 0x3a;
	return PASS;
}

static enum act alter_address(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_ADD_ADDR, NULL);

	(void)s;
	if (o)
		o[7] ^= 0x55;
	return PASS;
}

/* The subflow sequence number of a mapping is one more. */
static enum act shift_ssn(struct wire *w, uint8_t by)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);

	if (o && o[3] & DSS_MAPPING)
		o[4 + (o[3] & DSS_ACK ? o[3] & DSS_ACK8 ? 8 : 4 : 0) +
		  (o[3] & DSS_DSN8 ? 8 : 4) + 3] += by;
	return PASS;
}

static enum act raise_ssn(struct scene *s, struct wire *w)
{
	(void)s;
	return shift_ssn(w, 1);
}

static enum act lower_ssn(struct scene *s, struct wire *w)
{
	(void)s;
	return shift_ssn(w, 0xff);
}

/* The DATA_ACK is one less. */
static enum act lower_data_ack(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);

	(void)s;
	if (o && o[3] & DSS_ACK && o[3] & DSS_ACK8)
		for (size_t i = 11; i >= 4 && o[i]-- == 0; i--)
			;
	return PASS;
}

/* The DATA_ACK is that of the subflow's first, whatever comes. */
static enum act freeze_data_ack(struct scene *s, struct wire *w)
{
	static uint8_t first[1 << 16][8];
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);
	uint16_t port = wire_parse(w).tcp.destination_port;

	(void)s;
	if (is_syn(w))
		memset(first[port], 0, sizeof(first[port]));
	if (!o || !(o[3] & DSS_ACK) || !(o[3] & DSS_ACK8))
		return PASS;
	if (!memcmp(first[port], (uint8_t[8]){0}, 8))
		memcpy(first[port], o + 4, 8);
	memcpy(o + 4, first[port], 8);
	return PASS;
}

/* As Linux 6.1 names what later is a middlebox's doing. */
static enum act alter_reason(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_TCPRST, NULL);

	(void)s;
	if (o)
		o[3] = TCPRST_MPTCP;
	return PASS;
}

/* The client's key, as its third ACK and first data have it. */
static enum act alter_client_key(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	(void)s;
	if (o && !is_syn(w))
		o[7] ^= 0x55;
	return PASS;
}

/* SACKs (RFC 2018) that leave no room for a DSS. */
static enum act crowd(struct scene *s, struct wire *w)
{
	uint8_t sack[28] = {1, 1, 5, 26};

	(void)s;
	if (!is_syn(w)) {
		option_cut(w, TCPOPT_MPTCP);
		option_append(w, sack, wire_has(w, 8) ? sizeof(sack) : 12);
	}
	return PASS;
}

/* Filler as long as the MP_CAPABLE of the SYN. */
static enum act mirror_nop(struct scene *s, struct wire *w)
{
	static const uint8_t nops[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct packet p = wire_parse(w);
	const struct flow *f =
		observer_flow(s->o, &p.ip.destination, p.tcp.destination_port,
			      &p.ip.source, p.tcp.source_port, IPPROTO_TCP);

	if (is_syn(w) && f && f->purpose == PURPOSE_MP_CAPABLE)
		option_append(w, nops, f->mptcp.version == 1 ? 4 : 12);
	return PASS;
}

#define DEVICE(name)                                                           \
	{                                                                      \
#name, name                                                    \
	}

static const struct {
	const char *name;
	box_fn *device;
} devices[] = {
	DEVICE(strip),
	DEVICE(strip_eol),
	DEVICE(strip_cut),
	DEVICE(drop),
	DEVICE(reset),
	DEVICE(prohibit),
	DEVICE(downgrade),
	DEVICE(alter_key),
	DEVICE(alter_version),
	DEVICE(alter_hmac),
	DEVICE(forget_token),
	DEVICE(alter_dsn),
	DEVICE(mirror),
	DEVICE(proxy),
	DEVICE(mptcp_proxy),
	DEVICE(raise_ttl),
	DEVICE(raise_tcp_ttl),
	DEVICE(from_nearer),
	DEVICE(cap_ttl),
	DEVICE(longer_way),
	DEVICE(clear_dscp),
	DEVICE(clear_ecn),
	DEVICE(mark_congestion),
	DEVICE(rewrite_id),
	DEVICE(clear_ecn_flags),
	DEVICE(set_window),
	DEVICE(add_option),
	DEVICE(clamp_mss),
	DEVICE(strip_wscale),
	DEVICE(alter_wscale),
	DEVICE(translate),
	DEVICE(shift_sequence),
	DEVICE(alter_payload),
	DEVICE(lengthen_payload),
	DEVICE(append_payload),
	DEVICE(fail_mptcp),
	DEVICE(close_fast),
	DEVICE(finish),
	DEVICE(refuse),
	DEVICE(disown),
	DEVICE(corrupt),
	DEVICE(alter_checksum),
	DEVICE(alter_address),
	DEVICE(alter_reason),
	DEVICE(alter_client_key),
	DEVICE(crowd),
	DEVICE(mirror_nop),
	DEVICE(alter_nonce),
	DEVICE(alter_data_ack),
	DEVICE(raise_ssn),
	DEVICE(lower_data_ack),
	DEVICE(freeze_data_ack),
	DEVICE(lower_ssn),
	DEVICE(hang_up),
	DEVICE(storm),
	DEVICE(delay),
};

/* Where a device stands and what it leaves alone. */
struct part {
	box_fn *device;
	char kind[16]; /* "syn" ...; "": all */
	unsigned after, until, seen;
	unsigned parity;  /* of the client's port: 1 even, 2 odd, 0 both */
	bool second;	  /* every second one only */
	unsigned percent; /* of them, at random; 0: all */
};

/* In the order of the scene's: box, second, back, forger; behind the first on
 * the way back may stand another. */
enum { BOX, SECOND, BACK, BACK_SECOND, FORGER, PARTS };
static struct part parts[PARTS];

/* A SYN with the MP_CAPABLE of this version that a server must take. */
static bool is_capable(struct wire *w, uint8_t version)
{
	const uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_CAPABLE, NULL);

	return o && is_syn(w) && (o[2] & 0x0f) == version && o[3] & MPC_HMAC;
}

/* Of a subflow that joins, in either direction. */
static bool is_joined(const struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	const struct flow *f = observer_flow(
		s->o, &p.ip.source, p.tcp.source_port, &p.ip.destination,
		p.tcp.destination_port, IPPROTO_TCP);

	if (!f)
		f = observer_flow(s->o, &p.ip.destination,
				  p.tcp.destination_port, &p.ip.source,
				  p.tcp.source_port, IPPROTO_TCP);
	return f && f->purpose == PURPOSE_MP_JOIN;
}

/* A DSS with a mapping and its checksum, as the client has it. */
static bool is_summed(struct wire *w)
{
	const uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);

	return o && o[1] == 28;
}

static bool is_kind(const struct scene *s, struct wire *w, const char *kind)
{
	struct packet p = wire_parse(w);
	bool tcp = p.transport == TRANSPORT_TCP;
	bool syn = tcp && is_syn(w), mptcp = tcp && wire_has(w, TCPOPT_MPTCP);

	return !*kind || (strcmp(kind, "syn") == 0 && syn) ||
	       (strcmp(kind, "segments") == 0 && tcp && !syn) ||
	       (strcmp(kind, "plain") == 0 && tcp && !mptcp) ||
	       (strcmp(kind, "mptcp") == 0 && mptcp) ||
	       (strcmp(kind, "dss") == 0 && mptcp && !syn && has_data(w)) ||
	       (strcmp(kind, "mapped") == 0 && tcp && has_data(w) &&
		wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL)) ||
	       (strcmp(kind, "sums") == 0 && tcp && has_data(w) &&
		is_summed(w)) ||
	       (strcmp(kind, "data") == 0 && tcp && has_data(w)) ||
	       (strcmp(kind, "plain_ack") == 0 && tcp && !syn && !mptcp &&
		!has_data(w)) ||
	       (strcmp(kind, "ack") == 0 && tcp && !syn && !has_data(w)) ||
	       (strcmp(kind, "dss_ack") == 0 && tcp && !syn && !has_data(w) &&
		wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL)) ||
	       (strcmp(kind, "third_ack") == 0 && tcp && !syn && !has_data(w) &&
		has_capable(w)) ||
	       (strcmp(kind, "capable") == 0 && tcp && has_capable(w)) ||
	       (strcmp(kind, "join") == 0 && tcp && has_join(w)) ||
	       (strcmp(kind, "capable_data") == 0 && tcp && has_capable(w) &&
		has_data(w)) ||
	       (strcmp(kind, "capable_syn") == 0 && syn && has_capable(w)) ||
	       (strcmp(kind, "v1_syn") == 0 && tcp && is_capable(w, 1)) ||
	       (strcmp(kind, "join_syn") == 0 && syn && has_join(w)) ||
	       (strcmp(kind, "join_ack") == 0 && tcp && !syn && has_join(w)) ||
	       (strcmp(kind, "full") == 0 && !(w->bytes[1] & 0xf0)) ||
	       (strcmp(kind, "longer") == 0 && tcp &&
		p.tcp.payload_length > HALF) ||
	       (strcmp(kind, "big") == 0 && w->length > 1300) ||
	       (strcmp(kind, "big_dss") == 0 && mptcp && w->length > 1300) ||
	       (strcmp(kind, "middle_dss") == 0 && mptcp && w->length > 400 &&
		w->length <= 1300) ||
	       (strcmp(kind, "bigger") == 0 && w->length > 1490) ||
	       (strcmp(kind, "port80") == 0 && tcp &&
		(p.tcp.destination_port == 80 || p.tcp.source_port == 80)) ||
	       (strcmp(kind, "add_addr") == 0 &&
		wire_option(w, TCPOPT_MPTCP, MP_ADD_ADDR, NULL)) ||
	       (strcmp(kind, "syn0") == 0 && is_capable(w, 0)) ||
	       (strcmp(kind, "syn1") == 0 && is_capable(w, 1)) ||
	       (strcmp(kind, "joined") == 0 && tcp && !syn &&
		is_joined(s, w)) ||
	       (strcmp(kind, "joined_data") == 0 && tcp && has_data(w) &&
		is_joined(s, w)) ||
	       (strcmp(kind, "elsewhere") == 0 && tcp &&
		p.tcp.destination_port != PORT && p.tcp.source_port != PORT) ||
	       (strcmp(kind, "udp") == 0 && !tcp);
}

static enum act apply(struct part *part, struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	bool tcp = p.transport == TRANSPORT_TCP;
	bool back = tcp && p.tcp.source_port == scene_port(s);
	uint16_t port = back ? p.tcp.destination_port : p.tcp.source_port;

	if (!is_kind(s, w, part->kind) ||
	    (part->parity && (!tcp || (port & 1) + 1u != part->parity)))
		return PASS;
	part->seen++;
	if (part->seen <= part->after || (part->second && part->seen % 2) ||
	    (part->until && part->seen > part->until) ||
	    (part->percent && scene_random(s) % 100 >= part->percent))
		return PASS;
	return part->device(s, w);
}

static enum act box(struct scene *s, struct wire *w)
{
	return apply(&parts[BOX], s, w);
}

static enum act second(struct scene *s, struct wire *w)
{
	return apply(&parts[SECOND], s, w);
}

static enum act back(struct scene *s, struct wire *w)
{
	enum act act = apply(&parts[BACK], s, w);

	return act == PASS && parts[BACK_SECOND].device
		       ? apply(&parts[BACK_SECOND], s, w)
		       : act;
}

static enum act forger(struct scene *s, struct wire *w)
{
	return apply(&parts[FORGER], s, w);
}

static int64_t outage_begin, outage_end;
static int64_t rest_us; /* before a burst */

static bool lose(struct scene *s, bool forward, const struct packet *p)
{
	(void)forward;
	(void)p;
	if (s->now >= outage_begin && s->now < outage_end)
		return true;
	return s->lost_count && scene_random(s) % 100 < s->lost_count;
}

/* ---- words --------------------------------------------------------------- */

#define FLAG(name)                                                             \
	{                                                                      \
#name, offsetof(struct scene, name)                            \
	}

static const struct {
	const char *name;
	size_t offset;
} flags[] = {
	FLAG(ip6),	     FLAG(box_on_arrival), FLAG(back_detour),
	FLAG(parted),	     FLAG(port_closed),	   FLAG(port_silent),
	FLAG(cookies),	     FLAG(deny_join),	   FLAG(refuse_checksum),
	FLAG(no_subflows),   FLAG(other_backend),  FLAG(close_at_once),
	FLAG(reset_data),    FLAG(mute),	   FLAG(bare_reset),
	FLAG(udp_silent),    FLAG(data_fin),	   FLAG(no_timestamps),
	FLAG(ecn_syn),	     FLAG(no_sweep),	   FLAG(no_join),
	FLAG(no_after),	     FLAG(no_version0),	   FLAG(other_program),
	FLAG(at_server),     FLAG(unfilled),	   FLAG(echo),
	FLAG(no_checksum),   FLAG(no_dss),	   FLAG(echoes),
	FLAG(announce),	     FLAG(echo_address),   FLAG(complain),
	FLAG(unasked),	     FLAG(several_keys),   FLAG(no_window),
	FLAG(reset_idle),    FLAG(mute_mptcp),	   FLAG(narrow),
	FLAG(greets),	     FLAG(answer_joined),  FLAG(forgets),
	FLAG(forgets_mptcp),
};

/* name:NUMBER */
static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	FLAG(hops),	  FLAG(server_hop), FLAG(detour),	FLAG(back_from),
	FLAG(back_until), FLAG(back_more),  FLAG(udp_hop),	FLAG(icmp_ttl),
	FLAG(router_ttl), FLAG(version),    FLAG(only_version), FLAG(mended),
	FLAG(pages),	  FLAG(on_path),    FLAG(said),		FLAG(pushes),
	FLAG(window),	  FLAG(blocks),
};

static bool set_flag(struct scene *s, const char *word)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(word, flags[i].name) == 0) {
			*(bool *)((char *)s + flags[i].offset) = true;
			return true;
		}
	return false;
}

static bool set_number(struct scene *s, const char *word, size_t length,
		       int value)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (strncmp(word, numbers[i].name, length) == 0 &&
		    !numbers[i].name[length]) {
			memcpy((char *)s + numbers[i].offset, &value,
			       sizeof(value));
			return true;
		}
	return false;
}

/* Those that are more than a number of the scene. */
static bool set_other(struct scene *s, const char *word)
{
	unsigned a, b;

	if (sscanf(word, "silent:%u", &a) == 1 && a < HOPS_MAX)
		s->silent[a] = true;
	else if (sscanf(word, "quotes:%u:%u", &a, &b) == 2 && a < HOPS_MAX)
		s->quotes[a] = b;
	else if (sscanf(word, "port:%u", &a) == 1)
		s->next_port = (uint16_t)a;
	else if (sscanf(word, "seed:%u", &a) == 1)
		s->random = a;
	else if (sscanf(word, "pause:%u", &a) == 1) /* ms */
		s->pause = (int64_t)a * MS;
	else if (sscanf(word, "rest:%u", &a) == 1) /* ms */
		rest_us = (int64_t)a * MS;
	else if (sscanf(word, "loss:%u", &a) == 1) /* percent */
		s->lost_count = a;
	else if (sscanf(word, "outage:%u:%u", &a, &b) == 2) /* ms */
		outage_end = (outage_begin = s->now + (int64_t)a * MS) +
			     (int64_t)b * MS;
	else
		return false;
	s->lost = lose;
	return true;
}

/* device@HOP, back:device or forger:device@HOP, then /KIND, /odd, /even,
 * /second, /percent:N, /after:N, /until:N */
static bool set_device(struct scene *s, char *word)
{
	char *rest = strchr(word, '/'), *at, *more;
	struct part part = {0};
	int which;

	if (rest)
		*rest++ = '\0';
	which = strncmp(word, "back:", 5) == 0 ? s->back ? BACK_SECOND : BACK
		: strncmp(word, "forger:", 7) == 0 ? FORGER
		: s->box			   ? SECOND
						   : BOX;
	word += which == FORGER ? 7 : which >= BACK ? 5 : 0;
	at = strchr(word, '@');
	if (at)
		*at++ = '\0';
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		if (strcmp(word, devices[i].name) == 0)
			part.device = devices[i].device;
	if (!part.device || !at == (which != BACK && which != BACK_SECOND))
		return false;
	for (char *f = rest ? strtok_r(rest, "/", &more) : NULL; f;
	     f = strtok_r(NULL, "/", &more))
		if (strcmp(f, "odd") == 0 || strcmp(f, "even") == 0)
			part.parity = f[0] == 'o' ? 2 : 1;
		else if (strcmp(f, "second") == 0)
			part.second = true;
		else if (!sscanf(f, "percent:%u", &part.percent) &&
			 !sscanf(f, "after:%u", &part.after) &&
			 !sscanf(f, "until:%u", &part.until))
			snprintf(part.kind, sizeof(part.kind), "%s", f);
	parts[which] = part;
	if (which == BOX) {
		s->box = box;
		s->box_at = (unsigned)atoi(at);
	} else if (which == SECOND) {
		s->second = second;
		s->second_at = (unsigned)atoi(at);
	} else if (which == BACK || which == BACK_SECOND) {
		s->back = back;
	} else {
		s->forger = forger;
		s->forger_at = (unsigned)atoi(at);
	}
	return true;
}

/* ---- connections with a course of their own ------------------------------ */

#define COURSES 12
static const char *courses[COURSES];
static size_t course_count;
static bool bare;	  /* nothing but these; otherwise behind a usual run */
static bool interrupted;  /* the capture ends with them */
static bool in_words;	  /* what is said is told as well */
static bool in_full;	  /* and the evidence, and what is announced */
static const char *asked; /* rows of which it is told what became of them, or a
			     rung whose text is, or "untested" */

static bool is_acked(const struct scene *s, const struct caller *c,
		     const struct span *d)
{
	return seq_diff(flow_of(s, c)->server_acked,
			c->isn + 1 + d->offset + (uint32_t)d->length) >= 0;
}

/* The server sends its SYN/ACK again, as if it had got no answer. */
static void answer_again(struct scene *s, const struct caller *c)
{
	struct wire w = syn_wire(s, c, 64, 0);

	server_receive(s, &w);
}

/* An ACK without data; a keep-alive (RFC 9293 3.8.4) is one byte `back`. */
static void send_ack(struct scene *s, struct caller *c, unsigned back, bool dss,
		     unsigned ttl)
{
	const struct flow *f = flow_of(s, c);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options};
	struct mptcp_option o = {.subtype = MP_DSS};

	begin_client_segment(s, c, &w, &t, ttl);
	t.sequence = f->client_next - back;
	t.acknowledgment = f->server_next;
	o.dss.flags = DSS_ACK | DSS_ACK8;
	o.dss.data_ack = f->mptcp.server_mapped_end ? f->mptcp.server_mapped_end
						    : f->mptcp.server_idsn + 1;
	if (dss && f->mptcp.has_server_key)
		mptcp_encode(&w, &o);
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, 0), ttl);
}

/* OFFSET+LENGTH[x][p]: data, other bytes, plain; ack: the third ACK; again: the
 * SYN/ACK comes again; alive: a keep-alive; keep: one with DSS; pure: an ACK
 * with DSS and without data; add_addr; urgent. */
static void send_step(struct scene *s, struct caller *c, const char *step,
		      unsigned ttl)
{
	struct span d = {0};
	char marks[4] = "";

	if (strncmp(step, "again", 5) == 0) {
		answer_again(s, c);
		return;
	}
	if (strncmp(step, "alive", 5) == 0) {
		send_ack(s, c, 1, false, ttl);
		return;
	}
	if (strncmp(step, "keep", 4) == 0 || strncmp(step, "pure", 4) == 0) {
		send_ack(s, c, step[0] == 'k', true, ttl);
		return;
	}
	if (strncmp(step, "ack", 3) == 0) {
		send_third_ack(s, c, ttl, ttl != 64);
		return;
	}
	if (sscanf(step, "%u+%zu%3[xp]", &d.offset, &d.length, marks) < 2) {
		send_rare(s, c, strncmp(step, "add_addr", 8) == 0, ttl);
		return;
	}
	d.other = strchr(marks, 'x');
	d.plain = strchr(marks, 'p');
	if (!d.offset && ttl == 64 && !c->parent)
		send_third_ack(s, c, ttl, false);
	send_data(s, c, &d, ttl, false);
}

/* A step, up to so many times, until it is acknowledged; with a TTL, or with
 * each up to one: ...[@TTL|@-TTL][*TIMES]; or wait:MS, syn[@...]: the SYN. */
static void take_step(struct scene *s, struct caller *c, const char *step)
{
	const char *at = strchr(step, '@'), *times = strchr(step, '*');
	bool each = at && at[1] == '-';
	unsigned ttl = at ? (unsigned)atoi(at + 1 + each) : 64, wait;
	struct span d = {0};

	if (sscanf(step, "wait:%u", &wait) == 1) {
		scene_wait(s, (int64_t)wait * MS);
		return;
	}
	if (strncmp(step, "syn", 3) == 0) {
		for (unsigned t = each ? 1 : ttl; t <= ttl; t++)
			send_syn(s, c, t, true);
		return;
	}
	for (int i = 0; i < (times ? atoi(times + 1) : 1); i++) {
		for (unsigned t = each ? 1 : ttl; t <= ttl; t++)
			send_step(s, c, step, t);
		if (sscanf(step, "%u+%zu", &d.offset, &d.length) == 2 &&
		    is_acked(s, c, &d))
			return;
		if (times)
			scene_wait(s, 210 * MS);
	}
}

/* A step of a course, on its connection or on the subflow that joined last:
 * "join", up to its third ACK, "knock", without that; then "over:STEP". And
 * "plain", a connection; behind "at:PORT" they go to that port. */
static void take_turn(struct scene *s, struct caller *c, struct caller **joined,
		      const char *step)
{
	unsigned port;

	if (sscanf(step, "at:%u", &port) == 1) {
		s->to = (uint16_t)port;
	} else if (strcmp(step, "plain") == 0) {
		knock(s, PURPOSE_TCP, 0, false, NULL, 3);
	} else if (strcmp(step, "join") == 0 || strcmp(step, "knock") == 0) {
		*joined = knock(s, PURPOSE_MP_JOIN, c->version, false, c, 3);
		if (*step == 'j' && flow_of(s, *joined)->join.syn_ack)
			send_third_ack(s, *joined, 64, false);
	} else if (strncmp(step, "over:", 5) == 0) {
		if (*joined)
			take_step(s, *joined, step + 5);
	} else {
		take_step(s, c, step);
	}
}

/* "tcp=STEP,...", "mptcp=STEP,..." or "sums=STEP,..."; "blind=STEP,...": TCP,
 * and no SYN/ACK is seen. */
static void run_course(struct scene *s, const char *course)
{
	char copy[400], *steps, *rest;
	struct caller *c, *joined = NULL;
	bool blind = course[0] == 'b', tcp = blind || course[0] == 't';
	enum purpose purpose = tcp ? PURPOSE_TCP : PURPOSE_MP_CAPABLE;

	snprintf(copy, sizeof(copy), "%s", course);
	steps = strchr(copy, '=');
	c = knock(s, purpose, s->version == 0 ? 0 : 1, course[0] == 's', NULL,
		  3);
	if (!flow_of(s, c)->syn_ack_seen && !blind)
		return;
	send_third_ack(s, c, 64, false);
	for (char *step = strtok_r(steps + 1, ",", &rest); step;
	     step = strtok_r(NULL, ",", &rest))
		take_turn(s, c, &joined, step);
	s->to = 0;
}

static const struct {
	const char *name;
	enum purpose purpose;
	unsigned version;
	bool no_algorithm, extended;
} kinds[] = {
	{"plain", PURPOSE_TCP, 0, false, false},
	{"capable", PURPOSE_MP_CAPABLE, 1, false, false},
	{"capable0", PURPOSE_MP_CAPABLE, 0, false, false},
	{"no_algorithm", PURPOSE_MP_CAPABLE, 1, true, false},
	{"no_algorithm0", PURPOSE_MP_CAPABLE, 0, true, false},
	{"extended", PURPOSE_MP_CAPABLE, 1, false, true},
	{"unknown", PURPOSE_UNKNOWN_OPTION, 1, false, false},
	{"random", PURPOSE_MP_JOIN_RANDOM, 1, false, false},
	{"join", PURPOSE_MP_JOIN, 1, false, false},
};

/* The last connection with MPTCP, for others to join; NULL: none. */
static const struct caller *parent_of(const struct scene *s)
{
	for (size_t i = s->caller_count; i-- > 0;)
		if (s->callers[i].purpose == PURPOSE_MP_CAPABLE &&
		    flow_of(s, &s->callers[i])->mptcp.has_data_ack)
			return &s->callers[i];
	return NULL;
}

static void lone_syn(struct scene *s, size_t kind, unsigned ttl)
{
	enum purpose purpose = kinds[kind].purpose;
	const struct caller *parent =
		purpose == PURPOSE_MP_JOIN ? parent_of(s) : NULL;
	struct caller *c;

	if (purpose == PURPOSE_MP_JOIN && !parent)
		return;
	c = call(s, purpose, kinds[kind].version);
	c->no_algorithm = kinds[kind].no_algorithm;
	c->extended = kinds[kind].extended;
	c->parent = parent;
	if (parent)
		c->token = flow_of(s, parent)->mptcp.server_token;
	send_syn(s, c, ttl, false);
	scene_wait(s, 50 * MS);
}

/* Many copies at once, and one that ends at each hop. */
static void burst(struct scene *s, const struct caller *c)
{
	scene_wait(s, rest_us);
	for (unsigned i = 0; i < BURST_SYNS; i++)
		send_syn(s, c, 64 + i, false);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		send_syn(s, c, ttl, true);
	scene_wait(s, 100 * MS);
}

/* "KIND[@TTL]*TIMES": lone SYNs; "KIND-sweep", "KIND-burst": a sweep and what
 * burst() does; "control[@TTL]*TIMES". */
static void run_lone(struct scene *s, const char *word)
{
	size_t length = strcspn(word, "@*-");
	const char *star = strchr(word, '*');
	int times = star ? atoi(star + 1) : 0;
	struct caller *c = NULL;
	unsigned ttl =
		word[length] == '@' ? (unsigned)atoi(word + length + 1) : 64;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strncmp(word, kinds[i].name, length) != 0 ||
		    kinds[i].name[length])
			continue;
		for (int k = 0; k < times; k++)
			lone_syn(s, i, ttl);
		if (!times)
			c = sweep(s, kinds[i].purpose, kinds[i].version);
		if (c && strcmp(word + length, "-burst") == 0)
			burst(s, c);
		return;
	}
	for (int k = 0; k < times; k++)
		send_control(s, ttl);
}

static bool is_lone(const char *word)
{
	size_t length = strcspn(word, "@*-");

	for (size_t i = 0; word[length] && i < sizeof(kinds) / sizeof(*kinds);
	     i++)
		if (strncmp(word, kinds[i].name, length) == 0 &&
		    !kinds[i].name[length])
			return true;
	return strncmp(word, "control*", 8) == 0 ||
	       strncmp(word, "control@", 8) == 0;
}

/* "probe=PORT[,VERSION]": another port of the server, which speaks this version
 * there; "reference=HOP[,VERSION]": a reference server, at the address of that
 * hop. */
static bool run_other(struct scene *s, const char *word)
{
	struct scene before = *s;
	const char *comma = strchr(word, ',');
	int number = atoi(strchr(word, '=') + 1);
	bool reference = word[0] == 'r';

	if (strncmp(word, "probe=", 6) != 0 &&
	    strncmp(word, "reference=", 10) != 0)
		return false;
	s->version = comma ? atoi(comma + 1) : 1;
	s->reference = reference;
	if (reference)
		s->server_hop = (unsigned)number;
	else
		s->port = (uint16_t)number;
	run_probe(s);
	s->version = before.version;
	s->reference = before.reference;
	s->server_hop = before.server_hop;
	s->port = before.port;
	return true;
}

static bool set_course(const char *word)
{
	static const char *const begins[] = {
		"tcp=", "blind=", "mptcp=", "sums=", "probe=", "reference="};
	bool course = is_lone(word);

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		course |= strncmp(word, begins[i], strlen(begins[i])) == 0;
	if (!course || course_count == COURSES)
		return false;
	courses[course_count++] = word;
	return true;
}

static bool set_word(struct scene *s, char *word)
{
	char *colon = strchr(word, ':');

	if (strcmp(word, "clean") == 0)
		return true;
	if (strcmp(word, "bare") == 0)
		return bare = true;
	if (strcmp(word, "interrupted") == 0)
		return interrupted = true;
	if (strcmp(word, "in_words") == 0)
		return in_words = true;
	if (strcmp(word, "in_full") == 0)
		return in_words = in_full = true;
	if (strncmp(word, "why=", 4) == 0) {
		asked = word + 4;
		return true;
	}
	return set_flag(s, word) ||
	       (colon &&
		set_number(s, word, (size_t)(colon - word), atoi(colon + 1))) ||
	       set_course(word) || set_other(s, word) || set_device(s, word);
}

bool script_play(const char *words, struct scene *s)
{
	static char copy[1000];
	char *rest;

	memset(parts, 0, sizeof(parts));
	outage_begin = outage_end = 0;
	rest_us = ROUTER_REST_US;
	course_count = 0;
	bare = interrupted = in_words = in_full = false;
	asked = NULL;
	*s = scene();
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		if (!set_word(s, word))
			return false;
	scene_begin(s);
	if (!bare)
		run_probe(s);
	for (size_t i = 0; i < course_count; i++)
		if (is_lone(courses[i]))
			run_lone(s, courses[i]);
		else if (!run_other(s, courses[i]))
			run_course(s, courses[i]);
	if (course_count && !interrupted) {
		scene_wait(s, 1200 * MS);
		send_control(s, 1);
	}
	return true;
}

/* ---- what is found ------------------------------------------------------- */

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(t->at, t->left, format, args);
	va_end(args);
	if (length < 0 || (size_t)length >= t->left)
		abort();
	t->at += length;
	t->left -= (size_t)length;
}

static void tell_place(struct text *t, const struct place *p)
{
	if (p->known)
		add(t, "%u", p->ttl);
	else
		add(t, "?");
}

static void tell_finding(struct text *t, const struct finding *f)
{
	add(t, "; %s %s %s %s at ", f->kind->id, effect_name(f->effect),
	    direction_name(f->direction), segment_name(f->segment));
	tell_place(t, &f->after);
	add(t, "-");
	tell_place(t, &f->at);
	if (f->how)
		add(t, " %s", f->how);
	if (f->confidence == CONFIDENCE_LIKELY)
		add(t, " likely");
	add(t, " by %zu of %zu", f->evidence_count, f->connection_count);
	if (in_words)
		add(t, ": %s", f->text);
	for (size_t i = 0; i < f->evidence_count && in_full; i++)
		add(t, " [%s]", f->evidence[i].text);
}

/* These rows; "*": all that had something to say and did not. */
static bool is_asked(const struct report_rule *rule, const char *name)
{
	return strcmp(asked, "*") == 0
		       ? rule->why != WHY_SAID && rule->why != WHY_ABSENT &&
				 rule->why != WHY_BLOCKED
		       : strstr(asked, name) != NULL;
}

/* "few, 3 of 4" */
static void tell_rule(struct text *t, const struct report_rule *rule)
{
	char name[80];

	snprintf(name, sizeof(name), "%s/%s", rule->id, rule->row);
	if (!is_asked(rule, name))
		return;
	add(t, "; %s: %s", name, why_name(rule->why));
	if (rule->why == WHY_FEW)
		add(t, ", %u of %u", rule->have, rule->need);
}

static void tell_asked(struct text *t, const struct report *r)
{
	for (size_t i = 0; i < r->rule_count; i++)
		tell_rule(t, &r->rules[i]);
	for (int i = 0; i < RUNG_COUNT; i++)
		if (strcmp(rung_name((enum ladder_rung)i), asked) == 0)
			add(t, "; %s: %s", asked, r->ladder[i].text);
	for (size_t i = 0; i < r->untested_count && !strcmp(asked, "untested");
	     i++)
		add(t, "; not tested: %s (%s)", r->untested[i].words,
		    r->untested[i].why);
}

void script_tell(const struct report *r, char *text, size_t size)
{
	static const char results[] = {[RUNG_PASS] = '+', [RUNG_FAIL] = '-'};
	struct text t = {text, size};

	add(&t, "%s", status_name(r->status));
	if (r->confidence == CONFIDENCE_LIKELY &&
	    r->status != STATUS_UNDETERMINED)
		add(&t, " likely");
	if (r->mptcp_version >= 0)
		add(&t, " v%d", r->mptcp_version);
	add(&t, " ");
	for (int i = 0; i < RUNG_COUNT; i++) {
		enum rung_result result = r->ladder[i].result;

		add(&t, "%c",
		    result < sizeof(results) && results[result]
			    ? results[result]
			    : '.');
	}
	add(&t, ", %zu hops", r->path_length);
	if (r->asymmetry)
		add(&t, " and back another way");
	for (size_t i = 0; i < r->finding_count; i++)
		tell_finding(&t, &r->findings[i]);
	if (r->status == STATUS_UNDETERMINED ||
	    r->status == STATUS_UNREACHABLE || in_words)
		add(&t, "; %s", r->verdict);
	for (size_t i = 0; i < r->announcement_count && in_full; i++)
		add(&t, "; %s", r->announcements[i].text);
	if (asked)
		tell_asked(&t, r);
}
