/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of mpprobe: one file each (cmd_NAME.c), one row in commands.def.
 */
#ifndef PROBE_CLI_COMMAND_H
#define PROBE_CLI_COMMAND_H

#include "probe/cli/options.h"
#include "probe/net/complain.h"

/* Each gets its parsed options and arguments (as many as its row allows) and
 * returns the exit code. What stays unwritten on standard output is flushed,
 * and its errors reported, by main. */
#define COMMAND(name, ...)                                                     \
	int cmd_##name(const struct options *o, int argc, char **argv);
#include "probe/cli/commands.def"

#endif
