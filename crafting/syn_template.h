/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs to very many targets, and RSTs: each kind is crafted once, and then
 * patched with what differs, checksums included.
 */
#ifndef CRAFTING_SYN_TEMPLATE_H
#define CRAFTING_SYN_TEMPLATE_H

#include <libnet.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

enum syn_kind {
	SYN_CAPABLE,	/* MP_CAPABLE of version 1 */
	SYN_JOIN,	/* MP_JOIN with a token that nobody gave */
	SYN_PLAIN,	/* without MPTCP */
	SYN_CAPABLE_V0, /* MP_CAPABLE of version 0, with a key */
	SYN_KINDS
};

#define SYN_MAX 96 /* bytes of any, from the IP header on */

struct syn_template {
	uint8_t bytes[SYN_MAX];
	size_t length, ip_length; /* of all; of the IP header */
	uint32_t ip_sum, tcp_sum; /* of what never changes */
	enum syn_kind kind;
};

/* Host order. */
struct syn_numbers {
	struct address to;
	uint16_t port, source_port;
	uint32_t isn, tsval;
	uint16_t id;	       /* IPv4 */
	uint32_t flow_label;   /* IPv6, 20 bits */
	uint32_t token, nonce; /* of SYN_JOIN */
	uint64_t key;	       /* of SYN_CAPABLE_V0 */
};

/* Crafts one from this address, as a Linux host would send it. 0, or -1: libnet
 * failed. */
int syn_template_make(struct syn_template *t, libnet_t *net, enum syn_kind kind,
		      const struct address *source);

/* Writes the SYN with these numbers, to an address of the same family, to `out`
 * of SYN_MAX bytes: t->length of them. */
void syn_template_fill(const struct syn_template *t,
		       const struct syn_numbers *n, uint8_t *out);

/* The same of the RST that ends what a SYN/ACK to such a SYN began, as the
 * kernel sends it where it knows of no connection (RFC 9293 3.10.7.1). */
int reset_template_make(struct syn_template *t, libnet_t *net,
			const struct address *source);
void reset_template_fill(const struct syn_template *t,
			 const struct syn_numbers *n, uint8_t *out);

#endif
