/* SPDX-License-Identifier: GPL-3.0-or-later
 * How far a survey has come, so that a kill at any moment loses nothing:
 * answers as they come, and each second a position, which commits what stands
 * before it. What a crash tore apart behind the last position is told by a
 * keyed hash.
 */
#ifndef PROBE_SURVEY_JOURNAL_H
#define PROBE_SURVEY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crafting/siphash.h"
#include "probe/survey/counts.h"

struct journal;

/* Targets are told by their number. All below `closed` have their line in the
 * results, which are `results_bytes` long, or were blocked; those below `sent`
 * were asked. */
struct journal_position {
	uint64_t closed, sent, results_bytes;
	uint64_t counts[COUNTS];
};

/* An answer of a target that may still be open. */
struct journal_answer {
	uint64_t number;
	enum syn_kind kind;
	enum answer_what what;
	enum answer_mptcp mptcp;
	char *text; /* survey_answer_text(); owned by the state */
};

/* Appends to a file that is open; the secret is that of the survey. */
struct journal *journal_new(int fd, const uint8_t secret[SIPHASH_KEY]);
void journal_free(struct journal *j); /* closes nothing; NULL is fine */

/* Keeps an answer until the next position. */
void journal_add(struct journal *j, const struct journal_answer *a);

/* Writes and syncs. 0, or -1 with errno. */
int journal_commit(struct journal *j, const struct journal_position *p);

/* What a journal says, up to its last position that is whole. */
struct journal_state {
	struct journal_position position; /* all 0 without one */
	struct journal_answer *answers;	  /* of open targets, by number */
	size_t count, capacity;
	uint64_t length; /* bytes that were read, from where it began */
};

void journal_load(FILE *file, const uint8_t secret[SIPHASH_KEY],
		  struct journal_state *out);
void journal_state_free(struct journal_state *s);

#endif
