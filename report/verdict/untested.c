/* SPDX-License-Identifier: GPL-3.0-or-later
 * What was not tested, so that no verdict says more than it knows.
 */
#include <string.h>

#include "report/arena.h"
#include "report/evidence/ledger.h"
#include "report/evidence/sizes.h"

static const char *const rungs[RUNG_COUNT] = {
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

static const struct {
	const char *what, *words;
} others[] = {
	{"add_addr", "ADD_ADDR"},
	{"announced", "a subflow to an announced address"},
	{"full_size", "full-size data"},
	{"join_full_size", "full-size data on the second subflow"},
	{"join_answer", "a longer answer on the second subflow"},
	{"full_answer", "full-size answers"},
	{"long", "long transfers"},
};

const char *untested_words(const char *what)
{
	for (size_t i = 0; i < RUNG_COUNT; i++)
		if (strcmp(rung_name((enum ladder_rung)i), what) == 0)
			return rungs[i];
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(others[i].what, what) == 0)
			return others[i].words;
	return what;
}

static struct untested *add(struct judgement *j, const char *what,
			    const char *why)
{
	struct untested *u =
		ARENA_PUSH(j->arena, j->r->untested, j->r->untested_count);

	*u = (struct untested){what, untested_words(what), why};
	return u;
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

/* The client acknowledges none of them (RFC 8684 3.4.1), as far as is seen
 * where they pass: whether they arrive is open. */
static bool none_echoed(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct mptcp_connection *c = j->flows[i]->connection;

		for (size_t k = 0; c && k < c->address_count; k++)
			if (c->addresses[k].host == 1 &&
			    c->addresses[k].echo_frame)
				return false;
	}
	return j->r->announcement_count > 0;
}

static void of_addresses(struct judgement *j)
{
	if (!any_announced(j))
		add(j, "add_addr",
		    j->working ? "none announced" : "MPTCP was not in use");
	else if (!j->controlled && j->r->vantage != VANTAGE_CLIENT &&
		 none_echoed(j))
		add(j, "add_addr", "the client echoes none");
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

/* Announced, and asked for in vain. */
static void of_places(struct judgement *j)
{
	for (size_t i = 0; i < j->r->announcement_count; i++) {
		const struct announcement *a = &j->r->announcements[i];
		const char *why = announced_in_vain(j, a);

		if (why && !joins_found(j))
			add(j, "announced", why)->words = arena_printf(
				j->arena, "a subflow to %s",
				arena_address(j->arena, &a->address));
	}
}

/* ---- more than a few bytes ------------------------------------------------
 */

/* Hardly a device takes so much for an acknowledgment. */
#define ANSWER_MIN 128
/* Segments with data of one connection: more than begin it. */
#define LONG_MIN 8

static bool sent_full_size(const struct flow *f)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_brings_data(f->sent[i], true) &&
		    is_full_size(f, kept_length(f->sent[i])))
			return true;
	return false;
}

static bool took_full_size(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return is_full_size(f, flow_largest_taken(f));
}

static bool first_took_full_size(const struct judgement *j,
				 const struct flow *f)
{
	return !flow_joins(f) && took_full_size(j, f);
}

static const char *why_no_full_size(const struct flow *f)
{
	if (sent_full_size(f))
		return "not acknowledged";
	return flow_server_ended(f) ? "the server closed"
				    : "the request is short";
}

/* It was tested, and found. */
static bool dss_found(const struct judgement *j)
{
	return finding_find(j, "dss.dropped") || finding_find(j, "dss.removed");
}

static bool size_found(const struct judgement *j)
{
	return finding_find(j, "ip.too_big_dropped") ||
	       finding_find(j, "dss.dropped");
}

/* Over the first subflow, where there is no second. */
static void of_first(struct judgement *j)
{
	if (!ask_witnesses(j, took_full_size, NULL) && !size_found(j))
		add(j, "full_size", why_no_full_size(j->taking));
}

static void of_joined(struct judgement *j, const struct flow *f)
{
	bool ended = flow_server_ended(f) ||
		     flow_server_ended(j->o->flows[f->join.parent]);

	if (!took_full_size(j, f) && !size_found(j))
		add(j, "join_full_size", why_no_full_size(f));
	else if (!ask_witnesses(j, first_took_full_size, NULL) &&
		 !size_found(j))
		add(j, "full_size", "it went over the second")->words =
			"full-size data on the first subflow";
	if (f->payload_received < ANSWER_MIN)
		add(j, "join_answer",
		    f->payload_received ? "the server says little"
		    : ended		? "the server closed"
					: "none came on it");
}

static bool sent_before(const struct flow *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (kept_brings_data(f->sent[k], true) &&
		    f->sent[k]->packet.tcp.sequence ==
			    f->sent[i]->packet.tcp.sequence)
			return true;
	return false;
}

static bool was_long(const struct judgement *j, const struct flow *f)
{
	unsigned count = 0;

	(void)j;
	for (size_t i = 0; i < f->sent_count; i++)
		count += kept_brings_data(f->sent[i], true) &&
			 flow_acked(f, f->sent[i]) && !sent_before(f, i);
	return count >= LONG_MIN && flow_data_acked(f);
}

static bool got_full_size(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return is_full_size(f, flow_largest_answer(f));
}

static bool got_any(const struct judgement *j, const struct flow *f)
{
	(void)j;
	return flow_largest_answer(f) != 0;
}

/* The server's data in packets of full size. */
static void of_answers(struct judgement *j)
{
	if (!ask_witnesses(j, got_full_size, NULL) && !dss_found(j))
		add(j, "full_answer",
		    ask_witnesses(j, got_any, NULL) ? "the server's are short"
						    : "none came");
}

/* Where it is a test and not somebody's traffic. */
static void of_sizes(struct judgement *j)
{
	const struct flow *f = join_flow(j);

	if (!j->controlled || !j->taking)
		return;
	if (j->r->ladder[RUNG_JOIN_DATA].result != RUNG_PASS)
		of_first(j);
	else if (!joins_found(j))
		of_joined(j, f);
	of_answers(j);
	if (!ask_witnesses(j, was_long, NULL))
		add(j, "long", "--all");
}

void judge_untested(struct judgement *j)
{
	for (unsigned i = 0; i < RUNG_COUNT; i++) {
		const struct ladder_step *s = &j->r->ladder[i];

		if (i == RUNG_JOIN)
			of_addresses(j);
		if (i == RUNG_JOIN_DATA && s[-1].result != RUNG_PASS)
			continue; /* its lack of a subflow is told above */
		if (is_untested(j, s))
			add(j, rung_name(i), s->text);
	}
	of_places(j);
	of_sizes(j);
}
