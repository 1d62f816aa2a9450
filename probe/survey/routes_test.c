/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/survey/routes.h"

/* "": none, or several. */
static void add(struct routes *r, const char *to, const char *router,
		unsigned table, uint32_t metric)
{
	struct known_route route = {.table = table, .metric = metric};

	assert_true(prefix_parse(to, &route.to));
	if (*router)
		assert_true(address_parse(router, &route.router));
	routes_add(r, &route);
}

static void assert_router(const struct routes *r, const char *to,
			  const char *router)
{
	struct address address, expected = {0};
	char text[ADDRESS_TEXT] = "";
	int number;

	assert_true(address_parse(to, &address));
	if (*router)
		assert_true(address_parse(router, &expected));
	number = routes_router(r, &address);
	if (number != -1)
		address_text(&r->routers[number], text);
	assert_string_equal(text, router);
	if (number != -1)
		assert_true(address_equal(&r->routers[number], &expected));
}

static void test_none(void **state)
{
	struct routes r = {0};

	(void)state;
	routes_sort(&r);
	assert_router(&r, "192.0.2.1", "");
	assert_router(&r, "2001:db8::1", "");
	routes_free(&r);
}

/* A host with one router, and a network of its own. */
static void test_default(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "0.0.0.0/0", "192.168.1.1", 1, 100);
	add(&r, "192.168.1.0/24", "", 1, 100);
	add(&r, "192.168.1.7", "", 0, 0);
	add(&r, "127.0.0.0/8", "", 0, 0);
	routes_sort(&r);
	assert_router(&r, "0.0.0.0", "192.168.1.1");
	assert_router(&r, "126.255.255.255", "192.168.1.1");
	assert_router(&r, "127.0.0.0", "");
	assert_router(&r, "127.255.255.255", "");
	assert_router(&r, "128.0.0.0", "192.168.1.1");
	assert_router(&r, "192.168.0.255", "192.168.1.1");
	assert_router(&r, "192.168.1.0", "");
	assert_router(&r, "192.168.1.7", "");
	assert_router(&r, "192.168.1.255", "");
	assert_router(&r, "192.168.2.0", "192.168.1.1");
	assert_router(&r, "255.255.255.255", "192.168.1.1");
	assert_router(&r, "2001:db8::1", "");
	routes_free(&r);
}

static void test_longest_prefix(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "10.1.0.0/16", "10.0.0.2", 1, 50);
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 0);
	add(&r, "10.1.2.0/24", "10.0.0.3", 1, 90);
	add(&r, "10.1.2.128/25", "", 1, 0);
	routes_sort(&r);
	assert_int_equal(r.router_count, 3);
	assert_router(&r, "10.0.255.255", "10.0.0.1");
	assert_router(&r, "10.1.1.255", "10.0.0.2");
	assert_router(&r, "10.1.2.127", "10.0.0.3");
	assert_router(&r, "10.1.2.128", "");
	assert_router(&r, "10.1.3.0", "10.0.0.2");
	assert_router(&r, "10.2.0.0", "10.0.0.1");
	routes_free(&r);
}

/* Of the same prefix that with the smaller metric; of the same metric none. */
static void test_metric(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "0.0.0.0/0", "10.0.0.2", 1, 600);
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 100);
	add(&r, "198.18.0.0/15", "10.0.0.1", 1, 5);
	add(&r, "198.18.0.0/15", "10.0.0.2", 1, 5);
	add(&r, "198.51.100.0/24", "10.0.0.2", 1, 5);
	add(&r, "198.51.100.0/24", "10.0.0.2", 1, 5);
	add(&r, "203.0.113.0/24", "", 1, 1);
	add(&r, "203.0.113.0/24", "10.0.0.1", 1, 2);
	routes_sort(&r);
	assert_router(&r, "192.0.2.1", "10.0.0.1");
	assert_router(&r, "198.18.0.1", "");
	assert_router(&r, "198.51.100.1", "10.0.0.2");
	assert_router(&r, "203.0.113.1", "");
	routes_free(&r);
}

/* A better one behind two that are as good as each other. */
static void test_metric_order(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 5);
	add(&r, "0.0.0.0/0", "10.0.0.2", 1, 5);
	add(&r, "0.0.0.0/0", "10.0.0.3", 1, 4);
	routes_sort(&r);
	assert_router(&r, "192.0.2.1", "10.0.0.3");
	routes_free(&r);
}

static void test_tables(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "192.0.2.0/24", "10.0.0.2", 2, 0);
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 1000);
	add(&r, "192.0.2.9", "", 0, 0);
	routes_sort(&r);
	assert_router(&r, "192.0.2.1", "10.0.0.1");
	assert_router(&r, "192.0.2.9", "");
	routes_free(&r);
}

static void test_ipv6(void **state)
{
	struct routes r = {0};

	(void)state;
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 0);
	add(&r, "::/0", "fe80::1", 1, 1024);
	add(&r, "2001:db8::/64", "", 1, 256);
	add(&r, "ff00::/8", "", 0, 256);
	routes_sort(&r);
	assert_router(&r, "::", "fe80::1");
	assert_router(&r, "2001:db8::ffff", "");
	assert_router(&r, "2001:db8:0:1::", "fe80::1");
	assert_router(&r, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "");
	assert_router(&r, "255.255.255.255", "10.0.0.1");
	routes_free(&r);
}

/* What was known is forgotten; more routers than there is room for are none. */
static void test_again(void **state)
{
	struct routes r = {0};
	char to[32], router[32];

	(void)state;
	add(&r, "0.0.0.0/0", "10.0.0.1", 1, 0);
	routes_sort(&r);
	routes_clear(&r);
	for (unsigned i = 0; i < ROUTERS_MAX + 1; i++) {
		snprintf(to, sizeof(to), "192.0.2.%u", i);
		snprintf(router, sizeof(router), "10.1.0.%u", i);
		add(&r, to, router, 1, 0);
	}
	routes_sort(&r);
	assert_router(&r, "10.9.9.9", "");
	assert_router(&r, "192.0.2.0", "10.1.0.0");
	assert_router(&r, "192.0.2.15", "10.1.0.15");
	assert_router(&r, "192.0.2.16", "");
	assert_router(&r, "192.0.2.17", "");
	routes_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_longest_prefix),
		cmocka_unit_test(test_metric),
		cmocka_unit_test(test_metric_order),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
