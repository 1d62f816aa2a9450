/* SPDX-License-Identifier: GPL-3.0-or-later
 * A frame as it may be shown to anybody: with pseudonyms in place of addresses,
 * wherever they stand, and of payload. Ports, numbers, flags, lengths and MPTCP
 * keys stay. A checksum that was right stays right; one that was wrong stays
 * wrong, by as much.
 */
#ifndef CRAFTING_REWRITE_H
#define CRAFTING_REWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct mptcp_option;
struct packet;
struct pseudonyms;

/* What only who follows connections knows. `p` is the segment, with pseudonyms
 * as its addresses. */
struct rewrite_facts {
	/* The HMAC (RFC 8684 3.4.1) of this ADD_ADDR for another address.
	 * False if it is not known, or the option's own is wrong. */
	bool (*hmac)(void *context, const struct packet *p,
		     const struct mptcp_option *option,
		     const struct address *other, uint64_t *out);
	/* Whether DSS checksums may cover the payload. */
	bool (*summed)(void *context, const struct packet *p);
	/* Payload of a datagram or echo that names nobody, and stays. */
	bool (*plain)(const uint8_t *payload, size_t length);
};

/* By how much the sums of a segment changed: a quote of it may be cut, or lie
 * about its length. */
struct rewrite_change {
	uint32_t before, after;
};
struct rewrite_sum {
	uint64_t key;			    /* whose; 0: nobody's */
	struct rewrite_change payload, all; /* with options */
	bool dss;  /* a DSS checksum covers just this payload */
	bool kept; /* the sum of the payload did not change */
};
#define REWRITE_SUMS 4096

struct rewriter {
	struct pseudonyms *pseudonyms;
	const struct rewrite_facts *facts;
	void *context;
	struct rewrite_sum *sums; /* so many, zero at first */
};

/* `out` has room for as many bytes. What is not understood is blanked. */
void rewrite_frame(const struct rewriter *r, int link_type,
		   const uint8_t *frame, size_t captured, uint8_t *out);

#endif
