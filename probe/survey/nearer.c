// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/nearer.h"

#include <string.h>

#include "report/findings.h"
#include "report/report.h"

#define WRONG_MOST 3 /* sweeps that found nothing, more than those that did */

/* The target's own answer: no SYN was swept, so nothing else tells where it
 * is. */
static const struct responder *own_answer(const struct report *r)
{
	for (size_t i = 0; i < r->path_length; i++)
		if (r->path[i].is_target && r->path[i].responder_count)
			return &r->path[i].responders[0];
	return NULL;
}

static bool is_of_server(const struct report_connection *c)
{
	return c->syn_ack &&
	       (c->purpose == PURPOSE_TCP || c->purpose == PURPOSE_MP_CAPABLE);
}

enum nearer nearer_of(const struct report *r)
{
	const struct responder *own = own_answer(r);
	enum nearer said = NEARER_UNKNOWN;
	unsigned hops;

	if (!own)
		return NEARER_UNKNOWN;
	hops = own->initial_ttl - own->reply_ttl;
	for (size_t i = 0; i < r->connection_count; i++) {
		const struct report_connection *c = &r->connections[i];

		if (!is_of_server(c))
			continue;
		if (c->syn_ack->hops < hops)
			return NEARER_FEWER;
		if (c->syn_ack->hops > hops)
			said = NEARER_MORE;
		else if (said == NEARER_UNKNOWN)
			said = NEARER_ALIKE;
	}
	return said;
}

bool nearer_is_worth(const struct nearer_score *s)
{
	return s->wrong <= s->right + WRONG_MOST;
}

void nearer_learn(struct nearer_score *s, const struct report *r)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (!strcmp(r->findings[i].kind->id, "tcp.terminated")) {
			s->right++;
			return;
		}
	s->wrong++;
}
