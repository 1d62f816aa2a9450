// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/told_hops.h"

#include <linux/fib_rules.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/socket.h>

#include "probe/net/netlink.h"

#define ROUTES_MAX 256

/* What a neighbour's address can be used in. */
#define USABLE                                                                 \
	(NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE |   \
	 NUD_DELAY)

/* --- the interface ------------------------------------------------------- */

static bool take_ethernet_address(const struct rtattr *a, uint8_t out[ETH_ALEN])
{
	if (RTA_PAYLOAD(a) != ETH_ALEN)
		return false;
	memcpy(out, RTA_DATA(a), ETH_ALEN);
	return true;
}

void told_link(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *a = IFLA_RTA(link);
	int left = (int)IFLA_PAYLOAD(message);
	struct told_hops *t = context;

	if (link->ifi_type != ARPHRD_ETHER || link->ifi_flags & IFF_NOARP)
		return;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_ADDRESS)
			t->ethernet = take_ethernet_address(a, t->own);
}

/* --- rules --------------------------------------------------------------- */

static bool is_usual_attribute(const struct rtattr *a)
{
	return a->rta_type == FRA_PRIORITY || a->rta_type == FRA_PROTOCOL ||
	       a->rta_type == FRA_TABLE ||
	       (a->rta_type == FRA_SUPPRESS_PREFIXLEN &&
		netlink_number(a) == UINT32_MAX);
}

/* A kernel has three of its own, which look into one table each. */
void told_rule(void *context, const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *rule = NLMSG_DATA(message);
	size_t header = NLMSG_ALIGN(sizeof(*rule));
	const struct rtattr *a =
		(const void *)((const char *)NLMSG_DATA(message) + header);
	int left = (int)(NLMSG_PAYLOAD(message, 0) - header);
	struct told_hops *t = context;

	t->simple &= rule->action == FR_ACT_TO_TBL && !rule->src_len &&
		     !rule->dst_len && !rule->tos &&
		     rule->table >= RT_TABLE_DEFAULT &&
		     !(rule->flags & FIB_RULE_INVERT);
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		t->simple &= is_usual_attribute(a);
}

/* --- routes -------------------------------------------------------------- */

bool told_too_many(const struct told_hops *t)
{
	return t->routes.count > ROUTES_MAX;
}

/* In the order in which they are asked. */
static bool take_table(uint32_t number, struct known_route *out)
{
	static const uint32_t order[] = {RT_TABLE_LOCAL, RT_TABLE_MAIN,
					 RT_TABLE_DEFAULT};

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (order[i] == number) {
			out->table = i;
			return true;
		}
	return false;
}

/* What is said of a route beside where it leads to. */
struct details {
	uint32_t table, interface;
	struct address router;
	bool several; /* next hops, or in an envelope */
};

static void take_detail(const struct rtattr *a, struct known_route *out,
			struct details *d)
{
	switch (a->rta_type) {
	case RTA_DST:
		out->to.first = netlink_address(a);
		break;
	case RTA_TABLE:
		d->table = netlink_number(a);
		break;
	case RTA_PRIORITY:
		out->metric = netlink_number(a);
		break;
	case RTA_OIF:
		d->interface = netlink_number(a);
		break;
	case RTA_GATEWAY:
		d->router = netlink_address(a);
		break;
	case RTA_VIA:
	case RTA_MULTIPATH:
	case RTA_ENCAP:
		d->several = true;
		break;
	default:
		break;
	}
}

static void read_details(const struct nlmsghdr *message,
			 struct known_route *out, struct details *d)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct rtattr *a = RTM_RTA(route);
	int left = (int)RTM_PAYLOAD(message);

	*out = (struct known_route){
		.to = {.first.family = route->rtm_family == AF_INET6 ? 6 : 4,
		       .length = route->rtm_dst_len}};
	*d = (struct details){.table = route->rtm_table};
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		take_detail(a, out, d);
}

static bool leads_by_us(const struct told_hops *t, const struct rtmsg *route,
			const struct details *d)
{
	return route->rtm_type == RTN_UNICAST && !route->rtm_tos &&
	       !route->rtm_src_len && !d->several &&
	       d->interface == t->config.interface &&
	       !(route->rtm_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN));
}

void told_route(void *context, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	struct told_hops *t = context;
	struct known_route out;
	struct details d;

	read_details(message, &out, &d);
	if (route->rtm_flags & RTM_F_CLONED || !take_table(d.table, &out) ||
	    told_too_many(t))
		return;
	if (leads_by_us(t, route, &d))
		out.router = d.router;
	else if (t->config.bound && route->rtm_type == RTN_UNICAST &&
		 !d.several && d.interface != t->config.interface)
		return;
	routes_add(&t->routes, &out);
}

/* --- neighbours ---------------------------------------------------------- */

void told_neighbour(void *context, const struct nlmsghdr *message)
{
	const struct ndmsg *header = NLMSG_DATA(message);
	const struct rtattr *a = (const void *)(header + 1);
	int left = (int)NLMSG_PAYLOAD(message, sizeof(*header));
	struct neighbour *out = context;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == NDA_LLADDR)
			out->known = header->ndm_state & USABLE &&
				     take_ethernet_address(a, out->address);
}

/* --- frames -------------------------------------------------------------- */

static bool is_kernels_turn(struct neighbour *b)
{
	bool turn = b->kernels_turn;

	b->kernels_turn = false;
	return turn;
}

bool told_header(struct told_hops *t, const struct address *to,
		 uint8_t out[ETHERNET_HEADER])
{
	int router = routes_router(&t->routes, to);
	uint16_t type = to->family == 6 ? ETH_P_IPV6 : ETH_P_IP;
	struct neighbour *b = router == -1 ? NULL : &t->neighbours[router];

	if (!b || !b->known || is_kernels_turn(b))
		return false;
	memcpy(out, b->address, ETH_ALEN);
	memcpy(out + ETH_ALEN, t->own, ETH_ALEN);
	out[2 * ETH_ALEN] = (uint8_t)(type >> 8);
	out[2 * ETH_ALEN + 1] = (uint8_t)type;
	return true;
}
