/* SPDX-License-Identifier: GPL-3.0-or-later
 * Damaged and hostile captures: observed, judged and printed without a
 * crash (run it under the sanitizers), in bounded time and memory. The seeds
 * are fixed, so a failure happens again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/print/json.h"
#include "report/print/text.h"
#include "tests/captures.h"
#include "tests/client.h"
#include "tests/page.h"

#define FUZZ_SECONDS 4
#define FUZZ_ROUNDS 4000
#ifdef __SANITIZE_ADDRESS__
#define HOSTILE 20000
#else
#define HOSTILE 200000
#endif

static struct captures captures;
static uint64_t state_of_random = 1;

static uint32_t roll(uint32_t sides)
{
	state_of_random =
		state_of_random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state_of_random >> 33) % sides;
}

static int load_all(void **state)
{
	(void)state;
	captures = captures_load();
	return captures.count ? 0 : -1;
}

static int free_all(void **state)
{
	(void)state;
	captures_free(&captures);
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#define TARGETS 4

static void judge_group(const struct page *page, const struct observer *o,
			const struct judge_target *targets, size_t count)
{
	struct report *reports[TARGETS];
	const struct paths_group group = {.reports = reports, .count = count};
	struct paths *paths;

	for (size_t i = 0; i < count; i++) {
		reports[i] = judge(o, &targets[i]);
		assert_non_null(reports[i]->verdict);
		text_report(page, reports[i]);
		assert_int_equal(json_report(page, reports[i]), 0);
	}
	paths = paths_judge(o, &group);
	text_paths(page, paths);
	assert_int_equal(json_paths(page, paths), 0);
	paths_free(paths);
	for (size_t i = 0; i < count; i++)
		report_free(reports[i]);
}

static void find_legs(const struct page *page, const struct observer *o)
{
	struct legs *l = legs_find(o);

	text_legs(page, l);
	assert_int_equal(json_legs(page, l), 0);
	legs_free(l);
}

/* Judges the first few targets and prints all there is to print. */
static void judge_all(const struct observer *o)
{
	struct judge_target targets[TARGETS];
	size_t count = judge_targets(o, targets, TARGETS);
	struct page page = page_on(fopen("/dev/null", "w"));

	page.verbose = true;
	count = count < TARGETS ? count : TARGETS;
	for (size_t i = 0, used; i < count; i += used) {
		used = paths_take_group(&targets[i], count - i);
		judge_group(&page, o, &targets[i], used);
	}
	find_legs(&page, o);
	page_done(&page);
}

static void damage(struct frame *f)
{
	static const uint8_t values[] = {0, 1, 2, 4, 0x7f, 0x80, 0xff, 30, 40};

	if (!f->length)
		return;
	switch (roll(6)) {
	case 0:
		f->length = roll((uint32_t)f->length + 1);
		break;
	case 1:
		f->time_us += (int64_t)roll(4000000) - 2000000;
		break;
	case 2:
		f->link_type = (int)roll(280);
		break;
	case 3: /* anywhere */
		f->bytes[roll((uint32_t)f->length)] ^= (uint8_t)(1 << roll(8));
		break;
	default: /* somewhere behind the addresses, a value that matters */
		f->bytes[(f->length > 54 ? 34 : 0) +
			 roll((uint32_t)f->length -
			      (f->length > 54 ? 34 : 0))] = values[roll(9)];
		break;
	}
}

static void fuzz_once(void)
{
	const struct capture_bytes *c =
		&captures.list[roll((uint32_t)captures.count)];
	const struct capture_bytes *other =
		&captures.list[roll((uint32_t)captures.count)];
	struct observer *o = observer_new();
	uint32_t rate = 1 + roll(40);

	assert_non_null(o);
	for (size_t i = 0; i < c->count; i++) {
		struct frame f = c->frames[i];
		uint32_t what = roll(200);

		if (what == 0)
			continue; /* lost */
		if (what == 1)	  /* another order */
			f = c->frames[roll((uint32_t)c->count)];
		if (what == 2) /* of another capture */
			f = other->frames[roll((uint32_t)other->count)];
		if (roll(100) < rate)
			for (uint32_t n = 1 + roll(3); n > 0; n--)
				damage(&f);
		feed_frame(o, &f);
		if (what == 3) /* twice */
			feed_frame(o, &f);
	}
	judge_all(o);
	observer_free(o);
}

static void test_damaged(void **state)
{
	double until = seconds() + FUZZ_SECONDS;

	(void)state;
	for (int i = 0; i < FUZZ_ROUNDS && seconds() < until; i++) {
		state_of_random = (uint64_t)i + 1;
		fuzz_once();
	}
}

/* A frame cut at each length, and with each of its bytes another. */
static void sweep_frame(struct observer *o, const struct frame *whole)
{
	struct frame f = *whole;

	for (f.length = 0; f.length < whole->length; f.length++)
		feed_frame(o, &f);
	for (size_t i = 0; i < f.length; i++) {
		f.bytes[i] ^= (uint8_t)(1 + roll(255));
		feed_frame(o, &f);
		f.bytes[i] = whole->bytes[i];
	}
}

#define SWEPT 8 /* frames of each capture, others with each version of it */

static void test_swept(void **state)
{
	(void)state;
	for (size_t i = 0; i < captures.count; i++) {
		const struct capture_bytes *c = &captures.list[i];
		struct observer *o = observer_new();
		size_t step = 1 + c->count / SWEPT;

		assert_non_null(o);
		state_of_random = c->count + i;
		for (size_t k = 0; k < c->count; k++)
			if (k % step == i % step)
				sweep_frame(o, &c->frames[k]);
			else
				feed_frame(o, &c->frames[k]);
		judge_all(o);
		observer_free(o);
	}
}

/* ---- hostile floods -------------------------------------------------------
 */

#define SECONDS_MAX                                                            \
	20 /* a few without sanitizers; what is quadratic takes                \
	      minutes */
#define MEGABYTES_MAX 1500

typedef void flood_fn(struct scene *s, unsigned i);

static void flood(flood_fn *fn)
{
	struct scene s = scene();
	double began = seconds();
	struct rusage usage;

	scene_begin(&s);
	for (unsigned i = 0; i < HOSTILE; i++)
		fn(&s, i);
	judge_all(s.o);
	scene_end(&s);
	if (getenv("FUZZ_TIMES"))
		print_message("%.1f s\n", seconds() - began);
	assert_true(seconds() - began < SECONDS_MAX);
	getrusage(RUSAGE_SELF, &usage);
	assert_true(usage.ru_maxrss / 1024 < MEGABYTES_MAX);
}

static struct caller any_caller(unsigned i)
{
	return (struct caller){.purpose = PURPOSE_MP_CAPABLE,
			       .version = 1,
			       .port = (uint16_t)i,
			       .isn = i * 7,
			       .ts = i};
}

static void many_flows(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i);
	struct wire w = syn_wire(s, &c, 64, 0);

	scene_see(s, &w);
}

static void many_targets(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i);
	struct wire w = syn_wire(s, &c, 64, 0);

	w.bytes[17] = (uint8_t)(i >> 16);
	w.bytes[18] = (uint8_t)(i >> 8);
	w.bytes[19] = (uint8_t)i;
	scene_see(s, &w);
}

static void one_port(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i);
	struct wire w;

	c.port = 1;
	w = syn_wire(s, &c, 64, 0);
	scene_see(s, &w);
}

static void joins(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i);
	struct wire w;

	c.purpose = PURPOSE_MP_JOIN;
	c.token = i;
	w = syn_wire(s, &c, 64, 0);
	scene_see(s, &w);
}

/* A SYN and its quote, by another router each time. */
static void quoted_flows(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i / 2);
	struct wire w = syn_wire(s, &c, 1 + i / 2 % 30, 0), icmp;
	struct envelope e = scene_envelope(s, 1, 64);

	if (i % 2 == 0) {
		scene_see(s, &w);
		return;
	}
	e.from.bytes[2] = (uint8_t)(i >> 9);
	e.from.bytes[3] = (uint8_t)(i >> 1);
	set_id(&w, (uint16_t)(s->next_id - 2));
	if (i % 4 == 1)
		option_fill(&w, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
	icmp = wire_icmp(&e, TIME_EXCEEDED, &w, 1500);
	scene_see(s, &icmp);
}

/* Quotes of one flow of many segments; most fit. */
static void quotes_of_one(struct scene *s, unsigned i)
{
	struct caller c = any_caller(1);
	struct wire w = syn_wire(s, &c, 1 + i % 255, 0), icmp;
	struct envelope e = scene_envelope(s, 1, 64);

	if (i < 2000) {
		scene_see(s, &w);
		return;
	}
	e.from.bytes[2] = (uint8_t)(i >> 8);
	e.from.bytes[3] = (uint8_t)i;
	option_fill(&w, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
	icmp = wire_icmp(&e, TIME_EXCEEDED, &w, 1500);
	scene_see(s, &icmp);
}

/* Quotes that fit nothing, beside a good many flows. */
static void quotes_of_none(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i % 50);
	struct wire w, icmp;
	struct envelope e = scene_envelope(s, 1, 64);

	c.ts = i * 1000;
	w = syn_wire(s, &c, 1 + i % 60, 0);
	if (i < 20000) {
		scene_see(s, &w);
		return;
	}
	w.bytes[20] = 0xff;
	wire_tcp_header(&w)[4] ^= 0x55;
	icmp = wire_icmp(&e, TIME_EXCEEDED, &w, 1500);
	scene_see(s, &icmp);
}

/* One connection that goes on for long, in both directions. */
static void long_connection(struct scene *s, unsigned i)
{
	struct caller c = any_caller(1);
	struct envelope e = scene_envelope(s, 5, 60);
	struct packet p;
	struct tcp_segment r;
	struct wire w;

	if (i % 3 == 0) {
		w = syn_wire(s, &c, 1 + i % 60, 0);
		scene_see(s, &w);
		return;
	}
	e.from = server_address(s);
	w = syn_wire(s, &c, 64, 0);
	p = wire_parse(&w);
	r = answer_to(&p, TCP_FLAG_ACK | (i % 3 == 1 ? TCP_FLAG_SYN : 0),
		      i % 3 == 1 ? 77 : 78);
	if (i == HOSTILE - 1)
		r.flags = TCP_FLAG_RST | TCP_FLAG_ACK;
	w = wire_tcp(&e, &r);
	scene_see(s, &w);
}

/* SYN/ACKs and RSTs to as many connections. */
static void answered_flows(struct scene *s, unsigned i)
{
	struct caller c = any_caller(i / 2);
	struct envelope e = scene_envelope(s, 5, 60);
	struct wire w;
	struct packet p;
	struct tcp_segment r;

	if (i % 4 < 2)
		c.purpose = PURPOSE_TCP;
	w = syn_wire(s, &c, 64, 0);
	if (i % 2 == 0) {
		scene_see(s, &w);
		return;
	}
	e.from = server_address(s);
	p = wire_parse(&w);
	r = answer_to(&p,
		      TCP_FLAG_ACK | (i % 4 == 1 ? TCP_FLAG_SYN : TCP_FLAG_RST),
		      i);
	w = wire_tcp(&e, &r);
	scene_see(s, &w);
}

static void controls(struct scene *s, unsigned i)
{
	struct envelope e = scene_envelope(s, 5, 60);
	struct wire w = {.length = 0}, icmp;
	uint8_t datagram[80];
	ssize_t length;
	struct envelope out = {.from = hop_address(s, 0),
			       .to = server_address(s),
			       .protocol = IPPROTO_UDP,
			       .ttl = (uint8_t)(1 + i % 250),
			       .id = (uint16_t)i};

	if (i == 0)
		many_flows(s, i);
	length = udp_datagram_write((uint16_t)(i / 2), 33434,
				    (const uint8_t *)"mpprobe 064 01234567", 20,
				    &out.from, &out.to, datagram,
				    sizeof(datagram));
	w = wire_ip(&out, datagram, (size_t)length);
	e.from = server_address(s);
	icmp = wire_icmp(&e, PORT_UNREACHABLE, &w, 1500);
	scene_see(s, i % 2 ? &icmp : &w);
}

static flood_fn *const floods[] = {
	many_flows,	many_targets,  one_port,       joins,
	quoted_flows,	quotes_of_one, quotes_of_none, long_connection,
	answered_flows, controls,
};

static void test_floods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		if (getenv("FUZZ_TIMES"))
			print_message("flood %zu: ", i);
		flood(floods[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_swept),
		cmocka_unit_test(test_floods),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
