// SPDX-License-Identifier: GPL-3.0-or-later
/* gather_subflows.h, by sock_diag(7). */
#include "probe/doctor/gather_subflows.h"

#include <linux/inet_diag.h>
#include <linux/mptcp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "probe/doctor/gather_netlink.h"
#include "probe/net/sockaddr.h"

/* Of net/tcp_states.h, which linux/tcp.h has not. */
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
/* 400 ms of the 20 ms that kernel_connection.c waits between them. */
#define STILL_LOOKS 20

/* Whether the flags of a subflow tell that it is in use; a kernel that shows
 * them to root alone leaves it to the state of TCP, which a SYN/ACK with a
 * wrong HMAC, or without MP_JOIN, never becomes. */
static bool is_in_use(const struct nlattr *ulp)
{
	const struct nlattr *a, *b;

	mnl_attr_for_each_nested (a, ulp)
		if (mnl_attr_get_type(a) == INET_ULP_INFO_MPTCP)
			mnl_attr_for_each_nested (b, a)
				if (mnl_attr_get_type(b) ==
				    MPTCP_SUBFLOW_ATTR_FLAGS)
					return mnl_attr_get_u32(b) &
					       MPTCP_SUBFLOW_FLAG_FULLY_ESTABLISHED;
	return true;
}

static struct seen_subflow *find(struct seen_subflows *s,
				 const struct address *local, uint16_t port)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->all[i].port == port &&
		    address_equal(&s->all[i].local, local))
			return &s->all[i];
	if (s->count == SUBFLOWS_SEEN)
		return NULL;
	s->all[s->count] = (struct seen_subflow){*local, port, false};
	return &s->all[s->count++];
}

static int take_subflow(const struct nlmsghdr *header, void *context)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(header);
	struct address local =
		address_from((const uint8_t *)m->id.idiag_src,
			     m->idiag_family == AF_INET6 ? 16 : 4);
	uint16_t port = ntohs(m->id.idiag_sport);
	struct seen_subflows *s = context;
	bool joined = m->idiag_state == TCP_ESTABLISHED;
	struct seen_subflow *one;
	const struct nlattr *a;

	if (m->idiag_inode != s->inode ||
	    (port == s->first_port && address_equal(&local, &s->first)))
		return MNL_CB_OK;
	mnl_attr_for_each (a, header, sizeof(*m))
		if (mnl_attr_get_type(a) == INET_DIAG_ULP_INFO)
			joined &= is_in_use(a);
	one = find(s, &local, port);
	s->pending += !joined;
	if (one && joined && !one->joined) {
		one->joined = true;
		s->joined++;
	}
	return MNL_CB_OK;
}

bool subflows_begin(struct seen_subflows *s, int fd)
{
	struct sockaddr_storage local;
	socklen_t size = sizeof(local);
	struct stat file;

	*s = (struct seen_subflows){0};
	if (fstat(fd, &file) ||
	    getsockname(fd, (struct sockaddr *)&local, &size))
		return false;
	s->inode = (unsigned)file.st_ino;
	s->first = sockaddr_read((struct sockaddr *)&local, &s->first_port);
	return true;
}

bool subflows_look(struct seen_subflows *s)
{
	struct question q;
	struct inet_diag_req_v2 *r =
		question_begin(&q, SOCK_DIAG_BY_FAMILY, true, sizeof(*r));

	s->pending = 0;
	r->sdiag_family = s->first.family == 6 ? AF_INET6 : AF_INET;
	r->sdiag_protocol = IPPROTO_TCP;
	r->idiag_ext = 1U << (INET_DIAG_INFO - 1);
	r->idiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_SYN_SENT;
	return question_ask(&q, NETLINK_SOCK_DIAG, take_subflow, s) == 0;
}

bool subflows_settled(struct seen_subflows *s, unsigned expected,
		      unsigned tried)
{
	if (s->joined >= expected)
		return true;
	if (tried < expected || s->pending)
		s->still = 0;
	else
		s->still++;
	return s->still >= STILL_LOOKS;
}
