/* SPDX-License-Identifier: GPL-3.0-or-later
 * What devices inject when data passes.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "crafting/segment.h"
#include "report/evidence/loss.h"
#include "tests/client.h"
#include "tests/expect.h"

static bool is_copy(struct wire *w)
{
	return has_data(w) && wire_parse(w).ip.traffic_class;
}

/* ---- mappings ahead of their data -----------------------------------------
 */

/* The ACK in front of the data states its mapping, and the data that of what
 * may follow. With DSS checksums, for then the options are as long. */
static enum act map_ahead(struct scene *s, struct wire *w)
{
	struct mptcp_option o = {.subtype = MP_DSS};
	uint8_t *dss = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL), bytes[40];
	struct writer out = writer_over(bytes, sizeof(bytes));
	const struct served *c = s->served;

	if (!dss)
		return PASS;
	while (c->port != wire_parse(w).tcp.destination_port)
		c++;
	o.dss.flags = DSS_MAPPING | DSS_DSN8;
	keys_derive(s->keys, 1, c->key, NULL, &o.dss.dsn);
	o.dss.ssn = 1;
	if (has_data(w))
		o.dss.ssn += sizeof(PAGE) - 1;
	o.dss.dsn += o.dss.ssn;
	o.dss.data_level_length = sizeof(PAGE) - 1;
	o.dss.flags |= DSS_ACK | DSS_ACK8;
	for (unsigned i = 0; i < 8; i++)
		o.dss.data_ack = o.dss.data_ack << 8 | dss[4 + i];
	mptcp_encode(&out, &o);
	write_nop(&out, 2);
	option_cut(w, TCPOPT_MPTCP);
	option_append(w, bytes, out.length);
	return PASS;
}

static void test_mapped_ahead(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.back = map_ahead;
	scene_begin(&s);
	run_probe(&s);
	for (unsigned i = 0; i < SSNS_WRONG_MIN; i++)
		converse(&s, PURPOSE_MP_CAPABLE, 1, true);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 0);
	report_free(r);
	scene_end(&s);
}

/* ---- resets towards the server ------------------------------------------- */

/* A RST made of the segment: its addresses, IP ID and sequence number. */
static void make_reset(struct wire *w)
{
	uint8_t *tcp = wire_tcp_header(w);

	tcp[12] = 5 << 4;
	tcp[13] = TCP_FLAG_RST | TCP_FLAG_ACK;
	tcp[14] = tcp[15] = 0;
	w->length = (size_t)(tcp + 20 - w->bytes);
	fix_length(w);
}

/* Of copies, which end on the way. */
static enum act reset_forward(struct scene *s, struct wire *w)
{
	(void)s;
	if (is_copy(w))
		make_reset(w);
	return PASS;
}

/* A quote of a RST that has no number of ours. */
static enum act reset_of_others(struct scene *s, struct wire *w)
{
	if (reset_forward(s, w) == PASS && flags_of(w) & TCP_FLAG_RST)
		wire_tcp_header(w)[5] ^= 0x77;
	return PASS;
}

/* A segment without data, made of ours, is no quote of ours either. */
static enum act empty_quote(struct scene *s, struct wire *w)
{
	uint8_t *tcp = wire_tcp_header(w);

	(void)s;
	if (!is_copy(w))
		return PASS;
	w->length = (size_t)(tcp + 4 * (tcp[12] >> 4) - w->bytes);
	fix_length(w);
	return PASS;
}

static void test_emptied(void **state)
{
	struct scene s = scene();

	(void)state;
	s.forger_at = 3;
	s.forger = empty_quote;
	expect(s, innocent);
}

static void test_reset_forward(void **state)
{
	static const struct expected e = {
		STATUS_IMPAIRED,
		"tcp.reset_injected",
		EFFECT_IMPAIRS,
		DIRECTION_FORWARD,
		SEGMENT_DATA,
		2,
		3,
		CONFIDENCE_PROVEN,
		NULL,
	};

	(void)state;
	expect(with_box(2, reset_forward), e);
}

static void test_reset_of_others(void **state)
{
	struct scene s = scene();

	(void)state;
	s.forger_at = 3;
	s.forger = reset_of_others;
	expect(s, innocent);
}

/* Where such a RST may have made the server mute, DSS is not what is dropped.
 */
static void test_reset_and_mute(void **state)
{
	static const struct expected e = {
		STATUS_BLOCKED,
		"tcp.reset_injected",
		EFFECT_BLOCKS,
		DIRECTION_FORWARD,
		SEGMENT_DATA,
		2,
		3,
		CONFIDENCE_PROVEN,
		NULL,
	};
	struct scene s = with_box(2, reset_forward);

	(void)state;
	s.back = drop_dss;
	s.no_join = true;
	expect(s, e);
}

/* ---- answers in the server's name ---------------------------------------- */

static unsigned page_hop; /* from where it seems to come */

static enum act block(struct scene *s, struct wire *w)
{
	static const char page[] = "HTTP/1.1 403 Forbidden\r\n\r\n";
	struct packet p = wire_parse(w);
	struct tcp_segment r;

	if (!has_data(w))
		return PASS;
	r = answer_to(&p, TCP_FLAG_ACK | TCP_FLAG_PSH | TCP_FLAG_FIN,
		      p.tcp.acknowledgment);
	r.payload = (const uint8_t *)page;
	r.payload_length = sizeof(page) - 1;
	scene_reply(s, page_hop, &r);
	return ANSWER;
}

static const struct expected injected = {
	STATUS_BLOCKED,	   "data.injected",   EFFECT_BLOCKS,
	DIRECTION_UNKNOWN, SEGMENT_DATA,      NOWHERE,
	NOWHERE,	   CONFIDENCE_LIKELY, NULL,
};

/* The TTL may be that of a host before the server, or behind it. */
static void test_block_page(void **state)
{
	(void)state;
	page_hop = 2;
	expect(with_box(2, block), injected);
	page_hop = 8;
	expect(with_box(2, block), injected);
}

/* The smallest TTL of data that is answered so tells where. */
static void test_block_page_placed(void **state)
{
	struct expected e = injected;

	(void)state;
	page_hop = 8;
	e.direction = DIRECTION_FORWARD;
	e.after = 2;
	e.at = 3;
	e.confidence = CONFIDENCE_PROVEN;
	for (unsigned ip6 = 0; ip6 < 2; ip6++) {
		struct scene s = with_box(2, block);
		struct report *r;

		s.ip6 = ip6;
		scene_begin(&s);
		for (unsigned ttl = 1; ttl <= 4; ttl++)
			send_half(&s, knock(&s, PURPOSE_TCP, 0, false, NULL, 1),
				  0, true, ttl, false);
		run_probe(&s);
		r = judge_scene(&s);
		check_report(r, &e);
		report_free(r);
		scene_end(&s);
	}
}

static bool is_injected(struct scene s)
{
	struct report *r;
	bool found = false;

	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		found |= strcmp(r->findings[i].kind->id, "data.injected") == 0;
	report_free(r);
	scene_end(&s);
	return found;
}

/* Nothing proves that SYN/ACKs are the server's own: no key, no MP_TCPRST,
 * another distance; or the answer comes with their TTL. */
static void test_no_block_page(void **state)
{
	struct scene s = with_box(2, block);

	(void)state;
	page_hop = 8;
	assert_true(is_injected(s));
	s.version = -1;
	assert_false(is_injected(s));
	s.version = 1;
	s.bare_reset = true;
	assert_false(is_injected(s));
	s.bare_reset = false;
	s.udp_silent = true;
	assert_false(is_injected(s));
	s.udp_silent = false;
	page_hop = 5;
	assert_false(is_injected(s));
	assert_false(is_injected(scene()));
}

/* ---- DATA_ACKs ahead of TCP ------------------------------------ */

static uint32_t ahead;	/* bytes more than the server says */
static uint32_t others; /* the same of other connections */
static unsigned wanted; /* connections of which it is so */
static uint16_t ports[8];
static unsigned port_count;

static bool some_fit; /* those beside data say this instead */
static uint32_t fit;

static bool is_wanted(const struct wire *w)
{
	uint16_t port = wire_parse(w).tcp.destination_port;

	for (unsigned i = 0; i < port_count; i++)
		if (ports[i] == port)
			return true;
	if (port_count == wanted)
		return false;
	ports[port_count++] = port;
	return true;
}

static enum act ack_ahead(struct scene *s, struct wire *w)
{
	uint8_t *o = wire_option(w, TCPOPT_MPTCP, MP_DSS, NULL);
	uint32_t low, more;

	(void)s;
	if (!o || !(o[3] & DSS_ACK))
		return PASS;
	more = is_wanted(w) ? ahead : others;
	o += o[3] & DSS_ACK8 ? 8 : 4;
	memcpy(&low, o, sizeof(low));
	low = htonl(ntohl(low) + (some_fit && has_data(w) ? fit : more));
	memcpy(o, &low, sizeof(low));
	return PASS;
}

static bool acks_are_altered(struct scene s, uint32_t bytes,
			     unsigned connections)
{
	const struct finding *f = NULL;
	struct report *r;
	bool found;

	ahead = bytes;
	wanted = connections;
	port_count = 0;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, "dss.modified") == 0) {
			CHECK(r, !f); /* it is said once */
			f = &r->findings[i];
		}
	found = f != NULL;
	CHECK(r,
	      !f || (f->direction == DIRECTION_RETURN && f->or_server &&
		     f->confidence == CONFIDENCE_LIKELY &&
		     f->effect == (some_fit ? EFFECT_IMPAIRS : EFFECT_BLOCKS)));
	report_free(r);
	scene_end(&s);
	return found;
}

static void test_ack_ahead(void **state)
{
	struct scene s = with_back(ack_ahead);

	(void)state;
	assert_true(acks_are_altered(s, 1, 8));
	assert_true(acks_are_altered(s, 65536, 8));
	assert_false(acks_are_altered(s, 65537, 8)); /* a stack made it up */
	assert_false(acks_are_altered(s, 0, 8));
	others = 1 << 20;
	assert_false(acks_are_altered(s, 100, 1)); /* one is too few */
	assert_true(acks_are_altered(s, 100, 2));
	others = 0;
	s.no_timestamps = true;
	assert_true(acks_are_altered(s, 1, 8));
	/* What fits proves MPTCP, and then that is impaired. */
	some_fit = true;
	fit = -1u;
	assert_true(acks_are_altered(s, 1, 8));
	fit = 0; /* some are in step */
	assert_false(acks_are_altered(s, 100, 8));
}

/* ---- data that is acknowledged on the path ----------------------- */

static bool acks_more; /* than the client has sent */

/* In the server's name, and passes it on. */
static enum act ack_data(struct scene *s, struct wire *w)
{
	const struct packet p = wire_parse(w);
	struct tcp_segment ack;

	if (!has_data(w))
		return PASS;
	ack = answer_to(&p, TCP_FLAG_ACK, p.tcp.acknowledgment);
	scene_reply(s, s->hops + 1, &ack);
	ack.acknowledgment += 1000;
	if (acks_more)
		scene_reply(s, s->hops + 1, &ack);
	return PASS;
}

static bool is_acked_early(bool more)
{
	struct scene s = with_box(2, ack_data);
	struct caller *c;
	struct report *r;
	bool found = false;

	acks_more = more;
	scene_begin(&s);
	run_probe(&s);
	c = knock(&s, PURPOSE_TCP, 0, false, NULL, 1);
	send_third_ack(&s, c, 64, false);
	send_data(&s, c, &(struct span){.length = 16, .plain = true}, 4, false);
	scene_wait(&s, 2000 * MS);
	r = judge_scene(&s);
	for (size_t i = 0; i < r->finding_count; i++)
		found |= !strcmp(r->findings[i].kind->id, "data.acked_early");
	report_free(r);
	scene_end(&s);
	return found;
}

/* Who acknowledges more got what the capture lacks. */
static void test_acked_early(void **state)
{
	(void)state;
	assert_true(is_acked_early(false));
	assert_false(is_acked_early(true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped_ahead),
		cmocka_unit_test(test_reset_forward),
		cmocka_unit_test(test_reset_and_mute),
		cmocka_unit_test(test_reset_of_others),
		cmocka_unit_test(test_emptied),
		cmocka_unit_test(test_ack_ahead),
		cmocka_unit_test(test_acked_early),
		cmocka_unit_test(test_block_page),
		cmocka_unit_test(test_block_page_placed),
		cmocka_unit_test(test_no_block_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
