/* SPDX-License-Identifier: GPL-3.0-or-later
 * What one vantage point shows of a target, and in which place, for what is
 * said of all of them.
 */
#ifndef REPORT_SURVEY_SHOWN_H
#define REPORT_SURVEY_SHOWN_H

#include "report/survey/contrast.h"

unsigned vantage_bit(size_t vantage);

/* Whether classes tell of it, too. "" is what they tell alone. */
bool shown_is_of_capable(const char *id);

/* What its probe found of this id; NULL: nothing. */
const struct contrast_finding *shown_finding(const struct contrast_target *t,
					     size_t vantage, const char *id);

/* Whether it shows it, by its probe or, without findings, by its class alone;
 * and whether it shows that nothing of it is there. */
bool shown_by(const struct contrast_target *t, size_t vantage, const char *id);
bool shown_clear(const struct contrast_target *t, size_t vantage,
		 const char *id);

bool shown_is_known(const struct contrast_place *p);
bool shown_same_address(const struct address *a, const struct address *b);

/* A device is at the last hop before a change, or at the first behind it, or
 * between: what has one of them in common is taken for one. */
bool shown_same_place(const struct contrast_place *a,
		      const struct contrast_place *b);

/* Whether the path to it was seen to go by that place. */
bool shown_goes_by(const struct contrast_target *t, size_t vantage,
		   const struct contrast_place *place);

/* Whether it shows what it does, of which its hops tell no place, behind that
 * one, which it goes by, or on its way back: nothing is changed at its last
 * hop. */
bool shown_is_beyond(const struct contrast_target *t, size_t vantage,
		     const char *id, const struct contrast_place *place);

/* In words; "": it is not known. */
const char *shown_where(const struct contrast *c, struct arena *a,
			const struct contrast_place *p);

#endif
