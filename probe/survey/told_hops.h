/* SPDX-License-Identifier: GPL-3.0-or-later
 * The routers of this link as a value: what the messages of rtnetlink(7) say of
 * them, and the Ethernet header of a frame to one.
 */
#ifndef PROBE_SURVEY_TOLD_HOPS_H
#define PROBE_SURVEY_TOLD_HOPS_H

#include <linux/netlink.h>
#include <net/ethernet.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/survey/next_hops.h"
#include "probe/survey/routes.h"

struct neighbour {
	bool known;
	bool kernels_turn; /* the next packet is for the kernel to send */
	uint8_t address[ETH_ALEN];
};

struct told_hops {
	struct next_hops_config config;
	bool simple; /* all rules so far look into one table each */
	bool ethernet;
	uint8_t own[ETH_ALEN];
	struct routes routes;
	struct neighbour neighbours[ROUTERS_MAX]; /* of `routes` */
};

/* Each takes in one message: of the interface, of a rule, of a route, into a
 * struct told_hops; of a router, into a struct neighbour. */
void told_link(void *context, const struct nlmsghdr *message);
void told_rule(void *context, const struct nlmsghdr *message);
void told_route(void *context, const struct nlmsghdr *message);
void told_neighbour(void *context, const struct nlmsghdr *message);

/* Who has more routes than are kept has a table of the Internet. */
bool told_too_many(const struct told_hops *t);

/* As next_hops_header(). */
bool told_header(struct told_hops *t, const struct address *to,
		 uint8_t out[ETHERNET_HEADER]);

#endif
