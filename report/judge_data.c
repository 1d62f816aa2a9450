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

/* Data without a mapping makes an MPTCP connection a plain one. */
bool flow_sent_unmapped(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->kind == SEGMENT_DATA &&
		    !tcp_options_mptcp(&k->options, MP_DSS) &&
		    !tcp_options_mptcp(&k->options, MP_CAPABLE))
			return true;
	}
	return false;
}

bool flow_fell_behind(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;
	uint32_t by_tcp = f->server_acked - f->client_isn - 1;
	uint64_t by_mptcp =
		m->has_data_ack ? m->data_ack - m->client_idsn - 1 : 0;

	return flow_is(f, PURPOSE_MP_CAPABLE) && m->third_ack && m->mapped &&
	       f->established && seq_diff(by_tcp, 0) > 0 && by_tcp > by_mptcp &&
	       !m->data_fin && !flow_sent_unmapped(f);
}

/* ---- payload ------------------------------------------------------------ */

static void judge_payload_return(struct judgement *j)
{
	const struct flow *flow = NULL;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count && !flow; i++)
		if (j->flows[i]->mptcp.checksums_bad &&
		    j->flows[i]->mptcp.server_dsn == KNOWN_YES)
			flow = j->flows[i];
	if (!flow)
		return;
	f = finding_add(j, "payload.modified", DIRECTION_RETURN, SEGMENT_DATA);
	if (flow->mptcp.checksums_bad < 2)
		f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow->mptcp.checksum_frame, NULL, NULL,
			 "the DSS checksum of the server's data is wrong, "
			 "while its DSN fits its key");
	f->text = "The payload of the server's data is changed on the way "
		  "back: its DSS checksum does not fit.";
}

/* What the hops do not show happens behind the last of them. Twice the server
 * complains of our checksum (MP_FAIL), or falls back with checksums while it
 * does not without. */
#define COMPLAINTS_MIN 2

static unsigned count_complaints(const struct judgement *j,
				 const struct flow **example)
{
	bool contrast = j->working && !j->working->mptcp.checksum;
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct mptcp_facts *m = &f->mptcp;

		if (!flow_is(f, PURPOSE_MP_CAPABLE) || !m->checksum ||
		    !m->mapped)
			continue;
		if (flow_proves_mptcp(f) && !m->mp_fail)
			return 0;
		if (!m->unjust_fail_frame && !(contrast && flow_fell_behind(f)))
			continue;
		count++;
		*example = f;
	}
	return count;
}

static void judge_payload_forward(struct judgement *j)
{
	const struct flow *flow;
	struct finding *f;

	if (count_complaints(j, &flow) < COMPLAINTS_MIN)
		return;
	f = finding_add(j, "payload.modified", DIRECTION_FORWARD, SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow->mptcp.unjust_fail_frame, NULL, NULL,
			 flow->mptcp.unjust_fail_frame
				 ? "the server finds our DSS checksum wrong "
				   "(MP_FAIL), which was right when it was sent"
				 : "every connection with DSS checksums falls "
				   "back to TCP at its first data, while one "
				   "without them works");
	f->text = "The payload of data is changed on the way: the server finds "
		  "our DSS checksums wrong, but no hop shows the change.";
}

void judge_payload(struct judgement *j)
{
	if (finding_find(j, "payload.modified") ||
	    finding_find(j, "data.rewritten"))
		return;
	judge_payload_return(j);
	if (!finding_find(j, "payload.modified"))
		judge_payload_forward(j);
}

/* Changed data, and no MPTCP connection that survived it: then it blocks. */
void judge_effects(struct judgement *j)
{
	if (j->working || !j->negotiated)
		return;
	for (size_t i = 0; i < j->r->finding_count; i++) {
		struct finding *f = &j->r->findings[i];

		if (strcmp(f->kind->id, "payload.modified") == 0 ||
		    strcmp(f->kind->id, "data.rewritten") == 0)
			f->effect = EFFECT_BLOCKS;
	}
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
