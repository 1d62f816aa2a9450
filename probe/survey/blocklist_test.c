/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/prefix.h"
#include "probe/net/complain.h"
#include "probe/survey/blocklist.h"

static struct address address(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

static bool blocks(const struct blocklist *b, const char *text, bool named)
{
	struct address a = address(text);

	return blocklist_blocks(b, &a, named);
}

static unsigned long read_text(struct blocklist *b, const char *text)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	unsigned long wrong;

	assert_non_null(file);
	wrong = blocklist_read(b, file);
	fclose(file);
	blocklist_sort(b);
	return wrong;
}

static void test_shipped(void **state)
{
	static const char *const special[] = {
		"0.1.2.3",	 "192.0.2.200",	   "198.51.100.1",
		"203.0.113.255", "224.0.0.1",	   "255.255.255.255",
		"240.0.0.0",	 "192.88.99.1",	   "2001:db8::1",
		"ff02::1",	 "::ffff:8.8.8.8", "2002::1",
	};
	static const char *const private[] = {
		"10.0.0.1",    "100.127.255.255", "127.0.0.1",
		"169.254.1.1", "172.31.9.9",	  "192.168.255.255",
		"fd00::1",     "fe80::1",	  "::1",
	};
	static const char *const public[] = {
		"1.1.1.1",	   "9.255.255.255", "11.0.0.0",
		"100.128.0.0",	   "172.32.0.0",    "192.0.3.0",
		"223.255.255.255", "2606:4700::1",  "2a00::1",
	};
	struct blocklist b;

	(void)state;
	blocklist_begin(&b, true);
	blocklist_sort(&b);
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		assert_true(blocks(&b, special[i], true));
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		assert_true(blocks(&b, private[i], false));
		assert_false(blocks(&b, private[i], true));
	}
	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		assert_false(blocks(&b, public[i], false));
	blocklist_free(&b);
}

static void test_none(void **state)
{
	struct blocklist b;

	(void)state;
	blocklist_begin(&b, false);
	blocklist_sort(&b);
	assert_false(blocks(&b, "10.0.0.1", false));
	assert_false(blocks(&b, "224.0.0.1", false));
	blocklist_free(&b);
}

/* What asked not to be asked is not, whoever names it. */
static void test_file(void **state)
{
	struct blocklist b;

	(void)state;
	blocklist_begin(&b, true);
	assert_int_equal(read_text(&b, "\xef\xbb\xbf# who asked us\r\n\r\n"
				       "  10.1.0.0/16\t# 2026-11-28, by mail\n"
				       "8.8.8.8 2026-11-28\r\n"
				       "\xef\xbb\xbf"
				       "2a00:1::/32\n9.0.0.0/25\n9.0.0.64/26"),
			 0);
	assert_true(blocks(&b, "10.1.255.255", true));
	assert_false(blocks(&b, "10.2.0.0", true));
	assert_true(blocks(&b, "8.8.8.8", false));
	assert_false(blocks(&b, "8.8.8.9", false));
	assert_true(blocks(&b, "2a00:1:ffff::1", false));
	assert_false(blocks(&b, "2a00:2::", false));
	assert_true(blocks(&b, "9.0.0.127", false)); /* of the larger one */
	assert_false(blocks(&b, "9.0.0.128", false));
	blocklist_free(&b);
}

static void test_wrong_line(void **state)
{
	static const char *const texts[] = {
		"1.2.3.4\nexample.org\n", "#\n1.2.3.4/33\n", "\n10.0.0.1/8\n",
		/* what nobody would see */
		"1.2.3.4\n1.2.3.5\r1.2.3.6\r", "\n# of CR alone\r1.2.3.6\r"};
	struct blocklist b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		blocklist_begin(&b, true);
		assert_int_equal(read_text(&b, texts[i]), 2);
		blocklist_free(&b);
	}
}

static void test_nul(void **state)
{
	static const char text[] = "1.2.3.4\n\0 1.2.3.5\n";
	FILE *file = fmemopen((char *)text, sizeof(text) - 1, "r");
	struct blocklist b;

	(void)state;
	assert_non_null(file);
	blocklist_begin(&b, true);
	assert_int_equal(blocklist_read(&b, file), 2);
	blocklist_free(&b);
	fclose(file);
}

/* The same hosts, as servers that listen for both families log them. */
static void test_mapped(void **state)
{
	struct blocklist b;

	(void)state;
	blocklist_begin(&b, false);
	assert_int_equal(read_text(&b, "::ffff:8.8.8.8\n::ffff:9.9.9.0/120\n"
				       "::fffe:7.7.7.7\n"),
			 0);
	assert_true(blocks(&b, "8.8.8.8", true));
	assert_true(blocks(&b, "::ffff:8.8.8.8", true));
	assert_false(blocks(&b, "8.8.8.9", true));
	assert_true(blocks(&b, "9.9.9.255", true));
	assert_false(blocks(&b, "9.9.10.0", true));
	assert_false(blocks(&b, "7.7.7.7", true));
	blocklist_free(&b);
}

/* Part of a list is none. */
static void test_unreadable(void **state)
{
	FILE *file = fopen("/proc/self/mem", "re"); /* nothing is at 0 */
	struct blocklist b;

	(void)state;
	assert_non_null(file);
	blocklist_begin(&b, false);
	assert_int_equal(blocklist_load(&b, file, "list"), EXIT_INPUT);
	blocklist_free(&b);
	fclose(file);
}

static void test_private(void **state)
{
	static const char *const yes[] = {"10.128.0.0/15", "192.168.1.1",
					  "fd00::/16", "127.0.0.0/8"};
	static const char *const no[] = {"10.0.0.0/7", "0.0.0.0/0", "8.8.8.8",
					 "192.0.2.1", "::/0"};
	struct prefix p;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_true(prefix_parse(yes[i], &p) && prefix_is_private(&p));
	for (size_t i = 0; i < 5; i++)
		assert_true(prefix_parse(no[i], &p) && !prefix_is_private(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_wrong_line),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
