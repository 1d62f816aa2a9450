// SPDX-License-Identifier: GPL-3.0-or-later
/* The in-kernel path manager: its limits, its endpoints, and the uplinks that
 * they stand for. */
#include <inttypes.h>
#include <string.h>

#include "probe/doctor/checks.h"

#define SUBFLOWS_MOST 8U /* MPTCP_PM_ADDR_MAX */

static bool joins(const struct doctor_endpoint *e)
{
	return e->flags & (ENDPOINT_SUBFLOW | ENDPOINT_FULLMESH);
}

/* Those that others set: IMPLICIT ones the kernel made itself. */
static bool counts(const struct doctor_endpoint *e)
{
	return !(e->flags & ENDPOINT_IMPLICIT);
}

static const char *text_of(const struct checkup *c, const struct address *a)
{
	return arena_address(c->facts->arena, a);
}

static const char *name_of(const struct checkup *c,
			   const struct doctor_endpoint *e)
{
	return SAY(c, "endpoint %u, %s,", e->id, text_of(c, &e->address));
}

static const char *flags_of(const struct checkup *c, uint32_t flags)
{
	const char *text = "";

	for (unsigned bit = 0; bit < 32; bit++)
		if (flags >> bit & 1 && endpoint_flag_name(bit))
			text = SAY(c, "%s %s", text, endpoint_flag_name(bit));
	return text;
}

/* The endpoint anew, with that device and those flags. */
static const char *replace(const struct checkup *c,
			   const struct doctor_endpoint *e, const char *device,
			   uint32_t flags)
{
	return SAY(c,
		   "ip mptcp endpoint delete id %u\n"
		   "ip mptcp endpoint add %s%s%s%s",
		   e->id, text_of(c, &e->address), device ? " dev " : "",
		   device ? device : "", flags_of(c, flags));
}

static const char *removal(const struct checkup *c,
			   const struct doctor_endpoint *e)
{
	return SAY(c, "ip mptcp endpoint delete id %u", e->id);
}

/* Of what the endpoints say nothing while another path manager is in charge. */
static bool applies(const struct checkup *c)
{
	return c->facts->endpoints_known == KNOWN &&
	       facts_endpoints_matter(c->facts);
}

/* By which packets to a server of this family leave without an endpoint's
 * doing. */
static bool is_main(const struct facts *f, unsigned link, int family)
{
	const struct fact_lookup *way = &f->to_server[family == 6];

	return way->found && way->link == link;
}

/* --- limits -------------------------------------------------------------- */

/* The subflows beside the first that the endpoints would make, of a connection
 * of this family. */
static unsigned wanted_of(const struct facts *f, int family)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < f->endpoint_count; i++) {
		const struct doctor_endpoint *e = &f->endpoints[i];
		const struct fact_address *a = facts_address(f, &e->address);

		if (joins(e) && counts(e) && e->address.family == family &&
		    !(a && is_main(f, a->link, family)))
			wanted++;
	}
	return wanted < SUBFLOWS_MOST ? wanted : SUBFLOWS_MOST;
}

static unsigned wanted_subflows(const struct facts *f)
{
	unsigned v4 = facts_family_matters(f, 4) ? wanted_of(f, 4) : 0;
	unsigned v6 = facts_family_matters(f, 6) ? wanted_of(f, 6) : 0;

	return v4 > v6 ? v4 : v6;
}

static const char *set_subflows(const struct checkup *c, unsigned count)
{
	return SAY(c, "ip mptcp limits set subflows %u", count);
}

void check_limit_subflows(struct checkup *c)
{
	const struct facts *f = c->facts;
	unsigned wanted = wanted_subflows(f);

	if (f->endpoints_known != KNOWN || f->subflows < 0) {
		check_unknown(c, EFFECT_PATHS,
			      "this kernel does not tell its limits",
			      "ip mptcp limits show");
		return;
	}
	if (!applies(c))
		return;
	if (f->subflows == 0)
		check_wrong(c, EFFECT_PATHS,
			    "the limit of subflows is 0: none joins, and none "
			    "may",
			    set_subflows(c, wanted > 2 ? wanted : 2));
	else if ((unsigned)f->subflows < wanted)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"the limit is %d subflow%s beside the first, "
				"and %u endpoints want one",
				f->subflows, f->subflows == 1 ? "" : "s",
				wanted),
			    set_subflows(c, wanted));
	else
		check_ok(c, SAY(c, "the limit is %d subflow%s beside the first",
				f->subflows, f->subflows == 1 ? "" : "s"));
}

static bool has_fullmesh(const struct facts *f)
{
	for (size_t i = 0; i < f->endpoint_count; i++)
		if (f->endpoints[i].flags & ENDPOINT_FULLMESH)
			return true;
	return false;
}

void check_limit_add_addr(struct checkup *c)
{
	static const char command[] = "ip mptcp limits set add_addr_accepted 2";
	const struct facts *f = c->facts;
	uint64_t announced = facts_counter(f, "AddAddr");

	if (!applies(c) || f->add_addr_accepted < 0)
		return;
	if (f->add_addr_accepted > 0)
		check_ok(c, SAY(c, "up to %d announced address%s used",
				f->add_addr_accepted,
				f->add_addr_accepted == 1 ? " is" : "es are"));
	else if (announced && !facts_accepts_mptcp(f))
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"servers announced addresses %" PRIu64
				" time%s, and none is used: the limit "
				"add_addr_accepted is 0",
				announced, announced == 1 ? "" : "s"),
			    command);
	else if (has_fullmesh(f))
		check_wrong(c, EFFECT_WORSE,
			    "an endpoint is fullmesh, which is for addresses "
			    "that servers announce, and none will be used: the "
			    "limit add_addr_accepted is 0",
			    command);
	else
		check_ok(c, announced ? "what clients announce is not used "
					"(add_addr_accepted 0)"
				      : "announced addresses are not used "
					"(add_addr_accepted 0), and none came");
}

/* --- uplinks ------------------------------------------------------------- */

static bool has_endpoint(const struct facts *f, unsigned link, int family)
{
	for (size_t i = 0; i < f->endpoint_count; i++) {
		const struct doctor_endpoint *e = &f->endpoints[i];
		const struct fact_address *a = facts_address(f, &e->address);

		if (e->address.family == family &&
		    (e->link == link || (a && a->link == link)))
			return true;
	}
	return false;
}

/* The first one that others can be reached from. */
static const struct fact_address *usable(const struct facts *f, unsigned link,
					 int family)
{
	for (size_t i = 0; i < f->address_count; i++)
		if (f->addresses[i].link == link &&
		    f->addresses[i].address.family == family &&
		    !f->addresses[i].link_local && f->addresses[i].bound.found)
			return &f->addresses[i];
	return NULL;
}

/* The address of it that an endpoint of this family could have; NULL: nothing
 * is wanting. */
static const struct fact_address *wanting(const struct facts *f, unsigned link,
					  int family)
{
	if (!facts_family_matters(f, family) || is_main(f, link, family) ||
	    has_endpoint(f, link, family))
		return NULL;
	return usable(f, link, family);
}

static const char *endpoint_for(const struct checkup *c,
				const struct fact_link *link,
				const struct fact_address *a)
{
	return SAY(c, "ip mptcp endpoint add %s dev %s %s",
		   text_of(c, &a->address), link->name,
		   facts_accepts_mptcp(c->facts) ? "signal" : "subflow");
}

static bool has_other(const struct facts *f, unsigned link, int family)
{
	return is_main(f, link, family) || has_endpoint(f, link, family);
}

static void check_uplink(struct checkup *c, const struct fact_link *link)
{
	const struct facts *f = c->facts;
	const struct fact_address *v4 = wanting(f, link->index, 4);
	const struct fact_address *v6 = wanting(f, link->index, 6);
	const char *of = "", *mend;

	if (!v4 && !v6)
		return;
	mend = endpoint_for(c, link, v4 ? v4 : v6);
	if (v4 && v6)
		mend = SAY(c, "%s\n%s", mend, endpoint_for(c, link, v6));
	else if (has_other(f, link->index, v4 ? 6 : 4))
		of = v4 ? " of IPv4" : " of IPv6";
	check_wrong(c, EFFECT_PATHS,
		    SAY(c, "%s leads to other hosts too, and has no endpoint%s",
			link->name, of),
		    mend);
}

/* Whether a server that is asked about is reached by it. */
static bool leads(const struct facts *f, const struct fact_link *link,
		  int family)
{
	return facts_family_matters(f, family) &&
	       (is_main(f, link->index, family) ||
		usable(f, link->index, family));
}

static bool is_path(const struct facts *f, const struct fact_link *link)
{
	return facts_is_uplink(f, link) &&
	       (leads(f, link, 4) || leads(f, link, 6));
}

void check_uplinks(struct checkup *c)
{
	const struct facts *f = c->facts;
	size_t before = c->count, uplinks = 0;

	if (f->routes_known != KNOWN) {
		check_unknown(c, EFFECT_PATHS,
			      "this kernel does not tell its routes",
			      "ip route show table all");
		return;
	}
	if (!applies(c))
		return;
	for (size_t i = 0; i < f->link_count; i++) {
		uplinks += is_path(f, &f->links[i]);
		if (facts_is_uplink(f, &f->links[i]))
			check_uplink(c, &f->links[i]);
	}
	if (c->count > before)
		return;
	if (uplinks == 0)
		check_ok(c, "no interface has a route to other networks");
	else if (uplinks == 1)
		check_ok(c, "one uplink: there is one path only, unless the "
			    "server announces addresses");
	else
		check_ok(c, SAY(c, "each of %zu uplinks is used", uplinks));
}

/* --- endpoints, one by one ----------------------------------------------- */

struct endpoint_view {
	const struct doctor_endpoint *e;
	const struct fact_address *address; /* NULL: it is not of this host */
	const struct fact_link *link;	    /* of the address; NULL: none */
};

typedef void judge_fn(struct checkup *c, const struct endpoint_view *v);

static void each_endpoint(struct checkup *c, judge_fn *judge)
{
	const struct facts *f = c->facts;

	for (size_t i = 0;
	     applies(c) && f->routes_known == KNOWN && i < f->endpoint_count;
	     i++) {
		const struct doctor_endpoint *e = &f->endpoints[i];
		struct endpoint_view v = {.e = e};

		if (!counts(e))
			continue;
		v.address = facts_address(f, &e->address);
		v.link = v.address ? facts_link(f, v.address->link) : NULL;
		judge(c, &v);
	}
}

/* One line for all of them that are right. */
static void each_or_ok(struct checkup *c, judge_fn *judge, const char *text)
{
	size_t before = c->count;

	each_endpoint(c, judge);
	if (c->count == before && applies(c) && c->facts->endpoint_count)
		check_ok(c, text);
}

static bool is_nowhere(const struct endpoint_view *v)
{
	return (v->link && v->link->loopback) ||
	       (v->address && v->address->link_local && !v->e->link);
}

/* What is announced only may be how others reach this host: behind a NAT. */
static void judge_address(struct checkup *c, const struct endpoint_view *v)
{
	if (!v->address && !joins(v->e))
		return;
	if (!v->address)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s is no address of this host",
				name_of(c, v->e)),
			    removal(c, v->e));
	else if (is_nowhere(v))
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s cannot be reached by other hosts",
				name_of(c, v->e)),
			    removal(c, v->e));
	else if (v->address->duplicate)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"%s is not in use: another host has this "
				"address",
				name_of(c, v->e)),
			    SAY(c, "ip address delete %s/%u dev %s",
				text_of(c, &v->e->address), v->address->prefix,
				facts_link_name(c->facts, v->address->link)));
}

void check_endpoint_address(struct checkup *c)
{
	each_or_ok(c, judge_address, "all are addresses of this host");
}

static void judge_link(struct checkup *c, const struct endpoint_view *v)
{
	const char *name = v->link ? v->link->name : NULL;

	if (!v->link || v->link->loopback)
		return;
	if (!v->link->up)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s is of %s, which is down",
				name_of(c, v->e), name),
			    SAY(c, "ip link set dev %s up", name));
	else if (!v->link->carrier)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s is of %s, which has no carrier",
				name_of(c, v->e), name),
			    SAY(c, "ip -details link show dev %s", name));
}

void check_endpoint_link(struct checkup *c)
{
	each_or_ok(c, judge_link, "their interfaces are up");
}

static void judge_device(struct checkup *c, const struct endpoint_view *v)
{
	if (!v->link || !v->e->link || v->e->link == v->link->index)
		return;
	check_wrong(c, EFFECT_PATHS,
		    SAY(c, "%s is bound to %s, but is an address of %s",
			name_of(c, v->e), facts_link_name(c->facts, v->e->link),
			v->link->name),
		    replace(c, v->e, v->link->name, v->e->flags));
}

void check_endpoint_device(struct checkup *c)
{
	each_or_ok(c, judge_device, "their devices are those of the addresses");
}

/* --- routes -------------------------------------------------------------- */

static const struct fact_server *server_of(const struct facts *f,
					   const struct address *a)
{
	return &f->servers[a->family == 6];
}

/* Routing by source, as `ip` sets it up. */
static const char *rules_for(const struct checkup *c,
			     const struct endpoint_view *v)
{
	const struct facts *f = c->facts;
	const char *family = v->e->address.family == 6 ? "-6 " : "";
	const char *via = "";
	unsigned table = 100 + v->link->index;

	for (size_t i = 0; i < f->route_count; i++)
		if (f->routes[i].link == v->link->index &&
		    f->routes[i].gateway.family == v->e->address.family)
			via = SAY(c, " via %s",
				  text_of(c, &f->routes[i].gateway));
	return SAY(c,
		   "ip %sroute add default%s dev %s table %u\n"
		   "ip %srule add from %s table %u",
		   family, via, v->link->name, table, family,
		   text_of(c, &v->e->address), table);
}

/* Something nearer to the cause was said of it. */
static bool is_broken(const struct endpoint_view *v)
{
	return !v->link || v->link->loopback || !v->link->up ||
	       !v->link->carrier || v->address->duplicate ||
	       v->address->link_local ||
	       (v->e->link && v->e->link != v->link->index);
}

/* Which way a subflow of it would take; the kernel binds it to the device, if
 * there is one. */
static bool is_bound(const struct doctor_endpoint *e)
{
	return e->link && joins(e);
}

static void judge_route(struct checkup *c, const struct endpoint_view *v)
{
	const struct fact_server *s = server_of(c->facts, &v->e->address);
	const struct fact_lookup *way;

	if (is_broken(v) || !s->address.family)
		return;
	way = is_bound(v->e) ? &v->address->bound : &v->address->anyhow;
	if (!way->asked || (way->found && way->link == v->link->index))
		return;
	if (way->found)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"what %s sends to %s leaves by %s, not by %s",
				name_of(c, v->e), text_of(c, &s->address),
				facts_link_name(c->facts, way->link),
				v->link->name),
			    rules_for(c, v));
	else
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s has no route to %s by %s",
				name_of(c, v->e), text_of(c, &s->address),
				v->link->name),
			    rules_for(c, v));
}

void check_endpoint_route(struct checkup *c)
{
	each_or_ok(c, judge_route, "what they send leaves by their interfaces");
}

/* Strictly, an answer must come in where a packet to its sender would leave. */
static void judge_rp_filter(struct checkup *c, const struct endpoint_view *v)
{
	const struct fact_lookup *back;

	if (is_broken(v) || v->e->address.family != 4 ||
	    v->link->rp_filter != 1 || !v->address->bound.found)
		return;
	back = &v->address->anyhow;
	if (!is_bound(v->e) || (back->found && back->link == v->link->index))
		return;
	check_wrong(c, EFFECT_PATHS,
		    SAY(c,
			"answers to %s are dropped: rp_filter of %s is strict, "
			"and the route back is by %s",
			name_of(c, v->e), v->link->name,
			back->found ? facts_link_name(c->facts, back->link)
				    : "none"),
		    SAY(c, "sysctl -w net.ipv4.conf.%s.rp_filter=2",
			v->link->name));
}

void check_rp_filter(struct checkup *c)
{
	each_or_ok(c, judge_rp_filter, "answers to them are let in");
}

/* --- flags --------------------------------------------------------------- */

static void judge_flags(struct checkup *c, const struct endpoint_view *v)
{
	const struct facts *f = c->facts;
	uint32_t flags = v->e->flags;
	const char *device = v->e->device;

	if (flags & ENDPOINT_SIGNAL && flags & ENDPOINT_FULLMESH)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"%s is signal and fullmesh, which exclude each "
				"other",
				name_of(c, v->e)),
			    replace(c, v->e, device, flags & ~ENDPOINT_SIGNAL));
	else if (flags & ENDPOINT_SIGNAL && !joins(v->e) && !v->e->port &&
		 f->mptcp_sockets_known == KNOWN && !f->listeners_hidden &&
		 !facts_accepts_mptcp(f))
		check_wrong(
			c, EFFECT_PATHS,
			SAY(c,
			    "%s is signal, which is for servers, and no "
			    "program here accepts MPTCP: no subflow comes "
			    "of it",
			    name_of(c, v->e)),
			replace(c, v->e, device,
				(flags & ~ENDPOINT_SIGNAL) | ENDPOINT_SUBFLOW));
	else if (flags == 0)
		check_wrong(c, EFFECT_PATHS,
			    SAY(c, "%s is neither subflow nor signal",
				name_of(c, v->e)),
			    replace(c, v->e, device, flags | ENDPOINT_SUBFLOW));
}

void check_endpoint_flags(struct checkup *c)
{
	each_or_ok(c, judge_flags, "their flags fit this host");
}
