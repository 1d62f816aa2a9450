// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: TCP and MPTCP sockets, by sock_diag(7). */
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "probe/doctor/gather.h"
#include "probe/doctor/gather_netlink.h"
#include "probe/net/mptcp_socket.h"

/* States of net/tcp_states.h, which linux/tcp.h has not. */
#define TCP_ESTABLISHED 1
#define TCP_LISTEN 10

struct sockets {
	struct facts *facts;
	bool mptcp; /* are asked for now */
	struct doctor_socket *all;
	size_t count;
	unsigned *inodes; /* of `all`, in its order */
	size_t inode_count;
	uint8_t *listened; /* of each port: whether one of `all` listens */
	struct socket_owner *owners; /* sorted */
	size_t owner_count;
};

/* IPv4 in IPv6's form is IPv4. */
static struct address address_of(int family, const uint32_t words[4])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t bytes[16];

	memcpy(bytes, words, sizeof(bytes));
	if (family == AF_INET)
		return address_from(bytes, 4);
	if (!memcmp(bytes, mapped, sizeof(mapped)))
		return address_from(bytes + 12, 4);
	return address_from(bytes, 16);
}

/* A subflow has the inode of the socket that it belongs to; and, since Linux
 * 6.15, the name of what is above TCP is told to all. */
static bool is_subflow(const struct sockets *s, unsigned inode, const char *ulp)
{
	if (ulp && !strcmp(ulp, "mptcp"))
		return true;
	return inode && s->owner_count &&
	       bsearch(&(struct socket_owner){.inode = inode}, s->owners,
		       s->owner_count, sizeof(*s->owners), by_inode);
}

static const char *ulp_name(const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, nest)
		if (mnl_attr_get_type(a) == INET_ULP_INFO_NAME)
			return mnl_attr_get_str(a);
	return NULL;
}

static void take_info(struct doctor_socket *out, const struct nlattr *a)
{
	struct mptcp_info info = {0};
	size_t length = mnl_attr_get_payload_len(a);

	memcpy(&info, mnl_attr_get_payload(a),
	       length < sizeof(info) ? length : sizeof(info));
	out->subflows = info.mptcpi_subflows;
	out->fallback = info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK;
}

/* The longest of the paths that this host uses as a client, at the best that
 * each was. */
static void take_rtt(struct facts *f, const struct nlattr *a)
{
	struct tcp_info info = {0};
	size_t length = mnl_attr_get_payload_len(a);

	memcpy(&info, mnl_attr_get_payload(a),
	       length < sizeof(info) ? length : sizeof(info));
	if (info.tcpi_min_rtt != UINT32_MAX && info.tcpi_min_rtt > f->rtt_us)
		f->rtt_us = info.tcpi_min_rtt;
}

/* Between programs of this host. */
static bool stays_here(const struct facts *f, const struct doctor_socket *s)
{
	return address_is_loopback(&s->local) ||
	       (!s->listening && (address_is_loopback(&s->remote) ||
				  facts_address(f, &s->remote)));
}

static int take_socket(const struct nlmsghdr *header, void *context)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(header);
	struct sockets *s = context;
	struct arena *arena = s->facts->arena;
	const struct nlattr *a, *info = NULL;
	const char *ulp = NULL;
	struct doctor_socket found = {
		.mptcp = s->mptcp,
		.listening = m->idiag_state == TCP_LISTEN,
		.local = address_of(m->idiag_family, m->id.idiag_src),
		.remote = address_of(m->idiag_family, m->id.idiag_dst),
		.local_port = ntohs(m->id.idiag_sport),
		.remote_port = ntohs(m->id.idiag_dport),
		.user = m->idiag_uid,
	};

	mnl_attr_for_each (a, header, sizeof(*m)) {
		if (mnl_attr_get_type(a) == INET_DIAG_ULP_INFO)
			ulp = ulp_name(a);
		if (mnl_attr_get_type(a) == INET_DIAG_INFO)
			info = a;
	}
	if (stays_here(s->facts, &found))
		return MNL_CB_OK;
	if (!s->mptcp && is_subflow(s, m->idiag_inode, ulp)) {
		if (info && !s->listened[found.local_port])
			take_rtt(s->facts, info);
		return MNL_CB_OK;
	}
	if (info && s->mptcp)
		take_info(&found, info);
	s->listened[found.local_port] |= found.listening;
	*ARENA_PUSH(arena, s->all, s->count) = found;
	*ARENA_PUSH(arena, s->inodes, s->inode_count) = m->idiag_inode;
	return MNL_CB_OK;
}

static int ask(struct sockets *s, uint8_t family, uint32_t protocol)
{
	struct question q;
	struct inet_diag_req_v2 *r =
		question_begin(&q, SOCK_DIAG_BY_FAMILY, true, sizeof(*r));

	r->sdiag_family = family;
	r->sdiag_protocol = (uint8_t)protocol;
	r->idiag_ext = 1U << (INET_DIAG_INFO - 1);
	r->idiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN;
	if (protocol > UINT8_MAX) {
		r->sdiag_protocol = IPPROTO_RAW;
		mnl_attr_put_u32(q.header, INET_DIAG_REQ_PROTOCOL, protocol);
	}
	s->mptcp = protocol == IPPROTO_MPTCP;
	return question_ask(&q, NETLINK_SOCK_DIAG, take_socket, s);
}

static enum known ask_both(struct sockets *s, uint32_t protocol)
{
	int error = ask(s, AF_INET, protocol);

	if (!error)
		error = ask(s, AF_INET6, protocol);
	return known_by(error);
}

/* Those that listen are in MPTCP's list since Linux 5.19 or 6.0. */
static bool hides_listeners(void)
{
	struct utsname u;

	return uname(&u) == 0 && atoi(u.release) < 6;
}

static void sort_owners(struct sockets *s)
{
	s->owners = NULL;
	s->owner_count = 0;
	for (size_t i = 0; i < s->inode_count; i++)
		ARENA_PUSH(s->facts->arena, s->owners, s->owner_count)->inode =
			s->inodes[i];
	if (s->owner_count)
		qsort(s->owners, s->owner_count, sizeof(*s->owners), by_inode);
}

/* Several sockets may be of one inode 0: they are nobody's. */
static void name_programs(struct sockets *s)
{
	sort_owners(s);
	find_programs(s->facts, s->owners, s->owner_count);
	for (size_t i = 0; s->owner_count && i < s->count; i++) {
		const struct socket_owner wanted = {.inode = s->inodes[i]};
		const struct socket_owner *owner =
			bsearch(&wanted, s->owners, s->owner_count,
				sizeof(wanted), by_inode);

		s->all[i].program = owner ? owner->program : NULL;
	}
}

static void mark_accepted(struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->all[i].accepted = !s->all[i].listening &&
				     s->listened[s->all[i].local_port];
}

/* MPTCP's first, so that subflows are told from TCP connections. */
void gather_sockets(struct facts *f)
{
	struct sockets s = {.facts = f};

	s.listened = arena_alloc(f->arena, UINT16_MAX + 1);
	f->listeners_hidden = hides_listeners();
	f->mptcp_sockets_known = ask_both(&s, IPPROTO_MPTCP);
	sort_owners(&s);
	f->sockets_known = ask_both(&s, IPPROTO_TCP);
	name_programs(&s);
	mark_accepted(&s);
	f->sockets = s.all;
	f->socket_count = s.count;
}
