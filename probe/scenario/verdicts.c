// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/verdicts.h"

#include <string.h>

#include "crafting/segment.h"
#include "probe/scenario/exchange.h"
#include "report/arena.h"
#include "report/track/observer.h"

#define SETTLE_US 300000 /* a DATA_ACK may lag behind the acknowledgment */

const char *reset_text(struct exchange *x, const struct kept *k)
{
	const struct mptcp_option *o =
		tcp_options_mptcp(&k->options, MP_TCPRST);

	return o ? arena_printf(x->arena, "reset %u", o->tcprst.reason)
		 : "reset";
}

static bool has_payload(const struct kept *k)
{
	return k->packet.tcp.payload_length > 0;
}

static bool is_fourth_ack(const struct kept *k)
{
	return !(k->packet.tcp.flags & TCP_FLAG_SYN) &&
	       tcp_options_mptcp(&k->options, MP_DSS);
}

/* The next segment that is wanted (NULL: none is), or a RST, whose word is
 * in `reset`. */
static const struct kept *await(struct subflow *s, int64_t patience_us,
				bool (*wanted)(const struct kept *),
				const char **reset)
{
	struct peer *p = s->exchange->peer;
	int64_t until = p->ops->now_us(p) + patience_us;
	const struct kept *k;

	*reset = NULL;
	while ((k = subflow_receive(s, until))) {
		if (k->packet.tcp.flags & TCP_FLAG_RST)
			*reset = reset_text(s->exchange, k);
		if (*reset || (wanted && wanted(k)))
			break;
	}
	return k;
}

/* --- what it means ------------------------------------------------------- */

/* NULL: this segment does not decide it. */
static const char *judge_answer(const struct subflow *s, const struct kept *k,
				bool *acked)
{
	const struct subflow *c = s->connection;
	int64_t bytes;

	if (k->packet.tcp.flags & TCP_FLAG_RST)
		return reset_text(s->exchange, k);
	if (tcp_options_mptcp(&k->options, MP_FAIL))
		return "mp-fail";
	if (segment_data_ack(s, k, &bytes) && bytes >= (int64_t)c->data_end)
		return "data-acked";
	if (seq_diff(s->acked, s->next) < 0)
		return NULL;
	*acked = true;
	return tcp_options_mptcp(&k->options, MP_DSS) ? NULL : "fallback";
}

const char *subflow_data_answer(struct subflow *s, int64_t patience_us)
{
	struct peer *p = s->exchange->peer;
	int64_t until = p->ops->now_us(p) + patience_us;
	const struct kept *k;
	bool acked = false;

	while ((k = subflow_receive(s, until))) {
		bool before = acked;
		const char *answer = judge_answer(s, k, &acked);

		if (answer)
			return answer;
		if (acked && !before)
			until = p->ops->now_us(p) + SETTLE_US + 2 * s->rtt_us;
	}
	return acked ? "tcp-acked" : "silent";
}

static const char *judge_response(const struct subflow *s, const struct kept *k)
{
	const struct mptcp_option *o = tcp_options_mptcp(&k->options, MP_DSS);
	const struct mptcp_facts *m = subflow_facts(s);

	if (!o || !(o->dss.flags & DSS_MAPPING))
		return "plain";
	if (o->dss.data_level_length == 0)
		return "infinite";
	if (m->server_dsn == KNOWN_NO)
		return "wrong-mapping";
	return m->checksums_bad ? "wrong-checksum" : "mapped";
}

const char *subflow_response(struct subflow *s, int64_t patience_us)
{
	const struct kept *k = s->last;
	const char *reset = NULL;

	if (s->reset && !(k && has_payload(k)))
		return "none";
	if (!k || !has_payload(k))
		k = await(s, patience_us, has_payload, &reset);
	return reset ? reset : k ? judge_response(s, k) : "none";
}

const char *subflow_reset_answer(struct subflow *s, int64_t patience_us)
{
	const char *reset;

	await(s, patience_us, NULL, &reset);
	return reset ? reset : "silent";
}

/* --- joining ------------------------------------------------------------- */

/* NULL: it is as it should be. */
static const char *judge_join_syn_ack(struct subflow *s, const struct kept *k)
{
	const struct mptcp_option *o;

	if (!k)
		return "silent";
	if (k->packet.tcp.flags & TCP_FLAG_RST)
		return reset_text(s->exchange, k);
	o = tcp_options_mptcp(&k->options, MP_JOIN);
	if (!o || o->join.stage != JOIN_SYN_ACK)
		return "plain";
	return subflow_flow(s)->join.hmac == KNOWN_NO ? "wrong-hmac" : NULL;
}

static const char *fourth_ack(struct subflow *s, int64_t patience_us)
{
	const char *reset;
	const struct kept *k = await(s, patience_us, is_fourth_ack, &reset);

	if (reset)
		return arena_printf(s->exchange->arena, "ack-%s", reset);
	return k ? "accepted" : "unconfirmed";
}

const char *subflow_join_answer(struct subflow *s, int64_t patience_us)
{
	struct peer *p = s->exchange->peer;
	const struct kept *k =
		subflow_receive(s, p->ops->now_us(p) + patience_us);
	const char *answer = judge_join_syn_ack(s, k);
	struct outgoing out;

	if (answer)
		return answer;
	subflow_outgoing(s, TCP_FLAG_ACK, &out);
	if (subflow_send(s, &out, compose_default, NULL) != PEER_OK)
		return NULL;
	return fourth_ack(s, patience_us);
}

/* ---- whose words they are ------------------------------------------------ */

bool answer_is_peers(const char *word)
{
	static const char *const words[] = {"data-acked", "accepted", "mapped",
					    "mp-fail", "infinite"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}
