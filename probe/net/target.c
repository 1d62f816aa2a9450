// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/target.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/privileges.h"
#include "probe/net/sockaddr.h"
#include "probe/net/ticker.h"

#define DEFAULT_PORT 80
#define TICKER_STEP_MS 50

/* Decimal 1..65535 and nothing else. */
static bool parse_port(const char *text, uint16_t *out)
{
	unsigned long value = 0;
	const char *c = text;

	for (; *c >= '0' && *c <= '9' && value <= 65535; c++)
		value = value * 10 + (unsigned)(*c - '0');
	if (*c || c == text || value < 1 || value > 65535)
		return false;
	*out = (uint16_t)value;
	return true;
}

/* Splits "[...]:port", "name:port" or "2001:db8::1". `*host_length` bytes of
 * the host stand at `*host`; `*port` is NULL if there is none. */
static bool split(const char *text, const char **host, size_t *host_length,
		  const char **port)
{
	const char *colon = strchr(text, ':');

	*host = text;
	*host_length = strlen(text);
	*port = NULL;
	if (*text == '[') {
		const char *end = strchr(text, ']');

		if (!end || (end[1] && end[1] != ':'))
			return false;
		*host = text + 1;
		*host_length = (size_t)(end - *host);
		*port = end[1] ? end + 2 : NULL;
		return true;
	}
	if (colon && !strchr(colon + 1, ':')) {
		*host_length = (size_t)(colon - text);
		*port = colon + 1;
	}
	return true;
}

static bool is_host(const struct target_name *t, bool brackets)
{
	struct address address;
	bool numeric = address_parse(t->host, &address);

	if (brackets || strchr(t->host, ':') || t->zone[0])
		return numeric && address.family == 6;
	for (const char *c = t->host; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f ||
		    strchr("/@?#[]%", *c))
			return false;
	return t->host[0] != '-';
}

static const struct {
	const char *scheme;
	uint16_t port;
	bool tls;
} schemes[] = {
	{"http://", 80, false},
	{"https://", 443, true},
	{"ws://", 80, false},
	{"wss://", 443, true},
};

static void take_scheme(const char *url, struct target_name *out)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (!strncasecmp(url, schemes[i].scheme,
				 strlen(schemes[i].scheme))) {
			out->port = schemes[i].port;
			out->tls = schemes[i].tls;
		}
}

/* "host:8443" of "https://user@host:8443/path", into `place`; what is no URL as
 * it is. False: it is too long. */
static bool take_apart(const char *text, char *place, size_t size,
		       struct target_name *out)
{
	const char *rest = strstr(text, "://"), *at;
	size_t length;

	if (!rest)
		return snprintf(place, size, "%s", text) < (int)size;
	take_scheme(text, out);
	rest += strlen("://");
	length = strcspn(rest, "/?#");
	at = memrchr(rest, '@', length);
	if (at) {
		length -= (size_t)(at + 1 - rest);
		rest = at + 1;
	}
	return snprintf(place, size, "%.*s", (int)length, rest) < (int)size;
}

const char *target_say(const struct target_name *t, const char *said)
{
	return said || !t->tls ? said : "tls";
}

int target_parse(const char *text, struct target_name *out, char *error,
		 size_t size)
{
	char place[sizeof(out->host) + sizeof("[]:65535")];
	const char *host, *port, *zone;
	size_t length;

	*out = (struct target_name){0};
	if (!take_apart(text, place, sizeof(place), out) ||
	    !split(place, &host, &length, &port) || !length ||
	    length >= sizeof(out->host)) {
		snprintf(error, size, "%.80s: not a HOST or HOST:PORT", text);
		return -1;
	}
	memcpy(out->host, host, length);
	zone = strchr(out->host, '%');
	if (zone) {
		if (!zone[1] || strlen(zone + 1) >= sizeof(out->zone)) {
			snprintf(error, size, "%.80s: no such zone", text);
			return -1;
		}
		memcpy(out->zone, zone + 1, strlen(zone + 1));
		memset(&out->host[zone - out->host], 0, strlen(zone));
	}
	if (!is_host(out, *place == '[')) {
		snprintf(error, size, "%.80s: not a HOST or HOST:PORT", text);
		return -1;
	}
	if (port && !parse_port(port, &out->port)) {
		snprintf(error, size, "%.80s: port must be between 1 and 65535",
			 text);
		return -1;
	}
	if (strstr(text, "://") && !out->port) {
		snprintf(error, size,
			 "%.80s: which port? Only http, https, ws and wss have "
			 "one that is known: say HOST:PORT",
			 text);
		return -1;
	}
	return 0;
}

/* --- names --------------------------------------------------------------- */

static bool wanted(const struct address *a, bool ipv4, bool ipv6)
{
	return ipv4 == ipv6 || (a->family == 4 ? ipv4 : ipv6);
}

static bool first_of(const struct addrinfo *list, int family,
		     struct address *out)
{
	for (; list; list = list->ai_next) {
		if (list->ai_family != family)
			continue;
		*out = sockaddr_read(list->ai_addr, NULL);
		return true;
	}
	return false;
}

static int choose(const struct addrinfo *list, bool ipv4, bool ipv6,
		  struct address out[2])
{
	int count = 0;

	if (!ipv4 && !ipv6) {
		out[0] = sockaddr_read(list->ai_addr, NULL);
		return out[0].family ? 1 : 0;
	}
	if (ipv4 && first_of(list, AF_INET, &out[count]))
		count++;
	if (ipv6 && first_of(list, AF_INET6, &out[count]))
		count++;
	return count;
}

static const char *resolve_error(int result, int error)
{
	switch (result) {
	case EAI_NONAME:
	case EAI_NODATA:
		return "no such host";
	case EAI_ADDRFAMILY:
		return "no address of this family";
	case EAI_AGAIN:
		return "the name server does not answer";
	case EAI_SYSTEM:
		return strerror(error);
	default:
		return gai_strerror(result);
	}
}

static const char *family_name(bool ipv4, bool ipv6)
{
	return ipv4 == ipv6 ? "IP" : ipv4 ? "IPv4" : "IPv6";
}

/* What the process that asks name servers says. */
struct resolved {
	int result; /* of getaddrinfo */
	int error;  /* errno */
	int count;
	struct address addresses[2];
};

static void ask_servers(const char *host, bool ipv4, bool ipv6,
			struct resolved *out)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;

	if (ipv4 != ipv6)
		hints.ai_family = ipv4 ? AF_INET : AF_INET6;
	/* A host without IPv6 must not be told to use it, but one that asks
	 * for it by -6 shall hear why it fails. */
	if (!ipv4 && !ipv6)
		hints.ai_flags = AI_ADDRCONFIG;
	out->result = getaddrinfo(host, NULL, &hints, &list);
	out->error = errno;
	if (out->result)
		return;
	out->count = choose(list, ipv4, ipv6, out->addresses);
	freeaddrinfo(list);
}

static bool plausible(const struct resolved *r)
{
	if (r->count < 0 || r->count > 2)
		return false;
	for (int i = 0; i < r->count; i++)
		if (r->addresses[i].family != 4 && r->addresses[i].family != 6)
			return false;
	return true;
}

static void describe(const void *context, char *text, size_t size)
{
	snprintf(text, size, "looking up %s", (const char *)context);
}

static void await_answer(const char *host, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ms;

	ticker_source(describe, host);
	do {
		int64_t at = ticker_tick();

		ms = at == INT64_MAX ? -1 : TICKER_STEP_MS;
	} while (poll(&p, 1, ms) == 0);
	ticker_source(NULL, NULL);
}

/* A process without any right reads what name servers send. False: it could
 * not be had, or did not answer. */
static bool ask_in_child(const char *host, bool ipv4, bool ipv6,
			 struct resolved *out)
{
	pid_t parent = getpid(), child;
	int ends[2], status;
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return false;
	child = fork();
	if (!child) {
		if (privileges_drop_but_asking() || !die_with_parent(parent))
			_exit(EXIT_SYSTEM);
		ask_servers(host, ipv4, ipv6, out);
		_exit(write(ends[1], out, sizeof(*out)) != sizeof(*out));
	}
	close(ends[1]);
	if (child != -1)
		await_answer(host, ends[0]);
	got = child == -1 ? -1 : read(ends[0], out, sizeof(*out));
	close(ends[0]);
	return child != -1 && waitpid(child, &status, 0) == child &&
	       got == sizeof(*out) && plausible(out);
}

int target_resolve(const char *host, bool ipv4, bool ipv6,
		   struct address out[2], char *error, size_t size)
{
	struct resolved r = {0};

	if (address_parse(host, &out[0])) {
		if (wanted(&out[0], ipv4, ipv6))
			return 1;
		snprintf(error, size, "%s: not an %s address", host,
			 family_name(ipv4, ipv6));
		return 0;
	}
	if (!ask_in_child(host, ipv4, ipv6, &r)) {
		snprintf(error, size, "%s: no process to look it up", host);
		return 0;
	}
	if (r.result)
		snprintf(error, size, "%s: %s", host,
			 resolve_error(r.result, r.error));
	else if (!r.count)
		snprintf(error, size, "%s: no %s address", host,
			 family_name(ipv4, ipv6));
	memcpy(out, r.addresses, sizeof(r.addresses));
	return r.result ? 0 : r.count;
}

/* --- both, and the way --------------------------------------------------- */

int target_route(struct target *t, const struct address *source,
		 const char *option)
{
	const char *interface = t->bound ? t->route.interface : NULL;
	struct route route;
	int code = route_find(&t->address, interface, source, option, &route);

	if (code == 0)
		t->route = route;
	return code;
}

static bool is_numeric(const char *host)
{
	struct address address;

	return address_parse(host, &address);
}

/* The name, and the interface if one is asked for. */
static int begin(const char *text, const struct target_wanted *w,
		 struct target *t)
{
	const char *interface = w->interface;
	char error[300];

	*t = (struct target){0};
	if (target_parse(text, &t->name, error, sizeof(error)) != 0)
		return failure(EXIT_USAGE, "%s", error);
	if (!t->name.port)
		t->name.port = DEFAULT_PORT;
	if (!interface && t->name.zone[0])
		interface = t->name.zone;
	t->bound = interface != NULL;
	if (t->bound)
		snprintf(t->route.interface, sizeof(t->route.interface), "%s",
			 interface);
	return 0;
}

/* All are as the first, but for the address and the way to it. */
static unsigned route_each(const struct address *addresses, unsigned count,
			   const struct address *source, struct target *out,
			   int *exit_code)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++) {
		struct target one = out[0];

		one.address = addresses[i];
		one.lost = false;
		*exit_code = target_route(&one, source, "-s");
		one.lost = *exit_code == EXIT_UNKNOWN;
		if (*exit_code && !one.lost)
			return 0;
		if (i > found) /* the first is lost */
			out[i] = out[found];
		out[one.lost ? i : found] = one;
		found += !one.lost;
	}
	*exit_code = found ? 0 : EXIT_UNKNOWN;
	return found;
}

unsigned target_find(const char *text, const struct target_wanted *w,
		     struct target *out, int *exit_code)
{
	bool ipv4 = w->ipv4, ipv6 = w->ipv6;
	struct address source = {0}, addresses[2];
	char error[300];
	unsigned count;

	*exit_code = begin(text, w, &out[0]);
	if (*exit_code != 0)
		return 0;
	if (w->source && address_parse(w->source, &source) && !ipv4 && !ipv6 &&
	    !is_numeric(out[0].name.host)) {
		ipv4 = source.family == 4;
		ipv6 = source.family == 6;
	}
	count = (unsigned)target_resolve(out[0].name.host, ipv4, ipv6,
					 addresses, error, sizeof(error));
	if (count == 0)
		*exit_code = failure(EXIT_NO_HOST, "%s", error);
	return *exit_code == 0
		       ? route_each(addresses, count,
				    w->source ? &source : NULL, out, exit_code)
		       : 0;
}
