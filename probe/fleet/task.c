// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/task.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/fleet/clock.h"
#include "probe/fleet/definition_fetch.h"
#include "probe/net/complain.h"
#include "report/arena.h"

#define TURN_MS 100

bool worker_refresh(struct worker *w)
{
	struct definition now;

	if (definition_fetch(&w->bus, w->name, &now) != NATS_OK)
		return false;
	json_decref(w->definition.all);
	w->definition = now;
	return true;
}

/* --- the survey ---------------------------------------------------------- */

static int start_survey(struct task *t)
{
	struct worker *w = t->worker;
	int code = place_make(&t->place, w->o, w->name, t->shard,
			      &w->definition, w->blocklist);

	if (code)
		return code;
	free(t->blocklist);
	t->blocklist = must_have(strdup(w->definition.blocklist));
	if (keeper_start(&t->keeper, t->place.path, (char **)t->place.argv,
			 lease_end_ms(&t->lease)) == 0)
		return 0;
	return failure(EXIT_SYSTEM, "no process: %s", strerror(errno));
}

void task_stop(struct task *t)
{
	if (!t->over)
		keeper_stop(&t->keeper);
}

static void stop_survey(struct task *t)
{
	task_stop(t);
	while (!t->over)
		t->over = keeper_is_over(&t->keeper, 1000, &t->code);
}

/* Who asks not to be asked need not wait for the end of a shard: a survey that
 * goes on reads the list anew. It may write again what it had written last, so
 * all is stored again. */
static void heed_blocklist(struct task *t)
{
	struct worker *w = t->worker;

	if (t->said.all_sent || !worker_refresh(w) ||
	    !strcmp(t->blocklist, w->definition.blocklist))
		return;
	stop_survey(t);
	t->left = true;
	if (t->code != KEEPER_STOPPED)
		return;
	t->code = start_survey(t);
	t->over = t->code;
	t->upload.stored = 0;
}

/* --- the end ------------------------------------------------------------- */

static void end_task(struct task *t)
{
	upload_end(&t->upload);
	json_decref(t->shard);
	free(t->blocklist);
	*t = (struct task){0};
}

static json_t *done_mark(const struct task *t)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return json_pack("{s:s, s:I, s:I, s:s, s:o?}", "schema",
			 "mpprobe-fleet-done/1", "shard", (json_int_t)t->number,
			 "lines", (json_int_t)t->upload.seen.count, "host",
			 host, "meta", place_meta(&t->place));
}

/* All lines are stored: then so is that, and the shard leaves the queue. */
static bool say_done(struct task *t)
{
	struct worker *w = t->worker;
	char subject[SUBJECT_MAX];
	json_t *mark = done_mark(t);
	int code;

	survey_done_of(w->name, t->number, subject);
	code = bus_store(&w->bus, subject, subject, mark);
	json_decref(mark);
	if (code || !lease_finish(&t->lease))
		return false;
	place_remove(&t->place);
	w->done++;
	return true;
}

static int finish(struct task *t)
{
	if (!say_done(t))
		complain("shard %" PRIu64 ": the server was not told that it "
			 "is done",
			 t->number);
	lease_free(&t->lease);
	end_task(t);
	return 0;
}

void task_drop(struct task *t)
{
	stop_survey(t);
	complain("shard %" PRIu64 " is given back", t->number);
	lease_return(&t->lease);
	end_task(t);
}

static int fail(struct task *t)
{
	int code =
		failure(t->code, "shard %" PRIu64 ": %s survey failed with %d",
			t->number, t->place.argv[0], t->code);

	lease_return(&t->lease);
	end_task(t);
	return code;
}

/* --- all ----------------------------------------------------------------- */

int task_begin(struct task *t, struct worker *w, json_t *shard)
{
	int code;

	t->worker = w;
	t->shard = shard;
	t->number =
		(uint64_t)json_integer_value(json_object_get(shard, "shard"));
	upload_begin(&t->upload, &w->bus, w->name, t->number);
	code = start_survey(t);
	if (!code)
		return 0;
	lease_return(&t->lease);
	end_task(t);
	return code;
}

/* Until the survey is over and all that it wrote is stored. */
static void go_on(struct task *t)
{
	if (!t->over)
		t->over = keeper_is_over(&t->keeper, t->left ? 0 : TURN_MS,
					 &t->code);
	if (t->over && t->code)
		return;
	if (!upload_some(&t->upload, t->place.results, &t->left))
		nats_Sleep(TURN_MS);
	if (!t->said.all_sent)
		t->said = place_said(&t->place);
	t->said.all_sent |= t->over;
	if (lease_renew(&t->lease) && !t->over) {
		keeper_extend(&t->keeper, lease_end_ms(&t->lease));
		heed_blocklist(t);
	}
}

int task_turn(struct task *t)
{
	bool lost;

	go_on(t);
	lost = fleet_now_ms() >= lease_end_ms(&t->lease);
	if (t->over && t->code && t->code != KEEPER_STOPPED)
		return fail(t);
	if (lost || t->code == KEEPER_STOPPED)
		task_drop(t);
	else if (t->over && !t->left)
		return finish(t);
	return 0;
}
