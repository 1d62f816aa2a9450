/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/sizes.h"

#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/loss.h"

/* A packet of full size fills a path MTU of 1280 bytes, but for options. */
#define FULL_SIZE_MIN 1200

bool kept_brings_data(const struct kept *k, bool mapped)
{
	const struct tcp_view *tcp = &k->packet.tcp;

	return tcp->payload_length > 0 && k->packet.ip.ttl > SWEEP_TTL_MAX &&
	       !k->packet.ip.more_fragments &&
	       !(tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
	       (tcp_options_mptcp(&k->options, MP_DSS) != NULL) == mapped;
}

size_t kept_length(const struct kept *k)
{
	return k->packet.ip.header_length + k->packet.tcp.length;
}

bool kept_same_bytes(const struct kept *a, const struct kept *b)
{
	const struct tcp_view *x = &a->packet.tcp, *y = &b->packet.tcp;

	return x->payload_length == y->payload_length &&
	       x->payload_available == y->payload_available &&
	       memcmp(x->payload, y->payload, x->payload_available) == 0;
}

static uint32_t kept_end(const struct kept *k)
{
	return k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length;
}

bool flow_acked(const struct flow *f, const struct kept *k)
{
	return seq_diff(f->server_acked, kept_end(k)) >= 0;
}

/* A smaller segment had brought its last bytes by then. */
static bool came_in_pieces(const struct flow *f, const struct kept *k,
			   int64_t by_us)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *s = f->sent[i];

		if (s->packet.tcp.payload_length && kept_is_full(s) &&
		    s->time_us > k->time_us && s->time_us <= by_us &&
		    seq_diff(s->packet.tcp.sequence, k->packet.tcp.sequence) >
			    0 &&
		    seq_diff(kept_end(s), kept_end(k)) >= 0 &&
		    seq_diff(s->packet.tcp.sequence, kept_end(k)) < 0)
			return true;
	}
	return false;
}

bool flow_took_whole(const struct flow *f, const struct kept *k)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *r = f->received[i];

		if (!(r->packet.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_RST)) &&
		    r->time_us >= k->time_us &&
		    seq_diff(r->packet.tcp.acknowledgment, kept_end(k)) >= 0)
			return !came_in_pieces(f, k, r->time_us);
	}
	return flow_acked(f, k);
}

bool flow_told_size(const struct flow *f)
{
	for (size_t i = 0; i < f->quote_count; i++)
		if (f->quotes[i].too_big)
			return true;
	return false;
}

size_t flow_largest_taken(const struct flow *f)
{
	size_t largest = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_brings_data(f->sent[i], true) &&
		    kept_length(f->sent[i]) > largest &&
		    flow_took_whole(f, f->sent[i]))
			largest = kept_length(f->sent[i]);
	return largest;
}

size_t flow_largest_answer(const struct flow *f)
{
	size_t largest = 0;

	for (size_t i = 0; i < f->received_count; i++)
		if (kept_has_data(f->received[i]) &&
		    tcp_options_mptcp(&f->received[i]->options, MP_DSS) &&
		    kept_length(f->received[i]) > largest)
			largest = kept_length(f->received[i]);
	return largest;
}

const struct kept *flow_padded_data(const struct flow *f)
{
	const struct kept *least = NULL;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (kept_has_data(k) && kept_lost_dss(k) &&
		    (!least || kept_length(k) < kept_length(least)))
			least = k;
	}
	return least;
}

bool joined_padded(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_is(f, PURPOSE_MP_JOIN) && f->join.fourth_ack_frame &&
	       flow_padded_data(f);
}

const struct kept *flow_data_in_vain(const struct flow *f, uint64_t before)
{
	size_t length = flow_largest_taken(f) + 1;
	const struct kept *vain = NULL;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_brings_data(k, true) || k->frame >= before ||
		    kept_length(k) < length || flow_acked(f, k))
			continue;
		length = kept_length(k);
		vain = k;
	}
	return vain;
}

const struct kept *joined_data_in_vain(const struct judgement *j,
				       const struct flow *f)
{
	if (!f->join.data_ack_frame || !flow_tcp_acked(f) ||
	    (join_data_reset(j, f) &&
	     seq_diff(f->client_next, f->server_acked) > 0))
		return NULL;
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_brings_data(f->sent[i], true) &&
		    kept_length(f->sent[i]) > flow_largest_taken(f) &&
		    !flow_took_whole(f, f->sent[i]))
			return f->sent[i];
	return NULL;
}

bool smaller_in_vain(const struct judgement *j, const struct flow *f,
		     const struct kept *k)
{
	unsigned count = 0;

	if (flow_took_some(f, k))
		return false;

	for (size_t i = 0; i < f->sent_count; i++)
		count += kept_brings_data(f->sent[i], true) &&
			 f->sent[i]->time_us > k->time_us &&
			 kept_length(f->sent[i]) < kept_length(k) &&
			 f->sent[i]->packet.tcp.sequence ==
				 k->packet.tcp.sequence;
	return chance_of_loss(count, tries_of(&j->plain)) < CHANCE_OF_DOUBT;
}

bool flow_took_some(const struct flow *f, const struct kept *k)
{
	return seq_diff(f->server_acked, k->packet.tcp.sequence) > 0;
}

bool is_full_size(const struct flow *f, size_t length)
{
	const struct kept *syn_ack = flow_syn_ack(f);

	return length >= FULL_SIZE_MIN ||
	       (length && syn_ack && syn_ack->options.has_mss &&
		length >= syn_ack->options.mss);
}

bool first_takes_as_large(const struct judgement *j, const struct flow *f,
			  const struct kept *k)
{
	const struct flow *parent = j->o->flows[f->join.parent];

	for (size_t i = 0; i < j->flow_count; i++)
		if (!flow_joins(j->flows[i]) &&
		    (j->controlled || j->flows[i] == parent) &&
		    flow_largest_taken(j->flows[i]) >= kept_length(k))
			return true;
	return false;
}

unsigned flow_sent_alike(const struct flow *f, const struct kept *k)
{
	unsigned count = 0;

	for (size_t i = 0; i < f->sent_count; i++)
		count += f->sent[i]->packet.ip.ttl == k->packet.ip.ttl &&
			 f->sent[i]->packet.tcp.sequence ==
				 k->packet.tcp.sequence &&
			 kept_length(f->sent[i]) == kept_length(k);
	return count;
}

/* ---- what stays in doubt ------------------------------------------------- */

/* The RST that came for more than it had taken before, and that no MPTCP stack
 * marked; or NULL. */
static const struct kept *reset_for_size(const struct judgement *j,
					 const struct flow *f)
{
	const struct kept *reset = join_data_reset(j, f);

	return j->controlled && is_bare_reset(reset) &&
			       flow_data_in_vain(f, reset->frame)
		       ? reset
		       : NULL;
}

const char *joined_size_doubt(const struct judgement *j, const struct flow *f)
{
	const struct kept *vain = joined_data_in_vain(j, f);
	const struct kept *reset = reset_for_size(j, f);
	const struct flow *first = j->o->flows[f->join.parent];

	if (finding_find(j, "ip.too_big_dropped"))
		return NULL; /* with MPTCP or without */
	if (reset && !flow_ended_before(first, reset->frame))
		return flow_largest_taken(f)
			       ? arena_printf(j->arena,
					      "larger data over it triggers a "
					      "RST, packets of %zu bytes are "
					      "acknowledged",
					      flow_largest_taken(f))
			       : "its data triggers a RST";
	if (!vain || flow_told_size(f) ||
	    flow_sent_alike(f, vain) < FULL_SIZE_LOST_MIN ||
	    flow_ended_before(f, vain->frame) ||
	    flow_ended_before(first, vain->frame))
		return NULL;
	if (smaller_in_vain(j, f, vain))
		return "its data is acknowledged at first, and then none is, "
		       "in whatever size";
	return arena_printf(j->arena,
			    "packets of %zu bytes over it are not "
			    "acknowledged, though those of %zu bytes are",
			    kept_length(vain), flow_largest_taken(f));
}
