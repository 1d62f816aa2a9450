/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * httpd - the lab's web server: HTTP/1.1 with keep-alive over kernel MPTCP,
 * or over plain TCP with -t, on every port given, IPv4 and IPv6.
 *
 * GET /1234, /64K or /10M answers that many bytes, any other path a short
 * text, or 64 KiB at the host big.lab; the header X-Peer says from which
 * address the request came.  Prints "ready" when all ports accept, then serves
 * until killed. One process, one epoll loop, one small state machine per
 * connection. With -m it behaves as other servers do: see modes[].
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define REQUEST_MAX 8192
#define BIG_ANSWER "/300K"
#define MAX_FD 65536

struct connection {
	bool used;
	bool listener;
	bool close_after; /* the answer under way is the last */
	bool finishing;	  /* answered for the last time, peer's FIN awaited */
	uint64_t last_active; /* in events, not in time: only for eviction */
	char request[REQUEST_MAX];
	size_t request_length;
	char head[1024]; /* status line, headers, short body */
	size_t head_length, head_sent;
	uint64_t bulk_left; /* bytes of filler still to send */
};

enum mode {
	KEEP_ALIVE,
	FIN,	   /* closes behind its answer */
	FASTCLOSE, /* the same, with the request unread */
	DEFER,	   /* accepts when data has come */
	MUTE,	   /* reads, and answers nothing */
	BANNER,	   /* speaks first, and then answers nothing */
	HANG_UP,   /* closes at the first line */
	TLS,	   /* the same, with an alert, as HTTPS servers do */
	LARGE,	   /* every answer is a big one */
	BACKLOG,   /* one connection may wait */
	ENDLESS,   /* sends without end, asked or not */
};

static const char *const modes[] = {
	[KEEP_ALIVE] = "keep-alive",
	[FIN] = "fin",
	[FASTCLOSE] = "fastclose",
	[DEFER] = "defer",
	[MUTE] = "mute",
	[BANNER] = "banner",
	[HANG_UP] = "hang-up",
	[TLS] = "tls",
	[LARGE] = "large",
	[BACKLOG] = "backlog",
	[ENDLESS] = "endless",
};

static enum mode mode;

static const char banner[] = "SSH-2.0-mpprobe_lab\r\n";

/* TLS 1.2: fatal, unexpected_message. */
static const char alert[] = {21, 3, 3, 0, 2, 2, 10};

static const char short_body[] =
	"mpprobe lab server\n"
	"This text is short enough to fit into one segment and long enough to "
	"be\n"
	"worth a mapping of its own. Ask for /64K or /10M to get that many "
	"bytes.\n"
	"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ\n";

static struct connection *connections[MAX_FD];
static char filler[65536];
static uint64_t events_seen;

static void die(const char *what)
{
	fprintf(stderr, "httpd: %s: %s\n", what, strerror(errno));
	exit(71);
}

static void watch(int epoll, int fd, bool for_room)
{
	struct epoll_event event = {.events = for_room ? EPOLLOUT : EPOLLIN,
				    .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) < 0 && errno == ENOENT)
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Returns the state of a new descriptor, or NULL if there is no room. */
static struct connection *track(int fd, bool listener)
{
	if (fd >= MAX_FD)
		return NULL;
	if (!connections[fd])
		connections[fd] = malloc(sizeof(*connections[fd]));
	if (!connections[fd])
		return NULL;
	memset(connections[fd], 0, sizeof(*connections[fd]));
	connections[fd]->used = true;
	connections[fd]->listener = listener;
	connections[fd]->last_active = events_seen;
	return connections[fd];
}

static void drop(int fd)
{
	connections[fd]->used = false;
	close(fd);
}

/* Probers vanish without a FIN; when descriptors run out, the oldest goes. */
static bool drop_oldest(void)
{
	int oldest = -1;

	for (int fd = 0; fd < MAX_FD; fd++) {
		struct connection *c = connections[fd];

		if (!c || !c->used || c->listener)
			continue;
		if (oldest < 0 ||
		    c->last_active < connections[oldest]->last_active)
			oldest = fd;
	}
	if (oldest < 0)
		return false;
	drop(oldest);
	return true;
}

static void open_listener(int epoll, int family, int protocol, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port)};
	const struct sockaddr *address = family == AF_INET
						 ? (struct sockaddr *)&v4
						 : (struct sockaddr *)&v6;
	socklen_t length = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			protocol);

	if (fd < 0)
		die(protocol == IPPROTO_MPTCP ? "MPTCP socket" : "TCP socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, address, length) < 0)
		die("bind");
	if (mode == DEFER && setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &one,
					sizeof(one)) < 0)
		die("TCP_DEFER_ACCEPT");
	if (listen(fd, mode == BACKLOG ? 1 : 1024) < 0)
		die("listen");
	if (!track(fd, true))
		die("listener");
	watch(epoll, fd, false);
}

static void accept_all(int epoll, int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if ((errno == EMFILE || errno == ENFILE) &&
			    drop_oldest())
				continue;
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return;
		}
		if (!track(fd, false)) {
			close(fd);
			continue;
		}
		if (mode == BANNER)
			send(fd, banner, sizeof(banner) - 1, MSG_NOSIGNAL);
		if (mode == ENDLESS)
			connections[fd]->bulk_left = UINT64_MAX;
		watch(epoll, fd, mode == ENDLESS);
	}
}

/* The number in "/64K"; false if the path is anything else. */
static bool bulk_size(const char *path, uint64_t *size)
{
	char *end;

	if (path[0] != '/' || path[1] < '0' || path[1] > '9')
		return false;
	errno = 0;
	*size = strtoull(path + 1, &end, 10);
	if (errno || *size > UINT64_C(1) << 40)
		return false;
	if (*end == 'K' || *end == 'M')
		*size <<= *end++ == 'K' ? 10 : 20;
	return *end == '\0' || *end == '?';
}

static void print_peer(int fd, char *text, socklen_t size)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof(peer);
	const void *address = NULL;

	text[0] = '\0';
	getpeername(fd, (struct sockaddr *)&peer, &length);
	if (peer.ss_family == AF_INET)
		address = &((struct sockaddr_in *)&peer)->sin_addr;
	else if (peer.ss_family == AF_INET6)
		address = &((struct sockaddr_in6 *)&peer)->sin6_addr;
	if (address)
		inet_ntop(peer.ss_family, address, text, size);
}

/* Prepares the answer to one complete, NUL-terminated request. */
static void answer(int fd, struct connection *c, const char *request)
{
	char peer[INET6_ADDRSTRLEN];
	char method[16], path[512], version[16];
	const char *status = "200 OK", *body = "";
	uint64_t size = sizeof(short_body) - 1;
	bool bulk = false;

	if (sscanf(request, "%15s %511s %15s", method, path, version) != 3 ||
	    strncmp(version, "HTTP/1.", 7)) {
		status = "400 Bad Request";
		size = 0;
		c->close_after = true;
	} else {
		bulk = bulk_size(path, &size) ||
		       (mode == LARGE && bulk_size(BIG_ANSWER, &size)) ||
		       (strcasestr(request, "\nHost: big.") &&
			bulk_size("/64K", &size));
		body = bulk ? "" : short_body;
		c->close_after = mode == FIN || mode == FASTCLOSE ||
				 !strcmp(version, "HTTP/1.0") ||
				 strcasestr(request, "\nConnection: close");
		if (!strcmp(method, "HEAD")) {
			body = "";
			bulk = false;
		}
	}
	print_peer(fd, peer, sizeof(peer));
	c->head_sent = 0;
	c->head_length = (size_t)snprintf(
		c->head, sizeof(c->head),
		"HTTP/1.1 %s\r\nServer: mpprobe-lab\r\nX-Peer: %s\r\n"
		"Content-Type: text/plain\r\nContent-Length: %llu\r\n"
		"Connection: %s\r\n\r\n%s",
		status, peer, (unsigned long long)size,
		c->close_after ? "close" : "keep-alive", body);
	c->bulk_left = bulk ? size : 0;
}

/* Takes one complete request out of the buffer; false if there is none. */
static bool next_request(int fd, struct connection *c)
{
	size_t used;
	char *end;

	c->request[c->request_length] = '\0';
	end = strstr(c->request, "\r\n\r\n");
	if (!end) {
		if (c->request_length < REQUEST_MAX - 1)
			return false;
		c->request_length = 0; /* endless header: let it fail */
		answer(fd, c, "");
		return true;
	}
	end[2] = '\0';
	used = (size_t)(end + 4 - c->request);
	answer(fd, c, c->request);
	memmove(c->request, c->request + used, c->request_length - used);
	c->request_length -= used;
	return true;
}

/* Sends what it can: 1 all sent, 0 the socket is full, -1 broken. */
static int flush(int fd, struct connection *c)
{
	while (c->head_sent < c->head_length || c->bulk_left > 0) {
		size_t head = c->head_length - c->head_sent;
		size_t bulk = c->bulk_left < sizeof(filler)
				      ? (size_t)c->bulk_left
				      : sizeof(filler);
		/* At once: no small segment goes ahead. */
		struct iovec parts[] = {{c->head + c->head_sent, head},
					{filler, bulk}};
		struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
		ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 0 : -1;
		if ((size_t)sent < head)
			head = (size_t)sent;
		c->head_sent += head;
		c->bulk_left -= (uint64_t)sent - head;
	}
	return 1;
}

/* Answers requests as long as some are complete; false: close. */
static bool answer_all(int epoll, int fd, struct connection *c)
{
	do {
		int flushed = flush(fd, c);

		if (flushed < 0)
			return false;
		if (flushed == 0) {
			watch(epoll, fd, true);
			return true;
		}
		if (c->close_after && (mode == FIN || mode == FASTCLOSE))
			return false;
		if (c->close_after) {
			c->finishing = true;
			shutdown(fd, SHUT_WR);
			break;
		}
	} while (next_request(fd, c));
	watch(epoll, fd, false);
	return true;
}

/* Reads what came and answers it; false: close. */
static bool serve(int epoll, int fd, struct connection *c)
{
	ssize_t got;

	if (c->head_sent < c->head_length || c->bulk_left > 0)
		return answer_all(epoll, fd, c);
	if (mode == FASTCLOSE)
		c->request_length = 0; /* it is still there */
	got = recv(fd, c->request + c->request_length,
		   REQUEST_MAX - 1 - c->request_length,
		   mode == FASTCLOSE ? MSG_PEEK : 0);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got > 0 && mode == TLS)
		send(fd, alert, sizeof(alert), MSG_NOSIGNAL);
	if (got == 0 || mode == HANG_UP || mode == TLS)
		return false;
	if (mode == MUTE || mode == BANNER)
		return true;
	if (c->finishing) /* nothing after the last answer counts */
		return true;
	c->request_length += (size_t)got;
	return !next_request(fd, c) || answer_all(epoll, fd, c);
}

static void loop(int epoll)
{
	struct epoll_event ready[64];

	for (;;) {
		int count = epoll_wait(epoll, ready, 64, -1);

		for (int i = 0; i < count; i++) {
			int fd = ready[i].data.fd;
			struct connection *c = connections[fd];

			if (!c || !c->used) /* dropped in this round */
				continue;
			c->last_active = ++events_seen;
			if (c->listener)
				accept_all(epoll, fd);
			else if (!serve(epoll, fd, c))
				drop(fd);
		}
	}
}

static bool set_mode(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i], name)) {
			mode = (enum mode)i;
			return true;
		}
	return false;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < MAX_FD ? limit.rlim_max : MAX_FD;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int usage(void)
{
	fprintf(stderr, "usage: httpd [-t] [-m MODE] PORT...\nmodes:");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(stderr, " %s", modes[i]);
	fputc('\n', stderr);
	return 64;
}

int main(int argc, char **argv)
{
	int protocol = IPPROTO_MPTCP, option;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	while ((option = getopt(argc, argv, "tm:")) != -1) {
		if (option == 't')
			protocol = IPPROTO_TCP;
		else if (option != 'm' || !set_mode(optarg))
			return usage();
	}
	if (optind >= argc)
		return usage();
	if (epoll < 0)
		die("epoll");
	signal(SIGPIPE, SIG_IGN);
	memset(filler, 'm', sizeof(filler));
	raise_limit();
	for (int i = optind; i < argc; i++) {
		long port = strtol(argv[i], NULL, 10);

		if (port < 1 || port > 65535) {
			fprintf(stderr, "httpd: bad port: %s\n", argv[i]);
			return 64;
		}
		open_listener(epoll, AF_INET, protocol, (uint16_t)port);
		open_listener(epoll, AF_INET6, protocol, (uint16_t)port);
	}
	puts("ready");
	fclose(stdout);
	loop(epoll);
}
