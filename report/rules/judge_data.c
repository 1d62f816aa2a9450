/* SPDX-License-Identifier: GPL-3.0-or-later
 * What becomes of data on the way: resets, acknowledgments and losses that
 * are not the server's doing.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

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

/* Whether the last that the server sent was MPTCP, and without complaint. */
static bool still_speaks(const struct flow *f)
{
	for (size_t i = f->received_count; i-- > 0;) {
		const struct kept *k = f->received[i];

		if (k->packet.tcp.flags & (TCP_FLAG_RST | TCP_FLAG_SYN))
			continue;
		return tcp_options_mptcp(&k->options, MP_DSS) &&
		       !tcp_options_mptcp(&k->options, MP_FAIL);
	}
	return false;
}

/* Bytes that TCP acknowledged, or the data level. */
static uint32_t acked_by_tcp(const struct flow *f)
{
	int32_t bytes = seq_diff(f->server_acked, f->client_isn + 1);

	return bytes > 0 ? (uint32_t)bytes : 0;
}

static uint64_t acked_by_mptcp(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;

	return m->has_data_ack ? m->data_ack - m->client_idsn - 1 : 0;
}

bool flow_fell_behind(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;

	return flow_is(f, PURPOSE_MP_CAPABLE) && m->third_ack && m->mapped &&
	       f->established && acked_by_tcp(f) > acked_by_mptcp(f) &&
	       !m->data_fin && !still_speaks(f) && !flow_sent_unmapped(f);
}

bool flow_stalls(const struct flow *f)
{
	const struct mptcp_facts *m = &f->mptcp;

	return flow_is(f, PURPOSE_MP_CAPABLE) && m->third_ack && m->mapped &&
	       f->established && acked_by_tcp(f) > acked_by_mptcp(f) &&
	       still_speaks(f) && !flow_sent_unmapped(f);
}

/* ---- payload ------------------------------------------------------------ */

/* Captured where it was sent: nothing on the path can have changed it. */
bool as_sent(const struct kept *k)
{
	return k && initial_ttl(k->packet.ip.ttl) == k->packet.ip.ttl;
}

static void judge_payload_return(struct judgement *j)
{
	const struct flow *flow = NULL;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count && !flow; i++)
		if (j->flows[i]->mptcp.checksums_bad &&
		    (j->controlled || !as_sent(flow_syn_ack(j->flows[i]))) &&
		    j->flows[i]->mptcp.server_dsn == KNOWN_YES)
			flow = j->flows[i];
	if (!flow)
		return;
	f = finding_add(j, "payload.modified", DIRECTION_RETURN, SEGMENT_DATA);
	if (flow->mptcp.checksums_bad < BAD_CHECKSUMS_MIN)
		f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow->mptcp.checksum_frame, NULL, NULL,
			 "the DSS checksum of the server's data is wrong, "
			 "while its DSN fits its key");
	f->text = "The payload of the server's data is modified on the return "
		  "path: its DSS checksum is wrong.";
}

/* What the hops do not show happens behind the last of them. Twice (once, if
 * it is not mpprobe that asked) the server complains of our checksum (MP_FAIL),
 * or falls back with checksums while it does not without. */
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
	const struct flow *flow = NULL;
	struct finding *f;

	if (count_complaints(j, &flow) < (j->controlled ? COMPLAINTS_MIN : 1))
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
	f->text = "Payload is modified on the path: the server finds our DSS "
		  "checksums wrong, but no hop shows the change.";
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
			     "data with TTL %u, too small to reach the target, "
			     "triggers a RST (TTL on arrival %u)",
			     at, flow_reset(first)->packet.ip.ttl));
	f->text = arena_printf(j->arena,
			       "Data triggers a RST that is not the target's "
			       "%s.",
			       place_phrase(j, f->after, f->at));
}

/* ---- acknowledgments that are not the target's -------------------------- */

/* This segment, or a copy of it with the same TTL. */
static bool expired(const struct flow *f, const struct kept *k)
{
	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *quoted = f->sent[f->quotes[i].sent];

		if (f->quotes[i].time_exceeded && quoted->kind == k->kind &&
		    quoted->packet.ip.ttl == k->packet.ip.ttl &&
		    quoted->packet.tcp.sequence == k->packet.tcp.sequence)
			return true;
	}
	return false;
}

static bool has_payload(const struct kept *k)
{
	return k->packet.tcp.payload_length > 0 &&
	       !(k->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST));
}

/* Whether a copy of these bytes went out before with a TTL that suffices. */
static bool sent_to_arrive(const struct judgement *j, const struct flow *f,
			   uint32_t end, int64_t before_us)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		const struct tcp_view *tcp = &k->packet.tcp;

		if (k->time_us <= before_us && has_payload(k) &&
		    !falls_short(j, k->packet.ip.ttl) &&
		    seq_diff(tcp->sequence + (uint32_t)tcp->payload_length,
			     end) >= 0)
			return true;
	}
	return false;
}

/* The acknowledgment of this segment, of whose bytes none could arrive. */
static const struct kept *early_ack(const struct judgement *j,
				    const struct flow *f, const struct kept *k)
{
	const struct tcp_view *tcp = &k->packet.tcp;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if (r->time_us < k->time_us ||
		    (r->packet.tcp.flags & (TCP_FLAG_RST | TCP_FLAG_SYN)) ||
		    seq_diff(r->packet.tcp.acknowledgment, end) < 0)
			continue;
		return sent_to_arrive(j, f, end, r->time_us) ? NULL : r;
	}
	return NULL;
}

/* What one flow tells of data with a low TTL. */
struct witness {
	const struct flow *flow;
	unsigned ttl;		  /* of the data */
	const struct kept *reply; /* what convicts, or NULL */
};

typedef const struct kept *convict_fn(const struct judgement *j,
				      const struct flow *f,
				      const struct kept *k);

static struct witness witness_of(const struct judgement *j,
				 const struct flow *f, convict_fn *convicts)
{
	struct witness w = {.flow = f};

	for (size_t i = 0; i < f->sent_count && !w.reply; i++) {
		const struct kept *k = f->sent[i];

		if (!has_payload(k) || !falls_short(j, k->packet.ip.ttl) ||
		    !expired(f, k) ||
		    sent_to_arrive(
			    j, f,
			    k->packet.tcp.sequence +
				    (uint32_t)k->packet.tcp.payload_length,
			    k->time_us))
			continue;
		w.ttl = k->packet.ip.ttl;
		w.reply = convicts(j, f, k);
	}
	return w;
}

/* Adds a finding if `needed` flows convict; it is placed by the smallest TTL
 * that does, and the largest below that does not. */
static struct finding *convict_by_ttl(struct judgement *j, const char *id,
				      convict_fn *convicts, unsigned needed)
{
	struct witness first = {0};
	unsigned count = 0, after = 0;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count; i++) {
		struct witness w = witness_of(j, j->flows[i], convicts);

		if (!w.reply)
			continue;
		count++;
		if (!first.flow || w.ttl < first.ttl)
			first = w;
	}
	if (count < needed)
		return NULL;
	for (size_t i = 0; i < j->flow_count; i++) {
		struct witness w = witness_of(j, j->flows[i], convicts);

		if (!w.reply && w.ttl < first.ttl && w.ttl > after)
			after = w.ttl;
	}
	f = finding_find(j, id); /* reply TTLs have said so */
	if (!f)
		f = finding_add(j, id, DIRECTION_FORWARD, SEGMENT_DATA);
	f->direction = DIRECTION_FORWARD;
	f->effect = f->kind->effect;
	f->confidence = CONFIDENCE_PROVEN;
	f->after = place_at(j, after);
	f->at = place_at(j, first.ttl);
	finding_connection(j, f, first.flow->id);
	finding_evidence(j, f, first.reply->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "data with TTL %u expired on the path",
				      first.ttl));
	return f;
}

/* ---- retransmissions with other bytes ----------------------------------- */

static bool same_payload(const struct kept *a, const struct kept *b)
{
	const struct tcp_view *x = &a->packet.tcp, *y = &b->packet.tcp;

	return x->payload_length == y->payload_length &&
	       x->payload_available == y->payload_available &&
	       memcmp(x->payload, y->payload, x->payload_available) == 0;
}

/* Other bytes in the place of these, time and again, in vain; then the same
 * bytes, and they are acknowledged. */
static const struct kept *dropped_change(const struct judgement *j,
					 const struct flow *f,
					 const struct kept *first)
{
	unsigned vain = 0;
	const struct kept *same = NULL;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->time_us <= first->time_us || !has_payload(k) ||
		    falls_short(j, k->packet.ip.ttl) ||
		    k->packet.tcp.sequence != first->packet.tcp.sequence)
			continue;
		if (!same_payload(k, first))
			vain += same == NULL;
		else if (!same)
			same = k;
	}
	if (vain < VAIN_MIN || !same)
		return NULL;
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if (seq_diff(r->packet.tcp.acknowledgment,
			     first->packet.tcp.sequence) > 0)
			return r->time_us >= same->time_us ? r : NULL;
	}
	return NULL;
}

/* ---- gaps --------------------------------------------------------------- */

/* A segment behind a gap that drew no answer, however often it was sent; what
 * fills the gap did at once. */
static bool hole_blocked(const struct flow *f)
{
	uint32_t next = f->client_isn + 1;
	const struct kept *behind = NULL, *fill = NULL;
	unsigned vain = 0;

	for (size_t i = 0; i < f->sent_count && !fill; i++) {
		const struct kept *k = f->sent[i];
		int32_t gap = seq_diff(k->packet.tcp.sequence, next);

		if (!has_payload(k) || k->packet.ip.ttl <= SWEEP_TTL_MAX)
			continue;
		if (gap > 0) {
			behind = behind ? behind : k;
			vain++;
		} else if (gap == 0) {
			fill = behind ? k : NULL;
			next += (uint32_t)k->packet.tcp.payload_length;
		}
	}
	if (!fill || vain < VAIN_MIN ||
	    seq_diff(f->server_acked, fill->packet.tcp.sequence) <= 0)
		return false;
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->time_us > behind->time_us &&
		    f->received[i]->time_us < fill->time_us)
			return false;
	return true;
}

/* ---- segments merged ---------------------------------------------------- */

/* Whether the data that was not acknowledged at data level begins with a
 * segment that another follows or leads at once, before any answer. */
static bool broke_at_pair(const struct flow *f)
{
	uint32_t from = f->client_isn + 1 + (uint32_t)acked_by_mptcp(f);
	const struct kept *last = NULL;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool answered = false;

		if (!has_payload(k) || k->packet.ip.ttl <= SWEEP_TTL_MAX)
			continue;
		for (size_t r = 0; last && r < f->received_count; r++)
			answered |= f->received[r]->time_us >= last->time_us &&
				    f->received[r]->time_us <= k->time_us;
		if (last && !answered &&
		    k->packet.tcp.sequence ==
			    last->packet.tcp.sequence +
				    (uint32_t)last->packet.tcp.payload_length &&
		    (k->packet.tcp.sequence == from ||
		     last->packet.tcp.sequence == from))
			return true;
		last = k;
	}
	return false;
}

static unsigned count_flows(const struct judgement *j,
			    bool (*fits)(const struct flow *),
			    const struct flow **example)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++)
		if (fits(j->flows[i])) {
			*example = j->flows[i];
			count++;
		}
	return count;
}

static bool broken_pair(const struct flow *f)
{
	return flow_data_acked(f) && flow_fell_behind(f) && broke_at_pair(f);
}

/* Not at its first segment or two, one at a time. */
static bool broke_late(const struct flow *f)
{
	uint32_t from = f->client_isn + 1 + (uint32_t)acked_by_mptcp(f);
	unsigned unacked = 0;

	if (!flow_data_acked(f) || !flow_fell_behind(f) || broke_at_pair(f))
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!has_payload(k) || k->packet.ip.ttl <= SWEEP_TTL_MAX ||
		    seq_diff(k->packet.tcp.sequence, from) < 0)
			continue;
		unacked++;
		from = k->packet.tcp.sequence +
		       (uint32_t)k->packet.tcp.payload_length;
	}
	return unacked >= LATE_SEGMENTS_MIN;
}

static void add_flow_finding(struct judgement *j, const char *id,
			     const struct flow *flow, const char *evidence,
			     const char *text)
{
	struct finding *f = finding_add(j, id, DIRECTION_UNKNOWN, SEGMENT_DATA);

	finding_connection(j, f, flow->id);
	finding_evidence(j, f, 0, NULL, NULL, evidence);
	f->text = text;
}

static void judge_late(struct judgement *j)
{
	const struct flow *flow;

	if (!j->working || finding_find(j, "dss.removed") ||
	    finding_find(j, "payload.modified") ||
	    finding_find(j, "data.rewritten") ||
	    !count_flows(j, broke_late, &flow))
		return;
	add_flow_finding(j, "dss.removed", flow,
			 "data is acknowledged at the MPTCP level (DATA_ACK) "
			 "at first, then by TCP only",
			 "DSS is removed late in a connection, in one "
			 "direction or the other: it falls back to TCP after "
			 "it was MPTCP.");
	finding_find(j, "dss.removed")->confidence = CONFIDENCE_LIKELY;
}

/* What the checks of --all show. */
void judge_data(struct judgement *j)
{
	const struct flow *flow;
	struct finding *f;

	f = convict_by_ttl(j, "data.acked_early", early_ack, 1);
	if (f)
		f->text = arena_printf(
			j->arena,
			"Data is acknowledged in place of the server "
			"%s.",
			place_phrase(j, f->after, f->at));
	f = convict_by_ttl(j, "data.retransmission_dropped", dropped_change,
			   VAIN_WITNESSES_MIN);
	if (f)
		f->text = arena_printf(
			j->arena,
			"Retransmissions with other bytes are dropped %s.",
			place_phrase(j, f->after, f->at));
	if (count_flows(j, hole_blocked, &flow) >= VAIN_WITNESSES_MIN)
		add_flow_finding(j, "data.hole_blocked", flow,
				 "a segment after a gap gets no answer, "
				 "however often it is sent; once the gap is "
				 "filled the answer comes at once",
				 "Data after a gap is held back on the path.");
	judge_late(j);
	if (!finding_find(j, "dss.removed") &&
	    count_flows(j, broken_pair, &flow) >= PAIR_WITNESSES_MIN)
		add_flow_finding(
			j, "data.coalesced", flow,
			"two segments sent back to back break the connection, "
			"segments sent one by one do not",
			"Adjacent segments are merged on the path, and "
			"one of their mappings is lost.");
}
