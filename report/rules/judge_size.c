/* SPDX-License-Identifier: GPL-3.0-or-later
 * Segments of full size that vanish where smaller ones of the same connection
 * pass: because of the option in them, or because a link takes less than both
 * ends think. Then MPTCP is not the cause, though its options make a segment
 * larger.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judge_loss.h"

/* What became of data of one kind, with a mapping or on plain connections. */
struct sizes {
	size_t passed;	      /* the largest packet that was acknowledged */
	size_t passed_data;   /* the largest payload */
	size_t vain;	      /* the smallest packet that never was; 0: none */
	size_t vain_data;     /* its payload */
	unsigned lost, flows; /* such sends, and connections that show it */
	const struct flow *example;
	const struct kept *segment; /* of the example */
};

static bool is_big_data(const struct kept *k, bool mapped)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	return tcp->payload_length > 0 && k->packet.ip.ttl > SWEEP_TTL_MAX &&
	       !k->packet.ip.more_fragments &&
	       !(tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
	       (tcp_options_mptcp(&k->options, MP_DSS) != NULL) == mapped;
}

static size_t packet_length(const struct kept *k)
{
	return k->packet.ip.header_length + k->packet.tcp.length;
}

static bool is_acked(const struct flow *f, const struct kept *k)
{
	return seq_diff(f->server_acked,
			k->packet.tcp.sequence +
				(uint32_t)k->packet.tcp.payload_length) >= 0;
}

/* The same bytes in a smaller segment were acknowledged. */
static bool smaller_passes(const struct flow *f, const struct kept *k)
{
	return !is_acked(f, k) &&
	       seq_diff(f->server_acked, k->packet.tcp.sequence) > 0;
}

static unsigned count_alike(const struct flow *f, const struct kept *k)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		count += f->sent[i]->packet.ip.ttl == k->packet.ip.ttl &&
			 f->sent[i]->packet.tcp.sequence ==
				 k->packet.tcp.sequence &&
			 packet_length(f->sent[i]) == packet_length(k);
	return count;
}

/* A router said that it takes less: the sender has only to heed it. */
static bool was_told(const struct flow *f)
{
	for (size_t i = 0; i < f->quote_count; i++)
		if (f->quotes[i].too_big)
			return true;
	return false;
}

static void add_vain(struct sizes *s, const struct flow *f,
		     const struct kept *k, unsigned count)
{
	if (s->example != f) {
		s->flows++;
		s->lost += count;
	}
	s->example = f;
	if (s->vain && s->vain <= packet_length(k))
		return;
	s->vain = packet_length(k);
	s->vain_data = k->packet.tcp.payload_length;
	s->segment = k;
}

static void add_data(struct sizes *s, const struct flow *f,
		     const struct kept *k)
{
	unsigned count;

	if (is_acked(f, k)) {
		if (packet_length(k) > s->passed)
			s->passed = packet_length(k);
		if (k->packet.tcp.payload_length > s->passed_data)
			s->passed_data = k->packet.tcp.payload_length;
		return;
	}
	count = smaller_passes(f, k) ? count_alike(f, k) : 0;
	if (count >= FULL_SIZE_LOST_MIN && !was_told(f))
		add_vain(s, f, k, count);
}

static struct sizes sizes_of(const struct judgement *j, bool mapped)
{
	enum purpose purpose = mapped ? PURPOSE_MP_CAPABLE : PURPOSE_TCP;
	struct sizes s = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, purpose) || !f->established)
			continue;
		for (size_t k = 0; k < f->sent_count; k++)
			if (is_big_data(f->sent[k], mapped))
				add_data(&s, f, f->sent[k]);
	}
	return s;
}

static void size_evidence(struct judgement *j, struct finding *f,
			  const struct sizes *s, const char *what)
{
	finding_connection(j, f, s->example->id);
	finding_evidence(
		j, f, s->segment->frame, NULL, NULL,
		arena_printf(j->arena,
			     "%s of %zu bytes went unacknowledged %u times on "
			     "%u connections, smaller ones did not",
			     what, s->vain, s->lost, s->flows));
}

/* As large ones pass without it: the option is what matters. */
static void add_option_dropped(struct judgement *j, const struct sizes *mapped,
			       const struct sizes *plain)
{
	struct finding *f =
		finding_add(j, "dss.dropped", DIRECTION_UNKNOWN, SEGMENT_DATA);

	if (j->working)
		f->effect = EFFECT_IMPAIRS;
	size_evidence(j, f, mapped, "packets with DSS");
	finding_evidence(j, f, 0, NULL, NULL,
			 arena_printf(j->arena,
				      "a packet of %zu bytes without it was "
				      "acknowledged",
				      plain->passed));
	f->text = arena_printf(j->arena,
			       "Data with DSS is dropped in full-size packets "
			       "(%zu bytes); packets as large without it pass, "
			       "and so do smaller ones with it.",
			       mapped->vain);
}

static void add_too_big(struct judgement *j, const struct sizes *mapped,
			const struct sizes *plain)
{
	struct finding *f = finding_add(j, "ip.too_big_dropped",
					DIRECTION_UNKNOWN, SEGMENT_DATA);
	bool pushed = plain->passed_data >= mapped->vain_data;

	size_evidence(j, f, mapped, "packets with DSS");
	size_evidence(j, f, plain, "packets without MPTCP");
	f->text = arena_printf(
		j->arena,
		"Packets of %zu bytes are dropped, with MPTCP options or "
		"without, and no router reports it; %zu bytes pass.%s",
		plain->vain < mapped->vain ? plain->vain : mapped->vain,
		plain->passed > mapped->passed ? plain->passed : mapped->passed,
		pushed ? " The DSS option is what makes a full-size segment "
			 "too large: the same data without it passes."
		       : "");
}

/* ---- on the way back ----------------------------------------------------- */

static unsigned asked_mss(const struct flow *f)
{
	return f->sent_count && f->sent[0]->options.has_mss
		       ? f->sent[0]->options.mss
		       : 0;
}

/* All the data was acknowledged, long ago, and none came. */
static bool stalls(const struct judgement *j, const struct flow *f)
{
	const struct kept *last = NULL;

	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->packet.tcp.payload_length)
			last = f->sent[i];
	return last && f->established && !flow_reset(f) && !f->server_fin &&
	       !f->payload_received && is_acked(f, last) && had_time(j, last);
}

struct answers {
	unsigned mss;		    /* the smallest with data of the server */
	const struct flow *example; /* that one, with MPTCP */
	unsigned plain, mapped;	    /* stalled, with a larger one */
	bool larger;		    /* with which data came as well */
};

static struct answers count_answers(const struct judgement *j)
{
	struct answers a = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_proves_mptcp(f) && f->payload_received &&
		    asked_mss(f) && (!a.mss || asked_mss(f) < a.mss)) {
			a.mss = asked_mss(f);
			a.example = f;
		}
	}
	for (size_t i = 0; a.example && i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (asked_mss(f) <= a.mss)
			continue;
		a.larger |= f->payload_received > 0;
		a.plain += flow_is(f, PURPOSE_TCP) && stalls(j, f);
		a.mapped += flow_is(f, PURPOSE_MP_CAPABLE) && stalls(j, f);
	}
	return a;
}

/* The server's data comes only where it was asked for small segments, with
 * MPTCP or without. */
static void judge_answer_size(struct judgement *j)
{
	struct answers a = count_answers(j);
	struct finding *f;

	if (a.larger || a.mapped < FULL_SIZE_WITNESSES_MIN || !a.plain)
		return;
	f = finding_add(j, "ip.too_big_dropped", DIRECTION_RETURN,
			SEGMENT_DATA);
	f->confidence = CONFIDENCE_LIKELY;
	finding_connection(j, f, a.example->id);
	finding_evidence(
		j, f, a.example->mptcp.server_dsn_frame, NULL, NULL,
		arena_printf(j->arena,
			     "asked for an MSS of %u, the server's data comes; "
			     "with a larger one it does not, on %u connections "
			     "with MPTCP and %u without",
			     a.mss, a.mapped, a.plain));
	f->text = arena_printf(
		j->arena,
		"The server's data is dropped on the return path, with MPTCP "
		"or "
		"without, unless its segments are small (an MSS of %u): a link "
		"has a smaller MTU than both ends assume, and no router "
		"reports it.",
		a.mss);
}

void judge_size(struct judgement *j)
{
	struct attempts tcp = count_attempts(j, PURPOSE_TCP, -1);
	struct sizes mapped = sizes_of(j, true), plain = sizes_of(j, false);

	judge_answer_size(j);
	if (mapped.flows < FULL_SIZE_WITNESSES_MIN ||
	    !beyond_chance(mapped.lost, tries_of(&tcp), CONTROLS_MIN) ||
	    finding_find(j, "dss.dropped"))
		return;
	if (plain.passed >= mapped.vain)
		add_option_dropped(j, &mapped, &plain);
	else if (plain.flows >= FULL_SIZE_WITNESSES_MIN)
		add_too_big(j, &mapped, &plain);
}
