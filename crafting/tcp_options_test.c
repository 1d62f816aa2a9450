/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cursor.h"
#include "tcp_options.h"

enum { BLOCK = 80, TEXT = 256 };

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* The SYN of a Linux client with MPTCP v1 */
#define SYN_HEX                                                                \
	"020405b40402080a000012340000567801030307"                             \
	"1e040101"

static void test_text(void **state)
{
	static const struct {
		const char *hex, *text;
	} rows[] = {
		{SYN_HEX, "mss 1460,sackOK,TS,nop,wscale 7,MP_CAPABLE"},
		{"", ""},
		{"00", "eol"},
		{"0100020405b4", "nop,eol"}, /* nothing is read after EOL */
		{"01010101", "nop,nop,nop,nop"},
		{"0101050a0000000100000002", "nop,nop,sack"},
		{"fd04f989", "kind 253"},
		{"1e1420012222", "malformed"},
		{"01020305", "nop,mss of 3 bytes"},
		{"0101020405", "nop,nop,malformed"},
		{"0102", "nop,malformed"},
		{"0200", "malformed"},
		{"0201", "malformed"},
		{"1e02", "mptcp of 2 bytes"},
		{"1e0501010101", "MP_CAPABLE of 5 bytes,nop"},
		{"1e03c0", "subtype 12"},
		{"22022212aa", "tfo,malformed"},
		{"1302", "md5 of 2 bytes"},
		{"1e082001000000011e0c600000000000000000ff0000",
		 "DSS,MP_FAIL,eol"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t block[BLOCK];
		size_t length = from_hex(rows[i].hex, block);
		char text[TEXT];

		assert_ptr_equal(tcp_options_text(block, length, text, TEXT),
				 text);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_text_is_cut(void **state)
{
	static const char full[] = "mss 1460,sackOK,TS,nop,wscale 7,MP_CAPABLE";
	uint8_t block[BLOCK];
	size_t length = from_hex(SYN_HEX, block);

	(void)state;
	for (size_t size = 1; size <= sizeof(full); size++) {
		char *text = malloc(size);

		assert_non_null(text);
		tcp_options_text(block, length, text, size);
		assert_int_equal(strlen(text), size - 1);
		assert_memory_equal(text, full, size - 1);
		free(text);
	}
	assert_null(tcp_options_text(block, length, NULL, 0));
}

static void test_walk(void **state)
{
	static const struct {
		uint8_t kind, length;
		size_t offset;
	} rows[] = {{2, 4, 0},	{4, 2, 4},  {8, 10, 6},
		    {1, 1, 16}, {3, 3, 17}, {30, 4, 20}};
	uint8_t block[BLOCK];
	size_t length = from_hex(SYN_HEX, block);
	struct option_walk w = option_walk_over(block, length, length);
	struct tcp_option o;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(option_next(&w, &o), OPTION_FOUND);
		assert_int_equal(o.kind, rows[i].kind);
		assert_int_equal(o.length, rows[i].length);
		assert_int_equal(o.offset, rows[i].offset);
		assert_ptr_equal(o.bytes, block + o.offset);
	}
	assert_int_equal(option_next(&w, &o), OPTION_END);
	assert_int_equal(option_next(&w, &o), OPTION_END);
}

/* How a walk ends, of `hex` of which only the first `available` are there, in
 * a block of `length` bytes; afterwards it is over. */
static enum option_step last_step(const char *hex, size_t available,
				  size_t length)
{
	uint8_t block[BLOCK];
	uint8_t *there = calloc(1, available ? available : 1);
	struct option_walk w = option_walk_over(there, available, length);
	struct tcp_option o;
	enum option_step step;

	assert_non_null(there);
	assert_true(from_hex(hex, block) >= available);
	memcpy(there, block, available);
	while ((step = option_next(&w, &o)) == OPTION_FOUND)
		;
	assert_int_equal(option_next(&w, &o), OPTION_END);
	free(there);
	return step;
}

static void test_how_a_walk_ends(void **state)
{
	static const struct {
		const char *hex;
		size_t available, length;
		enum option_step step;
	} rows[] = {
		{"", 0, 0, OPTION_END},
		{"", 0, 20, OPTION_END}, /* nothing of the options is there */
		{"020405b4", 4, 4, OPTION_END},
		{"020405b4", 4, 20, OPTION_END}, /* cut between two options */
		{"020405b4", 3, 20, OPTION_CUT},
		{"020405b4", 3, 4, OPTION_CUT},
		{"020405b4", 3, 3, OPTION_MALFORMED},
		{"020405b4", 1, 4, OPTION_CUT},
		{"020405b4", 1, 1, OPTION_MALFORMED},
		{"0100", 2, 20, OPTION_END},
		{"1e0c0101", 4, 11, OPTION_MALFORMED}, /* past the block */
		{"1e0c0101", 4, 12, OPTION_CUT},
		{"1e0c0101", 2, 11, OPTION_MALFORMED},
		{"0200", 2, 20, OPTION_MALFORMED},
		{"0201", 2, 20, OPTION_MALFORMED},
		{"1e00", 2, 20, OPTION_MALFORMED},
		{"1eff", 2, 40, OPTION_MALFORMED},
		{"01010101", 4, 2, OPTION_END}, /* more there than promised */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(last_step(rows[i].hex, rows[i].available,
					   rows[i].length),
				 rows[i].step);
}

static void test_walk_over_nothing(void **state)
{
	struct option_walk w = option_walk_over(NULL, 0, 40);
	struct tcp_option o;

	(void)state;
	assert_int_equal(option_next(&w, &o), OPTION_END);
}

static void test_read(void **state)
{
	uint8_t block[BLOCK];
	size_t length = from_hex(SYN_HEX, block);
	struct tcp_options o;
	const struct mptcp_option *m;

	(void)state;
	tcp_options_read(block, length, length, &o);
	assert_true(o.has_mss && o.has_wscale && o.has_timestamps);
	assert_true(o.sack_permitted);
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.wscale, 7);
	assert_int_equal(o.tsval, 0x1234);
	assert_int_equal(o.tsecr, 0x5678);
	assert_true(o.complete);
	assert_false(o.malformed);
	assert_int_equal(o.mptcp_count, 1);
	assert_int_equal(o.mptcp_bad, 0);
	m = tcp_options_mptcp(&o, MP_CAPABLE);
	assert_non_null(m);
	assert_int_equal(m->capable.version, 1);
	assert_null(tcp_options_mptcp(&o, MP_JOIN));
}

static void read_hex(const char *hex, struct tcp_options *o)
{
	uint8_t block[BLOCK];
	size_t length = from_hex(hex, block);

	tcp_options_read(block, length, length, o);
}

/* Of a block, not of a SYN, which only permits it. */
static void test_read_sack(void **state)
{
	struct tcp_options o;

	(void)state;
	read_hex("050a0000000100000002", &o);
	assert_true(o.sacks);
	assert_false(o.sack_permitted);
	read_hex("0402", &o);
	assert_false(o.sacks);
}

static void test_read_first_occurrence(void **state)
{
	struct tcp_options o;

	(void)state;
	read_hex("020405b402040200030307030301"
		 "080a0000000100000002080a0000000300000004",
		 &o);
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.wscale, 7);
	assert_int_equal(o.tsval, 1);
	assert_int_equal(o.tsecr, 2);
	/* one of a length that it cannot have does not count */
	read_hex("02030502040200", &o);
	assert_true(o.has_mss);
	assert_int_equal(o.mss, 512);
	assert_false(o.malformed);
}

static void test_read_mptcp(void **state)
{
	struct tcp_options o;
	const struct mptcp_option *m;

	(void)state;
	read_hex("1e08200100000001" /* DSS */
		 "1e050101ff"	    /* no length of MP_CAPABLE */
		 "1e02"		    /* no subtype */
		 "1e0c600000000000000000ff"
		 "1e08200100000002",
		 &o);
	assert_int_equal(o.mptcp_count, 3);
	assert_int_equal(o.mptcp_bad, 2);
	m = tcp_options_mptcp(&o, MP_DSS);
	assert_non_null(m);
	assert_true(m->dss.data_ack == 1);
	assert_non_null(tcp_options_mptcp(&o, MP_FAIL));
	assert_null(tcp_options_mptcp(&o, MP_CAPABLE));
}

static void test_read_more_mptcp_than_are_kept(void **state)
{
	struct tcp_options o;
	uint8_t block[BLOCK];
	struct writer w = writer_over(block, sizeof(block));
	struct mptcp_option prio = {.subtype = MP_PRIO};

	(void)state;
	for (unsigned i = 0; i < TCP_MPTCP_MAX + 5; i++)
		mptcp_encode(&w, &prio);
	assert_false(w.failed);
	tcp_options_read(block, w.length, w.length, &o);
	assert_int_equal(o.mptcp_count, TCP_MPTCP_MAX);
	assert_int_equal(o.mptcp_bad, 0);
}

/* What a quote does not have is absent, whatever stands behind it. */
static void test_read_a_short_quote(void **state)
{
	uint8_t block[BLOCK];
	size_t length = from_hex(SYN_HEX, block);

	(void)state;
	for (size_t available = 0; available <= length; available++) {
		struct tcp_options o;

		tcp_options_read(block, available, length, &o);
		assert_false(o.malformed);
		assert_int_equal(o.complete, available == length);
		assert_int_equal(o.has_mss, available >= 4);
		assert_int_equal(o.sack_permitted, available >= 6);
		assert_int_equal(o.has_timestamps, available >= 16);
		assert_int_equal(o.has_wscale, available >= 20);
		assert_int_equal(o.mptcp_count, available >= 24);
		assert_int_equal(o.mptcp_bad, 0);
		assert_int_equal(o.tsval, available >= 16 ? 0x1234 : 0);
	}
}

static void test_read_malformed(void **state)
{
	struct tcp_options o;

	(void)state;
	read_hex("020405b41e0001010101", &o);
	assert_true(o.malformed && o.complete);
	assert_true(o.has_mss);
	assert_int_equal(o.mptcp_count + o.mptcp_bad, 0);
	read_hex("020405b41e0c0101", &o);
	assert_true(o.malformed);
}

static void test_write(void **state)
{
	uint8_t block[BLOCK], expected[BLOCK];
	struct writer w = writer_over(block, sizeof(block));
	struct mptcp_option m = {.subtype = MP_CAPABLE,
				 .capable.version = 1,
				 .capable.flags = MPC_HMAC};

	(void)state;
	write_mss(&w, 1460);
	write_sack_permitted(&w);
	write_timestamps(&w, 0x1234, 0x5678);
	write_nop(&w, 1);
	write_wscale(&w, 7);
	assert_true(mptcp_encode(&w, &m));
	assert_false(w.failed);
	assert_int_equal(w.length, from_hex(SYN_HEX, expected));
	assert_memory_equal(block, expected, w.length);
}

static void test_padding(void **state)
{
	uint8_t block[8];

	(void)state;
	for (unsigned n = 0; n <= 8; n++) {
		struct writer w = writer_over(block, sizeof(block));

		memset(block, 0xee, sizeof(block));
		for (unsigned i = 0; i < n; i++)
			write_u8(&w, 0xaa);
		write_options_padding(&w);
		assert_false(w.failed);
		assert_int_equal(w.length, (n + 3) / 4 * 4);
		for (size_t i = n; i < w.length; i++)
			assert_int_equal(block[i], TCPOPT_KIND_NOP);
	}
}

static void test_write_does_not_fit(void **state)
{
	uint8_t block[3];
	struct writer w = writer_over(block, sizeof(block));

	(void)state;
	write_nop(&w, UINT32_MAX); /* ends at the first that does not fit */
	assert_true(w.failed);
	assert_int_equal(w.length, 3);
	w = writer_over(block, sizeof(block));
	write_timestamps(&w, 1, 2);
	assert_true(w.failed);
	w = writer_over(block, 1);
	write_u8(&w, 1);
	write_options_padding(&w);
	assert_true(w.failed);
}

static void test_names(void **state)
{
	char buffer[16];

	(void)state;
	assert_string_equal(tcp_option_name(TCPOPT_KIND_MSS, buffer), "mss");
	assert_string_equal(tcp_option_name(TCPOPT_MPTCP, buffer), "mptcp");
	assert_string_equal(tcp_option_name(TCPOPT_KIND_EXPERIMENT, buffer),
			    "kind 253");
	assert_string_equal(tcp_option_name(255, buffer), "kind 255");
}

/* xorshift32: the same bytes in every run */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void check_walk(const uint8_t *block, size_t available, size_t length)
{
	struct option_walk w = option_walk_over(block, available, length);
	struct tcp_option option;
	struct tcp_options o;
	size_t expected_offset = 0, there;
	enum option_step step;
	char text[40]; /* too small for many */

	there = available < length ? available : length;
	while ((step = option_next(&w, &option)) == OPTION_FOUND) {
		assert_int_equal(option.offset, expected_offset);
		assert_true(option.length >= 1);
		expected_offset += option.length;
		assert_true(expected_offset <= there);
		assert_ptr_equal(option.bytes, block + option.offset);
	}
	tcp_options_read(block, available, length, &o);
	assert_int_equal(o.malformed, step == OPTION_MALFORMED);
	assert_int_equal(o.complete, available >= length);
	assert_true(o.mptcp_count <= TCP_MPTCP_MAX);
	tcp_options_text(block, there, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text));
}

static void test_random_blocks(void **state)
{
	static const uint8_t likely[] = {0, 1, 2, 3, 4, 5, 8, 30, 30, 10, 12};
	uint32_t seed = 9293;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		size_t available = next_random(&seed) % 61;
		size_t length = round % 2 ? available : next_random(&seed) % 61;
		uint8_t *block = malloc(available + 1);
		uint8_t *at = block + 1; /* not aligned, nothing behind it */

		assert_non_null(block);
		for (size_t i = 0; i < available; i++) {
			uint32_t r = next_random(&seed);

			at[i] = r & 0x100 ? likely[(r >> 9) % sizeof(likely)]
					  : (uint8_t)r;
		}
		check_walk(at, available, length);
		free(block);
	}
}

/* Every kind with every length byte, alone in a full block. */
static void test_every_kind_and_length(void **state)
{
	uint8_t *block = malloc(40);

	(void)state;
	assert_non_null(block);
	for (unsigned i = 0; i < 65536; i++) {
		memset(block, TCPOPT_KIND_NOP, 40);
		block[0] = (uint8_t)(i >> 8);
		block[1] = (uint8_t)i;
		check_walk(block, 40, 40);
	}
	free(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_is_cut),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_how_a_walk_ends),
		cmocka_unit_test(test_walk_over_nothing),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_sack),
		cmocka_unit_test(test_read_first_occurrence),
		cmocka_unit_test(test_read_mptcp),
		cmocka_unit_test(test_read_more_mptcp_than_are_kept),
		cmocka_unit_test(test_read_a_short_quote),
		cmocka_unit_test(test_read_malformed),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_write_does_not_fit),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_random_blocks),
		cmocka_unit_test(test_every_kind_and_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
