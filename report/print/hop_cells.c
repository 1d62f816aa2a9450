// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/hop_cells.h"

#include <stdio.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/changes.h"

#define CHANGES_MAX 8 /* of one cell that are told apart */

const struct hop_column hop_columns[] = {
	{"SYN", SEGMENT_SYN, true, true, PURPOSE_TCP},
	{"MP_CAPABLE", SEGMENT_SYN, false, true, PURPOSE_MP_CAPABLE},
	{"3rd ACK", SEGMENT_ACK, false, false, PURPOSE_MP_CAPABLE},
	{"DSS", SEGMENT_DATA, false, false, PURPOSE_MP_CAPABLE},
	{"ACK", SEGMENT_PURE_ACK, false, false, PURPOSE_MP_CAPABLE},
	{"MP_JOIN", SEGMENT_JOIN_SYN, false, true, PURPOSE_MP_JOIN},
};

static bool in_column(const struct hop_column *c, const struct report_quote *q)
{
	return q->segment == c->segment && q->plain == c->plain;
}

/* What matters to MPTCP comes first. */
static bool weightier(const struct change *a, const struct change *b)
{
	static const char *const fields[] = {"tcp.option.mptcp", "payload"};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(b->field, fields[i]) == 0)
			return false;
		if (strcmp(a->field, fields[i]) == 0)
			return true;
	}
	return false;
}

struct tally {
	size_t quotes, whole; /* whole: every option quoted */
	const struct change *changes[CHANGES_MAX]; /* of different fields */
	size_t change_count;
};

static void tally_change(struct tally *t, const struct change *c)
{
	const struct change *first;
	size_t i;

	for (i = 0; i < t->change_count; i++)
		if (strcmp(t->changes[i]->field, c->field) == 0)
			return;
	if (t->change_count == CHANGES_MAX)
		return;
	t->changes[t->change_count++] = c;
	first = t->changes[0];
	if (weightier(c, first)) {
		t->changes[0] = c;
		t->changes[t->change_count - 1] = first;
	}
}

static struct tally tally(const struct hop_column *c,
			  const struct report_hop *h)
{
	struct tally t = {0};
	size_t i, k;

	for (i = 0; i < h->quote_count; i++) {
		const struct report_quote *q = &h->quotes[i];

		if (!in_column(c, q))
			continue;
		t.quotes++;
		t.whole += q->covers_options;
		for (k = 0; k < q->change_count; k++)
			tally_change(&t, &q->changes[k]);
	}
	return t;
}

static struct hop_cell cell(enum hop_mark mark, const char *text)
{
	struct hop_cell c = {.mark = mark};

	snprintf(c.text, sizeof(c.text), "%s", text);
	return c;
}

static enum hop_mark mark_of(const struct change *c)
{
	if (strcmp(c->field, "tcp.option.mptcp") == 0)
		return HOP_MPTCP;
	return strncmp(c->field, "payload", strlen("payload")) ? HOP_CHANGED
							       : HOP_PAYLOAD;
}

static const char *verb_of(const struct change *c)
{
	return c->quoted == NULL ? "no" : c->sent == NULL ? "extra" : "new";
}

/* "no MPTCP", "new MSS", "added mss", "no MPTCP +2" */
static struct hop_cell changed(struct arena *a, const struct tally *t)
{
	const struct change *c = t->changes[0];
	const char *verb = verb_of(c);
	const char *word = field_word(c->field);

	if (t->change_count == 1)
		return cell(mark_of(c), arena_printf(a, "%s %s", verb, word));
	return cell(mark_of(c), arena_printf(a, "%s %.5s +%zu", verb, word,
					     t->change_count - 1));
}

/* A SYN that is answered at this TTL is not quoted there. By what: NULL if it
 * is not answered. */
static const char *answer(const struct report *r, const struct hop_column *c,
			  const struct report_hop *h)
{
	const char *by_reset = NULL;
	size_t i;

	for (i = 0; c->syn && i < r->connection_count; i++) {
		const struct report_connection *k = &r->connections[i];

		if (k->purpose != c->purpose || k->reach_ttl != (int)h->ttl)
			continue;
		if (k->syn_ack || !k->reset)
			return h->is_target ? "reached" : "SYN/ACK";
		by_reset = "RST";
	}
	return by_reset;
}

struct hop_cell hop_cell(struct arena *a, const struct report *r,
			 const struct hop_column *c, const struct report_hop *h)
{
	struct tally all = tally(c, h);
	const char *answered = answer(r, c, h);

	if (all.change_count > 0)
		return changed(a, &all);
	if (all.whole > 0)
		return cell(HOP_INTACT, "intact");
	if (all.quotes > 0)
		return cell(HOP_PARTIAL, "partial");
	if (answered)
		return cell(HOP_ANSWERED, answered);
	return h->is_target ? cell(HOP_NOTHING, "") : cell(HOP_UNQUOTED, "-");
}

/* Whether cells of the hops before have no room for the same. */
static bool was_added(const struct report *r, const struct hop_column *c,
		      size_t hops, const struct change *wanted)
{
	for (size_t i = 0; i < hops; i++) {
		struct tally all = tally(c, &r->path[i]);

		for (size_t k = 1; k < all.change_count; k++)
			if (!strcmp(all.changes[k]->field, wanted->field) &&
			    verb_of(all.changes[k]) == verb_of(wanted))
				return true;
	}
	return false;
}

const char *hop_column_more(struct arena *a, const struct report *r,
			    const struct hop_column *c)
{
	const char *text = "";

	for (size_t i = 0; i < r->path_length; i++) {
		struct tally all = tally(c, &r->path[i]);

		for (size_t k = 1; k < all.change_count; k++)
			if (!was_added(r, c, i, all.changes[k]))
				text = arena_printf(
					a, "%s%s%s %s", text, *text ? ", " : "",
					verb_of(all.changes[k]),
					field_word(all.changes[k]->field));
	}
	return text;
}

bool hop_silent(const struct report *r, const struct report_hop *h)
{
	size_t i;

	for (i = 0; i < HOP_COLUMNS; i++)
		if (answer(r, &hop_columns[i], h))
			return false;
	return h->address.family == 0 && h->quote_count == 0;
}

bool hop_column_swept(const struct report *r, const struct hop_column *c)
{
	size_t i, k;

	for (i = 0; c->syn && i < r->connection_count; i++)
		if (r->connections[i].swept &&
		    r->connections[i].purpose == c->purpose)
			return true;
	for (i = 0; i < r->path_length; i++)
		for (k = 0; k < r->path[i].quote_count; k++)
			if (in_column(c, &r->path[i].quotes[k]))
				return true;
	return false;
}
