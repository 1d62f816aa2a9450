/* SPDX-License-Identifier: GPL-3.0-or-later
 * How long a server took to go on over the other subflow with data that was
 * not acknowledged on the first.
 */
#include "crafting/mptcp.h"
#include "crafting/segment.h"
#include "report/evidence/judgement.h"
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

/* Before this time the client had acknowledged it. */
static bool acked_before(const struct flow *f, const struct kept *data,
			 int64_t time_us)
{
	uint32_t end = data->packet.tcp.sequence +
		       (uint32_t)data->packet.tcp.payload_length;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (k->time_us < time_us &&
		    k->packet.tcp.flags & TCP_FLAG_ACK &&
		    seq_diff(k->packet.tcp.acknowledgment, end) >= 0)
			return true;
	}
	return false;
}

/* From what came first on one to the same data on the other; -1: it did not
 * come there, or not because of that. */
static double from_to(const struct flow *silent, const struct flow *other)
{
	for (size_t i = 0; i < silent->received_count; i++) {
		const struct kept *k = silent->received[i], *again;
		const struct mptcp_option *o = mapping_of(k);

		again = o ? data_at(other, o->dss.dsn) : NULL;
		if (again && again->time_us > k->time_us &&
		    !acked_before(silent, k, again->time_us))
			return (double)(again->time_us - k->time_us) / 1000;
	}
	return -1;
}

double takeover_ms(const struct flow *parent, const struct flow *join)
{
	double there = from_to(parent, join);

	return there >= 0 ? there : from_to(join, parent);
}
