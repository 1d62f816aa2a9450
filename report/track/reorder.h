/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames by their times: what has several queues or interfaces writes them
 * somewhat out of order, as dumpcap(1) does.
 */
#ifndef REPORT_TRACK_REORDER_H
#define REPORT_TRACK_REORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "report/track/pcapng.h"

/* So late a frame may come, in microseconds, behind those of another interface:
 * a kernel hands over what it has of one after 250 ms at most; and behind those
 * of the same, which has several queues. One that is later yet comes after its
 * clock was set back, and stays where it is. */
#define REORDER_US 500000
#define REORDER_QUEUES_US 10000
/* Frames and bytes that are held meanwhile: of those that are held longest, no
 * more are waited for. */
#define REORDER_FRAMES 4096
#define REORDER_BYTES (4 << 20)

struct reorder;

/* A frame that was put. */
struct ordered {
	unsigned file;
	uint64_t number;
	struct pcapng_frame frame;
};

struct reorder *reorder_new(void);    /* never NULL */
void reorder_free(struct reorder *r); /* NULL is fine */

/* Copies the frame, with its bytes and name. Before the next one, all are taken
 * that may be. */
void reorder_put(struct reorder *r, const struct ordered *o);

/* The earliest of which no earlier is waited for, until the next call; those of
 * one time as they were put. NULL: none. `all`: no more are put. */
const struct ordered *reorder_take(struct reorder *r, bool all);

#endif
