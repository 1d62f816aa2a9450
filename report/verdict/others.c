/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where MPTCP works on one connection: others that fared otherwise, too few for
 * a finding. Then it is only likely that nothing interferes.
 */
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/evidence/rests.h"
#include "report/evidence/sends.h"
#include "report/verdict/verdict.h"

/* ---- no answer ----------------------------------------------------------- */

/* Connections with MPTCP that were not answered at all, though that may have
 * been chance. */
static unsigned connections_in_vain(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned syns = 0;

		if ((!flow_is(f, PURPOSE_MP_CAPABLE) &&
		     !flow_is(f, PURPOSE_MP_JOIN)) ||
		    flow_syn_ack(f) || flow_reset(f))
			continue;
		for (size_t k = 0; k < f->sent_count; k++)
			syns += kept_is_syn(f->sent[k]) &&
				as_sent(f->sent[k]) && had_time(j, f->sent[k]);
		count += syns >= VAIN_SYNS_MIN;
	}
	return count;
}

/* Connections with the MPTCP that works on others, answered by a RST, though
 * plain ones were not: too few to be a finding, or only on some ports. */
static unsigned connections_refused(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count && !j->plain.reset; i++)
		count += flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
			 j->flows[i]->mptcp.version ==
				 j->working->mptcp.version &&
			 flow_refused(j->flows[i]);
	return count;
}

static const char *refused_phrase(const struct judgement *j)
{
	unsigned refused = connections_refused(j);

	if (j->plain.reset)
		return " Some connections, however, were answered by a RST, "
		       "also without MPTCP.";
	if (refused < 2)
		return refused ? " One connection with MPTCP, however, was "
				 "answered by a RST."
			       : "";
	return arena_printf(j->arena,
			    " %u connections with MPTCP, however, were "
			    "answered by a RST.",
			    refused);
}

static const char *vain_phrase(const struct judgement *j)
{
	unsigned vain = connections_in_vain(j);

	if (vain < 2)
		return vain ? " One connection with MPTCP, however, was not "
			      "answered."
			    : "";
	return arena_printf(j->arena,
			    " %u connections with MPTCP, however, were not "
			    "answered.",
			    vain);
}

/* More of their first SYNs went unanswered than of plain ones, and by loss
 * alone seldom so: too few for a finding. */
static bool are_late(const struct judgement *j, const struct attempts *a)
{
	return a->late && j->plain.answered >= CONTROLS_MIN &&
	       chance_of_late(j, a) < CHANCE_OF_DOUBT;
}

static struct attempts working_attempts(const struct judgement *j)
{
	return count_attempts(j, PURPOSE_MP_CAPABLE,
			      (int)j->working->mptcp.version);
}

static struct attempts join_attempts(const struct judgement *j)
{
	return count_attempts(j, PURPOSE_MP_JOIN, -1);
}

static const char *late_phrase(const struct judgement *j,
			       const struct attempts *a, const char *option)
{
	if (!are_late(j, a))
		return "";
	return arena_printf(j->arena,
			    " The first SYN with %s, however, was not answered "
			    "on %u of %u connections; without MPTCP, on %u of "
			    "%u.",
			    option, a->late, a->flows, j->plain.late,
			    j->plain.flows);
}

static const char *lates_phrase(const struct judgement *j)
{
	struct attempts capable = working_attempts(j), join = join_attempts(j);

	return arena_printf(j->arena, "%s%s",
			    late_phrase(j, &capable, "MP_CAPABLE"),
			    late_phrase(j, &join, "MP_JOIN"));
}

static bool asks_as_working(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_valid &&
	       f->mptcp.version == j->working->mptcp.version;
}

const char *plain_beside_phrase(const struct judgement *j, const char *however)
{
	unsigned count = plain_beside_working(j);

	return arena_printf(j->arena,
			    "%u of %u connections with MP_CAPABLE%s %s "
			    "answered as plain TCP: by another server behind a "
			    "balancer, or a device removes the option from "
			    "some",
			    count, ask_witnesses(j, asks_as_working, NULL),
			    however, count == 1 ? "was" : "were");
}

static const char *plain_phrase(const struct judgement *j)
{
	return plain_beside_working(j)
		       ? arena_printf(j->arena, " %s.",
				      plain_beside_phrase(j, ", however,"))
		       : "";
}

/* What became of the first that lost MPTCP with its data. */
static const char *plain_or_reset(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (lost_alone(j, j->flows[i]))
			return flow_reset(j->flows[i])
				       ? "a RST came, and none of an MPTCP "
					 "stack"
				       : "it was acknowledged by TCP only";
	return "";
}

static unsigned connections_lost(const struct judgement *j)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++)
		count += lost_alone(j, j->flows[i]);
	return count;
}

static const char *lost_phrase(const struct judgement *j)
{
	unsigned count = connections_lost(j);

	if (!count)
		return "";
	return arena_printf(j->arena,
			    " %u connection%s, however, lost MPTCP with the "
			    "first data: %s.",
			    count, count == 1 ? "" : "s", plain_or_reset(j));
}

/* DATA_ACKs came at first, and then only those of TCP. */
static bool fell_late(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_data_acked(f) && flow_fell_behind(f) && !flow_reset(f);
}

static const char *late_loss_phrase(const struct judgement *j)
{
	unsigned count = ask_witnesses(j, fell_late, NULL);

	if (!count || !j->controlled)
		return "";
	return arena_printf(j->arena,
			    " %u connection%s, however, lost MPTCP behind the "
			    "first data: what followed was acknowledged by TCP "
			    "only.",
			    count, count == 1 ? "" : "s");
}

/* Joins that a RST refused beside one that was taken, and not for a limit of
 * the server's, or as it closes. */
static unsigned joins_refused(const struct judgement *j)
{
	unsigned count = 0;

	if (j->r->ladder[RUNG_JOIN].result != RUNG_PASS || j->plain.reset)
		return 0;
	for (size_t i = 0; i < j->flow_count; i++)
		count += flow_is(j->flows[i], PURPOSE_MP_JOIN) &&
			 flow_refused(j->flows[i]) &&
			 !reset_by_choice(flow_reset(j->flows[i])) &&
			 !closed_before(j, j->flows[i]);
	return count;
}

static bool is_join(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN);
}

static const char *joins_phrase(const struct judgement *j)
{
	unsigned count = joins_refused(j);

	if (!count)
		return "";
	return arena_printf(j->arena,
			    " %u of %u SYNs with MP_JOIN, however, %s answered "
			    "by a RST.",
			    count, ask_witnesses(j, is_join, NULL),
			    count == 1 ? "was" : "were");
}

/* If those that idled longer alone, it is a finding. */
static const char *silenced_phrase(const struct judgement *j)
{
	const struct idling all = idling_read(j);

	if (all.forgotten < IDLE_WITNESSES_MIN)
		return "";
	return arena_printf(
		j->arena,
		" %u of %u connections without MPTCP, however, were "
		"not answered any more after a time.",
		all.forgotten, (unsigned)all.count);
}

/* ---- all of them --------------------------------------------------------- */

const char *others_phrase(const struct judgement *j)
{
	return arena_printf(j->arena, "%s%s%s%s%s%s%s%s%s", vain_phrase(j),
			    refused_phrase(j), lates_phrase(j), plain_phrase(j),
			    lost_phrase(j), late_loss_phrase(j),
			    joins_phrase(j), silenced_phrase(j),
			    sends_phrase(j));
}

const char *others_advice(const struct judgement *j)
{
	return connections_refused(j)
		       ? "A device that some connections meet (load balancing) "
			 "may refuse them: probe again."
		       : "Loss may be the reason, or one of several paths "
			 "(load balancing): probe again.";
}
