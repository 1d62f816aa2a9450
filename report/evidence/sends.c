/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/evidence/sends.h"

#include <stdlib.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/evidence/sizes.h"

static uint32_t end_of(const struct kept *k)
{
	return k->packet.tcp.sequence + (uint32_t)k->packet.tcp.payload_length;
}

/* The same bytes, in a segment of the same kind, later; or NULL. */
static const struct kept *sent_again(const struct flow *f, size_t i,
				     bool mapped)
{
	for (size_t n = i + 1; n < f->sent_count; n++)
		if (kept_brings_data(f->sent[n], mapped) &&
		    f->sent[n]->packet.tcp.sequence ==
			    f->sent[i]->packet.tcp.sequence &&
		    kept_length(f->sent[n]) == kept_length(f->sent[i]))
			return f->sent[n];
	return NULL;
}

/* Whether other bytes went out in its place: a device may drop one of the two
 * for that. */
static bool is_changed(const struct flow *f, const struct kept *k)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (f->sent[i]->packet.tcp.sequence == k->packet.tcp.sequence &&
		    kept_length(f->sent[i]) == kept_length(k) &&
		    !kept_same_bytes(f->sent[i], k))
			return true;
	return false;
}

static bool acked_by(const struct flow *f, uint32_t sequence, int64_t by_us)
{
	for (size_t i = 0; i < f->received_count; i++)
		if (f->received[i]->time_us <= by_us &&
		    seq_diff(f->received[i]->packet.tcp.acknowledgment,
			     sequence) >= 0)
			return true;
	return false;
}

/* Data behind a hole is not acknowledged before that is filled. */
static bool is_next(const struct flow *f, const struct kept *k)
{
	return acked_by(f, k->packet.tcp.sequence, k->time_us);
}

/* Data that the server has acknowledged, from the flow's segment *i on, sent
 * when all before it had arrived; and whether it was sent again in want of an
 * ACK. NULL: there is no more. */
static const struct kept *next_send(const struct flow *f, bool mapped,
				    size_t *i, bool *lost)
{
	for (; *i < f->sent_count; ++*i) {
		const struct kept *k = f->sent[*i], *again;

		if (!kept_brings_data(k, mapped) || !flow_acked(f, k) ||
		    !is_next(f, k) || is_changed(f, k))
			continue;
		again = sent_again(f, (*i)++, mapped);
		*lost = again && !acked_by(f, end_of(k), again->time_us);
		return k;
	}
	return NULL;
}

struct tries sends_of(const struct flow *f, bool mapped)
{
	struct tries t = {0};
	bool lost;

	for (size_t i = 0; next_send(f, mapped, &i, &lost);) {
		t.sent++;
		t.lost += lost;
	}
	return t;
}

static void add(struct tries *sum, struct tries t)
{
	sum->sent += t.sent;
	sum->lost += t.lost;
}

static bool may_be_mapped(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) || flow_is(f, PURPOSE_MP_JOIN);
}

struct tries sends_among(struct flow *const *flows, size_t count, bool mapped)
{
	struct tries t = {0};

	for (size_t i = 0; i < count; i++)
		if (mapped ? may_be_mapped(flows[i])
			   : flow_is(flows[i], PURPOSE_TCP))
			add(&t, sends_of(flows[i], mapped));
	return t;
}

struct tries sends_mapped(const struct judgement *j)
{
	return sends_among(j->flows, j->flow_count, true);
}

struct tries sends_plain(const struct judgement *j)
{
	return sends_among(j->flows, j->flow_count, false);
}

struct send {
	int64_t time_us;
	bool mapped, lost;
};

static int by_time(const void *a, const void *b)
{
	const struct send *x = a, *y = b;

	return (x->time_us > y->time_us) - (x->time_us < y->time_us);
}

struct tries sends_apart(const struct judgement *j)
{
	struct send *list = NULL;
	struct tries t = {0};
	size_t count = 0;
	bool lost, before = false;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		bool mapped = may_be_mapped(f);
		const struct kept *k;

		for (size_t n = 0; (k = next_send(f, mapped, &n, &lost));)
			*ARENA_PUSH(j->arena, list, count) =
				(struct send){k->time_us, mapped, lost};
	}
	if (count)
		qsort(list, count, sizeof(*list), by_time);
	for (size_t i = 0; i < count; before = list[i++].lost) {
		if (!list[i].mapped || (list[i].lost && before))
			continue;
		t.sent++;
		t.lost += list[i].lost;
	}
	return t;
}

/* SYNs are a control as well, where plain data arrives at once; loss may take
 * data alone. */
static struct tries control_of(const struct judgement *j)
{
	struct tries t = sends_plain(j);

	if (!t.lost)
		add(&t, tries_of(&j->plain));
	return t;
}

/* Another program may send again early, or wait for long. */
const char *sends_phrase(const struct judgement *j)
{
	struct tries mapped, plain;

	if (!j->controlled)
		return "";
	mapped = sends_mapped(j);
	plain = sends_plain(j);
	if (chance_of_losses(mapped, control_of(j)) >= CHANCE_OF_DOUBT)
		return "";
	return arena_printf(j->arena,
			    " %u of %u data segments with DSS, however, had to "
			    "be sent again; without MPTCP, %u of %u, and %u of "
			    "%u SYNs.",
			    mapped.lost, mapped.sent, plain.lost, plain.sent,
			    j->plain.lost, j->plain.sent);
}
