/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of mpprobe: one file each (cmd_NAME.c), one row in main.c.
 */
#ifndef PROBE_CLI_COMMAND_H
#define PROBE_CLI_COMMAND_H

#include "probe/cli/options.h"
#include "probe/net/complain.h"

/* Each gets its parsed options and arguments (as many as its row in main.c
 * allows) and returns the exit code. What stays unwritten on standard output
 * is flushed, and its errors reported, by main. */
int cmd_probe(const struct options *o, int argc, char **argv);
int cmd_read(const struct options *o, int argc, char **argv);
int cmd_run(const struct options *o, int argc, char **argv);
int cmd_compare(const struct options *o, int argc, char **argv);
int cmd_speed(const struct options *o, int argc, char **argv);
int cmd_list(const struct options *o, int argc, char **argv);
int cmd_explain(const struct options *o, int argc, char **argv);

#endif
