// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/sources.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "probe/net/complain.h"
#include "probe/net/guard.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/targets.h"

/* --- addresses ----------------------------------------------------------- */

/* The way to targets of one family. */
static int find_way(const struct target_wanted *wanted, struct targets *targets,
		    unsigned family, struct route *out, bool *found)
{
	struct address source, to;
	bool bound = wanted->source && address_parse(wanted->source, &source);

	*found = false;
	if ((bound && source.family != family) ||
	    !targets_peek(targets, family, &to))
		return 0;
	*found = true;
	return route_find(&to, wanted->interface, bound ? &source : NULL, "-s",
			  out);
}

static int take_way(struct sources *s, const struct route *way,
		    struct address *source)
{
	if (*s->interface && strcmp(s->interface, way->interface) != 0)
		return failure(EXIT_UNKNOWN,
			       "IPv4 leaves by %s and IPv6 by %s; ask one "
			       "family at a time (-4, -6)",
			       s->interface, way->interface);
	memcpy(s->interface, way->interface, sizeof(s->interface));
	s->mtu[way->source.family == 6] = way->mtu;
	*source = way->source;
	return 0;
}

/* A list may have targets of that family where nobody has looked yet. They are
 * asked if most addresses of it are reached by the interface that is known. */
static int find_later_way(struct sources *s, const struct target_wanted *wanted,
			  unsigned family, struct address *source)
{
	struct address far;
	struct route way;

	if (wanted->source)
		return 0;
	address_parse(family == 4 ? "1.0.0.1" : "2600::1", &far);
	if (!route_leads(&far, s->interface) ||
	    route_find(&far, wanted->interface, NULL, "-s", &way) ||
	    strcmp(way.interface, s->interface) != 0)
		return 0;
	return take_way(s, &way, source);
}

/* Of both families, where neither is asked for, one may have no way. */
static int find_sources(struct sources *s, const struct target_wanted *wanted,
			struct targets *targets,
			struct survey_identity *identity)
{
	bool any = !wanted->ipv4 && !wanted->ipv6;
	const bool asked[] = {any || wanted->ipv4, any || wanted->ipv6};
	bool seen[2] = {false};
	int code = 0, last = 0;

	for (unsigned i = 0; i < 2 && !code; i++) {
		struct route way;

		if (!asked[i])
			continue;
		code = find_way(wanted, targets, i ? 6 : 4, &way, &seen[i]);
		if (!code && seen[i])
			code = take_way(s, &way, &identity->sources[i]);
		if (code == EXIT_UNKNOWN && any) {
			last = code;
			code = 0;
		}
	}
	if (!code && !*s->interface)
		code = last ? last
			    : failure(EXIT_INPUT, "there is nobody to ask");
	for (unsigned i = 0; i < 2 && !code && targets_are_unread(targets); i++)
		if (asked[i] && !seen[i])
			code = find_later_way(s, wanted, i ? 6 : 4,
					      &identity->sources[i]);
	targets_want(targets, identity->sources[0].family,
		     identity->sources[1].family);
	return code;
}

/* --- ports --------------------------------------------------------------- */

/* A port that is free on both addresses. */
static uint16_t free_port(struct guard *g, const struct survey_identity *s,
			  uint16_t wanted)
{
	const struct address *first = &s->sources[!s->sources[0].family];
	uint16_t port = guard_port(g, first, wanted);

	while (port && s->sources[0].family && s->sources[1].family) {
		uint16_t other = guard_port(g, &s->sources[1], port);

		if (other == port || !other)
			return other;
		port = guard_port(g, first, other);
		if (port == other)
			return port;
	}
	return port;
}

/* One behind the other, so that a filter has them in a range. */
static int reserve_ports(struct sources *s, struct survey_identity *identity)
{
	uint16_t next = 0;

	if (getrandom(&next, sizeof(next), 0) != sizeof(next))
		return failure(EXIT_SYSTEM, "no random numbers");
	next = guard_wanted(next);
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++) {
		uint16_t *port =
			&identity->ports[i / SURVEY_PORTS][i % SURVEY_PORTS];

		*port = free_port(s->guard, identity, *port ? *port : next);
		if (!*port)
			return failure(EXIT_SYSTEM, "no port is free: %s",
				       strerror(errno));
		next = guard_next(*port);
	}
	return 0;
}

void sources_ports(const struct survey_identity *identity, uint16_t *first,
		   uint16_t *last)
{
	*first = UINT16_MAX;
	*last = 0;
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++) {
		uint16_t port =
			identity->ports[i / SURVEY_PORTS][i % SURVEY_PORTS];

		if (port < *first)
			*first = port;
		if (port > *last)
			*last = port;
	}
}

static int open_air(struct sources *s, const struct target_wanted *wanted,
		    bool raw_sockets, const struct survey_identity *identity,
		    struct wire_failure *failure_of_air)
{
	struct air_config c = {
		.interface = s->interface,
		.bind_interface = wanted->interface,
		.raw_sockets = raw_sockets,
		.sources = {identity->sources[0], identity->sources[1]},
	};

	sources_ports(identity, &c.first_port, &c.last_port);
	s->air = air_open(&c, failure_of_air);
	return s->air ? 0
		      : failure(failure_of_air->exit_code, "%s",
				failure_of_air->text);
}

int sources_open(struct sources *s, const struct target_wanted *wanted,
		 bool raw_sockets, struct targets *targets,
		 struct survey_identity *identity,
		 struct wire_failure *failure_of_air)
{
	int code;

	*s = (struct sources){0};
	code = find_sources(s, wanted, targets, identity);
	if (code)
		return code;
	s->guard = guard_new(s->interface);
	if (!s->guard)
		return failure(EXIT_SYSTEM, "no memory");
	code = reserve_ports(s, identity);
	if (!code && survey_identity_make(identity) == -1)
		code = failure(EXIT_SYSTEM, "crafting packets failed");
	return code ? code
		    : open_air(s, wanted, raw_sockets, identity,
			       failure_of_air);
}

void sources_close(struct sources *s)
{
	air_close(s->air);
	guard_free(s->guard);
}
