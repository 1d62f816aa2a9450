/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where `mpprobe watch` keeps its runs: two files each, the report and the
 * capture, DIR/20261128T082900.123Z_HOST.json and .pcap, of the time when the
 * run began. All times are in microseconds since 1970.
 */
#ifndef PROBE_WATCH_FOLDER_H
#define PROBE_WATCH_FOLDER_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* "DIR/20261128T082900.123Z_HOST": HOST with '-' in the place of what is no
 * letter, digit, '.' or '_'. */
char *folder_stem(struct arena *a, const char *directory, const char *host,
		  int64_t time_us);

/* When the run of this host began that the file, a name without directory, is
 * of; 0: it is none that was made here. */
int64_t folder_time_of(const char *file, const char *host);

/* Makes STEM.json of the report, whole or not at all. 0, or -1 with errno. */
int folder_keep(const char *stem, const char *report, size_t length);

/* The reports of this host, in order of time: the last `most` of them. Only
 * regular files, or links to such, are. */
char **folder_reports(struct arena *a, const char *directory, const char *host,
		      size_t most, size_t *count);

/* Removes the files of runs of this host that began before; no others. */
void folder_forget(const char *directory, const char *host, int64_t before_us);

#endif
