/* SPDX-License-Identifier: GPL-3.0-or-later
 * The return path, as far as the TTLs of answers tell it. The TTL that an
 * answer was sent with is a guess, and tunnels and devices change it: so this
 * is noted and never a finding.
 */
#include "report/arena.h"
#include "report/evidence/judgement.h"
#include "report/evidence/loss.h"

/* What hosts and routers use; of those that are possible, the one that makes
 * the way back the least different from the way there. */
static unsigned likely_initial_ttl(unsigned reply_ttl, unsigned ttl)
{
	static const unsigned usual[] = {32, 64, 128, 255};
	unsigned best = 0, least = 256;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		unsigned hops = usual[i] + 1 - reply_ttl;
		unsigned off = hops > ttl ? hops - ttl : ttl - hops;

		if (usual[i] >= reply_ttl && off < least) {
			least = off;
			best = usual[i];
		}
	}
	return best;
}

void return_hops_set(struct responder *r, unsigned ttl)
{
	r->initial_ttl = likely_initial_ttl(r->reply_ttl, ttl);
	r->return_hops = r->initial_ttl + 1 - r->reply_ttl;
}

bool return_hops_agree(const struct responder *r, unsigned ttl,
		       unsigned reply_ttl)
{
	return likely_initial_ttl(reply_ttl, ttl) + 1 - reply_ttl ==
	       r->return_hops;
}

/* How many hops more an answer of this hop took than the probe. False: it did
 * not answer, or its answers do not agree. */
static bool difference(const struct report_hop *hop, int *more)
{
	if (hop->responder_count == 0)
		return false;
	*more = (int)hop->responders[0].return_hops - (int)hop->ttl;
	for (size_t i = 0; i < hop->responder_count; i++)
		if (hop->responders[i].return_varies ||
		    (int)hop->responders[i].return_hops - (int)hop->ttl !=
			    *more)
			return false;
	return true;
}

/* From some hop on all answers take more hops than the probes did, or all
 * take fewer; what lies before, as in a tunnel, says nothing. */
static unsigned find_asymmetry(const struct report *r, struct asymmetry *a)
{
	unsigned witnesses = 0;
	int more;

	for (size_t i = r->path_length; i-- > 0;) {
		if (!difference(&r->path[i], &more))
			continue;
		if (more == 0 || (witnesses && (more > 0) != (a->most > 0)))
			break;
		a->least = witnesses && a->least < more ? a->least : more;
		a->most = witnesses && a->most > more ? a->most : more;
		a->from = r->path[i].ttl;
		witnesses++;
	}
	return witnesses;
}

static const char *count_phrase(struct judgement *j, const struct asymmetry *a)
{
	int few = a->most > 0 ? a->least : -a->most;
	int many = a->most > 0 ? a->most : -a->least;
	const char *word = a->most > 0 ? "more" : "fewer";

	if (few == many)
		return arena_printf(j->arena, "%d hop%s %s", few,
				    few == 1 ? "" : "s", word);
	return arena_printf(j->arena, "%d to %d hops %s", few, many, word);
}

void judge_return(struct judgement *j)
{
	struct asymmetry a = {0};

	if (j->ttl_rewritten || find_asymmetry(j->r, &a) < RETURN_WITNESSES_MIN)
		return;
	a.text = arena_printf(
		j->arena,
		"The return path probably differs from the forward path: from "
		"hop %u on, answers come over %s, by their TTLs. That is "
		"common and harmless.",
		a.from, count_phrase(j, &a));
	j->r->asymmetry = arena_alloc(j->arena, sizeof(a));
	*j->r->asymmetry = a;
}
