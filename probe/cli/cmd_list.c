// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe list: the scenarios and the findings, one line each. */
#include <stdio.h>
#include <stdlib.h>

#include "probe/cli/command.h"
#include "probe/net/privileges.h"
#include "probe/scenario/scenario.h"
#include "report/print/text.h"

#define INDENT "                             "

static void list_scenario(const struct page *p, const struct script *script)
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

/* Files are read before privileges are dropped; Lua sees them afterwards. */
static size_t load_scripts(struct script **out)
{
	char **names, error[300];
	size_t count = scripts_list(&names), loaded = 0;

	*out = calloc(count ? count : 1, sizeof(**out));
	for (size_t i = 0; *out && i < count; i++) {
		if (script_load(&(*out)[loaded], names[i], error,
				sizeof(error)))
			complain("%s", error);
		else
			loaded++;
	}
	scripts_free(names, count);
	return loaded;
}

int cmd_list(const struct options *o, struct output *out, int argc, char **argv)
{
	const struct page page = {.out = stdout, .width = PAGE_WIDTH};
	struct script *scripts;
	size_t count = load_scripts(&scripts);
	int code = privileges_drop();

	(void)o;
	(void)out;
	(void)argc;
	(void)argv;
	if (count && code == 0)
		puts("Scenarios (mpprobe run NAME HOST, or run all HOST):");
	for (size_t i = 0; i < count; i++) {
		if (code == 0)
			list_scenario(&page, &scripts[i]);
		script_free(&scripts[i]);
	}
	free(scripts);
	if (code != 0)
		return code;
	puts(count ? "\nFindings (mpprobe explain ID):"
		   : "Findings (mpprobe explain ID):");
	text_list_findings(&page);
	return EXIT_CLEAR;
}
