/* SPDX-License-Identifier: GPL-3.0-or-later
 * ACKs without data that lack the DSS which the server's data has. A server
 * that takes part acknowledges at the MPTCP level with each of them (RFC 8684
 * 3.3.2), and a client that misses that in the first falls back (3.7).
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

/* It acknowledges data of ours. */
static bool acknowledges(const struct flow *f, const struct kept *k)
{
	return kept_is_ack(k) && kept_acks_data(f, k);
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
	return a.padded && flow_proves_mptcp(f);
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
	s->have = padded ? ask_witnesses(j, acks_padded, NULL)
			 : ask_witnesses(j, acks_lack_dss, &s->flow);
	s->need = padded ? 1 : BARE_ACK_WITNESSES_MIN;
	if (!s->have)
		return WHY_ABSENT;
	if (!padded && ask_witnesses(j, acks_have_dss, NULL))
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
	finding_evidence(
		j, f, a->first->frame, NULL, NULL,
		"%u ACKs for our data have no DSS%s, while %s one", a->bare,
		a->padded ? ", but padding (NOP or EOL) in its "
			    "place"
			  : "",
		a->with_dss ? "later ones have" : "the server's data has");
	f->or_server = !a->padded;
	f->text = a->padded
			  ? arena_printf(
				    j->arena,
				    "DSS is removed from %s ACKs without data "
				    "on the return path: a client whose first "
				    "data is acknowledged without it, as "
				    "Linux, falls back to TCP.",
				    a->with_dss ? "some of the server's"
						: "the server's")
			  : "The server's ACKs without data have no DSS, "
			    "removed on the return path or never sent: a "
			    "client whose first data is acknowledged without "
			    "it, as Linux, falls back to TCP.";
}

/* The first segment that acknowledges data of ours, with data or without. */
static const struct kept *first_acknowledging(const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++)
		if (kept_acks_data(f, f->received[i]))
			return f->received[i];
	return NULL;
}

/* The first is another's, who acknowledges data in place of the server: that of
 * the server comes behind it. */
static bool begins_bare(const struct judgement *j, const struct flow *f)
{
	const struct kept *k = first_acknowledging(f);

	(void)j;
	return flow_proves_mptcp(f) && acks_of(f).with_dss && k &&
	       kept_is_ack(k) && !k->options.mptcp_count;
}

static bool begins_with_dss(const struct judgement *j, const struct flow *f)
{
	const struct kept *k = first_acknowledging(f);

	(void)j;
	return flow_proves_mptcp(f) && k && k->options.mptcp_count;
}

static enum why first_acks(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	s->have = ask_witnesses(j, begins_bare, &s->flow);
	s->need = BARE_ACK_WITNESSES_MIN;
	return s->have && ask_witnesses(j, begins_with_dss, NULL) ? WHY_CONTRARY
								  : enough(s);
}

static void say_first_acks(struct judgement *j, struct finding *f,
			   const struct said *s)
{
	finding_evidence(j, f, first_acknowledging(s->flow)->frame, NULL, NULL,
			 "the first ACK for our data has no DSS, and later "
			 "ones have, on %u connections",
			 s->have);
	f->or_server = true;
	f->text = "The first ACK for data has no DSS, and later ones have: "
		  "somebody acknowledges data in place of the server, or DSS "
		  "is removed on the return path. A client whose first data is "
		  "acknowledged without it, as Linux, falls back to TCP.";
}

/* ---- dropped --------------------------------------------------------------
 */

static bool sent_dss_ack(const struct judgement *j, const struct flow *f)
{
	(void)j;
	for (size_t i = 0; i < f->received_count; i++)
		if (kept_is_ack(f->received[i]) &&
		    tcp_options_mptcp(&f->received[i]->options, MP_DSS))
			return true;
	return false;
}

static bool sent_plain_ack(const struct judgement *j, const struct flow *f)
{
	(void)j;
	for (size_t i = 0; i < f->received_count; i++)
		if (flow_is(f, PURPOSE_TCP) && acknowledges(f, f->received[i]))
			return true;
	return false;
}

static bool proves(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_proves_mptcp(f);
}

/* How often the data of a first subflow went out with a mapping, if none of it
 * was ever acknowledged. */
static unsigned unacknowledged(const struct judgement *j, const struct flow *f)
{
	unsigned count = 0;

	if (!f->mptcp.syn_ack || flow_tcp_acked(f) || flow_server_ended(f))
		return 0;
	for (size_t i = 0; i < f->sent_count; i++)
		count += kept_has_data(f->sent[i]) &&
			 kept_is_full(f->sent[i]) &&
			 kept_is_mapped(f->sent[i]) && had_time(j, f->sent[i]);
	return count;
}

/* An ACK with a DSS comes with the server's data only: on connections that it
 * does not answer yet, ours is never acknowledged. */
static enum why dropped_acks(const struct judgement *j, struct said *s)
{
	unsigned lost = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		unsigned count = unacknowledged(j, j->flows[i]);

		lost += count;
		s->have += count > 0;
		if (count)
			s->flow = j->flows[i];
	}
	s->need = MAPPED_WITNESSES_MIN;
	s->direction = DIRECTION_RETURN;
	s->confidence = CONFIDENCE_LIKELY;
	if (enough(s) != WHY_SAID)
		return enough(s);
	if (ask_witnesses(j, sent_dss_ack, NULL))
		return WHY_CONTRARY;
	if (!beyond_chance(lost, tries_of(&j->plain), CONTROLS_MIN))
		return WHY_FEW;
	return ask_witnesses(j, proves, NULL) &&
			       ask_witnesses(j, sent_plain_ack, NULL)
		       ? WHY_SAID
		       : WHY_CONTROL;
}

static void say_dropped_acks(struct judgement *j, struct finding *f,
			     const struct said *s)
{
	finding_evidence(j, f, s->flow->first_frame, NULL, NULL,
			 "data of %u connections is never acknowledged; no ACK "
			 "without data comes that has a DSS, while the "
			 "server's data with one does, and so do ACKs without "
			 "MPTCP",
			 s->have);
	f->text = "ACKs without data are dropped on the return path when they "
		  "have a DSS: until the server sends data of its own, ours is "
		  "never acknowledged.";
}

const struct rule acks_removed_rules[] = {
	{"dss.removed", "acks", PHASE_DATA, SEGMENT_ACK, removed_acks,
	 say_removed_acks, .unless = {"dss.removed"}, .stands = true,
	 .if_working = TO_IMPAIRS},
	{0},
};

const struct rule acks_rules[] = {
	{"dss.dropped", "acks", PHASE_DATA, SEGMENT_ACK, dropped_acks,
	 say_dropped_acks, .unless = {"dss.dropped", "dss.removed"},
	 .if_working = TO_IMPAIRS},
	{0},
};

/* Behind long_rules: who acknowledges what cannot have arrived is found there.
 */
const struct rule first_ack_rules[] = {
	{"dss.removed", "first_ack", PHASE_LONG, SEGMENT_ACK, first_acks,
	 say_first_acks, .unless = {"dss.removed", "data.acked_early"},
	 .if_working = TO_IMPAIRS},
	{0},
};
