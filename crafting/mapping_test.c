/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checksum.h"
#include "mapping.h"
#include "tcp_options.h"

#define LENGTH 301 /* odd */
#define SSN 0xffffff80u
#define DSN 0x8710f99bfffffff0u

static uint8_t payload[LENGTH];

static struct mapping mapping_of(bool data_fin)
{
	struct mapping m = {
		.dsn = DSN,
		.dsn8 = true,
		.dsn_known = true,
		.ssn = SSN,
		.length = LENGTH + (data_fin ? 1 : 0),
		.data_fin = data_fin,
		.has_checksum = true,
	};

	for (size_t i = 0; i < LENGTH; i++)
		payload[i] = (uint8_t)(i * 37 + 11);
	m.checksum = dss_checksum(m.dsn, m.ssn, m.length, payload, LENGTH);
	return m;
}

static enum mapping_state add(struct mapping_sum *s, size_t from, size_t to)
{
	return mapping_sum_add(s, SSN + (uint32_t)from, payload + from,
			       to - from);
}

static void test_one_segment(void **state)
{
	struct mapping m = mapping_of(true);
	struct mapping_sum s;

	(void)state;
	mapping_sum_begin(&s, &m);
	assert_int_equal(add(&s, 0, LENGTH), MAPPING_RIGHT);
	assert_int_equal(add(&s, 0, LENGTH), MAPPING_OPEN); /* said once */
	m.checksum++;
	mapping_sum_begin(&s, &m);
	assert_int_equal(add(&s, 0, LENGTH), MAPPING_WRONG);
}

/* Pieces in any order, some of them twice, some overlapping. */
static void test_any_order(void **state)
{
	struct mapping m = mapping_of(false);

	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		bool wrong = round % 2;
		enum mapping_state ret = MAPPING_OPEN;
		struct mapping_sum s;

		payload[77] ^= wrong;
		mapping_sum_begin(&s, &m);
		for (int i = 0; i < 100000 && s.open; i++) {
			size_t from = (size_t)rand() % LENGTH;
			size_t to = from + (size_t)rand() % 120;

			ret = add(&s, from, to > LENGTH ? LENGTH : to);
		}
		payload[77] ^= wrong;
		if (s.piece_count == 1)
			assert_int_equal(ret,
					 wrong ? MAPPING_WRONG : MAPPING_RIGHT);
		else
			assert_int_equal(ret, MAPPING_OPEN);
	}
}

/* What is before and behind it in the stream does not count. */
static void test_surroundings(void **state)
{
	struct mapping m = mapping_of(false);
	uint8_t more[LENGTH + 40] = {0};
	struct mapping_sum s;

	(void)state;
	memset(more, 0xee, sizeof(more));
	memcpy(more + 13, payload, LENGTH);
	mapping_sum_begin(&s, &m);
	assert_int_equal(mapping_sum_add(&s, SSN - 13, more, 60), MAPPING_OPEN);
	assert_int_equal(mapping_sum_add(&s, SSN + 500, more, 60),
			 MAPPING_OPEN);
	assert_int_equal(mapping_sum_add(&s, SSN - 300, more, 200),
			 MAPPING_OPEN);
	assert_int_equal(
		mapping_sum_add(&s, SSN + 47, more + 60, sizeof(more) - 60),
		MAPPING_RIGHT);
}

/* Too many pieces at once: unknown, not wrong. */
static void test_pieces(void **state)
{
	struct mapping m = mapping_of(false);
	struct mapping_sum s;

	(void)state;
	mapping_sum_begin(&s, &m);
	for (size_t i = 0; i <= MAPPING_PIECES; i++) {
		assert_true(s.open);
		assert_int_equal(add(&s, i * 20, i * 20 + 10), MAPPING_OPEN);
	}
	assert_false(s.open);
	assert_int_equal(add(&s, 0, LENGTH), MAPPING_OPEN);
}

/* RFC 8684 3.3.3: the DATA_FIN alone has no payload. */
static void test_data_fin(void **state)
{
	struct mapping m = mapping_of(true);
	struct mapping_sum s;

	(void)state;
	m.length = 1;
	m.ssn = 0;
	m.checksum = dss_checksum(m.dsn, 0, 1, NULL, 0);
	mapping_sum_begin(&s, &m);
	assert_int_equal(mapping_sum_add(&s, 77, NULL, 0), MAPPING_RIGHT);
}

static struct tcp_options with(struct mptcp_option o)
{
	struct tcp_options options = {.mptcp_count = 1};

	options.mptcp[0] = o;
	return options;
}

static void test_read(void **state)
{
	struct mptcp_option dss = {
		.subtype = MP_DSS,
		.dss = {.flags = DSS_MAPPING | DSS_DATA_FIN,
			.dsn = 0x10,
			.ssn = 7,
			.data_level_length = 9},
	};
	struct mptcp_option capable = {
		.subtype = MP_CAPABLE,
		.capable = {.has_data_length = true, .data_length = 5},
	};
	struct tcp_options options = with(dss);
	struct mapping m;

	(void)state;
	assert_true(mapping_read(&options, DSN, DSN, &m));
	assert_int_equal(m.dsn, DSN + 0x20); /* the nearest */
	assert_true(m.dsn_known);
	assert_int_equal(mapping_payload(&m), 8);
	assert_true(mapping_read(&options, 0, 0, &m));
	assert_false(m.dsn_known);
	options = with(capable);
	assert_true(mapping_read(&options, DSN, 0, &m));
	assert_true(m.dsn == DSN && m.ssn == 1 && m.length == 5);
	capable.capable.has_data_length = false;
	options = with(capable);
	assert_false(mapping_read(&options, DSN, DSN, &m));
	dss.dss.flags = DSS_ACK;
	options = with(dss);
	assert_false(mapping_read(&options, DSN, DSN, &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_segment),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_data_fin),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
