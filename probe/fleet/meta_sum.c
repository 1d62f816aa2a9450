// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/meta_sum.h"

#include <stdbool.h>
#include <string.h>

/* Numbers that count nothing. */
static bool is_setting(const char *name)
{
	return !strcmp(name, "plain_sample") || !strcmp(name, "cooldown_s") ||
	       !strcmp(name, "probes_at_once");
}

static void add_number(json_t *sum, const char *name, const json_t *value)
{
	json_int_t before = json_integer_value(json_object_get(sum, name));

	json_object_set_new(sum, name,
			    json_integer(before + json_integer_value(value)));
}

/* Times in UTC, which sort as text. */
static void keep_time(json_t *sum, const char *name, const json_t *value,
		      bool latest)
{
	const char *before = json_string_value(json_object_get(sum, name));
	const char *now = json_string_value(value);

	if (now && (!before || (strcmp(now, before) > 0) == latest))
		json_object_set(sum, name, (json_t *)value);
}

static void add_words(json_t *sum, const char *name, const json_t *words)
{
	json_t *all = json_object_get(sum, name), *word, *other;
	size_t i, j;

	if (!all) {
		json_object_set_new(sum, name, json_array());
		all = json_object_get(sum, name);
	}
	json_array_foreach(words, i, word)
	{
		bool there = false;

		json_array_foreach(all, j, other) there |=
			json_equal(word, other);
		if (!there)
			json_array_append(all, word);
	}
}

static void add_object(json_t *sum, const char *name, const json_t *object)
{
	json_t *inner = json_object_get(sum, name);

	if (!inner) {
		json_object_set_new(sum, name, json_object());
		inner = json_object_get(sum, name);
	}
	meta_sum_add(inner, object);
}

void meta_sum_add(json_t *sum, const json_t *meta)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)meta, name, value)
	{
		if (json_is_integer(value) && !is_setting(name))
			add_number(sum, name, value);
		else if (json_is_object(value))
			add_object(sum, name, value);
		else if (!strcmp(name, "started") || !strcmp(name, "ended"))
			keep_time(sum, name, value, *name == 'e');
		else if (!strcmp(name, "sources"))
			add_words(sum, name, value);
		else if (!json_object_get(sum, name))
			json_object_set(sum, name, value);
	}
}
