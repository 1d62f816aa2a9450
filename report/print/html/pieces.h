/* SPDX-License-Identifier: GPL-3.0-or-later
 * A packet of a report in its fields, each with its bytes.
 */
#ifndef REPORT_PRINT_HTML_PIECES_H
#define REPORT_PRINT_HTML_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct report_packet;

struct piece {
	const char *name;  /* "Window", "MSS", "MP_CAPABLE" */
	const char *words; /* what the bytes mean; "" */
	const uint8_t *bytes;
	size_t length;
	bool option;  /* of TCP */
	bool plain;   /* it says little where there is nothing to compare it */
	bool travels; /* it is another one at each hop, or follows from others
		       */
};

struct pieces {
	struct piece *list;
	size_t count;
	const uint8_t *options; /* the block, as far as it is there */
	size_t options_length;
};

/* They point into the packet. None of a packet that is no TCP. */
struct pieces pieces_of(struct arena *a, const struct report_packet *p);

/* What of `other` corresponds to one of `own`: that with its name, or the
 * bytes at its place where both have as many bytes of options; false: nothing.
 */
bool piece_beside(const struct pieces *own, size_t index,
		  const struct pieces *other, struct piece *out);

/* Whether nothing of `own` corresponds to one of `other`: it was added. */
bool piece_is_added(const struct pieces *own, const struct pieces *other,
		    size_t index);

#endif
