/* SPDX-License-Identifier: GPL-3.0-or-later
 * A program that runs only as long as it may: a process between it and us ends
 * it when a time is over that we have not put off, or when we are gone. So
 * whatever becomes of this process, who works on its shard next is alone.
 */
#ifndef PROBE_FLEET_KEEPER_H
#define PROBE_FLEET_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define KEEPER_NO_PROGRAM 127 /* there is none */
#define KEEPER_STOPPED 256    /* it was ended before its time */

struct keeper {
	pid_t pid; /* 0: it does not run */
	int pipe;
};

/* Starts a program in a directory, until `end_ms` (fleet_now_ms()). 0, or -1
 * with errno. */
int keeper_start(struct keeper *k, const char *directory, char **argv,
		 int64_t end_ms);

/* Puts the end off. */
void keeper_extend(struct keeper *k, int64_t end_ms);

/* Ends it, in good order if it takes no longer than a second. */
void keeper_stop(struct keeper *k);

/* Waits until it is over, `wait_ms` at most. False: it runs. `*code`: its exit
 * code, KEEPER_STOPPED, or 128 and the signal that killed it. */
bool keeper_is_over(struct keeper *k, int wait_ms, int *code);

#endif
