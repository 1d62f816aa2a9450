// SPDX-License-Identifier: GPL-3.0-or-later
#include "crafting/prefix.h"

#include <stdlib.h>
#include <string.h>

static unsigned bits_of(const struct address *a)
{
	return (unsigned)address_length(a) * 8;
}

static bool bit_of(const struct address *a, unsigned bit)
{
	return a->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

static bool tail_is_zero(const struct prefix *p)
{
	for (unsigned bit = p->length; bit < bits_of(&p->first); bit++)
		if (bit_of(&p->first, bit))
			return false;
	return true;
}

static bool take_length(const char *text, struct prefix *out)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 3 || text[digits])
		return false;
	out->length = (unsigned)strtoul(text, NULL, 10);
	return out->length <= bits_of(&out->first);
}

bool prefix_parse(const char *text, struct prefix *out)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[ADDRESS_TEXT];

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!address_parse(address, &out->first))
		return false;
	out->length = bits_of(&out->first);
	return (!slash || take_length(slash + 1, out)) && tail_is_zero(out);
}

struct prefix prefix_of(const struct address *a, unsigned length)
{
	struct prefix p = {.first = *a, .length = length};

	for (unsigned bit = length; bit < bits_of(a); bit++)
		p.first.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return p;
}

static unsigned host_bits(const struct prefix *p)
{
	return bits_of(&p->first) - p->length;
}

uint64_t prefix_size(const struct prefix *p)
{
	return host_bits(p) < 63 ? UINT64_C(1) << host_bits(p) : 0;
}

struct address prefix_address(const struct prefix *p, uint64_t n)
{
	struct address a = p->first;

	for (size_t i = address_length(&a); n && i > 0; n >>= 8)
		a.bytes[--i] |= (uint8_t)n;
	return a;
}

struct address prefix_last(const struct prefix *p)
{
	struct address a = p->first;

	for (unsigned bit = p->length; bit < bits_of(&a); bit++)
		a.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return a;
}

bool prefix_contains(const struct prefix *p, const struct address *a)
{
	unsigned whole = p->length / 8, rest = p->length % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	return p->first.family == a->family &&
	       !memcmp(p->first.bytes, a->bytes, whole) &&
	       (!rest || !((p->first.bytes[whole] ^ a->bytes[whole]) & mask));
}

bool prefix_covers(const struct prefix *p, const struct prefix *inner)
{
	return p->length <= inner->length && prefix_contains(p, &inner->first);
}
