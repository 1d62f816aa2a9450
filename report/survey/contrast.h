/* SPDX-License-Identifier: GPL-3.0-or-later
 * The same targets, surveyed from several vantage points: who is of another
 * class, or shows another finding, from one than from another, and on which
 * side the cause must be. Where probes told hops, by these; where they did not,
 * no more is said than classes tell.
 */
#ifndef REPORT_SURVEY_CONTRAST_H
#define REPORT_SURVEY_CONTRAST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crafting/address.h"
#include "report/survey/class.h"
#include "report/survey/rest.h"
#include "report/survey/result.h"

struct arena;
struct origin_table;

#define VANTAGES_MAX 16
#define CLASS_UNASKED SURVEY_CLASSES
#define NEAR_LEAST 3 /* targets; what one or two show may be theirs */

/* Of a probe: where, if the hops told. */
struct contrast_place {
	struct address after, at; /* family 0: not known */
	bool at_target;		  /* then `at` is not there */
};

struct contrast_finding {
	char id[32]; /* "mp_capable.removed" */
	struct contrast_place place;
	unsigned ttl;  /* of the first hop of that which is known; 0 */
	bool last_hop; /* not before that of the path, unless on the way back */
	struct contrast_finding *next;
};

/* What a probe from one vantage point said of a target. */
struct contrast_probe {
	uint8_t vantage;
	bool clear;			   /* the verdict: nothing interferes */
	struct contrast_finding *findings; /* that block or impair, forward */
	struct address *path;		   /* hops that were seen */
	size_t path_length;
	struct address last; /* of them, right before the target; family 0 */
	unsigned target_ttl; /* 0: not known */
	struct contrast_probe *next;
};

struct contrast_target {
	struct address address; /* family 0: an empty slot */
	uint16_t port;
	uint8_t classes[VANTAGES_MAX]; /* enum survey_class, CLASS_UNASKED */
	struct contrast_probe *probes;
};

struct contrast {
	size_t vantages;
	const char *names[VANTAGES_MAX];    /* borrowed */
	const struct origin_table *origins; /* borrowed; NULL: none */
	struct contrast_target *slots;
	size_t room, count;
	json_t *hops[VANTAGES_MAX];  /* addresses that paths from there go by;
					NULL: none is known */
	bool probed[VANTAGES_MAX];   /* any of the targets, from there */
	uint64_t told[VANTAGES_MAX]; /* lines of targets, silent ones too */
	struct result_faults faults[VANTAGES_MAX];
	struct survey_rest rest[VANTAGES_MAX]; /* that is missing */
	struct arena *arena;
};

/* Reads results of schema mpprobe-survey/1, each file from its beginning,
 * twice: targets that are silent from everywhere are not kept. */
void contrast_read(struct contrast *c, const char *const *names,
		   FILE *const *files, size_t vantages);

/* Then what is missing from there, by its meta.json, or NULL. */
void contrast_rest(struct contrast *c, size_t vantage, const json_t *meta);

/* What the probe from there said of it; NULL: it was not probed. */
const struct contrast_probe *contrast_probe_of(const struct contrast_target *t,
					       size_t vantage);

/* Whether it speaks MPTCP, and whether it shows by its class alone that
 * something interferes. */
bool contrast_speaks(const struct contrast_target *t, size_t vantage);
bool contrast_is_interfered(const struct contrast_target *t, size_t vantage);

/* Of the targets that speak MPTCP from elsewhere and were asked from `vantage`
 * as well: how many are of which class there. Returns their number. */
uint64_t contrast_count(const struct contrast *c, size_t vantage,
			uint64_t classes[SURVEY_CLASSES]);

/* Whether all of them, and some at least, are of one class there that shows
 * interference with MPTCP. */
bool contrast_is_near(const struct contrast *c, size_t vantage,
		      enum survey_class *class);

void contrast_free(struct contrast *c);

#endif
