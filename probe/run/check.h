/* SPDX-License-Identifier: GPL-3.0-or-later
 * The slower checks of --all: connections of their own, each with one kind
 * of data that some devices do not let through. What they showed is
 * for the judge to tell.
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

enum check_state { CHECK_SYN, CHECK_BASE, CHECK_BUSY, CHECK_OVER };

struct check {
	struct client client;
	const struct pace *pace;
	enum check_kind kind;
	enum check_state state;
	struct retry retry;
	uint8_t ttl;	 /* CHECK_EXPIRED: with which the data goes out */
	unsigned step;	 /* of the kind */
	size_t offset;	 /* of the data that is being sent */
	size_t size;	 /* CHECK_BIG, CHECK_FRAGMENTS: its bytes; 0: none were
			    sent yet */
	size_t received; /* what had come in when the step began */
	bool vain;	 /* what should have been answered was not */
};

/* Opens a flow and sends its SYN. False: the run must stop. */
bool check_start(struct check *t, struct live *live,
		 const struct destination *to, const struct pace *pace,
		 enum check_kind kind, unsigned version);

/* Does what is due; the time at which it wants to be stepped again. */
int64_t check_step(struct check *t, int64_t now_us);

/* A copy of what was tried last, with a TTL that does not reach the server.
 * False: there is none, or the run must stop. */
bool check_copy(struct check *t, uint8_t ttl);

/* The kind of segment that check_copy sends. */
enum segment_kind check_segment(const struct check *t);

/* Whether copies can show more: what was tried is no longer proven intact. */
bool check_wants_copies(const struct check *t);

/* Whether what the kind is about went wrong: once is to be confirmed. */
bool check_convicts(const struct check *t);

/* Whether no quote says that data expired which should have: routers limit
 * those. A copy with its TTL may draw one. */
bool check_untold(const struct check *t);

void check_end(struct check *t);

#endif
