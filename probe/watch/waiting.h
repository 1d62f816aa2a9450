/* SPDX-License-Identifier: GPL-3.0-or-later
 * How `mpprobe watch` waits: for time, for what its children write, for their
 * end, and for a signal that asks for its own.
 */
#ifndef PROBE_WATCH_WAITING_H
#define PROBE_WATCH_WAITING_H

#include <poll.h>
#include <stdint.h>

/* Signals come while it waits, and at no other time. Call it once. */
void waiting_begin(void);

/* In a child, before it becomes another program: signals come as before. */
void waiting_end_in_child(void);

/* Until one of these is ready, a child has ended, signals_interrupted(), or the
 * time; or sooner, so that who waits for more must look again. */
void waiting_for(struct pollfd *files, nfds_t count, int64_t until_us);

/* A clock that runs on while the host sleeps; since its start. */
int64_t waiting_now_us(void);

#endif
