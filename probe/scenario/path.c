// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/path.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "crafting/segment.h"
#include "probe/scenario/exchange.h"
#include "report/arena.h"
#include "report/judge.h"
#include "report/report.h"
#include "report/track/observer.h"

#define COPIES_MAX 6 /* what a router quotes at once */
#define FARTHEST 15  /* hop */
#define ROUNDS 4     /* a second apart: a router quotes one each, then */
#define FIRST_US 300000
#define REST_US 1100000

/* A segment of the script, to be sent again. */
struct copy {
	const struct subflow *subflow;
	const struct kept *segment;
};

/* --- which segments ------------------------------------------------------ */

static bool is_telling(const struct kept *k)
{
	return k->options.mptcp_count &&
	       !(k->packet.tcp.flags & TCP_FLAG_RST) &&
	       k->packet.tcp.available == k->packet.tcp.length;
}

/* Of one kind, and with the same option: what is done to one is to the other.
 */
static bool alike(const struct kept *a, const struct kept *b)
{
	return a->kind == b->kind && a->options.mptcp_count &&
	       b->options.mptcp_count &&
	       a->options.mptcp[0].subtype == b->options.mptcp[0].subtype;
}

static bool has_alike(const struct copy *copies, size_t count,
		      const struct kept *k)
{
	for (size_t i = 0; i < count; i++)
		if (alike(copies[i].segment, k))
			return true;
	return false;
}

/* One of each sort, of the latest subflows first. */
static size_t choose_copies(const struct exchange *x, struct copy *out)
{
	size_t count = 0;

	for (size_t i = x->subflow_count; i-- > 0;) {
		const struct subflow *s = x->subflows[i];
		const struct flow *f = subflow_flow(s);

		for (size_t k = 0; f && k < f->sent_count; k++)
			if (count < COPIES_MAX && is_telling(f->sent[k]) &&
			    !has_alike(out, count, f->sent[k]))
				out[count++] = (struct copy){s, f->sent[k]};
	}
	return count;
}

/* Routers before the server, by the way back: those of the way there are as
 * many, or a copy is a segment that the server has had already. */
static unsigned count_routers(const struct exchange *x)
{
	for (size_t i = 0; i < x->subflow_count; i++) {
		const struct flow *f = subflow_flow(x->subflows[i]);
		const struct kept *k = f ? flow_syn_ack(f) : NULL;
		unsigned ttl = k ? k->packet.ip.ttl : 0;

		if (k)
			return initial_ttl(ttl) - ttl < FARTHEST
				       ? initial_ttl(ttl) - ttl
				       : FARTHEST;
	}
	return 0;
}

/* --- sending ------------------------------------------------------------- */

static bool is_quoted(const struct copy *c, unsigned ttl)
{
	const struct flow *f = subflow_flow(c->subflow);

	for (size_t i = 0; i < f->quote_count; i++) {
		const struct kept *k = f->sent[f->quotes[i].sent];

		if (k->packet.ip.ttl == ttl && alike(k, c->segment))
			return true;
	}
	return false;
}

static bool send_copy(struct exchange *x, const struct copy *c, unsigned ttl)
{
	const struct packet *p = &c->segment->packet;
	struct ip_envelope envelope = {
		.source = p->ip.source,
		.destination = p->ip.destination,
		.protocol = IPPROTO_TCP,
		.ttl = (uint8_t)ttl,
		.traffic_class = p->ip.traffic_class,
		.dont_fragment = true,
		.flow_label = c->subflow->choices.flow_label,
	};

	return x->peer->ops->send(x->peer, &envelope, p->tcp.bytes,
				  p->tcp.length) == PEER_OK;
}

/* False: all are quoted, or no more can be sent. */
static bool send_round(struct exchange *x, const struct copy *copies,
		       size_t count, unsigned routers)
{
	bool sent = false;

	for (unsigned ttl = 1; ttl <= routers; ttl++) {
		for (size_t i = 0; i < count; i++) {
			if (is_quoted(&copies[i], ttl))
				continue;
			if (!send_copy(x, &copies[i], ttl))
				return false;
			sent = true;
		}
	}
	return sent;
}

/* --- judging ------------------------------------------------------------- */

static bool is_of(const struct exchange *x, const struct finding *f)
{
	for (size_t i = 0; i < x->subflow_count; i++) {
		const struct flow *flow = subflow_flow(x->subflows[i]);

		for (size_t c = 0; flow && c < f->connection_count; c++)
			if (f->connections[c] == flow->id)
				return true;
	}
	return false;
}

/* Told by what hops quote, not by what the peer answers or does not. */
static bool blames_path(const struct exchange *x, const struct finding *f)
{
	return f->effect != EFFECT_HARMLESS && !f->or_server &&
	       f->direction == DIRECTION_FORWARD &&
	       f->confidence == CONFIDENCE_PROVEN && f->at.known && is_of(x, f);
}

static const char *judge_path(struct exchange *x)
{
	const struct subflow *s = x->subflows[0];
	const struct judge_target target = {s->choices.target, s->choices.port};
	struct report *r = judge(x->peer->observer, &target);
	const char *said = NULL;

	for (size_t i = 0; i < r->finding_count && !said; i++) {
		const char *text = r->findings[i].text;
		int length = (int)strlen(text);

		if (length && text[length - 1] == '.')
			length--;
		if (blames_path(x, &r->findings[i]))
			said = arena_printf(x->arena, "%.*s", length, text);
	}
	report_free(r);
	return said;
}

const char *path_changes(struct exchange *x)
{
	struct copy copies[COPIES_MAX];
	size_t count = choose_copies(x, copies);
	/* In IPv6 nothing tells which of the copies was quoted changed. */
	bool told = count && copies[0].segment->packet.ip.version == 4;
	unsigned routers = count_routers(x);
	struct peer *p = x->peer;
	const char *said = NULL;

	for (int round = 0; told && round < ROUNDS && !said; round++) {
		int64_t until;

		if (!send_round(x, copies, count, routers))
			break;
		until = p->ops->now_us(p) + (round ? REST_US : FIRST_US) +
			4 * copies[0].subflow->rtt_us;
		while (p->ops->wait(p, until))
			;
		said = judge_path(x);
	}
	if (p->replay)
		p->error[0] = '\0';
	return said;
}
