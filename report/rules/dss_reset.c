/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that is answered by a RST.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/dss.h"
#include "report/rules/rules.h"

static bool plain_data_reset(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool plain_data_acked(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && f->established && !flow_reset(f) &&
	       flow_tcp_acked(f) > 0;
}

static enum why reset(const struct judgement *j, struct said *s)
{
	static const struct class c = {
		PURPOSE_MP_CAPABLE, -1, SEGMENT_DATA, NULL, 0, ALL_OF_KIND};

	s->have = ask_witnesses(j, dss_was_reset, &s->flow);
	s->need = DATA_RESETS_MIN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (ask_witnesses(j, plain_data_reset, NULL) ||
	    !ask_witnesses(j, plain_data_acked, NULL))
		return WHY_CONTROL;
	said_between(j, s, ask_silence(j, &c));
	if (s->direction ==
	    DIRECTION_UNKNOWN) /* or what is answered draws it */
		s->after = s->at = (struct place){0};
	return WHY_SAID;
}

static void say_reset(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	reset_evidence(j, f, s->flow);
	f->or_server = !f->at.known;
	f->text = arena_printf(j->arena,
			       "Segments with MPTCP options after the "
			       "handshake trigger a RST %s; the same data "
			       "without them does not.",
			       f->at.known ? place_phrase(j, f->after, f->at)
					   : "of the server, or of a device");
}

const struct rule dss_reset_rules[] = {
	{"dss.reset", "rst", PHASE_DATA, SEGMENT_DATA, reset, say_reset,
	 .gates = NOT_WORKING},
	{0},
};
