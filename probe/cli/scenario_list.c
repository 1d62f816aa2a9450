// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/scenario_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"
#include "report/print/text.h"

#define INDENT "                             "

struct scenario_list {
	size_t count;
	struct script scripts[];
};

static void load(struct scenario_list *list, const char *name)
{
	char error[300];

	if (script_load(&list->scripts[list->count], name, error,
			sizeof(error)))
		complain("%s", error);
	else
		list->count++;
}

struct scenario_list *scenario_list_load(void)
{
	struct scenario_list *list = NULL;
	char **names;
	size_t count = scripts_list(&names);

	if (count)
		list = must_have(calloc(
			1, sizeof(*list) + count * sizeof(list->scripts[0])));
	for (size_t i = 0; i < count; i++)
		load(list, names[i]);
	scripts_free(names, count);
	if (!list || list->count)
		return list;
	free(list);
	return NULL;
}

static void print(const struct page *p, const struct script *script)
{
	char first[80];
	struct scenario r;

	snprintf(first, sizeof(first), "%-28s ", script->name);
	if (scenario_declare(&r, script) == 0)
		text_wrap(p, first, INDENT, r.about.title);
	else
		complain("%s", r.error);
	scenario_free(&r);
}

void scenario_list_print(const struct scenario_list *list, const struct page *p)
{
	for (size_t i = 0; i < list->count; i++)
		print(p, &list->scripts[i]);
}

static const struct script *find(const struct scenario_list *list,
				 const char *name)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (!strcmp(list->scripts[i].name, name))
			return &list->scripts[i];
	return NULL;
}

const char *scenario_list_like(const struct scenario_list *list,
			       struct arena *a, const char *scenario,
			       unsigned version, const char *outcome,
			       const char *value)
{
	const struct script *script = find(list, scenario);
	const char *words = NULL, *like;
	struct scenario r;

	if (!script)
		return NULL;
	if (scenario_compare(&r, script, version, outcome, value) == 0 &&
	    r.about.versions >> version & 1) {
		like = scenario_like(&r);
		words = *like ? arena_printf(a, "as %s", like)
			      : "as no known stack does";
	}
	scenario_free(&r);
	return words;
}

void scenario_list_free(struct scenario_list *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		script_free(&list->scripts[i]);
	free(list);
}
