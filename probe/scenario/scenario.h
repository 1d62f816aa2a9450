/* SPDX-License-Identifier: GPL-3.0-or-later
 * A scenario: a script, what it declares, one run of it, and how the peer's
 * answers compare with those of named stacks.
 */
#ifndef PROBE_SCENARIO_SCENARIO_H
#define PROBE_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct exchange;
struct kept;
struct peer;
struct quote;

/* The text of a script. */
struct script {
	char name[64]; /* "compliant" */
	char file[80]; /* "compliant.lua", for messages */
	char *text;    /* owned */
	size_t length;
};

/* What scenario{} said; strings live in the arena of the run. */
struct declaration {
	bool declared;
	const char *title, *about, *source;
	unsigned versions; /* bit 0: version 0, bit 1: version 1 */
};

struct outcome {
	const char *name, *value;
	unsigned line;
};

struct expectation {
	const char *text, *found; /* found: NULL if met */
	unsigned line;
};

/* One line of the exchange. */
struct sight {
	unsigned subflow;
	bool sent;
	const struct kept *segment;
	const struct quote *quote;	   /* of an ICMP error; segment: what it
					      quotes */
	double ms;			   /* since the first */
	uint32_t sequence, acknowledgment; /* relative to the initial ones; 0
					      where they are not known */
};

struct remark {
	const char *text;
	unsigned line;
};

struct difference {
	const char *outcome, *expected, *found; /* found NULL: not reached */
};

struct stack_answer {
	const char *name;    /* "rfc", "linux-v1", "linux-v0" */
	const char *release; /* "5.6"; NULL: not said */
	bool matches;
	struct difference *differences;
	size_t difference_count;
};

enum scenario_end {
	SCENARIO_COMPLETE,
	SCENARIO_UNTESTED, /* the server's part prevents it: r->untested */
	SCENARIO_UNFIT,	   /* not for the version that the peer speaks */
	SCENARIO_UNMET,	   /* an expectation was not met */
	SCENARIO_NO_MPTCP, /* and the SYN/ACK had no MPTCP option, or none came
			    */
	SCENARIO_BAD_SCRIPT,
	SCENARIO_NOT_RECORDED, /* the capture is of another exchange */
	SCENARIO_STOPPED, /* by a signal, or the system; the peer says why */
};

struct scenario {
	struct arena *arena;
	const struct script *script;
	struct peer *peer;
	struct exchange *exchange;
	bool declaring; /* only scenario{} is wanted */
	struct declaration about;
	unsigned version;
	struct outcome *outcomes;
	size_t outcome_count;
	struct expectation *expectations;
	size_t expectation_count;
	struct remark *remarks;
	size_t remark_count;
	struct stack_answer *stacks;
	size_t stack_count;
	struct sight *sights;
	size_t sight_count;
	enum scenario_end end;
	const char *untested; /* why, at that end */
	char error[600];      /* of a script, in one line */
	int answers;	      /* reference to the Lua table; 0: none */
};

/* --- scripts (files.c) --------------------------------------------------- */

/* By name ("compliant") or file ("./x.lua"). -1 and one line in `error`. */
int script_load(struct script *s, const char *name, char *error, size_t size);
void script_free(struct script *s);

/* The names of all scenarios, sorted; freed with scripts_free. */
size_t scripts_list(char ***names);
void scripts_free(char **names, size_t count);

/* --- running ------------------------------------------------------------- */

/* What the script declares. 0, or -1 with r->error. The run is to be freed
 * in both cases. */
int scenario_declare(struct scenario *r, const struct script *script);

/* The same, and fills r->stacks: which of them answer so, if what was seen
 * elsewhere is the outcome of that script, for this version. */
int scenario_compare(struct scenario *r, const struct script *script,
		     unsigned version, const char *outcome, const char *value);

/* Runs the script against the peer, compares, and ends all connections. Of a
 * peer whose version is not known, the script chooses. */
void scenario_run(struct scenario *r, const struct script *script,
		  struct peer *peer);
void scenario_free(struct scenario *r);

/* Whether any named stack answers so. */
bool scenario_matches(const struct scenario *r);
int scenario_exit_code(const struct scenario *r);

/* "RFC 8684 3.2 asks and as linux-v1 (5.10 or later) does"; "": none does. */
const char *scenario_like(struct scenario *r);

/* One sentence: which stacks the peer behaves like, or what differs. */
const char *scenario_sentence(struct scenario *r);

#endif
