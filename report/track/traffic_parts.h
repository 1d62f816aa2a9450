/* SPDX-License-Identifier: GPL-3.0-or-later
 * The parts of traffic.h for each other: traffic.c (what is open),
 * traffic_look.c (what a packet says). Not for anybody else.
 */
#ifndef REPORT_TRACK_TRAFFIC_PARTS_H
#define REPORT_TRACK_TRAFFIC_PARTS_H

#include "report/track/traffic.h"

struct keys;

/* What one packet of the subflow says; `side` sent it. */
void traffic_look(struct traffic *t, struct traffic_subflow *s, unsigned side,
		  const struct kept *k);

struct keys *traffic_keys(struct traffic *t);
void traffic_add_token(struct traffic *t, struct traffic_connection *c,
		       unsigned side);
/* The connection that one host calls by this token; `*side`: which host. */
struct traffic_connection *traffic_by_token(struct traffic *t, uint32_t token,
					    unsigned *side);
void traffic_attach(struct traffic_connection *c, struct traffic_subflow *s);
void traffic_move(struct traffic *t, struct traffic_subflow *s,
		  struct traffic_connection *to);
traffic_fn traffic_ignore;

#endif
