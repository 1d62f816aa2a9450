/* SPDX-License-Identifier: GPL-3.0-or-later
 * What changed between two places where the same packets were captured.
 */
#include <string.h>

#include "report/arena.h"
#include "report/rules/fields.h"
#include "report/rules/rules.h"

/* What a row is about: who sent it, an MPTCP option or the payload, and whether
 * that is gone. */
struct pair_rule {
	unsigned side;
	enum field field;
	const char *what;
	enum mptcp_subtype subtype;
	bool removed;
};

/* In hex, which has four digits at least, the subtype is the fifth (RFC 8684
 * 3). */
static bool is_of(const struct changed *c, const struct pair_rule *rule)
{
	const char *hex = c->change.sent;

	if (c->field != rule->field || c->removed != rule->removed)
		return false;
	return rule->field != FIELD_OPTION_MPTCP ||
	       (hex && hex[4] == "0123456789abcdef"[rule->subtype]);
}

static const struct changed *change_of(const struct pair *p,
				       const struct pair_rule *rule)
{
	for (size_t i = 0; i < p->comparison.count; i++)
		if (is_of(&p->comparison.items[i], rule))
			return &p->comparison.items[i];
	return NULL;
}

/* Of what this side sends: the first pair that shows it, and how many do. */
static enum why
shown_between(const struct judgement *j, struct said *s, unsigned side,
	      bool (*shows)(const struct pair *p, const struct pair_rule *rule))
{
	const struct pair *first = NULL;

	for (size_t i = 0; i < j->pair_count; i++) {
		const struct pair *p = &j->pairs[i];

		if (p->side != side || !shows(p, s->rule->of))
			continue;
		s->have++;
		first = first ? first : p;
	}
	if (!first)
		return WHY_ABSENT;
	s->facts = first;
	s->flow = first->flow;
	s->direction = side ? DIRECTION_RETURN : DIRECTION_FORWARD;
	return WHY_SAID;
}

static bool shows_change(const struct pair *p, const struct pair_rule *rule)
{
	return change_of(p, rule) != NULL;
}

static enum why changed_between(const struct judgement *j, struct said *s)
{
	const struct pair_rule *rule = s->rule->of;

	return shown_between(j, s, rule->side, shows_change);
}

/* "MP_CAPABLE is removed from the SYN (cut out)" */
static const char *what_happened(const struct judgement *j,
				 const struct finding *f,
				 const struct pair_rule *rule,
				 const struct changed *c)
{
	const char *verb = strchr(f->kind->id, '.') + 1;

	if (rule->field == FIELD_PAYLOAD || rule->subtype == MP_ADD_ADDR)
		return arena_printf(j->arena, "%s is %s%s", rule->what, verb,
				    how_phrase(c->how));
	return arena_printf(j->arena, "%s is %s %s %s%s", rule->what, verb,
			    c->removed ? "from" : "in",
			    segment_phrase(f->segment), how_phrase(c->how));
}

/* The packet before and behind, and its change. */
static const struct changed *show_change(struct judgement *j, struct finding *f,
					 const struct said *s)
{
	const struct pair *p = s->facts;
	const struct changed *c = change_of(p, s->rule->of);

	f->segment = p->kind == SEGMENT_OTHER ? s->rule->segment : p->kind;
	f->how = c->how;
	finding_evidence(j, f, p->left->frame, c->change.sent, c->change.sent,
			 "at %s", viewpoint_name(j, p->left_at));
	finding_evidence(j, f, p->arrived->frame, c->change.sent,
			 c->removed ? c->in_place : c->change.quoted,
			 "the same packet at %s",
			 viewpoint_name(j, p->arrived_at));
	return c;
}

/* "between a.pcap and b.pcap: 1 packet shows it." */
static const char *between_phrase(const struct judgement *j,
				  const struct said *s)
{
	const struct pair *p = s->facts;

	return arena_printf(j->arena, "between %s and %s: %u packet%s it.",
			    viewpoint_name(j, p->left_at),
			    viewpoint_name(j, p->arrived_at), s->have,
			    s->have == 1 ? " shows" : "s show");
}

static void say_between(struct judgement *j, struct finding *f,
			const struct said *s)
{
	const struct changed *c = show_change(j, f, s);

	f->text = arena_printf(j->arena, "%s %s",
			       what_happened(j, f, s->rule->of, c),
			       between_phrase(j, s));
}

/* Of what is not MPTCP's. */
static void say_field_between(struct judgement *j, struct finding *f,
			      const struct said *s)
{
	const struct pair_rule *rule = s->rule->of;
	const struct changed *c = show_change(j, f, s);

	f->text = changed_phrase(j, rule->what, c, f->segment,
				 between_phrase(j, s));
}

/* ---- addresses, ports and sequence numbers ------------------------------- */

static bool shows_translation(const struct pair *p,
			      const struct pair_rule *rule)
{
	(void)rule;
	return pair_translated(p);
}

static enum why translated_between(const struct judgement *j, struct said *s)
{
	return shown_between(j, s, 0, shows_translation);
}

static bool has_other_sequence(const struct pair *p,
			       const struct pair_rule *rule)
{
	(void)rule;
	return comparison_find(&p->comparison, FIELD_TCP_SEQUENCE) != NULL;
}

static enum why rewritten_there(const struct judgement *j, struct said *s)
{
	return shown_between(j, s, 0, has_other_sequence);
}

static enum why rewritten_back(const struct judgement *j, struct said *s)
{
	return shown_between(j, s, 1, has_other_sequence);
}

static void say_rewritten(struct judgement *j, struct finding *f,
			  const struct said *s)
{
	const struct pair *p = s->facts;
	const struct changed *c =
		comparison_find(&p->comparison, FIELD_TCP_SEQUENCE);

	f->segment = p->kind;
	finding_evidence(j, f, p->left->frame, c->change.sent, c->change.sent,
			 "at %s", viewpoint_name(j, p->left_at));
	finding_evidence(j, f, p->arrived->frame, c->change.sent,
			 c->change.quoted, "the same packet at %s",
			 viewpoint_name(j, p->arrived_at));
	f->text = arena_printf(j->arena,
			       "The %s's sequence numbers are rewritten "
			       "between %s and %s.",
			       p->side ? "server" : "client",
			       viewpoint_name(j, p->left_at),
			       viewpoint_name(j, p->arrived_at));
}

/* "10.0.1.1 port 40001" */
static const char *end_text(const struct judgement *j,
			    const struct address *address, uint16_t port)
{
	return arena_printf(j->arena, "%s port %u",
			    arena_address(j->arena, address), port);
}

static void say_translated(struct judgement *j, struct finding *f,
			   const struct said *s)
{
	const struct pair *p = s->facts;
	const struct packet *left = &p->left->packet;
	const struct packet *arrived = &p->arrived->packet;
	bool client = left->tcp.source_port != arrived->tcp.source_port ||
		      !address_equal(&left->ip.source, &arrived->ip.source);
	const char *was =
		client ? end_text(j, &left->ip.source, left->tcp.source_port)
		       : end_text(j, &left->ip.destination,
				  left->tcp.destination_port);
	const char *is = client ? end_text(j, &arrived->ip.source,
					   arrived->tcp.source_port)
				: end_text(j, &arrived->ip.destination,
					   arrived->tcp.destination_port);

	f->segment = p->kind;
	finding_evidence(j, f, p->left->frame, was, was, "at %s",
			 viewpoint_name(j, p->left_at));
	finding_evidence(j, f, p->arrived->frame, was, is,
			 "the same packet at %s",
			 viewpoint_name(j, p->arrived_at));
	f->text = arena_printf(
		j->arena,
		"The %s's %s at %s is %s at %s: addresses or ports are "
		"translated in between.",
		client ? "client" : "server", was,
		viewpoint_name(j, p->left_at), is,
		viewpoint_name(j, p->arrived_at));
}

#define ROW(id, row, side, segment, field, what, subtype, removed, ...)        \
	{                                                                      \
		id, row, PHASE_QUOTES, segment, changed_between, say_between,  \
			.of = &(const struct pair_rule){side, field, what,     \
							subtype, removed},     \
			.if_working = TO_IMPAIRS, __VA_ARGS__                  \
	}

#define OPTION(name, row, side, segment, what, subtype, ...)                   \
	ROW(name ".removed", row, side, segment, FIELD_OPTION_MPTCP, what,     \
	    subtype, true, __VA_ARGS__),                                       \
		ROW(name ".modified", row, side, segment, FIELD_OPTION_MPTCP,  \
		    what, subtype, false, __VA_ARGS__)

/* A row for what each side sends. */
#define FIELD_OF(id, row, side, field, what, became)                           \
	{                                                                      \
		id, row, PHASE_QUOTES, SEGMENT_OTHER, changed_between,         \
			say_field_between,                                     \
			.of = &(const struct pair_rule){side, field, what, 0,  \
							(became) == REMOVED},  \
	}

#define FIELD(id, row, field, what, became)                                    \
	FIELD_OF(id, "there " row, 0, field, what, became),                    \
		FIELD_OF(id, "back " row, 1, field, what, became)

#define STRIPPED .unless = {"mp_capable.removed", "mp_capable.modified"}

const struct rule pairs_rules[] = {
	OPTION("mp_capable", "there", 0, SEGMENT_SYN, "MP_CAPABLE", MP_CAPABLE,
	       .gates = 0),
	OPTION("mp_capable", "back", 1, SEGMENT_SYN_ACK, "MP_CAPABLE",
	       MP_CAPABLE, .gates = 0),
	OPTION("mp_join", "there", 0, SEGMENT_JOIN_SYN, "MP_JOIN", MP_JOIN,
	       .gates = 0),
	OPTION("mp_join", "back", 1, SEGMENT_JOIN_SYN_ACK, "MP_JOIN", MP_JOIN,
	       .gates = 0),
	OPTION("dss", "there", 0, SEGMENT_DATA, "DSS", MP_DSS, STRIPPED),
	OPTION("dss", "back", 1, SEGMENT_DATA, "DSS", MP_DSS, STRIPPED),
	OPTION("add_addr", "there", 0, SEGMENT_ADD_ADDR, "ADD_ADDR",
	       MP_ADD_ADDR, .gates = 0),
	OPTION("add_addr", "back", 1, SEGMENT_ADD_ADDR, "ADD_ADDR", MP_ADD_ADDR,
	       .gates = 0),
	ROW("payload.modified", "there", 0, SEGMENT_DATA, FIELD_PAYLOAD,
	    "The payload", 0, false, .if_lost = TO_BLOCKS),
	ROW("payload.modified", "back", 1, SEGMENT_DATA, FIELD_PAYLOAD,
	    "The payload", 0, false, .if_lost = TO_BLOCKS),
	TCP_FIELDS(FIELD),
	IP_FIELDS(FIELD),
	{"ip.translated", "ends", PHASE_QUOTES, SEGMENT_SYN, translated_between,
	 .say = say_translated},
	{"tcp.sequence_rewritten", "there ends", PHASE_QUOTES, SEGMENT_SYN,
	 rewritten_there, .say = say_rewritten},
	{"tcp.sequence_rewritten", "back ends", PHASE_QUOTES, SEGMENT_SYN_ACK,
	 rewritten_back, .say = say_rewritten},
	{0},
};
