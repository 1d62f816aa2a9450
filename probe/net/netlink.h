/* SPDX-License-Identifier: GPL-3.0-or-later
 * Questions to the kernel by rtnetlink(7) and their answers.
 */
#ifndef PROBE_NET_NETLINK_H
#define PROBE_NET_NETLINK_H

#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

/* One that is being made. */
struct netlink_question {
	struct nlmsghdr header;
	char rest[128];
};

/* Begins one: for one thing, or (dump) for all of them. Returns the zeroed
 * header of this size that follows. */
void *netlink_begin(struct netlink_question *q, uint16_t type, bool dump,
		    size_t size);

/* Adds an attribute, for which there must be room. */
void netlink_add(struct netlink_question *q, uint16_t type, const void *value,
		 size_t length);

/* A message of the kernel, whose lengths can be believed. */
typedef void netlink_fn(void *context, const struct nlmsghdr *message);

/* Asks on a socket of NETLINK_ROUTE, and hands each answer to `take`. 0, or an
 * errno; EAGAIN if what was told changed meanwhile. */
int netlink_ask(int fd, struct netlink_question *q, netlink_fn *take,
		void *context);

/* The value of an attribute that is a number of 32 bits; 0: it is none. */
uint32_t netlink_number(const struct rtattr *a);

struct address netlink_address(const struct rtattr *a);

#endif
