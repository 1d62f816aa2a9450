/* SPDX-License-Identifier: GPL-3.0-or-later
 * SIGINT, SIGTERM and SIGHUP ask for an orderly end.
 */
#ifndef PROBE_NET_SIGNALS_H
#define PROBE_NET_SIGNALS_H

#include <stdbool.h>

/* From now on these signals set a flag and interrupt poll (EINTR), but no
 * other system call. One that comes a second or more after the first ends
 * the program at once, with exit code 130. SIGHUP stays ignored under
 * nohup(1). */
void signals_install(void);

/* From now on they interrupt all other system calls as well, of the calling
 * thread. */
void signals_end_reads(void);

/* For a program whose libraries begin threads: called before there is one,
 * no thread but the calling one ever takes these signals. That one takes them
 * in signals_interrupted(), and at any moment once it has asked for
 * signals_end_reads(), so that what it reads after a signal came, an end of
 * file that the same Ctrl-C made above all, is known to be after it. */
void signals_hold(void);

bool signals_interrupted(void);

/* From now on a first Ctrl-C does nothing, as who writes to our input gets it
 * as well and ends that; a second one ends the program. */
void signals_leave_to_writer(void);

#endif
