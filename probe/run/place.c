/* SPDX-License-Identifier: GPL-3.0-or-later
 * The hops around a place where others of a survey have their SYNs changed,
 * each once: what they quote shows whether this target's are changed there,
 * too.
 */
#include "probe/run/experiment.h"
#include "probe/run/live.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define PLACE_ROUNDS 2

/* Whose SYNs are copied; NULL: none went out. */
static struct client *client_of(const struct run *r, struct version *v)
{
	if (r->settings->place.segment == SEGMENT_SYN)
		return &v->sweep.client;
	return v->join.client.to ? &v->join.client : NULL;
}

static bool has_quoted(const struct run *r, struct version *v, unsigned ttl)
{
	const struct client *c = client_of(r, v);
	const struct flow *f = c ? client_flow(c) : NULL;

	return f && flow_quote(f, r->settings->place.segment, ttl);
}

bool place_wanted(const struct run *r, const struct version *v)
{
	const struct known_place *p = &r->settings->place;

	return p->last && p->version == v->number &&
	       v->bare.state != CONNECTION_IDLE &&
	       client_of(r, (struct version *)v);
}

static void copy_to(const struct run *r, struct version *v, unsigned ttl)
{
	bool syn = r->settings->place.segment == SEGMENT_SYN;

	client_send_syn(client_of(r, v),
			(struct copy){(uint8_t)ttl, true, syn});
}

/* The hop that shows the change first; those before it, which are to quote the
 * SYN as sent, behind so many that a device which lets some pass has none to
 * spare. */
static void ask(struct run *r, struct version *v)
{
	const struct known_place *p = &r->settings->place;

	if (!has_quoted(r, v, p->last))
		copy_to(r, v, p->last);
	spend(client_of(r, v));
	for (unsigned ttl = p->first; ttl < p->last; ttl++)
		if (!has_quoted(r, v, ttl))
			copy_to(r, v, ttl);
	r->current->round_us = live_now_us();
	r->current->rounds++;
}

void place_start(struct run *r, struct version *v)
{
	const struct known_place *p = &r->settings->place;

	if (p->segment == SEGMENT_SYN)
		sweep_open_capable(&v->sweep, &r->to, v->number, p->first,
				   p->last);
	ask(r, v);
}

static bool all_quoted(const struct run *r, struct version *v)
{
	const struct known_place *p = &r->settings->place;

	for (unsigned ttl = p->first; ttl <= p->last; ttl++)
		if (!has_quoted(r, v, ttl))
			return false;
	return true;
}

/* Once more where the first or the last of them did not quote: its answers may
 * have been spent. Those between may be silent. */
int64_t place_step(struct run *r, struct version *v, int64_t now_us)
{
	const struct known_place *p = &r->settings->place;
	bool again = r->current->rounds < PLACE_ROUNDS &&
		     !(has_quoted(r, v, p->first) && has_quoted(r, v, p->last));
	int64_t at_us = r->current->round_us +
			(again ? ROUTER_REST_US : quote_wait_us(&r->to));

	if (all_quoted(r, v))
		return OVER;
	if (now_us < at_us)
		return at_us;
	if (!again)
		return OVER;
	ask(r, v);
	return r->current->round_us + quote_wait_us(&r->to);
}
