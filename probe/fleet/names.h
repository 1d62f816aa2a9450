/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey's streams and subjects are called on the NATS server.
 */
#ifndef PROBE_FLEET_NAMES_H
#define PROBE_FLEET_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define SURVEY_NAME_MAX 64
#define SUBJECT_MAX (SURVEY_NAME_MAX + 64)
#define WORKERS "workers" /* the consumer of the queue */

/* Letters, digits, - and _, at most SURVEY_NAME_MAX. */
bool survey_name_is_good(const char *name);

struct survey_names {
	/* streams: shards that are to be done; what holds of the survey and of
	 * each of them, the latest of each subject; the results */
	char queue[SUBJECT_MAX], state[SUBJECT_MAX], results[SUBJECT_MAX];
	/* subjects: in the queue; in the state; the time there */
	char shard[SUBJECT_MAX], definition[SUBJECT_MAX], clock[SUBJECT_MAX];
	char all_states[SUBJECT_MAX], all_lines[SUBJECT_MAX];
	char all_claims[SUBJECT_MAX];
};

void survey_names_of(const char *name, struct survey_names *out);

/* The subjects of a shard: its lines, what says that it is done, and who works
 * on it. */
void survey_lines_of(const char *name, uint64_t shard, char out[SUBJECT_MAX]);
void survey_done_of(const char *name, uint64_t shard, char out[SUBJECT_MAX]);
void survey_claim_of(const char *name, uint64_t shard, char out[SUBJECT_MAX]);

#endif
