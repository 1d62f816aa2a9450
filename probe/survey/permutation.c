// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/permutation.h"

#include <stddef.h>

/* a * b modulo m, all below 2^63. */
static uint64_t times(uint64_t a, uint64_t b, uint64_t m)
{
#ifdef __SIZEOF_INT128__
	return (uint64_t)((unsigned __int128)a * b % m);
#else
	uint64_t sum = 0;

	for (; b; b >>= 1, a = (a + a) % m)
		if (b & 1)
			sum = (sum + a) % m;
	return sum;
#endif
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t m)
{
	uint64_t result = 1 % m;

	for (base %= m; exponent; exponent >>= 1, base = times(base, base, m))
		if (exponent & 1)
			result = times(result, base, m);
	return result;
}

/* Whether `base` shows that n, which is odd, is not prime (Miller, Rabin). */
static bool is_witness(uint64_t base, uint64_t n)
{
	uint64_t odd = n - 1, x;
	unsigned twos = 0;

	for (; odd % 2 == 0; odd /= 2)
		twos++;
	x = power(base, odd, n);
	if (x == 1 || x == n - 1)
		return false;
	for (unsigned i = 1; i < twos; i++) {
		x = times(x, x, n);
		if (x == n - 1)
			return false;
	}
	return true;
}

/* For n of 2 and more. These bases leave no doubt below 2^64 (Sorenson, Webster
 * 2015). */
static bool is_prime(uint64_t n)
{
	static const uint64_t bases[] = {2,  3,	 5,  7,	 11, 13,
					 17, 19, 23, 29, 31, 37};
	const size_t count = sizeof(bases) / sizeof(bases[0]);

	for (size_t i = 0; i < count; i++)
		if (n % bases[i] == 0)
			return n == bases[i];
	for (size_t i = 0; i < count; i++)
		if (is_witness(bases[i], n))
			return false;
	return true;
}

/* The least prime p from n on for which (p - 1) / 2 is prime as well: then the
 * factors of the order of its group are known. From 11 on such a prime leaves
 * 11 when it is divided by 12. */
static uint64_t safe_prime(uint64_t n)
{
	if (n <= 7)
		return n <= 5 ? 5 : 7;
	n += (23 - n % 12) % 12;
	while (!is_prime(n / 2) || !is_prime(n))
		n += 12;
	return n;
}

/* As splitmix64 ends: neighbours become strangers. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* If g has only half of the order, -g has all of it, as -1 is no square. */
static uint64_t generator(uint64_t prime, uint64_t random)
{
	uint64_t g = 2 + random % (prime - 3);

	return power(g, prime / 2, prime) == 1 ? prime - g : g;
}

void permutation_begin(struct permutation *p, uint64_t size, uint64_t seed,
		       uint64_t shard, uint64_t shards)
{
	uint64_t prime = safe_prime(size + 1);
	uint64_t g = generator(prime, mix(seed + 0x9e3779b97f4a7c15u));
	uint64_t first = 1 + mix(seed ^ 0xd1b54a32d192ed03u) % (prime - 1);

	p->size = size;
	p->prime = prime;
	p->at = times(first, power(g, shard, prime), prime);
	p->factor = power(g, shards, prime);
	p->left = shard < prime - 1 ? (prime - 2 - shard) / shards + 1 : 0;
}

bool permutation_next(struct permutation *p, uint64_t *out)
{
	while (p->left) {
		*out = p->at - 1;
		p->at = times(p->at, p->factor, p->prime);
		p->left--;
		if (*out < p->size)
			return true;
	}
	return false;
}
