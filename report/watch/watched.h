/* SPDX-License-Identifier: GPL-3.0-or-later
 * What `mpprobe watch` knows of one address and port from run to run, and when
 * it is another: the verdict, which findings it rests on, where they are, and
 * the hops of the path. Pure: no files, no clock.
 *
 * Silence is no change: a hop that does not answer this time, or a finding
 * whose place was not seen this time, is as it was. Nor is anything that one
 * run alone shows: the next one has to show the same.
 */
#ifndef REPORT_WATCH_WATCHED_H
#define REPORT_WATCH_WATCHED_H

#include "report/report.h"

#define WATCHED_FINDINGS 8
#define WATCHED_HOPS 64
#define WATCHED_RESPONDERS 8 /* of one hop, where paths are balanced */
#define WATCHED_WHY 200

/* One that is not harmless. */
struct watched_finding {
	const struct finding_kind *kind; /* of the catalogue */
	struct place after, at;		 /* as in struct finding */
};

struct watched_hop {
	struct address seen[WATCHED_RESPONDERS];
	unsigned count; /* 0: it never answered */
};

struct watched {
	int64_t time_us; /* of the last run that showed it, since 1970; 0: there
			    was none yet, and nothing else means anything */
	enum status status;
	char why[WATCHED_WHY]; /* printable ASCII: why it is undetermined or
				  unreachable; else "" */
	struct watched_finding findings[WATCHED_FINDINGS];
	unsigned finding_count;
	struct address target;
	struct watched_hop hops[WATCHED_HOPS]; /* from TTL 1 on */
	unsigned length; /* the TTL at which the target is; 0: not known */
};

/* In what two of them differ, as bits. */
enum {
	CHANGED_VERDICT = 1,
	CHANGED_FINDINGS = 2, /* the verdict is the same, by other ones */
	CHANGED_PLACE = 4,    /* of a finding */
	CHANGED_PATH = 8,
};

/* What a report says. One that was interrupted says nothing of the path, and is
 * undetermined. */
struct watched watched_of(const struct report *r);

/* A run that ended without a report, at this time. */
struct watched watched_failed(int64_t time_us, const char *why);

/* CHANGED_* */
unsigned watched_changes(const struct watched *was, const struct watched *now);

/* Both places are known, and no device that stays where it is shows both. */
bool watched_moved(const struct watched_finding *was,
		   const struct watched_finding *now);

/* The finding of this kind, or NULL. */
const struct watched_finding *watched_find(const struct watched *w,
					   const struct finding_kind *kind);

/* Whether a hop is another one: both have answered, nobody for both. */
bool watched_hop_changed(const struct watched_hop *was,
			 const struct watched_hop *now);

/* Between two runs of one address and port. */
struct watch_change {
	unsigned what;	  /* CHANGED_* */
	int64_t since_us; /* of the last run that showed what was */
	struct watched was, now;

	/* Who tells it adds: */
	const char *host; /* as typed */
	uint8_t family;	  /* 4 or 6; 0: only one is watched */
	uint16_t port;
	const char *uplink;	      /* its interface; NULL: there is one */
	bool unwatched;		      /* meanwhile nobody looked */
	const char *report, *capture; /* files of the run; NULL: not kept */
};

/* One address and port. Zeroed, nothing is known yet. */
struct subject {
	struct watched known;	  /* what was told last */
	struct watched candidate; /* another, by one run; .time_us 0: none */
};

enum news {
	NEWS_BEGINS, /* it is the first run */
	NEWS_NONE,
	NEWS_UNSURE, /* another run should follow at once */
	NEWS_CHANGE, /* `out` has it */
};

/* Takes the next run. */
enum news subject_take(struct subject *s, const struct watched *run,
		       struct watch_change *out);

#endif
