// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

#define SAMPLES (PROGRESS_SECONDS + 1)

void progress_free(struct progress *p)
{
	free(p->workers);
}

/* --- what is known ------------------------------------------------------- */

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void progress_shards(struct progress *p, uint64_t shards, uint64_t queued,
		     uint64_t claimed)
{
	p->cut = shards;
	p->shards = shards ? shards : queued;
	p->done = less(p->shards, queued);
	p->claimed = claimed < queued ? claimed : queued;
	p->left = queued - p->claimed;
}

void progress_results(struct progress *p, uint64_t results, int64_t now_ms)
{
	if (p->sample_count == SAMPLES)
		memmove(p->samples, p->samples + 1,
			--p->sample_count * sizeof(*p->samples));
	p->samples[p->sample_count++] =
		(struct progress_sample){.results = results, .at_ms = now_ms};
}

/* Of none, the first, which is 0. */
static const struct progress_sample *latest(const struct progress *p)
{
	return &p->samples[p->sample_count ? p->sample_count - 1 : 0];
}

double progress_rate(const struct progress *p)
{
	const struct progress_sample *first = p->samples, *last = latest(p);

	if (last->at_ms <= first->at_ms)
		return 0;
	return 1000.0 * (double)less(last->results, first->results) /
	       (double)(last->at_ms - first->at_ms);
}

/* --- workers ------------------------------------------------------------- */

static struct progress_worker *find_worker(struct progress *p, const char *id)
{
	for (size_t i = 0; i < p->worker_count; i++)
		if (!strcmp(p->workers[i].id, id))
			return &p->workers[i];
	return NULL;
}

void progress_worker(struct progress *p, const char *id, int64_t now_ms)
{
	struct progress_worker *w;

	if (!*id || strlen(id) >= sizeof(w->id))
		return;
	w = find_worker(p, id);
	if (!w) {
		p->workers = must_have(realloc(
			p->workers, (p->worker_count + 1) * sizeof(*w)));
		w = &p->workers[p->worker_count++];
		snprintf(w->id, sizeof(w->id), "%s", id);
	}
	w->seen_ms = now_ms;
}

unsigned progress_workers(const struct progress *p, int64_t now_ms)
{
	unsigned count = 0;

	for (size_t i = 0; i < p->worker_count; i++)
		count += now_ms - p->workers[i].seen_ms < p->silent_ms;
	return count;
}

/* --- what is said -------------------------------------------------------- */

bool progress_is_done(const struct progress *p)
{
	return p->cut && p->done == p->shards;
}

void progress_text(const struct progress *p, int64_t now_ms, char *text,
		   size_t size)
{
	unsigned workers = progress_workers(p, now_ms);

	if (!p->cut) {
		snprintf(text, size, "%s: %" PRIu64 " %s cut", p->name,
			 p->shards, p->shards == 1 ? "shard is" : "shards are");
		return;
	}
	snprintf(text, size,
		 "%s: %" PRIu64 " of %" PRIu64 " shard%s done, %" PRIu64
		 " claimed, %" PRIu64 " left; %" PRIu64
		 " result%s, %.0f a second; %u worker%s",
		 p->name, p->done, p->shards, p->shards == 1 ? "" : "s",
		 p->claimed, p->left, latest(p)->results,
		 latest(p)->results == 1 ? "" : "s", progress_rate(p), workers,
		 workers == 1 ? "" : "s");
}

json_t *progress_json(const struct progress *p, int64_t now_ms)
{
	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:f, s:i}",
			 "schema", "mpprobe-fleet-status/1", "name", p->name,
			 "complete", progress_is_done(p), "shards",
			 (json_int_t)(p->cut ? p->shards : 0), "done",
			 (json_int_t)p->done, "claimed", (json_int_t)p->claimed,
			 "left", (json_int_t)p->left, "results",
			 (json_int_t)latest(p)->results, "results_per_second",
			 progress_rate(p), "workers",
			 (int)progress_workers(p, now_ms));
}
