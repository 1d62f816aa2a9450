// SPDX-License-Identifier: GPL-3.0-or-later
#include "crafting/siphash.h"

#include <endian.h>
#include <string.h>

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void rounds(struct state *s, unsigned count)
{
	while (count--) {
		s->a += s->b;
		s->b = rotate(s->b, 13) ^ s->a;
		s->a = rotate(s->a, 32);
		s->c += s->d;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

/* Little-endian, up to eight bytes. */
static inline uint64_t word(const uint8_t *at, size_t length)
{
	uint64_t w = 0;

	memcpy(&w, at, length);
	return le64toh(w);
}

static inline void absorb(struct state *s, uint64_t w)
{
	s->d ^= w;
	rounds(s, 2);
	s->a ^= w;
}

uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *bytes,
		 size_t length)
{
	const uint8_t *at = bytes;
	uint64_t first = word(key, 8), second = word(key + 8, 8);
	struct state s = {
		first ^ 0x736f6d6570736575u, second ^ 0x646f72616e646f6du,
		first ^ 0x6c7967656e657261u, second ^ 0x7465646279746573u};
	size_t left = length;

	for (; left >= 8; left -= 8, at += 8)
		absorb(&s, word(at, 8));
	absorb(&s, word(at, left) | (uint64_t)length << 56);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
