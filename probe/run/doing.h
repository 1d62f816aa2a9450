/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a run is doing, for who waits for it.
 */
#ifndef PROBE_RUN_DOING_H
#define PROBE_RUN_DOING_H

#include <stdbool.h>
#include <stddef.h>

struct run;

/* "hop 1-5, check 5 of 7: fragments, at most 3 s": how far the path is known,
 * what is under way and how long that takes at most. Without the first, if
 * there is no room. */
void run_doing(const struct run *r, bool hops, char *text, size_t size);

#endif
