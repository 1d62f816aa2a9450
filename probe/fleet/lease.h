/* SPDX-License-Identifier: GPL-3.0-or-later
 * The right to work on a shard, which one worker at a time has, until it does
 * not say in time that it goes on.
 *
 * The queue hands a shard to somebody else then, but a server that was killed
 * may not know any more whom it was handed to. So who gets a shard claims it: a
 * message that is replaced by who has it, and by others only when it is as old
 * as that time.
 */
#ifndef PROBE_FLEET_LEASE_H
#define PROBE_FLEET_LEASE_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/fleet/names.h"

struct bus;

struct lease {
	struct bus *bus;
	const struct survey_names *names;
	natsMsg *message; /* of the shard; owned */
	int64_t wait_ms;  /* after that long it is handed on */
	int64_t since_ms; /* the server knows of us since then, at least */
	int64_t tried_ms;
	char claim[SUBJECT_MAX]; /* the subject; "": not claimed */
	uint64_t sequence;	 /* of the latest claim of ours */
};

enum taking { TAKEN, NOTHING, NOT_NOW };

/* Waits a second at most for the next shard of a queue. */
enum taking lease_take(struct lease *l, struct bus *bus,
		       const struct survey_names *names, unsigned ack_wait_s);

/* Claims the shard; `subject` is that of its claims. False: somebody else has
 * it, or that is not known: the shard is given back. */
bool lease_claim(struct lease *l, const char *subject);

/* When all must have ended that is done with this right, with room to end it
 * in (fleet_now_ms()). */
int64_t lease_end_ms(const struct lease *l);

/* Says, if it is time to, that we go on. True: the end is put off. */
bool lease_renew(struct lease *l);

/* Whatever it is, it is not to be handed to anybody. */
void lease_refuse(struct lease *l);

/* The shard is done: it is in the queue no more. False: the server did not say
 * so. */
bool lease_finish(struct lease *l);

/* Gives the shard back, for anybody to take it at once if all has ended, and
 * frees. */
void lease_return(struct lease *l);

/* The queue has handed out the same shard again, to `again`, which is used up:
 * it is answered in its place. */
void lease_adopt(struct lease *l, struct lease *again);
void lease_free(struct lease *l);

#endif
