/* SPDX-License-Identifier: GPL-3.0-or-later
 * The interfaces of pcapng files, and what is no such file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/track/pcapng.h"

#define SECTION 0x0a0d0d0a

static FILE *file;
static bool big;

static void put(uint32_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		putc((int)(v >> 8 * (big ? bytes - 1 - i : i) & 0xff), file);
}

static void begin_block(uint32_t type, uint32_t body)
{
	put(type, 4);
	put(body + 12, 4);
}

static void put_section(void)
{
	begin_block(SECTION, 16);
	put(0x1a2b3c4d, 4);
	put(1, 4);
	put(0, 4);
	put(0, 4);
	put(28, 4);
}

/* At most eight letters; NULL: another option is the first. */
static void put_interface(const char *name)
{
	uint32_t length = name ? (uint32_t)strlen(name) : 4;

	begin_block(1, 8 + 4 + 8);
	put(101, 2);
	put(0, 2);
	put(65535, 4);
	put(name ? 2 : 9, 2);
	put(length, 2);
	fwrite(name ? name : "abcd", 1, length, file);
	for (uint32_t i = length; i < 8; i++)
		putc(0, file);
	put(32, 4);
}

/* A packet of one of three kinds, of so many bytes. */
static void put_packet(uint32_t type, uint32_t interface, uint32_t bytes)
{
	uint32_t before = type == 3 ? 4 : 20;

	begin_block(type, before + bytes);
	put(interface, type == 2 ? 2 : 4);
	for (uint32_t i = type == 2 ? 2 : 4; i < before + bytes; i++)
		putc(0x55, file);
	put(before + bytes + 12, 4);
}

static int begin(void **state)
{
	(void)state;
	file = tmpfile();
	return file ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	fclose(file);
	return 0;
}

static struct pcapng from_start(void)
{
	rewind(file);
	return (struct pcapng){.file = file};
}

static void test_both_orders(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pcapng p;

		rewind(file);
		big = i;
		put_section();
		put_interface("eth0");
		put_packet(6, 0, 4); /* the only one, yet */
		put_interface("wlan1234");
		put_packet(6, 1, 100);
		begin_block(5, 0); /* of another kind */
		put(12, 4);
		put_packet(6, 0, 1000);
		put_packet(2, 1, 4);
		put_packet(3, 77, 4);
		p = from_start();
		assert_int_equal(pcapng_next(&p), 0);
		assert_int_equal(pcapng_next(&p), 2);
		assert_string_equal(pcapng_name(&p, 2), "wlan1234");
		assert_int_equal(pcapng_next(&p), 1);
		assert_string_equal(pcapng_name(&p, 1), "eth0");
		assert_int_equal(pcapng_next(&p), 2);
		assert_int_equal(pcapng_next(&p), 1);
		assert_int_equal(pcapng_next(&p), 0);
	}
}

/* Each section has interfaces of its own. */
static void test_sections(void **state)
{
	struct pcapng p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		big = i;
		put_section();
		put_interface(i ? NULL : "a");
		put_interface(i ? "b\x07" : "b");
		put_packet(6, 1, 4);
	}
	p = from_start();
	assert_int_equal(pcapng_next(&p), 2);
	assert_string_equal(pcapng_name(&p, 1), "a");
	assert_int_equal(pcapng_next(&p), 2);
	assert_null(pcapng_name(&p, 1));
	assert_string_equal(pcapng_name(&p, 2), "b?");
	assert_null(pcapng_name(&p, 0));
	assert_null(pcapng_name(&p, 3));
}

static void test_many(void **state)
{
	struct pcapng p;

	(void)state;
	big = false;
	put_section();
	for (int i = 0; i < PCAPNG_INTERFACES_MAX + 5; i++)
		put_interface("eth");
	put_packet(6, PCAPNG_INTERFACES_MAX + 2, 4);
	p = from_start();
	assert_int_equal(pcapng_next(&p), PCAPNG_INTERFACES_MAX + 3);
	assert_null(pcapng_name(&p, PCAPNG_INTERFACES_MAX + 3));
	assert_string_equal(pcapng_name(&p, PCAPNG_INTERFACES_MAX), "eth");
}

/* What is damaged tells nothing; wherever it ends. */
static void test_damaged(void **state)
{
	struct pcapng p;
	long length;

	(void)state;
	big = false;
	put_section();
	put_interface("a");
	put_interface("b");
	put_packet(6, 1, 4);
	length = ftell(file);
	for (long cut = 0; cut < length; cut++) {
		FILE *whole = file;

		file = tmpfile();
		rewind(whole);
		for (long i = 0; i < cut; i++)
			putc(getc(whole), file);
		p = from_start();
		assert_int_equal(pcapng_next(&p), cut >= length - 4 ? 2 : 0);
		fclose(file);
		file = whole;
	}
	fseek(file, length, SEEK_SET);
	begin_block(6, 0xfffffff0); /* longer than the file */
	put_packet(6, 1, 4);
	p = from_start();
	assert_int_equal(pcapng_next(&p), 2);
	assert_int_equal(pcapng_next(&p), 0);
	fseek(file, length, SEEK_SET);
	begin_block(6, (uint32_t)-4); /* shorter than a block is */
	put_packet(6, 1, 4);
	p = from_start();
	assert_int_equal(pcapng_next(&p), 2);
	assert_int_equal(pcapng_next(&p), 0);
	p = (struct pcapng){.file = NULL};
	assert_int_equal(pcapng_next(&p), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_orders),
		TEST(test_sections),
		TEST(test_many),
		TEST(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
