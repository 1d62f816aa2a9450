// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe list: the scenarios and the findings, one line each. */
#include <stdio.h>

#include "probe/cli/command.h"
#include "probe/cli/scenario_list.h"
#include "probe/net/privileges.h"
#include "report/print/text.h"

int cmd_list(const struct options *o, struct output *out, int argc, char **argv)
{
	const struct page page = {.out = stdout, .width = PAGE_WIDTH};
	struct scenario_list *scenarios = scenario_list_load();
	int code = privileges_drop();

	(void)o;
	(void)out;
	(void)argc;
	(void)argv;
	if (code == 0 && scenarios) {
		puts("Scenarios (mpprobe run NAME HOST, or run all HOST):");
		scenario_list_print(scenarios, &page);
		puts("");
	}
	scenario_list_free(scenarios);
	if (code != 0)
		return code;
	puts("Findings (mpprobe explain ID):");
	text_list_findings(&page);
	return EXIT_CLEAR;
}
