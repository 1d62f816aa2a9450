/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "report/arena.h"
#include "report/origins.h"
#include "tests/samples.h"

static struct address sample_address(const char *text)
{
	struct address a = {0};

	if (!address_parse(text, &a))
		abort();
	return a;
}

static void sample_ladder(struct report *r, size_t passed)
{
	size_t i;

	for (i = 0; i < RUNG_COUNT; i++) {
		struct ladder_step *s = &r->ladder[i];

		s->rung = (enum ladder_rung)i;
		s->version = i <= RUNG_DISTANCE ? -1 : r->mptcp_version;
		s->result = i < passed	  ? RUNG_PASS
			    : i == passed ? RUNG_FAIL
					  : RUNG_SKIPPED;
		s->text = i < passed	? "answered as it should be"
			  : i == passed ? "the SYN/ACK comes without MP_CAPABLE"
					: "MPTCP was not negotiated";
		if (i <= passed && i < RUNG_COUNT) {
			*ARENA_PUSH(r->arena, s->frames, s->frame_count) =
				3 + i;
			*ARENA_PUSH(r->arena, s->frames, s->frame_count) =
				40 + i;
		}
	}
}

static struct report *sample_report(const char *target, const char *source)
{
	struct arena *a = arena_new();
	struct report *r = arena_alloc(a, sizeof(*r));

	r->arena = a;
	r->started_us = 1795215600123456; /* 2026-11-20T23:00:00.123Z */
	r->elapsed_ms = 612.0004;
	r->target_name = "server.lab";
	r->target = sample_address(target);
	r->port = 80;
	r->source = sample_address(source);
	r->interface = "eth0";
	r->vantage = VANTAGE_CLIENT;
	r->frames = 84;
	r->initial_joins = 1;
	r->mptcp_version = 1;
	return r;
}

static struct report_hop *sample_hop(struct report *r, const char *address,
				     double rtt_ms)
{
	struct report_hop *h = ARENA_PUSH(r->arena, r->path, r->path_length);
	struct responder *responder;

	h->ttl = (unsigned)r->path_length;
	h->rtt_ms = -1;
	if (address == NULL)
		return h;
	h->address = sample_address(address);
	h->rtt_ms = rtt_ms;
	responder = ARENA_PUSH(r->arena, h->responders, h->responder_count);
	responder->address = h->address;
	responder->rtt_ms = rtt_ms;
	responder->reply_ttl = 65 - h->ttl;
	responder->initial_ttl = 64;
	responder->return_hops = h->ttl;
	return h;
}

static struct report_quote *sample_quote(struct report *r, struct report_hop *h,
					 enum segment_kind segment, bool plain)
{
	struct report_quote *q =
		ARENA_PUSH(r->arena, h->quotes, h->quote_count);

	q->segment = segment;
	q->connection = plain ? 1 : segment >= SEGMENT_JOIN_SYN ? 3 : 2;
	q->plain = plain;
	q->frame = 10 + h->ttl;
	q->bytes = 60;
	q->matched_by = MATCHED_IP_ID;
	q->covers_options = true;
	return q;
}

static void sample_change(struct report *r, struct report_quote *q,
			  const char *field, const char *sent,
			  const char *quoted)
{
	struct change *c = ARENA_PUSH(r->arena, q->changes, q->change_count);

	c->field = field;
	c->sent = sent;
	c->quoted = quoted;
}

/* Quotes of all five sweeps, intact. */
static void sample_quotes(struct report *r, struct report_hop *h)
{
	static const enum segment_kind kinds[] = {
		SEGMENT_SYN, SEGMENT_ACK, SEGMENT_DATA, SEGMENT_JOIN_SYN};
	size_t i;

	sample_quote(r, h, SEGMENT_SYN, true);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		sample_quote(r, h, kinds[i], false);
}

static struct report_connection *
sample_connection(struct report *r, enum purpose purpose, int reach)
{
	struct report_connection *c =
		ARENA_PUSH(r->arena, r->connections, r->connection_count);
	struct report_syn_ack *s;

	c->id = (unsigned)r->connection_count;
	c->purpose = purpose;
	c->version = purpose == PURPOSE_TCP || purpose == PURPOSE_CONTROL
			     ? -1
			     : r->mptcp_version;
	c->source_port = (uint16_t)(40000 + c->id);
	c->port = r->port;
	c->attempts = 1;
	c->syn_ttl = 64;
	c->reach_ttl = reach;
	c->swept = purpose != PURPOSE_CONTROL;
	c->keys_verified = -1;
	if (reach < 0)
		return c;
	s = c->syn_ack = arena_alloc(r->arena, sizeof(*s));
	s->ttl = 65 - (unsigned)reach;
	s->initial_ttl = 64;
	s->hops = (unsigned)reach - 1;
	s->rtt_ms = 0.4;
	s->options = "020405b40402080a0000000100000002";
	s->options_text = "mss 1460,sackOK,timestamp";
	s->mss = 1460;
	s->window = 64240;
	s->wscale = 7;
	s->frame = 20;
	return c;
}

static void sample_connections(struct report *r, int reach)
{
	struct report_connection *c;

	sample_connection(r, PURPOSE_TCP, reach);
	c = sample_connection(r, PURPOSE_MP_CAPABLE, reach);
	c->keys_verified = r->status == STATUS_CLEAR ? 1 : -1;
	c->checksum = r->status == STATUS_CLEAR;
	sample_connection(r, PURPOSE_MP_JOIN, reach);
	sample_connection(r, PURPOSE_CONTROL, -1);
}

static struct place sample_place(const struct report *r, unsigned ttl)
{
	struct place p = {.known = true, .ttl = ttl};

	p.address = ttl == 0 ? r->source : r->path[ttl - 1].address;
	return p;
}

/* Without a place if `after` is negative; its text and evidence are the
 * caller's to add. */
static struct finding *sample_finding(struct report *r, const char *id,
				      enum segment_kind segment, int after,
				      int at)
{
	struct finding *f = ARENA_PUSH(r->arena, r->findings, r->finding_count);

	f->kind = finding_kind(id);
	f->effect = f->kind->effect;
	f->segment = segment;
	f->text = arena_printf(r->arena, "In this sample, %s.", f->kind->title);
	if (after >= 0)
		f->after = sample_place(r, (unsigned)after);
	if (at >= 0)
		f->at = sample_place(r, (unsigned)at);
	*ARENA_PUSH(r->arena, f->connections, f->connection_count) = 2;
	return f;
}

static void sample_evidence(struct report *r, struct finding *f, uint64_t frame,
			    const char *sent, const char *seen,
			    const char *text)
{
	struct evidence *e =
		ARENA_PUSH(r->arena, f->evidence, f->evidence_count);

	*e = (struct evidence){frame, sent, seen, text};
}

struct report *sample_clear(void)
{
	struct report *r = sample_report("10.0.5.2", "10.0.1.1");
	struct report_hop *h;
	unsigned i;

	for (i = 1; i <= 4; i++) {
		h = sample_hop(r, arena_printf(r->arena, "10.0.%u.2", i),
			       0.1 * i + 0.11);
		sample_quotes(r, h);
	}
	sample_hop(r, "10.0.5.2", 0.62)->is_target = true;
	sample_connections(r, 5);
	sample_ladder(r, RUNG_COUNT);
	r->verdict = "MPTCP v1 works on this path: data is acknowledged at "
		     "the MPTCP level (DATA_ACK), a second subflow joins, "
		     "and nothing interferes.";
	*ARENA_PUSH(r->arena, r->announced, r->announced_count) =
		sample_address("10.9.0.1");
	*ARENA_PUSH(r->arena, r->announcements, r->announcement_count) =
		(struct announcement){.address = sample_address("10.9.0.1"),
				      .port = 9999,
				      .id = 1,
				      .hmac = 1,
				      .text = "10.9.0.1 port 9999"};
	*ARENA_PUSH(r->arena, r->untested, r->untested_count) =
		(struct untested){"checksum", "DSS checksums",
				  "no connection ran with DSS checksums"};
	return r;
}

/* A router of the path to a server behind a box that strips, at hop 3. */
static void sample_strip_hop(struct report *r, const char *address, bool after)
{
	struct report_hop *h = sample_hop(r, address, 0.29);
	struct report_quote *q;

	sample_quote(r, h, SEGMENT_SYN, true);
	q = sample_quote(r, h, SEGMENT_SYN, false);
	if (after)
		sample_change(r, q, "tcp.option.mptcp", "1e040101", NULL);
	q = sample_quote(r, h, SEGMENT_JOIN_SYN, false);
	if (after)
		sample_change(r, q, "tcp.option.mptcp",
			      "1e0c1b000102030405060708", NULL);
}

static void sample_stripped(struct report *r, unsigned last, unsigned target)
{
	struct finding *f;
	char text[2][ADDRESS_TEXT];

	f = sample_finding(r, "mp_capable.removed", SEGMENT_SYN, (int)last,
			   (int)last + 1);
	address_text(&f->after.address, text[0]);
	address_text(&f->at.address, text[1]);
	f->how = "nop";
	f->text = arena_printf(
		r->arena,
		"MP_CAPABLE is removed from the SYN (overwritten with NOPs) at "
		"or between hop %u (%s) and hop %u (%s).",
		last, text[0], last + 1, text[1]);
	sample_evidence(r, f, 10, "1e040101", "1e040101",
			arena_printf(r->arena,
				     "hop %u (%s) quotes the SYN with "
				     "tcp.option.mptcp as sent",
				     last, text[0]));
	sample_evidence(r, f, 12, "1e040101", "01010101",
			arena_printf(r->arena,
				     "hop %u (%s) quotes the SYN with "
				     "tcp.option.mptcp removed",
				     last + 1, text[1]));
	r->status = STATUS_BLOCKED;
	r->mptcp_version = -1;
	r->verdict = arena_printf(r->arena, "MPTCP is blocked on this path: %s",
				  f->text);
	r->advice = "Whether the server itself speaks MPTCP cannot be told "
		    "while the option does not reach it.";
	sample_connections(r, (int)target);
	sample_ladder(r, RUNG_SYN_ACK_OPTION);
}

struct report *sample_strip(void)
{
	struct report *r = sample_report("10.0.5.2", "10.0.1.1");
	unsigned i;

	for (i = 1; i <= 4; i++)
		sample_strip_hop(r, arena_printf(r->arena, "10.0.%u.2", i),
				 i > 3);
	sample_hop(r, "10.0.5.2", 0.62)->is_target = true;
	sample_stripped(r, 3, 5);
	return r;
}

/* As long as addresses and names get, and offline: no interface. */
/* With -a. */
struct report *sample_networks(void)
{
	struct report *r = sample_strip();

	r->path[2].name = "xe-0-0-1.example.net";
	r->path[2].origin = 64500;
	r->path[2].origin_name = "EXAMPLE-AS Example Carrier, DE";
	r->path[3].origin = 64501;
	report_advise_origins(r);
	return r;
}

static struct report *sample_strip6(void)
{
	struct report *r = sample_report(
		"2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222", "2001:db8::1");
	unsigned i;

	r->target_name = "a-server-with-a-long-name.an-even-longer-domain-name."
			 "example.net";
	r->interface = NULL;
	r->vantage = VANTAGE_PATH;
	for (i = 1; i <= 12; i++)
		sample_strip_hop(
			r,
			arena_printf(r->arena,
				     i % 2 ? "fd00:%u::2"
					   : "2001:db8:ffff:%u:1111:2222:"
					     "3333:4444",
				     i),
			i > 7);
	r->path[3].name = "xe-0-0-1-0.router.example.net";
	r->path[4].name = "r5.example.net";
	r->path[5].name = "a-router-with-a-very-long-name.an-even-longer-domain"
			  "-name.of-some-provider.example.net";
	sample_hop(r, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:2222", 123.4)
		->is_target = true;
	sample_stripped(r, 7, 13);
	return r;
}

/* Silent hops, a hop that quotes too little, one that changes the DSCP. */
static struct report *sample_silent(void)
{
	struct report *r = sample_report("192.0.2.80", "198.51.100.7");
	struct report_hop *h;
	struct finding *f;
	unsigned i;

	h = sample_hop(r, "198.51.100.1", 1.5);
	h->name = "gateway";
	sample_quotes(r, h);
	h = sample_hop(r, "203.0.113.129", 12.25);
	h->name = "edge1.example.net";
	sample_quotes(r, h);
	sample_change(r, &h->quotes[1], "ip.dscp", "10", "0");
	h = sample_hop(r, "203.0.113.133", 13);
	for (i = 0; i < 4; i++)
		sample_quote(r, h, i == 2 ? SEGMENT_ACK : SEGMENT_SYN, i == 0)
			->covers_options = false;
	for (i = 0; i < 6; i++)
		sample_hop(r, NULL, -1);
	sample_quotes(r, sample_hop(r, "192.0.2.1", 103));
	for (i = 0; i < 2; i++)
		sample_hop(r, NULL, -1);
	sample_hop(r, "192.0.2.80", 104.6)->is_target = true;
	f = sample_finding(r, "ip.dscp_rewritten", SEGMENT_SYN, 1, 2);
	sample_evidence(r, f, 12, "10", "0", "hop 2 quotes another DSCP");
	r->elapsed_ms = 12345;
	sample_connections(r, 13);
	sample_ladder(r, RUNG_COUNT);
	r->verdict = "MPTCP v1 works on this path: data is acknowledged at "
		     "the MPTCP level (DATA_ACK), and nothing interferes.";
	return r;
}

/* Two branches; only one of them strips. */
static struct report *sample_ecmp(void)
{
	struct report *r = sample_strip();
	struct report_hop *h = &r->path[1];
	struct responder *other =
		ARENA_PUSH(r->arena, h->responders, h->responder_count);

	other->address = sample_address("10.0.12.2");
	other->rtt_ms = 0.27;
	other->reply_ttl = 63;
	other->initial_ttl = 64;
	other->return_hops = 4;
	other->return_varies = true;
	r->asymmetry = arena_alloc(r->arena, sizeof(*r->asymmetry));
	*r->asymmetry = (struct asymmetry){
		2, -1, -1,
		"The return path probably differs from the forward path."};
	sample_change(r, &r->path[3].quotes[1], "ip.id", "0x1234", "0x4321");
	sample_change(r, &r->path[3].quotes[0], "tcp.option.mss", "020405b4",
		      "02040578");
	return r;
}

struct report *sample_impaired(void)
{
	struct report *r = sample_clear();
	struct finding *f;
	size_t i;

	r->status = STATUS_IMPAIRED;
	r->dropped = 1;
	r->truncated = 3;
	r->misfits = 1204;
	r->verdict = "MPTCP v1 works on this path, but only in part: MP_JOIN "
		     "is removed from the MP_JOIN SYN (cut out) at or between "
		     "hop 1 (10.0.1.2) and hop 2 (10.0.2.2).";
	for (i = 1; i < 4; i++) {
		sample_change(r, &r->path[i].quotes[4], "ip.total_length", "60",
			      "48");
		sample_change(r, &r->path[i].quotes[4], "tcp.option.mptcp",
			      "1e0c1b000102030405060708", NULL);
		sample_change(r, &r->path[i].quotes[0], "tcp.option.mss",
			      "020405b4", "02040578");
	}
	f = sample_finding(r, "tcp.mss_changed", SEGMENT_SYN, 1, 2);
	sample_evidence(r, f, 12, "1460", "1400", "hop 2 quotes another MSS");
	f = sample_finding(r, "tcp.sequence_rewritten", SEGMENT_SYN, 1, 2);
	sample_evidence(r, f, 12, NULL, NULL, "hop 2 quotes another number");
	f = sample_finding(r, "mp_join.removed", SEGMENT_JOIN_SYN, 1, 2);
	f->how = "cut";
	for (i = 0; i < 6; i++)
		sample_evidence(r, f, 50 + i, "1e0c1b000102030405060708", NULL,
				"hop 2 (10.0.2.2) quotes the MP_JOIN SYN");
	f = sample_finding(r, "payload.modified", SEGMENT_DATA, -1, 3);
	f->confidence = CONFIDENCE_LIKELY;
	sample_evidence(
		r, f, 60,
		"474554202f20485454502f312e310d0a486f73743a2073657276657220",
		"474554202f20485454502f312e310d0a486f73743a2053455256455220",
		"another Host header");
	f = sample_finding(r, "add_addr.dropped", SEGMENT_ADD_ADDR, -1, -1);
	f->direction = DIRECTION_UNKNOWN;
	f->confidence = CONFIDENCE_LIKELY;
	sample_evidence(r, f, 0, NULL, NULL, "6 of 6 were not echoed");
	return r;
}

/* A proxy at hop 3, which itself answers no probe. */
static struct report *sample_terminated(void)
{
	struct report *r = sample_report("10.0.5.2", "10.0.1.1");
	struct finding *f;

	sample_quotes(r, sample_hop(r, "10.0.1.2", 0.2));
	sample_quotes(r, sample_hop(r, "10.0.2.2", 0.3));
	sample_hop(r, NULL, -1);
	sample_hop(r, "10.0.4.2", 0.5);
	sample_hop(r, "10.0.5.2", 0.6)->is_target = true;
	f = sample_finding(r, "tcp.terminated", SEGMENT_SYN, 2, 3);
	f->text = "TCP connections to port 80 are terminated by a device at "
		  "hop 3: it answers SYNs that the target, 5 hops away, never "
		  "sees.";
	sample_evidence(r, f, 14, "ttl 3", "SYN/ACK", NULL);
	sample_evidence(r, f, 15, NULL, "5 hops", NULL);
	r->status = STATUS_BLOCKED;
	r->mptcp_version = -1;
	r->verdict = arena_printf(r->arena, "MPTCP is blocked on this path: %s",
				  f->text);
	sample_connections(r, 3);
	sample_ladder(r, RUNG_DISTANCE);
	return r;
}

static struct report *sample_unreachable(void)
{
	struct report *r = sample_report("10.0.5.2", "10.0.1.1");

	r->target_name = "10.0.5.2";
	r->status = STATUS_UNREACHABLE;
	r->mptcp_version = -1;
	r->verdict = "Port 80 of 10.0.5.2 does not answer TCP at all, so "
		     "MPTCP could not be tested.";
	r->advice = "Check the address and the port, or probe another port "
		    "(-p).";
	sample_ladder(r, RUNG_TCP);
	return r;
}

struct report *sample_interrupted(void)
{
	struct report *r = sample_report("10.0.5.2", "10.0.1.1");
	struct report_hop *h = sample_hop(r, "10.0.1.2", -1);

	sample_quote(r, h, SEGMENT_SYN, true);
	r->status = STATUS_UNDETERMINED;
	r->confidence = CONFIDENCE_LIKELY;
	r->interrupted = true;
	r->mptcp_version = -1;
	r->started_us = 0;
	r->elapsed_ms = 31;
	sample_connection(r, PURPOSE_TCP, -1);
	r->verdict = "Undetermined: the probe was interrupted.";
	sample_ladder(r, RUNG_TCP);
	return r;
}

/* Whoever runs the DNS chooses the names. */
struct report *sample_hostile(void)
{
	struct report *r = sample_clear();

	r->target_name = "evil\033[2Jname\n.example";
	r->path[0].name = "\xff\xfe\x9b"
			  "31m";
	r->path[1].name = "sch\xc3\xb6n.example";
	sample_change(r, &r->path[2].quotes[0], "tcp.option.kind 253",
		      "fd04\x80", NULL);
	return r;
}

const struct sample samples[] = {
	{"clear", sample_clear},
	{"strip", sample_strip},
	{"networks", sample_networks},
	{"strip6", sample_strip6},
	{"silent", sample_silent},
	{"ecmp", sample_ecmp},
	{"impaired", sample_impaired},
	{"terminated", sample_terminated},
	{"unreachable", sample_unreachable},
	{"interrupted", sample_interrupted},
	{"hostile", sample_hostile},
};

const size_t sample_count = sizeof(samples) / sizeof(samples[0]);
