/* SPDX-License-Identifier: GPL-3.0-or-later
 * The command line of mpprobe-fleet.
 */
#ifndef PROBE_FLEET_OPTIONS_H
#define PROBE_FLEET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PASSED_MAX 32

struct option_about;

enum fleet_command {
	FLEET_SERVE = 1 << 0,
	FLEET_WORK = 1 << 1,
	FLEET_GATHER = 1 << 2,
	FLEET_REMOVE = 1 << 3,
	FLEET_WATCH = 1 << 4,
	FLEET_ALL = FLEET_SERVE | FLEET_WORK | FLEET_GATHER | FLEET_REMOVE |
		    FLEET_WATCH
};

struct fleet_options {
	/* serve: those of mpprobe survey, as they are handed to it; first, as
	 * no row of the table sets them */
	const char *passed[PASSED_MAX + 1];
	int passed_count;
	/* of the connection */
	const char *server, *creds, *tls_ca, *tls_cert, *tls_key;
	bool tls;
	/* serve */
	const char *ports, *blocklist, *seed; /* NULL: not given */
	uint64_t bandwidth;		      /* bits a second; 0: not given */
	bool allowed;			      /* to be faster than others */
	unsigned rate, per_shard, ack_wait, at_once, replicas, window;
	/* serve and watch */
	const char *status;
	/* work */
	const char *directory, *interface, *program;
	bool stay; /* serve, too */
	/* gather */
	const char *output;
	bool help, version;
};

/* Takes the options of a command, and moves its other arguments to the front
 * of `argv`: their number, or -1 after a complaint. */
int fleet_options_parse(struct fleet_options *o, enum fleet_command command,
			int argc, char **argv);

/* How many words of mpprobe survey's command line the option `word` takes, with
 * itself; 0: it is none that serve hands on. */
unsigned fleet_option_passed(const char *word);

/* Row number `i` of the table, whose commands are of enum fleet_command; false
 * behind the last. */
bool fleet_option_row(size_t i, struct option_about *out);

void fleet_options_help(FILE *out);

#endif
