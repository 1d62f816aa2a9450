/* SPDX-License-Identifier: GPL-3.0-or-later
 * The slower checks of --all: connections of their own, each with one kind
 * of data that some devices do not bear (reference 2.2). What they showed is
 * for the judge to tell.
 */
#ifndef PROBE_RUN_TRIAL_H
#define PROBE_RUN_TRIAL_H

#include "probe/run/dialog.h"

enum trial_kind {
	TRIAL_LONG,	 /* many small segments, one after the other */
	TRIAL_HOLE,	 /* the second segment before the first */
	TRIAL_PAIR,	 /* two small segments at once */
	TRIAL_EXPIRED,	 /* data that expires on the way, then other bytes */
	TRIAL_BIG,	 /* a segment of full size, then a smaller one */
	TRIAL_BIG_TCP,	 /* the same without MPTCP, for the contrast */
	TRIAL_ADD_ADDR,	 /* an address announced */
	TRIAL_FRAGMENTS, /* a segment in IP fragments, then in one piece */
};

enum trial_state { TRIAL_SYN, TRIAL_BASE, TRIAL_BUSY, TRIAL_OVER };

struct trial {
	struct client client;
	const struct pace *pace;
	enum trial_kind kind;
	enum trial_state state;
	struct retry retry;
	uint8_t ttl;	 /* TRIAL_EXPIRED: with which the data goes out */
	unsigned step;	 /* of the kind */
	size_t offset;	 /* of the data that is being sent */
	size_t size;	 /* TRIAL_BIG, TRIAL_FRAGMENTS: its bytes; 0: none were
			    sent yet */
	size_t received; /* what had come in when the step began */
	bool vain;	 /* what should have been answered was not */
};

/* Opens a flow and sends its SYN. False: the run must stop. */
bool trial_start(struct trial *t, struct live *live,
		 const struct destination *to, const struct pace *pace,
		 enum trial_kind kind, unsigned version);

/* Does what is due; the time at which it wants to be stepped again. */
int64_t trial_step(struct trial *t, int64_t now_us);

/* A copy of what was tried last, with a TTL that does not reach the server.
 * False: there is none, or the run must stop. */
bool trial_copy(struct trial *t, uint8_t ttl);

/* The kind of segment that trial_copy sends. */
enum segment_kind trial_segment(const struct trial *t);

/* Whether copies can show more: what was tried is no longer proven intact. */
bool trial_wants_copies(const struct trial *t);

/* Whether what the kind is about went wrong: once is to be confirmed. */
bool trial_convicts(const struct trial *t);

/* Whether no quote says that data expired which should have: routers limit
 * those. A copy with its TTL may draw one. */
bool trial_untold(const struct trial *t);

void trial_end(struct trial *t);

#endif
