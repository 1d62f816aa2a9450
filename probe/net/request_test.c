/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/net/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint8_t out[REQUEST_LONG_MAX + 1];

static size_t write_text(const char *say, const char *host)
{
	size_t length = request_write(say, host, out);

	assert_true(length <= REQUEST_MAX);
	out[length] = '\0';
	return length;
}

static void test_http(void **state)
{
	(void)state;
	write_text(NULL, "server.lab");
	assert_non_null(strstr((char *)out, "\r\nHost: server.lab\r\n"));
	write_text("http", "fd00::2");
	assert_non_null(strstr((char *)out, "\r\nHost: [fd00::2]\r\n"));
}

static unsigned u16(size_t at)
{
	return (unsigned)out[at] << 8 | out[at + 1];
}

/* Each length reaches to the end. */
static void test_tls(void **state)
{
	size_t named = write_text("tls", "server.lab"), length;

	(void)state;
	assert_int_equal(u16(3), named - 5);
	assert_int_equal(u16(7), named - 9);
	assert_memory_equal(out + named - 9, "\x00\x17\x00\x00\xff\x01", 6);
	length = write_text("tls", "10.0.0.1");
	assert_int_equal(named - length, 9 + strlen("server.lab"));
	assert_int_equal(u16(3), length - 5);
	/* version, random, session, ciphers, compression, extensions */
	assert_int_equal(u16(9 + 2 + 32 + 1), 16);
	assert_int_equal(u16(9 + 2 + 32 + 1 + 2 + 16 + 2),
			 length - (9 + 2 + 32 + 1 + 2 + 16 + 2 + 2));
}

static void test_others(void **state)
{
	(void)state;
	assert_int_equal(write_text("socks5", "x"), 3);
	assert_memory_equal(out, "\x05\x01\x00", 3);
	assert_int_equal(write_text("none", "x"), 2);
	assert_int_equal(write_text("00aBfF", "x"), 3);
	assert_memory_equal(out, "\x00\xab\xff", 3);
}

/* So much longer, and each length reaches to the end. */
static void test_long(void **state)
{
	size_t length = write_text(NULL, "server.lab");

	(void)state;
	assert_int_equal(request_write_long(NULL, "server.lab", 2100, out),
			 length + 2100);
	assert_memory_equal(out + length - 2, "X-Padding: xx", 13);
	assert_memory_equal(out + length + 2096, "\r\n\r\n", 4);
	length = write_text("tls", "server.lab");
	assert_int_equal(request_write_long("tls", "server.lab", 2100, out),
			 length + 2100);
	assert_int_equal(u16(3), length + 2100 - 5);
	assert_int_equal(u16(length + 2), 2096);
	assert_int_equal(request_write_long("socks5", "x", 2100, out), 0);
	assert_int_equal(request_write_long("0d0a", "x", 2100, out), 0);
}

static void test_what_it_is(void **state)
{
	static const char *const right[] = {"http", "tls",  "socks5",
					    "none", "0d0a", "FFff00"};
	static const char *const wrong[] = {"",	      "https",	"0d",  "0d0",
					    "0x0d0a", "0d0a\n", "tls "};
	char longest[2 * REQUEST_MAX + 3];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++)
		assert_true(request_is(right[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(request_is(wrong[i]));
	memset(longest, '0', sizeof(longest));
	longest[2 * REQUEST_MAX] = '\0';
	assert_true(request_is(longest));
	longest[2 * REQUEST_MAX] = '0';
	longest[2 * REQUEST_MAX + 2] = '\0';
	assert_false(request_is(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),	   cmocka_unit_test(test_tls),
		cmocka_unit_test(test_others),	   cmocka_unit_test(test_long),
		cmocka_unit_test(test_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
