/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections without MPTCP that are silent for a time, and then send
 * keep-alives (RFC 9293 3.8.4).
 */
#ifndef REPORT_EVIDENCE_RESTS_H
#define REPORT_EVIDENCE_RESTS_H

#include "report/evidence/judgement.h"

/* What one connection shows. Silences are of both ends. */
struct rest {
	const struct flow *flow;
	int64_t held_us;	  /* the longest that it survived */
	int64_t lost_us;	  /* behind which nothing was answered; or 0 */
	const struct kept *first; /* the first keep-alive behind that */
	const struct kept *last;  /* the last one that had time */
	unsigned lost;		  /* how many had time to be answered */
	unsigned answered;	  /* keep-alives */
	const struct kept *reset; /* drawn by such as do not reach the server,
				     with no other behind the silence */
	unsigned least;		  /* the smallest TTL of these */
	bool ended;		  /* by the server: a FIN or a RST */
};

/* All of them. */
struct idling {
	struct rest *list;
	size_t count;
	int64_t held_us;      /* the longest silence that was survived */
	int64_t forgotten_us; /* the shortest that was not */
	unsigned forgotten, lost, reset;
	const struct rest *example;
};

bool is_keep_alive(const struct flow *f, const struct kept *k);

/* Nothing is answered behind a silence, and no RST tells why. */
bool rest_is_forgotten(const struct rest *r);
bool rest_is_alive(const struct rest *r);

/* Of a judgement; its list lives in the judgement's arena. */
struct idling idling_read(const struct judgement *j);

#endif
