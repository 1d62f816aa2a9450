/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcapng files: what they tell of their packets, and what is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/track/pcapng.h"

#define RAW 101
#define ETHERNET 1

static uint8_t bytes[60000];
static size_t length;
static bool big;

static void put(uint64_t v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		bytes[length++] = (uint8_t)(v >> 8 * (big ? size - 1 - i : i));
}

static void put_text(const char *text, size_t size)
{
	for (size_t i = 0; i < (size + 3) / 4 * 4; i++)
		put(i < size ? (uint8_t)text[i] : 0, 1);
}

/* Its length is put before and behind it. */
static size_t begin_block(uint32_t type)
{
	put(type, 4);
	put(0, 4);
	return length;
}

static void end_block(size_t body)
{
	size_t size = length - body + 12, end = length;

	put(size, 4);
	length = body - 4;
	put(size, 4);
	length = end + 4;
}

static void put_version(unsigned version)
{
	size_t body = begin_block(PCAPNG_SECTION);

	put(PCAPNG_MAGIC, 4);
	put(version, 2);
	put(0, 2);
	put(UINT64_MAX, 8);
	end_block(body);
}

static void put_section(void)
{
	put_version(1);
}

static void put_option(unsigned kind, uint64_t value, unsigned size)
{
	put(kind, 2);
	put(size, 2);
	put(value, size);
	while (length % 4)
		put(0, 1);
}

static void put_described(int link_type, const char *name, unsigned option,
			  uint64_t value, unsigned size)
{
	size_t body = begin_block(PCAPNG_INTERFACE);

	put((unsigned)link_type, 2);
	put(0, 2);
	put(6, 4);
	put_option(3, 0x6869, 2); /* a description */
	if (name) {
		put(PCAPNG_NAME, 2);
		put(strlen(name), 2);
		put_text(name, strlen(name));
	}
	if (size)
		put_option(option, value, size);
	put(0, 4);
	end_block(body);
}

static void put_interface(const char *name)
{
	put_described(RAW, name, 0, 0, 0);
}

static void put_timed(uint32_t type, uint32_t interface, uint64_t time)
{
	size_t body = begin_block(type);

	put(interface, type == PCAPNG_OLD_PACKET ? 2 : 4);
	if (type == PCAPNG_OLD_PACKET)
		put(99, 2);
	put(time >> 32, 4);
	put(time & UINT32_MAX, 4);
	put(5, 4);
	put(1400, 4);
	put_text("hello", 5);
	put_option(1, 0x6869, 2); /* a comment */
	put_option(PCAPNG_FLAGS, 0x100 | PCAPNG_FLAG_OUT, 4);
	put(0, 4);
	end_block(body);
}

static void put_packet(uint32_t interface)
{
	put_timed(PCAPNG_PACKET, interface, 7000001);
}

static void put_simple(uint32_t size, const char *text)
{
	size_t body = begin_block(PCAPNG_SIMPLE_PACKET);

	put(size, 4);
	put_text(text, strlen(text));
	end_block(body);
}

static void put_other(void)
{
	size_t body = begin_block(5);

	put_text("statistics", 10);
	end_block(body);
}

static int begin(void **state)
{
	(void)state;
	length = 0;
	big = false;
	return 0;
}

/* What was put, up to there. */
static struct pcapng *opened(size_t size)
{
	FILE *file = fmemopen(NULL, size + 1, "w+");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	/* fmemopen ends where the last write did. */
	return pcapng_open(file);
}

static struct pcapng_frame expect(struct pcapng *p, uint32_t interface,
				  const char *name)
{
	struct pcapng_frame f;

	assert_int_equal(pcapng_next(p, &f), PCAPNG_GOOD);
	assert_int_equal(f.interface, interface);
	assert_string_equal(f.name, name);
	return f;
}

static void expect_end(struct pcapng *p, const char *error)
{
	struct pcapng_frame f;

	for (int i = 0; i < 2; i++)
		assert_int_equal(pcapng_next(p, &f),
				 error ? PCAPNG_DAMAGED : PCAPNG_END);
	if (error)
		assert_string_equal(pcapng_error(p), error);
	pcapng_close(p);
}

static void test_both_orders(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pcapng_frame f;
		struct pcapng *p;

		length = 0;
		big = i;
		put_section();
		put_interface("eth0");
		put_packet(0); /* of the only one, yet */
		put_described(ETHERNET, "wlan1234", 0, 0, 0);
		put_packet(1);
		put_other();
		put_timed(PCAPNG_OLD_PACKET, 1, 7000001);
		put_simple(77, "longer");
		put_simple(3, "less");
		p = opened(length);
		f = expect(p, 0, "eth0");
		assert_int_equal(f.link_type, RAW);
		f = expect(p, 2, "wlan1234");
		assert_int_equal(f.link_type, ETHERNET);
		assert_int_equal(f.way, LINK_WAY_OUT);
		assert_int_equal(f.time_us, 7000001);
		assert_true(f.captured == 5 && f.length == 1400);
		assert_memory_equal(f.bytes, "hello", 5);
		f = expect(p, 2, "wlan1234");
		assert_int_equal(f.time_us, 7000001);
		assert_int_equal(f.way, LINK_WAY_OUT);
		assert_memory_equal(f.bytes, "hello", 5);
		f = expect(p, 1, "eth0"); /* which takes six bytes */
		assert_int_equal(f.way, LINK_WAY_UNKNOWN);
		assert_true(f.captured == 6 && f.length == 77);
		assert_int_equal(f.time_us, 0);
		f = expect(p, 1, "eth0");
		assert_true(f.captured == 3 && f.length == 3);
		assert_int_equal(pcapng_interfaces(p), 2);
		assert_int_equal(pcapng_link_type(p, 1), ETHERNET);
		expect_end(p, NULL);
	}
}

/* Each section has interfaces of its own: those that are the same keep their
 * number. */
static void test_sections(void **state)
{
	struct pcapng *p;

	(void)state;
	put_section();
	put_interface("a");
	put_interface("b");
	put_packet(1);
	big = true;
	put_section();
	put_interface("b");
	put_interface("c");
	put_interface("b");
	put_described(ETHERNET, "a", 0, 0, 0);
	for (unsigned i = 0; i < 4; i++)
		put_packet(i);
	put_packet(4);
	p = opened(length);
	expect(p, 2, "b");
	expect(p, 2, "b");
	expect(p, 3, "c");
	expect(p, 4, "b");
	expect(p, 5, "a");
	assert_int_equal(pcapng_interfaces(p), 5);
	expect_end(p, "a packet is of an interface that is not described");
}

/* Names may become part of commands. */
static void test_names(void **state)
{
	static const struct {
		const char *name, *shown;
	} names[] = {
		{"ppp.1_2-3@a+4", "ppp.1_2-3@a+4"},
		{"a;reboot", "a_reboot"},
		{"$(id)`x`'\"|&<>", "__id__x_______"},
		{"a\x1b[0m \xc3\xa9", "a__0m___"},
		{"fifteen-letters", "fifteen-letters"},
		{"sixteen--letters", ""},
		{"", ""},
		{NULL, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pcapng *p;

		length = 0;
		put_section();
		put_interface(names[i].name);
		put_packet(0);
		p = opened(length);
		expect(p, 0, names[i].shown);
		expect_end(p, NULL);
	}
}

static void test_many(void **state)
{
	struct pcapng *p;

	(void)state;
	put_section();
	for (int i = 0; i < 256; i++)
		put_interface("eth");
	put_packet(255);
	put_interface("one more");
	put_packet(0);
	p = opened(length);
	expect(p, 256, "eth");
	expect_end(p, "it has too many interfaces");
}

static void test_times(void **state)
{
	static const struct {
		unsigned option, size;
		uint64_t value, time;
		int64_t us;
	} times[] = {
		{0, 0, 0, 1795880000000001, 1795880000000001},
		{PCAPNG_RESOLUTION, 1, 6, 1795880000000001, 1795880000000001},
		{PCAPNG_RESOLUTION, 1, 9, 1795880000000001999,
		 1795880000000001},
		{PCAPNG_RESOLUTION, 1, 0, 1795880000, 1795880000000000},
		{PCAPNG_RESOLUTION, 1, 0, UINT64_MAX / 3, 0},
		{PCAPNG_RESOLUTION, 1, 127, UINT64_MAX, 0},
		{PCAPNG_RESOLUTION, 1, 0x80, 5, 5000000},
		{PCAPNG_RESOLUTION, 1, 0x81, 5, 2500000},
		{PCAPNG_RESOLUTION, 1, 0x80 | 40, (7ull << 40) + (1ull << 39),
		 7500000},
		{PCAPNG_RESOLUTION, 1, 0x80 | 60, (7ull << 60) + (1ull << 59),
		 7500000},
		{PCAPNG_RESOLUTION, 1, 0x80 | 63, UINT64_MAX, 1999999},
		{PCAPNG_RESOLUTION, 1, 0x80 | 64, UINT64_MAX, 0},
		{PCAPNG_RESOLUTION, 1, 0xff, UINT64_MAX, 0},
		{PCAPNG_RESOLUTION, 1, 0x80, UINT64_MAX, 0},
		{0, 0, 0, UINT64_MAX, 0},
		{PCAPNG_OFFSET, 8, 1795880000, 1, 1795880000000001},
		{PCAPNG_OFFSET, 8, (uint64_t)-2, 2000003, 3},
		{PCAPNG_OFFSET, 8, INT64_MAX, 1, 0},
		{PCAPNG_OFFSET, 8, INT64_MAX / 1000000, INT64_MAX, 0},
		{PCAPNG_OFFSET, 4, 1795880000, 1, 1}, /* too short */
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(times) / sizeof(times[0]); i++) {
		struct pcapng_frame f;
		struct pcapng *p;

		length = 0;
		big = i % 2;
		put_section();
		put_described(RAW, "x", times[i / 2].option, times[i / 2].value,
			      times[i / 2].size);
		put_timed(PCAPNG_PACKET, 0, times[i / 2].time);
		p = opened(length);
		f = expect(p, 0, "x");
		assert_true(f.time_us == times[i / 2].us);
		expect_end(p, NULL);
	}
}

static void test_cut(void **state)
{
	size_t first, whole;

	(void)state;
	put_section();
	first = length;
	put_interface("a");
	put_packet(0);
	whole = length;
	for (size_t cut = 0; cut < whole; cut++)
		expect_end(opened(cut),
			   cut == 0 || cut == first || cut == first + 40
				   ? NULL
				   : "it is cut within a block");
	assert_int_equal(first, 28);
}

/* A packet, and what comes behind it. */
static struct pcapng *behind_packet(void (*damage)(void))
{
	struct pcapng *p;

	length = 0;
	put_section();
	put_interface("a");
	put_packet(0);
	damage();
	put_packet(0);
	p = opened(length);
	expect(p, 0, "a");
	return p;
}

static void put_long(void)
{
	put(PCAPNG_PACKET, 4);
	put(0xfffffff0, 4);
}

static void put_long_other(void)
{
	put(0x0bad, 4);
	put(0xfffffff0, 4);
}

static void put_cut_within(void)
{
	put(PCAPNG_PACKET, 4);
	put(0x100000, 4);
}

static void put_short(void)
{
	put(PCAPNG_PACKET, 4);
	put(8, 4);
}

static void put_odd(void)
{
	put(PCAPNG_PACKET, 4);
	put(33, 4);
}

static void put_two_lengths(void)
{
	size_t body = begin_block(5);

	end_block(body);
	bytes[length - 1]++;
}

static void put_empty(uint32_t type)
{
	end_block(begin_block(type));
}

static void put_empty_packet(void)
{
	put_empty(PCAPNG_PACKET);
}

static void put_empty_old(void)
{
	put_empty(PCAPNG_OLD_PACKET);
}

static void put_empty_interface(void)
{
	put_empty(PCAPNG_INTERFACE);
}

static void put_lying(void)
{
	put_packet(0);
	bytes[length - 4 - 4 - 8 - 8 - 8 - 4 - 4] = 200; /* captured */
}

static void put_lying_simple(void)
{
	put_simple(3, "");
}

static void put_version_2(void)
{
	put_version(2);
}

static void put_no_order(void)
{
	put_section();
	bytes[length - 20] = 0;
}

static void test_damaged(void **state)
{
	static const struct {
		void (*damage)(void);
		const char *error;
	} ways[] = {
		{put_long, "a block is too long"},
		{put_long_other, "it is cut within a block"},
		{put_cut_within, "it is cut within a block"},
		{put_short, "a block has an impossible length"},
		{put_odd, "a block has an impossible length"},
		{put_two_lengths, "the two lengths of a block differ"},
		{put_empty_old, "a block is too short"},
		{put_empty_packet, "a block is too short"},
		{put_empty_interface, "a block is too short"},
		{put_lying, "a packet is longer than its block"},
		{put_version_2, "it is of another version of pcapng"},
		{put_no_order, "its byte order is not to be told"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		expect_end(behind_packet(ways[i].damage), ways[i].error);
	/* As much as there is. */
	pcapng_close(behind_packet(put_lying_simple));
}

static void test_no_section(void **state)
{
	(void)state;
	put_interface("a");
	expect_end(opened(length), "no section begins it");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_orders), TEST(test_sections),   TEST(test_names),
		TEST(test_many),	TEST(test_times),      TEST(test_cut),
		TEST(test_damaged),	TEST(test_no_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
