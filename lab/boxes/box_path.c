/* SPDX-License-Identifier: GPL-3.0-or-later
 * What paths do without meaning it: loss, reordering, duplicates, delay. The
 * value is percent of the packets, or milliseconds.
 */
#include "lab/boxes/box.h"

#define REORDER_US 3000

enum fate lose(struct box *b, struct passing *p)
{
	return b->edits[p->way] && box_chance(b, b->value) ? DROP : PASS;
}

enum fate reorder(struct box *b, struct passing *p)
{
	b->hold_us = REORDER_US;
	return b->edits[p->way] && box_chance(b, b->value) ? HOLD : PASS;
}

enum fate duplicate(struct box *b, struct passing *p)
{
	if (b->edits[p->way] && box_chance(b, b->value))
		passing_send_copy(b, p);
	return PASS;
}

enum fate delay(struct box *b, struct passing *p)
{
	b->hold_us = b->value * 1000;
	return b->edits[p->way] ? HOLD : PASS;
}
