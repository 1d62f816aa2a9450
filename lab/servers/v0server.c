/* SPDX-License-Identifier: GPL-3.0-or-later
 * v0server - the lab's MPTCP v0 web server, since no packaged kernel speaks
 * version 0: v0peer.c on raw sockets, IPv4 and IPv6, at every
 * address of this host. Prints "ready", then serves until killed.
 *
 * The kernel would answer segments to a port that nobody listens on with a
 * RST. So a TCP socket does listen there, and drops every segment unheard.
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crafting/cursor.h"
#include "crafting/packet.h"
#include "lab/servers/v0peer.h"

#define TTL 64
#define PACKET_MAX 65536

enum { FOUR, SIX, FAMILIES };

struct server {
	int raw[FAMILIES]; /* to send with */
};

static void die(const char *what)
{
	fprintf(stderr, "v0server: %s: %s\n", what, strerror(errno));
	exit(71);
}

static void set(int fd, int level, int option, int value, const char *what)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) == -1)
		die(what);
}

static int attach(int fd, struct sock_filter *code, size_t length)
{
	struct sock_fprog program = {.len = (unsigned short)length,
				     .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static int attach_nothing(int fd)
{
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

	return attach(fd, nothing, 1);
}

/* Where filters on TCP sockets are not allowed, a TTL is asked for that no
 * segment of the lab has on arrival (RFC 5082). */
static void deafen(int fd, int which)
{
	if (attach_nothing(fd) == 0)
		return;
	if (which == FOUR)
		set(fd, IPPROTO_IP, IP_MINTTL, 255, "port guard");
	else
		set(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 255, "port guard");
}

static void guard_port(int which, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port)};
	bool four = which == FOUR;
	int fd = socket(four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC,
			0);

	if (fd == -1)
		die("TCP socket");
	deafen(fd, which);
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
	if (!four)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
	if (bind(fd, four ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		 four ? sizeof(v4) : sizeof(v6)) == -1 ||
	    listen(fd, 1) == -1)
		die("listen");
}

/* Only what is for our port. IPv4 comes with its header, IPv6 without. */
static void filter_port(int fd, int which, uint16_t port)
{
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, PACKET_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if ((which == FOUR ? attach(fd, v4, sizeof(v4) / sizeof(v4[0]))
			   : attach(fd, v6, sizeof(v6) / sizeof(v6[0]))) == -1)
		die("packet filter");
}

/* A raw socket, as the kernel has put IP fragments together before it. */
static int open_receiver(int which, uint16_t port)
{
	uint8_t early[1];
	int fd = socket(which == FOUR ? AF_INET : AF_INET6,
			SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd == -1)
		die("raw socket");
	if (which == SIX)
		set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
	filter_port(fd, which, port);
	while (recv(fd, early, sizeof(early), 0) >= 0)
		; /* what came in before the filter stood */
	return fd;
}

static int open_sender(int which)
{
	int fd = socket(which == FOUR ? AF_INET : AF_INET6,
			SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd == -1)
		die("raw socket");
	attach_nothing(fd);
	if (which == FOUR) {
		set(fd, IPPROTO_IP, IP_TTL, TTL, "IP_TTL");
		set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO,
		    "IP_MTU_DISCOVER");
	} else {
		set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TTL,
		    "IPV6_UNICAST_HOPS");
	}
	return fd;
}

/* The source must be the address that was asked, so it is stated. */
static void put_source(struct msghdr *m, const struct address *source)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {0};
	bool four = source->family == 4;

	memcpy(&v4.ipi_spec_dst, source->bytes, sizeof(v4.ipi_spec_dst));
	memcpy(&v6.ipi6_addr, source->bytes, sizeof(v6.ipi6_addr));
	c->cmsg_level = four ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = four ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(four ? sizeof(v4) : sizeof(v6));
	memcpy(CMSG_DATA(c), four ? (void *)&v4 : (void *)&v6,
	       four ? sizeof(v4) : sizeof(v6));
	m->msg_controllen = CMSG_SPACE(four ? sizeof(v4) : sizeof(v6));
}

static void on_send(void *context, const struct v0peer_segment *s)
{
	const struct server *server = context;
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {0};
	struct iovec data = {(void *)s->bytes, s->length};
	bool four = s->source.family == 4;
	struct msghdr m = {.msg_name = four ? (void *)&v4 : (void *)&v6,
			   .msg_namelen = four ? sizeof(v4) : sizeof(v6),
			   .msg_iov = &data,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};

	memcpy(&v4.sin_addr, s->destination.bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, s->destination.bytes, sizeof(v6.sin6_addr));
	put_source(&m, &s->source);
	/* What cannot be sent is lost, as on any link. */
	if (sendmsg(server->raw[four ? FOUR : SIX], &m, 0) == -1)
		return;
}

static uint64_t on_draw(void *context, enum v0peer_draw what)
{
	uint64_t number;

	(void)context;
	(void)what;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		die("getrandom");
	return number;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

#define IPV6_HEADER 40

/* The header that raw sockets of IPv6 keep back. False: it is not known. */
static bool write_header(uint8_t *out, size_t length, struct msghdr *m)
{
	struct writer w = writer_over(out, IPV6_HEADER);
	const struct sockaddr_in6 *from = m->msg_name;
	struct in6_pktinfo info;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			break;
	if (!c || length > UINT16_MAX)
		return false;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	write_u32(&w, 6U << 28);
	write_u16(&w, (uint16_t)length);
	write_u8(&w, IPPROTO_TCP);
	write_u8(&w, TTL);
	write_bytes(&w, &from->sin6_addr, sizeof(from->sin6_addr));
	write_bytes(&w, &info.ipi6_addr, sizeof(info.ipi6_addr));
	return true;
}

static void receive_all(struct v0peer *peer, int which, int fd)
{
	static uint8_t bytes[IPV6_HEADER + PACKET_MAX];
	size_t header = which == FOUR ? 0 : IPV6_HEADER;

	for (;;) {
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		} control = {0};
		struct sockaddr_in6 from;
		struct iovec data = {bytes + header, PACKET_MAX};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &data,
				   .msg_iovlen = 1,
				   .msg_control = &control,
				   .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(fd, &m, 0);
		struct packet packet;

		if (got < 0)
			return;
		if (which == SIX && !write_header(bytes, (size_t)got, &m))
			continue;
		if (packet_parse(bytes, header + (size_t)got, &packet))
			v0peer_receive(peer, &packet, now_ms());
	}
}

static void serve(struct v0peer *peer, struct pollfd *receivers)
{
	for (;;) {
		int64_t now = now_ms(), wake = v0peer_step(peer, now);
		int64_t wait = wake == V0PEER_NEVER ? -1
			       : wake <= now	    ? 0
						    : wake - now;

		if (wait > 60000)
			wait = 60000;
		if (poll(receivers, FAMILIES, (int)wait) == -1 &&
		    errno != EINTR)
			die("poll");
		for (int i = 0; i < FAMILIES; i++)
			receive_all(peer, i, receivers[i].fd);
	}
}

int main(int argc, char **argv)
{
	struct server server;
	struct v0peer_calls calls = {&server, on_draw, on_send};
	struct v0peer *peer = v0peer_new(&calls);
	struct pollfd receivers[FAMILIES];
	long port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (port < 1 || port > 65535) {
		fputs("usage: v0server PORT\n", stderr);
		return 64;
	}
	if (!peer)
		die("no memory, or no OpenSSL");
	for (int i = 0; i < FAMILIES; i++) {
		guard_port(i, (uint16_t)port);
		server.raw[i] = open_sender(i);
		receivers[i].fd = open_receiver(i, (uint16_t)port);
		receivers[i].events = POLLIN;
	}
	puts("ready");
	fclose(stdout);
	serve(peer, receivers);
}
