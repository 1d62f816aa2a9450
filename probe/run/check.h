/* SPDX-License-Identifier: GPL-3.0-or-later
 * One of the slower checks of --all: a connection of its own with one kind of
 * data that some devices do not bear. What it showed is for the judge to tell.
 */
#ifndef PROBE_RUN_CHECK_H
#define PROBE_RUN_CHECK_H

#include "probe/run/connection.h"

enum check_kind {
	CHECK_LONG,	 /* many small segments, one after the other */
	CHECK_HOLE,	 /* the second segment before the first */
	CHECK_PAIR,	 /* two small segments at once */
	CHECK_EXPIRED,	 /* data that expires on the way, then other bytes */
	CHECK_BIG,	 /* a segment of full size, then a smaller one */
	CHECK_BIG_TCP,	 /* the same without MPTCP, for the contrast */
	CHECK_ADD_ADDR,	 /* an address announced */
	CHECK_FRAGMENTS, /* a segment in IP fragments, then in one piece */
};

struct check {
	struct connection connection; /* first: its course knows it by that */
	enum check_kind kind;
	uint8_t ttl;	 /* CHECK_EXPIRED: with which the data goes out */
	size_t offset;	 /* of the data that is being sent */
	size_t size;	 /* CHECK_BIG, CHECK_FRAGMENTS: its bytes; 0: none were
			    sent yet */
	size_t received; /* what had come in when the step began */
	bool vain;	 /* what should have been answered was not */
};

extern const struct course course_check;

/* Whether it is one without MPTCP. */
bool check_is_plain(enum check_kind kind);

/* A router says that a link takes less: then that is full size. */
void check_heed_too_big(struct check *k);

/* A copy of what was tried last, with a TTL that does not reach the server. */
void check_copy(struct check *k, unsigned ttl);

/* The kind of segment that check_copy() sends. */
enum segment_kind check_segment(const struct check *k);

/* Whether copies can show more: what was tried is no longer proven intact. */
bool check_wants_copies(const struct check *k);

/* Whether what the kind is about went wrong: once is to be confirmed. */
bool check_convicts(const struct check *k);

/* Whether no quote says that data expired which should have: routers limit
 * those. A copy with its TTL may draw one. */
bool check_untold(const struct check *k);

#endif
