// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/counters.h"

#include <jansson.h>
#include <string.h>

#include "report/arena.h"

/* --- differences --------------------------------------------------------- */

static uint64_t value_of(const struct counters *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->all[i].name, name))
			return c->all[i].value;
	return 0;
}

bool counters_between(struct arena *a, const struct counters *before,
		      const struct counters *after, struct counters *out)
{
	struct doctor_counter *all = NULL;
	bool whole = true;

	out->count = 0;
	for (size_t i = 0; i < after->count; i++) {
		struct doctor_counter one = after->all[i];
		uint64_t then = value_of(before, one.name);

		if (!strcmp(one.name, "MPCurrEstab"))
			continue;
		whole &= then <= one.value;
		one.value -= then;
		*ARENA_PUSH(a, all, out->count) = one;
	}
	out->all = all;
	return whole;
}

const char *counters_reasons(struct arena *a, const struct doctor_counter *all,
			     size_t count)
{
	static const char *const names[] = {
		"MPCapableFallbackSYNACK", "MPCapableFallbackACK",
		"MPCapableDataFallback",   "DssFallback",
		"DSSCorruptionFallback",   "InfiniteMapRx",
		"MD5SigFallback",	   "SimultConnectFallback",
		"MPFallbackTokenInit",	   "MPCapableSYNTXDrop",
		"MPCapableSYNTXDisabled",
	};
	const struct counters c = {all, count};
	const char *text = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct doctor_counter one = {names[i],
						   value_of(&c, names[i])};

		if (one.value)
			text = arena_printf(a, "%s%s%s", text,
					    *text ? "; " : "",
					    doctor_counter_text(a, &one));
	}
	return text;
}

/* --- an earlier report --------------------------------------------------- */

static bool is_report(const json_t *report)
{
	const char *schema =
		json_string_value(json_object_get(report, "schema"));

	return schema && !strcmp(schema, "mpprobe-doctor/1") &&
	       json_is_object(json_object_get(report, "counters")) &&
	       json_is_string(json_object_get(report, "time"));
}

static void take(struct arena *a, json_t *report, struct counters *out,
		 const char **when)
{
	struct doctor_counter *all = NULL;
	const char *name;
	json_t *value;

	out->count = 0;
	json_object_foreach(json_object_get(report, "counters"), name, value)
	{
		struct doctor_counter *slot = ARENA_PUSH(a, all, out->count);

		slot->name = arena_printf(a, "%s", name);
		slot->value = (uint64_t)json_integer_value(value);
	}
	out->all = all;
	*when = arena_printf(
		a, "%s", json_string_value(json_object_get(report, "time")));
}

bool counters_read(struct arena *a, FILE *in, struct counters *out,
		   const char **when)
{
	json_t *report = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL);
	bool known = is_report(report);

	if (known)
		take(a, report, out, when);
	json_decref(report);
	return known;
}
