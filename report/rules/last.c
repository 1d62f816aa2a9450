/* SPDX-License-Identifier: GPL-3.0-or-later
 * What another server decides.
 */
#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/rules/rules.h"

/* The reference server is known to speak MPTCP: that it does here as well
 * acquits what both paths have in common; that it does not shows that they
 * remove the option. */
static enum why removed_by_reference(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	if (j->reference == REFERENCE_NONE)
		return WHY_ABSENT;
	if (j->reference != REFERENCE_PLAIN || path_acquitted(j))
		return WHY_CONTRARY;
	return plain_stopped(j) ? WHY_CONTROL : WHY_SAID;
}

static void say_reference(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	(void)s;
	finding_evidence(j, f, 0, NULL, NULL,
			 "SYN/ACKs come without MP_CAPABLE, from the server "
			 "and from the reference");
	f->text = arena_printf(j->arena,
			       "MP_CAPABLE is removed where no hop shows it: a "
			       "reference server that is known to speak MPTCP "
			       "(%s) answers as if it did not, either.",
			       j->reference_name);
}

/* No hop shows it, and the server speaks MPTCP: with another uplink, unless a
 * balancer has that one talk to another. */
static enum why removed_by_uplink(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_UNKNOWN;
	s->confidence = CONFIDENCE_LIKELY;
	if (!j->works_from)
		return WHY_ABSENT;
	if (!server_answers_plainly(j) || path_acquitted(j))
		return WHY_CONTRARY;
	return plain_stopped(j) ? WHY_CONTROL : WHY_SAID;
}

static void say_uplink(struct judgement *j, struct finding *f,
		       const struct said *s)
{
	(void)s;
	f->or_server = true;
	finding_evidence(j, f, 0, NULL, NULL,
			 "SYN/ACKs come without MP_CAPABLE here, and with it "
			 "from %s",
			 j->works_from);
	f->text = arena_printf(j->arena,
			       "MP_CAPABLE is removed where no hop shows it, "
			       "or another server answers here: the same "
			       "address and port speak MPTCP with %s.",
			       j->works_from);
}

const struct rule last_rules[] = {
	{"mp_capable.removed", "uplink", PHASE_LAST, SEGMENT_SYN,
	 removed_by_uplink, .say = say_uplink},
	{"mp_capable.removed", "reference", PHASE_LAST, SEGMENT_SYN,
	 removed_by_reference, .say = say_reference},
	{0},
};
