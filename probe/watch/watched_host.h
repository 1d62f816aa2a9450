/* SPDX-License-Identifier: GPL-3.0-or-later
 * A host that is watched: what its runs show, one address and port at a time,
 * and what of it is news.
 */
#ifndef PROBE_WATCH_WATCHED_HOST_H
#define PROBE_WATCH_WATCHED_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/watch/watched.h"

struct arena;
struct one_run;

/* One address and port. */
struct watched_port {
	struct subject subject;
	uint16_t port;
	uint8_t family;
	char uplink[64]; /* of several; else "" */
	bool resumed;	 /* known from the folder, nobody has looked since */
	bool begun;	 /* it was told what it begins with */
};

struct watched_host {
	const char *name;
	bool both_families; /* its addresses of IPv4 and IPv6 are watched */
	int64_t due_us;	    /* its next run, by waiting_now_us() */
	struct watched_port **ports;
	size_t count;
	unsigned runs;	 /* that had a report */
	bool troubled;	 /* the last one had none */
	char *complaint; /* what the last one said besides; NULL: nothing */
};

/* Where a run is kept. */
struct kept {
	char *stem, *report, *capture; /* NULL: not kept */
};

/* To whom news is told: what a port begins with, and what has changed. */
struct teller {
	void (*begins)(void *context, const struct watched_host *h,
		       const struct watched_port *p);
	void (*changes)(void *context, const struct watch_change *c);
	void *context;
};

/* A run that began at this time. False: it has no report. `unsure`: another
 * one should follow at once. */
bool watched_host_take(struct watched_host *h, const struct one_run *run,
		       int64_t time_us, const struct kept *k,
		       const struct teller *t, bool *unsure);

/* The same of one that is without a report. */
void watched_host_take_failure(struct watched_host *h,
			       const struct one_run *run, int64_t time_us,
			       const struct teller *t, bool *unsure);

/* What its last runs in the folder have shown; nobody is told. */
void watched_host_resume(struct watched_host *h, const char *directory);

/* The exit code of its last verdicts, the worst; -1: there was no run. */
int watched_host_code(const struct watched_host *h);

/* All but the struct itself. */
void watched_host_free(struct watched_host *h);

/* The first line that a probe wrote on standard error, without its name. */
char *first_line(struct arena *a, const char *said);

#endif
