/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of mpprobe: one file each (cmd_NAME.c), one row in commands.def.
 */
#ifndef PROBE_CLI_COMMAND_H
#define PROBE_CLI_COMMAND_H

#include "probe/cli/options.h"
#include "probe/net/complain.h"

struct output;

/* Each gets its parsed options, where its results go, and its arguments (as
 * many as its row allows), and returns the exit code. The output is closed,
 * what stays unwritten on standard output flushed, and errors of both are
 * reported, by main. */
#define COMMAND(name, ...)                                                     \
	int cmd_##name(const struct options *o, struct output *out, int argc,  \
		       char **argv);
#include "probe/cli/commands.def"

#endif
