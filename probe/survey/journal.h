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
 * results, which are `results_bytes` long, or were blocked, or are being
 * probed; those below `sent` were asked. */
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

/* Keeps an answer until the next position. Of a journal that is NULL, as these
 * below do, nothing. */
void journal_add(struct journal *j, const struct journal_answer *a);

/* The same: a target is to be probed; it has its line now. */
void journal_probing(struct journal *j, uint64_t number);
void journal_probed(struct journal *j, uint64_t number);

/* And a target that is asked already, under another number, and has no line of
 * its own. */
void journal_twin(struct journal *j, uint64_t number);

/* Writes and syncs. 0, or -1 with errno. */
int journal_commit(struct journal *j, const struct journal_position *p);

struct number_set {
	uint64_t *numbers; /* in their order */
	size_t count, capacity;
};

/* What a journal says, up to its last position that is whole. */
struct journal_state {
	struct journal_position position; /* all 0 without one */
	struct journal_answer *answers;	  /* of open targets, by number */
	size_t count, capacity;
	struct number_set probing; /* targets that are to be probed */
	struct number_set twins;   /* from `closed` on, that get no line */
	uint64_t length; /* bytes that were read, from where it began */
};

void journal_load(FILE *file, const uint8_t secret[SIPHASH_KEY],
		  struct journal_state *out);

/* Whether a target has its line, was blocked, or is to have none, for sure. */
bool journal_is_closed(const struct journal_state *s, uint64_t number);
void journal_state_free(struct journal_state *s);

#endif
