/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who does not see our packets knows addresses and ports at most. One frame
 * that such a one forged is put between those of each capture: nothing that is
 * said of it may become worse, nor surer. FORGERY_ALL=1 tries each place, for
 * which `make forgeries` waits; else a few of each capture. FORGERY_ONLY=TEXT
 * tries captures with the text in their names, FORGERY_SEED=N other frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "crafting/cursor.h"
#include "crafting/link.h"
#include "crafting/mptcp.h"
#include "report/judge/judge.h"
#include "report/report.h"
#include "report/track/observer.h"
#include "tests/captures.h"
#include "tests/frames.h"

#define PLACES 3 /* of each kind in each capture */
#define TARGETS_MAX 4
#define FINDINGS_MAX 64
#define HEADER_MAX 64
#define ETHERNET 1
#define LINUX_SLL 113
#define LINUX_SLL2 276
#define CONTROL "mpprobe %03u 0123456789abcdef" /* with its TTL */

static struct captures captures;
static uint64_t state_of_random;

static uint64_t draw(void)
{
	uint64_t z = state_of_random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint32_t draw32(void)
{
	return (uint32_t)draw();
}

static size_t below(size_t count)
{
	return draw() % count;
}

/* ---- what is known to the forger ----------------------------------------- */

struct victim {
	const struct capture_bytes *capture;
	size_t place;		   /* the forged frame comes before this one */
	bool from_client;	   /* it was sent by who began the connection */
	struct packet sent;	   /* some packet of the connection */
	const struct frame *frame; /* that holds it */
	uint8_t header[HEADER_MAX]; /* of links, of what comes in */
	size_t header_length;
};

static bool parse(const struct frame *f, struct packet *p, size_t *header)
{
	const uint8_t *ip;
	size_t available;

	if (!link_find_ip(f->link_type, f->bytes, f->length, &ip, &available) ||
	    !packet_parse(ip, available, p))
		return false;
	*header = (size_t)(ip - f->bytes);
	return true;
}

static bool began(const struct observer *o, const struct packet *p)
{
	const struct flow *f = observer_flow(
		o, &p->ip.source, p->tcp.source_port, &p->ip.destination,
		p->tcp.destination_port, IPPROTO_TCP);

	return f && f->begun;
}

/* What comes in has the other's link address behind its own; a cooked header
 * has the type 0 then. */
static void turn_header(struct victim *v, int link_type)
{
	uint8_t to[6];

	if (link_type == LINUX_SLL && v->header_length > 2)
		v->header[1] = 0;
	if (link_type == LINUX_SLL2 && v->header_length > 11)
		v->header[10] = 0;
	if (link_type != ETHERNET || v->header_length < 12)
		return;
	memcpy(to, v->header, 6);
	memcpy(v->header, v->header + 6, 6);
	memcpy(v->header + 6, to, 6);
}

/* A TCP connection of the capture, by one of the packets of its client. */
static bool choose_victim(const struct observer *o,
			  const struct capture_bytes *c, struct victim *v)
{
	for (size_t tries = 0; tries < 64; tries++) {
		const struct frame *f = &c->frames[below(c->count)];

		if (!parse(f, &v->sent, &v->header_length) ||
		    v->sent.transport != TRANSPORT_TCP ||
		    v->sent.tcp.available < 20 || !began(o, &v->sent) ||
		    v->header_length > HEADER_MAX ||
		    f->bytes + f->length < v->sent.bytes + 40)
			continue;
		v->capture = c;
		v->frame = f;
		memcpy(v->header, f->bytes, v->header_length);
		turn_header(v, f->link_type);
		return true;
	}
	return false;
}

/* ---- what is forged ------------------------------------------------------ */

static struct envelope envelope(const struct victim *v, bool from_server)
{
	const struct ip_view *ip = &v->sent.ip;

	return (struct envelope){
		.from = from_server ? ip->destination : ip->source,
		.to = from_server ? ip->source : ip->destination,
		.protocol = IPPROTO_TCP,
		.ttl = (uint8_t)(40 + below(24)),
		.id = (uint16_t)draw(),
	};
}

static struct wire segment(const struct victim *v, bool from_server,
			   uint8_t flags, const struct mptcp_option *option,
			   const char *payload)
{
	const struct tcp_view *tcp = &v->sent.tcp;
	struct envelope e = envelope(v, from_server);
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s = {
		.source_port =
			from_server ? tcp->destination_port : tcp->source_port,
		.destination_port =
			from_server ? tcp->source_port : tcp->destination_port,
		.sequence = draw32(),
		.acknowledgment = draw32(),
		.flags = flags,
		.window = 64240,
		.payload = (const uint8_t *)payload,
		.payload_length = payload ? strlen(payload) : 0,
		.options = options,
	};

	if (option)
		mptcp_encode(&w, option);
	s.options_length = w.length;
	return wire_tcp(&e, &s);
}

static struct wire syn(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE,
				 .capable = {.version = 1, .flags = 1}};

	return segment(v, true, TCP_FLAG_SYN, below(2) ? &o : NULL, NULL);
}

static struct wire syn_ack(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE,
				 .capable = {.version = 1,
					     .flags = 1,
					     .has_sender_key = true,
					     .sender_key = draw()}};

	return segment(v, true, TCP_FLAG_SYN | TCP_FLAG_ACK,
		       below(2) ? &o : NULL, NULL);
}

static struct wire reset(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_TCPRST, .tcprst = {.reason = 1}};

	return segment(v, true, TCP_FLAG_RST, below(2) ? &o : NULL, NULL);
}

static struct wire reset_ack(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_TCPRST, .tcprst = {.reason = 6}};

	return segment(v, true, TCP_FLAG_RST | TCP_FLAG_ACK,
		       below(2) ? &o : NULL, NULL);
}

static struct wire ack(const struct victim *v)
{
	struct mptcp_option o = {
		.subtype = MP_DSS,
		.dss = {.flags = DSS_ACK | DSS_ACK8, .data_ack = draw()}};

	return segment(v, true, TCP_FLAG_ACK, below(2) ? &o : NULL, NULL);
}

static struct wire data(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_DSS,
				 .dss = {.flags = DSS_MAPPING | DSS_DSN8,
					 .dsn = draw(),
					 .ssn = 1,
					 .data_level_length = 5}};

	return segment(v, true, TCP_FLAG_ACK | TCP_FLAG_PSH,
		       below(2) ? &o : NULL, "HTTP/");
}

static struct wire no_ack(const struct victim *v)
{
	return segment(v, true, below(2) ? TCP_FLAG_PSH : 0, NULL, "HTTP/");
}

static struct wire fin(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_FASTCLOSE,
				 .fastclose = {.receiver_key = draw()}};

	return segment(v, true, TCP_FLAG_FIN | TCP_FLAG_ACK,
		       below(2) ? &o : NULL, NULL);
}

static struct wire any_flags(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_FAIL, .fail = {.dsn = draw()}};

	return segment(v, true, (uint8_t)draw(), below(2) ? &o : NULL,
		       below(2) ? "x" : NULL);
}

static struct wire add_addr(const struct victim *v)
{
	struct mptcp_option o = {
		.subtype = MP_ADD_ADDR,
		.add_addr = {.version = 1,
			     .address_id = 9,
			     .address = address_of("192.0.2.9"),
			     .has_hmac = true,
			     .hmac = draw()}};

	return segment(v, true, TCP_FLAG_ACK, &o, NULL);
}

static struct wire client_syn(const struct victim *v)
{
	struct mptcp_option o = {.subtype = MP_CAPABLE,
				 .capable = {.version = 1, .flags = 1}};

	return segment(v, false, TCP_FLAG_SYN, below(2) ? &o : NULL, NULL);
}

static struct wire client_reset(const struct victim *v)
{
	return segment(v, false, TCP_FLAG_RST, NULL, NULL);
}

static struct wire client_data(const struct victim *v)
{
	return segment(v, false, TCP_FLAG_ACK | TCP_FLAG_PSH, NULL, "GET /");
}

/* ICMP that quotes what the forger believes was sent: the IP ID is guessed. */
static struct wire quote(const struct victim *v, enum icmp_error error)
{
	struct envelope e = envelope(v, true);
	struct wire sent = {.length = v->sent.available};
	uint8_t *tcp, *clock;

	if (sent.length > sizeof(sent.bytes))
		sent.length = sizeof(sent.bytes);
	memcpy(sent.bytes, v->sent.bytes, sent.length);
	tcp = sent.bytes + (v->sent.tcp.bytes - v->sent.bytes);
	clock = wire_option(&sent, TCPOPT_KIND_TIMESTAMPS, -1, NULL);
	if (clock)
		memset(clock + 2, 0x3c, 4);
	option_fill(&sent, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
	for (int i = 0; i < 4; i++)
		tcp[4 + i] = (uint8_t)draw();
	fix_tcp_checksum(&sent);
	e.from.bytes[1] = (uint8_t)draw();
	return wire_icmp(&e, error, &sent, below(2) ? 28 : 576);
}

static struct wire time_exceeded(const struct victim *v)
{
	return quote(v, TIME_EXCEEDED);
}

static struct wire unreachable(const struct victim *v)
{
	return quote(v, below(2) ? PORT_UNREACHABLE : HOST_PROHIBITED);
}

static struct wire datagram(const struct victim *v, bool from_server)
{
	struct envelope e = envelope(v, from_server);
	uint8_t udp[80];
	ssize_t length =
		udp_datagram_write((uint16_t)(32768 + below(28000)), 33434 + 8,
				   (const uint8_t *)CONTROL, strlen(CONTROL),
				   &e.from, &e.to, udp, sizeof(udp));

	e.protocol = IPPROTO_UDP;
	return wire_ip(&e, udp, (size_t)length);
}

static struct wire control(const struct victim *v)
{
	return datagram(v, below(2));
}

/* The control of another run, as if the target had refused it. */
static struct wire refused_control(const struct victim *v)
{
	struct envelope e = envelope(v, true);
	struct wire w = datagram(v, false);

	set_ttl(&w, 60);
	return wire_icmp(&e, PORT_UNREACHABLE, &w, 1500);
}

/* Our own packet, with the same bytes, comes back to us. */
static struct wire bounced(const struct victim *v)
{
	struct wire w = {.length = v->sent.available};

	if (w.length > sizeof(w.bytes))
		w.length = sizeof(w.bytes);
	memcpy(w.bytes, v->sent.bytes, w.length);
	set_ttl(&w, v->sent.ip.ttl > 2 ? v->sent.ip.ttl - 2u : 1);
	return w;
}

static const struct forgery {
	const char *name;
	struct wire (*make)(const struct victim *v);
	bool behind; /* what it copies comes before */
} forgeries[] = {
	{"SYN of the server", syn, false},
	{"SYN/ACK", syn_ack, false},
	{"RST", reset, false},
	{"RST with ACK", reset_ack, false},
	{"ACK", ack, false},
	{"data", data, false},
	{"without ACK", no_ack, false},
	{"FIN", fin, false},
	{"any flags", any_flags, false},
	{"ADD_ADDR", add_addr, false},
	{"SYN of the client", client_syn, false},
	{"RST of the client", client_reset, false},
	{"data of the client", client_data, false},
	{"time exceeded", time_exceeded, false},
	{"unreachable", unreachable, false},
	{"control", control, false},
	{"refused control", refused_control, false},
	{"bounced", bounced, true},
};

#define FORGERIES (sizeof(forgeries) / sizeof(forgeries[0]))

/* ---- what is said -------------------------------------------------------- */

struct opinion {
	enum status status;
	enum confidence confidence;
	const struct finding_kind *found[FINDINGS_MAX];
	enum effect effects[FINDINGS_MAX];
	size_t count;
};

struct opinions {
	struct judge_target targets[TARGETS_MAX];
	struct opinion of[TARGETS_MAX];
	size_t count;
};

static struct opinion opinion_of(const struct observer *o,
				 const struct judge_target *t)
{
	struct report *r = judge(o, t);
	struct opinion ret = {.status = r->status, .confidence = r->confidence};

	assert_true(r->finding_count < FINDINGS_MAX);
	for (size_t i = 0; i < r->finding_count; i++) {
		ret.found[i] = r->findings[i].kind;
		ret.effects[i] = r->findings[i].effect;
	}
	ret.count = r->finding_count;
	report_free(r);
	return ret;
}

static struct observer *observe(const struct capture_bytes *c, size_t place,
				const struct frame *forged)
{
	struct observer *o = observer_new();

	assert_non_null(o);
	for (size_t i = 0; i < c->count; i++) {
		if (forged && i == place)
			feed_frame(o, forged);
		feed_frame(o, &c->frames[i]);
	}
	if (forged && place >= c->count)
		feed_frame(o, forged);
	return o;
}

static struct opinions opinions_of(const struct observer *o)
{
	struct opinions ret = {0};

	ret.count = judge_targets(o, ret.targets, TARGETS_MAX);
	if (ret.count > TARGETS_MAX)
		ret.count = TARGETS_MAX;
	for (size_t i = 0; i < ret.count; i++)
		ret.of[i] = opinion_of(o, &ret.targets[i]);
	return ret;
}

static bool has_finding(const struct opinion *o, const struct opinion *more,
			size_t i)
{
	for (size_t k = 0; k < o->count; k++)
		if (o->found[k] == more->found[i] &&
		    o->effects[k] == more->effects[i])
			return true;
	return false;
}

/* The same, or less sure. */
static const char *what_is_worse(const struct opinion *before,
				 const struct opinion *after)
{
	for (size_t i = 0; i < after->count; i++)
		if (!has_finding(before, after, i))
			return after->found[i]->id;
	if (after->status != before->status &&
	    after->status != STATUS_UNDETERMINED)
		return status_name(after->status);
	if (after->status == before->status &&
	    after->confidence < before->confidence)
		return "surer";
	return NULL;
}

static unsigned wrong, tried;

static void try_frame(const struct opinions *before, const struct victim *v,
		      const struct forgery *kind, const struct frame *forged)
{
	struct observer *o = observe(v->capture, v->place, forged);

	tried++;
	for (size_t i = 0; i < before->count; i++) {
		struct opinion after = opinion_of(o, &before->targets[i]);
		const char *worse = what_is_worse(&before->of[i], &after);

		if (worse && wrong++ < 200)
			print_error("%s, %s before frame %zu: %s\n",
				    v->capture->file, kind->name, v->place + 1,
				    worse);
	}
	observer_free(o);
}

static struct frame forge(const struct victim *v, const struct forgery *kind)
{
	struct wire w = kind->make(v);
	const struct frame *next =
		&v->capture->frames[v->place < v->capture->count
					    ? v->place
					    : v->capture->count - 1];
	struct frame f = {.link_type = v->frame->link_type,
			  .interface = v->frame->interface,
			  .way = v->frame->way ? LINK_WAY_IN : LINK_WAY_UNKNOWN,
			  .time_us = next->time_us,
			  .length = v->header_length + w.length};

	if (f.length > sizeof(f.bytes))
		f.length = sizeof(f.bytes);
	memcpy(f.bytes, v->header, v->header_length);
	memcpy(f.bytes + v->header_length, w.bytes,
	       f.length - v->header_length);
	return f;
}

static void try_place(const struct opinions *before, const struct observer *o,
		      const struct capture_bytes *c, const struct forgery *kind,
		      size_t place)
{
	struct victim v = {.place = place};
	struct frame forged;

	if (!choose_victim(o, c, &v))
		return;
	if (kind->behind) {
		for (size_t i = 0; i < c->count; i++)
			if (v.sent.bytes > c->frames[i].bytes &&
			    v.sent.bytes <
				    c->frames[i].bytes + c->frames[i].length &&
			    v.place <= i)
				v.place = i + 1;
	}
	forged = forge(&v, kind);
	try_frame(before, &v, kind, &forged);
}

/* FNV-1a: what is tried does not change with captures that are added. */
static uint64_t hash(const char *text)
{
	uint64_t h = 14695981039346656037u;

	while (*text)
		h = (h ^ (uint8_t)*text++) * 1099511628211u;
	return h;
}

static void try_capture(const struct capture_bytes *c)
{
	struct observer *o = observe(c, 0, NULL);
	struct opinions before = opinions_of(o);
	const char *seed = getenv("FORGERY_SEED");
	bool all = getenv("FORGERY_ALL") != NULL;

	for (size_t kind = 0; kind < FORGERIES; kind++) {
		state_of_random = hash(c->file) + kind +
				  (seed ? strtoull(seed, NULL, 10) << 32 : 0);
		for (size_t i = 0; i < (all ? c->count + 1 : PLACES); i++)
			try_place(&before, o, c, &forgeries[kind],
				  all ? i : below(c->count + 1));
	}
	observer_free(o);
}

static void test_forged(void **state)
{
	const char *only = getenv("FORGERY_ONLY");

	(void)state;
	for (size_t i = 0; i < captures.count; i++)
		if (!only || strstr(captures.list[i].file, only))
			try_capture(&captures.list[i]);
	print_message("%u frames were forged, %u were believed\n", tried,
		      wrong);
	assert_int_equal(wrong, 0);
}

static int load(void **state)
{
	(void)state;
	captures = captures_load();
	return 0;
}

static int unload(void **state)
{
	(void)state;
	captures_free(&captures);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forged),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
