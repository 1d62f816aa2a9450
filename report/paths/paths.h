/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a run by several uplinks says of them together: whether a subflow by
 * one joins a connection that was opened on another, and if not, why. The
 * reports of the uplinks say the rest.
 */
#ifndef REPORT_PATHS_PATHS_H
#define REPORT_PATHS_PATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/names.h"
#include "report/report.h"

struct arena;
struct flow;
struct judge_target;
struct observer;

/* What became of a join: its name in JSON, in the matrix, and in a sentence. */
#define JOININGS(X)                                                            \
	X(JOINING_UNTRIED, "untried", "-", "was not tried")                    \
	X(JOINING_JOINED, "joined", "joined", "joins")                         \
	X(JOINING_PLAIN, "plain", "plain", "is answered as plain TCP")         \
	X(JOINING_REFUSED, "refused", "REFUSED", "is refused")                 \
	X(JOINING_SILENT, "silent", "silent", "is not answered")               \
	X(JOINING_LIMIT, "limit", "limit",                                     \
	  "is refused by the server, which takes no more subflows")            \
	X(JOINING_FORBIDDEN, "forbidden", "flag C",                            \
	  "is forbidden by the server (flag C)")                               \
	X(JOINING_HMAC, "hmac", "HMAC", "is answered with a wrong HMAC")       \
	X(JOINING_UNCONFIRMED, "unconfirmed", "no ACK",                        \
	  "is not confirmed by a fourth ACK")                                  \
	X(JOINING_NO_DATA, "no_data", "no data",                               \
	  "is confirmed, but its data is not acknowledged")                    \
	X(JOINING_ENDED, "ended", "ended",                                     \
	  "came when the server may have ended the connection")

enum joining { JOININGS(ENUM_VALUE) };

#define CAUSES(X)                                                              \
	X(CAUSE_NONE, "none")                                                  \
	X(CAUSE_UNKNOWN, "unknown")                                            \
	X(CAUSE_OTHER_SERVER, "another_server")                                \
	X(CAUSE_PROXY_FROM, "proxy_of_joining_uplink")                         \
	X(CAUSE_PROXY_OPENED, "proxy_of_opening_uplink")                       \
	X(CAUSE_PATH_FROM, "path_of_joining_uplink")                           \
	X(CAUSE_PATH_OPENED, "path_of_opening_uplink")                         \
	X(CAUSE_UNREACHABLE, "unreachable")                                    \
	X(CAUSE_AS_OWN, "as_own_joins")                                        \
	X(CAUSE_SERVER, "server")

enum cause { CAUSES(ENUM_VALUE) };

enum takeover { TAKEOVER_UNTRIED, TAKEOVER_TAKEN, TAKEOVER_NEVER };

/* What the server did with data that was not acknowledged on one of the two
 * subflows. */
struct path_takeover {
	enum takeover result;
	double ms;	/* until the same came over the other; negative: it did
			   not */
	double back_ms; /* and, when it was acknowledged over the first again,
			   until what followed came there; negative: that was
			   not tried, or it did not come */
	uint64_t twice, missing; /* bytes of the connection, by their DSNs */
};

/* A join from one uplink to a connection that was opened on another, or on the
 * same one. */
struct path_join {
	enum joining joining;
	enum cause cause;
	const char *why;     /* in words; NULL: it joined, or was not tried */
	unsigned connection; /* id of the subflow; 0: none */
	int reason;	     /* of the MP_TCPRST that refused it; -1 */
	bool bare_reset;     /* by a RST without MP_TCPRST */
	uint64_t frame;	     /* of the answer; 0: none */
	struct path_takeover takeover;
};

struct path_uplink {
	const char *name; /* of the interface, or the address */
	const struct report *report;
	bool works;
	const char *state;	/* in the matrix: "works", "BLOCKED 1" */
	int hops;		/* -1: not known */
	double rtt_ms;		/* negative: not known */
	const char *answers_by; /* what answers come in by, where that is not
				   the interface that SYNs leave by: a name of
				   an uplink, or words; NULL: the same */
	const char *leaves_by;	/* an uplink that works, whose interface its
				   SYNs leave by as well; NULL: none */
};

/* path.join_refused: each uplink joins its own connections. */
struct path_finding {
	const char *opened, *from; /* names of uplinks */
	enum confidence confidence;
	const char *text;
	unsigned connection;
	uint64_t frame;
};

struct path_advice {
	const char *text;
	const char *command; /* NULL: none */
};

/* An uplink that nothing could be sent by. */
struct path_left_out {
	char name[64];
	uint8_t family; /* 4 or 6, of the target */
	const char *why;
	bool named; /* by the user; else it is one of all */
};

/* Of a run to one address and port. A capture does not tell what was left
 * out. */
struct paths_group {
	struct report *const *reports; /* one an uplink, at least one */
	size_t count;
	const struct path_left_out *left_out; /* also of the other family */
	size_t left_out_count;
};

/* Whether it is of several uplinks, also if all but one were left out. */
bool paths_are_several(const struct paths_group *g);

struct paths {
	struct arena *arena;
	const struct report *first; /* of what all reports say alike */
	struct path_uplink *uplinks;
	size_t count;
	const struct path_left_out **left_out;
	size_t left_out_count;
	struct path_join *joins; /* [opened * count + from] */
	enum status status;
	const char *text; /* the verdict over all */
	struct path_finding *findings;
	size_t finding_count;
	struct path_advice *advice;
	size_t advice_count;
};

/* Moves the targets that are the first one by other uplinks to right behind it.
 * Returns how many they are together. */
size_t paths_take_group(struct judge_target *targets, size_t left);

/* The uplinks, as their reports, which must outlive it, describe them; the
 * joins and what to say are the caller's to fill in. Never NULL. */
struct paths *paths_new(struct report *const *reports, size_t count);

/* Judges the uplinks by their reports, which must outlive it as all of the
 * group must, and by what was observed. Never NULL. */
struct paths *paths_judge(const struct observer *o,
			  const struct paths_group *g);
void paths_free(struct paths *p); /* NULL is fine */

/* What the run ends with: as report_exit_code(). */
int paths_exit_code(const struct paths *p);

const struct path_join *paths_join(const struct paths *p, size_t opened,
				   size_t from);
const char *joining_name(enum joining j);
const char *joining_cell(enum joining j);
const char *joining_phrase(enum joining j);
const char *cause_name(enum cause c);

/* ---- for paths.c --------------------------------------------------------- */

/* paths.c: SYNs are answered by RSTs only. */
bool paths_refused(const struct report *r);
/* causes.c: what to add to the place of a finding where it is not, or may not
 * be, on the way to the server: ", or on the return path"; "". */
const char *paths_way_back(const struct finding *f);
/* causes.c: what became of the joins. */
void paths_fill_joins(struct paths *p, const struct observer *o);
/* takeover.c: of a connection and a subflow that joined. */
struct path_takeover takeover_of(const struct flow *parent,
				 const struct flow *join);
/* words.c: the verdict, and what to do. */
void paths_say(struct paths *p);
void paths_advise(struct paths *p);

#endif
