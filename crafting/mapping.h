/* SPDX-License-Identifier: GPL-3.0-or-later
 * A mapping of data sequence numbers to a subflow (RFC 8684 3.3.1), and its
 * checksum over the segments that bring its payload, in any order. Numbers
 * are in host order; SSNs are relative: the first byte has 1.
 */
#ifndef CRAFTING_MAPPING_H
#define CRAFTING_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tcp_options;

struct mapping {
	uint64_t dsn;
	bool dsn8;	/* all of it was sent */
	bool dsn_known; /* all 64 bits of it are */
	uint32_t ssn;
	uint16_t length; /* data-level length: a DATA_FIN counts */
	bool data_fin, has_checksum;
	uint16_t checksum;
};

/* The mapping that a segment's DSS, or its MP_CAPABLE with data (RFC 8684
 * 3.1), states. `first`: the DSN of the sender's first byte, `expected`: one
 * near to which a DSN of 32 bits is; 0: not known. */
bool mapping_read(const struct tcp_options *options, uint64_t first,
		  uint64_t expected, struct mapping *out);

/* Bytes of payload in it. */
uint32_t mapping_payload(const struct mapping *m);

/* RFC 8684 3.3.3: the number of 64 bits nearest to what is expected, of which
 * these are the lower 32. */
uint64_t dsn_widen(uint64_t low, uint64_t expected);

enum mapping_state { MAPPING_OPEN, MAPPING_RIGHT, MAPPING_WRONG };

/* Stretches of payload that came and are not next to each other; with more of
 * them the checksum stays unknown. */
#define MAPPING_PIECES 8

struct mapping_sum {
	struct mapping mapping;
	bool open; /* more of it may come */
	uint32_t sum;
	unsigned piece_count;
	struct {
		uint32_t from, to; /* in bytes of the payload */
	} pieces[MAPPING_PIECES];
};

/* `open` is false after it if there is nothing to be verified. */
void mapping_sum_begin(struct mapping_sum *s, const struct mapping *m);

/* Adds what is in the mapping of payload that begins at this SSN. Of bytes
 * that come twice the first count. Says once whether the checksum is right:
 * when all of the payload is there. */
enum mapping_state mapping_sum_add(struct mapping_sum *s, uint32_t ssn,
				   const uint8_t *payload, size_t length);

#endif
