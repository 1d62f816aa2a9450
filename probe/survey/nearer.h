/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether what answers may be nearer than the target, told without asking any
 * hop: a device that ends TCP connections and speaks MPTCP itself looks clear.
 * Its SYN/ACKs come over fewer hops than the target's own ICMP answer to one
 * datagram. That proves nothing, as ways back differ: so a sweep is to tell, as
 * long as sweeps find a device for it.
 */
#ifndef PROBE_SURVEY_NEARER_H
#define PROBE_SURVEY_NEARER_H

#include <stdbool.h>

struct report;

/* What a probe that asked no hop shows. */
enum nearer {
	NEARER_UNKNOWN, /* the target sent no ICMP, or the server no SYN/ACK */
	NEARER_ALIKE,	/* both come over as many hops */
	NEARER_FEWER,	/* the SYN/ACKs over fewer */
	NEARER_MORE,
};
enum nearer nearer_of(const struct report *r);

/* How often sweeps for that found a device, and how often not. */
struct nearer_score {
	unsigned right, wrong;
};

bool nearer_is_worth(const struct nearer_score *s);

/* Takes in such a sweep. */
void nearer_learn(struct nearer_score *s, const struct report *r);

#endif
