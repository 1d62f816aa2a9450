/* SPDX-License-Identifier: GPL-3.0-or-later
 * One packet that was seen in two places is told by its numbers. Those nearer
 * to who sent it saw the larger TTL, whatever the clocks say; on one link,
 * those nearer to the client wait longer for the answer to its SYN.
 */
#include <string.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/judgement.h"

/* `a`: where the flow is followed, `b`: there; of this side. */
static bool same_numbers(const struct tcp_view *a, const struct tcp_view *b,
			 unsigned side, const struct shift *shift)
{
	const unsigned flags =
		TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_FIN | TCP_FLAG_RST;

	return a->sequence + shift->of[side] == b->sequence &&
	       a->payload_length == b->payload_length &&
	       !((a->flags ^ b->flags) & flags) &&
	       (!(a->flags & TCP_FLAG_ACK) ||
		a->acknowledgment + shift->of[1 - side] == b->acknowledgment);
}

static bool is_whole(const struct kept *k)
{
	return k->packet.tcp.options_available == k->packet.tcp.options_length;
}

/* A packet that is sent again has another IP ID; without IDs, as of IPv6 and of
 * Linux' SYN/ACKs, another timestamp, if it is no ACK that goes out beside
 * others. */
static bool is_same(const struct kept *a, const struct kept *b, unsigned side,
		    const struct shift *shift)
{
	const struct ip_view *x = &a->packet.ip, *y = &b->packet.ip;

	if (!same_numbers(&a->packet.tcp, &b->packet.tcp, side, shift) ||
	    !is_whole(a) || !is_whole(b))
		return false;
	if (x->version == 4 && x->id && y->id)
		return x->id == y->id;
	return (a->packet.tcp.payload_length > 0 ||
		a->packet.tcp.flags & TCP_FLAG_SYN) &&
	       a->options.has_timestamps && b->options.has_timestamps &&
	       a->options.tsval == b->options.tsval;
}

/* Whether a packet left where its flow is followed, and arrived at the other
 * place; `client_there`: that is nearer to the client. */
static enum known leaves_home(const struct kept *home, const struct kept *other,
			      unsigned side, enum known client_there)
{
	if (home->packet.ip.ttl != other->packet.ip.ttl)
		return home->packet.ip.ttl > other->packet.ip.ttl ? KNOWN_YES
								  : KNOWN_NO;
	if (client_there == UNKNOWN)
		return UNKNOWN;
	return (client_there == KNOWN_YES) == (side == 1) ? KNOWN_YES
							  : KNOWN_NO;
}

static void add_pair(struct judgement *j, const struct flow *f, unsigned side,
		     enum known client_there, const struct kept *home,
		     const struct kept *other)
{
	enum known leaves = leaves_home(home, other, side, client_there);
	bool before = leaves != KNOWN_NO;
	struct pair *p = ARENA_PUSH(j->arena, j->pairs, j->pair_count);

	*p = (struct pair){
		.directed = leaves != UNKNOWN,
		.flow = f,
		.side = side,
		.kind = home->kind,
		.left = before ? home : other,
		.arrived = before ? other : home,
		.left_at = before ? f->viewpoint : other->viewpoint,
		.arrived_at = before ? other->viewpoint : f->viewpoint,
	};
	compare_packets(j->arena, p->left, &p->arrived->packet, &p->comparison);
	if (!p->directed && p->comparison.count)
		j->pair_count--;
}

/* Those of one place, which are listed together. */
static size_t of_viewpoint(const struct doubles *e, unsigned side,
			   struct viewpoint v, struct kept **list)
{
	size_t count = 0;

	for (size_t i = 0; i < e->seen_count[side]; i++) {
		struct viewpoint at = e->seen[side][i]->viewpoint;

		if (at.file == v.file && at.interface == v.interface)
			list[count++] = e->seen[side][i];
	}
	return count;
}

static struct sightings_of home_of(const struct flow *f, unsigned side)
{
	size_t count = side ? f->received_count : f->sent_count;

	return (struct sightings_of){side ? f->received : f->sent, count,
				     f->sides[side].packets == count};
}

static struct sightings_of there_of(const struct flow *f, unsigned side,
				    struct viewpoint v,
				    struct kept *list[DOUBLES_MAX])
{
	return (struct sightings_of){
		list, of_viewpoint(f->doubles, side, v, list),
		f->doubles->seen_count[side] < DOUBLES_MAX};
}

/* What one side sent, where the flow is followed and there. */
struct both {
	unsigned side;
	struct sightings_of home, there;
	struct shift shift;
};

/* A flow, as it was seen in another place. */
struct elsewhere {
	const struct flow *flow;
	struct viewpoint viewpoint;
	struct kept *lists[2][DOUBLES_MAX];
	struct both sides[2];
};

/* By how much the numbers of SYNs there are larger; 0 if any has this one. */
static uint32_t shift_of(const struct sightings_of *there, uint32_t isn)
{
	uint32_t shift = 0;

	for (size_t i = 0; i < there->count; i++) {
		const struct tcp_view *tcp = &there->list[i]->packet.tcp;

		if (!(tcp->flags & TCP_FLAG_SYN))
			continue;
		if (tcp->sequence == isn)
			return 0;
		shift = shift ? shift : tcp->sequence - isn;
	}
	return shift;
}

static void look_at(const struct flow *f, struct viewpoint v,
		    struct elsewhere *p)
{
	struct shift shift = {{0}};

	p->flow = f;
	p->viewpoint = v;
	for (unsigned side = 0; side < 2; side++) {
		p->sides[side].side = side;
		p->sides[side].home = home_of(f, side);
		p->sides[side].there = there_of(f, side, v, p->lists[side]);
	}
	shift.of[0] = shift_of(&p->sides[0].there, f->client_isn);
	if (f->syn_ack_seen)
		shift.of[1] = shift_of(&p->sides[1].there, f->server_isn);
	p->sides[0].shift = p->sides[1].shift = shift;
}

/* The only one at home that is the same as this one there; or NULL. */
static const struct kept *match_home(const struct both *b,
				     const struct kept *there)
{
	const struct kept *found = NULL;

	for (size_t i = 0; i < b->home.count; i++) {
		if (!is_same(b->home.list[i], there, b->side, &b->shift))
			continue;
		if (found)
			return NULL;
		found = b->home.list[i];
	}
	return found;
}

/* The same, if it is the only one there that is. */
static const struct kept *match(const struct both *b, const struct kept *there)
{
	const struct kept *home = match_home(b, there);

	for (size_t i = 0; i < b->there.count && home; i++)
		if (b->there.list[i] != there &&
		    is_same(home, b->there.list[i], b->side, &b->shift))
			return NULL;
	return home;
}

/* The first with SYN that was seen in both places: as it was there, and at
 * home. */
static const struct kept *first_syn(const struct both *b,
				    const struct kept **at_home)
{
	for (size_t i = 0; i < b->there.count; i++) {
		const struct kept *k = b->there.list[i];

		*at_home = match(b, k);
		if (*at_home && k->packet.tcp.flags & TCP_FLAG_SYN)
			return k;
	}
	return NULL;
}

/* Clocks of captures are no more exact. */
#define CLOCK_US 5

/* Whether that place is nearer to the client than where the flow is followed:
 * there the SYN/ACK comes later behind the SYN. */
static enum known client_is_there(const struct elsewhere *p)
{
	const struct kept *syn_home, *answer_home;
	const struct kept *syn = first_syn(&p->sides[0], &syn_home);
	const struct kept *answer = first_syn(&p->sides[1], &answer_home);
	int64_t longer_us;

	if (!syn || !answer)
		return UNKNOWN;
	longer_us = (answer->time_us - syn->time_us) -
		    (answer_home->time_us - syn_home->time_us);
	if (longer_us > -CLOCK_US && longer_us < CLOCK_US)
		return UNKNOWN;
	return longer_us > 0 ? KNOWN_YES : KNOWN_NO;
}

static void pair_side(struct judgement *j, const struct elsewhere *p,
		      unsigned side)
{
	const struct both *b = &p->sides[side];
	enum known client_there = client_is_there(p);

	for (size_t i = 0; i < b->there.count; i++) {
		const struct kept *home = match(b, b->there.list[i]);

		if (home)
			add_pair(j, p->flow, side, client_there, home,
				 b->there.list[i]);
	}
}

/* Where numbers are rewritten, nothing tells what of the data is missing. */
static void count_missed(struct judgement *j, const struct elsewhere *p,
			 unsigned side)
{
	const struct both *b = &p->sides[side];

	if (!b->shift.of[0] && !b->shift.of[1])
		j->missed += missed_packets(j, p->flow, side, p->viewpoint,
					    &b->home, &b->there);
}

static void collect_pairs(struct judgement *j, const struct flow *f)
{
	const struct doubles *e = f->doubles;

	for (size_t i = 0; e && i < e->viewpoint_count; i++) {
		struct elsewhere p;

		look_at(f, e->viewpoints[i], &p);
		pair_side(j, &p, 0);
		pair_side(j, &p, 1);
		count_missed(j, &p, 0);
		count_missed(j, &p, 1);
	}
}

/* And of its connection's subflows to elsewhere, which are no target's. */
static void collect_subflows(struct judgement *j, const struct flow *f,
			     const struct judge_target *target)
{
	for (const struct flow *s = f->sibling; s; s = s->sibling)
		if (s->server_port != target->port ||
		    !address_equal(&s->server, &target->address))
			collect_pairs(j, s);
}

static bool is_of_name(enum field field)
{
	return field == FIELD_IP_SOURCE || field == FIELD_IP_DESTINATION ||
	       field == FIELD_TCP_SOURCE_PORT ||
	       field == FIELD_TCP_DESTINATION_PORT;
}

const char *viewpoint_name(const struct judgement *j, struct viewpoint v)
{
	const char *file = j->o->files ? j->o->files[v.file] : NULL;
	const char *slash = file ? strrchr(file, '/') : NULL;
	const char *name = observer_interface_name(j->o, v);

	if (!name)
		name = arena_printf(j->arena, "interface %u", v.interface);
	if (!file)
		return name;
	file = slash ? slash + 1 : file;
	return v.interface ? arena_printf(j->arena, "%s (%s)", file, name)
			   : file;
}

bool pair_translated(const struct pair *p)
{
	for (size_t i = 0; i < p->comparison.count; i++)
		if (is_of_name(p->comparison.items[i].field))
			return true;
	return false;
}

static bool is_number(enum field field)
{
	return field == FIELD_TCP_SEQUENCE || field == FIELD_TCP_ACKNOWLEDGMENT;
}

bool pair_rewritten(const struct pair *p)
{
	for (size_t i = 0; i < p->comparison.count; i++)
		if (is_number(p->comparison.items[i].field))
			return true;
	return false;
}

/* In more than that. */
static bool pair_changed(const struct pair *p)
{
	for (size_t i = 0; i < p->comparison.count; i++) {
		enum field field = p->comparison.items[i].field;

		if (!is_of_name(field) && !is_number(field))
			return true;
	}
	return false;
}

/* "unchanged but for addresses or ports" */
static const char *unchanged_phrase(const struct judgement *j)
{
	bool translated = false, rewritten = false;

	for (size_t i = 0; i < j->pair_count; i++) {
		translated |= pair_translated(&j->pairs[i]);
		rewritten |= pair_rewritten(&j->pairs[i]);
	}
	if (translated && rewritten)
		return "unchanged but for addresses or ports, and sequence "
		       "numbers";
	if (rewritten)
		return "unchanged but for sequence numbers";
	return translated ? "unchanged but for addresses or ports"
			  : "unchanged";
}

static const char *missed_phrase(const struct judgement *j)
{
	if (!j->missed)
		return "";
	return arena_printf(j->arena,
			    " %u more %s seen only where %s passed first: "
			    "lost in between, or missed by a capture.",
			    j->missed, j->missed == 1 ? "was" : "were",
			    j->missed == 1 ? "it" : "they");
}

/* "24 packets were seen both at a.pcap and at b.pcap, and 1 of them changed in
 * between." */
static const char *sum_up(const struct judgement *j)
{
	const struct pair *p = j->pairs;
	unsigned changed = 0;

	for (size_t i = 0; i < j->pair_count; i++)
		changed += pair_changed(&j->pairs[i]);
	return arena_printf(
		j->arena, "%zu packet%s seen both at %s and at %s, %s.%s",
		j->pair_count, j->pair_count == 1 ? " was" : "s were",
		viewpoint_name(j, p->left_at), viewpoint_name(j, p->arrived_at),
		changed ? arena_printf(j->arena,
				       "and %u of them changed in between",
				       changed)
			: unchanged_phrase(j),
		missed_phrase(j));
}

void judge_pairs(struct judgement *j, const struct judge_target *target)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		collect_pairs(j, f);
		if (f->connection && f->connection->flows == f)
			collect_subflows(j, f, target);
	}
	if (j->pair_count)
		j->r->seen_twice = sum_up(j);
}
