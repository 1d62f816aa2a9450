/* SPDX-License-Identifier: GPL-3.0-or-later
 * Stable pseudonyms of what names hosts and people: addresses by Crypto-PAn
 * (Xu, Fan, Ammar, Moon 2002), which keeps prefixes; link addresses, names,
 * payload. The same key gives the same ones; without it none can be undone.
 * Where OpenSSL fails the program is aborted: nothing goes on in the clear.
 */
#ifndef CRAFTING_PSEUDONYM_H
#define CRAFTING_PSEUDONYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

struct pseudonyms;

#define PSEUDONYM_KEY 32 /* bytes: of AES, and what makes the padding */

/* NULL: no memory. */
struct pseudonyms *pseudonyms_new(const uint8_t key[PSEUDONYM_KEY]);
void pseudonyms_free(struct pseudonyms *p); /* NULL is fine */

/* Crypto-PAn as it was published: any address may become any other. */
struct address pseudonym_crypto_pan(struct pseudonyms *p,
				    const struct address *a);

/* The same, but of the same kind: what is private stays so, under its prefix
 * (10.0.0.0/8, ...); what is public stays that. Loopback, multicast of IPv4,
 * broadcast and "none" stay as they are. Two addresses of one kind have as many
 * leading bits in common as before. An IPv4 address within one of IPv6 becomes
 * what it is by itself. */
struct address pseudonym_address(struct pseudonyms *p, const struct address *a);

/* Whose pseudonym it is. */
struct address pseudonym_original(struct pseudonyms *p,
				  const struct address *a);

/* Of a link address, of 32 bytes at most, to another place: locally
 * administered; group and broadcast stay such. */
void pseudonym_link(struct pseudonyms *p, const uint8_t *from, size_t length,
		    uint8_t *out);

/* Overwrites payload. What begins alike goes on beginning alike, and so much
 * longer: a copy that is cut stays the beginning of the other. */
void pseudonym_payload(struct pseudonyms *p, uint8_t *bytes, size_t length);

/* A number that stands for these bytes among others of one kind. */
uint64_t pseudonym_number(struct pseudonyms *p, const char *kind,
			  const void *bytes, size_t length);

#endif
