/* SPDX-License-Identifier: GPL-3.0-or-later
 * What each connection sent with which TTL, and what came of it; and the
 * questions that rules ask of it. Connections may take different ways (ECMP):
 * a change is bracketed on one connection, never across several.
 */
#ifndef REPORT_EVIDENCE_LEDGER_H
#define REPORT_EVIDENCE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/evidence/judgement.h"

/* Which segments of a kind: the first data of version 1 carries MP_CAPABLE (RFC
 * 8684 3.1), and devices may leave that alone, or only that. */
enum of_kind { ALL_OF_KIND, WITH_CAPABLE, WITHOUT_CAPABLE };

bool kept_is_of(const struct kept *k, enum segment_kind kind, enum of_kind of);

/* Segments that are looked at together. */
struct class
{
	enum purpose purpose;
	int version; /* -1: any */
	enum segment_kind kind;
	const struct flow *only; /* this connection; NULL: all of them */
	int64_t since_us;	 /* sent then or later */
	enum of_kind of;
};

/* Whether connections of this one's kind are of the class. A SYN with
 * MP_CAPABLE that a server need not take is none of an attempt. */
bool class_has(const struct class *c, const struct flow *f);

/* Whether the server is to answer a SYN. Where a connection has as many
 * subflows as Linux takes, it answers no MP_JOIN if it answers with SYN
 * cookies, as when its queue is full. */
bool syn_is_due(const struct flow *f, const struct kept *syn);

/* ---- witnesses: connections that show the same --------------------------- */

typedef bool shows_fn(const struct judgement *j, const struct flow *f);

/* How many there are; the first of them goes to `first` unless that is NULL or
 * there is none. */
unsigned ask_witnesses(const struct judgement *j, shows_fn *shows,
		       const struct flow **first);

/* ---- chance: whether silence is none ------------------------------------- */

struct attempts;

/* Whether attempts of a kind were lost beyond chance, by the rate of
 * plain ones and the controls. `have` of them were lost of `need`, at least. */
enum why ask_chance(const struct judgement *j, const struct attempts *of,
		    unsigned *have, unsigned *need);

/* ---- where --------------------------------------------------------------- */

/* Hops between which something happens, as TTLs. at 0: that is not known. */
struct between {
	bool known; /* `after` is; 0 is this host */
	unsigned after, at;
};

/* Writes them as places, of a finding or of what is said; what is not known is
 * left alone. */
void put_between(const struct judgement *j, struct between b,
		 struct place *after, struct place *at);

/* Whether any segment of this kind was quoted at this TTL. */
bool quoted_at(const struct judgement *j, enum purpose purpose,
	       enum segment_kind kind, unsigned ttl);

/* The last hop before `end` that quoted a segment of the class; 0: none. */
unsigned last_quote(const struct judgement *j, const struct class *c,
		    unsigned end);

/* How often something went out with this TTL that a hop should have quoted. */
typedef unsigned copies_fn(const struct judgement *j, const void *of,
			   unsigned ttl);

/* Whether the hop that this copy ends at quotes anything else of the host that
 * went out at about the same time: routers answer one a second. */
bool router_spent(const struct judgement *j, const struct flow *of,
		  const struct kept *copy);

/* The first hop behind `after` that quotes others and none of so many copies,
 * which loss alone does not explain, or the target; 0: none. */
unsigned first_silent(const struct judgement *j, unsigned after,
		      copies_fn *copies, const void *of);

/* Silence: segments of a class vanish behind the last hop that quoted one, and
 * before the next that quotes others. Not known if none went out with a small
 * TTL. */
struct between ask_silence(const struct judgement *j, const struct class *c);

/* The smallest TTL with which a lone SYN of the class drew a RST; 0: none
 * did. */
unsigned reset_reach(const struct judgement *j, const struct class *c);

/* Where SYNs of a class draw a RST: from who answers the lone ones, or else
 * from who answers plain SYNs. */
struct between ask_reset(const struct judgement *j, const struct class *c);

/* The TTL that a connection sent something with that is to draw an answer, and
 * whether it did; 0: it tells nothing. */
typedef unsigned draws_fn(const struct judgement *j, const struct flow *f,
			  bool *drawn);

/* Edge: the smallest TTL that draws an answer. */
struct edge {
	unsigned at;		 /* 0: none does */
	unsigned after;		 /* the largest below that draws none; 0 */
	unsigned count;		 /* connections that drew one */
	const struct flow *flow; /* the first with `at` */
};

struct edge ask_edge(const struct judgement *j, draws_fn *draws);

/* Bursts: SYNs of one connection, many at once, and copies that end at each hop
 * right behind them. */
#define BURSTS_MAX 4

struct bursts {
	unsigned count;
	int64_t begun_us[BURSTS_MAX];
};

struct bursts flow_bursts(const struct flow *f, enum segment_kind kind);

/* Whether a copy is of a burst; whether this hop quoted one that is. */
bool burst_has(const struct bursts *b, const struct kept *k);
bool burst_quoted(const struct bursts *b, const struct flow *f,
		  enum segment_kind kind, unsigned ttl);

struct burst {
	const struct flow *flow;
	enum segment_kind kind;
	struct bursts bursts;
	struct between between; /* where they end, or lose their option */
};

/* A burst of this kind that comes to a place where its SYN was let through at
 * another time: false if there is none. */
bool ask_burst(const struct judgement *j, enum segment_kind kind,
	       struct burst *b);

/* Bracket: the quotes of one connection show a field changed for good. */
struct bracket {
	const struct flow *flow;
	size_t index; /* of the flow, in j->flows */
	enum segment_kind kind;
	enum of_kind of;
	enum field field;
	unsigned after, at; /* TTLs; after 0: as it left this host */
	const struct view *intact, *first; /* intact: NULL for this host */
	const struct changed *changed;
	size_t witnesses; /* hops at and behind `at` that show it */
	unsigned classes; /* of data and ACKs, instead of the kind; or 0 */
};

/* False if the field was not changed, or one router garbled it in its quote.
 * `flow` is its index in j->flows. */
bool ask_bracket(const struct judgement *j, size_t flow, enum segment_kind kind,
		 enum of_kind of, enum field field, struct bracket *b);

/* The first hop that quotes it changed quotes others as they were sent, of
 * whichever flow, but of the same version of MP_CAPABLE: not all are changed.
 */
bool bracket_spares(const struct judgement *j, const struct bracket *b);

/* Whether a device changes some of what is sent alike and lets some pass; if
 * so, widens its bracket. Where what one connection sends arrives changed as
 * well as intact, that a hop quotes some of it as it was sent does not place
 * the device behind it, unless it is less likely than CHANCE_OF_PASSING that so
 * many passed it, by how many arrive in each way. Where all of a connection
 * arrive alike it acts on connections, or stands on one of several ways, and a
 * quote tells; also where data and ACKs arrive intact first and then changed,
 * as it begins late. */
bool bracket_spread(const struct judgement *j, struct bracket *b);

#endif
