// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/next_hops.h"

#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/net/netlink.h"
#include "probe/survey/told_hops.h"
#include "report/arena.h"

struct next_hops {
	struct told_hops told;
	int fd;
	bool given_up; /* too many routes: they are not read again */
};

static unsigned char family_number(bool six)
{
	return six ? AF_INET6 : AF_INET;
}

static void ask_link(struct next_hops *n)
{
	const uint32_t without = RTEXT_FILTER_SKIP_STATS;
	struct netlink_question q;
	struct ifinfomsg *link =
		netlink_begin(&q, RTM_GETLINK, false, sizeof(*link));

	link->ifi_index = (int)n->told.config.interface;
	netlink_add(&q, IFLA_EXT_MASK, &without, sizeof(without));
	n->told.ethernet = false;
	if (netlink_ask(n->fd, &q, told_link, &n->told))
		n->told.ethernet = false;
}

/* Other rules may know more of a packet than its destination. */
static bool rules_are_simple(struct next_hops *n, bool six)
{
	struct netlink_question q;
	struct fib_rule_hdr *rule =
		netlink_begin(&q, RTM_GETRULE, true, sizeof(*rule));

	rule->family = family_number(six);
	n->told.simple = true;
	return !netlink_ask(n->fd, &q, told_rule, &n->told) && n->told.simple;
}

static bool ask_routes(struct next_hops *n, bool six)
{
	struct netlink_question q;
	struct rtmsg *route =
		netlink_begin(&q, RTM_GETROUTE, true, sizeof(*route));

	route->rtm_family = family_number(six);
	if (netlink_ask(n->fd, &q, told_route, &n->told))
		return false;
	n->given_up = told_too_many(&n->told);
	return !n->given_up;
}

static void ask_neighbour(struct next_hops *n, const struct address *router,
			  struct neighbour *out)
{
	struct netlink_question q;
	struct ndmsg *header =
		netlink_begin(&q, RTM_GETNEIGH, false, sizeof(*header));

	header->ndm_family = family_number(router->family == 6);
	header->ndm_ifindex = (int)n->told.config.interface;
	netlink_add(&q, NDA_DST, router->bytes, address_length(router));
	*out = (struct neighbour){.kernels_turn = true};
	if (netlink_ask(n->fd, &q, told_neighbour, out))
		out->known = false;
}

void next_hops_refresh(struct next_hops *n)
{
	bool told = true;

	if (n->given_up)
		return;
	routes_clear(&n->told.routes);
	ask_link(n);
	for (unsigned six = 0; six < 2 && n->told.ethernet && told; six++)
		if (n->told.config.families[six])
			told = rules_are_simple(n, six) && ask_routes(n, six);
	if (!told)
		routes_clear(&n->told.routes);
	routes_sort(&n->told.routes);
	for (unsigned i = 0; i < n->told.routes.router_count; i++)
		ask_neighbour(n, &n->told.routes.routers[i],
			      &n->told.neighbours[i]);
}

struct next_hops *next_hops_open(const struct next_hops_config *c)
{
	struct next_hops *n;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd == -1)
		return NULL;
	n = must_have(calloc(1, sizeof(*n)));
	n->told.config = *c;
	n->fd = fd;
	next_hops_refresh(n);
	return n;
}

void next_hops_free(struct next_hops *n)
{
	if (!n)
		return;
	close(n->fd);
	routes_free(&n->told.routes);
	free(n);
}

bool next_hops_header(struct next_hops *n, const struct address *to,
		      uint8_t out[ETHERNET_HEADER])
{
	return told_header(&n->told, to, out);
}
