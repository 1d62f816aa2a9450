// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/fleet/bus.h"
#include "probe/fleet/commands.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/definition_fetch.h"
#include "probe/fleet/meta_sum.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/fleet/seen.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"

#define TRIES 5 /* for a shard whose reading is cut off */
#define NEXT_MS 5000
#define TURN_MS 250
#define NAMED_MAX 10 /* of what is missing, on stderr */

struct gathering {
	const struct fleet_options *o;
	const char *name;
	struct survey_names names;
	struct bus bus;
	struct definition definition;
	FILE *results;
	json_t *meta, *missing, *hosts;
	uint64_t lines, doubles;
};

/* --- lines --------------------------------------------------------------- */

/* Each target once: the first line that was stored. False: it cannot be
 * written. */
static bool take_line(struct gathering *g, const natsMsg *m, struct seen *seen)
{
	const char *line = natsMsg_GetData(m);
	size_t length = (size_t)natsMsg_GetDataLength(m);
	struct seen_target target;

	if (!seen_line(line, length, &target) || !seen_add(seen, &target)) {
		g->doubles++;
		return true;
	}
	return fwrite(line, 1, length, g->results) == length &&
	       putc('\n', g->results) != EOF;
}

static uint64_t still_to_come(natsMsg *m)
{
	jsMsgMetaData *meta = NULL;
	uint64_t pending = 0;

	if (natsMsg_GetMetaData(&meta, m) == NATS_OK)
		pending = meta->NumPending;
	jsMsgMetaData_Destroy(meta);
	return pending;
}

static natsStatus next_message(natsSubscription *sub, natsMsg **m)
{
	natsStatus s = NATS_TIMEOUT;

	for (int waited = 0;
	     s == NATS_TIMEOUT && waited < NEXT_MS && !signals_interrupted();
	     waited += TURN_MS)
		s = natsSubscription_NextMsg(m, sub, TURN_MS);
	return s;
}

/* All messages of a subject, in their order. */
static natsStatus read_lines(struct gathering *g, const char *subject,
			     struct seen *seen)
{
	natsSubscription *sub = NULL;
	natsMsg *m = NULL;
	bool more = true;
	jsSubOptions o;
	natsStatus s;

	jsSubOptions_Init(&o);
	o.Ordered = true;
	o.Stream = g->names.results;
	s = js_SubscribeSync(&sub, g->bus.js, subject, NULL, &o, NULL);
	while (s == NATS_OK && more && !signals_interrupted()) {
		s = next_message(sub, &m);
		if (s != NATS_OK)
			break;
		more = still_to_come(m);
		if (!take_line(g, m, seen))
			s = NATS_SYS_ERROR;
		natsMsg_Destroy(m);
	}
	natsSubscription_Destroy(sub);
	return s;
}

/* --- shards -------------------------------------------------------------- */

static void note_missing(struct gathering *g, uint64_t shard, const char *why)
{
	json_array_append_new(g->missing, json_integer((json_int_t)shard));
	if (json_array_size(g->missing) <= NAMED_MAX)
		complain("shard %" PRIu64 ": %s", shard, why);
}

static void note_done(struct gathering *g, const json_t *mark)
{
	const json_t *host = json_object_get(mark, "host");
	const char *name = json_string_value(host);

	meta_sum_add(g->meta, json_object_get(mark, "meta"));
	if (name)
		json_object_set_new(
			g->hosts, name,
			json_integer(1 + json_integer_value(json_object_get(
						 g->hosts, name))));
}

/* From where the file ends; what was read by a try that failed is cut off. */
static int take_lines(struct gathering *g, uint64_t shard, uint64_t expected)
{
	char subject[SUBJECT_MAX];
	long at = ftell(g->results);
	natsStatus s = NATS_OK;
	struct seen seen = {0};
	uint64_t count = 0;

	survey_lines_of(g->name, shard, subject);
	for (int i = 0; i < TRIES && expected && count < expected &&
			!signals_interrupted();
	     i++) {
		seen_free(&seen);
		if (fflush(g->results) || ftruncate(fileno(g->results), at) ||
		    fseek(g->results, at, SEEK_SET))
			break;
		s = read_lines(g, subject, &seen);
		count = seen.count;
	}
	seen_free(&seen);
	g->lines += count;
	if (s == NATS_SYS_ERROR)
		return failure(EXIT_OUTPUT, "results.jsonl: %s",
			       strerror(errno));
	if (signals_interrupted())
		return EXIT_INTERRUPTED;
	if (count < expected)
		note_missing(g, shard, "lines are missing");
	return 0;
}

static int take_shard(struct gathering *g, uint64_t shard)
{
	char subject[SUBJECT_MAX];
	natsStatus s;
	json_t *mark;
	int code;

	survey_done_of(g->name, shard, subject);
	mark = bus_latest(&g->bus, g->names.state, subject, &s);
	if (s == NATS_NOT_FOUND) {
		note_missing(g, shard, "not done yet");
		return 0;
	}
	if (!mark)
		return failure(EXIT_INTERFACE, "shard %" PRIu64 ": %s", shard,
			       bus_why(&g->bus, s));
	note_done(g, mark);
	code = take_lines(
		g, shard,
		(uint64_t)json_integer_value(json_object_get(mark, "lines")));
	json_decref(mark);
	return code;
}

static int take_all(struct gathering *g)
{
	int code = 0;

	for (uint64_t i = 1; i <= g->definition.shards && !code; i++)
		code = signals_interrupted() ? EXIT_INTERRUPTED
					     : take_shard(g, i);
	return code;
}

/* --- files --------------------------------------------------------------- */

static const char *path_of(const struct gathering *g, const char *name,
			   char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", g->o->output, name);
	return out;
}

/* A directory of mpprobe survey is its own. */
static int make_directory(const struct gathering *g)
{
	char path[PATH_MAX];

	if (mkdir(g->o->output, 0755) == -1 && errno != EEXIST)
		return failure(EXIT_OUTPUT, "cannot make %s: %s", g->o->output,
			       strerror(errno));
	if (access(path_of(g, "journal", path), F_OK) == 0)
		return failure(EXIT_USAGE,
			       "%s is of a survey of this host: name another "
			       "directory",
			       g->o->output);
	return 0;
}

static int open_results(struct gathering *g)
{
	char path[PATH_MAX];

	g->results = fopen(path_of(g, "results.jsonl.new", path), "w+e");
	return g->results ? 0
			  : failure(EXIT_OUTPUT, "cannot write %s: %s", path,
				    strerror(errno));
}

static void set_rates(json_t *meta, const struct definition *d)
{
	if (d->rate)
		json_object_set_new(meta, "pps", json_integer(d->rate));
	if (d->bits)
		json_object_set_new(meta, "bits_per_second",
				    json_integer((json_int_t)d->bits));
}

static void finish_meta(struct gathering *g, bool complete)
{
	json_t *fleet = json_pack("{s:s, s:I, s:O, s:O, s:I}", "name", g->name,
				  "shards", (json_int_t)g->definition.shards,
				  "missing", g->missing, "hosts", g->hosts,
				  "doubles", (json_int_t)g->doubles);

	json_object_set_new(g->meta, "complete", json_boolean(complete));
	json_object_del(g->meta, "line");
	json_object_set(g->meta, "options", g->definition.options);
	set_rates(g->meta, &g->definition);
	json_object_set(g->meta, "named",
			json_object_get(g->definition.all, "targets"));
	json_object_set_new(g->meta, "fleet", fleet);
}

/* Both appear whole. */
static int put_files(struct gathering *g)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int failed = fflush(g->results) || fsync(fileno(g->results));

	if (!failed)
		failed = json_dump_file(g->meta,
					path_of(g, "meta.json.new", fresh),
					JSON_INDENT(1)) ||
			 rename(fresh, path_of(g, "meta.json", path)) ||
			 rename(path_of(g, "results.jsonl.new", fresh),
				path_of(g, "results.jsonl", path));
	return failed ? failure(EXIT_OUTPUT, "%s: %s", g->o->output,
				strerror(errno))
		      : 0;
}

/* --- all ----------------------------------------------------------------- */

static int tell(const struct gathering *g)
{
	size_t missing = json_array_size(g->missing);

	printf("%" PRIu64 " target%s, of %" PRIu64 " of %" PRIu64 " shard%s\n",
	       g->lines, g->lines == 1 ? "" : "s",
	       g->definition.shards - missing, g->definition.shards,
	       g->definition.shards == 1 ? "" : "s");
	if (!g->definition.shards)
		return failure(EXIT_UNKNOWN,
			       "the survey is still being cut: run "
			       "mpprobe-fleet serve to its end");
	if (missing > NAMED_MAX)
		complain("and %zu shard%s more", missing - NAMED_MAX,
			 missing - NAMED_MAX == 1 ? "" : "s");
	return missing ? EXIT_UNKNOWN : 0;
}

static int gather(struct gathering *g)
{
	char path[PATH_MAX];
	int code = make_directory(g);

	if (!code)
		code = open_results(g);
	if (!code)
		code = take_all(g);
	if (!code) {
		finish_meta(g, g->definition.shards &&
				       !json_array_size(g->missing));
		code = put_files(g);
	}
	if (code && g->results)
		unlink(path_of(g, "results.jsonl.new", path));
	return code ? code : tell(g);
}

int fleet_gather(const struct fleet_options *o, const char *name, int count,
		 char **targets)
{
	struct gathering g = {.o = o, .name = name};
	int code;

	(void)count;
	(void)targets;
	if (!o->output)
		return failure(EXIT_USAGE,
			       "-o DIR is missing: where results go");
	survey_names_of(name, &g.names);
	g.meta = json_object();
	g.missing = json_array();
	g.hosts = json_object();
	code = bus_open(&g.bus, o, false);
	if (!code)
		code = definition_must_be(&g.bus, name, &g.definition);
	if (!code)
		code = gather(&g);
	if (g.results)
		fclose(g.results);
	json_decref(g.definition.all);
	json_decref(g.meta);
	json_decref(g.missing);
	json_decref(g.hosts);
	bus_close(&g.bus);
	return code;
}
