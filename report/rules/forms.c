/* SPDX-License-Identifier: GPL-3.0-or-later
 * What else a device acts on that acts on MP_CAPABLE: the form of the other
 * version (4 bytes in version 1, 12 in version 0), and an option of the same
 * length of an experimental kind (253).
 */
#include <string.h>

#include "report/arena.h"
#include "report/evidence/attempts.h"
#include "report/rules/rules.h"

enum extent {
	EXTENT_UNKNOWN, /* not tried, or not clear: nothing is said */
	EXTENT_SAME,	/* the same happens to it */
	EXTENT_PASSES,
};

static unsigned form_length(unsigned version)
{
	return version == 1 ? 4 : 12; /* RFC 8684 3.1, RFC 6824 3.1 */
}

/* Sentences that follow those of the finding, but are none of the verdict's;
 * `version` is what the finding is about. */
static void say_extent(struct judgement *j, struct finding *f, unsigned version,
		       enum extent form, enum extent unknown)
{
	const char *what = strchr(f->kind->id, '.') + 1; /* "dropped" */
	unsigned other = version == 1 ? 0 : 1;

	f->more = "";
	if (form == EXTENT_SAME)
		f->more = arena_printf(j->arena,
				       " The MPTCP v%u form (%u bytes) is %s "
				       "as well.",
				       other, form_length(other), what);
	if (form == EXTENT_PASSES)
		f->more = arena_printf(j->arena,
				       " Only the MPTCP v%u form (%u bytes) is "
				       "%s; the v%u form (%u bytes) passes.",
				       version, form_length(version), what,
				       other, form_length(other));
	if (unknown == EXTENT_PASSES)
		f->more = arena_printf(j->arena,
				       "%s An experimental option (kind 253) "
				       "passes: the device acts on MPTCP.",
				       f->more);
	if (unknown == EXTENT_SAME)
		f->more = arena_printf(
			j->arena,
			"%s An experimental option (kind 253) is %s as well: "
			"the device acts on any option that it does not know.",
			f->more, what);
}

/* ---- by quotes ----------------------------------------------------------- */

/* What the hops at and behind a change quote of something. */
struct sight {
	unsigned same, passes;
	const struct view *example;
};

static void see(struct sight *s, const struct view *v, bool same)
{
	s->same += same;
	s->passes += !same;
	if (!s->example)
		s->example = v;
}

static enum extent extent_of(const struct sight *s)
{
	if (s->same && s->passes)
		return EXTENT_UNKNOWN;
	return s->same	   ? EXTENT_SAME
	       : s->passes ? EXTENT_PASSES
			   : EXTENT_UNKNOWN;
}

static bool experiment_removed(const struct comparison *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->items[i].field == FIELD_OPTION_OTHER &&
		    c->items[i].removed && c->items[i].change.sent &&
		    strncmp(c->items[i].change.sent, "fd", 2) == 0)
			return true;
	return false;
}

/* Copies of the SYN carry the unknown option beside MP_CAPABLE. */
static void see_view(const struct view *v, unsigned version, struct sight *form,
		     struct sight *unknown)
{
	const struct comparison *c = &v->comparison;
	const struct changed *mptcp = comparison_find(c, FIELD_OPTION_MPTCP);
	struct tcp_option experiment;

	if (!comparison_covers(c, FIELD_OPTION_MPTCP))
		return;
	if (v->flow->mptcp.version != version) {
		see(form, v, mptcp && mptcp->removed);
		return;
	}
	if (mptcp && mptcp->removed &&
	    comparison_covers(c, FIELD_OPTION_OTHER) &&
	    kept_experiment(v->sent, &experiment))
		see(unknown, v, experiment_removed(c));
}

static void sight_evidence(struct judgement *j, struct finding *f,
			   const struct sight *s, const char *what)
{
	char text[ADDRESS_TEXT];

	if (extent_of(s) == EXTENT_UNKNOWN)
		return;
	finding_evidence(j, f, s->example->quote->frame, NULL, NULL,
			 "hop %u (%s) quotes %s %s", s->example->ttl,
			 address_text(&s->example->quote->responder, text),
			 what, s->same ? "removed as well" : "as sent");
}

static const struct flow *connection_of(const struct judgement *j,
					const struct finding *f)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (j->flows[i]->id == f->connections[0])
			return j->flows[i];
	return NULL;
}

/* Whether this hop answered the connection: on another way stand others. */
static bool met(const struct judgement *j, size_t flow, struct place p)
{
	if (p.ttl == 0)
		return true;
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++)
		if (j->views[i].ttl == p.ttl &&
		    address_equal(&j->views[i].quote->responder, &p.address))
			return true;
	return false;
}

static void removed_forms(struct judgement *j, struct finding *f,
			  unsigned version)
{
	struct sight form = {0}, unknown = {0};

	for (size_t i = 0; i < j->flow_count; i++) {
		if (!met(j, i, f->after) || !met(j, i, f->at))
			continue;
		for (size_t k = j->first_view[i]; k < j->first_view[i + 1]; k++)
			if (j->views[k].ttl >= f->at.ttl &&
			    j->views[k].sent->kind == SEGMENT_SYN)
				see_view(&j->views[k], version, &form,
					 &unknown);
	}
	/* What passes a device that lets some pass is no form that it spares.
	 */
	if (f->of_some && form.passes)
		form = (struct sight){0};
	say_extent(j, f, version, extent_of(&form), extent_of(&unknown));
	sight_evidence(j, f, &form,
		       version == 1 ? "MP_CAPABLE of version 0"
				    : "MP_CAPABLE of version 1");
	sight_evidence(j, f, &unknown,
		       "an experimental option (kind 253) in the same SYN");
}

/* ---- by answers ---------------------------------------------------------- */

static enum extent extent_by(enum fate fate, enum fate main)
{
	if (fate == FATE_ANSWERED)
		return EXTENT_PASSES;
	return fate == main ? EXTENT_SAME : EXTENT_UNKNOWN;
}

static void fate_evidence(struct judgement *j, struct finding *f,
			  const struct attempts *a, enum fate fate,
			  const char *what)
{
	unsigned count = fate == FATE_ANSWERED ? a->answered
			 : fate == FATE_RESET  ? a->reset
					       : a->lost;

	finding_evidence(j, f, a->example->first_frame, NULL, NULL,
			 "%u of %u %s with %s %s", count,
			 fate == FATE_DROPPED ? a->sent : a->flows,
			 fate == FATE_DROPPED ? "SYNs" : "connections", what,
			 fate == FATE_ANSWERED ? "were answered"
			 : fate == FATE_RESET  ? "triggered a RST"
					       : "went unanswered");
}

static void refused_forms(struct judgement *j, struct finding *f,
			  unsigned version, enum fate fate)
{
	struct attempts form =
		count_attempts(j, PURPOSE_MP_CAPABLE, version == 1 ? 0 : 1);
	struct attempts unknown = count_attempts(j, PURPOSE_UNKNOWN_OPTION, -1);
	enum fate of_form = attempts_fate(j, &form);
	enum fate of_unknown = attempts_fate(j, &unknown);
	enum extent form_extent = extent_by(of_form, fate);
	enum extent unknown_extent = extent_by(of_unknown, fate);

	/* A server that does not speak the other version answers it as plain
	 * TCP: no SYN/ACK with the option, then, that could be dropped. */
	if (form_extent == EXTENT_PASSES && f->direction != DIRECTION_FORWARD)
		form_extent = EXTENT_UNKNOWN;
	if (form_extent != EXTENT_UNKNOWN)
		fate_evidence(j, f, &form, of_form,
			      version == 1 ? "MP_CAPABLE of version 0"
					   : "MP_CAPABLE of version 1");
	if (unknown_extent != EXTENT_UNKNOWN)
		fate_evidence(j, f, &unknown, of_unknown,
			      "an experimental option (kind 253) of the same "
			      "length");
	say_extent(j, f, version, form_extent, unknown_extent);
}

void judge_forms(struct judgement *j)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		struct finding *f = &j->r->findings[i];
		const struct flow *flow =
			f->connection_count ? connection_of(j, f) : NULL;
		unsigned version = flow ? flow->mptcp.version : 0;

		if (f->direction == DIRECTION_FORWARD && f->at.known &&
		    strcmp(f->kind->id, "mp_capable.removed") == 0 &&
		    f->segment == SEGMENT_SYN)
			removed_forms(j, f, version);
		else if (strcmp(f->kind->id, "mp_capable.reset") == 0)
			refused_forms(j, f, version, FATE_RESET);
		else if (strcmp(f->kind->id, "mp_capable.dropped") == 0 &&
			 (strcmp(f->rule->row, "silence") == 0 ||
			  strcmp(f->rule->row, "checksum") == 0))
			refused_forms(j, f, version, FATE_DROPPED);
	}
}
