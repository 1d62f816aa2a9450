// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe list: the scenarios and the findings, one line each. */
#include <stdio.h>

#include "probe/cli/command.h"
#include "probe/net/privileges.h"
#include "probe/scenario/scenario.h"
#include "report/print/text.h"

#define INDENT "                             "

static void list_scenario(const struct page *p, const char *name)
{
	char first[40];
	struct script script;
	struct scenario r;
	char error[300];

	if (script_load(&script, name, error, sizeof(error)) != 0) {
		complain("%s", error);
		return;
	}
	snprintf(first, sizeof(first), "%-28s ", name);
	if (scenario_declare(&r, &script) == 0)
		text_wrap(p, first, INDENT, r.about.title);
	else
		complain("%s", r.error);
	scenario_free(&r);
	script_free(&script);
}

int cmd_list(const struct options *o, struct output *out, int argc, char **argv)
{
	const struct page page = {.out = stdout, .width = PAGE_WIDTH};
	char **names;
	size_t count;

	(void)o;
	(void)out;
	(void)argc;
	(void)argv;
	if (privileges_drop() != 0)
		return EXIT_SYSTEM;
	count = scripts_list(&names);
	if (count)
		puts("Scenarios (mpprobe run NAME HOST, or run all HOST):");
	for (size_t i = 0; i < count; i++)
		list_scenario(&page, names[i]);
	scripts_free(names, count);
	puts(count ? "\nFindings (mpprobe explain ID):"
		   : "Findings (mpprobe explain ID):");
	text_list_findings(&page);
	return EXIT_CLEAR;
}
