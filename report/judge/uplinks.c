/* SPDX-License-Identifier: GPL-3.0-or-later
 * What other uplinks of the run tell of this one: the same address and port
 * over another way is the best reference there is, if the same server answers.
 */
#include <string.h>

#include "report/arena.h"
#include "report/judge/others.h"

#define UPLINKS_JUDGED 16

struct sources {
	struct address list[UPLINKS_JUDGED];
	size_t count;
};

static bool is_listed(const struct sources *s, const struct address *a)
{
	for (size_t i = 0; i < s->count; i++)
		if (address_equal(&s->list[i], a))
			return true;
	return false;
}

/* The other uplinks that SYNs went out from to the same address and port. */
static struct sources other_sources(const struct judgement *j,
				    const struct judge_target *target)
{
	struct judge_target all[4 * UPLINKS_JUDGED];
	size_t found = judge_targets(j->whole, all, 4 * UPLINKS_JUDGED);
	struct sources s = {0};

	for (size_t i = 0; i < found && i < 4 * UPLINKS_JUDGED; i++)
		if (all[i].port == target->port && all[i].source.family &&
		    address_equal(&all[i].address, &target->address) &&
		    !address_equal(&all[i].source, &target->source) &&
		    s.count < UPLINKS_JUDGED && !is_listed(&s, &all[i].source))
			s.list[s.count++] = all[i].source;
	return s;
}

/* A subflow from one of them named the token of a connection from the other,
 * and was answered by who has its keys. */
static bool share_server(const struct judgement *j, const struct address *other)
{
	const struct address *own = &j->r->source;

	for (size_t i = 0; i < j->whole->flow_count; i++) {
		const struct flow *f = j->whole->flows[i], *parent;

		/* mutant: packed away, it has none: judge_fuzz_test notices. */
		if (f->join.parent < 0 || f->join.hmac != KNOWN_YES)
			continue;
		parent = j->whole->flows[f->join.parent];
		if ((address_equal(&f->client, own) &&
		     address_equal(&parent->client, other)) ||
		    (address_equal(&f->client, other) &&
		     address_equal(&parent->client, own)))
			return true;
	}
	return false;
}

/* On connections whose server is known by its keys. SYNs may be answered by
 * another one, as a balancer may have it. */
static bool is_of_server(const struct finding *f)
{
	static const char *const objects[] = {"dss.", "add_addr.", "payload.",
					      "data."};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (!strncmp(f->kind->id, objects[i], strlen(objects[i])))
			return true;
	return false;
}

/* The same server is not affected from elsewhere: so it is the path. */
static void settle(struct judgement *j, struct finding *f,
		   const struct report *other, const char *source)
{
	if (f->effect == EFFECT_HARMLESS ||
	    f->confidence == CONFIDENCE_PROVEN || !is_of_server(f) ||
	    has_finding(other, f->kind->id))
		return;
	f->confidence = CONFIDENCE_PROVEN;
	f->text = arena_printf(j->arena,
			       "%s Over %s the same server is not affected.",
			       f->text, source);
	finding_evidence(j, f, 0, NULL, NULL,
			 "MPTCP works from %s with the same server, which a "
			 "join between the two shows",
			 source);
}

void judge_uplinks(struct judgement *j, const struct judge_target *target)
{
	struct sources others;

	if (!target->source.family || !has_work_to_do(j))
		return;
	others = other_sources(j, target);
	for (size_t i = 0; i < others.count; i++) {
		struct judge_target same = {.address = target->address,
					    .port = target->port,
					    .source = others.list[i]};
		struct report *other = judge_alone(j->whole, &same);
		const char *source = arena_address(j->arena, &others.list[i]);

		if (other->status == STATUS_CLEAR) {
			j->works_from = source;
			if (share_server(j, &others.list[i]))
				for (size_t k = 0; k < j->r->finding_count; k++)
					settle(j, &j->r->findings[k], other,
					       source);
		}
		report_free(other);
	}
}
