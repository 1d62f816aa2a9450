// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe HOST: probes live, then judges what was captured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/net/guard.h"
#include "probe/net/names.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/net/wire.h"
#include "probe/run/live.h"
#include "probe/run/run.h"
#include "report/arena.h"
#include "report/judge.h"
#include "report/track/observer.h"

#define DEFAULT_PORT 80
/* After the last packet: its captured copy, and answers to the resets. */
#define LINGER_US 20000
#define NAMES_WAIT_MS 300

/* Ports of one address that are probed at a time. */
#define SIDE_BY_SIDE 4
#define TARGETS_MAX 4 /* two families of the host and of the reference */

/* One address, and its ports. */
struct plan_target {
	const char *host; /* as typed */
	struct address address;
	struct route route;
	uint16_t ports[PORTS_MAX];
	unsigned port_count;
	bool reference; /* --reference */
};

struct plan {
	struct target_name name, reference;
	struct plan_target targets[TARGETS_MAX];
	unsigned target_count;
	const char *interface;
	struct probe_settings settings;
};

static int plan_route(struct plan_target *t, const char *interface,
		      const struct address *source)
{
	char error[300];
	int code = route_find(&t->address, interface, source, &t->route, error,
			      sizeof(error));

	if (code != 0)
		complain("%s", error);
	return code;
}

static int plan_routes(struct plan *p, const struct options *o)
{
	struct address source;

	if (o->source && !address_parse(o->source, &source)) {
		complain("-s %s: not an address", o->source);
		return EXIT_USAGE;
	}
	for (unsigned i = 0; i < p->target_count; i++) {
		const struct route *first = &p->targets[0].route;
		struct plan_target *t = &p->targets[i];
		int code =
			plan_route(t, p->interface, o->source ? &source : NULL);

		if (code != 0)
			return code;
		if (strcmp(t->route.interface, first->interface) == 0)
			continue;
		complain(t->reference
				 ? "%s is reached through %s, its reference "
				   "through %s"
				 : "%s: IPv4 is reached through %s and IPv6 "
				   "through %s; probe one family at a time "
				   "(-4, -6)",
			 p->name.host, first->interface, t->route.interface);
		return EXIT_UNKNOWN;
	}
	return 0;
}

/* Adds the addresses of a host: with `ports` of -p, or else its own. */
static int plan_host(struct plan *p, const struct target_name *name, bool ipv4,
		     bool ipv6, const uint16_t *ports, unsigned port_count)
{
	struct address addresses[2];
	char error[300];
	int count = target_resolve(name->host, ipv4, ipv6, addresses, error,
				   sizeof(error));

	if (count == 0) {
		complain("%s", error);
		return EXIT_NO_HOST;
	}
	for (int i = 0; i < count; i++) {
		struct plan_target *t = &p->targets[p->target_count++];

		t->host = name->host;
		t->address = addresses[i];
		t->ports[0] = name->port ? name->port : DEFAULT_PORT;
		t->port_count = 1;
		if (!port_count)
			continue;
		memcpy(t->ports, ports, port_count * sizeof(*ports));
		t->port_count = port_count;
	}
	return 0;
}

static bool plan_has(const struct plan_target *t,
		     const struct plan_target *other)
{
	for (unsigned i = 0; i < t->port_count; i++)
		if (t->ports[i] == other->ports[0] &&
		    address_equal(&t->address, &other->address))
			return true;
	return false;
}

static int plan_parse(const char *text, struct target_name *name)
{
	char error[300];

	if (target_parse(text, name, error, sizeof(error)) == 0)
		return 0;
	complain("%s", error);
	return EXIT_USAGE;
}

/* The reference is probed in the families of the host. */
static int plan_reference(struct plan *p, const char *host)
{
	unsigned count = p->target_count;
	int code = plan_parse(host, &p->reference);
	bool ipv4 = false, ipv6 = false;

	for (unsigned i = 0; i < count; i++) {
		ipv4 |= p->targets[i].address.family == 4;
		ipv6 |= p->targets[i].address.family == 6;
	}
	if (code == 0)
		code = plan_host(p, &p->reference, ipv4, ipv6, NULL, 0);
	for (unsigned i = count; i < p->target_count; i++) {
		struct plan_target *t = &p->targets[i];

		t->reference = true;
		for (unsigned k = 0; k < count; k++)
			if (plan_has(&p->targets[k], t)) {
				complain("--reference %s: this is what is "
					 "probed; name another server or port",
					 host);
				return EXIT_USAGE;
			}
	}
	return code;
}

static int plan_make(struct plan *p, const struct options *o, const char *host)
{
	struct address source;
	bool ipv4 = o->ipv4, ipv6 = o->ipv6;
	int code;

	*p = (struct plan){
		.settings = {.first_ttl = o->first_ttl,
			     .max_ttl = o->max_ttl,
			     .mptcp_version = o->mptcp_version,
			     .sweep_only = o->sweep_only,
			     .all = o->all},
	};
	code = plan_parse(host, &p->name);
	if (code != 0)
		return code;
	p->interface = o->interface	? o->interface
		       : p->name.zone[0] ? p->name.zone
					 : NULL;
	if (o->source && !ipv4 && !ipv6 &&
	    !address_parse(p->name.host, &source) &&
	    address_parse(o->source, &source)) {
		ipv4 = source.family == 4;
		ipv6 = source.family == 6;
	}
	code = plan_host(p, &p->name, ipv4, ipv6, o->ports, o->port_count);
	if (code != 0)
		return code;
	if (o->reference)
		code = plan_reference(p, o->reference);
	return code ? code : plan_routes(p, o);
}

/* The TCP and UDP of the targets, both ways, and the ICMP to us. */
static void plan_filter(const struct plan *p, char *filter, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < p->target_count; i++) {
		char target[ADDRESS_TEXT], source[ADDRESS_TEXT];

		address_text(&p->targets[i].address, target);
		address_text(&p->targets[i].route.source, source);
		used += (size_t)snprintf(
			filter + used, size - used,
			"%s(host %s and host %s and (tcp or udp)) or "
			"(host %s and %s)",
			i ? " or " : "", target, source, source,
			p->targets[i].address.family == 6 ? "icmp6" : "icmp");
	}
}

static int open_wire(struct live *live, const struct plan *p,
		     const struct options *o)
{
	char filter[1200], error[300];
	int code = EXIT_SYSTEM;
	struct wire_config config = {
		.interface = p->targets[0].route.interface,
		.bind_interface = p->interface != NULL,
		.filter = filter,
		.write_file = o->write_file,
	};

	plan_filter(p, filter, sizeof(filter));
	for (unsigned i = 0; i < p->target_count; i++) {
		const struct route *route = &p->targets[i].route;

		if (route->source.family == 4) {
			config.ipv4 = true;
			config.source4 = route->source;
		} else {
			config.ipv6 = true;
			config.source6 = route->source;
		}
	}
	live->wire = wire_open(&config, error, sizeof(error), &code);
	if (live->wire)
		return 0;
	complain("%s", error);
	return code;
}

static uint64_t choose_seed(const struct options *o)
{
	uint64_t seed = o->seed;

	if (!o->has_seed &&
	    getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)live_now_us();
	return seed;
}

static int open_live(struct live *live, const struct plan *p,
		     const struct options *o)
{
	char error[200];
	int code;

	live_init(live, choose_seed(o));
	code = open_wire(live, p, o);
	if (code != 0)
		return code;
	live->guard = guard_new(p->targets[0].route.interface);
	live->observer = observer_new();
	live->names = o->numeric ? NULL : names_new();
	if (!live->guard || !live->observer) {
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
static void linger(struct live *live)
{
	int64_t end = live_now_us() + LINGER_US;

	while (live->departure_count && !live->exit_code && live_now_us() < end)
		live_poll(live, end);
}

/* One address and port. */
struct port_run {
	unsigned target; /* index in the plan */
	uint16_t port;
	struct run *run; /* NULL: not begun */
};

struct port_runs {
	struct port_run *all;
	unsigned count, begun;
	struct shared shared[TARGETS_MAX];
};

/* Targets of one address share what its routers answer. */
static struct shared *shared_of(const struct plan *p, struct port_runs *runs,
				unsigned target)
{
	unsigned first = 0;

	while (!address_equal(&p->targets[first].address,
			      &p->targets[target].address))
		first++;
	return &runs->shared[first];
}

static unsigned count_open(const struct port_runs *runs, unsigned target)
{
	unsigned open = 0;

	for (unsigned i = 0; i < runs->begun; i++)
		open += runs->all[i].target == target &&
			!runs->all[i].run->over;
	return open;
}

static struct destination destination_of(const struct plan *p, unsigned target,
					 uint16_t port)
{
	const struct route *route = &p->targets[target].route;
	unsigned headers = route->source.family == 6 ? 60 : 40;
	unsigned mtu = route->mtu > 9000 ? 9000 : route->mtu;

	return (struct destination){
		.source = route->source,
		.target = p->targets[target].address,
		.port = port,
		.mss = (uint16_t)(mtu > headers + 536 ? mtu - headers : 536),
		.reference = p->targets[target].reference,
	};
}

static bool begin_run(struct live *live, const struct plan *p,
		      struct port_runs *runs)
{
	struct port_run *port = &runs->all[runs->begun];
	struct destination to = destination_of(p, port->target, port->port);

	port->run = calloc(1, sizeof(*port->run));
	if (!port->run) {
		live->exit_code = EXIT_SYSTEM;
		snprintf(live->error, sizeof(live->error), "no memory");
		return false;
	}
	runs->begun++;
	run_init(port->run, live, &p->settings, &to,
		 p->targets[port->target].host,
		 shared_of(p, runs, port->target));
	return run_start(port->run);
}

/* The next ones in order, side by side: not so many of one address that its
 * server or a firewall takes offence. */
static bool begin_runs(struct live *live, const struct plan *p,
		       struct port_runs *runs)
{
	while (runs->begun < runs->count &&
	       count_open(runs, runs->all[runs->begun].target) < SIDE_BY_SIDE)
		if (!begin_run(live, p, runs))
			return false;
	return true;
}

/* Steps all that are open; false: all are over. */
static bool step_runs(struct port_runs *runs, int64_t *wake)
{
	bool open = false;

	*wake = NEVER;
	for (unsigned i = 0; i < runs->begun; i++) {
		struct run *p = runs->all[i].run;
		int64_t at;

		if (p->over)
			continue;
		at = run_step(p, live_now_us());
		if (p->over)
			at = 0; /* others may have waited for it */
		open = true;
		*wake = at < *wake ? at : *wake;
	}
	return open;
}

/* Runs all to their end, a signal or an error. What is in flight
 * when a signal comes must be known for its connection to be ended. */
static void run_ports(struct live *live, const struct plan *p,
		      struct port_runs *runs)
{
	int64_t wake;

	while (begin_runs(live, p, runs) && step_runs(runs, &wake) &&
	       live_poll(live, wake) && !live->exit_code &&
	       !signals_interrupted())
		;
	linger(live);
	for (unsigned i = 0; i < runs->begun; i++)
		run_end(runs->all[i].run);
	linger(live);
}

static bool make_runs(const struct plan *p, struct port_runs *runs)
{
	*runs = (struct port_runs){0};
	for (unsigned i = 0; i < p->target_count; i++)
		runs->count += p->targets[i].port_count;
	runs->all = calloc(runs->count, sizeof(*runs->all));
	if (!runs->all)
		return false;
	runs->count = 0;
	for (unsigned i = 0; i < p->target_count; i++)
		for (unsigned k = 0; k < p->targets[i].port_count; k++)
			runs->all[runs->count++] = (struct port_run){
				i, p->targets[i].ports[k], NULL};
	return true;
}

static void free_runs(struct port_runs *runs)
{
	for (unsigned i = 0; i < runs->begun; i++)
		free(runs->all[i].run);
	free(runs->all);
}

static void name_hops(struct live *live, struct report *r)
{
	for (size_t i = 0; live->names && i < r->path_length; i++) {
		struct report_hop *hop = &r->path[i];

		if (hop->address.family && !hop->is_target)
			names_ask(live->names, &hop->address);
	}
	for (size_t i = 0; live->names && i < r->path_length; i++) {
		struct report_hop *hop = &r->path[i];
		const char *name =
			hop->address.family && !hop->is_target
				? names_get(live->names, &hop->address,
					    NAMES_WAIT_MS)
				: NULL;

		if (name)
			hop->name = arena_printf(r->arena, "%s", name);
	}
}

static int report_run(struct live *live, const struct plan *p,
		      const struct port_run *run, struct output *out)
{
	const struct plan_target *t = &p->targets[run->target];
	struct judge_target about = {t->address, run->port};
	struct report *r = judge(live->observer, &about);
	int code = report_exit_code(r);

	r->target_name = arena_printf(r->arena, "%s", t->host);
	r->source = t->route.source;
	r->interface = arena_printf(r->arena, "%s", t->route.interface);
	r->interrupted = signals_interrupted();
	r->dropped = wire_dropped(live->wire);
	name_hops(live, r);
	output_report(out, r);
	report_free(r);
	return code;
}

static int report_runs(struct live *live, const struct plan *p,
		       const struct port_runs *runs, struct output *out)
{
	int ret = EXIT_CLEAR;

	if (wire_finish_file(live->wire) != 0 && !live->exit_code) {
		live->exit_code = EXIT_OUTPUT;
		snprintf(live->error, sizeof(live->error), "%s",
			 wire_error(live->wire));
	}
	if (live->exit_code) {
		complain("%s", live->error);
		return live->exit_code;
	}
	for (unsigned i = 0; i < runs->count; i++) {
		int code = report_run(live, p, &runs->all[i], out);

		if (!p->targets[runs->all[i].target].reference)
			ret = i ? exit_worst(ret, code) : code;
	}
	return signals_interrupted() ? EXIT_INTERRUPTED : ret;
}

/* Probes everything first and judges then, so that the report of a live run
 * knows all that its capture holds. */
static int probe_all(struct live *live, const struct plan *p,
		     struct output *out)
{
	struct port_runs runs;
	int ret;

	if (!make_runs(p, &runs)) {
		complain("no memory");
		return EXIT_SYSTEM;
	}
	run_ports(live, p, &runs);
	ret = report_runs(live, p, &runs, out);
	free_runs(&runs);
	return ret;
}

int cmd_probe(const struct options *o, int argc, char **argv)
{
	struct live live = {0};
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
	ret = open_live(&live, &plan, o);
	if (ret == 0)
		ret = probe_all(&live, &plan, out);
	written = output_close(out);
	live_end(&live);
	return written != 0 && ret < EXIT_USAGE ? written : ret;
}
