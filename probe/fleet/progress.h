/* SPDX-License-Identifier: GPL-3.0-or-later
 * How far a survey is, and who works on it.
 */
#ifndef PROBE_FLEET_PROGRESS_H
#define PROBE_FLEET_PROGRESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_SECONDS 10 /* that a rate is of */

/* A worker that says again and again what it works on. */
struct progress_worker {
	char id[20];
	int64_t seen_ms;
};

/* What the server has, at some moment (fleet_now_ms()). */
struct progress_sample {
	uint64_t results;
	int64_t at_ms;
};

/* Begins as {.name, .silent_ms}. */
struct progress {
	const char *name;  /* of the survey */
	int64_t silent_ms; /* who says nothing for so long is gone */
	bool cut;	   /* the shards are all there */
	uint64_t shards, done, claimed, left;
	struct progress_sample samples[PROGRESS_SECONDS + 1]; /* latest last */
	unsigned sample_count;
	struct progress_worker *workers; /* owned */
	size_t worker_count;
};

void progress_free(struct progress *p);

/* Takes what the server has: `queued` shards are not done, of which `claimed`
 * are in somebody's hands. `shards`: 0 while they are being cut; then `queued`
 * are known. */
void progress_shards(struct progress *p, uint64_t shards, uint64_t queued,
		     uint64_t claimed);
void progress_results(struct progress *p, uint64_t results, int64_t now_ms);

/* A worker has said that it goes on. */
void progress_worker(struct progress *p, const char *id, int64_t now_ms);

/* Who was heard of lately, and results a second. */
unsigned progress_workers(const struct progress *p, int64_t now_ms);
double progress_rate(const struct progress *p);

bool progress_is_done(const struct progress *p);

/* "census: 3 of 64 shards done, 8 asked, 53 left; ..." */
void progress_text(const struct progress *p, int64_t now_ms, char *text,
		   size_t size);

/* The same for programs. Owned by the caller. */
json_t *progress_json(const struct progress *p, int64_t now_ms);

#endif
