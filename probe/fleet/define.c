// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/define.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/fleet/blocklist_text.h"
#include "probe/fleet/clock.h"
#include "probe/fleet/options.h"

#define RATE_DEFAULT 1000

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static json_t *survey_options(const struct fleet_options *o)
{
	json_t *options = json_array();

	for (int i = 0; i < o->passed_count; i++)
		json_array_append_new(options, json_string(o->passed[i]));
	if (o->blocklist && !strcmp(o->blocklist, "none")) {
		json_array_append_new(options, json_string("--blocklist"));
		json_array_append_new(options, json_string("none"));
	}
	return options;
}

static json_t *random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint64_t)fleet_now_ms();
	return json_sprintf("%" PRIu64, seed);
}

static json_t *names_of(int count, char **targets)
{
	json_t *names = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(names, json_string(targets[i]));
	return names;
}

unsigned define_pps(const struct fleet_options *o)
{
	return o->rate || o->bandwidth ? o->rate : RATE_DEFAULT;
}

json_t *define_survey(const struct fleet_options *o, const char *name,
		      int count, char **targets, int *code)
{
	char *blocklist = blocklist_text(o->blocklist, code);
	json_t *definition;

	if (!blocklist)
		return NULL;
	definition = json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:I}",
		"schema", "mpprobe-fleet/1", "name", name, "version",
		MPPROBE_VERSION, "targets", names_of(count, targets), "options",
		survey_options(o), "seed",
		o->seed ? json_string(o->seed) : random_seed(), "blocklist",
		blocklist, "rate", (json_int_t)define_pps(o), "bits",
		(json_int_t)o->bandwidth, "per_shard",
		(json_int_t)or_else(o->per_shard, PER_SHARD_DEFAULT),
		"ack_wait_s",
		(json_int_t)or_else(o->ack_wait, ACK_WAIT_DEFAULT), "shards",
		(json_int_t)0);
	free(blocklist);
	return definition;
}

bool define_is_same(const json_t *before, const json_t *now, bool seed)
{
	static const char *const members[] = {"targets", "options", "blocklist",
					      "rate",	 "bits",    "per_shard",
					      "seed"};

	for (size_t i = 0; i < 6 + (size_t)seed; i++)
		if (!json_equal(json_object_get(before, members[i]),
				json_object_get(now, members[i])))
			return false;
	return true;
}
