/* SPDX-License-Identifier: GPL-3.0-or-later
 * The probe of one target of a survey, beside others: an observer of its own,
 * and its capture, in memory, so that its frames can become a file.
 */
#ifndef PROBE_SURVEY_SLOT_H
#define PROBE_SURVEY_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/run/live.h"
#include "probe/run/run.h"
#include "probe/survey/port_pool.h"

struct memory_capture;
struct report;
struct wire_frame;

struct slot {
	struct live live; /* its owner is this slot */
	struct run run;
	struct shared shared;
	struct probe_settings settings;
	struct ports_used ports;
	uint64_t frames, dropped; /* of the wire, before it began */
	struct memory_capture *capture;
	bool seen;	/* frames came since the last step */
	int64_t due_us; /* of the next step */
	int64_t end_us; /* it is over, and lingers until then; 0: it is not */
};

/* Begins a probe of this port. NULL without memory. */
struct slot *slot_new(const struct live_host *host, const struct target *target,
		      uint16_t port, const struct probe_settings *settings);

/* Takes what was captured, as it is. NULL is fine. */
void slot_free(struct slot *s);

/* Whether frames to or from this address are its own. */
bool slot_has(const struct slot *s, const struct address *a);

void slot_take(struct slot *s, const struct wire_frame *frame);

/* Does what is due; false: it is over. */
bool slot_step(struct slot *s, int64_t now_us);

/* Ends its connections, before its time. */
void slot_end(struct slot *s);

/* What is to be said of the target; owned by the caller. If this host was at
 * fault, nothing is said of the path. */
struct report *slot_judge(const struct slot *s);

/* Its capture, of pcap format, which stays the slot's; NULL: it was too long to
 * be kept. */
const void *slot_captured(struct slot *s, size_t *length);

#endif
