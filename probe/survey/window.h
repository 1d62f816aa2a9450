/* SPDX-License-Identifier: GPL-3.0-or-later
 * The targets whose answers may still come, in the order in which they were
 * asked: what was sent lately, and no more.
 */
#ifndef PROBE_SURVEY_WINDOW_H
#define PROBE_SURVEY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/survey/targets.h"
#include "report/survey/class.h"

/* What all of them are looked at for stands first, in as many bytes as are
 * fetched at once. */
struct open_target {
	struct survey_target target;
	uint64_t chained; /* of the window: the next in its bucket */
	int64_t asked_us; /* monotonic */
	struct survey_seen seen;
	uint8_t asked, again; /* 1 << enum syn_kind: sent; sent again */
	uint16_t copies, unfit;
	int64_t sent_us;	  /* since 1970 */
	char *answers[SYN_KINDS]; /* owned; NULL: none yet */
};

struct window;

struct window *window_new(void);
void window_free(struct window *w); /* NULL is fine */

/* Adds one at the end, which only has a target; it stays where it is until the
 * next is added. */
struct open_target *window_add(struct window *w, const struct survey_target *t);

/* The latest with this address and port, or NULL. */
struct open_target *window_find(struct window *w, const struct address *a,
				uint16_t port);

/* Those that are open have the places from `first` to before `next`, which only
 * grow. */
uint64_t window_first(const struct window *w);
uint64_t window_next(const struct window *w);
struct open_target *window_at(struct window *w, uint64_t place);

/* Forgets the oldest, of which there must be one. */
void window_close_first(struct window *w);

#endif
