/* SPDX-License-Identifier: GPL-3.0-or-later
 * ACKs without data that lack the DSS which the server's data has. A server
 * that takes part acknowledges at the MPTCP level with each of them (RFC 8684
 * 3.3.2), and a client that misses that in the first falls back (3.7).
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/loss.h"
#include "report/rules/rules.h"

/* It acknowledges data of ours. */
static bool acknowledges(const struct flow *f, const struct kept *k)
{
	return kept_is_ack(k) &&
	       seq_diff(k->packet.tcp.acknowledgment, f->client_isn + 1) > 0;
}

/* The ACKs of one connection before the last DSS of the server: later it may
 * have fallen back. */
struct acks {
	unsigned bare, padded; /* padded, of the bare ones: as by a DSS */
	bool with_dss;
	const struct kept *first;
};

static struct acks acks_of(const struct flow *f)
{
	struct acks a = {0};
	size_t end = f->received_count;

	while (end > 0 &&
	       !tcp_options_mptcp(&f->received[end - 1]->options, MP_DSS))
		end--;
	for (size_t i = 0; i < end; i++) {
		const struct kept *k = f->received[i];
		bool padded = kept_lost_dss(k);

		if (!acknowledges(f, k))
			continue;
		a.with_dss |= tcp_options_mptcp(&k->options, MP_DSS) != NULL;
		if (k->options.mptcp_count)
			continue;
		a.bare++;
		a.padded += padded;
		if (!a.first || (padded && a.padded == 1))
			a.first = k;
	}
	return a;
}

static bool lack_dss(const struct flow *f, const struct acks *a)
{
	return flow_proves_mptcp(f) && a->bare && !a->with_dss;
}

static bool acks_lack_dss(const struct judgement *j, const struct flow *f)
{
	struct acks a = acks_of(f);

	(void)j;
	return lack_dss(f, &a);
}

static bool acks_padded(const struct judgement *j, const struct flow *f)
{
	struct acks a = acks_of(f);

	(void)j;
	return a.padded && lack_dss(f, &a);
}

static bool acks_have_dss(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_proves_mptcp(f) && acks_of(f).with_dss;
}

static enum why removed_acks(const struct judgement *j, struct said *s)
{
	bool padded = ask_witnesses(j, acks_padded, &s->flow) > 0;
	struct acks *a;

	s->direction = DIRECTION_RETURN;
	s->have = ask_witnesses(j, acks_lack_dss, padded ? NULL : &s->flow);
	s->need = padded ? 1 : BARE_ACK_WITNESSES_MIN;
	if (!s->have)
		return WHY_ABSENT;
	if (ask_witnesses(j, acks_have_dss, NULL))
		return WHY_CONTRARY;
	if (!padded)
		s->confidence = CONFIDENCE_LIKELY;
	a = arena_alloc(j->arena, sizeof(*a));
	*a = acks_of(s->flow);
	s->facts = a;
	return s->have < s->need ? WHY_FEW : WHY_SAID;
}

static void say_removed_acks(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	const struct acks *a = s->facts;
	const char *how;

	if (a->padded) {
		kept_padding(a->first, &how);
		f->how = how;
	}
	finding_evidence(j, f, a->first->frame, NULL, NULL,
			 "%u ACKs for our data have no DSS%s, while the "
			 "server's data has one",
			 a->bare,
			 a->padded ? ", but padding (NOP or EOL) in its "
				     "place"
				   : "");
	f->or_server = !a->padded;
	f->text = a->padded
			  ? "DSS is removed from the server's ACKs without "
			    "data on the return path: a client whose first "
			    "data is acknowledged without it, as Linux, falls "
			    "back to TCP."
			  : "The server's ACKs without data have no DSS, "
			    "removed on the return path or never sent: a "
			    "client whose first data is acknowledged without "
			    "it, as Linux, falls back to TCP.";
}

const struct rule acks_rules[] = {
	{"dss.removed", "acks", PHASE_DATA, SEGMENT_ACK, removed_acks,
	 say_removed_acks, .unless = {"dss.removed"}, .stands = true,
	 .if_working = TO_IMPAIRS},
	{0},
};
