/* SPDX-License-Identifier: GPL-3.0-or-later
 * Rows on SYNs with an option that are dropped or reset on one of several ways,
 * or now and then; of: the class of these SYNs.
 */
#ifndef REPORT_RULES_WAYS_H
#define REPORT_RULES_WAYS_H

#include "report/rules/rules.h"

enum why dropped_on_a_way(const struct judgement *j, struct said *s);
void say_dropped_on_a_way(struct judgement *j, struct finding *f,
			  const struct said *s);

/* What became of the SYNs that the row is about: kept in s->facts, where the
 * functions below look for it. */
const struct attempts *keep_attempts(const struct judgement *j, struct said *s);

enum why reset_on_a_way(const struct judgement *j, struct said *s);
void say_reset_on_a_way(struct judgement *j, struct finding *f,
			const struct said *s);

/* When the first went out that was reset, if that was behind all that were
 * answered; else 0. */
int64_t reset_behind_us(const struct judgement *j, const struct class *c);

/* Where the RST of such a SYN comes from: by the quotes of copies of it. Sets
 * s->flow, and "likely" unless a hop before the target is silent for them. */
void place_reset_way(const struct judgement *j, struct said *s,
		     const struct class *c);

enum why dropped_some(const struct judgement *j, struct said *s);
void say_dropped_some(struct judgement *j, struct finding *f,
		      const struct said *s);

#endif
