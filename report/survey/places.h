/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the probes of a survey found, by place: which hop does what, towards how
 * many of the targets behind it; and the same by the networks that the hops
 * belong to.
 */
#ifndef REPORT_SURVEY_PLACES_H
#define REPORT_SURVEY_PLACES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct origin_table;

/* By address, or by network. */
struct place_counts {
	json_t *ways;	  /* how many paths go by which, or by which two */
	json_t *findings; /* how many show what where, by a key of it */
};

struct survey_places {
	const struct origin_table *origins; /* borrowed; NULL: none */
	uint64_t probed;
	uint64_t unsure;  /* clear, and a device may answer in their place */
	json_t *statuses; /* how many have which verdict */
	struct place_counts by_hop, by_network;
};

/* Adds what a line of schema mpprobe-survey/1 has of a probe, if it has. */
void places_add(struct survey_places *p, const json_t *line);

/* One finding at one place. `after` and `at` are as in a report, "" where they
 * are not known: addresses, or "target"; of networks "AS64500", "?" where
 * the table has none, or "target" where it has none of the target's. */
struct place_row {
	const char *id, *direction, *after, *at;
	const char *after_network, *at_network; /* of hops: "AS64500"; or "" */
	const char *where; /* "at hop 192.0.2.1 (AS64500) or beyond it" */
	uint64_t targets;  /* that show it */
	uint64_t paths;	   /* that were seen to go there, by both ends of it;
			      0: it is at no hop */
};

/* All of them, those with most targets first. */
struct place_row *places_rows(const struct survey_places *p, struct arena *a,
			      size_t *count);

/* The same by network; none without a table of origins. */
struct place_row *places_network_rows(const struct survey_places *p,
				      struct arena *a, size_t *count);

/* Whether it tells of what answers in the name of the target at the hop that is
 * `at`, or just before it: then the one that is `after` is not it. */
bool places_is_answerer(const json_t *finding);

/* Whether the last hop shows that nothing before it does that on the way there.
 * It may be on the way back, of which each vantage point has its own: by that
 * hop alone they are not to be told apart. */
bool places_is_of_last_hop(const json_t *finding);

/* The words of a place, as those of a finding: "at or between hop 192.0.2.1
 * (AS64500) and hop 192.0.2.9". Either may be it.
 * Addresses, "target", or "" where it is not known, of one at least it is. */
const char *places_where(const struct origin_table *origins, struct arena *a,
			 const char *after, const char *at);

/* "3 targets: 2 clear, 1 blocked" */
const char *places_statuses(const struct survey_places *p, struct arena *a);

/* "Towards 3 of 17 targets that were probed MPTCP is blocked or impaired."; "":
 * towards none. */
const char *places_hindered(const struct survey_places *p, struct arena *a);

/* What was not tested of clear ones; "": nothing. */
const char *places_unsure(const struct survey_places *p, struct arena *a);

/* "at hop 192.0.2.1 or beyond it: towards 2 of 3 targets whose path was seen to
 * go there" */
const char *places_words(struct arena *a, const struct place_row *r);

void places_free(struct survey_places *p);

#endif
