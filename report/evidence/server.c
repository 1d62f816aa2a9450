/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is known of the server, as far as this end can tell: whether plain TCP
 * to it goes on working, how it answers MPTCP, and whether SYNs reach it.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"

unsigned unanswered_syns(const struct judgement *j, const struct flow *f)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count && !flow_syn_ack(f); i++)
		count += f->sent[i]->kind == SEGMENT_SYN &&
			 had_time(j, f->sent[i]);
	return count;
}

const struct flow *plain_stopped(const struct judgement *j)
{
	const struct flow *last = NULL;
	bool before = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, PURPOSE_TCP) || flow_swept(f, SEGMENT_SYN))
			continue;
		if (last && flow_syn_ack(last))
			before = true;
		last = f;
	}
	return before && !flow_syn_ack(last) &&
			       (flow_reset(last) ||
				unanswered_syns(j, last) >= BASELINE_SYNS_MIN)
		       ? last
		       : NULL;
}

static unsigned count_plain(const struct judgement *j, int version)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->flow_count; i++)
		count += flow_answered_plainly(j->flows[i], version) &&
			 j->flows[i]->mptcp.other_version < 0;
	return count;
}

bool plainly_answered(const struct judgement *j, int version)
{
	return count_plain(j, version) > 0;
}

unsigned plain_beside_working(const struct judgement *j)
{
	return j->working ? count_plain(j, (int)j->working->mptcp.version) : 0;
}

/* Refused, as every plain connection is on which nothing was sent; or, as they
 * are not. */
static bool refuses_idle(const struct judgement *j, bool refused)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, PURPOSE_TCP) && f->established &&
		    !f->sides[0].first_us && !flow_reset(f) == !refused)
			return true;
	}
	return false;
}

bool token_refused_late(const struct judgement *j, const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_JOIN_RANDOM) && f->established &&
	       flow_reset(f) && !refuses_idle(j, true) &&
	       refuses_idle(j, false);
}

static bool random_token_accepted(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_JOIN_RANDOM) &&
		    flow_syn_ack(j->flows[i]) && !j->flows[i]->join.syn_ack &&
		    !token_refused_late(j, j->flows[i]))
			return true;
	return false;
}

int reset_reason(const struct kept *reset)
{
	const struct mptcp_option *o =
		reset ? tcp_options_mptcp(&reset->options, MP_TCPRST) : NULL;

	return o ? o->tcprst.reason : -1;
}

bool reset_by_choice(const struct kept *reset)
{
	int reason = reset_reason(reset);

	return reason >= 0 && reason != TCPRST_MPTCP;
}

bool is_bare_reset(const struct kept *k)
{
	return k && !tcp_options_mptcp(&k->options, MP_TCPRST) &&
	       !tcp_options_mptcp(&k->options, MP_FASTCLOSE);
}

bool closed_before(const struct judgement *j, const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	return reset && f->join.parent >= 0 &&
	       flow_closed_before(j->o->flows[f->join.parent], reset->frame);
}

bool may_have_closed(const struct judgement *j, const struct flow *f)
{
	const struct kept *reset = flow_reset(f);
	const struct flow *parent =
		f->join.parent < 0 ? NULL : j->o->flows[f->join.parent];

	return reset && parent && flow_server_ended(parent) &&
	       parent->sides[0].last_us < reset->time_us;
}

const struct kept *join_data_reset(const struct judgement *j,
				   const struct flow *f)
{
	const struct kept *reset = flow_reset(f);

	if (reset && f->join.data_elsewhere &&
	    reset->time_us > j->o->flows[f->join.parent]->sides[0].last_us)
		return NULL;
	return reset;
}

bool join_data_taken(const struct judgement *j, const struct flow *f)
{
	const struct mptcp_facts *m;

	if (!f->join.data_elsewhere)
		return false;
	m = &j->o->flows[f->join.parent]->mptcp;
	return m->data_ack == m->mapped_end;
}

const char *reason_phrase(const struct judgement *j, const struct kept *reset)
{
	int reason = reset_reason(reset);

	return reason < 0 ? ""
			  : arena_printf(j->arena,
					 " (MP_TCPRST, reason %d: %s)", reason,
					 mptcp_reset_reason((uint8_t)reason));
}

bool flow_shows_listener(const struct flow *f)
{
	const struct kept *k = flow_reset(f);

	if (!flow_is(f, PURPOSE_MP_JOIN_RANDOM))
		return false;
	if (flow_syn_ack(f))
		return f->join.syn_ack;
	return k && tcp_options_mptcp(&k->options, MP_TCPRST);
}

static unsigned count_syns(const struct flow *f)
{
	unsigned syns = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		syns += kept_is_syn(f->sent[i]);
	return syns;
}

/* Each SYN has an answer, and may have come twice. */
bool flow_storms(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return f->syn_acks_again >= STORM_MIN + 2 * count_syns(f);
}

bool flow_doubled(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return f->syn_acks_again && count_syns(f) == 1;
}

bool flow_token_unknown(const struct flow *f)
{
	return f->join.syn_ack && !f->join.server_nonce &&
	       f->join.hmac != KNOWN_YES;
}

bool flow_token_known(const struct flow *f)
{
	return f->join.syn_ack && !flow_token_unknown(f);
}

const struct kept *random_token_reset(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_JOIN_RANDOM) &&
		    flow_reset(j->flows[i]) && !flow_syn_ack(j->flows[i]))
			return flow_reset(j->flows[i]);
	return NULL;
}

static const struct class unknown_tokens = {
	PURPOSE_MP_JOIN_RANDOM, -1, SEGMENT_JOIN_SYN, NULL, 0, ALL_OF_KIND};

/* Whether none of them came to the target, by silence. Nobody is accused by
 * it, so that a place is enough. */
static bool tokens_vanish(const struct judgement *j)
{
	struct attempts a = count_attempts(j, PURPOSE_MP_JOIN_RANDOM, -1);
	struct between b = ask_silence(j, &unknown_tokens);

	return a.lost >= LOST_MIN && !a.answered && !a.reset && b.at &&
	       b.at < j->plain_reach;
}

bool token_ends_before(const struct judgement *j)
{
	unsigned reset = reset_reach(j, &unknown_tokens);

	return !random_token_accepted(j) && j->plain_reach &&
	       ((reset && reset < j->plain_reach) || tokens_vanish(j));
}

bool server_answers_plainly(const struct judgement *j)
{
	return !j->negotiated && plainly_answered(j, 1) &&
	       plainly_answered(j, 0) &&
	       (random_token_accepted(j) || token_ends_before(j));
}

unsigned flow_third_acks_in_vain(const struct flow *f)
{
	int64_t first_us = 0, data_us = f->sides[0].first_us;
	unsigned count = 0;
	bool again = false;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if ((k->kind == SEGMENT_ACK || k->kind == SEGMENT_JOIN_ACK) &&
		    kept_is_full(k) && (!data_us || k->time_us < data_us) &&
		    !count++)
			first_us = k->time_us;
	}
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		again |= k->packet.tcp.flags & TCP_FLAG_SYN &&
			 k->time_us > first_us &&
			 (!data_us || k->time_us < data_us);
	}
	return again ? count : 0;
}

/* A plain connection without data that was open so long that the SYN/ACK of a
 * server that waits for data would have come again; and whether it did. */
static bool told_deferring(const struct judgement *j, const struct flow *f,
			   bool *again)
{
	int64_t begin_us = 0, end_us = j->o->last_us;

	*again = false;
	if (!flow_is(f, PURPOSE_TCP) || flow_reset(f) || f->sides[0].first_us)
		return false;
	for (size_t i = 0; i < f->sent_count; i++) {
		if (f->sent[i]->kind == SEGMENT_ACK && !begin_us)
			begin_us = f->sent[i]->time_us;
		if (f->sent[i]->packet.tcp.flags & TCP_FLAG_RST)
			end_us = f->sent[i]->time_us;
	}
	for (size_t i = 0; i < f->received_count; i++)
		*again |= f->received[i]->packet.tcp.flags & TCP_FLAG_SYN &&
			  f->received[i]->time_us > begin_us;
	return begin_us && end_us - begin_us >= DEFER_TOLD_US;
}

enum known server_defers(const struct judgement *j)
{
	unsigned told = 0, again_count = 0;
	bool again;

	for (size_t i = 0; i < j->flow_count; i++)
		if (told_deferring(j, j->flows[i], &again)) {
			told++;
			again_count += again;
		}
	if (told < DEFER_CONTROLS_MIN)
		return UNKNOWN;
	return again_count == 0	     ? KNOWN_NO
	       : again_count == told ? KNOWN_YES
				     : UNKNOWN;
}

/* Whether two addresses may well be on one link: the same /24, or /64. */
static bool near(const struct address *a, const struct address *b)
{
	return a->family == b->family &&
	       memcmp(a->bytes, b->bytes, a->family == 4 ? 3 : 8) == 0;
}

/* The target answers as the first hop, though it is none of our neighbours:
 * then what answers may be a user-mode NAT beside this host, and no hop before
 * it could quote anything. */
bool answered_next_door(const struct judgement *j)
{
	return (j->plain_reach == 1 || j->capable_reach == 1) &&
	       !near(&j->r->source, &j->r->target);
}

bool reaches_server(const struct judgement *j)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;

	return reach == 1 || intact_to_last_hop(j, SEGMENT_SYN, 1);
}

bool path_acquitted(const struct judgement *j)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;

	return server_answers_plainly(j) && reaches_server(j) &&
	       !j->ttl_rewritten && !answered_next_door(j) &&
	       j->beyond < reach && !j->doubted && j->distance <= reach;
}
