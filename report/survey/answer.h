/* SPDX-License-Identifier: GPL-3.0-or-later
 * A packet that came in while a survey runs: whether it answers a SYN of ours,
 * which, and what it says. No state is kept of what was sent.
 */
#ifndef REPORT_SURVEY_ANSWER_H
#define REPORT_SURVEY_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/syn_template.h"

struct survey_identity;

enum answer_what { ANSWER_NONE, ANSWER_SYN_ACK, ANSWER_RESET, ANSWER_ICMP };

/* What it says of MPTCP. */
enum answer_mptcp {
	ANSWER_NO_MPTCP,
	ANSWER_V1,     /* MP_CAPABLE with a key of the server's own */
	ANSWER_V0,     /* the same, of version 0 */
	ANSWER_JOINED, /* a SYN/ACK with MP_JOIN */
	ANSWER_TCPRST, /* MP_TCPRST: it has no such token */
	ANSWER_EXACT,  /* the very option that we sent */
	ANSWER_OTHER   /* one that no MPTCP host answers with */
};

/* What becomes of a packet. Some fit nothing, for a reason. */
enum answer_fit {
	FIT_NOT, /* nothing that would answer us: other traffic */
	FIT_ANSWER,
	FIT_BAD_ACK,   /* it acknowledges something else than our SYN */
	FIT_BAD_PORT,  /* to a port that this target never saw */
	FIT_BAD_FLAGS, /* neither SYN/ACK nor RST with ACK */
	FIT_BAD_QUOTE, /* an ICMP error that quotes no SYN of ours */
	FITS
};

#define ANSWER_OPTION_MAX 40

struct survey_answer {
	/* known of all but FIT_NOT and FIT_BAD_QUOTE */
	struct address target;
	uint16_t port;
	enum syn_kind kind;
	struct syn_numbers numbers; /* of the SYN that it answers */
	/* of answers */
	enum answer_what what;
	enum answer_mptcp mptcp;
	uint8_t ttl; /* on arrival */
	uint32_t server_isn;
	bool timestamp; /* it has our TSval; or it has none at all */
	uint8_t option[ANSWER_OPTION_MAX]; /* its first of MPTCP */
	uint8_t option_length;		   /* 0: none */
	struct address from;		   /* of ICMP: who says so */
	uint8_t icmp_type, icmp_code;
	char changes[400]; /* of ICMP: what is quoted otherwise than it was
			      sent, as elements of a list of JSON */
};

/* Reads a packet from its IP header on, of which `available` bytes are there.
 * Only FIT_ANSWER fills all of `out`. */
enum answer_fit survey_answer_read(const struct survey_identity *s,
				   const uint8_t *bytes, size_t available,
				   struct survey_answer *out);

/* "bad_ack" */
const char *answer_fit_name(enum answer_fit fit);

#endif
