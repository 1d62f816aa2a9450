// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "probe/command.h"
#include "report/text.h"

int cmd_list(const struct options *o, int argc, char **argv)
{
	(void)o;
	(void)argc;
	(void)argv;
	text_list_findings(stdout);
	return EXIT_CLEAR;
}
