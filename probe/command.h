/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of mpprobe: one file each (cmd_NAME.c), one row in main.c.
 */
#ifndef PROBE_COMMAND_H
#define PROBE_COMMAND_H

#include "probe/options.h"

/* sysexits(3) and the design's own. */
enum exit_code {
	EXIT_CLEAR = 0,
	EXIT_INTERFERENCE = 1,
	EXIT_NO_MPTCP = 2,
	EXIT_UNKNOWN = 3,
	EXIT_USAGE = 64,
	EXIT_INPUT = 65,
	EXIT_NO_HOST = 68,
	EXIT_INTERFACE = 69,
	EXIT_SYSTEM = 71,
	EXIT_OUTPUT = 74,
	EXIT_PRIVILEGE = 77,
	EXIT_INTERRUPTED = 130,
};

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

/* "mpprobe: " and one line on stderr (control characters escaped). */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Of two exit codes of reports the one that a run of both ends with: 1, then
 * 3, 2, 0. */
int exit_worst(int a, int b);

#endif
