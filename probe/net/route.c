// SPDX-License-Identifier: GPL-3.0-or-later
/* route_find of target.h, by rtnetlink(7). */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/netlink.h"
#include "probe/net/sockaddr.h"
#include "probe/net/target.h"

#define MTU_DEFAULT 1500

/* What the kernel answered. */
struct answer {
	unsigned char type; /* RTN_* */
	unsigned interface;
	struct address source;
	unsigned mtu;
};

struct question {
	const struct address *target, *source; /* source may be NULL */
	unsigned interface;		       /* 0: any */
	unsigned flags;			       /* RTM_F_* */
};

static void build(struct netlink_question *message, const struct question *q)
{
	unsigned char bits = q->target->family == 4 ? 32 : 128;
	size_t length = address_length(q->target);
	struct rtmsg *route =
		netlink_begin(message, RTM_GETROUTE, false, sizeof(*route));

	route->rtm_family = bits == 32 ? AF_INET : AF_INET6;
	route->rtm_dst_len = bits;
	route->rtm_flags = q->flags;
	netlink_add(message, RTA_DST, q->target->bytes, length);
	if (q->source) {
		route->rtm_src_len = bits;
		netlink_add(message, RTA_SRC, q->source->bytes, length);
	}
	if (q->interface)
		netlink_add(message, RTA_OIF, &q->interface,
			    sizeof(q->interface));
}

static void take_metrics(const struct rtattr *metrics, struct answer *out)
{
	const struct rtattr *a = RTA_DATA(metrics);
	int left = (int)RTA_PAYLOAD(metrics);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == RTAX_MTU)
			out->mtu = netlink_number(a);
}

static void take_route(void *context, const struct nlmsghdr *header)
{
	const struct rtmsg *route = NLMSG_DATA(header);
	const struct rtattr *a = RTM_RTA(route);
	int left = (int)RTM_PAYLOAD(header);
	struct answer *out = context;

	out->type = route->rtm_type;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == RTA_OIF)
			out->interface = netlink_number(a);
		else if (a->rta_type == RTA_PREFSRC)
			out->source = netlink_address(a);
		else if (a->rta_type == RTA_METRICS)
			take_metrics(a, out);
	}
}

/* 0, or the kernel's errno. */
static int ask(int fd, const struct question *q, struct answer *out)
{
	struct netlink_question message;

	*out = (struct answer){0};
	build(&message, q);
	return netlink_ask(fd, &message, take_route, out);
}

/* --- checks before ------------------------------------------------------- */

/* What an ioctl of netdevice(7) says. */
static int ask_interface(const char *name, unsigned long what,
			 struct ifreq *request)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), result;

	*request = (struct ifreq){0};
	memcpy(request->ifr_name, name, strlen(name));
	result = ioctl(fd, what, request);
	close(fd);
	return result;
}

static int check_interface(const char *name, unsigned *index)
{
	struct ifreq request;

	*index = strlen(name) < IFNAMSIZ ? if_nametoindex(name) : 0;
	if (!*index)
		return failure(EXIT_INTERFACE, "no such interface: %.40s",
			       name);
	if (ask_interface(name, SIOCGIFFLAGS, &request) == -1 ||
	    !(request.ifr_flags & IFF_UP))
		return failure(EXIT_INTERFACE, "interface %s is down", name);
	return 0;
}

static bool is_link_local(const struct address *a)
{
	return a->family == 6 && a->bytes[0] == 0xfe &&
	       (a->bytes[1] & 0xc0) == 0x80;
}

/* Whether a socket could be bound to it: 0 or errno. */
static int try_source(const struct address *source, unsigned interface)
{
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(source, 0, interface, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = 0;

	if (fd == -1)
		return errno;
	if (bind(fd, (struct sockaddr *)&to, length) == -1)
		ret = errno;
	close(fd);
	return ret;
}

static bool any_address(const struct address *a)
{
	static const uint8_t zero[16];

	return !memcmp(a->bytes, zero, sizeof(zero));
}

static int check_source(const struct address *target,
			const struct address *source, const char *option,
			unsigned interface)
{
	char text[ADDRESS_TEXT];
	int result;

	address_text(source, text);
	if (source->family != target->family)
		return failure(EXIT_USAGE,
			       "%s %s: the target has an IPv%u address", option,
			       text, target->family);
	result = any_address(source) ? EADDRNOTAVAIL
				     : try_source(source, interface);
	if (result)
		return failure(EXIT_USAGE, "%s %s: not an address of this host",
			       option, text);
	return 0;
}

static int check_target(const struct address *target, unsigned interface)
{
	char text[ADDRESS_TEXT];
	bool multicast = target->family == 4 ? target->bytes[0] >> 4 == 14
					     : target->bytes[0] == 0xff;

	address_text(target, text);
	if (multicast || any_address(target))
		return failure(EXIT_USAGE, "%s: not the address of one host",
			       text);
	if (is_link_local(target) && !interface)
		return failure(EXIT_USAGE,
			       "%s: a link-local address needs -i INTERFACE",
			       text);
	return 0;
}

/* --- the route ----------------------------------------------------------- */

static int explain(const struct address *target, int result)
{
	char text[ADDRESS_TEXT];

	address_text(target, text);
	switch (result) {
	case ENETDOWN:
		return failure(EXIT_INTERFACE, "%s: the network is down", text);
	case ENODEV:
	case ENXIO:
		return failure(EXIT_INTERFACE, "%s: the interface is gone",
			       text);
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EINVAL:
	case EAGAIN:
	case ESRCH:
		return failure(EXIT_UNKNOWN, "no route to %s", text);
	default:
		return failure(EXIT_SYSTEM, "the route to %s: %s", text,
			       strerror(result));
	}
}

/* Opened once, for the first target: who has given up its privileges opens none
 * any more, and the addresses that a server announces are asked for later. */
static int routing_socket(void)
{
	static int fd = -1;

	if (fd == -1)
		fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd;
}

/* A socket that is bound to an interface sends by that one, even where the IPv6
 * answer for its source is another of a better metric. */
static int ask_bound(int fd, const struct question *question,
		     struct answer *answer)
{
	struct question q = *question;
	int result = ask(fd, &q, answer);

	if (result || !q.interface || !q.source ||
	    answer->type != RTN_UNICAST || answer->interface == q.interface)
		return result;
	q.source = NULL;
	result = ask(fd, &q, answer);
	answer->source = *question->source;
	return result;
}

/* The kernel asks twice for a connection without source address: once to
 * pick one, once more with it, as rules by source may differ. */
static int ask_as_connect(const struct question *question,
			  struct answer *answer)
{
	struct question q = *question;
	int fd = routing_socket(), result;

	*answer = (struct answer){0};
	if (fd == -1)
		return errno;
	result = ask_bound(fd, &q, answer);
	if (!result && !q.source && answer->source.family) {
		struct address source = answer->source;
		struct answer again;

		q.source = &source;
		if (!is_link_local(&source) && !ask_bound(fd, &q, &again)) {
			*answer = again;
			answer->source = source;
		}
	}
	return result;
}

void route_owner(const struct address *a, char owner[IFNAMSIZ])
{
	struct ifaddrs *list = NULL;
	struct address one;
	uint16_t port;

	owner[0] = '\0';
	if (getifaddrs(&list))
		return;
	for (const struct ifaddrs *i = list; i && !owner[0]; i = i->ifa_next) {
		if (!i->ifa_addr || (i->ifa_addr->sa_family != AF_INET &&
				     i->ifa_addr->sa_family != AF_INET6))
			continue;
		one = sockaddr_read(i->ifa_addr, &port);
		if (address_equal(&one, a))
			snprintf(owner, IFNAMSIZ, "%s", i->ifa_name);
	}
	freeifaddrs(list);
}

static unsigned interface_mtu(const char *name)
{
	struct ifreq request;

	return ask_interface(name, SIOCGIFMTU, &request) == -1
		       ? MTU_DEFAULT
		       : (unsigned)request.ifr_mtu;
}

static int take_answer(const struct question *q, const struct answer *a,
		       struct route *out)
{
	char name[IFNAMSIZ] = "";

	if (a->type != RTN_UNICAST && a->type != RTN_LOCAL) {
		if (a->type != RTN_BROADCAST && a->type != RTN_MULTICAST)
			return explain(q->target, ENETUNREACH);
		char text[ADDRESS_TEXT];

		return failure(EXIT_USAGE, "%s: not the address of one host",
			       address_text(q->target, text));
	}
	if (!a->interface || !if_indextoname(a->interface, name))
		return explain(q->target, ENODEV);
	*out = (struct route){.source = q->source ? *q->source : a->source};
	memcpy(out->interface, name, sizeof(out->interface));
	out->mtu = a->mtu ? a->mtu : interface_mtu(name);
	if (!out->source.family)
		return explain(q->target, ENETUNREACH);
	return 0;
}

int route_find(const struct address *target, const char *interface,
	       const struct address *source, const char *option,
	       struct route *out)
{
	struct question q = {.target = target, .source = source};
	struct answer answer;
	int result = 0;

	if (interface)
		result = check_interface(interface, &q.interface);
	if (!result)
		result = check_target(target, q.interface);
	if (!result && source)
		result = check_source(target, source, option, q.interface);
	if (result)
		return result;
	result = ask_as_connect(&q, &answer);
	if (result)
		return explain(target, result);
	return take_answer(&q, &answer, out);
}

bool route_is(const struct address *target, const struct route *as)
{
	struct question q = {.target = target, .source = &as->source};
	struct answer answer;

	return target->family == as->source.family &&
	       ask_as_connect(&q, &answer) == 0 && answer.type == RTN_UNICAST &&
	       answer.interface == if_nametoindex(as->interface);
}

bool route_is_by_source(const struct address *target, const struct route *as)
{
	struct question q = {.target = target};
	struct answer answer;

	return ask_as_connect(&q, &answer) != 0 ||
	       answer.interface != if_nametoindex(as->interface);
}

bool route_leads(const struct address *target, const char *interface)
{
	struct question q = {
		.target = target,
		.interface = if_nametoindex(interface),
		.flags = RTM_F_FIB_MATCH,
	};
	struct answer answer;
	int fd = routing_socket();

	return fd != -1 && q.interface && ask(fd, &q, &answer) == 0 &&
	       answer.type == RTN_UNICAST && answer.interface == q.interface;
}
