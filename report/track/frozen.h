/* SPDX-License-Identifier: GPL-3.0-or-later
 * MPTCP connections that go on where very many do: packed away, without their
 * packets. All that is listed of them stays known; they are not judged.
 */
#ifndef REPORT_TRACK_FROZEN_H
#define REPORT_TRACK_FROZEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/track/zeros.h"

struct flow;
struct frozen;
struct mptcp_connection;
struct observer;
struct packet;

/* All zero: empty. */
struct freezer {
	struct frozen *oldest, *newest;
	size_t count;
	struct frozen_name **names; /* addresses and ports, and tokens */
	size_t name_count, capacity;
	struct packed scratch;
};

void freezer_close(struct freezer *z);

/* Packs it away; the connection and its flows are gone. */
void observe_freeze(struct observer *o, struct mptcp_connection *c);

/* A packet of one of them, a token of it: it is there again, with flows that
 * are as if in their middle. Whether there is such a one. */
bool observe_thaw(struct observer *o, const struct packet *p);
void observe_thaw_token(struct observer *o, uint32_t token);

/* Ends those that were last seen so long ago, or all: o->ended is told. */
void observe_end_frozen(struct observer *o, int64_t last_seen_us);

#endif
