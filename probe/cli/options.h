/* SPDX-License-Identifier: GPL-3.0-or-later
 * The command line: one table of options that feeds parsing and -h.
 */
#ifndef PROBE_CLI_OPTIONS_H
#define PROBE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "probe/net/target.h"
#include "report/report.h"

struct anonymous;
struct arena;

#define PORTS_MAX 64

enum colour_choice { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

enum command_place {
#define COMMAND(name, NAME, ...) PLACE_##NAME,
#include "probe/cli/commands.def"
	PLACE_COMPARE_LIVE,
	PLACE_WATCHED
};

/* The commands that an option may belong to, as bits. */
enum command_bit {
#define COMMAND(name, NAME, ...) COMMAND_##NAME = 1 << PLACE_##NAME,
#include "probe/cli/commands.def"
	COMMAND_COMPARE_LIVE = 1 << PLACE_COMPARE_LIVE, /* with --live only */
	COMMAND_WATCHED = 1 << PLACE_WATCHED /* what watch has its probes do */
};

/* Strings are borrowed from argv. */
struct options {
	struct target_wanted where; /* -4 -6 -i -s */
	uint16_t ports[PORTS_MAX];
	unsigned port_count;	     /* 0: 80, or what HOST:PORT says */
	unsigned first_ttl, max_ttl; /* 1, 30 */
	bool numeric, origins;
	const char *write_file, *output_file; /* NULL: none; output_file "-"
						 is given as NULL */
	const char *html_file, *svg_file;     /* NULL: none */
	char **line;			      /* the whole command line */
	bool json, letter, verbose, quiet;
	bool anonymize;
	const char *anonymize_key;   /* a file, or NULL */
	struct anonymous *anonymous; /* of these; NULL: all is shown as it is */
	const char *told; /* the command line, without what it names; or NULL */
	bool rules;	  /* -v, twice */
	int mptcp_version; /* 0, 1; -1: auto */
	bool all, sweep_only;
	const char *say;		       /* NULL: HTTP */
	const char *reference;		       /* NULL: none */
	const char *replay_file, *join_source; /* NULL: none */
	bool packets;			       /* read: line by line */
	unsigned times;			       /* read -x: how many -t */
	const char *filter;   /* read: of pcap-filter(7), or NULL */
	enum vantage vantage; /* read: where the capture was made */
	bool live;
	const char *save;  /* a directory, or NULL */
	unsigned count;	   /* rounds; 0: not said */
	bool insecure;	   /* speed: -k */
	unsigned seconds;  /* of a download; 0: to its end */
	const char *since; /* doctor: a file, or NULL */
	bool mptcp_said;   /* --mptcp was given */
	/* of survey */
	const char *blocklist;		/* a file, "none", or NULL */
	unsigned rate;			/* packets a second; 0: not said */
	uint64_t bandwidth;		/* bits a second; 0: not said */
	unsigned shard, shards;		/* from 1; 0: not said */
	unsigned max_targets;		/* 0: all */
	unsigned max_runtime, cooldown; /* seconds; 0: not said */
	unsigned sample;		/* one in so many; 0: not said */
	unsigned probes;		/* at once; 0: none */
	const char *status_file;	/* NULL: none */
	bool capable_first;		/* survey: others if it is answered */
	bool raw_sockets;		/* survey: send nothing as frames */
	bool allowed;			/* --i-am-allowed */
	const char *resume, *tables;	/* a directory, or NULL */
	bool csv;
	const char *csv_table; /* NULL: not said */
	const char *as_table;  /* a file, or NULL */
	unsigned every, keep;  /* watch: seconds; keep 0: for ever */
	const char *exec;      /* watch: for a shell, or NULL */
	enum colour_choice colour;
	bool has_seed;
	uint64_t seed;
	unsigned help; /* how many -h; it and -V: nothing else was checked */
	bool version;
	uint64_t given; /* rows of the table that were used, as bits */
};

/* Parses the options of a whole command line (argv[0] is skipped; options
 * may stand before or after arguments, "--" ends them). `arguments`, of at
 * least argc pointers, gets what is no option. Returns -1 to go on, also
 * after -h and -V, or 64 after one line on stderr that names the option. */
int options_parse(int argc, char **argv, struct options *out, char **arguments,
		  int *argument_count);

/* Whether every option that was given belongs to this command, and whether
 * they fit together. -1 to go on, or 64 after one line on stderr. */
int options_accept(const struct options *o, enum command_bit command,
		   const char *command_name);

/* Whether it was given, by its short name or the long one. */
bool options_given(const struct options *o, char short_name);

/* The first option that was given and is none of these (long names, without
 * dashes), as the help has it, in `text`; or NULL. */
const char *options_given_beside(const struct options *o,
				 const char *const *names, size_t count,
				 char *text, size_t size);

/* All commands whose options `command` takes. */
unsigned options_commands(enum command_bit command);

/* What mpprobe watch hands on, as words of a command line, of the whole line it
 * was given: "--port", "80,443". `argv` is put into another order; `out` has
 * room for twice as many. Returns how many there are. */
size_t options_handed_on(struct arena *a, int argc, char **argv,
			 const char **out);

/* The options' part of -hh, made of the table, and of -h: some of them. */
void options_help(FILE *out);
void options_brief(FILE *out);

/* Of one command, those that it takes. */
void options_help_of(FILE *out, enum command_bit command);

/* What the table says of an option, for the completions of shells. */
struct option_about {
	char short_name;      /* '\0': none */
	const char *name;     /* the long one */
	const char *argument; /* as in -h; NULL: none */
	const char *help;
	unsigned commands; /* enum command_bit */
};

/* "--html FILE -v": those that were given, without their values. */
const char *options_told(const struct options *o, struct arena *arena);

/* Row number `i` of the table; false behind the last. */
bool options_row(size_t i, struct option_about *out);

#endif
