// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/fleet/blocklist_text.h"
#include "probe/fleet/bus.h"
#include "probe/fleet/commands.h"
#include "probe/fleet/cut.h"
#include "probe/fleet/define.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/definition_fetch.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/fleet/streams.h"
#include "probe/fleet/watch.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/survey/modest.h"

struct serving {
	const struct fleet_options *o;
	const char *name;
	struct survey_names names;
	struct bus bus;
	json_t *definition;
	uint64_t before; /* shards of a run that was cut off */
	uint64_t cut;	 /* shards so far */
};

/* --- cutting ------------------------------------------------------------- */

static int put_shard(void *context, const json_t *shard)
{
	struct serving *s = context;
	json_int_t number = json_integer_value(json_object_get(shard, "shard"));
	char id[32];

	s->cut = (uint64_t)number;
	if (s->cut <= s->before)
		return 0;
	ticker_tick();
	snprintf(id, sizeof(id), "shard.%" JSON_INTEGER_FORMAT, number);
	return bus_store(&s->bus, s->names.shard, id, shard);
}

static bool is_file(const char *name)
{
	struct stat st;

	return !strcmp(name, "-") || (!stat(name, &st) && !S_ISDIR(st.st_mode));
}

static int cut_file(struct cut *c, const char *name)
{
	bool standard = !strcmp(name, "-");
	FILE *file = standard ? stdin : fopen(name, "re");
	uint64_t bad = c->bad_lines;
	int code;

	if (!file)
		return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
	code = cut_list(c, file);
	if (signals_interrupted()) /* also who wrote the list */
		code = EXIT_INTERRUPTED;
	if (!standard)
		fclose(file);
	if (c->bad_lines > bad)
		complain("%s: %" PRIu64
			 " %s; the first in all is line %" PRIu64,
			 name, c->bad_lines - bad,
			 c->bad_lines - bad == 1 ? "line is no target"
						 : "lines are no targets",
			 c->first_bad);
	return code;
}

static unsigned count_ports(const char *list)
{
	unsigned count = 1;

	for (; list && *list; list++)
		count += *list == ',';
	return count;
}

static int cut_all(struct serving *s, int count, char **targets,
		   uint64_t *shards)
{
	struct cut c = {
		.per_shard =
			s->o->per_shard ? s->o->per_shard : PER_SHARD_DEFAULT,
		.ports = count_ports(s->o->ports),
		/* a newline takes two bytes of JSON */
		.bytes = (size_t)natsConnection_GetMaxPayload(
				 s->bus.connection) /
			 2,
		.take = put_shard,
		.context = s,
	};
	int code = 0;

	for (int i = 0; i < count && !code; i++)
		if (!is_file(targets[i]))
			code = cut_target(&c, targets[i]);
	if (!code)
		code = cut_space(&c);
	for (int i = 0; i < count && !code; i++)
		if (is_file(targets[i]))
			code = cut_file(&c, targets[i]);
	cut_free(&c);
	*shards = c.shards;
	return code;
}

/* What is in a list is not known yet. */
static int check_rate(const struct fleet_options *o, bool others)
{
	return rate_is_modest(define_pps(o), (double)o->bandwidth) ||
			       o->allowed || !others
		       ? 0
		       : rate_refuse();
}

static int check_file(const char *name)
{
	if (!strcmp(name, "-") || access(name, R_OK) == 0)
		return 0;
	return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
}

/* Before the server hears of it: whether they are targets at all. */
static int check_targets(const struct fleet_options *o, int count,
			 char **targets)
{
	struct cut c = {.ports = count_ports(o->ports)};
	bool lists = false;
	int code = 0;

	for (int i = 0; i < count && !code; i++) {
		bool list = is_file(targets[i]);

		code = list ? check_file(targets[i])
			    : cut_target(&c, targets[i]);
		lists |= list;
	}
	cut_free(&c);
	return code ? code : check_rate(o, lists || c.others);
}

/* --- a survey ------------------------------------------------------------ */

static int store_definition(struct serving *s, uint64_t shards)
{
	json_object_set_new(s->definition, "shards",
			    json_integer((json_int_t)shards));
	return bus_store(&s->bus, s->names.definition, NULL, s->definition);
}

/* Goes on with one whose cutting was cut off. */
static int take_over(struct serving *s, struct definition *before)
{
	int code = 0;

	if (before->shards)
		code = failure(EXIT_USAGE,
			       "survey %s is there already, of %" PRIu64
			       " shard%s: name another, or remove it",
			       s->name, before->shards,
			       before->shards == 1 ? "" : "s");
	else if (!define_is_same(before->all, s->definition,
				 s->o->seed != NULL))
		code = failure(EXIT_USAGE,
			       "survey %s is there already, of another command "
			       "line that was not carried out to its end",
			       s->name);
	if (code) {
		json_decref(before->all);
		return code;
	}
	json_decref(s->definition);
	s->definition = before->all;
	return 0;
}

static int prepare(struct serving *s)
{
	struct definition before;
	natsStatus status = definition_fetch(&s->bus, s->name, &before);
	int code;

	if (status == NATS_OK)
		code = take_over(s, &before);
	else if (status != NATS_NOT_FOUND)
		return failure(EXIT_INTERFACE, "survey %s: %s", s->name,
			       bus_why(&s->bus, status));
	else
		code = 0;
	if (!code)
		code = streams_add(&s->bus, s->o, &s->names);
	if (!code && status == NATS_NOT_FOUND)
		code = store_definition(s, 0);
	return code ? code
		    : streams_count_shards(&s->bus, &s->names, &s->before);
}

static void draw(const void *context, char *text, size_t size)
{
	const struct serving *s = context;

	snprintf(text, size, "%s: %" PRIu64 " %s cut", s->name, s->cut,
		 s->cut == 1 ? "shard is" : "shards are");
}

static int cut_visibly(struct serving *s, int count, char **targets,
		       uint64_t *shards)
{
	int code;

	signals_end_reads(); /* of a list that somebody still writes */
	ticker_begin(true);
	ticker_source(draw, s);
	code = cut_all(s, count, targets, shards);
	ticker_source(NULL, NULL);
	if (code == EXIT_INTERRUPTED)
		complain("survey %s is not cut to its end: the same line again "
			 "goes on",
			 s->name);
	return code;
}

static int serve_new(struct serving *s, int count, char **targets)
{
	uint64_t shards = 0;
	int code;

	s->definition = define_survey(s->o, s->name, count, targets, &code);
	if (!code)
		code = prepare(s);
	if (!code)
		code = cut_visibly(s, count, targets, &shards);
	if (!code && !shards)
		code = failure(EXIT_INPUT, "there is no target");
	if (!code)
		code = store_definition(s, shards);
	if (code)
		return code;
	printf("survey %s: %" PRIu64 " shard%s\n", s->name, shards,
	       shards == 1 ? "" : "s");
	fflush(stdout);
	return s->o->stay ? watch_survey(&s->bus, s->o, s->name) : 0;
}

/* Whoever begins or resumes a shard from now on leaves out who is on it. */
static int serve_blocklist(struct serving *s)
{
	struct definition before;
	char *blocklist;
	int code = definition_must_be(&s->bus, s->name, &before);

	if (code)
		return code;
	s->definition = before.all;
	blocklist = blocklist_text(s->o->blocklist, &code);
	if (blocklist)
		json_object_set_new(s->definition, "blocklist",
				    json_string(blocklist));
	free(blocklist);
	return code ? code : store_definition(s, before.shards);
}

static int check(const struct fleet_options *o, int count)
{
	if (!count && (!o->blocklist || !strcmp(o->blocklist, "none")))
		return failure(EXIT_USAGE,
			       "no TARGETS given (mpprobe-fleet -h)");
	if (o->status && !o->stay)
		return failure(EXIT_USAGE, "serve --status goes with --stay");
	if (o->seed && o->seed[strspn(o->seed, "0123456789")])
		return failure(EXIT_USAGE, "--seed: %s is no number", o->seed);
	return 0;
}

int fleet_serve(const struct fleet_options *o, const char *name, int count,
		char **targets)
{
	struct serving s = {.o = o, .name = name};
	int code = check(o, count);

	if (!code)
		code = check_targets(o, count, targets);
	if (code)
		return code;
	survey_names_of(name, &s.names);
	code = bus_open(&s.bus, o, false);
	if (!code)
		code = count ? serve_new(&s, count, targets)
			     : serve_blocklist(&s);
	json_decref(s.definition);
	bus_close(&s.bus);
	return code;
}

int fleet_remove(const struct fleet_options *o, const char *name, int count,
		 char **targets)
{
	struct bus bus;
	int code = bus_open(&bus, o, false);

	(void)count;
	(void)targets;
	if (!code)
		code = streams_remove(&bus, name);
	bus_close(&bus);
	return code;
}
