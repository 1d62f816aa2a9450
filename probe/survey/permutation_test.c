/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/survey/permutation.h"

/* Marks what all shards give, each once. */
static void assert_each_once(uint64_t size, uint64_t seed, uint64_t shards)
{
	uint8_t *seen = calloc(1, size);
	uint64_t n, total = 0;

	assert_non_null(seen);
	for (uint64_t shard = 0; shard < shards; shard++) {
		struct permutation p;

		permutation_begin(&p, size, seed, shard, shards);
		for (; permutation_next(&p, &n); total++) {
			assert_true(n < size);
			assert_int_equal(seen[n]++, 0);
		}
	}
	assert_int_equal(total, size);
	free(seen);
}

static bool is_prime(uint64_t n)
{
	for (uint64_t d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return n > 1;
}

/* The least of its kind, so that few numbers are left out. */
static void test_primes(void **state)
{
	struct permutation p;

	(void)state;
	for (uint64_t size = 4, least = 5; size < 5000; size++) {
		while (least <= size || !is_prime(least) ||
		       !is_prime(least / 2))
			least++;
		permutation_begin(&p, size, 1, 0, 1);
		assert_int_equal(p.prime, least);
	}
}

static void test_small_sizes(void **state)
{
	(void)state;
	for (uint64_t size = 1; size < 300; size++)
		for (uint64_t seed = 0; seed < 20; seed++)
			assert_each_once(size, seed, 1);
}

static void test_prefixes(void **state)
{
	(void)state;
	for (unsigned bits = 9; bits <= 20; bits++)
		assert_each_once(UINT64_C(1) << bits, bits, 1);
	assert_each_once(100000, 7, 1);
}

static void test_shards(void **state)
{
	(void)state;
	for (uint64_t shards = 2; shards < 12; shards++) {
		assert_each_once(1, shards, shards);
		assert_each_once(5, shards, shards);
		assert_each_once(1000, shards, shards);
	}
	assert_each_once(65536, 3, 1000);
	assert_each_once(3, 3, 50); /* most of them have none */
}

/* Each shard takes about its share. */
static void test_shares(void **state)
{
	(void)state;
	for (uint64_t shard = 0; shard < 8; shard++) {
		struct permutation p;
		uint64_t n, count = 0;

		permutation_begin(&p, 65536, 9, shard, 8);
		while (permutation_next(&p, &n))
			count++;
		assert_in_range(count, 8192 - 300, 8192 + 300);
	}
}

static void test_seed(void **state)
{
	struct permutation a, b, c;
	uint64_t x, y, z;
	unsigned same = 0, rising = 0;
	uint64_t before = 0;

	(void)state;
	permutation_begin(&a, 65536, 1, 0, 1);
	permutation_begin(&b, 65536, 1, 0, 1);
	permutation_begin(&c, 65536, 2, 0, 1);
	for (unsigned i = 0; i < 1000; i++) {
		assert_true(permutation_next(&a, &x) &&
			    permutation_next(&b, &y) &&
			    permutation_next(&c, &z));
		assert_int_equal(x, y);
		same += x == z;
		rising += x > before;
		before = x;
	}
	assert_true(same < 20);
	assert_in_range(rising, 400, 600);
}

/* Too large to be walked: the numbers are in range, and none comes twice. */
static void test_large(void **state)
{
	static const uint64_t sizes[] = {UINT64_C(1) << 32, UINT64_C(1) << 33,
					 UINT64_C(1) << 48, PERMUTATION_MAX};
	uint64_t first, n;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct permutation p;

		permutation_begin(&p, sizes[i], i, 0, 1);
		assert_true(permutation_next(&p, &first) && first < sizes[i]);
		for (unsigned k = 0; k < 10000; k++) {
			assert_true(permutation_next(&p, &n));
			assert_true(n < sizes[i] && n != first);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_primes),
		cmocka_unit_test(test_small_sizes),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
