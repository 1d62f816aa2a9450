// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/guard.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/net/sockaddr.h"

#define PORT_FIRST 32768
#define PORT_LAST 60999
#define PORTS_WANTED 28000 /* the last ones are left for what follows */
#define FILES_WANTED 4096

struct guard {
	unsigned index; /* of the interface for link-local addresses */
	int *sockets;
	size_t count, capacity;
};

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur =
		limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct guard *guard_new(const char *interface)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	if (interface)
		g->index = if_nametoindex(interface);
	raise_file_limit();
	return g;
}

static int bind_port(const struct guard *g, int fd, const struct address *a,
		     uint16_t port)
{
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(a, port, g->index, &to);

	return bind(fd, (struct sockaddr *)&to, length);
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage bound;
	socklen_t length = sizeof(bound);
	uint16_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
		sockaddr_read((struct sockaddr *)&bound, &port);
	return port;
}

/* A filter that keeps zero bytes of each packet. */
static int attach_filter(int fd)
{
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog program = {.len = 1, .filter = nothing};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

/* Some kernels (seen: 6.18.44) keep filters on TCP sockets to CAP_NET_ADMIN.
 * Then the socket asks for what no segment has: a TTL of 255 on arrival (RFC
 * 5082), and, where the kernel knows it, an MD5 signature (RFC 2385) for
 * neighbours that start at 255. What lacks them is dropped without answer. */
static int demand_the_impossible(int fd, int family)
{
	struct tcp_md5sig signature = {
		.tcpm_addr = {.ss_family = (sa_family_t)family},
		.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX,
		.tcpm_keylen = 16,
	};
	int ttl = 255;

	if (getrandom(signature.tcpm_key, 16, 0) == 16)
		setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, &signature,
			   sizeof(signature));
	return family == AF_INET
		       ? setsockopt(fd, IPPROTO_IP, IP_MINTTL, &ttl,
				    sizeof(ttl))
		       : setsockopt(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, &ttl,
				    sizeof(ttl));
}

static int deafen(int fd, int family, int type)
{
	int on = 1;

	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == -1)
		return -1;
	if (!attach_filter(fd))
		return 0;
	if (errno != EPERM || type != SOCK_STREAM)
		return -1;
	return demand_the_impossible(fd, family);
}

/* A socket that no packet ever reaches: deaf before any packet can find it. */
static int deaf_socket(const struct address *a, int type)
{
	int family = a->family == 4 ? AF_INET : AF_INET6;
	int fd = socket(family, type | SOCK_CLOEXEC, 0), saved;

	if (fd == -1 || !deafen(fd, family, type))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* The port, 0 with errno: EADDRINUSE means that another one may do. */
static uint16_t try_port(const struct guard *g, const struct address *a,
			 int type, uint16_t port, int *out)
{
	int fd = deaf_socket(a, type);
	uint16_t ret = 0;
	int saved;

	if (fd == -1)
		return 0;
	if (!bind_port(g, fd, a, port) &&
	    (type != SOCK_STREAM || !listen(fd, 1)))
		ret = bound_port(fd);
	if (ret) {
		*out = fd;
		return ret;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return 0;
}

uint16_t guard_wanted(uint64_t random)
{
	return (uint16_t)(PORT_FIRST + random % PORTS_WANTED);
}

uint16_t guard_next(uint16_t port)
{
	return port < PORT_FIRST || port >= PORT_LAST ? PORT_FIRST : port + 1;
}

static int make_room(struct guard *g)
{
	size_t capacity = g->capacity ? 2 * g->capacity : 32;
	int *sockets;

	if (g->count < g->capacity)
		return 0;
	sockets = realloc(g->sockets, capacity * sizeof(*sockets));
	if (!sockets)
		return -1;
	g->sockets = sockets;
	g->capacity = capacity;
	return 0;
}

static uint16_t reserve(struct guard *g, const struct address *a, int type,
			uint16_t wanted)
{
	uint16_t port = wanted, got = 0;
	int fd = -1;

	if (make_room(g) == -1)
		return 0;
	for (int i = 0; i <= PORT_LAST - PORT_FIRST + 1; i++) {
		got = try_port(g, a, type, port, &fd);
		if (got || (errno != EADDRINUSE && errno != EACCES) || !wanted)
			break;
		port = guard_next(port);
	}
	if (got)
		g->sockets[g->count++] = fd;
	return got;
}

uint16_t guard_port(struct guard *g, const struct address *address,
		    uint16_t wanted)
{
	return reserve(g, address, SOCK_STREAM, wanted);
}

uint16_t guard_udp_port(struct guard *g, const struct address *address,
			uint16_t wanted)
{
	return reserve(g, address, SOCK_DGRAM, wanted);
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->count; i++)
		close(g->sockets[i]);
	free(g->sockets);
	free(g);
}
