/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/compare/difference.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "report/arena.h"

void difference_tell(const struct pair *p, bool meaningful, const char *kind,
		     const char *format, ...)
{
	struct compare *c = p->c;
	const char *text;
	va_list list;

	va_start(list, format);
	text = arena_printf(c->arena, "%s%s", p->about,
			    arena_vprintf(c->arena, format, list));
	va_end(list);
	for (size_t i = 0; i < c->difference_count; i++)
		if (strcmp(c->differences[i].text, text) == 0)
			return;
	*ARENA_PUSH(c->arena, c->differences, c->difference_count) =
		(struct difference){meaningful, kind, text};
}

static const char *capital(struct compare *c, const char *text)
{
	char *copy = arena_printf(c->arena, "%s", text);

	copy[0] = (char)toupper((unsigned char)copy[0]);
	return copy;
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

/* "1" or "1 to 3" */
static const char *span_text(struct compare *c, struct span s)
{
	if (s.low == s.high)
		return arena_printf(c->arena, "%u", s.low);
	return arena_printf(c->arena, "%u to %u", s.low, s.high);
}

/* "a host 13 hops away (TTL 51 of 64, SYNs reach it from TTL 14 on)" */
static const char *host_text(struct compare *c, const struct compare_row *r)
{
	const char *reach = "";

	if (compare_reach_measured(r))
		reach = arena_printf(c->arena, ", SYNs reach it from TTL %u on",
				     r->reach);
	else if (r->reach)
		reach = arena_printf(c->arena, ", SYNs with TTL %u reach it",
				     r->reach);

	return arena_printf(c->arena, "%s hop%s away (TTL %s of %u%s)",
			    span_text(c, r->hops), plural(r->hops.high),
			    span_text(c, r->ttl), r->initial_ttl, reach);
}

/* How far two spans lie apart; 0 if they overlap. */
static unsigned gap(struct span a, struct span b)
{
	if (a.low > b.high)
		return a.low - b.high;
	return b.low > a.high ? b.low - a.high : 0;
}

/* By how many hops more a SYN of `far` must be able to go than one of `near`:
 * what is known of it at least; 0: nothing. */
static unsigned reach_gap(const struct compare_row *near,
			  const struct compare_row *far)
{
	bool measured = compare_reach_measured(far);
	unsigned least = measured ? far->reach : far->short_ttl + 1;

	if (!near->reach || (!measured && far->short_count < EXPIRED_MIN) ||
	    least <= near->reach)
		return 0;
	return least - near->reach;
}

/* One hop more may be another way of two; but not each time. */
static bool sure_reach(const struct compare_row *near,
		       const struct compare_row *far)
{
	unsigned hops = reach_gap(near, far);

	return hops > 1 || (hops == 1 && near->reach_count >= ONE_HOP_MIN &&
			    far->short_ttl >= near->reach &&
			    far->short_count >= ONE_HOP_MIN);
}

static bool sure_hops(const struct pair *p)
{
	unsigned hops = gap(p->a->hops, p->b->hops);

	return p->a->initial_ttl != p->b->initial_ttl || hops > 1 ||
	       (hops == 1 && p->axis == AXIS_KIND && p->a->run == p->b->run &&
		p->a->answered >= ONE_HOP_MIN && p->b->answered >= ONE_HOP_MIN);
}

/* Which of the two is answered by the nearer host. */
static bool first_is_near(const struct pair *p)
{
	if (sure_reach(p->a, p->b))
		return true;
	if (sure_reach(p->b, p->a))
		return false;
	if (p->a->hops.low != p->b->hops.low)
		return p->a->hops.low < p->b->hops.low;
	return p->b->version >= 0;
}

static const char *reach_hop(struct compare *c, const struct compare_row *near,
			     const struct compare_row *far)
{
	const char *or_before = "";

	if (!near->reach)
		return "";
	if (!compare_reach_measured(near) && near->hops.low + 1 < near->reach)
		or_before = arena_printf(
			c->arena,
			" or before it; the SYN/ACK's own TTL says %u",
			near->hops.low + 1);
	else if (!compare_reach_measured(near))
		or_before = " or before it";
	if (!far->hops_seen[near->reach].family)
		return arena_printf(c->arena, ", at hop %u%s", near->reach,
				    or_before);
	return arena_printf(
		c->arena, ", at hop %u (%s)%s", near->reach,
		arena_address(c->arena, &far->hops_seen[near->reach]),
		or_before);
}

static void tell_hosts(const struct pair *p, bool meaningful, const char *kind,
		       const char *meaning)
{
	bool first = first_is_near(p);

	difference_tell(
		p, meaningful, kind,
		"%s the SYN/ACK comes from a host %s, %s from one %s: %s.",
		capital(p->c, first ? p->b_name : p->a_name),
		host_text(p->c, first ? p->b : p->a),
		first ? p->a_name : p->b_name,
		host_text(p->c, first ? p->a : p->b), meaning);
}

static void tell_distance(const struct pair *p)
{
	struct compare *c = p->c;
	bool first = first_is_near(p);
	const struct compare_row *near = first ? p->a : p->b;
	const struct compare_row *far = first ? p->b : p->a;
	const char *meaning;

	if (p->axis == AXIS_SOURCE)
		meaning = "paths from several addresses may differ, which is "
			  "no change";
	else if (p->axis == AXIS_TIME)
		meaning = "the path, or the host that answers, has changed";
	else
		meaning = arena_printf(c->arena,
				       "connections %s are terminated by a "
				       "device on the path%s",
				       first ? p->a_name : p->b_name,
				       reach_hop(c, near, far));
	tell_hosts(p, p->axis != AXIS_SOURCE,
		   p->axis == AXIS_SOURCE ? "source"
		   : p->axis == AXIS_TIME ? "path_changed"
					  : "terminated",
		   meaning);
}

/* Both kinds of SYNs need the same TTL. */
static bool same_reach(const struct pair *p)
{
	return compare_reach_measured(p->a) && compare_reach_measured(p->b) &&
	       p->a->reach == p->b->reach;
}

static bool same_hops(const struct pair *p)
{
	return p->a->initial_ttl == p->b->initial_ttl &&
	       gap(p->a->hops, p->b->hops) == 0;
}

/* A device that answers one kind is nearer both ways. If only one way is
 * shorter, TTLs are rewritten, or it is another return path. */
static bool tell_one_host(const struct pair *p, bool reach)
{
	if (p->axis != AXIS_KIND || !(reach ? same_hops(p) : same_reach(p)))
		return false;
	tell_hosts(p, false, reach ? "ttl" : "return_path",
		   reach ? arena_printf(
				   p->c->arena,
				   "the SYN/ACKs come over as many hops, so it "
				   "is one host, and the TTL of SYNs %s is "
				   "raised on the path",
				   first_is_near(p) ? p->a_name : p->b_name)
			 : "SYNs of both kinds need the same TTL, so it is "
			   "one host, and the return path differs, or TTLs "
			   "are rewritten on it");
	return true;
}

bool difference_of_distance(const struct pair *p)
{
	bool reach = sure_reach(p->a, p->b) || sure_reach(p->b, p->a);

	if (reach || sure_hops(p)) {
		if (tell_one_host(p, reach))
			return false;
		tell_distance(p);
		return true;
	}
	if (gap(p->a->hops, p->b->hops) == 1 || reach_gap(p->a, p->b) ||
	    reach_gap(p->b, p->a))
		difference_tell(
			p, false, "ecmp",
			"%s the SYN/ACK comes from a host %s, %s from one %s: "
			"a "
			"difference of one hop is not significant, as routers "
			"spread connections over paths of different length.",
			capital(p->c, p->a_name), host_text(p->c, p->a),
			p->b_name, host_text(p->c, p->b));
	return false;
}

static const char *name_of(const struct pair *p, const struct compare_row *r)
{
	return r == p->a ? p->a_name : p->b_name;
}

/* What does so to the SYNs of `row`, or did at the time of its run. */
static const char *cause_text(const struct pair *p,
			      const struct compare_row *row, const char *device,
			      const char *otherwise)
{
	if (p->axis == AXIS_TIME)
		return arena_printf(p->c->arena,
				    "%s, or a device on the path %s them now",
				    otherwise, device);
	if (p->a->run == p->b->run)
		return arena_printf(p->c->arena, "a device on the path %s them",
				    device);
	return arena_printf(p->c->arena,
			    "a device on the path %s them, or %s at the time "
			    "of %s",
			    device, otherwise, p->c->runs[row->run].name);
}

/* Why so many SYNs without an answer prove nothing. */
static const char *why_loss(struct compare *c,
			    const struct compare_row *control)
{
	if (control->answered < CONTROLS_MIN)
		return arena_printf(
			c->arena,
			"that may be packet loss, with so few answered ones to "
			"compare with; %u or more connections of each kind, "
			"alternating, would tell",
			CONTROLS_MIN);
	return arena_printf(c->arena,
			    "that may be packet loss (%u of %u SYNs of the "
			    "others were lost); %u or more without an answer "
			    "would tell",
			    control->tries.lost, control->tries.sent,
			    losses_needed(control->tries));
}

/* `lost` got no answer, `other` did. */
static void tell_lost(const struct pair *p, const struct compare_row *lost,
		      const struct compare_row *other)
{
	bool sure =
		beyond_chance(lost->lost_syns, other->tries, other->answered);

	difference_tell(
		p, sure, "unanswered",
		"SYNs %s went unanswered (%u in %u connection%s), those %s "
		"were "
		"answered: %s.",
		name_of(p, lost), lost->lost_syns, lost->connections,
		plural(lost->connections), name_of(p, other),
		sure ? cause_text(p, lost, "drops", "the host did not answer")
		     : why_loss(p->c, other));
}

/* `refused` drew RSTs, and nothing else; `other` was answered. */
static void tell_refused(const struct pair *p,
			 const struct compare_row *refused,
			 const struct compare_row *other)
{
	bool sure = refused->refused >= RESETS_COMPARED_MIN &&
		    chance_of_sorting(refused->refused, other->answered) <
			    CHANCE_OF_SORTING;

	difference_tell(
		p, sure, "refused",
		"SYNs %s are answered by a RST (%u connection%s), those %s by "
		"a "
		"SYN/ACK (%u): %s.",
		name_of(p, refused), refused->refused, plural(refused->refused),
		name_of(p, other), other->answered,
		sure ? cause_text(p, refused, "resets", "the port was closed")
		     : arena_printf(
			       p->c->arena,
			       "so few prove nothing, as one server behind a "
			       "balancer may refuse whatever it gets; %u or "
			       "more of each kind, alternating, would tell",
			       RESETS_MIN));
}

/* False if there are not two answers to compare. */
static bool compare_answers(const struct pair *p)
{
	const struct compare_row *a = p->a, *b = p->b;

	if (a->answered && !b->answered && b->refused)
		tell_refused(p, b, a);
	else if (b->answered && !a->answered && a->refused)
		tell_refused(p, a, b);
	else if (a->answered && !b->answered && b->lost_syns)
		tell_lost(p, b, a);
	else if (b->answered && !a->answered && a->lost_syns)
		tell_lost(p, a, b);
	return a->answered && b->answered;
}

static const char *mss_text(struct compare *c, int mss)
{
	return mss < 0 ? "no MSS" : arena_printf(c->arena, "MSS %d", mss);
}

static void compare_mss(const struct pair *p)
{
	if (p->a->answer.mss == p->b->answer.mss)
		return;
	difference_tell(
		p, true, "mss",
		"The SYN/ACK has %s %s, and %s %s: a device changes it, or "
		"another host answers.",
		mss_text(p->c, p->a->answer.mss), p->a_name,
		mss_text(p->c, p->b->answer.mss), p->b_name);
}

/* The same offer must draw the same options. */
static void compare_options(const struct pair *p)
{
	if (p->a->syn_offers != p->b->syn_offers ||
	    p->a->answer.offers == p->b->answer.offers)
		return;
	difference_tell(
		p, true, "options",
		"The SYN/ACK has the options %s %s, and %s %s: another host "
		"answers, or a device changes them.",
		p->a->answer.options, p->a_name, p->b->answer.options,
		p->b_name);
}

void difference_of_mptcp(const struct pair *p)
{
	const struct compare_row *with = p->a, *without = p->b;
	bool first = p->a->answer.version >= 0;

	if (p->a->version < 0 ||
	    (p->a->answer.version >= 0) == (p->b->answer.version >= 0))
		return;
	if (!first)
		with = p->b, without = p->a;
	if (p->axis == AXIS_KIND)
		difference_tell(p, false, "version",
				"The server speaks MPTCP v%d, and not v%d.",
				with->version, without->version);
	else if (p->axis == AXIS_SOURCE)
		difference_tell(
			p, true, "mptcp",
			"The SYN/ACK has MP_CAPABLE %s, and not %s: a device "
			"on "
			"one of the two paths removes the option, or another "
			"server answers there.",
			first ? p->a_name : p->b_name,
			first ? p->b_name : p->a_name);
	else
		difference_tell(
			p, true, "mptcp",
			"The SYN/ACK has MP_CAPABLE %s, and not %s: the "
			"server's "
			"setting has changed, or a device removes the option.",
			first ? p->a_name : p->b_name,
			first ? p->b_name : p->a_name);
}

/* Of no meaning by itself, but of use to who looks for the reason. */
static void compare_rtt(const struct pair *p)
{
	double a = p->a->answer.rtt_ms, b = p->b->answer.rtt_ms;

	if (a < 0 || b < 0 ||
	    (a < RTT_FACTOR * b + RTT_SLACK_MS &&
	     b < RTT_FACTOR * a + RTT_SLACK_MS))
		return;
	difference_tell(p, false, "rtt",
			"The SYN/ACK takes %.1f ms %s, and %.1f ms %s.", a,
			p->a_name, b, p->b_name);
}

void difference_of_rows(const struct pair *p)
{
	if (!compare_answers(p))
		return;
	if (p->axis == AXIS_SOURCE)
		difference_of_distance(p); /* its MSS is of another link, too */
	else if (!difference_of_distance(p) || p->axis != AXIS_KIND) {
		compare_mss(p);
		compare_options(p);
	}
	difference_of_mptcp(p);
	compare_rtt(p);
}
