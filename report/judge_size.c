/* SPDX-License-Identifier: GPL-3.0-or-later
 * Segments of full size that vanish where smaller ones of the same connection
 * pass: because of the option in them, or because a link takes less than both
 * ends think. Then MPTCP is not the cause, though its options make a segment
 * larger.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/judge_loss.h"

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
	if (count >= LOST_MIN && !was_told(f))
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
			       "Data with DSS is dropped in packets of full "
			       "size (%zu bytes); as large ones without it "
			       "pass, and smaller ones with it.",
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
		"Packets of %zu bytes vanish, with MPTCP options or without, "
		"and no router says so; %zu bytes pass.%s",
		plain->vain < mapped->vain ? plain->vain : mapped->vain,
		plain->passed > mapped->passed ? plain->passed : mapped->passed,
		pushed ? " The DSS option is what makes a segment of full size "
			 "too large: the same data without it passes."
		       : "");
}

#define SIZE_WITNESSES_MIN 2

void judge_size(struct judgement *j)
{
	struct attempts tcp = count_attempts(j, PURPOSE_TCP, -1);
	struct sizes mapped = sizes_of(j, true), plain = sizes_of(j, false);

	if (mapped.flows < SIZE_WITNESSES_MIN ||
	    !beyond_chance(mapped.lost, &tcp, LOST_MIN) ||
	    finding_find(j, "dss.dropped"))
		return;
	if (plain.passed >= mapped.vain)
		add_option_dropped(j, &mapped, &plain);
	else if (plain.flows >= SIZE_WITNESSES_MIN)
		add_too_big(j, &mapped, &plain);
}
