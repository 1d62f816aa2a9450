// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/net/dns_txt.h"

/* "a.b" asked for, and an answer whose name is a pointer to it. */
static const uint8_t response[] = {
	0x12, 0x34, 0x81, 0x80, 0, 1, 0,  2, 0, 0, 0, 0, /* header */
	1,    'a',  1,	  'b',	0, 0, 16, 0, 1,		 /* question */
	0xc0, 12,   0,	  5,	0, 1, 0,  0, 0, 9, 0, 2, 0xc0, 12, /* CNAME */
	0xc0, 12,   0,	  16,	0, 1, 0,  0, 0, 9, 0, 6, 5,    '3',
	'3', /* TXT */
	'2',  '0',  0x1b,
};

static void test_first_string(void **state)
{
	char text[DNS_TEXT_MAX];

	(void)state;
	assert_true(dns_txt_read(response, sizeof(response), text));
	assert_string_equal(text, "3320?");
}

static void test_cut_anywhere(void **state)
{
	char text[DNS_TEXT_MAX];

	(void)state;
	for (size_t length = 0; length < sizeof(response); length++)
		assert_false(dns_txt_read(response, length, text));
}

static void test_no_answer(void **state)
{
	uint8_t bytes[sizeof(response)];
	char text[DNS_TEXT_MAX];

	(void)state;
	memcpy(bytes, response, sizeof(bytes));
	bytes[2] = 0; /* a question */
	assert_false(dns_txt_read(bytes, sizeof(bytes), text));
	memcpy(bytes, response, sizeof(bytes));
	bytes[38] = 1; /* an address */
	assert_false(dns_txt_read(bytes, sizeof(bytes), text));
	memcpy(bytes, response, sizeof(bytes));
	bytes[47] = 6; /* longer than its record */
	assert_false(dns_txt_read(bytes, sizeof(bytes), text));
	bytes[47] = 0;
	assert_false(dns_txt_read(bytes, sizeof(bytes), text));
}

static void test_origin(void **state)
{
	struct address a;
	char name[DNS_NAME_MAX], title[12];

	(void)state;
	assert_true(address_parse("203.0.113.9", &a));
	dns_origin_name(&a, name);
	assert_string_equal(name, "9.113.0.203.origin.asn.cymru.com");
	assert_true(address_parse("2001:db8::12", &a));
	dns_origin_name(&a, name);
	assert_string_equal(name, "2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
				  "0.0.0.8.b.d.0.1.0.0.2.origin6.asn.cymru."
				  "com");
	assert_int_equal(dns_origin_number("64500 64501 | 203.0.113.0/24 | DE"),
			 64500);
	assert_int_equal(dns_origin_number("4294967295 | ::/0"), 4294967295u);
	assert_int_equal(dns_origin_number("4294967296 | ::/0"), 0);
	assert_int_equal(dns_origin_number("AS1 | "), 0);
	assert_int_equal(dns_origin_number(""), 0);
	dns_origin_title("64500 | DE | ripencc | | EXAMPLE, DE", title,
			 sizeof(title));
	assert_string_equal(title, "EXAMPLE, DE");
	dns_origin_title("64500", title, sizeof(title));
	assert_string_equal(title, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_string),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
