// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/kernel_connection.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/doctor/counters.h"
#include "probe/doctor/gather.h"
#include "probe/doctor/gather_subflows.h"
#include "probe/net/mptcp_socket.h"
#include "probe/net/request.h"
#include "probe/net/sockaddr.h"
#include "probe/net/target.h"

#define CONNECT_WAIT_MS 10000
/* A SYN is repeated after a second. */
#define ANSWER_WAIT_MS 3000
#define LOOK_MS 20

/* False: it did not come in time, or a signal came. */
static bool wait_for(int fd, short what, int ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = what};

	return poll(&poll_fd, 1, ms) == 1;
}

/* A connection that is made without MPTCP, as the SYNs with it were not
 * answered, switches MPTCP off for all programs (blackhole): so it is given up
 * before. SYNs are repeated after a second each (tcp_syn_linear_timeouts), or
 * later, the first ones with MP_CAPABLE. */
static int connect_wait_ms(const struct facts *f)
{
	long syns =
		facts_number(f, "net.mptcp.syn_retrans_before_tcp_fallback");

	if (facts_number(f, "net.mptcp.blackhole_timeout") <= 0)
		return CONNECT_WAIT_MS;
	if (syns < 0)
		syns = 2; /* of kernels that have no such setting yet */
	return syns > 9 ? CONNECT_WAIT_MS : (int)syns * 1000 + 500;
}

/* 0, or an errno. */
static int make(int fd, const struct target *to, int wait_ms)
{
	struct sockaddr_storage address;
	socklen_t length =
		sockaddr_make(&to->address, to->name.port,
			      if_nametoindex(to->route.interface), &address);
	int error = 0;
	socklen_t size = sizeof(error);

	if (connect(fd, (struct sockaddr *)&address, length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (!wait_for(fd, POLLOUT, wait_ms))
		return ETIMEDOUT;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

/* A connection that fell back has no MPTCP_INFO, or says so. */
static void look(int fd, struct fact_connection *k)
{
	struct mptcp_info info = {0};
	socklen_t size = sizeof(info);

	k->fallback =
		getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &size) == -1 ||
		(info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK);
}

/* --- subflows ------------------------------------------------------------ */

static bool may_make_one(const struct facts *f, const struct doctor_endpoint *e,
			 const struct address *first)
{
	const struct fact_address *a = facts_address(f, &e->address);
	const struct fact_link *link = a ? facts_link(f, a->link) : NULL;

	return e->flags & (ENDPOINT_SUBFLOW | ENDPOINT_FULLMESH) &&
	       !(e->flags & ENDPOINT_IMPLICIT) &&
	       e->address.family == first->family &&
	       !address_equal(&e->address, first) && link && link->up &&
	       !link->loopback && !a->duplicate && !a->tentative;
}

/* What the kernel's path manager makes of the endpoints: one subflow of each,
 * but of what the connection was opened from, up to the limit. */
static unsigned expected_subflows(const struct facts *f,
				  const struct address *first)
{
	unsigned count = 0;

	if (!facts_kernel_manages(f) || f->subflows < 0)
		return 0;
	for (size_t i = 0; i < f->endpoint_count; i++)
		count += may_make_one(f, &f->endpoints[i], first);
	return count < (unsigned)f->subflows ? count : (unsigned)f->subflows;
}

/* Sockets that are gone before they are seen the kernel counts; other programs'
 * as well, if one made a connection beside ours. */
static unsigned counted_subflows(const struct facts *f, unsigned expected)
{
	uint64_t counted =
		counter_now("MPJoinSynTx") - facts_counter(f, "MPJoinSynTx");

	if (counter_now("MPCapableSYNACKRX") !=
	    facts_counter(f, "MPCapableSYNACKRX") + 1)
		return 0;
	return counted < expected ? (unsigned)counted : expected;
}

/* Looks until the request is answered and the subflows have settled, or none is
 * to come any more. */
static void watch(int fd, const struct facts *f, struct fact_connection *k)
{
	struct seen_subflows s;
	struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
	bool told = subflows_begin(&s, fd), settled = false;

	k->expected = told ? expected_subflows(f, &s.first) : 0;
	for (int ms = 0;
	     ms < ANSWER_WAIT_MS &&
	     !(k->answered && (settled || k->closed || k->fallback));
	     ms += LOOK_MS) {
		unsigned counted;

		/* What is not read is there at once, the next time. */
		if (k->answered)
			poll(NULL, 0, LOOK_MS);
		poll(&p, 1, k->answered ? 0 : LOOK_MS);
		k->answered |= (p.revents & POLLIN) != 0;
		k->closed = (p.revents & (POLLRDHUP | POLLHUP)) != 0;
		/* Before the look: what is counted has its socket by then. */
		counted = counted_subflows(f, k->expected);
		if (told && !(told = subflows_look(&s)))
			k->expected = 0;
		k->joined = (unsigned)s.joined;
		k->tried = s.count > counted ? (unsigned)s.count : counted;
		look(fd, k);
		settled = subflows_settled(&s, k->expected, k->tried);
	}
	k->closed &= !settled;
}

static void use(int fd, const struct facts *f, const struct target *to,
		const char *say, struct fact_connection *k)
{
	uint8_t request[REQUEST_MAX];
	size_t length = request_write(say, to->name.host, request);

	if (send(fd, request, length, MSG_NOSIGNAL) > 0)
		watch(fd, f, k);
	look(fd, k);
}

/* What the kernel counted meanwhile. */
static const char *counted(const struct facts *f)
{
	const struct counters before = {f->counters, f->counter_count};
	struct facts later = {.arena = f->arena};
	struct counters after, between;

	gather_proc(&later, "/proc");
	after = (struct counters){later.counters, later.counter_count};
	counters_between(f->arena, &before, &after, &between);
	return counters_reasons(f->arena, between.all, between.count);
}

void kernel_connection(struct facts *f, const struct target *to,
		       const char *say)
{
	struct fact_connection k = {.asked = true,
				    .to = to->address,
				    .port = to->name.port,
				    .why = ""};
	int family = to->address.family == 6 ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_MPTCP);

	k.error = fd == -1 ? errno : make(fd, to, connect_wait_ms(f));
	if (!k.error)
		use(fd, f, to, say, &k);
	k.why = counted(f);
	if (fd != -1)
		close(fd);
	f->connection = k;
}
