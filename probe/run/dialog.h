/* SPDX-License-Identifier: GPL-3.0-or-later
 * Conversations with the server, as state machines that are stepped: a
 * connection that sends the request in two segments, with or without MPTCP;
 * an additional subflow; and lone SYNs.
 */
#ifndef PROBE_RUN_DIALOG_H
#define PROBE_RUN_DIALOG_H

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

enum dialog_state {
	DIALOG_SYN,    /* SYN sent */
	DIALOG_FIRST,  /* third ACK and the first data sent */
	DIALOG_SECOND, /* the second data sent */
	DIALOG_ANSWER, /* all acknowledged; waits for the server's data */
	DIALOG_HELD,   /* all is known; kept open for others */
	DIALOG_ENDED,
};

struct dialog {
	struct client client;
	const struct pace *pace;
	const uint8_t *request; /* NULL: the handshake only */
	size_t length, split;
	enum dialog_state state;
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
bool dialog_start(struct dialog *d, struct live *live,
		  const struct destination *to, const struct pace *pace,
		  enum purpose purpose, unsigned version, bool checksum,
		  const uint8_t *request, size_t length);

/* The same on a flow whose SYN went out: `client` is the dialog's now. */
void dialog_adopt(struct dialog *d, const struct client *client,
		  const struct pace *pace, const uint8_t *request,
		  size_t length);

/* Does what is due. Returns when it wants to be stepped again at the latest
 * (NEVER: only frames can move it). */
int64_t dialog_step(struct dialog *d, int64_t now_us);

/* Copies of the third ACK, or of the second data, with one low TTL. */
bool dialog_copy(struct dialog *d, enum segment_kind kind, uint8_t ttl);

/* Whether nothing more is to come of it. */
bool dialog_over(const struct dialog *d);

/* Whether a DATA_ACK came for its first data. */
bool dialog_data_acked(const struct dialog *d);

/* Ends the flow if it is open. */
void dialog_end(struct dialog *d);

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
struct lone {
	struct client client;
	struct copy copy;
	struct retry retry;
	unsigned tries_max;
};

/* Opened only: its client may be changed before the SYN goes out. */
bool lone_open(struct lone *l, struct live *live, const struct destination *to,
	       const struct pace *pace, enum purpose purpose, unsigned version,
	       const struct client *parent, uint8_t ttl, unsigned tries_max);

/* `parent`: of a MP_JOIN with its token; else NULL. */
bool lone_start(struct lone *l, struct live *live, const struct destination *to,
		const struct pace *pace, enum purpose purpose, unsigned version,
		const struct client *parent, uint8_t ttl, unsigned tries_max);

int64_t lone_step(struct lone *l, int64_t now_us);
bool lone_answered(const struct lone *l);
bool lone_over(const struct lone *l, int64_t now_us);
void lone_end(struct lone *l);

#endif
