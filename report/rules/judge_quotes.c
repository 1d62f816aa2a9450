/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the quotes convict: a field that one hop and all behind it quote
 * otherwise than it was sent, and the hops between which it was changed.
 */
#include <netinet/in.h>
#include <string.h>

#include "report/arena.h"
#include "report/evidence/ledger.h"

/* Which finding a changed field is. */
struct field_rule {
	enum field field;
	const char *changed, *removed;
	const char *what; /* for the sentence: "The MSS option" */
};

static const struct field_rule field_rules[] = {
	{FIELD_PAYLOAD, "payload.modified", NULL, "The payload"},
	{FIELD_PAYLOAD_LENGTH, "data.split", NULL, "The length"},
	{FIELD_TCP_SEQUENCE, "tcp.sequence_rewritten", NULL,
	 "The sequence number"},
	{FIELD_TCP_ACKNOWLEDGMENT, "tcp.sequence_rewritten", NULL,
	 "The acknowledgment number"},
	{FIELD_OPTION_MSS, "tcp.mss_changed", "tcp.option_removed",
	 "The MSS option"},
	{FIELD_OPTION_OTHER, "tcp.option_modified", "tcp.option_removed",
	 "A TCP option"},
	{FIELD_OPTION_ADDED, "tcp.option_added", NULL, "A TCP option"},
	{FIELD_TCP_WINDOW, "tcp.window_changed", NULL, "The window"},
	{FIELD_TCP_ECN, "tcp.ecn_cleared", NULL, "The ECN flags of TCP"},
	{FIELD_TCP_URGENT, "tcp.urgent_cleared", NULL, "The urgent pointer"},
	{FIELD_IP_SOURCE, "ip.translated", NULL, "The source address"},
	{FIELD_IP_DESTINATION, "ip.translated", NULL,
	 "The destination address"},
	{FIELD_TCP_SOURCE_PORT, "ip.translated", NULL, "The source port"},
	{FIELD_TCP_DESTINATION_PORT, "ip.translated", NULL,
	 "The destination port"},
	{FIELD_IP_DSCP, "ip.dscp_rewritten", NULL, "The DSCP"},
	{FIELD_IP_ECN, "ip.ecn_cleared", NULL, "The ECN field of IP"},
	{FIELD_IP_ID, "ip.id_rewritten", NULL, "The IP ID"},
};

/* The object that an MPTCP option of this kind of segment is. */
static const char *mptcp_object(const struct view *v)
{
	switch (v->sent->kind) {
	case SEGMENT_SYN:
	case SEGMENT_ACK:
		return "mp_capable";
	case SEGMENT_ADD_ADDR:
		return "add_addr";
	case SEGMENT_JOIN_SYN:
	case SEGMENT_JOIN_ACK:
		return "mp_join";
	default:
		return "dss";
	}
}

static const char *object_title(const char *object)
{
	static const char *const titles[][2] = {{"mp_capable", "MP_CAPABLE"},
						{"add_addr", "ADD_ADDR"},
						{"mp_join", "MP_JOIN"},
						{"dss", "DSS"}};

	for (size_t i = 0; i < 4; i++)
		if (strcmp(titles[i][0], object) == 0)
			return titles[i][1];
	return object;
}

static bool overlap(const struct finding *f, unsigned after, unsigned at)
{
	return f->at.known && f->after.known && f->after.ttl < at &&
	       after < f->at.ttl;
}

static bool is_mptcp_finding(const struct finding *f)
{
	return strncmp(f->kind->id, "mp_", 3) == 0 ||
	       strncmp(f->kind->id, "dss.", 4) == 0 ||
	       strncmp(f->kind->id, "add_addr.", 9) == 0;
}

/* The same thing done between hops that may be the same: one cause. */
static struct finding *same_cause(const struct judgement *j, const char *id,
				  const struct bracket *b)
{
	for (size_t i = 0; i < j->r->finding_count; i++) {
		struct finding *f = &j->r->findings[i];

		if (strcmp(f->kind->id, id) == 0 &&
		    f->direction == DIRECTION_FORWARD &&
		    overlap(f, b->after, b->at))
			return f;
	}
	return NULL;
}

static void bracket_evidence(struct judgement *j, struct finding *f,
			     const struct bracket *b)
{
	char text[ADDRESS_TEXT];
	const struct change *c = &b->changed->change;

	if (b->intact)
		finding_evidence(
			j, f, b->intact->quote->frame, c->sent, c->sent,
			arena_printf(j->arena,
				     "hop %u (%s) quotes %s with %s as sent",
				     b->after,
				     address_text(&b->intact->quote->responder,
						  text),
				     segment_phrase(b->kind), c->field));
	finding_evidence(
		j, f, b->first->quote->frame, c->sent,
		b->changed->in_place ? b->changed->in_place : c->quoted,
		arena_printf(j->arena, "hop %u (%s) quotes %s with %s %s",
			     b->at,
			     address_text(&b->first->quote->responder, text),
			     segment_phrase(b->kind), c->field,
			     b->changed->removed ? "removed"
			     : c->sent		 ? "changed"
						 : "added"));
}

static void place_bracket(struct judgement *j, struct finding *f,
			  const struct bracket *b)
{
	/* Other flows may take another way. */
	f->after = place_at(j, b->after);
	if (b->intact)
		f->after.address = b->intact->quote->responder;
	f->at = place_at(j, b->at);
	f->at.address = b->first->quote->responder;
}

/* Adds what a bracket convicts, or joins it to the finding of the same
 * cause, whose bracket it may narrow. NULL if it was joined. */
static struct finding *convict(struct judgement *j, const char *id,
			       enum segment_kind segment,
			       const struct bracket *b)
{
	struct finding *f = same_cause(j, id, b);
	bool joined = f != NULL;

	if (!f)
		f = finding_add(j, id, DIRECTION_FORWARD, segment);
	finding_connection(j, f, b->flow->id);
	if (!joined || b->at - b->after < f->at.ttl - f->after.ttl) {
		place_bracket(j, f, b);
		bracket_evidence(j, f, b);
	}
	if (!joined)
		f->how = b->changed->how;
	return joined ? NULL : f;
}

static const char *how_phrase(const char *how)
{
	if (how && strcmp(how, "nop") == 0)
		return " (overwritten with NOPs)";
	if (how && strcmp(how, "eol") == 0)
		return " (overwritten with EOL)";
	return how ? " (cut out)" : "";
}

/* That it begins only behind so many bytes that were acknowledged at data
 * level, or nothing. */
static const char *late_phrase(struct judgement *j, const struct flow *f)
{
	if (!flow_data_acked(f) || !flow_fell_behind(f))
		return "";
	return arena_printf(
		j->arena, ", after %u bytes,",
		(unsigned)(f->mptcp.data_ack - f->mptcp.client_idsn - 1));
}

static void convict_mptcp(struct judgement *j, const struct bracket *b)
{
	const char *object = mptcp_object(b->first);
	const char *verb = b->changed->removed ? "removed" : "modified";
	const char *id = arena_printf(j->arena, "%s.%s", object, verb);
	struct finding *f = convict(j, id, b->kind, b);

	if (!f)
		return;
	/* What starts late in a connection ends MPTCP all the same. */
	if (j->working && f->effect == EFFECT_BLOCKS &&
	    !flow_fell_behind(b->flow))
		f->effect = EFFECT_IMPAIRS;
	f->text = arena_printf(
		j->arena, "%s is %s%s%s%s%s %s.", object_title(object), verb,
		strcmp(object, "add_addr") == 0 ? ""
		: b->changed->removed		? " from "
						: " in ",
		strcmp(object, "add_addr") == 0 ? "" : segment_phrase(b->kind),
		how_phrase(f->how), late_phrase(j, b->flow),
		place_phrase(j, f->after, f->at));
}

static const char *changed_text(struct judgement *j,
				const struct field_rule *rule,
				const struct bracket *b,
				const struct finding *f)
{
	const struct change *c = &b->changed->change;
	const char *where = place_phrase(j, f->after, f->at);
	bool number = c->sent && c->quoted && strlen(c->sent) < 24 &&
		      strlen(c->quoted) < 24;

	if (!c->sent)
		return arena_printf(j->arena, "%s (%s) is added to %s %s.",
				    rule->what, c->field,
				    segment_phrase(b->kind), where);
	if (b->changed->removed)
		return arena_printf(j->arena, "%s (%s) is removed from %s %s.",
				    rule->what, c->field,
				    segment_phrase(b->kind), where);
	if (number)
		return arena_printf(j->arena,
				    "%s of %s is changed from %s to %s %s.",
				    rule->what, segment_phrase(b->kind),
				    c->sent, c->quoted, where);
	return arena_printf(j->arena, "%s of %s is changed %s.", rule->what,
			    segment_phrase(b->kind), where);
}

/* Whether the sequence number of a flow's data (or of what carries none) is
 * quoted changed, or as sent, at or behind a TTL. `flow` is its index. */
static bool sequence_quoted(const struct judgement *j, size_t flow, bool data,
			    bool changed, unsigned ttl)
{
	for (size_t i = j->first_view[flow]; i < j->first_view[flow + 1]; i++) {
		const struct view *v = &j->views[i];
		enum segment_kind kind = v->sent->kind;
		bool wanted = data ? kind == SEGMENT_DATA
				   : kind == SEGMENT_SYN || kind == SEGMENT_ACK;

		if (v->ttl >= ttl && wanted &&
		    comparison_covers(&v->comparison, FIELD_TCP_SEQUENCE) &&
		    (comparison_find(&v->comparison, FIELD_TCP_SEQUENCE) !=
		     NULL) == changed)
			return true;
	}
	return false;
}

/* Whether a flow's segments without data arrive with the sequence number as
 * sent where its data does not: then it is the stream that has grown or
 * shrunk before. What one flow shows holds for the others. */
static bool stream_shifted(const struct judgement *j, const struct bracket *b)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (sequence_quoted(j, i, false, false, b->at) &&
		    sequence_quoted(j, i, true, true, b->at))
			return true;
	return false;
}

/* What a changed field is, in the light of the others. NULL: nothing that
 * another finding does not say. */
static const char *field_finding(const struct judgement *j,
				 const struct field_rule *rule,
				 const struct bracket *b)
{
	const struct comparison *c = &b->first->comparison;
	const struct changed *length = comparison_find(c, FIELD_PAYLOAD_LENGTH);

	if (b->field == FIELD_PAYLOAD && length)
		return "data.rewritten";
	if (b->field == FIELD_PAYLOAD_LENGTH) {
		if (comparison_find(c, FIELD_PAYLOAD))
			return NULL;
		return b->first->quote->quoted.tcp.payload_length >
				       b->first->sent->packet.tcp.payload_length
			       ? "data.rewritten"
			       : rule->changed;
	}
	if (b->field == FIELD_TCP_SEQUENCE && b->kind == SEGMENT_DATA &&
	    stream_shifted(j, b))
		return "data.rewritten";
	return b->changed->removed && rule->removed ? rule->removed
						    : rule->changed;
}

/* Words for what the field alone does not say. */
static const char *finding_text(struct judgement *j, const char *id,
				const struct field_rule *rule,
				const struct bracket *b,
				const struct finding *f)
{
	const char *where = place_phrase(j, f->after, f->at);

	if (strcmp(id, "data.rewritten") == 0)
		return arena_printf(j->arena,
				    "Data is rewritten to another length %s.",
				    where);
	if (strcmp(id, "data.split") == 0)
		return arena_printf(j->arena, "Segments are split %s.", where);
	return changed_text(j, rule, b, f);
}

/* An experimental option (RFC 6994) that goes where MPTCP options go: the
 * device lets no option through that it does not know. The finding on MPTCP
 * says so (judge_forms.c). */
static bool told_of_unknown(const struct judgement *j, const struct bracket *b)
{
	const char *sent = b->changed->change.sent;

	if (b->field != FIELD_OPTION_OTHER || !b->changed->removed || !sent ||
	    strncmp(sent, "fd", 2) != 0)
		return false;
	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		if (is_mptcp_finding(f) && strstr(f->kind->id, ".removed") &&
		    overlap(f, b->after, b->at))
			return true;
	}
	return false;
}

static void convict_field(struct judgement *j, const struct field_rule *rule,
			  const struct bracket *b)
{
	const char *id = field_finding(j, rule, b);
	struct finding *f;

	if (!id || told_of_unknown(j, b))
		return;
	f = convict(j, id, b->kind, b);
	if (!f)
		return;
	if (strcmp(id, "data.split") == 0 && !flow_fell_behind(b->flow))
		f->effect = EFFECT_HARMLESS;
	f->text = finding_text(j, id, rule, b, f);
}

/* Kinds that are swept, in the order of the exchange. */
static const enum segment_kind swept_kinds[] = {
	SEGMENT_SYN,	  SEGMENT_ACK,	    SEGMENT_DATA,     SEGMENT_ADD_ADDR,
	SEGMENT_JOIN_SYN, SEGMENT_JOIN_ACK, SEGMENT_JOIN_DATA};

#define SWEPT_KINDS (sizeof(swept_kinds) / sizeof(swept_kinds[0]))

typedef void bracket_fn(struct judgement *j, const void *rule,
			const struct bracket *b);

static void each_bracket(struct judgement *j, enum field field, bracket_fn *fn,
			 const void *rule)
{
	struct bracket b;

	for (size_t kind = 0; kind < SWEPT_KINDS; kind++)
		for (size_t i = 0; i < j->flow_count; i++)
			if (ask_bracket(j, i, swept_kinds[kind], field, &b))
				fn(j, rule, &b);
}

/* The SYN/ACK itself says that the option arrived, whatever a hop quotes: all
 * segments of a flow take the same way. */
static bool arrived(const struct bracket *b)
{
	if (b->kind == SEGMENT_SYN)
		return b->flow->mptcp.syn_ack;
	return b->kind == SEGMENT_JOIN_SYN && b->flow->join.syn_ack;
}

static void on_mptcp(struct judgement *j, const void *rule,
		     const struct bracket *b)
{
	(void)rule;
	if (!b->changed->removed || !arrived(b))
		convict_mptcp(j, b);
}

static void on_field(struct judgement *j, const void *rule,
		     const struct bracket *b)
{
	convict_field(j, rule, b);
}

static void merge_into(struct judgement *j, struct finding *cause,
		       const struct finding *effect)
{
	for (size_t i = 0; i < effect->connection_count; i++)
		finding_connection(j, cause, effect->connections[i]);
	for (size_t i = 0; i < effect->evidence_count; i++)
		*ARENA_PUSH(j->arena, cause->evidence, cause->evidence_count) =
			effect->evidence[i];
}

static void drop_finding(struct judgement *j, size_t index)
{
	struct report *r = j->r;

	memmove(&r->findings[index], &r->findings[index + 1],
		(r->finding_count - index - 1) * sizeof(*r->findings));
	r->finding_count--;
}

static bool same_verb(const struct finding *a, const struct finding *b)
{
	return strcmp(strchr(a->kind->id, '.'), strchr(b->kind->id, '.')) == 0;
}

/* One device that removes MPTCP options is one finding, whatever segments
 * it was seen on: the one on the SYN, and without it DSS, which carries the
 * connection. One cause is one finding. */
static void merge_causes(struct judgement *j)
{
	struct report *r = j->r;

	for (size_t c = 0; c < r->finding_count; c++) {
		for (size_t e = 0; e < r->finding_count; e++) {
			struct finding *cause = &r->findings[c];
			struct finding *effect = &r->findings[e];
			bool later = cause->segment < effect->segment;

			if (c == e || !is_mptcp_finding(cause) ||
			    !is_mptcp_finding(effect) ||
			    !same_verb(cause, effect) ||
			    !overlap(cause, effect->after.ttl, effect->at.ttl))
				continue;
			if (cause->segment == SEGMENT_ACK ||
			    effect->segment == SEGMENT_ACK)
				later = cause->segment == SEGMENT_DATA ||
					cause->segment == SEGMENT_SYN;
			if (!later)
				continue;
			merge_into(j, cause, effect);
			drop_finding(j, e);
			c = (size_t)-1;
			break;
		}
	}
}

void judge_quotes(struct judgement *j)
{
	const size_t rules = sizeof(field_rules) / sizeof(field_rules[0]);

	each_bracket(j, FIELD_OPTION_MPTCP, on_mptcp, NULL);
	merge_causes(j);
	for (size_t i = 0; i < rules; i++)
		each_bracket(j, field_rules[i].field, on_field,
			     &field_rules[i]);
	judge_removed_forms(j);
}
