/* SPDX-License-Identifier: GPL-3.0-or-later
 * Places where sweeps of a survey found SYNs changed, two at least in the same
 * way. Others of the same prefix are likely to be changed there, too: so only
 * the hops around it are asked of them first, each once. What these quote of
 * the target itself decides.
 */
#ifndef PROBE_SURVEY_LOCATED_H
#define PROBE_SURVEY_LOCATED_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"
#include "probe/run/run.h"
#include "report/survey/class.h"

struct report;

#define LOCATED_PLACES 64
#define LOCATED_SPAN 8	/* TTLs */
#define LOCATED_HOPS 16 /* addresses */
#define LOCATED_TEXT 320
#define LOCATED_NOWHERE 16

/* One of them, as a value. */
struct located_place {
	uint64_t number;    /* from 1; 0: none */
	struct address net; /* 24 bits of IPv4, 48 of IPv6 */
	enum survey_class class;
	char text[LOCATED_TEXT]; /* of the finding, its first sentence */
	struct known_place place;
	struct address hops[LOCATED_HOPS]; /* that answer there, on any way */
	unsigned hop_count;
};

/* Zeroed at first. */
struct located {
	struct located_entry {
		struct located_place place;
		unsigned sweeps; /* that said so, of whatever prefix */
		/* Targets that were looked for there, and showed it or not; of
		 * other prefixes, and of its own. */
		struct located_score {
			unsigned right, wrong;
		} other, own;
	} entries[LOCATED_PLACES];
	uint64_t count; /* of all that were learnt */
	/* What sweeps from hop 1 on found, and none of them a place for. */
	struct nowhere {
		enum survey_class class;
		char text[LOCATED_TEXT];
		unsigned sweeps;
	} nowhere[LOCATED_NOWHERE];
	unsigned nowhere_next; /* the next of them that is replaced */
};

/* Takes in a sweep of a whole path: a place, if all that interferes is one
 * change of SYNs, which two hops show. If it is something else, what is known
 * of this prefix is forgotten. */
void located_learn(struct located *l, enum survey_class class,
		   const struct report *r);

/* The same of a sweep from hop 1 on, as to what has no place. */
void located_learn_whole(struct located *l, enum survey_class class,
			 const struct report *r);

/* Whether what interferes has no place, but might have, if more hops were
 * asked: but not if sweeps from hop 1 on had none of the same for others. */
bool located_wants_whole(const struct located *l, enum survey_class class,
			 const struct report *r);

/* Where to look first for a target of this class: at the place of its prefix,
 * or else at the latest one that is not wrong more often than right. False: it
 * is to be swept. */
bool located_find(const struct located *l, enum survey_class class,
		  const struct address *target, struct located_place *out);

/* A target is looked for there; and whether it shows the change. */
void located_begin(struct located *l, const struct located_place *p,
		   const struct address *target);
void located_end(struct located *l, const struct located_place *p,
		 const struct address *target, bool found);

/* Whether all that interferes with this one is the same change, in the same
 * words, and its own hops show where. */
bool located_shows(const struct located_place *p, const struct report *r);

#endif
