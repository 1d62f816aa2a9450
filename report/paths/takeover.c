/* SPDX-License-Identifier: GPL-3.0-or-later
 * How long a server took to go on over the other subflow with data that was
 * not acknowledged on the first, and over the first again when it was.
 */
#include "crafting/mptcp.h"
#include "crafting/segment.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/paths/paths.h"

static const struct mptcp_option *mapping_of(const struct kept *k)
{
	const struct mptcp_option *o =
		k->packet.tcp.payload_length
			? tcp_options_mptcp(&k->options, MP_DSS)
			: NULL;

	return o && o->dss.flags & DSS_MAPPING ? o : NULL;
}

/* The first data on a subflow that begins with this DSN; or NULL. */
static const struct kept *data_at(const struct flow *f, uint64_t dsn)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct mptcp_option *o = mapping_of(f->received[i]);

		if (o && o->dss.dsn == dsn)
			return f->received[i];
	}
	return NULL;
}

static uint32_t end_of(const struct kept *k)
{
	return k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length;
}

/* When the client acknowledged that on its own subflow; FOREVER: it did not. */
#define FOREVER INT64_MAX
static int64_t acked_us(const struct flow *f, const struct kept *data)
{
	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->time_us >= data->time_us &&
		    k->packet.tcp.flags & TCP_FLAG_ACK &&
		    !(k->packet.tcp.flags & TCP_FLAG_RST) &&
		    seq_diff(k->packet.tcp.acknowledgment, end_of(data)) >= 0)
			return k->time_us;
	}
	return FOREVER;
}

/* ---- there --------------------------------------------------------------- */

/* The first that came over one and, before it was acknowledged there, over the
 * other: `again`. NULL: none. */
static const struct kept *taken(const struct flow *silent,
				const struct flow *other,
				const struct kept **again)
{
	for (size_t i = 0; i < silent->received_count; i++) {
		const struct kept *k = silent->received[i];
		const struct mptcp_option *o = mapping_of(k);

		*again = o ? data_at(other, o->dss.dsn) : NULL;
		if (*again && (*again)->time_us > k->time_us &&
		    acked_us(silent, k) >= (*again)->time_us)
			return k;
	}
	return NULL;
}

static int64_t rtt_us(const struct flow *f)
{
	const struct kept *answer = flow_syn_ack(f);

	return answer ? answer->time_us - f->first_us : 0;
}

/* The subflow could be used then, and the capture goes on for long enough. */
static bool is_in_vain(const struct flow *silent, const struct flow *other,
		       const struct flow *join, const struct kept *k)
{
	int64_t rtt =
		rtt_us(silent) > rtt_us(other) ? rtt_us(silent) : rtt_us(other);
	int64_t end = silent->last_us > other->last_us ? silent->last_us
						       : other->last_us;
	int64_t until = k->time_us + TAKEOVER_NEVER_US + TAKEOVER_RTTS * rtt;

	return join->join.fourth_ack_frame &&
	       join->join.fourth_ack_frame < k->frame && !flow_reset(silent) &&
	       !flow_reset(other) && end >= until &&
	       acked_us(silent, k) >= until;
}

static bool never(const struct flow *silent, const struct flow *other,
		  const struct flow *join)
{
	for (size_t i = 0; i < silent->received_count; i++) {
		const struct kept *k = silent->received[i];
		const struct mptcp_option *o = mapping_of(k);

		if (o && !data_at(other, o->dss.dsn) &&
		    is_in_vain(silent, other, join, k))
			return true;
	}
	return false;
}

/* ---- and back ------------------------------------------------------------ */

/* The first data over it that is new there, behind that time. */
static const struct kept *new_data(const struct flow *f, int64_t since_us)
{
	uint32_t next = f->server_isn + 1;

	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];

		if (!k->packet.tcp.payload_length)
			continue;
		if (k->time_us > since_us &&
		    seq_diff(k->packet.tcp.sequence, next) >= 0)
			return k;
		if (seq_diff(end_of(k), next) > 0)
			next = end_of(k);
	}
	return NULL;
}

static double back_ms(const struct flow *silent, const struct kept *first)
{
	int64_t acked = acked_us(silent, first);
	const struct kept *data =
		acked == FOREVER ? NULL : new_data(silent, acked);

	return data ? (double)(data->time_us - acked) / 1000 : -1;
}

/* ---- twice --------------------------------------------------------------- */

/* Of one subflow, by the lower halves of the DSNs. */
static void add_data(struct stream *all, const struct flow *f)
{
	for (size_t i = 0; i < f->received_count; i++) {
		const struct kept *k = f->received[i];
		const struct mptcp_option *o = mapping_of(k);

		if (o)
			stream_add(all,
				   (uint32_t)o->dss.dsn +
					   (k->packet.tcp.sequence -
					    f->server_isn - o->dss.ssn),
				   (uint32_t)k->packet.tcp.payload_length);
	}
}

static void count_bytes(struct path_takeover *t, const struct flow *parent,
			const struct flow *join)
{
	struct side both = {0};

	add_data(&both.stream, parent);
	add_data(&both.stream, join);
	t->twice = both.stream.bytes_again;
	for (size_t i = 0; i < both.stream.gap_count; i++)
		t->missing += (uint32_t)seq_diff(both.stream.gaps[i].to,
						 both.stream.gaps[i].from);
	side_free(&both);
}

struct path_takeover takeover_of(const struct flow *parent,
				 const struct flow *join)
{
	struct path_takeover t = {.ms = -1, .back_ms = -1};
	const struct flow *silent = parent;
	const struct kept *again;
	const struct kept *first = taken(parent, join, &again);

	if (!first) {
		silent = join;
		first = taken(join, parent, &again);
	}
	if (first) {
		t.result = TAKEOVER_TAKEN;
		t.ms = (double)(again->time_us - first->time_us) / 1000;
		t.back_ms = back_ms(silent, first);
	} else if (never(parent, join, join) || never(join, parent, join)) {
		t.result = TAKEOVER_NEVER;
	}
	if (t.result != TAKEOVER_UNTRIED)
		count_bytes(&t, parent, join);
	return t;
}
