/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/fleet/cut.h"
#include "probe/net/complain.h"

struct cutting {
	struct cut cut;
	json_t *shards;
	int code; /* that the next shard fails with */
};

static int take(void *context, const json_t *shard)
{
	struct cutting *c = context;

	json_array_append(c->shards, (json_t *)shard);
	return c->code;
}

static void begin(struct cutting *c, uint64_t per_shard)
{
	*c = (struct cutting){.shards = json_array()};
	c->cut = (struct cut){.per_shard = per_shard,
			      .ports = 1,
			      .bytes = 1000,
			      .take = take,
			      .context = c};
}

static void end(struct cutting *c)
{
	cut_free(&c->cut);
	json_decref(c->shards);
}

static int cut_text(struct cutting *c, const char *text)
{
	FILE *file = fmemopen((char *)text, strlen(text), "r");
	int code;

	assert_non_null(file);
	code = cut_list(&c->cut, file);
	fclose(file);
	return code;
}

static void assert_shards(const struct cutting *c, const char *expected)
{
	char *text = json_dumps(c->shards, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
}

static void test_prefixes_are_one_space(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 200);
	assert_int_equal(cut_target(&c.cut, "192.0.2.0/24"), 0);
	assert_int_equal(cut_target(&c.cut, "198.51.100.7 443"), 0);
	assert_int_equal(cut_space(&c.cut), 0);
	assert_shards(
		&c,
		"[{\"part\":[1,2],\"shard\":1,\"targets\":[\"192.0.2.0/24\","
		"\"198.51.100.7 443\"]},{\"part\":[2,2],\"shard\":2,"
		"\"targets\":[\"192.0.2.0/24\",\"198.51.100.7 443\"]}]");
	assert_int_equal(c.cut.shards, 2);
	assert_int_equal(cut_space(&c.cut), 0); /* nothing is left */
	assert_int_equal(c.cut.shards, 2);
	end(&c);
}

static void test_each_port_is_a_target(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 128);
	c.cut.ports = 2;
	assert_int_equal(cut_target(&c.cut, "192.0.2.0/25"), 0);
	assert_int_equal(cut_space(&c.cut), 0);
	assert_int_equal(c.cut.shards, 2);
	assert_int_equal(cut_target(&c.cut, "192.0.2.0/25 80"), 0);
	c.cut.space_size = 128;
	assert_int_equal(cut_space(&c.cut), 0);
	assert_int_equal(c.cut.shards, 3);
	end(&c);
}

static void test_lines_without_comments(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 2);
	assert_int_equal(cut_text(&c, "# mine\n192.0.2.1\t# a\n\n"
				      "192.0.2.2:443\nname\n[2001:db8::1]:80"),
			 0);
	assert_shards(&c,
		      "[{\"list\":\"192.0.2.1\\n192.0.2.2:443\\n\",\"shard\":1}"
		      ",{\"list\":\"[2001:db8::1]:80\\n\",\"shard\":2}]");
	assert_int_equal(c.cut.bad_lines, 1);
	assert_int_equal(c.cut.first_bad, 5);
	/* of lines that end in CR alone a comment would hide all */
	assert_int_equal(cut_text(&c, "# mine\r192.0.2.1\r192.0.2.2\r"), 0);
	assert_int_equal(c.cut.bad_lines, 2);
	end(&c);
}

static void test_large_prefix_of_a_list_has_shards_of_its_own(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 8);
	assert_int_equal(
		cut_text(&c, "192.0.2.1\n192.0.2.16/28 443\n192.0.2.64/29\n"
			     "192.0.2.3\n"),
		0);
	assert_shards(
		&c, "[{\"part\":[1,2],\"shard\":1,\"targets\":[\"192.0.2.16/28 "
		    "443\"]},{\"part\":[2,2],\"shard\":2,\"targets\":["
		    "\"192.0.2.16/28 443\"]},{\"list\":\"192.0.2.1\\n\","
		    "\"shard\":3},{\"list\":\"192.0.2.64/29\\n\",\"shard\":4},"
		    "{\"list\":\"192.0.2.3\\n\",\"shard\":5}]");
	end(&c);
}

static void test_list_fits_a_message(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 1000);
	c.cut.bytes = 25;
	assert_int_equal(cut_text(&c, "192.0.2.1\n192.0.2.2\n192.0.2.3\n"), 0);
	assert_shards(&c, "[{\"list\":\"192.0.2.1\\n192.0.2.2\\n\",\"shard\":1}"
			  ",{\"list\":\"192.0.2.3\\n\",\"shard\":2}]");
	end(&c);
}

/* To the byte. */
static void test_list_fills_a_message(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 1000);
	c.cut.bytes = 20;
	assert_int_equal(cut_text(&c, "192.0.2.1\n192.0.2.2\n"), 0);
	assert_int_equal(c.cut.shards, 1);
	end(&c);
	begin(&c, 1000);
	c.cut.bytes = 19;
	assert_int_equal(cut_text(&c, "192.0.2.1\n192.0.2.2\n"), 0);
	assert_int_equal(c.cut.shards, 2);
	end(&c);
}

/* A million, and one more. */
static void test_most_shards(void **state)
{
	static const char *const million[] = {
		"10.0.0.0/13",	"10.8.0.0/14",	 "10.12.0.0/15", "10.14.0.0/16",
		"10.15.0.0/18", "10.15.64.0/23", "10.15.66.0/26"};
	struct cutting c;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		begin(&c, 1);
		c.code = 69; /* the first is enough */
		for (unsigned i = 0; i < 7; i++)
			assert_int_equal(cut_target(&c.cut, million[i]), 0);
		if (more)
			assert_int_equal(cut_target(&c.cut, "192.0.2.1"), 0);
		assert_int_equal(cut_space(&c.cut), more ? EXIT_USAGE : 69);
		end(&c);
	}
}

static void test_most_targets(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 1);
	assert_int_equal(cut_target(&c.cut, "2001:db8::/79"), EXIT_USAGE);
	assert_int_equal(cut_target(&c.cut, "2001:db8::/80"), 0);
	assert_int_equal(cut_target(&c.cut, "192.0.2.1"), EXIT_USAGE);
	end(&c);
}

static void test_who_is_private(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 1);
	assert_int_equal(cut_target(&c.cut, "10.0.0.0/30"), 0);
	assert_false(c.cut.others);
	assert_int_equal(cut_target(&c.cut, "8.8.8.8"), 0);
	assert_true(c.cut.others);
	assert_int_equal(cut_target(&c.cut, "192.168.0.1"), 0);
	assert_true(c.cut.others);
	end(&c);
}

static void test_what_is_refused(void **state)
{
	struct cutting c;

	(void)state;
	begin(&c, 1);
	assert_int_equal(cut_target(&c.cut, "host.example"), EXIT_INPUT);
	assert_int_equal(cut_target(&c.cut, "192.0.2.1/24"), EXIT_INPUT);
	assert_int_equal(cut_target(&c.cut, "2001:db8::/64"), EXIT_USAGE);
	assert_int_equal(cut_target(&c.cut, "10.0.0.0/8"), 0);
	assert_int_equal(cut_space(&c.cut), EXIT_USAGE); /* 16 million shards */
	assert_int_equal(json_array_size(c.shards), 0);
	assert_int_equal(cut_text(&c, "2001:db8::/64\n"), 0);
	assert_int_equal(c.cut.bad_lines, 1);
	c.code = 69;
	assert_int_equal(cut_text(&c, "192.0.2.1\n192.0.2.2\n192.0.2.3\n"), 69);
	assert_int_equal(json_array_size(c.shards), 1);
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes_are_one_space),
		cmocka_unit_test(test_each_port_is_a_target),
		cmocka_unit_test(test_lines_without_comments),
		cmocka_unit_test(
			test_large_prefix_of_a_list_has_shards_of_its_own),
		cmocka_unit_test(test_list_fits_a_message),
		cmocka_unit_test(test_list_fills_a_message),
		cmocka_unit_test(test_most_shards),
		cmocka_unit_test(test_most_targets),
		cmocka_unit_test(test_who_is_private),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
