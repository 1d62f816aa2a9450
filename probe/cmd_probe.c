// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe HOST: probes live, then judges what was captured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/command.h"
#include "probe/guard.h"
#include "probe/names.h"
#include "probe/output.h"
#include "probe/privileges.h"
#include "probe/probing.h"
#include "probe/session.h"
#include "probe/signals.h"
#include "probe/target.h"
#include "probe/wire.h"
#include "report/arena.h"
#include "report/judge.h"
#include "report/observer.h"

#define DEFAULT_PORT 80
/* After the last packet: its captured copy, and answers to the resets. */
#define LINGER_US 20000
#define NAMES_WAIT_MS 300

/* What a run is about: up to two addresses, each with the same ports. */
struct plan {
	struct target_name name;
	struct address targets[2];
	struct route routes[2];
	unsigned target_count;
	uint16_t ports[PORTS_MAX];
	unsigned port_count;
	const char *interface;
};

static int plan_name(struct plan *p, const struct options *o, const char *host)
{
	char error[300];

	if (target_parse(host, &p->name, error, sizeof(error)) != 0) {
		complain("%s", error);
		return EXIT_USAGE;
	}
	p->interface = o->interface	? o->interface
		       : p->name.zone[0] ? p->name.zone
					 : NULL;
	p->ports[0] = p->name.port ? p->name.port : DEFAULT_PORT;
	p->port_count = 1;
	if (o->port_count) {
		memcpy(p->ports, o->ports, sizeof(p->ports));
		p->port_count = o->port_count;
	}
	return 0;
}

static int plan_routes(struct plan *p, const struct options *o)
{
	struct address source;
	char error[300];

	if (o->source && !address_parse(o->source, &source)) {
		complain("-s %s: not an address", o->source);
		return EXIT_USAGE;
	}
	for (unsigned i = 0; i < p->target_count; i++) {
		int code = route_find(&p->targets[i], p->interface,
				      o->source ? &source : NULL, &p->routes[i],
				      error, sizeof(error));

		if (code != 0) {
			complain("%s", error);
			return code;
		}
	}
	if (p->target_count == 2 &&
	    strcmp(p->routes[0].interface, p->routes[1].interface) != 0) {
		complain("%s: IPv4 goes by %s and IPv6 by %s; probe one family "
			 "at a time (-4, -6)",
			 p->name.host, p->routes[0].interface,
			 p->routes[1].interface);
		return EXIT_UNKNOWN;
	}
	return 0;
}

static int plan_make(struct plan *p, const struct options *o, const char *host)
{
	char error[300];
	struct address source;
	bool ipv4 = o->ipv4, ipv6 = o->ipv6;
	int code;

	memset(p, 0, sizeof(*p));
	code = plan_name(p, o, host);
	if (code != 0)
		return code;
	if (o->source && !ipv4 && !ipv6 &&
	    !address_parse(p->name.host, &source) &&
	    address_parse(o->source, &source)) {
		ipv4 = source.family == 4;
		ipv6 = source.family == 6;
	}
	p->target_count = (unsigned)target_resolve(
		p->name.host, ipv4, ipv6, p->targets, error, sizeof(error));
	if (p->target_count == 0) {
		complain("%s", error);
		return EXIT_NO_HOST;
	}
	return plan_routes(p, o);
}

/* The TCP and UDP of the targets, both ways, and the ICMP to us. */
static void plan_filter(const struct plan *p, char *filter, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < p->target_count; i++) {
		char target[ADDRESS_TEXT], source[ADDRESS_TEXT];

		address_text(&p->targets[i], target);
		address_text(&p->routes[i].source, source);
		used += (size_t)snprintf(
			filter + used, size - used,
			"%s(host %s and host %s and (tcp or udp)) or "
			"(host %s and %s)",
			i ? " or " : "", target, source, source,
			p->targets[i].family == 6 ? "icmp6" : "icmp");
	}
}

static int open_wire(struct session *s, const struct plan *p,
		     const struct options *o)
{
	char filter[600], error[300];
	int code = EXIT_SYSTEM;
	struct wire_config config = {
		.interface = p->routes[0].interface,
		.bind_interface = p->interface != NULL,
		.filter = filter,
		.write_file = o->write_file,
	};

	plan_filter(p, filter, sizeof(filter));
	for (unsigned i = 0; i < p->target_count; i++) {
		if (p->targets[i].family == 4) {
			config.ipv4 = true;
			config.source4 = p->routes[i].source;
		} else {
			config.ipv6 = true;
			config.source6 = p->routes[i].source;
		}
	}
	s->wire = wire_open(&config, error, sizeof(error), &code);
	if (s->wire)
		return 0;
	complain("%s", error);
	return code;
}

static uint64_t choose_seed(const struct options *o)
{
	uint64_t seed = o->seed;

	if (!o->has_seed &&
	    getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)session_now_us();
	return seed;
}

static int open_session(struct session *s, const struct plan *p,
			const struct options *o)
{
	char error[200];
	int code;

	session_init(s, choose_seed(o));
	code = open_wire(s, p, o);
	if (code != 0)
		return code;
	s->guard = guard_new(p->routes[0].interface);
	s->observer = observer_new();
	s->names = o->numeric ? NULL : names_new();
	if (!s->guard || !s->observer) {
		complain("no memory, or OpenSSL failed");
		return EXIT_SYSTEM;
	}
	if (privileges_drop(error, sizeof(error)) != 0) {
		complain("%s", error);
		return EXIT_SYSTEM;
	}
	return 0;
}

/* Until all that was sent has been captured. */
static void linger(struct session *s)
{
	int64_t end = session_now_us() + LINGER_US;

	while (s->departure_count && !s->exit_code && session_now_us() < end)
		session_poll(s, end);
}

/* Runs one target's probing to its end, a signal or an error. What is in
 * flight when a signal comes must be known for its connection to be ended. */
static void run_probing(struct session *s, struct probing *p)
{
	bool fine = probing_start(p);

	while (fine && !p->over && !signals_interrupted()) {
		int64_t wake = probing_step(p, session_now_us());

		if (!p->over)
			fine = session_poll(s, wake) && !s->exit_code;
	}
	linger(s);
	probing_end(p);
	linger(s);
}

static void name_hops(struct session *s, struct report *r)
{
	for (size_t i = 0; s->names && i < r->path_length; i++) {
		struct report_hop *hop = &r->path[i];

		if (hop->address.family && !hop->is_target)
			names_ask(s->names, &hop->address);
	}
	for (size_t i = 0; s->names && i < r->path_length; i++) {
		struct report_hop *hop = &r->path[i];
		const char *name = hop->address.family && !hop->is_target
					   ? names_get(s->names, &hop->address,
						       NAMES_WAIT_MS)
					   : NULL;

		if (name)
			hop->name = arena_printf(r->arena, "%s", name);
	}
}

static int report_target(struct session *s, const struct plan *p,
			 unsigned target, uint16_t port, struct output *out)
{
	struct judge_target about = {p->targets[target], port};
	struct report *r = judge(s->observer, &about);
	int code = report_exit_code(r);

	r->target_name = arena_printf(r->arena, "%s", p->name.host);
	r->source = p->routes[target].source;
	r->interface =
		arena_printf(r->arena, "%s", p->routes[target].interface);
	r->interrupted = signals_interrupted();
	r->dropped = wire_dropped(s->wire);
	name_hops(s, r);
	output_report(out, r);
	report_free(r);
	return code;
}

static int probe_target(struct session *s, const struct plan *p,
			const struct options *o, unsigned target, uint16_t port)
{
	const struct route *route = &p->routes[target];
	unsigned headers = p->targets[target].family == 6 ? 60 : 40;
	struct destination to = {
		.source = route->source,
		.target = p->targets[target],
		.port = port,
		.mss = (uint16_t)(route->mtu > headers + 536
					  ? (route->mtu > 9000 ? 9000
							       : route->mtu) -
						    headers
					  : 536),
	};
	struct probing *probing = calloc(1, sizeof(*probing));

	if (!probing) {
		complain("no memory");
		return EXIT_SYSTEM;
	}
	probing_init(probing, s, o, &to, p->name.host);
	run_probing(s, probing);
	free(probing);
	return s->exit_code;
}

/* Probes everything first and judges then, so that the report of a live run
 * knows all that its capture holds. */
static int probe_all(struct session *s, const struct plan *p,
		     const struct options *o, struct output *out)
{
	int ret = EXIT_CLEAR;
	unsigned count = p->target_count * p->port_count;

	for (unsigned i = 0; i < count && !signals_interrupted(); i++)
		if (probe_target(s, p, o, i / p->port_count,
				 p->ports[i % p->port_count]) != 0)
			break;
	if (wire_finish_file(s->wire) != 0 && !s->exit_code) {
		s->exit_code = EXIT_OUTPUT;
		snprintf(s->error, sizeof(s->error), "%s", wire_error(s->wire));
	}
	if (s->exit_code) {
		complain("%s", s->error);
		return s->exit_code;
	}
	for (unsigned i = 0; i < count; i++) {
		int code = report_target(s, p, i / p->port_count,
					 p->ports[i % p->port_count], out);

		ret = i ? exit_worst(ret, code) : code;
	}
	return signals_interrupted() ? EXIT_INTERRUPTED : ret;
}

int cmd_probe(const struct options *o, int argc, char **argv)
{
	struct session s = {0};
	struct output *out;
	struct plan plan;
	int ret, written;

	(void)argc;
	ret = plan_make(&plan, o, argv[0]);
	if (ret != 0)
		return ret;
	out = output_open(o);
	if (!out)
		return EXIT_OUTPUT;
	signals_install();
	ret = open_session(&s, &plan, o);
	if (ret == 0)
		ret = probe_all(&s, &plan, o, out);
	written = output_close(out);
	session_end(&s);
	return written != 0 && ret < EXIT_USAGE ? written : ret;
}
