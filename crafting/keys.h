/* SPDX-License-Identifier: GPL-3.0-or-later
 * What MPTCP derives from keys: tokens, IDSNs and HMACs. Version 1 uses
 * SHA-256 (RFC 8684 3.1, 3.2), version 0 SHA-1 (RFC 6824 3.1, 3.2). Keys are
 * the eight bytes of the wire read as one big-endian number; all numbers are
 * in host order. Digests and contexts are fetched once (see keys.c) and
 * live until keys_free().
 * All functions return 0, or -1 if OpenSSL failed (outputs untouched).
 */
#ifndef CRAFTING_KEYS_H
#define CRAFTING_KEYS_H

#include <stddef.h>
#include <stdint.h>

struct address;
struct keys; /* fetched digests and reused contexts; one per thread */

struct keys *keys_new(void); /* NULL if OpenSSL failed */
void keys_free(struct keys *k);

/* token: the first 32 bits of the hash of the key; idsn: its last 64 bits.
 * The first data byte has DSN = idsn + 1. Either output may be NULL. */
int keys_derive(struct keys *k, unsigned version, uint64_t key, uint32_t *token,
		uint64_t *idsn);

/* HMAC of a MP_JOIN (RFC 8684 3.2): key = own key || other key, message =
 * own nonce || other nonce, seen from the host that sends it. Whole digest:
 * 32 bytes in version 1, 20 in version 0, in `out` of at least 32 bytes. A
 * SYN/ACK carries the first 8 bytes, the third ACK the first 20. */
int keys_join_hmac(struct keys *k, unsigned version, uint64_t own_key,
		   uint64_t other_key, uint32_t own_nonce, uint32_t other_nonce,
		   uint8_t *out);

/* The truncated HMAC of an ADD_ADDR (RFC 8684 3.4.1): the last 64 bits of
 * HMAC-SHA256(sender key || receiver key, id || address || port), port 0 if
 * the option has none. Version 1 only. */
int keys_add_addr_hmac(struct keys *k, uint64_t sender_key,
		       uint64_t receiver_key, uint8_t address_id,
		       const struct address *address, uint16_t port,
		       uint64_t *out);

#endif
