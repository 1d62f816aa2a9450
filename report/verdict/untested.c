/* SPDX-License-Identifier: GPL-3.0-or-later
 * What was not tested, so that no verdict says more than it knows.
 */
#include "report/arena.h"
#include "report/evidence/judgement.h"

static const char *const words[RUNG_COUNT] = {
	[RUNG_TCP] = "plain TCP",
	[RUNG_DISTANCE] = "the distance of what answers",
	[RUNG_SYN_ACK_OPTION] = "MP_CAPABLE",
	[RUNG_NOT_MIRRORED] = "whose MP_CAPABLE comes back",
	[RUNG_RANDOM_TOKEN] = "an unknown token",
	[RUNG_DATA_ACK] = "DATA_ACKs",
	[RUNG_SERVER_DSN] = "the server's DSN",
	[RUNG_CHECKSUM] = "DSS checksums",
	[RUNG_JOIN] = "joins",
	[RUNG_JOIN_DATA] = "data over a second subflow",
};

static void add(struct judgement *j, const char *what, const char *in_words,
		const char *why)
{
	*ARENA_PUSH(j->arena, j->r->untested, j->r->untested_count) =
		(struct untested){what, in_words, why};
}

/* By whichever host. */
static bool any_announced(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct mptcp_connection *c = j->flows[i]->connection;

		for (size_t k = 0; c && k < c->address_count; k++)
			if (c->addresses[k].frame)
				return true;
	}
	return false;
}

static bool is_of_join(enum segment_kind kind)
{
	switch (kind) {
	case SEGMENT_JOIN_SYN:
	case SEGMENT_JOIN_SYN_ACK:
	case SEGMENT_JOIN_ACK:
	case SEGMENT_JOIN_DATA:
		return true;
	default:
		return false;
	}
}

static bool joins_found(const struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++)
		if (is_of_join(j->r->findings[i].segment))
			return true;
	return false;
}

/* That it was skipped; or that it failed, and nobody knows why. */
static bool is_untested(const struct judgement *j, const struct ladder_step *s)
{
	return s->result == RUNG_SKIPPED ||
	       (s->result == RUNG_FAIL && s->rung >= RUNG_JOIN &&
		!joins_found(j));
}

void judge_untested(struct judgement *j)
{
	for (unsigned i = 0; i < RUNG_COUNT; i++) {
		const struct ladder_step *s = &j->r->ladder[i];

		if (i == RUNG_JOIN && !any_announced(j))
			add(j, "add_addr", "ADD_ADDR",
			    j->working ? "none announced"
				       : "MPTCP was not in use");
		if (i == RUNG_JOIN_DATA && s[-1].result != RUNG_PASS)
			continue; /* its lack of a subflow is told above */
		if (is_untested(j, s))
			add(j, rung_name(i), words[i], s->text);
	}
}
