/* SPDX-License-Identifier: GPL-3.0-or-later
 * Public servers that are known to speak MPTCP: --reference auto. README.md and
 * the man page name them, too.
 */
#ifndef PROBE_NET_REFERENCES_H
#define PROBE_NET_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct target_wanted;

#define REFERENCE_PORTS 2

struct reference {
	const char *host;
	uint16_t ports[REFERENCE_PORTS];
	const char *known; /* by whom, and of what */
	const char *said;  /* when that was, "2025-01-30" */
};

/* Row number `i` of the table; NULL behind the last. */
const struct reference *references_row(size_t i);

/* Whether this is probed anyway. */
typedef bool reference_taken_fn(void *context, const struct address *a,
				uint16_t port);

/* Of the first that answers TCP the "HOST:PORT"; of one family, if only one is
 * wanted. Each gets an ordinary connection, two seconds at most. False: none
 * does. */
#define REFERENCE_TEXT 64
bool references_find(const struct target_wanted *wanted,
		     reference_taken_fn *taken, void *context,
		     char text[REFERENCE_TEXT]);

#endif
