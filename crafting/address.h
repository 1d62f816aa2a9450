/* SPDX-License-Identifier: GPL-3.0-or-later
 * An IPv4 or IPv6 address as a value.
 */
#ifndef CRAFTING_ADDRESS_H
#define CRAFTING_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_TEXT 46 /* bytes that any address needs as text, with NUL */

struct address {
	uint8_t family;	   /* 4 or 6; 0: none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first four, the
			      rest are zero */
};

bool address_equal(const struct address *a, const struct address *b);

/* By family, then by number: below, at or above 0 as `a` is to `b`. */
int address_compare(const struct address *a, const struct address *b);

/* This host itself: RFC 1122 3.2.1.3, RFC 4291 2.5.3. */
bool address_is_loopback(const struct address *a);

/* Not to be reached from elsewhere: RFC 1918, 6598, 3927, 4193, 4291, and this
 * host itself. */
bool address_is_private(const struct address *a);

/* 4 or 16; 0 for none. */
size_t address_length(const struct address *a);

/* Writes the text form into `text` of ADDRESS_TEXT bytes and returns it;
 * "?" for none. */
const char *address_text(const struct address *a, char *text);

/* Numeric IPv4 or IPv6 text; false if it is neither. */
bool address_parse(const char *text, struct address *out);

/* From `length` (4 or 16) bytes in network order. */
struct address address_from(const uint8_t *bytes, size_t length);

#endif
