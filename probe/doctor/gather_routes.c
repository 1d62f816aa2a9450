// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: interfaces, addresses and routes, by rtnetlink(7). */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "probe/doctor/gather.h"
#include "probe/doctor/gather_netlink.h"

#define ROUTES_MOST 10000 /* a router may have a million */

struct lists {
	struct facts *facts;
	struct fact_link *links;
	size_t link_count;
	struct fact_address *addresses;
	size_t address_count;
	struct fact_route *routes;
	size_t route_count;
};

/* --- links, addresses ---------------------------------------------------- */

static int rp_filter_of(struct arena *a, const char *name)
{
	const char *value = proc_text(
		a, "/proc",
		arena_printf(a, "sys/net/ipv4/conf/%s/rp_filter", name));

	return value ? atoi(value) : -1;
}

static int take_link(const struct nlmsghdr *header, void *context)
{
	const struct ifinfomsg *about = mnl_nlmsg_get_payload(header);
	struct lists *l = context;
	struct arena *arena = l->facts->arena;
	struct fact_link *link = ARENA_PUSH(arena, l->links, l->link_count);
	const struct nlattr *a;
	int own, all = rp_filter_of(arena, "all");

	link->index = (unsigned)about->ifi_index;
	link->name = "?";
	link->up = about->ifi_flags & IFF_UP;
	link->carrier = about->ifi_flags & IFF_RUNNING;
	link->loopback = about->ifi_flags & IFF_LOOPBACK;
	mnl_attr_for_each (a, header, sizeof(*about))
		if (mnl_attr_get_type(a) == IFLA_IFNAME)
			link->name =
				arena_printf(arena, "%s", mnl_attr_get_str(a));
	own = rp_filter_of(arena, link->name);
	link->rp_filter = own > all ? own : all;
	return MNL_CB_OK;
}

static bool is_link_local(const struct address *a)
{
	return (a->family == 6 && a->bytes[0] == 0xfe &&
		(a->bytes[1] & 0xc0) == 0x80) ||
	       (a->family == 4 && a->bytes[0] == 169 && a->bytes[1] == 254);
}

static int take_address(const struct nlmsghdr *header, void *context)
{
	const struct ifaddrmsg *about = mnl_nlmsg_get_payload(header);
	struct lists *l = context;
	struct fact_address found = {.prefix = about->ifa_prefixlen,
				     .link = about->ifa_index};
	uint32_t flags = about->ifa_flags;
	const struct nlattr *a;
	bool local = false;

	mnl_attr_for_each (a, header, sizeof(*about)) {
		uint16_t type = mnl_attr_get_type(a);

		if (type == IFA_FLAGS)
			flags = mnl_attr_get_u32(a);
		else if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local))
			found.address = attribute_address(a);
		local |= type == IFA_LOCAL;
	}
	if (!found.address.family)
		return MNL_CB_OK;
	found.tentative = flags & IFA_F_TENTATIVE;
	found.duplicate = flags & IFA_F_DADFAILED;
	found.link_local = is_link_local(&found.address);
	*ARENA_PUSH(l->facts->arena, l->addresses, l->address_count) = found;
	return MNL_CB_OK;
}

/* --- routes -------------------------------------------------------------- */

/* struct rtvia: a family, and an address of it. */
static struct address via_address(const struct nlattr *a)
{
	size_t length = mnl_attr_get_payload_len(a);
	const uint8_t *bytes = mnl_attr_get_payload(a);

	if (length != 2 + 4 && length != 2 + 16)
		return (struct address){0};
	return address_from(bytes + 2, length - 2);
}

/* Only those that lead on to other networks are kept. */
static void keep_route(struct lists *l, const struct fact_route *r)
{
	if (!r->link || (!r->gateway.family && r->bits) ||
	    l->route_count >= ROUTES_MOST)
		return;
	*ARENA_PUSH(l->facts->arena, l->routes, l->route_count) = *r;
}

static void take_next_hop(struct fact_route *r, const struct nlattr *a)
{
	if (mnl_attr_get_type(a) == RTA_GATEWAY)
		r->gateway = attribute_address(a);
	else if (mnl_attr_get_type(a) == RTA_VIA)
		r->gateway = via_address(a);
}

static void take_next_hops(struct lists *l, const struct fact_route *like,
			   const struct nlattr *hops)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(hops);
	int left = mnl_attr_get_payload_len(hops);

	for (; RTNH_OK(hop, left);
	     left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		struct fact_route r = *like;
		const struct nlattr *attr; /* named by the macro */

		r.link = (unsigned)hop->rtnh_ifindex;
		mnl_attr_for_each_payload ((void *)RTNH_DATA(hop),
					   hop->rtnh_len - sizeof(*hop))
			take_next_hop(&r, attr);
		keep_route(l, &r);
	}
}

static int take_route(const struct nlmsghdr *header, void *context)
{
	const struct rtmsg *about = mnl_nlmsg_get_payload(header);
	struct fact_route r = {.bits = about->rtm_dst_len,
			       .table = about->rtm_table};
	const struct nlattr *a, *hops = NULL;
	struct lists *l = context;

	if (about->rtm_type != RTN_UNICAST || about->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	r.to.family = about->rtm_family == AF_INET6 ? 6 : 4;
	mnl_attr_for_each (a, header, sizeof(*about)) {
		uint16_t type = mnl_attr_get_type(a);

		if (type == RTA_DST)
			r.to = attribute_address(a);
		else if (type == RTA_OIF)
			r.link = mnl_attr_get_u32(a);
		else if (type == RTA_TABLE)
			r.table = mnl_attr_get_u32(a);
		else if (type == RTA_PRIORITY)
			r.metric = mnl_attr_get_u32(a);
		else if (type == RTA_MULTIPATH)
			hops = a;
		take_next_hop(&r, a);
	}
	if (hops)
		take_next_hops(l, &r, hops);
	else
		keep_route(l, &r);
	return MNL_CB_OK;
}

/* --- lookups ------------------------------------------------------------- */

struct answer {
	struct fact_lookup way;
	struct address source;
};

static int take_lookup(const struct nlmsghdr *header, void *context)
{
	const struct rtmsg *about = mnl_nlmsg_get_payload(header);
	struct answer *out = context;
	const struct nlattr *a;

	out->way.found = about->rtm_type == RTN_UNICAST;
	mnl_attr_for_each (a, header, sizeof(*about)) {
		if (mnl_attr_get_type(a) == RTA_OIF)
			out->way.link = mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == RTA_PREFSRC)
			out->source = attribute_address(a);
	}
	return MNL_CB_OK;
}

static void put_address(struct question *q, uint16_t type,
			const struct address *a)
{
	mnl_attr_put(q->header, type, address_length(a), a->bytes);
}

/* `source` may be NULL. Bound to an interface the kernel takes any IPv4 address
 * for a neighbour, unless the route itself is asked for. */
static struct answer look_up(const struct address *to,
			     const struct address *source, unsigned link)
{
	struct answer out = {.way = {.asked = true}};
	struct question q;
	struct rtmsg *about =
		question_begin(&q, RTM_GETROUTE, false, sizeof(*about));

	about->rtm_family = to->family == 6 ? AF_INET6 : AF_INET;
	about->rtm_dst_len = (uint8_t)(address_length(to) * 8);
	about->rtm_flags = link ? RTM_F_FIB_MATCH : 0;
	put_address(&q, RTA_DST, to);
	if (source) {
		about->rtm_src_len = about->rtm_dst_len;
		put_address(&q, RTA_SRC, source);
	}
	if (link)
		mnl_attr_put_u32(q.header, RTA_OIF, link);
	if (question_ask(&q, NETLINK_ROUTE, take_lookup, &out))
		out.way.found = false;
	return out;
}

/* A socket that is bound to an interface sends by that one, even where the IPv6
 * answer for its source is another of a better metric. */
static struct fact_lookup look_up_bound(const struct address *to,
					const struct fact_address *from)
{
	struct answer a = look_up(to, &from->address, from->link);

	if (a.way.found && a.way.link != from->link)
		a = look_up(to, NULL, from->link);
	return a.way;
}

/* The kernel asks twice for a connection: once for the source, and once more
 * with it, as rules by source may differ. */
static struct fact_lookup look_up_main(const struct address *to)
{
	struct answer first = look_up(to, NULL, 0), again;

	if (!first.way.found || !first.source.family)
		return first.way;
	again = look_up(to, &first.source, 0);
	return again.way.found ? again.way : first.way;
}

/* --- to whom ------------------------------------------------------------- */

static bool in_prefix(const struct address *a, const struct address *network,
		      unsigned bits)
{
	if (a->family != network->family)
		return false;
	for (unsigned i = 0; i < bits; i++)
		if ((a->bytes[i / 8] ^ network->bytes[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

/* A neighbour is reached whatever the routes are. */
static bool is_neighbour(const struct lists *l, const struct address *a)
{
	for (size_t i = 0; i < l->address_count; i++)
		if (in_prefix(a, &l->addresses[i].address,
			      l->addresses[i].prefix))
			return true;
	return false;
}

/* Anybody behind the default route (RFC 5737, RFC 3849), or in a smaller
 * network the last address but one, or its half; family 0: none. */
static struct address somebody_in(const struct lists *l,
				  const struct fact_route *r)
{
	struct address a = r->to;
	size_t bits = address_length(&a) * 8;

	if (r->bits == 0) {
		address_parse(a.family == 6 ? "2001:db8::1" : "192.0.2.1", &a);
		return a;
	}
	for (size_t i = r->bits; i + 1 < bits; i++)
		a.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (size_t i = r->bits; is_neighbour(l, &a); i++) {
		if (i + 2 >= bits)
			return (struct address){0};
		a.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	}
	return a;
}

static void find_server(struct lists *l, int family, const struct address *host)
{
	struct facts *f = l->facts;
	struct fact_server *s = &f->servers[family == 6];
	const struct fact_route *widest = NULL;

	if (host && host->family == family) {
		*s = (struct fact_server){*host, true};
		return;
	}
	for (size_t i = 0; i < f->route_count; i++)
		if (f->routes[i].to.family == family &&
		    (!widest || f->routes[i].bits < widest->bits))
			widest = &f->routes[i];
	if (widest)
		s->address = somebody_in(l, widest);
}

static void look_up_all(struct lists *l)
{
	struct facts *f = l->facts;

	for (int i = 0; i < 2; i++)
		if (f->servers[i].address.family)
			f->to_server[i] = look_up_main(&f->servers[i].address);
	for (size_t i = 0; i < l->address_count; i++) {
		struct fact_address *a = &l->addresses[i];
		const struct fact_server *s =
			&f->servers[a->address.family == 6];

		if (!s->address.family || a->link_local)
			continue;
		a->anyhow = look_up(&s->address, &a->address, 0).way;
		a->bound = look_up_bound(&s->address, a);
	}
}

static int dump(struct lists *l, uint16_t type, size_t size, mnl_cb_t take)
{
	struct question q;

	question_begin(&q, type, true, size);
	return question_ask(&q, NETLINK_ROUTE, take, l);
}

void gather_routes(struct facts *f, const struct address *host)
{
	struct lists l = {.facts = f};
	int error = dump(&l, RTM_GETLINK, sizeof(struct ifinfomsg), take_link);

	if (!error)
		error = dump(&l, RTM_GETADDR, sizeof(struct ifaddrmsg),
			     take_address);
	if (!error)
		error = dump(&l, RTM_GETROUTE, sizeof(struct rtmsg),
			     take_route);
	f->routes_known = known_by(error);
	f->links = l.links;
	f->link_count = l.link_count;
	f->routes = l.routes;
	f->route_count = l.route_count;
	find_server(&l, 4, host);
	find_server(&l, 6, host);
	look_up_all(&l);
	f->addresses = l.addresses;
	f->address_count = l.address_count;
}
