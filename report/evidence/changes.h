/* SPDX-License-Identifier: GPL-3.0-or-later
 * A quoted packet against the one that was sent, field by field. What the
 * quote does not contain is not covered: unknown, never "unchanged".
 */
#ifndef REPORT_EVIDENCE_CHANGES_H
#define REPORT_EVIDENCE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

struct arena;
struct kept;
struct packet;

enum field {
	FIELD_IP_DSCP,
	FIELD_IP_ECN,
	FIELD_IP_ID,
	FIELD_IP_LENGTH,
	FIELD_IP_FLOW_LABEL,
	FIELD_IP_SOURCE,
	FIELD_IP_DESTINATION,
	FIELD_TCP_SOURCE_PORT,
	FIELD_TCP_DESTINATION_PORT,
	FIELD_TCP_SEQUENCE,
	FIELD_TCP_ACKNOWLEDGMENT,
	FIELD_TCP_FLAGS,
	FIELD_TCP_ECN,	  /* ECE, CWR */
	FIELD_TCP_URGENT, /* URG and the urgent pointer */
	FIELD_TCP_WINDOW,
	FIELD_TCP_CHECKSUM, /* only where nothing else explains it */
	FIELD_OPTION_MSS,
	FIELD_OPTION_MPTCP,
	FIELD_OPTION_OTHER, /* any other option that was sent */
	FIELD_OPTION_ADDED, /* one that was not sent */
	FIELD_PAYLOAD,
	FIELD_PAYLOAD_LENGTH,
	FIELD_COUNT,
};

struct changed {
	enum field field;
	struct change change; /* as the report prints it */
	const char *how;      /* of a removed option: "nop", "eol", "cut" */
	bool removed;	      /* an option that is gone */
	const char *in_place; /* hex of what stands where it stood, or NULL */
};

struct comparison {
	uint32_t covered; /* bit (1 << enum field): the quote shows it */
	struct changed *items;
	size_t count;
};

/* Compares; everything allocated lives in the arena. */
void compare_packets(struct arena *a, const struct kept *sent,
		     const struct packet *quoted, struct comparison *out);

/* The change of this field, or NULL. */
const struct changed *comparison_find(const struct comparison *c,
				      enum field field);

static inline bool comparison_covers(const struct comparison *c,
				     enum field field)
{
	return c->covered >> field & 1;
}

#endif
