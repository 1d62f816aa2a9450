/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is watched, in words.
 */
#ifndef REPORT_WATCH_PHRASES_H
#define REPORT_WATCH_PHRASES_H

#include <stdint.h>

struct arena;
struct watch_change;
struct watched;

/* "2026-11-28 08:29:00 +0100": local time. */
const char *local_time_phrase(struct arena *a, int64_t time_us);

/* " (IPv4)"; of 0 nothing. */
const char *family_phrase(uint8_t family);

/* "clear", "blocked: mp_capable.removed at or between hop 3 (10.0.3.2) and hop
 * 4 (10.0.4.2)". */
const char *watched_phrase(struct arena *a, const struct watched *w);

/* "clear -> blocked: ...; path: hop 2 is 10.0.9.2, was 10.0.2.2" */
const char *change_phrase(struct arena *a, const struct watch_change *c);

/* The same behind its time, host, family, port and uplink, which may be
 * anything. */
const char *change_line(struct arena *a, const struct watch_change *c);

#endif
