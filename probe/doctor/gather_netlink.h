/* SPDX-License-Identifier: GPL-3.0-or-later
 * One question to the kernel and its answers, by libmnl.
 */
#ifndef PROBE_DOCTOR_GATHER_NETLINK_H
#define PROBE_DOCTOR_GATHER_NETLINK_H

#include <libmnl/libmnl.h>

#include "probe/doctor/facts.h"

/* A message that is being made. */
struct question {
	union {
		struct nlmsghdr header;
		char bytes[1024];
	} message;
	struct nlmsghdr *header; /* of `message` */
};

/* Begins a question: the kernel is asked for one thing, or (dump) for all.
 * Returns the zeroed header of this size that follows. */
void *question_begin(struct question *q, uint16_t type, bool dump, size_t size);

/* Asks on a socket of its own of this netlink family, and hands each answer to
 * `take`. 0, or an errno: EPERM, or what the kernel does not have. */
int question_ask(struct question *q, int family, mnl_cb_t take, void *context);

/* The hex of an attribute that is not known, under its number. */
void raw_add(struct arena *a, struct doctor_setting **all, size_t *count,
	     const struct nlattr *attribute);

struct address attribute_address(const struct nlattr *attribute);

enum known known_by(int error);

#endif
