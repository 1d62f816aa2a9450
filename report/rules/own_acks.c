/* SPDX-License-Identifier: GPL-3.0-or-later
 * Our own ACKs without data: the third one, with MP_CAPABLE, and those behind
 * it, with DSS. A keep-alive is one of these, and is answered at once (RFC 9293
 * 3.8.4). A server that has filled our window sends on when both an ACK and its
 * DATA_ACK have come (RFC 8684 3.3.4).
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

static const struct class pure_acks = {
	PURPOSE_MP_CAPABLE, -1, SEGMENT_PURE_ACK, NULL, 0, ALL_OF_KIND};
static const struct class third_acks = {
	PURPOSE_MP_CAPABLE, -1, SEGMENT_ACK, NULL, 0, ALL_OF_KIND};

/* All of it was kept, and may be counted. */
static bool is_whole(const struct flow *f)
{
	return !f->unkept && !f->released && !flow_server_ended(f);
}

/* ---- dropped --------------------------------------------------------------
 */

/* Keep-alives of one kind of connection; `vain`: with none that was answered.
 */
struct keep_alives_sent {
	struct tries tries;
	const struct flow *vain;
};

/* Before data the server may not know the connection: then only an answer
 * tells. */
static void count_keep_alives(const struct judgement *j, const struct flow *f,
			      struct keep_alives_sent *all)
{
	struct keep_alive a = keep_alives(f);

	while (keep_alive_next(&a)) {
		const struct tcp_view *tcp = &a.sent->packet.tcp;

		if (!had_time(j, a.sent) || (a.unclear && !a.answer) ||
		    (f->mptcp.syn_ack && a.sent->kind != SEGMENT_PURE_ACK) ||
		    (!a.answer && tcp->sequence == f->client_isn))
			continue;
		all->tries.sent++;
		all->tries.lost += !a.answer;
		if (!a.answer && !all->vain)
			all->vain = f;
	}
}

static struct keep_alives_sent keep_alives_of(const struct judgement *j,
					      enum purpose purpose)
{
	struct keep_alives_sent all = {0};

	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], purpose) &&
		    flow_tcp_acked(j->flows[i]) && is_whole(j->flows[i]))
			count_keep_alives(j, j->flows[i], &all);
	return all;
}

static enum why dropped(const struct judgement *j, struct said *s)
{
	struct keep_alives_sent dss = keep_alives_of(j, PURPOSE_MP_CAPABLE);
	struct tries plain = keep_alives_of(j, PURPOSE_TCP).tries, control;

	control = (struct tries){plain.sent + j->plain.sent,
				 plain.lost + j->plain.lost};
	s->flow = dss.vain;
	s->have = dss.tries.lost;
	s->need = losses_needed(control);
	if (!s->have)
		return WHY_ABSENT;
	if (dss.tries.lost < dss.tries.sent)
		return WHY_CONTRARY;
	if (s->have < s->need)
		return WHY_FEW;
	if (!beyond_chance(s->have, control, plain.sent - plain.lost))
		return WHY_CONTROL;
	put_between(j, ask_silence(j, &pure_acks), &s->after, &s->at);
	return WHY_SAID;
}

static void say_dropped(struct judgement *j, struct finding *f,
			const struct said *s)
{
	struct tries plain = keep_alives_of(j, PURPOSE_TCP).tries;

	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "%u keep-alives, ACKs with DSS and without data, went "
			 "unanswered where data was acknowledged; without "
			 "MPTCP, %u of %u were answered",
			 s->have, plain.sent - plain.lost, plain.sent);
	f->text = arena_printf(j->arena,
			       "ACKs without data are dropped %s when they "
			       "carry a DSS: what the server sends is never "
			       "acknowledged, and stalls.",
			       place_phrase(j, f->after, f->at));
}

/* ---- without their DSS -----------------------------------------------------
 */

/* What a connection shows whose window the server had filled. */
struct filled {
	uint32_t next;	/* of the server, by TCP */
	uint32_t shift; /* what of it is data that came before */
	uint32_t bytes; /* of its data */
	bool full, data;
	unsigned acks; /* without data, for all of it, before data of ours */
	bool moved;    /* behind these alone the server sent new data */
	bool by_data;  /* only behind data with the same DATA_ACK */
};

static void fill_sent(struct filled *w, const struct kept *k)
{
	if (!w->full || !kept_is_full(k))
		return;
	w->data |= kept_has_data(k);
	w->acks += !w->data && k->packet.tcp.flags == TCP_FLAG_ACK &&
		   k->packet.tcp.acknowledgment == w->next;
}

/* What is not acknowledged at the MPTCP level comes again, with the same DSN
 * and new sequence numbers. */
static void fill_shift(struct filled *w, const struct flow *f,
		       const struct kept *k)
{
	const struct mptcp_option *o = tcp_options_mptcp(&k->options, MP_DSS);

	if (o && o->dss.flags & DSS_MAPPING && f->mptcp.has_server_key)
		w->shift = o->dss.ssn -
			   (uint32_t)(o->dss.dsn - f->mptcp.server_idsn);
}

static void fill_received(struct filled *w, const struct flow *f,
			  const struct kept *k)
{
	uint32_t next =
		k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length;
	uint32_t bytes;

	fill_shift(w, f, k);
	if (seq_diff(next, w->next) > 0)
		w->next = next;
	bytes = next - (f->server_isn + 1) - w->shift;
	if (seq_diff(bytes, w->bytes) <= 0)
		return;
	w->moved = w->full && !w->data;
	w->by_data = w->full && w->data;
	w->bytes = bytes;
	w->full = bytes == f->client_window;
}

static struct filled filled_of(const struct flow *f)
{
	struct filled w = {.next = f->server_isn + 1};
	size_t s = 0, t = 0;

	while (!w.moved && !w.by_data && t < f->received_count) {
		if (s < f->sent_count &&
		    f->sent[s]->frame < f->received[t]->frame)
			fill_sent(&w, f->sent[s++]);
		else
			fill_received(&w, f, f->received[t++]);
	}
	return w;
}

static bool moves(const struct flow *f, enum purpose purpose)
{
	return flow_is(f, purpose) && f->syn_ack_seen && filled_of(f).moved;
}

static bool mptcp_moves(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return moves(f, PURPOSE_MP_CAPABLE);
}

static bool plain_moves(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return moves(f, PURPOSE_TCP);
}

static enum why removed(const struct judgement *j, struct said *s)
{
	struct between b = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		struct filled w = {0};

		if (flow_is(f, PURPOSE_MP_CAPABLE) && flow_data_acked(f) &&
		    !f->unkept && !f->released)
			w = filled_of(f);
		s->have += w.by_data ? w.acks : 0;
		s->flow = s->flow || !w.by_data ? s->flow : f;
	}
	s->need = losses_needed(tries_of(&j->plain));
	if (!s->flow)
		return WHY_ABSENT;
	if (ask_witnesses(j, mptcp_moves, NULL))
		return WHY_CONTRARY;
	if (s->have < s->need)
		return WHY_FEW;
	if (!beyond_chance(s->have, tries_of(&j->plain),
			   ask_witnesses(j, plain_moves, NULL)))
		return WHY_CONTROL;
	s->confidence = CONFIDENCE_LIKELY;
	b.after = last_quote(j, &pure_acks, j->plain_reach);
	b.known = b.after;
	b.at = b.known ? j->plain_reach : 0;
	put_between(j, b, &s->after, &s->at);
	return WHY_SAID;
}

static void say_removed(struct judgement *j, struct finding *f,
			const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "%u ACKs without data had the server send no more "
			 "into a narrow window, but data with the same "
			 "DATA_ACK did; without MPTCP such ACKs do as well",
			 s->have);
	f->or_server = true;
	f->text = arena_printf(j->arena,
			       "DSS is removed from ACKs without data %s, or "
			       "the server does not read it: what it sends is "
			       "not acknowledged at the MPTCP level, and "
			       "stalls when a window is full.",
			       place_phrase(j, f->after, f->at));
}

/* ---- sent again ------------------------------------------------------------
 */

/* Bytes of the server that came again with new sequence numbers, by a mapping
 * for what the client had acknowledged, on the only subflow: the server has got
 * its ACKs, as more of them than a window takes came behind, and not the
 * DATA_ACKs in them. */
static uint64_t bytes_again(const struct judgement *j, const struct flow *f)
{
	const struct mptcp_connection *c = f->connection;
	uint64_t again;

	if (!flow_data_acked(f) || c->flow_count != 1 || seen_leaving(j, f) ||
	    c->hosts[1].acked != c->hosts[1].data_end)
		return 0;
	again = mptcp_bytes_again(c, 1);
	return again > f->client_window && again >= STALLED_MIN_BYTES ? again
								      : 0;
}

static bool comes_again(const struct judgement *j, const struct flow *f)
{
	return bytes_again(j, f) > 0;
}

static enum why removed_again(const struct judgement *j, struct said *s)
{
	s->confidence = CONFIDENCE_LIKELY;
	return ask_witnesses(j, comes_again, &s->flow) ? WHY_SAID : WHY_ABSENT;
}

static void say_removed_again(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "%llu bytes of the server came again by other "
			 "mappings, though they had been acknowledged by "
			 "DATA_ACK",
			 (unsigned long long)bytes_again(j, s->flow));
	f->or_server = true;
	f->text = "DSS is removed from the client's ACKs without data on the "
		  "way to the server, or the server does not read it: it sends "
		  "again and again what they acknowledge, and then stalls.";
}

/* ---- the third ACK ---------------------------------------------------------
 */

static bool taken(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_CAPABLE) && flow_third_ack_taken(f);
}

static bool speaks_first(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_TCP) && !f->sides[0].first_us &&
	       f->payload_received;
}

static unsigned third_acks_in_vain(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && f->mptcp.syn_ack && is_whole(f)
		       ? flow_third_acks_in_vain(f)
		       : 0;
}

static enum why dropped_third(const struct judgement *j, struct said *s)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		unsigned vain = third_acks_in_vain(f);

		s->have += vain;
		s->flow = s->flow || !vain ? s->flow : f;
	}
	s->need = losses_needed(tries_of(&j->plain));
	if (!s->flow)
		return WHY_ABSENT;
	if (ask_witnesses(j, taken, NULL))
		return WHY_CONTRARY;
	if (!beyond_chance(s->have, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	if (server_defers(j) != KNOWN_NO)
		return WHY_CONTROL;
	s->less = j->taking && !ask_witnesses(j, speaks_first, NULL);
	put_between(j, ask_silence(j, &third_acks), &s->after, &s->at);
	return WHY_SAID;
}

static void say_dropped_third(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	finding_evidence(
		j, f, s->flow->first_frame, NULL, NULL,
		"%u third ACKs with MP_CAPABLE were answered by the "
		"SYN/ACK again; without MPTCP the server takes a third "
		"ACK without data",
		s->have);
	f->text = arena_printf(
		j->arena,
		"The third ACK, with MP_CAPABLE and without data, is dropped "
		"%s: %s.",
		place_phrase(j, f->after, f->at),
		ask_witnesses(j, speaks_first, NULL)
			? "this server speaks first, and a client waits for it "
			  "for ever"
			: "where the server speaks first, a client waits for "
			  "it for ever");
}

const struct rule own_acks_rules[] = {
	{"mp_capable.dropped", "third_ack", PHASE_DATA, SEGMENT_ACK,
	 dropped_third, say_dropped_third,
	 .unless = {"mp_capable.removed", "mp_capable.modified",
		    "tcp.terminated"},
	 .if_less = TO_IMPAIRS},
	{"dss.dropped", "own_acks", PHASE_DATA, SEGMENT_PURE_ACK, dropped,
	 say_dropped, .unless = {"dss.dropped", "tcp.terminated"},
	 .if_working = TO_IMPAIRS},
	{"dss.removed", "own_acks", PHASE_DATA, SEGMENT_PURE_ACK, removed,
	 say_removed,
	 .unless = {"dss.removed", "dss.dropped", "dss.modified",
		    "tcp.terminated"},
	 .if_working = TO_IMPAIRS},
	{"dss.removed", "again", PHASE_DATA, SEGMENT_PURE_ACK, removed_again,
	 say_removed_again, .unless = {"dss.removed"},
	 .if_working = TO_IMPAIRS},
	{0},
};
