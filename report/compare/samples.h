/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a run is made of, whether it was a capture or JSON: for the files of
 * report/compare/, which add it.
 */
#ifndef REPORT_COMPARE_SAMPLES_H
#define REPORT_COMPARE_SAMPLES_H

#include "report/compare/compare.h"

/* One connection, or the part of one whose SYNs are alike. */
struct sample {
	struct address source, target; /* source: family 0 if not known */
	uint16_t port;
	int version;
	bool fallback;
	int64_t last_us; /* of the SYNs */
	unsigned syns, syn_ttl, syn_offers, reach, short_ttl;
	bool answered, refused, undecided;
	struct compare_answer answer;
};

/* What is added next is of this run. */
void compare_add_run(struct compare *c, const char *name, int64_t started_us);

void compare_add_sample(struct compare *c, const struct sample *s);

/* The row that it belongs to, which is added if there is none. */
struct compare_row *compare_row_of(struct compare *c, const struct sample *s);

/* What judging found of the source, target and port of `of`, if it is nothing
 * that the rows tell themselves, which have no joins. */
void compare_add_found(struct compare *c, const struct sample *of,
		       const char *id, const char *segment, const char *text);

/* Of a SYN/ACK, what its options say: `block` as they are in TCP. */
struct compare_answer compare_answer_of(struct compare *c, const uint8_t *block,
					size_t length);

#endif
