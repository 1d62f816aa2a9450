/* SPDX-License-Identifier: GPL-3.0-or-later
 * Data with DSS that is taken as TCP only, not answered, or by a RST; the
 * server's that comes without it, or not at all.
 */
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

static bool is_mapped(const struct kept *k)
{
	return tcp_options_mptcp(&k->options, MP_DSS) ||
	       tcp_options_mptcp(&k->options, MP_CAPABLE);
}

static bool is_full_data(const struct kept *k)
{
	return k->kind == SEGMENT_DATA && k->packet.ip.ttl > SWEEP_TTL_MAX;
}

/* How often bytes went out with a mapping, and in vain, that were acknowledged
 * when they came without it; 0: there are none such. */
static unsigned dss_in_vain(const struct flow *f)
{
	unsigned most = 0;

	if (!f->mptcp.syn_ack || !f->established || f->join.parent >= 0)
		return 0;
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *plain = f->sent[i];
		uint32_t sequence = plain->packet.tcp.sequence;
		unsigned lost = 0;

		if (!is_full_data(plain) || is_mapped(plain) ||
		    seq_diff(f->server_acked, sequence) <= 0)
			continue;
		for (size_t k = 0; k < i; k++)
			lost += is_full_data(f->sent[k]) &&
				is_mapped(f->sent[k]) &&
				f->sent[k]->packet.tcp.sequence == sequence;
		if (lost > most)
			most = lost;
	}
	return most;
}

/* Data with a valid mapping that the server took as TCP only. */
static bool lost_mapping(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.third_ack &&
	       f->mptcp.mapped && f->established && !f->mptcp.server_dss &&
	       !f->mptcp.mp_fail && dss_in_vain(f) == 0 &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0 &&
	       f->join.parent < 0;
}

static bool lost_without_checksum(const struct flow *f)
{
	return lost_mapping(f) && !f->mptcp.checksum;
}

/* A RST in answer to MPTCP data that the server's stack would mark with
 * MP_TCPRST. */
static bool was_reset(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && k &&
	       !tcp_options_mptcp(&k->options, MP_TCPRST) &&
	       !tcp_options_mptcp(&k->options, MP_FASTCLOSE) &&
	       !f->mptcp.has_data_ack && !f->mptcp.server_dss;
}

static void judge_dss_removed(struct judgement *j)
{
	const struct flow *flow = flow_first(j, lost_mapping);
	bool intact = intact_to_last_hop(j, SEGMENT_DATA, -1) &&
		      intact_to_last_hop(j, SEGMENT_ACK, -1);
	struct finding *f;

	if (!flow || j->working || finding_blocks(j) ||
	    finding_find(j, "payload.modified") ||
	    finding_find(j, "data.rewritten"))
		return;
	if (was_reset(flow) && finding_find(j, "data.acked_early"))
		return; /* by whom, that acknowledgment does not tell */
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_data_acked(j->flows[i]))
			return;
	f = finding_add(j, "dss.removed",
			intact ? DIRECTION_RETURN : DIRECTION_UNKNOWN,
			SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, 0, NULL, NULL,
			 "the data was acknowledged by TCP, but no segment of "
			 "the server carries a DSS");
	f->text =
		intact ? "DSS is removed from data by the last hop, beyond it, "
			 "or on the return path: what we sent arrives there "
			 "intact, yet no DATA_ACK comes."
		: flow_first(j, lost_without_checksum)
			? "MPTCP falls back to TCP after the handshake: DSS is "
			  "removed from data, in one direction or the other, "
			  "or the length of the data is changed."
			: "MPTCP falls back to TCP after the handshake: DSS is "
			  "removed from data, in one direction or the other, "
			  "or the data is changed, so that its DSS checksum is "
			  "wrong.";
}

/* After so many bytes that were acknowledged at data level, or nothing. */
static const char *after_bytes(struct judgement *j, const struct flow *f)
{
	if (!flow_data_acked(f))
		return "";
	return arena_printf(
		j->arena, ", after %u bytes,",
		(unsigned)(f->mptcp.data_ack - f->mptcp.client_idsn - 1));
}

/* The first data of this flow that was never acknowledged with its mapping;
 * what is dropped late in a connection was quoted before. */
static int64_t dropped_since(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];
		bool again = false;

		if (!is_full_data(k) || !is_mapped(k))
			continue;
		for (size_t n = i + 1; n < f->sent_count; n++)
			again |= is_full_data(f->sent[n]) &&
				 f->sent[n]->packet.tcp.sequence ==
					 k->packet.tcp.sequence;
		if (again)
			return k->time_us;
	}
	return f->last_us;
}

/* The last hop that quoted a copy with a mapping; `sent`: some went out. */
static unsigned last_copy(const struct judgement *j, const struct flow *f,
			  int64_t since_us, bool *sent)
{
	unsigned last = 0;

	*sent = false;
	for (size_t i = 0; i < f->sent_count; i++)
		*sent |= f->sent[i]->kind == SEGMENT_DATA &&
			 is_mapped(f->sent[i]) && !is_full_data(f->sent[i]) &&
			 f->sent[i]->time_us >= since_us;
	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];

		if (v->flow == f && v->sent->kind == SEGMENT_DATA &&
		    is_mapped(v->sent) && v->sent->time_us >= since_us &&
		    v->ttl > last)
			last = v->ttl;
	}
	return last;
}

static unsigned data_copies(const struct judgement *j, const void *of,
			    unsigned ttl)
{
	const struct flow *f = of;

	(void)j;
	return f->misfits ? 0 : flow_sent_count(f, SEGMENT_DATA, ttl);
}

static void place_dss_drop(struct judgement *j, struct finding *f,
			   const struct flow *flow)
{
	bool sent;
	unsigned after = last_copy(j, flow, dropped_since(flow), &sent), at;

	if (!sent)
		return;
	at = first_silent(j, after, data_copies, flow);
	f->after = place_at(j, after);
	if (at)
		f->at = place_at(j, at);
}

static struct finding *add_dropped(struct judgement *j, const struct flow *flow)
{
	struct finding *f =
		finding_add(j, "dss.dropped", DIRECTION_UNKNOWN, SEGMENT_DATA);

	place_dss_drop(j, f, flow);
	if (f->at.known && f->at.ttl < j->plain_reach)
		f->direction = DIRECTION_FORWARD;
	finding_connection(j, f, flow->id);
	return f;
}

static void judge_dss_dropped(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	const struct flow *flow = NULL;
	unsigned lost = 0;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned more = dss_in_vain(j->flows[i]);

		lost += more;
		if (more >= MAPPED_LOST_MIN &&
		    (!flow || (flow_swept(j->flows[i], SEGMENT_DATA) &&
			       !flow_swept(flow, SEGMENT_DATA))))
			flow = j->flows[i];
	}
	if (!flow || !beyond_chance(lost, tries_of(&plain), CONTROLS_MIN))
		return;
	f = add_dropped(j, flow);
	finding_evidence(j, f, 0, NULL, NULL,
			 arena_printf(j->arena,
				      "%u segments with a mapping went "
				      "unacknowledged; the same bytes without "
				      "it were acknowledged",
				      lost));
	f->text = arena_printf(j->arena,
			       "Data with DSS is dropped%s %s; the same bytes "
			       "without it pass.",
			       after_bytes(j, flow),
			       place_phrase(j, f->after, f->at));
}

static bool is_negotiated(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack &&
	       f->established && f->mptcp.mapped && f->join.parent < 0;
}

/* Bytes of ours that TCP acknowledged. */
static bool is_acked(const struct flow *f)
{
	return seq_diff(f->server_acked, f->client_isn + 1) > 0;
}

/* How often data went out with a mapping on connections of which none was
 * ever acknowledged a byte, and how many connections; none: 0. */
static unsigned never_acked(const struct judgement *j, unsigned *connections,
			    const struct flow **example)
{
	unsigned lost = 0;

	*connections = 0;
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!is_negotiated(f))
			continue;
		if (is_acked(f) || flow_reset(f))
			return 0;
		*connections += 1;
		*example = f;
		for (size_t k = 0; k < f->sent_count; k++)
			lost += is_full_data(f->sent[k]) &&
				is_mapped(f->sent[k]) &&
				had_time(j, f->sent[k]);
	}
	return lost;
}

/* Plain connections with data: those before `flow` and those after it, which
 * `fits` holds for; 0 if there is one that it does not hold for. */
struct around {
	unsigned before, after;
};

static struct around plain_around(const struct judgement *j,
				  const struct flow *flow,
				  bool (*fits)(const struct flow *))
{
	struct around a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		bool data = false;

		for (size_t k = 0; k < f->sent_count; k++)
			data |= is_full_data(f->sent[k]);
		if (!flow_is(f, PURPOSE_TCP) || !data)
			continue;
		if (!fits(f))
			return (struct around){0};
		a.before += f->first_us <= flow->first_us;
		a.after += f->first_us > flow->first_us;
	}
	return a;
}

/* Nothing that is sent with a mapping is ever acknowledged, nor is it without
 * on the same connections, as the server's ACKs have a DSS then. */
static void judge_dss_unanswered(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	const struct flow *flow = NULL;
	unsigned connections, lost = never_acked(j, &connections, &flow);
	struct around a;
	struct finding *f;

	if (connections < MAPPED_WITNESSES_MIN ||
	    !beyond_chance(lost, tries_of(&plain), CONTROLS_MIN))
		return;
	a = plain_around(j, flow, is_acked);
	if (!a.before || !a.after)
		return;
	f = add_dropped(j, flow);
	if (f->direction != DIRECTION_FORWARD)
		f->after = f->at = (struct place){0};
	finding_evidence(
		j, f, 0, NULL, NULL,
		arena_printf(j->arena,
			     "%u segments with a mapping went unacknowledged "
			     "on %u connections; data on connections without "
			     "MPTCP was acknowledged, before and after",
			     lost, connections));
	f->text =
		f->direction == DIRECTION_FORWARD
			? arena_printf(j->arena,
				       "Data with DSS is dropped %s; without "
				       "MPTCP it passes.",
				       place_phrase(j, f->after, f->at))
			: "Segments with DSS are dropped after the handshake, "
			  "on the return path or beyond the last hop that "
			  "quotes them; without MPTCP data passes.";
}

/* ---- the server's data --------------------------------------------------- */

static bool is_answered(const struct flow *f)
{
	return f->payload_received > 0;
}

/* The server takes our data at data level, all of it. */
static bool takes_data(const struct flow *f)
{
	return is_negotiated(f) && flow_data_acked(f) && !flow_fell_behind(f) &&
	       !flow_sent_unmapped(f) && !f->mptcp.mp_fail;
}

static bool has_mapping(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct mptcp_option *o =
			tcp_options_mptcp(&f->received[i]->options, MP_DSS);

		if (o && o->dss.flags & DSS_MAPPING)
			return true;
	}
	return false;
}

static bool answers_unmapped(const struct flow *f)
{
	return takes_data(f) && is_answered(f) && !has_mapping(f);
}

static void judge_server_unmapped(struct judgement *j)
{
	const struct flow *flow = flow_first(j, answers_unmapped);
	unsigned count = 0;
	struct finding *f;

	if (!flow || j->working)
		return;
	for (size_t i = 0; i < j->flow_count; i++)
		count += answers_unmapped(j->flows[i]);
	f = finding_add(j, "dss.removed", DIRECTION_RETURN, SEGMENT_DATA);
	if (count < UNMAPPED_WITNESSES_MIN)
		f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(j, f, flow->mptcp.data_ack_frame, NULL, NULL,
			 "the server acknowledges our data at the MPTCP level "
			 "(DATA_ACK), and then sends its own without a "
			 "mapping");
	f->text = "DSS is removed from the server's data on the return path: "
		  "it acknowledges ours by DATA_ACK, but its own comes without "
		  "a mapping.";
}

static bool had_time_for_data(const struct judgement *j, const struct flow *f)
{
	for (size_t i = f->sent_count; i-- > 0;)
		if (is_full_data(f->sent[i]))
			return j->o->last_us - f->sent[i]->time_us >=
			       ANSWER_TIME_US;
	return false;
}

/* A server that serves one connection after the other would answer none of
 * those that are opened while others are open; so one without MPTCP, opened
 * last, must have been answered. */
static void judge_server_silent(struct judgement *j)
{
	struct attempts plain = count_attempts(j, PURPOSE_TCP, -1);
	const struct flow *flow = NULL;
	unsigned count = 0;
	struct finding *f;
	struct around a;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *one = j->flows[i];

		if (!is_negotiated(one))
			continue;
		if (!takes_data(one) || is_answered(one) || one->server_fin ||
		    one->mptcp.data_fin || flow_reset(one) ||
		    !had_time_for_data(j, one))
			return;
		count++;
		flow = one;
	}
	if (count < MUTE_WITNESSES_MIN || plain.lost)
		return;
	a = plain_around(j, flow, is_answered);
	if (!a.before || !a.after)
		return;
	f = finding_add(j, "dss.dropped", DIRECTION_RETURN, SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, flow->id);
	finding_evidence(
		j, f, flow->mptcp.data_ack_frame, NULL, NULL,
		arena_printf(j->arena,
			     "the server acknowledges our data by DATA_ACK on "
			     "%u connections and answers on none, while it "
			     "answers the same without MPTCP, before and after",
			     count));
	f->text = "The server's data is dropped on the return path when it "
		  "carries a DSS; without MPTCP it arrives.";
}

static bool plain_data_reset(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && flow_reset(f);
}

static bool plain_data_acked(const struct flow *f)
{
	return flow_is(f, PURPOSE_TCP) && f->established && !flow_reset(f) &&
	       seq_diff(f->server_acked, f->client_isn + 1) > 0;
}

static void judge_dss_reset(struct judgement *j)
{
	const struct flow *flow = flow_first(j, was_reset);
	struct class c = {PURPOSE_MP_CAPABLE, -1, SEGMENT_DATA, NULL, 0};
	unsigned count = 0;
	struct finding *f;

	for (size_t i = 0; i < j->flow_count; i++)
		count += was_reset(j->flows[i]);
	if (!flow || count < DATA_RESETS_MIN || j->working ||
	    flow_first(j, plain_data_reset) || !flow_first(j, plain_data_acked))
		return;
	f = finding_add(j, "dss.reset", DIRECTION_UNKNOWN, SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	put_between(j, ask_silence(j, &c), &f->after, &f->at);
	if (f->at.known && f->at.ttl < j->plain_reach)
		f->direction = DIRECTION_FORWARD;
	else /* what the server answers may draw it as well */
		f->after.known = f->at.known = false;
	reset_evidence(j, f, flow);
	f->text = arena_printf(j->arena,
			       "Segments with MPTCP options after the "
			       "handshake trigger a RST%s%s; the same data "
			       "without them does not.",
			       f->at.known ? " " : "",
			       f->at.known ? place_phrase(j, f->after, f->at)
					   : "");
}

void judge_dss(struct judgement *j)
{
	judge_dss_removed(j);
	judge_server_unmapped(j);
	if (!finding_find(j, "dss.removed"))
		judge_dss_dropped(j);
	if (!finding_find(j, "dss.dropped"))
		judge_dss_unanswered(j);
	judge_dss_reset(j);
	if (!finding_blocks(j))
		judge_server_silent(j);
}
