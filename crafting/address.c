/* SPDX-License-Identifier: GPL-3.0-or-later
 * An IPv4 or IPv6 address as a value.
 */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

_Static_assert(ADDRESS_TEXT >= INET6_ADDRSTRLEN, "room for any address");

size_t address_length(const struct address *a)
{
	switch (a->family) {
	case 4:
		return 4;
	case 6:
		return 16;
	default:
		return 0;
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	       !memcmp(a->bytes, b->bytes, address_length(a));
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static char *put_decimal(char *at, uint8_t byte)
{
	if (byte >= 100)
		*at++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*at++ = (char)('0' + byte / 10 % 10);
	*at++ = (char)('0' + byte % 10);
	return at;
}

/* inet_ntop() has a format for this, which takes a survey longer. */
static const char *ipv4_text(const uint8_t *bytes, char *text)
{
	char *at = text;

	for (unsigned i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = put_decimal(at, bytes[i]);
	}
	*at = '\0';
	return text;
}

const char *address_text(const struct address *a, char *text)
{
	if (a->family == 4)
		return ipv4_text(a->bytes, text);
	if (!address_length(a) ||
	    !inet_ntop(AF_INET6, a->bytes, text, ADDRESS_TEXT))
		strcpy(text, "?");
	return text;
}

bool address_parse(const char *text, struct address *out)
{
	struct address a = {0};

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = 6;
	else
		return false;
	*out = a;
	return true;
}

struct address address_from(const uint8_t *bytes, size_t length)
{
	struct address a = {0};

	if (length != 4 && length != 16)
		return a;
	a.family = length == 4 ? 4 : 6;
	memcpy(a.bytes, bytes, length);
	return a;
}

bool address_is_loopback(const struct address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->family == 6 ? memcmp(a->bytes, one, sizeof(one)) == 0
			      : a->family == 4 && a->bytes[0] == 127;
}

bool address_is_private(const struct address *a)
{
	const uint8_t *b = a->bytes;

	if (a->family == 6)
		return (b[0] & 0xfe) == 0xfc ||
		       (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
		       address_is_loopback(a);
	return b[0] == 10 || b[0] == 127 || (b[0] == 172 && b[1] >> 4 == 1) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
	       (b[0] == 100 && b[1] >> 6 == 1);
}
