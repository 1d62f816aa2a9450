/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations with the server, as state machines that are stepped: a
 * connection that sends the request in two segments, with or without MPTCP;
 * an additional subflow; and lone SYNs.
 */
#ifndef PROBE_RUN_CONNECTION_H
#define PROBE_RUN_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/run/client.h"

#define NEVER INT64_MAX

/* What all conversations of a run share. */
struct pace {
	int64_t rtt_us; /* of the first SYN/ACK; 0: not known yet */
};

/* How long an answer is waited for before its segment is sent again. */
int64_t pace_wait_us(const struct pace *p);

/* When to send again, and how often yet. The wait follows the pace as it
 * becomes known. */
struct retry {
	const struct pace *pace;
	int64_t sent_us;
	unsigned tries;
	bool steady; /* the waits do not grow */
};

void retry_begin(struct retry *r, const struct pace *pace, bool steady);
int64_t retry_at(const struct retry *r);
/* Whether it is time to try again: then it counts as tried. */
bool retry_due(struct retry *r, int64_t now_us);

enum connection_state {
	CONNECTION_SYN,	   /* SYN sent */
	CONNECTION_FIRST,  /* third ACK and the first data sent */
	CONNECTION_SECOND, /* the second data sent */
	CONNECTION_ANSWER, /* all acknowledged; waits for the server's data */
	CONNECTION_HELD,   /* all is known; kept open for others */
	CONNECTION_ENDED,
};

struct connection {
	struct client client;
	const struct pace *pace;
	const uint8_t *request; /* NULL: the handshake only */
	size_t length, split;
	enum connection_state state;
	struct retry retry;
	uint8_t data_ttl;
	bool wants_answer; /* waits for the server's data without MPTCP, too */
	bool plain_tried;  /* the first data went out without options */
	bool first_only; /* asks for nothing: held when that is acknowledged */
	uint32_t acked;	 /* what of the server's we acknowledged */
	int64_t answer_until_us;
};

/* Opens a flow and sends its SYN. False: the run must stop. The data goes out
 * with d->data_ttl, which may be lowered at once. */
bool connection_start(struct connection *d, struct live *live,
		      const struct destination *to, const struct pace *pace,
		      enum purpose purpose, unsigned version, bool checksum,
		      const uint8_t *request, size_t length);

/* The same on a flow whose SYN went out: `client` is the connection's now. */
void connection_adopt(struct connection *d, const struct client *client,
		      const struct pace *pace, const uint8_t *request,
		      size_t length);

/* Does what is due. Returns when it wants to be stepped again at the latest
 * (NEVER: only frames can move it). */
int64_t connection_step(struct connection *d, int64_t now_us);

/* Copies of the third ACK, or of the second data, with one low TTL. */
bool connection_copy(struct connection *d, enum segment_kind kind, uint8_t ttl);

/* Whether nothing more is to come of it. */
bool connection_over(const struct connection *d);

/* Whether a DATA_ACK came for its first data. */
bool connection_data_acked(const struct connection *d);

/* Ends the flow if it is open. */
void connection_end(struct connection *d);

enum join_state {
	JOIN_IDLE,
	JOIN_SYN_SENT,
	JOIN_ACK_SENT,
	JOIN_HELD,
	JOIN_ENDED
};

struct join {
	struct client client;
	const struct pace *pace;
	enum join_state state;
	struct retry retry;
};

bool join_start(struct join *join, struct live *live,
		const struct destination *to, const struct pace *pace,
		const struct client *parent);
int64_t join_step(struct join *join, int64_t now_us);
void join_end(struct join *join);

/* A SYN of its own port, sent once or a few times. */
struct syn {
	struct client client;
	struct copy copy;
	struct retry retry;
	unsigned tries_max;
};

/* Opened only: its client may be changed before the SYN goes out. */
bool syn_open(struct syn *l, struct live *live, const struct destination *to,
	      const struct pace *pace, enum purpose purpose, unsigned version,
	      const struct client *parent, uint8_t ttl, unsigned tries_max);

/* `parent`: of a MP_JOIN with its token; else NULL. */
bool syn_start(struct syn *l, struct live *live, const struct destination *to,
	       const struct pace *pace, enum purpose purpose, unsigned version,
	       const struct client *parent, uint8_t ttl, unsigned tries_max);

int64_t syn_step(struct syn *l, int64_t now_us);
bool syn_answered(const struct syn *l);
bool syn_over(const struct syn *l, int64_t now_us);
void syn_end(struct syn *l);

#endif
