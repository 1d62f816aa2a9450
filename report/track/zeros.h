/* SPDX-License-Identifier: GPL-3.0-or-later
 * Memory that is mostly zeros, with few of them left: pieces, one behind the
 * other, which are read in the same order and with the same sizes.
 */
#ifndef REPORT_TRACK_ZEROS_H
#define REPORT_TRACK_ZEROS_H

#include <stddef.h>
#include <stdint.h>

/* All zero: empty. */
struct packed {
	uint8_t *bytes;
	size_t length, capacity;
};

/* Appends a piece. */
void zeros_pack(struct packed *p, const void *piece, size_t size);

/* Reads the next one, from where it begins; returns where it ends. */
const uint8_t *zeros_unpack(const uint8_t *from, void *piece, size_t size);

void packed_free(struct packed *p); /* what it holds */

#endif
