// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/fleet/bus.h"
#include "probe/fleet/clock.h"
#include "probe/fleet/commands.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/definition_fetch.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/fleet/progress.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"

#define LOOK_MS 1000
#define TURN_MS 100
#define TEXT_MAX 200

struct watching {
	const struct fleet_options *o;
	struct bus *bus;
	struct survey_names names;
	struct progress progress;
	natsSubscription *claims; /* as they are made, by all workers */
};

/* --- what the server has ------------------------------------------------- */

static bool count_messages(struct watching *w, const char *stream,
			   uint64_t *count)
{
	jsStreamInfo *info = NULL;
	bool there = js_GetStreamInfo(&info, w->bus->js, stream, NULL, NULL) ==
		     NATS_OK;

	if (there)
		*count = info->State.Msgs;
	jsStreamInfo_Destroy(info);
	return there;
}

static bool count_claimed(struct watching *w, uint64_t *count)
{
	jsConsumerInfo *info = NULL;
	bool there = js_GetConsumerInfo(&info, w->bus->js, w->names.queue,
					WORKERS, NULL, NULL) == NATS_OK;

	if (there)
		*count = (uint64_t)info->NumAckPending;
	jsConsumerInfo_Destroy(info);
	return there;
}

/* What cannot be asked stays as it was: the server may come again. */
static void look(struct watching *w)
{
	struct progress *p = &w->progress;
	uint64_t queued, claimed, results;
	struct definition d;

	if (!count_claimed(w, &claimed) ||
	    !count_messages(w, w->names.queue, &queued) ||
	    !count_messages(w, w->names.results, &results) ||
	    definition_fetch(w->bus, p->name, &d) != NATS_OK)
		return;
	p->silent_ms = d.ack_wait_s * 1000LL;
	progress_shards(p, d.shards, queued, claimed);
	progress_results(p, results, fleet_now_ms());
	json_decref(d.all);
}

static void note_claim(struct watching *w, const natsMsg *m)
{
	json_t *claim = json_loadb(natsMsg_GetData(m),
				   (size_t)natsMsg_GetDataLength(m), 0, NULL);
	const char *id = json_string_value(json_object_get(claim, "worker"));

	if (id)
		progress_worker(&w->progress, id, fleet_now_ms());
	json_decref(claim);
}

/* --- what is said -------------------------------------------------------- */

static void draw(const void *context, char *text, size_t size)
{
	progress_text(context, fleet_now_ms(), text, size);
}

/* Who reads it has the old one or the new one. */
static int write_status(const struct watching *w)
{
	const char *name = w->o->status;
	char fresh[4096];
	json_t *json;
	int failed;

	if (!name)
		return 0;
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	json = progress_json(&w->progress, fleet_now_ms());
	failed = json_dump_file(json, fresh, JSON_INDENT(1)) ||
		 rename(fresh, name);
	json_decref(json);
	return failed ? failure(EXIT_OUTPUT, "%s: %s", name, strerror(errno))
		      : 0;
}

/* --- all ----------------------------------------------------------------- */

static void hear_claims(struct watching *w, int64_t until_ms)
{
	natsMsg *m = NULL;

	while (fleet_now_ms() < until_ms && !signals_interrupted()) {
		if (natsSubscription_NextMsg(&m, w->claims, TURN_MS) ==
		    NATS_OK) {
			note_claim(w, m);
			natsMsg_Destroy(m);
		} else if (!bus_is_up(w->bus)) {
			nats_Sleep(TURN_MS);
		}
		ticker_tick();
	}
}

static int follow(struct watching *w)
{
	int code;

	do {
		int64_t next_ms = fleet_now_ms() + LOOK_MS;

		look(w);
		code = write_status(w);
		if (!code && !progress_is_done(&w->progress))
			hear_claims(w, next_ms);
	} while (!code && !progress_is_done(&w->progress) &&
		 !signals_interrupted());
	return code;
}

static int follow_to_end(struct watching *w)
{
	char text[TEXT_MAX];
	int code;

	ticker_begin(true);
	ticker_source(draw, &w->progress);
	code = follow(w);
	ticker_source(NULL, NULL);
	if (code)
		return code;
	progress_text(&w->progress, fleet_now_ms(), text, sizeof(text));
	puts(text);
	return signals_interrupted() ? EXIT_INTERRUPTED : 0;
}

int watch_survey(struct bus *bus, const struct fleet_options *o,
		 const char *name)
{
	struct watching w = {.o = o, .bus = bus, .progress = {.name = name}};
	natsStatus s;
	int code;

	survey_names_of(name, &w.names);
	s = natsConnection_SubscribeSync(&w.claims, bus->connection,
					 w.names.all_claims);
	code = s == NATS_OK ? follow_to_end(&w)
			    : failure(EXIT_INTERFACE, "%s: %s",
				      w.names.all_claims, bus_why(bus, s));
	natsSubscription_Destroy(w.claims);
	progress_free(&w.progress);
	return code;
}

int fleet_watch(const struct fleet_options *o, const char *name, int count,
		char **targets)
{
	struct definition d = {0};
	struct bus bus;
	int code = bus_open(&bus, o, false);

	(void)count;
	(void)targets;
	if (!code)
		code = definition_must_be(&bus, name, &d);
	json_decref(d.all);
	if (!code)
		code = watch_survey(&bus, o, name);
	bus_close(&bus);
	return code;
}
