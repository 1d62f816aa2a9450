/* SPDX-License-Identifier: GPL-3.0-or-later
 * One run of `mpprobe watch`: a probe in a process of its own, which opens its
 * sockets, gives up its rights, and writes a report to a pipe.
 */
#ifndef PROBE_WATCH_ONE_RUN_H
#define PROBE_WATCH_ONE_RUN_H

#include <stddef.h>

#define SAID_MAX 1000

struct one_run {
	int code;     /* what it exits with; 130 if it was ended */
	char *report; /* lines of -j; to be freed */
	size_t length;
	char said[SAID_MAX]; /* on standard error; what is longer is cut */
};

/* Runs this program with these arguments to its end; when this one is
 * interrupted, to the end of the other, too. */
struct one_run one_run(char *const *argv);

#endif
