/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a capture lacks: a quote, or an answer, of a segment that is not in it
 * is none of another one, and tells nothing of that.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fixture.h"

#define SPAN (1u << 18)

/* ---- quotes ----------------------------------------------------------------
 */

static void quote(const struct wire *w)
{
	struct envelope e = scene_envelope(&s, 2, 64);
	struct wire icmp = wire_icmp(&e, TIME_EXCEEDED, w, 84);

	scene_see(&s, &icmp);
}

static void add_to_tsval(struct wire *w, uint32_t add)
{
	uint8_t *at = wire_option(w, TCPOPT_KIND_TIMESTAMPS, -1, NULL) + 2;
	uint32_t tsval;

	memcpy(&tsval, at, 4);
	tsval = htonl(ntohl(tsval) + add);
	memcpy(at, &tsval, 4);
}

/* Of one SYN, with TTL 64; the quote is of it, but for a timestamp that is so
 * much later, and an IP ID of nobody's. */
static bool is_quoted(uint32_t later)
{
	struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
	struct wire w = syn_wire(&s, c, 64, 0);
	const struct flow *f;

	scene_see(&s, &w);
	f = flow_of(&s, c);
	add_to_tsval(&w, later);
	if (!s.ip6)
		set_id(&w, (uint16_t)(wire_parse(&w).ip.id + 0x4000));
	quote(&w);
	return f->quote_count == 1;
}

static void test_other_clock(void **state)
{
	(void)state;
	/* By the TTL that it names then, of which no sweep has some. */
	assert_true(is_quoted(1));
	assert_true(is_quoted(64));
	assert_false(is_quoted(65));
	assert_false(is_quoted(SPAN - 128));
	assert_true(is_quoted(SPAN));
	assert_false(is_quoted(-1u));
	assert_false(is_quoted(-63u));
	assert_true(is_quoted(-64u));
	assert_false(is_quoted(-SPAN));
	assert_true(is_quoted(-SPAN - 128));
}

/* The clock is that of this one, and its bytes are not: one of its like. */
static void test_other_bytes(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 2; bit++)
		for (unsigned near = 0; near < 2; near++) {
			struct caller *c = call(&s, PURPOSE_MP_CAPABLE, 1);
			struct wire w = syn_wire(&s, c, 3, 0);

			scene_see(&s, &w);
			set_id(&w, (uint16_t)(wire_parse(&w).ip.id +
					      (near ? 255 : 256)));
			wire_tcp_header(&w)[16] ^= (uint8_t)bit;
			quote(&w);
			assert_int_equal(flow_of(&s, c)->quote_count,
					 !(bit && near));
		}
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(ip_id_is_of_a_copy(1256, 1001));
	assert_false(ip_id_is_of_a_copy(1257, 1001));
	assert_true(ip_id_is_of_a_copy(745, 1001));
	assert_false(ip_id_is_of_a_copy(744, 1001));
	assert_true(ip_id_is_of_a_copy(3, 0xfffe));
	assert_false(ip_id_is_of_a_copy(1001, 1001));
	assert_false(ip_id_is_of_a_copy(3, 0)); /* none was given */
}

/* ---- answers ---------------------------------------------------------------
 */

#define CLOCK 0x12345680u /* of the first SYN, less its TTL */

static struct kept syn_of(uint32_t tsval, unsigned ttl)
{
	return (struct kept){
		.kind = SEGMENT_SYN,
		.packet.ip.ttl = (uint8_t)ttl,
		.options = {.has_timestamps = true, .tsval = tsval}};
}

static struct kept echo_of(uint32_t tsecr)
{
	return (struct kept){
		.time_us = 10,
		.options = {.has_timestamps = true, .tsecr = tsecr}};
}

/* SYNs with these timestamps, as mpprobe has them or as hosts do. */
static bool names_unseen(uint32_t first, uint32_t second, unsigned ttl,
			 uint32_t tsecr)
{
	struct kept syns[] = {syn_of(first, ttl), syn_of(second, ttl)};
	struct kept *sent[] = {&syns[0], &syns[1]};
	struct kept reply = echo_of(tsecr);
	struct flow f = {.sent = sent, .sent_count = 2};

	return flow_answered_unseen(&f, &reply);
}

static void test_answers(void **state)
{
	(void)state;
	/* Of mpprobe's: another of the sweep, or one without the option. */
	assert_false(names_unseen(CLOCK + 3, CLOCK + 3, 3, CLOCK + 3));
	assert_false(names_unseen(CLOCK + 3, CLOCK + 3, 3, CLOCK + 64));
	assert_false(names_unseen(CLOCK + 3, CLOCK + 3, 3, CLOCK + 127));
	assert_true(names_unseen(CLOCK + 3, CLOCK + 3, 3, CLOCK + 128));
	/* Of a host's, milliseconds later. */
	assert_false(names_unseen(CLOCK, CLOCK, 64, CLOCK + 127));
	assert_true(names_unseen(CLOCK, CLOCK, 64, CLOCK + 128));
	assert_true(names_unseen(CLOCK, CLOCK + 1000, 64, CLOCK + 3000));
	assert_false(names_unseen(CLOCK, CLOCK + 1000, 64, CLOCK + 1000));
	assert_false(names_unseen(CLOCK, CLOCK + 1000, 64, CLOCK));
	assert_false(names_unseen(CLOCK, CLOCK + 1000, 64, CLOCK + 500));
	assert_true(names_unseen(CLOCK, CLOCK, 64, CLOCK + SPAN - 1));
	assert_false(names_unseen(CLOCK, CLOCK, 64, CLOCK + SPAN));
	assert_false(names_unseen(CLOCK, CLOCK, 64, CLOCK - 1));
}

static bool echoes_unseen(uint32_t tsecr, bool unkept)
{
	struct kept first = syn_of(CLOCK, 64), second = syn_of(CLOCK + 9, 64);
	struct kept *sent[] = {&first, &second};
	struct kept reply = echo_of(tsecr);
	struct flow f = {.sent = sent,
			 .sent_count = 2,
			 .timestamps = true,
			 .unkept = unkept};

	return flow_echoes_unseen(&f, &reply);
}

static void test_echoes(void **state)
{
	(void)state;
	assert_false(echoes_unseen(CLOCK, false));
	assert_true(echoes_unseen(CLOCK + 5, false));
	assert_false(echoes_unseen(CLOCK + 9, false));
	assert_true(echoes_unseen(CLOCK + 10, false));
	assert_false(echoes_unseen(CLOCK + 10, true));
	assert_true(echoes_unseen(CLOCK + 9 + SPAN - 1, false));
	assert_false(echoes_unseen(CLOCK + 9 + SPAN, false)); /* made up */
	assert_false(echoes_unseen(0, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_other_clock),		TEST6(test_other_clock),
		TEST(test_other_bytes),		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_echoes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
