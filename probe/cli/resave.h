/* SPDX-License-Identifier: GPL-3.0-or-later
 * read -w: a capture written again, as far as it is read and as it may be
 * shown.
 */
#ifndef PROBE_CLI_RESAVE_H
#define PROBE_CLI_RESAVE_H

#include <stdbool.h>

struct capture;
struct pcapng_frame;
struct resave;

/* Opens `name`, which stays as it is until there is a frame. `several`: the
 * capture is of more than one file, so that the copy is pcapng in any case.
 * NULL after a complaint. */
struct resave *resave_open(const char *name, const struct capture *capture,
			   bool several);

/* A capture_frame_fn; the context is what resave_open gave. */
void resave_frame(void *context, unsigned file, const struct pcapng_frame *f);

/* Ends it, and frees: 0, or an exit code after a complaint. NULL is fine. */
int resave_close(struct resave *r);

#endif
