/* SPDX-License-Identifier: GPL-3.0-or-later
 * Programs that `mpprobe watch` starts: probes, which get the right that it
 * keeps, and commands of the user's, which get none.
 */
#ifndef PROBE_WATCH_PROCESS_H
#define PROBE_WATCH_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
	const char *path;
	char *const *argv;
	int in, out, err; /* its standard streams; nothing else is open in it */
	bool of_user;	  /* without capabilities, in a group of its own */
};

/* -1 with errno: none could be had. One that is no program ends with 127. */
pid_t process_start(const struct process *p);

#endif
