/* SPDX-License-Identifier: GPL-3.0-or-later
 * The rules: one row for each way to come to a finding. Of what was observed a
 * row's test finds out whether it is so; its say() puts that into words. What
 * a row depends on stands in its columns, and only there: in which phase of
 * the exchange it is asked, which findings say the same, what it does to the
 * effect. Rows are asked in order, and the first finding with an effect is the
 * headline of the report; so a row refers only to rows above it.
 */
#ifndef REPORT_RULES_RULES_H
#define REPORT_RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "report/evidence/ledger.h"

struct rule;

/* Once a finding blocks, what comes later in the exchange follows from it: rows
 * of later phases are not asked. Those of PHASE_DISTANCE always are. */
enum phase {
	PHASE_QUOTES,	/* what hops quote */
	PHASE_DISTANCE, /* who answers */
	PHASE_SYN_ACK,	/* what it answers */
	PHASE_SYN,	/* SYNs without an answer */
	PHASE_DATA,
	PHASE_LONG, /* data that needs more than a segment or two */
	PHASE_REST, /* subflows, addresses, fragments, idling */
	PHASE_LAST, /* what another server decides */
	PHASE_COUNT
};

/* What a test found out. All zero when it is asked; the driver makes the
 * finding of it. */
struct said {
	const struct rule *rule; /* whose test is asked */
	const struct flow *flow; /* the connection that shows it; or NULL */
	unsigned have, need;	 /* witnesses, losses: as the rule counts */
	enum direction direction;
	enum confidence confidence;
	struct place after, at;
	bool less;		 /* the rule's if_less applies */
	struct bracket *bracket; /* the place, by quotes: in the arena */
	const void *facts;	 /* for the rule's own say(); in the arena */
	const char *by;		 /* of WHY_UNLESS: the id */
	size_t next; /* of `each`: the test's own, where it goes on */
};

/* Asks one rule. It changes nothing but `s`. */
typedef enum why test_fn(const struct judgement *j, struct said *s);

/* Fills in the text and evidence of a finding that the driver has made: id,
 * direction, segment, confidence, place, effect and first connection are
 * there, and say() may correct them. */
typedef void say_fn(struct judgement *j, struct finding *f,
		    const struct said *s);

/* When a row is not asked, besides blocked: */
enum gate {
	NOT_WORKING = 1,    /* MPTCP is proven on a connection */
	NOT_NEGOTIATED = 2, /* MP_CAPABLE came back on one */
	OWN_PHASE = 4,	    /* a finding of its own phase blocks */
	WORKING = 8,	    /* MPTCP is proven on none */
	TAKING = 16	    /* nor takes the server data on any */
};

enum moved { AS_KIND, TO_BLOCKS, TO_IMPAIRS, TO_HARMLESS };

enum joins {
	JOINS_NONE,
	JOINS_PLACE,  /* a finding of this id whose place overlaps */
	JOINS_VERB,   /* the same; or of another MPTCP option, to which the
		       * same was done */
	JOINS_REFINES /* the finding of the same id, which say() corrects */
};

#define UNLESS_MAX 8

struct rule {
	const char *id;	 /* of the finding */
	const char *row; /* tells rows of one id apart */
	enum phase phase;
	enum segment_kind segment;
	test_fn *test;
	say_fn *say;
	const char *unless[UNLESS_MAX]; /* findings that say it: "id", or
					 * "id/row" where only that does */
	unsigned gates;			/* enum gate */
	enum joins joins;
	bool each;	/* asked again, until it is not so: s->next */
	bool stands;	/* it rests on numbers that were checked: that plain TCP
			 * has stopped to work is no doubt */
	const void *of; /* what a test that serves several rows is about */
	/* The effect, if MPTCP is proven; if the test says `less`; and at the
	 * end, if MPTCP was negotiated and never proven. */
	enum moved if_working, if_less, if_lost;
};

/* The rows of each file, in order; the last is followed by one whose id is
 * NULL. */
extern const struct rule quotes_rules[], pairs_rules[], ended_rules[],
	distance_rules[], syn_ack_rules[], syn_rules[], data_rules[],
	dss_removed_rules[], dss_server_removed_rules[], acks_removed_rules[],
	dss_some_rules[], dss_dropped_rules[], dss_reset_rules[],
	dss_server_rules[], acks_rules[], own_acks_rules[], size_rules[],
	long_rules[], first_ack_rules[], join_answer_rules[],
	joined_size_rules[], join_rules[], joined_rules[], announced_rules[],
	add_addr_rules[], fragment_rules[], idle_rules[], last_rules[],
	limited_option_rules[], limited_syn_rules[], limited_join_rules[];

/* Whether `name`, as of `unless`, is this id; or "id/row", of this row. */
bool rule_named(const char *id, const char *row, const char *name);

/* For tests: whether s->have suffices; WHY_ABSENT if it is none. */
enum why enough(const struct said *s);

/* For tests: what happens between these hops. Unless it is before the target,
 * it may happen to what comes back. */
void said_between(const struct judgement *j, struct said *s, struct between b);

/* "The MSS option of the SYN is changed from 020405b4 to 020404b0 WHERE", of a
 * field that the row calls `what`; in the arena. */
const char *changed_phrase(const struct judgement *j, const char *what,
			   const struct changed *changed,
			   enum segment_kind kind, const char *where);

/* " (cut out)", of an option that is gone; "" where it is there: NULL. */
const char *how_phrase(const char *how);

/* Row `index` of all; NULL behind the last. */
const struct rule *rules_row(size_t index);

/* Moves effects by if_lost, when all rules were asked. */
void rules_settle(struct judgement *j);

/* Asks the rules of the phases from `first` to `last`. Findings go to the
 * report, what became of each rule as well. */
void rules_run(struct judgement *j, enum phase first, enum phase last);

#endif
