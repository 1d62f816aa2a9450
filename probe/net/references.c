// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/references.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crafting/address.h"
#include "probe/net/clock.h"
#include "probe/net/sockaddr.h"
#include "probe/net/target.h"
#include "probe/net/ticker.h"

#define PATIENCE_MS 2000
#define TICKER_STEP_MS 50

/* None of version 0: those of multipath-tcp.org and amiusingmptcp.de spoke it,
 * and no version 1 (github.com/multipath-tcp/mptcp_net-next/issues/272,
 * 2022-05-03). */
static const struct reference references[] = {
	{"check.mptcp.dev",
	 {80, 443},
	 "version 1; of the maintainers of MPTCP in Linux (www.mptcp.dev/faq)",
	 "2025-01-30"},
	{"test.multipath-tcp.org",
	 {80, 5000},
	 "version 1; of the same (github.com/curl/curl/pull/13278)",
	 "2024-04-17"},
};

const struct reference *references_row(size_t i)
{
	return i < sizeof(references) / sizeof(references[0]) ? &references[i]
							      : NULL;
}

static void describe(const void *context, char *text, size_t size)
{
	snprintf(text, size, "does %s answer?", (const char *)context);
}

static int64_t now_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

/* Whether the connection that was begun is there. */
static bool await(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t end = now_ms() + PATIENCE_MS;
	socklen_t size = sizeof(int);
	int error = 0, ready = 0;

	while (ready <= 0 && now_ms() < end) {
		ticker_tick();
		ready = poll(&p, 1, TICKER_STEP_MS);
		if (ready == -1 && errno != EINTR)
			return false;
	}
	return ready == 1 &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
	       !error;
}

/* Sends from where the probe will, if there is one such place. */
static void take_way(int fd, const struct target_wanted *w)
{
	struct address source;

	if (w->interface && !strchr(w->interface, ',') &&
	    strcmp(w->interface, "all") != 0)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w->interface,
			   (socklen_t)strnlen(w->interface, IF_NAMESIZE));
	if (w->source && address_parse(w->source, &source)) {
		struct sockaddr_storage from;
		socklen_t length = sockaddr_make(&source, 0, 0, &from);

		/* What cannot be bound does not connect either. */
		if (bind(fd, (struct sockaddr *)&from, length) == -1)
			shutdown(fd, SHUT_RDWR);
	}
}

/* It ends by a RST, so that nothing of it is left when the capture begins. */
static bool answers(const struct address *a, uint16_t port,
		    const struct target_wanted *w)
{
	const struct linger at_once = {.l_onoff = 1};
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(a, port, 0, &to);
	int fd = socket(a->family == 6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool found = false;

	if (fd == -1)
		return false;
	take_way(fd, w);
	if (connect(fd, (struct sockaddr *)&to, length) == 0 ||
	    errno == EINPROGRESS)
		found = await(fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
	return found;
}

static bool find_port(const struct reference *r, const struct address *a,
		      const struct target_wanted *w, reference_taken_fn *taken,
		      void *context, char text[REFERENCE_TEXT])
{
	for (size_t i = 0; i < REFERENCE_PORTS; i++) {
		if (taken(context, a, r->ports[i]) ||
		    !answers(a, r->ports[i], w))
			continue;
		snprintf(text, REFERENCE_TEXT, "%s:%u", r->host, r->ports[i]);
		return true;
	}
	return false;
}

bool references_find(const struct target_wanted *w, reference_taken_fn *taken,
		     void *context, char text[REFERENCE_TEXT])
{
	struct address addresses[2];
	const struct reference *r;
	bool found = false;
	char error[300];

	for (size_t i = 0; !found && (r = references_row(i)); i++) {
		int count = target_resolve(r->host, w->ipv4, w->ipv6, addresses,
					   error, sizeof(error));

		ticker_source(describe, r->host);
		/* Of both families the first tells. */
		found = count > 0 &&
			find_port(r, &addresses[0], w, taken, context, text);
		ticker_source(NULL, NULL);
	}
	return found;
}
