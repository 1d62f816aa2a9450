/* SPDX-License-Identifier: GPL-3.0-or-later
 * What else the capture holds that bears on this target: other ports of the
 * same address, and a reference server that is known to speak MPTCP.
 */
#include <netinet/in.h>
#include <string.h>

#include "report/arena.h"
#include "report/judge/others.h"

#define PORTS_JUDGED 8 /* other ports that are looked at */

/* ---- the last hop -------------------------------------------------------- */

/* Whether SYNs to this target went by the last hop before ours: it quotes
 * one. */
static bool shares_last_hop(const struct judgement *j,
			    const struct judge_target *target)
{
	unsigned reach = j->capable_reach ? j->capable_reach : j->plain_reach;
	struct place last = place_at(j, reach ? reach - 1 : 0);

	for (size_t i = 0; i < j->o->flow_count && last.address.family; i++) {
		const struct flow *f = j->o->flows[i];

		if (f->server_port != target->port ||
		    !address_equal(&f->server, &target->address))
			continue;
		for (size_t k = 0; k < f->quote_count; k++)
			if (f->quotes[k].time_exceeded &&
			    address_equal(&f->quotes[k].responder,
					  &last.address))
				return true;
	}
	return false;
}

/* ---- other ports --------------------------------------------------------- */

static bool is_known(const uint16_t *ports, unsigned count, uint16_t port)
{
	for (unsigned i = 0; i < count; i++)
		if (ports[i] == port)
			return true;
	return false;
}

static unsigned other_ports(const struct judgement *j, uint16_t *ports)
{
	unsigned count = 0;

	for (size_t i = 0; i < j->o->flow_count && count < PORTS_JUDGED; i++) {
		const struct flow *f = j->o->flows[i];

		if (f->protocol == IPPROTO_TCP &&
		    f->server_port != j->r->port &&
		    address_equal(&f->server, &j->r->target) &&
		    !is_known(ports, count, f->server_port))
			ports[count++] = f->server_port;
	}
	return count;
}

bool has_finding(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, id) == 0)
			return true;
	return false;
}

/* A device that acts on one port and not on another is no server's habit:
 * both are the same host, by the same path. */
static void contrast_finding(struct judgement *j, struct finding *f,
			     const struct report *other)
{
	if (f->effect == EFFECT_HARMLESS || has_finding(other, f->kind->id))
		return;
	f->confidence = CONFIDENCE_PROVEN;
	f->text = arena_printf(
		j->arena, "%s Port %u of the same address is not affected.",
		f->text, other->port);
	finding_evidence(j, f, 0, NULL, NULL,
			 "MPTCP v%d works with port %u of the same address",
			 other->mptcp_version, other->port);
}

bool has_work_to_do(const struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++)
		if (j->r->findings[i].effect != EFFECT_HARMLESS)
			return true;
	return !j->working && j->tcp_answered;
}

void judge_contrast(struct judgement *j)
{
	uint16_t ports[PORTS_JUDGED];
	unsigned count = has_work_to_do(j) ? other_ports(j, ports) : 0;

	for (unsigned i = 0; i < count && !j->working_port; i++) {
		struct judge_target target = {.address = j->r->target,
					      .port = ports[i]};
		struct report *other = judge_alone(j->o, &target);

		if (other->status == STATUS_CLEAR) {
			j->working_port = other->port;
			if (shares_last_hop(j, &target))
				j->speaks_behind = arena_printf(
					j->arena, "port %u of the same address",
					other->port);
			for (size_t k = 0; k < j->r->finding_count; k++)
				contrast_finding(j, &j->r->findings[k], other);
		}
		report_free(other);
	}
}

/* ---- the reference ------------------------------------------------------- */

static const struct flow *find_mark(const struct judgement *j)
{
	for (size_t i = 0; i < j->o->flow_count; i++)
		if (j->o->flows[i]->reference_port)
			return j->o->flows[i];
	return NULL;
}

bool is_reference(const struct observer *o, const struct judge_target *target)
{
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->reference_port == target->port &&
		    address_equal(&o->flows[i]->server, &target->address))
			return true;
	return false;
}

/* Of the target's own family, if there is one. */
static bool find_reference(const struct judgement *j,
			   struct judge_target *target)
{
	const struct flow *mark = find_mark(j);

	for (size_t i = 0; mark && i < j->o->flow_count; i++) {
		const struct flow *f = j->o->flows[i];

		if (f->reference_port &&
		    f->server.family == j->r->target.family)
			mark = f;
	}
	if (!mark)
		return false;
	*target = (struct judge_target){.address = mark->server,
					.port = mark->reference_port};
	return true;
}

void judge_reference(struct judgement *j)
{
	struct judge_target target;
	struct report *r;

	if (j->r->reference || !server_answers_plainly(j) ||
	    !find_reference(j, &target))
		return;
	j->reference_name = arena_printf(
		j->arena, "%s, port %u",
		arena_address(j->arena, &target.address), target.port);
	r = judge_alone(j->o, &target);
	j->reference = REFERENCE_UNCLEAR;
	if (r->status == STATUS_CLEAR || r->status == STATUS_IMPAIRED)
		j->reference = REFERENCE_WORKS;
	if (j->reference == REFERENCE_WORKS && !j->speaks_behind &&
	    shares_last_hop(j, &target))
		j->speaks_behind = arena_printf(
			j->arena, "a reference server (%s)", j->reference_name);
	if (r->ladder[RUNG_TCP].result == RUNG_PASS &&
	    r->ladder[RUNG_SYN_ACK_OPTION].result == RUNG_FAIL)
		j->reference = REFERENCE_PLAIN;
	report_free(r);
}
