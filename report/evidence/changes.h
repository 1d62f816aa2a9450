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

/* Each field with its name in the report, a short word, and how it is written.
 * ECN in TCP is ECE and CWR; urgent, URG and the pointer; the checksum is
 * compared only where nothing else explains it. Options other than MSS and
 * MPTCP, that were sent and that were not, go by names of their own. */
#define FIELDS(X)                                                              \
	X(FIELD_IP_DSCP, "ip.dscp", "DSCP", DECIMAL)                           \
	X(FIELD_IP_ECN, "ip.ecn", "ECN", DECIMAL)                              \
	X(FIELD_IP_ID, "ip.id", "IP ID", HEX)                                  \
	X(FIELD_IP_LENGTH, "ip.total_length", "length", DECIMAL)               \
	X(FIELD_IP_FLOW_LABEL, "ip.flow_label", "label", HEX)                  \
	X(FIELD_IP_SOURCE, "ip.source", "source", BYTES)                       \
	X(FIELD_IP_DESTINATION, "ip.destination", "target", BYTES)             \
	X(FIELD_TCP_SOURCE_PORT, "tcp.source_port", "port", DECIMAL)           \
	X(FIELD_TCP_DESTINATION_PORT, "tcp.destination_port", "port", DECIMAL) \
	X(FIELD_TCP_SEQUENCE, "tcp.sequence", "seq", HEX32)                    \
	X(FIELD_TCP_ACKNOWLEDGMENT, "tcp.acknowledgment", "ack", HEX32)        \
	X(FIELD_TCP_FLAGS, "tcp.flags", "flags", HEX)                          \
	X(FIELD_TCP_ECN, "tcp.flags.ecn", "ECN", HEX)                          \
	X(FIELD_TCP_URGENT, "tcp.urgent", "URG", DECIMAL)                      \
	X(FIELD_TCP_WINDOW, "tcp.window", "window", DECIMAL)                   \
	X(FIELD_TCP_CHECKSUM, "tcp.checksum", "chksum", HEX)                   \
	X(FIELD_OPTION_MSS, "tcp.option.mss", "MSS", BYTES)                    \
	X(FIELD_OPTION_MPTCP, "tcp.option.mptcp", "MPTCP", BYTES)              \
	X(FIELD_OPTION_OTHER, "tcp.option", "option", BYTES)                   \
	X(FIELD_OPTION_ADDED, "tcp.option", "option", BYTES)                   \
	X(FIELD_PAYLOAD, "payload", "data", BYTES)                             \
	X(FIELD_PAYLOAD_LENGTH, "payload.length", "length", DECIMAL)

enum field { FIELDS(ENUM_VALUE) FIELD_COUNT };

/* The short word for a field of this name: "MPTCP" for "tcp.option.mptcp". An
 * option goes by its own name. */
const char *field_word(const char *name);

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
