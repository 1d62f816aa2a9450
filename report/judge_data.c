/* SPDX-License-Identifier: GPL-3.0-or-later
 * What becomes of data on the way: resets, acknowledgments and losses that
 * are not the server's doing.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/judgement.h"

/* The TTL of all data of a flow: 0 if none was sent, or with several. */
static unsigned data_ttl(const struct flow *f)
{
	unsigned ttl = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->packet.tcp.payload_length == 0)
			continue;
		if (ttl && k->packet.ip.ttl != ttl)
			return 0;
		ttl = k->packet.ip.ttl;
	}
	return ttl;
}

/* ---- resets that data draws --------------------------------------------- */

/* Data with this TTL cannot have drawn an answer from the target. */
static bool falls_short(const struct judgement *j, unsigned ttl)
{
	unsigned reach = j->plain_reach;

	if (j->capable_reach && j->capable_reach < reach)
		reach = j->capable_reach;
	return ttl && ttl < reach;
}

static bool data_drew_reset(const struct judgement *j, const struct flow *f)
{
	return f->established && falls_short(j, data_ttl(f)) && flow_reset(f);
}

/* The largest TTL below `at` with which data drew no RST: the control that a
 * server which resets whatever is opened would not pass. */
static unsigned quiet_ttl(const struct judgement *j, unsigned at)
{
	unsigned after = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned ttl = data_ttl(f);

		if (f->established && !flow_reset(f) && ttl < at && ttl > after)
			after = ttl;
	}
	return after;
}

/* Data that cannot reach the target, and yet draws a RST. */
void judge_reset_injected(struct judgement *j)
{
	const struct flow *first = NULL;
	struct finding *f;
	unsigned at = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned ttl = data_ttl(j->flows[i]);

		if (!data_drew_reset(j, j->flows[i]) || (at && ttl >= at))
			continue;
		at = ttl;
		first = j->flows[i];
	}
	if (!first || !quiet_ttl(j, at))
		return;
	f = finding_add(j, "tcp.reset_injected", DIRECTION_FORWARD,
			SEGMENT_DATA);
	f->after = place_at(j, quiet_ttl(j, at));
	f->at = place_at(j, at);
	finding_connection(j, f, first->id);
	finding_evidence(
		j, f, flow_reset(first)->frame, NULL, NULL,
		arena_printf(j->arena,
			     "data with TTL %u, which cannot reach the target, "
			     "draws a RST (TTL on arrival %u)",
			     at, flow_reset(first)->packet.ip.ttl));
	f->text = arena_printf(j->arena,
			       "Data draws a RST that is not the target's %s.",
			       place_phrase(j, f->after, f->at));
}
