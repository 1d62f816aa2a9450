// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/fleet/blocklist_text.h"
#include "probe/fleet/bus.h"
#include "probe/fleet/clock.h"
#include "probe/fleet/commands.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/definition_fetch.h"
#include "probe/fleet/keeper.h"
#include "probe/fleet/lease.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/fleet/task.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"

#define AGAIN_MS 500
#define PROGRAM_MS 10000 /* to say its version */
#define NEXT_MS 3000	 /* between looks at a queue that has nothing */

/* One that is asked, and one whose last answers are waited for. */
#define TASKS 2

struct working {
	struct worker worker;
	struct task tasks[TASKS];
	int64_t next_ms; /* no sooner the queue is looked at again */
};

/* --- a shard ------------------------------------------------------------- */

/* It may have been done by a worker whose last word was lost. 1, 0, or -1: not
 * known. */
static int is_done(struct worker *w, uint64_t number)
{
	char subject[SUBJECT_MAX];
	natsStatus s;
	json_t *found;

	survey_done_of(w->name, number, subject);
	found = bus_latest(&w->bus, w->names.state, subject, &s);
	json_decref(found);
	if (s == NATS_NOT_FOUND)
		return 0;
	return s == NATS_OK ? 1 : -1;
}

static json_t *read_shard(const struct lease *l, uint64_t *number)
{
	const natsMsg *m = l->message;
	json_t *shard = json_loadb(natsMsg_GetData(m),
				   (size_t)natsMsg_GetDataLength(m), 0, NULL);

	*number = (uint64_t)json_integer_value(json_object_get(shard, "shard"));
	return shard;
}

static struct task *task_of(struct working *k, uint64_t number)
{
	for (unsigned i = 0; i < TASKS; i++)
		if (k->tasks[i].worker && k->tasks[i].number == number)
			return &k->tasks[i];
	return NULL;
}

/* Whether it is to be asked, and is ours. */
static bool claim(struct worker *w, struct lease *l, uint64_t number)
{
	char subject[SUBJECT_MAX];
	int done = is_done(w, number);

	if (done == 1) {
		lease_finish(l);
		lease_free(l);
		return false;
	}
	if (done == -1 || !worker_refresh(w)) {
		lease_return(l);
		return false;
	}
	survey_claim_of(w->name, number, subject);
	return lease_claim(l, subject);
}

static int begin(struct working *k, struct task *t)
{
	uint64_t number;
	json_t *shard = read_shard(&t->lease, &number);
	struct task *same = task_of(k, number);

	if (!number) {
		lease_refuse(&t->lease);
		complain("what is in the queue is no shard");
	} else if (same) {
		lease_adopt(&same->lease, &t->lease);
	} else if (claim(&k->worker, &t->lease, number)) {
		return task_begin(t, &k->worker, shard);
	}
	json_decref(shard);
	return 0;
}

/* --- one after another --------------------------------------------------- */

static bool is_idle(const struct working *k)
{
	for (unsigned i = 0; i < TASKS; i++)
		if (k->tasks[i].worker)
			return false;
	return true;
}

/* Where another task has its place; NULL: the rate is used by one. */
static struct task *place_for_another(struct working *k)
{
	struct task *place = NULL;

	for (unsigned i = 0; i < TASKS; i++)
		if (!k->tasks[i].worker)
			place = &k->tasks[i];
		else if (!k->tasks[i].said.all_sent)
			return NULL;
	return place;
}

static int take_another(struct working *k)
{
	struct worker *w = &k->worker;
	struct task *t = place_for_another(k);
	enum taking taken;

	if (!t || (!is_idle(k) && fleet_now_ms() < k->next_ms))
		return 0;
	taken = lease_take(&t->lease, &w->bus, &w->names,
			   w->definition.ack_wait_s);
	if (taken == TAKEN)
		return begin(k, t);
	k->next_ms = fleet_now_ms() + NEXT_MS;
	if (taken == NOT_NOW)
		nats_Sleep(AGAIN_MS);
	return 0;
}

static int turn_all(struct working *k)
{
	int code = 0;

	for (unsigned i = 0; i < TASKS && !code; i++)
		if (k->tasks[i].worker)
			code = task_turn(&k->tasks[i]);
	return code;
}

static void drop_all(struct working *k)
{
	for (unsigned i = 0; i < TASKS; i++)
		if (k->tasks[i].worker)
			task_stop(&k->tasks[i]);
	for (unsigned i = 0; i < TASKS; i++)
		if (k->tasks[i].worker)
			task_drop(&k->tasks[i]);
}

/* Nothing is left, neither to be taken nor in the hands of a worker. */
static bool all_is_done(struct worker *w)
{
	jsConsumerInfo *info = NULL;
	bool done = false;

	if (!w->definition.shards && !worker_refresh(w))
		return false;
	if (js_GetConsumerInfo(&info, w->bus.js, w->names.queue, WORKERS, NULL,
			       NULL) == NATS_OK)
		done = w->definition.shards && !info->NumPending &&
		       !info->NumAckPending;
	jsConsumerInfo_Destroy(info);
	return done;
}

/* "census: 3 shards done here; shard 17: 12034 targets asked" */
static void draw(const void *context, char *text, size_t size)
{
	const struct working *k = context;
	FILE *out = fmemopen(text, size, "w");

	if (!out)
		return;
	fprintf(out, "%s: %" PRIu64 " shard%s done here", k->worker.name,
		k->worker.done, k->worker.done == 1 ? "" : "s");
	for (unsigned i = 0; i < TASKS; i++) {
		const struct task *t = &k->tasks[i];

		if (t->worker)
			fprintf(out, "; shard %" PRIu64 ": %" PRIu64 " %s",
				t->number, t->said.targets,
				t->said.all_sent ? "targets, all asked"
						 : "targets");
	}
	fclose(out);
}

static int work(struct working *k)
{
	struct worker *w = &k->worker;
	int code = 0;

	ticker_begin(true);
	ticker_source(draw, k);
	while (!code && !signals_interrupted() &&
	       (w->o->stay || !is_idle(k) || !all_is_done(w))) {
		code = take_another(k);
		if (!code)
			code = turn_all(k);
		ticker_tick();
	}
	ticker_source(NULL, NULL);
	drop_all(k);
	return signals_interrupted() ? EXIT_INTERRUPTED : code;
}

/* A worker may be there before its survey. */
static int find_survey(struct worker *w)
{
	natsStatus s;

	if (!w->o->stay)
		return definition_must_be(&w->bus, w->name, &w->definition);
	while ((s = definition_fetch(&w->bus, w->name, &w->definition)) !=
		       NATS_OK &&
	       !signals_interrupted())
		nats_Sleep(AGAIN_MS);
	return s == NATS_OK ? 0 : EXIT_INTERRUPTED;
}

/* Before a shard is taken that it could not ask. */
static int check_program(const struct fleet_options *o)
{
	const char *program = o->program ? o->program : "mpprobe";
	char *argv[] = {(char *)program, "--version", NULL};
	struct keeper k;
	int code;

	if (keeper_start(&k, ".", argv, fleet_now_ms() + PROGRAM_MS) == -1)
		return failure(EXIT_SYSTEM, "no process: %s", strerror(errno));
	while (!keeper_is_over(&k, 1000, &code))
		continue;
	if (!code)
		return 0;
	return failure(EXIT_INTERFACE,
		       code == KEEPER_NO_PROGRAM
			       ? "%s is not there, or cannot be executed: "
				 "--mpprobe names it"
			       : "%s: not mpprobe, it ends with %d",
		       program, code);
}

static int work_there(struct working *k)
{
	struct worker *w = &k->worker;
	int code = bus_open(&w->bus, w->o, true);

	if (!code)
		code = find_survey(w);
	if (!code)
		code = work(k);
	if (!code)
		printf("survey %s: %" PRIu64 " shard%s done here, nothing is "
		       "left\n",
		       w->name, w->done, w->done == 1 ? "" : "s");
	json_decref(w->definition.all);
	bus_close(&w->bus);
	return code;
}

int fleet_work(const struct fleet_options *o, const char *name, int count,
	       char **targets)
{
	struct working k = {.worker = {.o = o, .name = name}};
	int code;
	char *blocklist = blocklist_text(o->blocklist, &code);

	(void)count;
	(void)targets;
	setenv("MPPROBE_RESUMED", "1", 1);
	k.worker.blocklist = blocklist;
	survey_names_of(name, &k.worker.names);
	if (blocklist)
		code = check_program(o);
	if (!code)
		code = work_there(&k);
	free(blocklist);
	return code;
}
