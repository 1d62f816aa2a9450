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

bool signals_interrupted(void);

#endif
