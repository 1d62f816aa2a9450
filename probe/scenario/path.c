// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/path.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/segment.h"
#include "crafting/tcp_options.h"
#include "probe/scenario/exchange.h"
#include "report/arena.h"
#include "report/judge/judge.h"
#include "report/report.h"
#include "report/track/observer.h"

#define COPIES_MAX 6	 /* what a router quotes at once */
#define FARTHEST 15	 /* hop */
#define SEGMENT_MAX 1460 /* in what a script sends over IPv6 */
#define ROUNDS 4	 /* a second apart: a router quotes one each, then */
#define FIRST_US 300000
#define REST_US 1100000

/* A segment of the script, to be sent again. */
struct copy {
	const struct subflow *subflow;
	const struct kept *segment;
	uint32_t stamp; /* less its TTL */
};

/* --- which segments ------------------------------------------------------ */

/* NOPs and timestamps (RFC 7323 3.2), which who did not agree to them ignores.
 */
#define STAMP_LENGTH 12
#define OPTIONS_MAX 40

/* IPv6 has no IDs, which tell the copy that a router quotes: timestamps do. */
static bool is_stamped(const struct kept *k)
{
	return k->packet.ip.version == 6;
}

static bool has_room(const struct kept *k)
{
	return !is_stamped(k) ||
	       (!k->options.has_timestamps &&
		k->packet.tcp.options_length <= OPTIONS_MAX - STAMP_LENGTH);
}

static bool is_telling(const struct kept *k)
{
	return k->options.mptcp_count &&
	       !(k->packet.tcp.flags & TCP_FLAG_RST) &&
	       k->packet.tcp.available == k->packet.tcp.length && has_room(k);
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
				out[count++] = (struct copy){s, f->sent[k], 0};
	}
	for (size_t i = 0; i < count; i++)
		out[i].stamp = out[i].subflow->choices.isn +
			       (uint32_t)i * (FARTHEST + 1);
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

/* The segment, with its timestamp in front of its options. */
static size_t write_stamped(const struct copy *c, unsigned ttl, uint8_t *out,
			    size_t size)
{
	const struct packet *p = &c->segment->packet;
	const struct tcp_view *tcp = &p->tcp;
	uint8_t options[OPTIONS_MAX];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = tcp_segment_of(tcp);
	ssize_t length;

	write_nop(&w, 2);
	write_timestamps(&w, c->stamp + ttl, 0);
	write_bytes(&w, tcp->options, tcp->options_length);
	t.options = options;
	t.options_length = w.length;
	length = tcp_segment_write(&t, &p->ip.source, &p->ip.destination, out,
				   size);
	return length < 0 ? 0 : (size_t)length;
}

static bool send_copy(struct exchange *x, const struct copy *c, unsigned ttl)
{
	const struct packet *p = &c->segment->packet;
	const uint8_t *segment = p->tcp.bytes;
	size_t length = p->tcp.length;
	uint8_t stamped[SEGMENT_MAX];
	struct ip_envelope envelope = {
		.source = p->ip.source,
		.destination = p->ip.destination,
		.protocol = IPPROTO_TCP,
		.ttl = (uint8_t)ttl,
		.traffic_class = p->ip.traffic_class,
		.dont_fragment = true,
		.flow_label = c->subflow->choices.flow_label,
	};

	if (is_stamped(c->segment)) {
		segment = stamped;
		length = write_stamped(c, ttl, stamped, sizeof(stamped));
	}
	return length && x->peer->ops->send(x->peer, &envelope, segment,
					    length) == PEER_OK;
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
	const struct judge_target target = {.address = s->choices.target,
					    .port = s->choices.port};
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
	unsigned routers = count_routers(x);
	struct peer *p = x->peer;
	const char *said = NULL;

	for (int round = 0; count && round < ROUNDS && !said; round++) {
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
