/* SPDX-License-Identifier: GPL-3.0-or-later
 * The commands of --exec: the shell runs them beside the watching, each for one
 * change and for a minute at most.
 */
#ifndef PROBE_WATCH_COMMANDS_H
#define PROBE_WATCH_COMMANDS_H

#include <stdint.h>

struct watch_change;

#define COMMANDS_MAX 16

/* Those that run. Zeroed, none does. */
struct commands {
	struct running_command {
		int pid;	  /* and its group's; 0: none */
		int64_t until_us; /* then it is ended */
		int ended;	  /* how often it was told to end */
	} all[COMMANDS_MAX];
};

/* Has the shell run `command`, with the facts in its environment, and the line
 * that is printed as its standard input. */
void commands_run(struct commands *c, const char *command,
		  const struct watch_change *change, const char *line);

/* Those that have ended are gone, those that took too long are ended. Returns
 * when to look again, by waiting_now_us(). */
int64_t commands_look(struct commands *c);

/* Waits a little for those that still run, and ends them. */
void commands_end(struct commands *c);

#endif
