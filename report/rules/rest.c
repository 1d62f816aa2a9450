/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows, addresses, fragments, idling.
 */
#include "report/arena.h"
#include "report/evidence/judge_loss.h"
#include "report/rules/rules.h"

/* ---- addresses announced with a wrong HMAC ------------------------------- */

/* Of the server, captured away from it, while both keys are proven to be as
 * the hosts have them: by its DATA_ACK and its first DSN. */
static const struct announced *forged_address(const struct judgement *j,
					      const struct flow *f)
{
	const struct mptcp_connection *c = f->connection;

	if (!c || c->flows != f || !flow_data_acked(f) ||
	    f->mptcp.server_dsn != KNOWN_YES ||
	    (!j->controlled && as_sent(flow_syn_ack(f))))
		return NULL;
	for (size_t i = 0; i < c->address_count; i++)
		if (c->addresses[i].host == 1 &&
		    c->addresses[i].hmac == KNOWN_NO)
			return &c->addresses[i];
	return NULL;
}

static bool has_forged_address(const struct judgement *j, const struct flow *f)
{
	return forged_address(j, f) != NULL;
}

static enum why address_forged(const struct judgement *j, struct said *s)
{
	s->direction = DIRECTION_RETURN;
	s->have = ask_witnesses(j, has_forged_address, &s->flow);
	return s->have ? WHY_SAID : WHY_ABSENT;
}

static void say_address_forged(struct judgement *j, struct finding *f,
			       const struct said *s)
{
	const struct announced *a = forged_address(j, s->flow);
	char text[ADDRESS_TEXT];

	address_text(&a->address, text);
	finding_evidence(j, f, a->frame, NULL, NULL,
			 arena_printf(j->arena,
				      "the HMAC of the ADD_ADDR for %s is "
				      "wrong, while the server's DSN fits its "
				      "key and its DATA_ACK ours",
				      text));
	f->text = arena_printf(j->arena,
			       "The server's ADD_ADDR is changed on the return "
			       "path: it arrives with the address %s, which "
			       "its HMAC does not fit.",
			       text);
}

const struct rule rest_rules[] = {
	{.id = "mp_join.removed",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_join},
	{.id = "add_addr.modified",
	 .row = "hmac",
	 .phase = PHASE_REST,
	 .segment = SEGMENT_ADD_ADDR,
	 .test = address_forged,
	 .say = say_address_forged,
	 .unless = {"add_addr.modified"}},
	{.id = "add_addr.dropped",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_add_addr},
	{.id = "ip.fragment_dropped",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_fragments},
	{.id = "tcp.idle_forgotten",
	 .row = "all",
	 .phase = PHASE_REST,
	 .judge = judge_idle},
	{0},
};
