/* SPDX-License-Identifier: GPL-3.0-or-later
 * The Internet checksum (RFC 1071) and the DSS checksum (RFC 8684 3.3.1).
 */
#ifndef CRAFTING_CHECKSUM_H
#define CRAFTING_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

struct address;

/* One's-complement sum of bytes, taken as 16-bit big-endian words, added to
 * `sum`; an odd last byte is padded with zero, so only the last part of a
 * message may be odd. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length);

/* Folds and complements: the value for the header field, host order. */
uint16_t checksum_finish(uint32_t sum);

/* The TCP, UDP or ICMPv6 checksum of `segment` as it stands (a stored
 * checksum field must be zero, or the result is 0 for a valid one), with the
 * pseudo header of RFC 793 / RFC 8200 8.1. */
uint16_t checksum_transport(const struct address *source,
			    const struct address *destination, uint8_t protocol,
			    const void *segment, size_t length);

/* RFC 8684 3.3.1: over the 64-bit DSN (always, whatever its length on the
 * wire), SSN, data-level length, a zero checksum field, and the payload that
 * is mapped. `data_level_length` counts a DATA_FIN, `payload_length` does
 * not. Host order in and out. */
uint16_t dss_checksum(uint64_t dsn, uint32_t ssn, uint16_t data_level_length,
		      const void *payload, size_t payload_length);

#endif
