/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which packets a report shows, and how much of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"

/* As many as a report shows of one connection, of all, and of bytes. */
#define OF_CONNECTION 40
#define OF_ALL 600
#define BYTES 128

static const struct report_packet *packet_of(const struct report *r,
					     uint64_t frame)
{
	for (size_t i = 0; i < r->packet_count; i++)
		if (r->packets[i].frame == frame)
			return &r->packets[i];
	return NULL;
}

static size_t packets_of(const struct report *r, unsigned connection)
{
	size_t count = 0;

	for (size_t i = 0; i < r->packet_count; i++)
		count += r->packets[i].connection == connection;
	return count;
}

/* A connection of a SYN that is sent so often; as often it is answered. */
static struct caller *repeat(struct scene *s, enum purpose purpose,
			     unsigned times)
{
	struct caller *c = call(s, purpose, 1);

	for (unsigned i = 0; i < times; i++)
		send_syn(s, c, 64, false);
	return c;
}

/* Both headers and the first of the data, or all there is. */
static void test_bytes(void **state)
{
	struct span more = {.offset = sizeof(REQUEST) - 1, .length = 100};
	struct scene s = scene();
	struct report *r;
	size_t cut = 0;

	(void)state;
	scene_begin(&s);
	send_data(&s, converse(&s, PURPOSE_MP_CAPABLE, 1, false), &more, 64,
		  false);
	r = judge_scene(&s);
	CHECK(r, r->packet_count > 6);
	for (size_t i = 0; i < r->packet_count; i++) {
		const uint8_t *b = r->packets[i].bytes;
		size_t length = (size_t)(b[2] << 8 | b[3]);

		CHECK(r, r->packets[i].length ==
				 (length < BYTES ? length : BYTES));
		cut += length > BYTES;
	}
	CHECK(r, cut == 1);
	report_free(r);
	scene_end(&s);
}

/* The first of each connection, as long as all are few. */
static void test_first(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	scene_begin(&s);
	for (unsigned i = 0; i < 2 * OF_ALL / OF_CONNECTION + 1; i++)
		repeat(&s, PURPOSE_TCP, OF_CONNECTION + 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 0);
	CHECK(r, packets_of(r, r->connections[0].id) == OF_CONNECTION);
	CHECK(r, r->packet_count == OF_ALL);
	report_free(r);
	scene_end(&s);
}

/* Behind so many others what a finding names is shown all the same, with what
 * it quotes, and of its connection nothing else. */
static void test_named(void **state)
{
	struct scene s = with_box(2, strip);
	struct report *r;
	const struct finding *f;

	(void)state;
	scene_begin(&s);
	for (unsigned i = 0; i < OF_ALL / OF_CONNECTION; i++)
		repeat(&s, PURPOSE_TCP, OF_CONNECTION);
	sweep(&s, PURPOSE_TCP, 0);
	repeat(&s, PURPOSE_MP_CAPABLE, 1);
	sweep(&s, PURPOSE_MP_CAPABLE, 1);
	r = judge_scene(&s);
	CHECK(r, r->finding_count == 1);
	f = &r->findings[0];
	CHECK(r, f->evidence_count >= 2 && f->connection_count == 1);
	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct report_packet *p =
			packet_of(r, f->evidence[i].frame);

		CHECK(r, p && p->quotes && packet_of(r, p->quotes));
	}
	/* Two hops quote it, a SYN each. */
	CHECK(r, packets_of(r, f->connections[0]) == 4);
	CHECK(r, r->packet_count == OF_ALL + 4);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
