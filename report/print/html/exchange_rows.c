// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/exchange.h"

#include <string.h>

#include "report/arena.h"
#include "report/print/html/parts.h"

#define SWEEP_TTL_MAX 63

static const char *ms(const struct exchange *e, double value)
{
	return value < 0 ? ""
			 : arena_printf(e->page->arena,
					value < 1000 ? "%.2f" : "%.0f", value);
}

static const char *frame(const struct exchange *e, uint64_t number)
{
	return arena_printf(e->page->arena, "%llu", (unsigned long long)number);
}

static void show_row(struct exchange *e, const struct talk_row *r)
{
	talk_row(&e->talk, r);
	e->rows++;
}

/* The finding by which segments of this kind get lost on the way; or NULL. */
static const struct finding *loss_of(const struct exchange *e,
				     const struct report_packet *k)
{
	const struct report *r = e->report;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];
		const char *what = strchr(f->kind->id, '.');

		if (finding_matters(f) && f->segment == k->segment && what &&
		    !strcmp(what, ".dropped") &&
		    finding_names(f, k->connection))
			return f;
	}
	return NULL;
}

static const struct report_packet *quote_of(const struct exchange *e,
					    const struct report_packet *k)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->packets[i].quotes == k->frame)
			return &e->packets[i];
	return NULL;
}

/* A SYN that nothing came back for. */
static bool is_unanswered(const struct exchange *e, const struct packet *p)
{
	return exchange_is_syn(p) && e->connection && !e->connection->syn_ack &&
	       !e->connection->reset;
}

static double lost_at(const struct exchange *e, const struct finding *f)
{
	double from =
		f && f->after.known ? exchange_place(e, f->after.ttl) : HOST_AT;
	double to = f && f->at.known ? exchange_place(e, f->at.ttl) : SERVER_AT;

	if (to > SERVER_AT)
		to = SERVER_AT;
	return f ? (from + to) / 2 : SERVER_AT - 12;
}

/* What was sent with a TTL that is too small; false: it was not. */
static bool expires(const struct exchange *e, const struct report_packet *k,
		    const struct packet *p, unsigned *ttl)
{
	const struct report_packet *quote = quote_of(e, k);
	int reach = e->connection ? e->connection->reach_ttl : -1;

	*ttl = p->ip.ttl;
	return (quote && quote->hop) || (reach > 0 && (int)*ttl < reach) ||
	       *ttl < e->target;
}

static void sent_row(struct exchange *e, const struct report_packet *k,
		     const struct packet *p)
{
	const struct finding *loss = loss_of(e, k);
	unsigned ttl;
	bool short_of = expires(e, k, p, &ttl);
	bool lost = !short_of && (loss || is_unanswered(e, p));
	double to = short_of ? exchange_place(e, ttl) : SERVER_AT;

	if (short_of && loss && !quote_of(e, k)) {
		lost = true;
		to = lost_at(e, loss);
	}
	show_row(e, &(struct talk_row){
			    .from = HOST_AT,
			    .to = lost && !short_of ? lost_at(e, loss) : to,
			    .lost = lost,
			    .bare = !exchange_mptcp(e->page, p),
			    .time = ms(e, k->ms),
			    .words = arena_printf(
				    e->page->arena, "%s%s%s",
				    short_of ? arena_printf(e->page->arena,
							    "TTL %u, ", ttl)
					     : "",
				    exchange_words(e->page, p),
				    lost ? " (no answer)" : ""),
			    .frame = frame(e, k->frame),
			    .severity = loss ? severity_of_effect(loss->effect)
					     : NULL,
		    });
}

static void received_row(struct exchange *e, const struct report_packet *k,
			 const struct packet *p)
{
	show_row(e, &(struct talk_row){
			    .from = SERVER_AT,
			    .to = HOST_AT,
			    .bare = !exchange_mptcp(e->page, p),
			    .time = ms(e, k->ms),
			    .words = exchange_words(e->page, p),
			    .frame = frame(e, k->frame),
		    });
}

static void quote_row(struct exchange *e, const struct report_packet *k,
		      const struct packet *p)
{
	show_row(e,
		 &(struct talk_row){
			 .from = k->hop ? exchange_place(e, k->hop) : SERVER_AT,
			 .to = HOST_AT,
			 .bare = !exchange_mptcp(e->page, p),
			 .time = ms(e, k->ms),
			 .words = arena_printf(
				 e->page->arena, "%s quotes %s",
				 k->hop ? arena_printf(e->page->arena, "hop %u",
						       k->hop)
					: address_words(e->page, &k->responder),
				 exchange_words(e->page, p)),
			 .frame = frame(e, k->frame),
		 });
}

/* --- sweeps --------------------------------------------------------------- */

static const char *folded_words(const struct exchange *e)
{
	struct arena *a = e->page->arena;
	const char *ttls =
		e->first_ttl == e->last_ttl
			? arena_printf(a, "TTL %u", e->first_ttl)
			: arena_printf(a, "%u with TTL %u to %u", e->expired,
				       e->first_ttl, e->last_ttl);

	if (!e->quoted)
		return ttls;
	if (e->quoted == e->expired)
		return arena_printf(a, "%s, quoted", ttls);
	return arena_printf(a, "%s, %u of them quoted", ttls, e->quoted);
}

void exchange_unfold(struct exchange *e)
{
	unsigned last = e->last_ttl < e->target ? e->last_ttl : e->target;

	if (!e->expired)
		return;
	show_row(e, &(struct talk_row){
			    .from = HOST_AT,
			    .to = last == e->target ? SERVER_AT
						    : exchange_place(e, last),
			    .time = ms(e, e->folded_ms),
			    .words = folded_words(e),
			    .frame = frame(e, e->folded_frame),
		    });
	e->expired = e->quoted = 0;
}

static void fold(struct exchange *e, const struct report_packet *k,
		 unsigned ttl)
{
	if (!e->expired) {
		e->first_ttl = e->last_ttl = ttl;
		e->folded_ms = k->ms;
		e->folded_frame = k->frame;
	}
	e->first_ttl = ttl < e->first_ttl ? ttl : e->first_ttl;
	e->last_ttl = ttl > e->last_ttl ? ttl : e->last_ttl;
	e->expired++;
	e->quoted += quote_of(e, k) != NULL;
}

/* The rest of a sweep, with TTLs that reach the server; one as any host uses
 * is an attempt of its own. */
static bool is_swept_further(const struct exchange *e, const struct packet *p)
{
	return e->connection && e->connection->swept && exchange_is_syn(p) &&
	       p->ip.ttl > e->target && p->ip.ttl <= SWEEP_TTL_MAX;
}

void exchange_row(struct exchange *e, const struct report_packet *k)
{
	struct packet p;
	unsigned ttl;

	if (!exchange_parse(k, &p))
		return;
	if (k->quotes) {
		if (k->hop && !exchange_has_lane(e, k->hop))
			return; /* its segment is told */
		exchange_unfold(e);
		quote_row(e, k, &p);
	} else if (k->received) {
		exchange_unfold(e);
		received_row(e, k, &p);
	} else if ((expires(e, k, &p, &ttl) && !exchange_has_lane(e, ttl)) ||
		   is_swept_further(e, &p)) {
		fold(e, k, ttl);
	} else {
		exchange_unfold(e);
		sent_row(e, k, &p);
	}
}
