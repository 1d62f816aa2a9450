/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "probe/survey/port_pool.h"

static const struct address loopback = {.family = 4, .bytes = {127, 0, 0, 1}};

#define TAKEN 40

static void take_all(struct port_pool *p, struct ports_used *used, bool udp,
		     uint16_t out[TAKEN])
{
	for (unsigned i = 0; i < TAKEN; i++) {
		out[i] = port_pool_take(p, used, &loopback, udp, 12345 * i);
		assert_int_not_equal(out[i], 0);
	}
}

static bool has(const uint16_t *ports, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static unsigned count_new(const uint16_t *before, const uint16_t *ports)
{
	unsigned new = 0;

	for (unsigned i = 0; i < TAKEN; i++)
		new += !has(before, TAKEN, ports[i]);
	return new;
}

/* A probe gets none twice, odd and even by turns; the next one gets those of
 * the first. */
static void test_shared(void **state)
{
	struct port_pool *p = port_pool_new(NULL, 1, 2);
	struct ports_used one = {0}, two = {0};
	uint16_t first[TAKEN], second[TAKEN], highest = 0;

	(void)state;
	assert_non_null(p);
	take_all(p, &one, false, first);
	take_all(p, &two, false, second);
	for (unsigned i = 0; i < TAKEN; i++) {
		assert_false(has(first, i, first[i]));
		assert_false(has(second, i, second[i]));
	}
	for (unsigned i = 1; i < 8; i++)
		assert_int_not_equal(second[i] & 1, second[i - 1] & 1);
	assert_true(count_new(first, second) <= 2);
	for (unsigned i = 0; i < TAKEN; i++) {
		assert_in_range(first[i], 32768, 60999);
		highest = first[i] > highest ? first[i] : highest;
	}
	assert_true(highest > 55000);
	take_all(p, &one, true, second); /* of UDP others */
	port_pool_free(p);
}

/* Those of the first stage are never given. */
static void test_left_out(void **state)
{
	struct port_pool *p = port_pool_new(NULL, 33000, 60000);
	struct ports_used used = {0};
	uint16_t ports[TAKEN];

	(void)state;
	assert_non_null(p);
	take_all(p, &used, false, ports);
	for (unsigned i = 0; i < TAKEN; i++)
		assert_true(ports[i] < 33000 || ports[i] > 60000);
	port_pool_free(p);
}

/* One probe that takes all there are, and one whose address is not ours. */
static void test_none_left(void **state)
{
	const struct address other = {.family = 4, .bytes = {192, 0, 2, 1}};
	struct port_pool *p = port_pool_new(NULL, 1, 2);
	struct ports_used used = {0}, none = {0};
	struct rlimit files;

	(void)state;
	assert_non_null(p);
	assert_int_equal(port_pool_take(p, &used, &other, false, 0), 0);
	assert_memory_equal(&used, &none, sizeof(none));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < PORT_POOL_MAX + 100)
		skip();
	for (unsigned i = 0; i < PORT_POOL_MAX; i++)
		assert_int_not_equal(
			port_pool_take(p, &used, &loopback, false, 2 * i), 0);
	assert_int_equal(port_pool_take(p, &used, &loopback, false, 0), 0);
	assert_int_equal(errno, EADDRINUSE);
	port_pool_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_none_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
