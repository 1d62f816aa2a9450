/* SPDX-License-Identifier: GPL-3.0-or-later
 * What hops quote otherwise than it was sent: a field that one hop and all
 * behind it show changed, and the hops between which that happened.
 */
#include <string.h>

#include "report/arena.h"
#include "report/rules/dss.h"
#include "report/rules/fields.h"
#include "report/rules/rules.h"

static enum why said_bracket(const struct judgement *j, struct said *s,
			     const struct bracket *b)
{
	s->bracket = arena_alloc(j->arena, sizeof(*b));
	*s->bracket = *b;
	s->flow = b->flow;
	return WHY_SAID;
}

/* ---- MPTCP options ------------------------------------------------------- */

/* The SYN/ACK itself says that the option arrived, whatever a hop quotes: all
 * segments of a flow take the same way; but for a device that lets some pass,
 * as what the same hop quotes shows, or a burst. */
static bool arrived(const struct judgement *j, const struct bracket *b)
{
	struct bursts bursts = flow_bursts(b->flow, b->kind);
	bool answered = (b->kind == SEGMENT_SYN && b->flow->mptcp.syn_ack) ||
			(b->kind == SEGMENT_JOIN_SYN && b->flow->join.syn_ack);

	return answered && !burst_has(&bursts, b->first->sent) &&
	       !bracket_spares(j, b);
}

static enum why mptcp_changed(const struct judgement *j, struct said *s,
			      enum of_kind of, bool removed)
{
	enum why why = WHY_ABSENT;
	struct bracket b;

	while (s->next < j->flow_count) {
		if (!ask_bracket(j, s->next++, s->rule->segment, of,
				 FIELD_OPTION_MPTCP, &b) ||
		    b.changed->removed != removed)
			continue;
		if (removed && arrived(j, &b)) {
			why = WHY_CONTRARY;
			continue;
		}
		/* What starts late in a connection ends MPTCP all the same. */
		s->less = j->working &&
			  (!flow_fell_behind(b.flow) || lost_alone(j, b.flow) ||
			   dss_carrier(j, b.flow));
		return said_bracket(j, s, &b);
	}
	return why;
}

static enum why mptcp_removed(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, ALL_OF_KIND, true);
}

static enum why mptcp_modified(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, ALL_OF_KIND, false);
}

static enum why dss_removed(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, WITHOUT_CAPABLE, true);
}

static enum why dss_modified(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, WITHOUT_CAPABLE, false);
}

static enum why first_removed(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, WITH_CAPABLE, true);
}

static enum why first_modified(const struct judgement *j, struct said *s)
{
	return mptcp_changed(j, s, WITH_CAPABLE, false);
}

const char *how_phrase(const char *how)
{
	if (how && strcmp(how, "nop") == 0)
		return " (overwritten with NOPs)";
	if (how && strcmp(how, "eol") == 0)
		return " (overwritten with EOL)";
	return how ? " (cut out)" : "";
}

static const char *of_which(const struct judgement *j, const struct finding *f,
			    const struct bracket *b)
{
	if (b->of == WITH_CAPABLE)
		return f->of_some ? "the first data of some connections"
				  : "the first data";
	return !f->of_some ? segment_phrase(f->segment)
	       : segment_is_syn(b->kind)
		       ? "some SYNs"
		       : arena_printf(j->arena, "some %s",
				      segment_phrase(b->kind));
}

static void say_mptcp(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	const char *object = s->rule->of, *verb = strchr(s->rule->id, '.') + 1;
	bool whole = strcmp(object, "ADD_ADDR") == 0; /* names the segment */

	f->text = arena_printf(j->arena, "%s is %s%s%s%s%s %s.", object, verb,
			       whole			      ? ""
			       : s->bracket->changed->removed ? " from "
							      : " in ",
			       whole ? "" : of_which(j, f, s->bracket),
			       how_phrase(f->how),
			       flow_fell_behind(s->flow) && !f->of_some
				       ? except_bytes(j, s->flow)
				       : "",
			       place_phrase(j, f->after, f->at));
}

/* ---- other fields -------------------------------------------------------- */

/* What a row is about: a field, what it is called, and what became of it. */
struct field_rule {
	enum field field;
	const char *what;
	enum became became;
};

const char *changed_phrase(const struct judgement *j, const char *what,
			   const struct changed *changed,
			   enum segment_kind kind, const char *where)
{
	const struct change *c = &changed->change;
	const char *segment = segment_phrase(kind);
	bool number = c->sent && c->quoted && strlen(c->sent) < 24 &&
		      strlen(c->quoted) < 24;

	if (!c->sent)
		return arena_printf(j->arena, "%s (%s) is added to %s %s", what,
				    c->field, segment, where);
	if (changed->removed)
		return arena_printf(j->arena, "%s (%s) is removed from %s %s",
				    what, c->field, segment, where);
	if (number)
		return arena_printf(j->arena,
				    "%s of %s is changed from %s to %s %s",
				    what, segment, c->sent, c->quoted, where);
	return arena_printf(j->arena, "%s of %s is changed %s", what, segment,
			    where);
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

/* Whether it is the data that was made longer or shorter, in the light of the
 * other fields of the quote. */
static bool is_rewritten(const struct judgement *j, const struct bracket *b)
{
	const struct comparison *c = &b->first->comparison;

	if (b->field == FIELD_PAYLOAD)
		return comparison_find(c, FIELD_PAYLOAD_LENGTH);
	if (b->field == FIELD_PAYLOAD_LENGTH)
		return b->first->quote->quoted.tcp.payload_length >
		       b->first->sent->packet.tcp.payload_length;
	return b->field == FIELD_TCP_SEQUENCE && b->kind == SEGMENT_DATA &&
	       stream_shifted(j, b);
}

static bool was_so(const struct judgement *j, const struct bracket *b,
		   enum became became)
{
	bool option =
		b->field == FIELD_OPTION_MSS || b->field == FIELD_OPTION_OTHER;

	if (b->field == FIELD_PAYLOAD_LENGTH &&
	    comparison_find(&b->first->comparison, FIELD_PAYLOAD))
		return false; /* the payload's row says it */
	if (is_rewritten(j, b))
		return became == REWRITTEN;
	return became == (option && b->changed->removed ? REMOVED : CHANGED);
}

/* An experimental option (RFC 6994) that goes where MPTCP options go: the
 * device lets no option through that it does not know. The finding on MPTCP
 * says so (forms.c). */
static bool told_of_unknown(const struct judgement *j, const struct bracket *b)
{
	if (!b->changed->removed ||
	    strncmp(b->changed->change.sent, "fd", 2) != 0)
		return false;
	for (size_t i = 0; i < j->r->finding_count; i++) {
		const struct finding *f = &j->r->findings[i];

		if (f->rule->joins == JOINS_VERB &&
		    strstr(f->kind->id, ".removed") &&
		    finding_overlaps(f, b->after, b->at))
			return true;
	}
	return false;
}

/* Kinds that are swept, in the order of the exchange. */
static const enum segment_kind swept_kinds[] = {
	SEGMENT_SYN,	  SEGMENT_ACK,	    SEGMENT_DATA,
	SEGMENT_PURE_ACK, SEGMENT_ADD_ADDR, SEGMENT_JOIN_SYN,
	SEGMENT_JOIN_ACK, SEGMENT_JOIN_DATA};

#define SWEPT_KINDS (sizeof(swept_kinds) / sizeof(swept_kinds[0]))

static enum why field_changed(const struct judgement *j, struct said *s)
{
	const struct field_rule *field = s->rule->of;
	enum why why = WHY_ABSENT;
	struct bracket b;

	while (s->next < SWEPT_KINDS * j->flow_count) {
		size_t n = s->next++;

		if (!ask_bracket(j, n % j->flow_count,
				 swept_kinds[n / j->flow_count], ALL_OF_KIND,
				 field->field, &b))
			continue;
		why = WHY_CONTRARY;
		if (!was_so(j, &b, field->became) || told_of_unknown(j, &b))
			continue;
		s->less = !flow_fell_behind(b.flow);
		return said_bracket(j, s, &b);
	}
	return why;
}

static void say_field(struct judgement *j, struct finding *f,
		      const struct said *s)
{
	const struct field_rule *field = s->rule->of;
	const char *where = place_phrase(j, f->after, f->at);

	if (strcmp(f->kind->id, "data.rewritten") == 0)
		f->text = arena_printf(j->arena,
				       "Data is rewritten to another length "
				       "%s.",
				       where);
	else if (strcmp(f->kind->id, "data.split") == 0)
		f->text =
			arena_printf(j->arena, "Segments are split %s.", where);
	else
		f->text = arena_printf(j->arena, "%s.",
				       changed_phrase(j, field->what,
						      s->bracket->changed,
						      s->bracket->kind, where));
}

/* ---- rows ---------------------------------------------------------------- */

/* One device that removes MPTCP options is one finding, whatever segments it
 * was seen on: that on the SYN, and without it DSS, which carries the
 * connection. */
#define MPTCP(id, row, segment, test, object)                                  \
	{                                                                      \
		id, row, PHASE_QUOTES, segment, test, say_mptcp,               \
			.of = (object), .joins = JOINS_VERB, .each = true,     \
			.if_less = TO_IMPAIRS                                  \
	}

#define FIELD(id, row, field, what, became, ...)                               \
	{                                                                      \
		id, row, PHASE_QUOTES, SEGMENT_OTHER, field_changed,           \
			say_field,                                             \
			.joins = JOINS_PLACE, .each = true,                    \
			.of = &(const struct field_rule){field, what, became}, \
			__VA_ARGS__                                            \
	}

const struct rule quotes_rules[] = {
	MPTCP("mp_capable.removed", "syn", SEGMENT_SYN, mptcp_removed,
	      "MP_CAPABLE"),
	MPTCP("mp_capable.modified", "syn", SEGMENT_SYN, mptcp_modified,
	      "MP_CAPABLE"),
	MPTCP("dss.removed", "data", SEGMENT_DATA, dss_removed, "DSS"),
	MPTCP("dss.removed", "first", SEGMENT_DATA, first_removed,
	      "MP_CAPABLE"),
	MPTCP("dss.modified", "data", SEGMENT_DATA, dss_modified, "DSS"),
	MPTCP("dss.modified", "first", SEGMENT_DATA, first_modified,
	      "MP_CAPABLE"),
	MPTCP("dss.removed", "pure_ack", SEGMENT_PURE_ACK, mptcp_removed,
	      "DSS"),
	MPTCP("dss.modified", "pure_ack", SEGMENT_PURE_ACK, mptcp_modified,
	      "DSS"),
	MPTCP("mp_capable.removed", "ack", SEGMENT_ACK, mptcp_removed,
	      "MP_CAPABLE"),
	MPTCP("mp_capable.modified", "ack", SEGMENT_ACK, mptcp_modified,
	      "MP_CAPABLE"),
	MPTCP("add_addr.removed", "add_addr", SEGMENT_ADD_ADDR, mptcp_removed,
	      "ADD_ADDR"),
	MPTCP("add_addr.modified", "add_addr", SEGMENT_ADD_ADDR, mptcp_modified,
	      "ADD_ADDR"),
	MPTCP("mp_join.removed", "join_syn", SEGMENT_JOIN_SYN, mptcp_removed,
	      "MP_JOIN"),
	MPTCP("mp_join.modified", "join_syn", SEGMENT_JOIN_SYN, mptcp_modified,
	      "MP_JOIN"),
	MPTCP("mp_join.removed", "join_ack", SEGMENT_JOIN_ACK, mptcp_removed,
	      "MP_JOIN"),
	MPTCP("mp_join.modified", "join_ack", SEGMENT_JOIN_ACK, mptcp_modified,
	      "MP_JOIN"),
	MPTCP("dss.removed", "join_data", SEGMENT_JOIN_DATA, mptcp_removed,
	      "DSS"),
	MPTCP("dss.modified", "join_data", SEGMENT_JOIN_DATA, mptcp_modified,
	      "DSS"),
	FIELD("payload.modified", "payload", FIELD_PAYLOAD, "The payload",
	      CHANGED, .if_lost = TO_BLOCKS),
	FIELD("data.rewritten", "payload", FIELD_PAYLOAD, "The payload",
	      REWRITTEN, .if_lost = TO_BLOCKS),
	FIELD("data.split", "length", FIELD_PAYLOAD_LENGTH, "The length",
	      CHANGED, .if_less = TO_HARMLESS),
	FIELD("data.rewritten", "length", FIELD_PAYLOAD_LENGTH, "The length",
	      REWRITTEN, .if_lost = TO_BLOCKS),
	FIELD("tcp.sequence_rewritten", "sequence", FIELD_TCP_SEQUENCE,
	      "The sequence number", CHANGED),
	FIELD("data.rewritten", "sequence", FIELD_TCP_SEQUENCE,
	      "The sequence number", REWRITTEN, .if_lost = TO_BLOCKS),
	FIELD("tcp.sequence_rewritten", "acknowledgment",
	      FIELD_TCP_ACKNOWLEDGMENT, "The acknowledgment number", CHANGED),
	TCP_FIELDS(FIELD),
	FIELD("ip.translated", "source", FIELD_IP_SOURCE, "The source address",
	      CHANGED),
	FIELD("ip.translated", "destination", FIELD_IP_DESTINATION,
	      "The destination address", CHANGED),
	FIELD("ip.translated", "source_port", FIELD_TCP_SOURCE_PORT,
	      "The source port", CHANGED),
	FIELD("ip.translated", "destination_port", FIELD_TCP_DESTINATION_PORT,
	      "The destination port", CHANGED),
	IP_FIELDS(FIELD),
	{0},
};
