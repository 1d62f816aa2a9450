/* SPDX-License-Identifier: GPL-3.0-or-later
 * One connection of ours, from its SYN to its end: the SYN, the third ACK, and
 * then what its course says. Each is sent again until it is answered, or was
 * sent too often.
 */
#ifndef PROBE_RUN_CONNECTION_H
#define PROBE_RUN_CONNECTION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/run/client.h"

#define NEVER INT64_MAX

/* Data of a segment of middle size, for devices that look at neither small nor
 * full ones. */
#define MIDDLE_SIZE 700

/* When larger ones were in vain: so that few devices look at it. */
#define SMALL_PIECE 240

/* How long an answer is waited for before its segment is sent again. */
int64_t answer_wait_us(const struct destination *to);

/* Somewhat more than a round trip: what is later than that is given up. */
int64_t quote_wait_us(const struct destination *to);

/* A SYN that had no answer for so long seems to get none: twice as long as one
 * without the option took. */
int64_t silence_us(const struct destination *to);

struct connection;

/* What a connection does behind its handshake, step by step. The handshake is
 * step 0; step 1 goes out with the third ACK, each time. */
struct course {
	/* The segments of this step; NULL: there are none. */
	void (*send)(struct connection *c);
	/* Whether what the step waits for has come. */
	bool (*done)(const struct connection *c, const struct flow *f);
	/* How often it is sent before it is in vain. */
	unsigned (*tries)(const struct connection *c);
	/* The step is done, or was in vain: goes on by connection_go(),
	 * connection_hold() or connection_end(). */
	void (*next)(struct connection *c, const struct flow *f, bool done);
	unsigned last;	    /* the last step that sends something new */
	unsigned endless;   /* the step that goes on for ever; 0: none does */
	bool grows;	    /* the waits do, as those of SYNs */
	bool ends_with_fin; /* that of the server */
};

enum connection_state {
	CONNECTION_IDLE, /* not begun */
	CONNECTION_BUSY,
	CONNECTION_HELD, /* all is known; kept open for others */
	CONNECTION_ENDED,
};

struct connection {
	struct client client;
	const struct course *course; /* NULL: the SYN is all */
	enum connection_state state;
	unsigned step;
	struct copy copy;   /* of its SYNs */
	unsigned syn_tries; /* those of a host unless changed */
	int64_t begun_us;   /* its SYN, or that it took up again */
	int64_t sent_us;    /* the step, last */
	int64_t wait_us;    /* the step is not sent again before; 0: by RTT */
	unsigned tries;	    /* of the step, yet */
	uint32_t acked;	    /* what of the server's we acknowledged */
	uint64_t again;	    /* segments of it that had come before, as well */
	size_t heard;	    /* segments of the server's before the step */
	bool closed;	    /* by our RST */
	bool mute;	    /* data that comes in is not acknowledged */

	/* course_request */
	const uint8_t *request;
	size_t length, split; /* in two segments, or in one if they are equal */
	size_t tail;  /* bytes behind them that are held back for `joined`, in
			 one short segment */
	size_t more;  /* and behind that, in one segment of middle size, and in
			 others of full size */
	bool alone;   /* no subflow is to bring them: sent here at once */
	size_t piece; /* bytes of the largest of these, as sent last; 0: none
			 was */
	bool shrinks; /* larger segments were in vain: */
	size_t vain, vain_at; /* so many bytes in one, which begins there */
	const struct connection *beside; /* tries them as well; or NULL */
	const struct connection *joined; /* by the tail; NULL: not yet */
	bool awaits_address; /* that the server may announce, for it to go to */
	uint8_t data_ttl;    /* of the first segment */
	bool wants_answer; /* waits for the server's data without MPTCP, too */
	bool plain_tried;  /* data went out without options in the end */

	bool patient; /* those of acks.c: waits longer than is usual */

	const void *of; /* what it belongs to; for its owner */
};

/* A request in two segments, and its answer; without a request, the handshake
 * only. Its tail is sent by the subflow that joins, while the server waits for
 * it; or here, when that did not join or its data was not acknowledged. */
extern const struct course course_request;
enum {
	REQUEST_FIRST = 1,
	REQUEST_SECOND,
	REQUEST_HELD,
	REQUEST_QUIET, /* a server that refused the subflow may tell why */
	REQUEST_TAIL,
	REQUEST_ANSWER,
	REQUEST_ASKED /* whether an answer that did not come was sent */
};

/* Joins the connection of client.parent: until the fourth ACK, and then with
 * the rest of its request, if there is one. The server is asked to answer over
 * this subflow. */
extern const struct course course_join;
enum {
	JOIN_THIRD_ACK = 1,
	JOIN_DATA,
	JOIN_ANSWER, /* the server's, over whatever subflow */
	JOIN_ASKED   /* whether one was sent over this one, and did not come */
};

/* Opened only: what its client says in the SYN may be changed before
 * connection_begin(). Failures stop the run (live.h). */
void connection_open(struct connection *c, const struct course *course,
		     const struct destination *to, enum purpose purpose,
		     unsigned version);

/* One whose SYN has gone out from this client. */
void connection_take_up(struct connection *c, const struct course *course,
			const struct client *client);

/* Sends the SYN, or, of a connection that has one out, takes it up again with
 * the same ports: its SYN is sent once more if it was not answered. */
void connection_begin(struct connection *c);

/* Does what is due. Returns when it wants to be stepped again at the latest
 * (NEVER: only frames can move it). */
int64_t connection_step(struct connection *c, int64_t now_us);

/* On to this step, which is sent at once; again after `wait_us` (0: by RTT). */
void connection_go(struct connection *c, unsigned step, int64_t wait_us);

/* One more try of the step that it is at. */
void connection_send(struct connection *c);

/* When the step is sent again, or given up. */
int64_t connection_due_us(const struct connection *c);

/* All is known; kept open for others. */
void connection_hold(struct connection *c);

/* Ends the flow, by a RST if it had begun and nobody ended it yet. */
void connection_end(struct connection *c);

/* Nothing more is to come of it. */
bool connection_over(const struct connection *c);

/* The same, or it goes on for ever. */
bool connection_settled(const struct connection *c);

/* Nothing new is to go out any more, only what was lost. */
bool connection_all_sent(const struct connection *c);

/* A SYN/ACK or a RST came. */
bool connection_answered(const struct connection *c);

/* Its SYN goes unanswered, for longer than it should: given up, or silence_us()
 * old. */
bool connection_seems_silent(const struct connection *c);

/* How long the step that it is at takes at most, from now on, if nothing is
 * answered; 0: it waits for nothing. */
int64_t connection_left_us(const struct connection *c, int64_t now_us);

/* When it will; NEVER: it does, or is answered. */
int64_t connection_silent_at_us(const struct connection *c);

/* The SYN is not sent again: others show that it is in vain. */
void connection_give_up(struct connection *c);

/* So much of our data is acknowledged by TCP. */
size_t connection_acked(const struct flow *f);

/* Whether a DATA_ACK came, and all of the request was acknowledged. */
bool connection_data_acked(const struct connection *c);

/* Whether the subflow that joined took all of the rest. */
bool connection_took_all(const struct connection *c);

/* Whether a RST came for the rest of a request, or before it went out, which no
 * MPTCP stack marked. */
bool connection_rest_reset(const struct connection *c);

/* Whether that was sent here and the server took it as TCP only, or says by a
 * RST that it lacked its mapping. */
bool connection_rest_unmapped(const struct connection *c);

/* Copies of the third ACK, of the request's second data, or of what the subflow
 * that joined brought in vain, with one low TTL. */
void connection_copy(struct connection *c, enum segment_kind kind,
		     unsigned ttl);

/* A copy of the first data, which in version 1 carries MP_CAPABLE. */
void connection_copy_first(struct connection *c, unsigned ttl);

#endif
