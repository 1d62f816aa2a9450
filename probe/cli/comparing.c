// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/comparing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/net/guard.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/net/wire.h"
#include "probe/run/connection.h"
#include "probe/run/live.h"
#include "probe/run/sweep.h"
#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

#define DEFAULT_PORT 80
#define SYN_TRIES_LATER 2
#define LINGER_US 20000
#define KINDS 3

/* Without MPTCP, version 1, version 0. */
static const struct {
	enum purpose purpose;
	unsigned version;
} kinds[KINDS] = {
	{PURPOSE_TCP, 0}, {PURPOSE_MP_CAPABLE, 1}, {PURPOSE_MP_CAPABLE, 0}};

/* One port, with a wire and a capture of its own. */
struct port_run {
	struct live live;
	struct destination to;
	struct pace pace;
	const char *name; /* of the run: the file's, or host and port */
	const char *file; /* NULL: not saved */
	bool answered[KINDS];
	unsigned reach[KINDS];
};

struct comparing {
	const struct options *options;
	struct target_name name;
	struct address target;
	struct route route;
	const char *interface;
	struct port_run *ports;
	unsigned port_count;
};

/* --- where to ------------------------------------------------------------ */

static int find_target(struct comparing *l, const char *host)
{
	const struct options *o = l->options;
	struct address found[2], source;
	char error[300];
	int code;

	if (target_parse(host, &l->name, error, sizeof(error)) != 0) {
		complain("%s", error);
		return EXIT_USAGE;
	}
	if (o->ipv4 && o->ipv6) {
		complain("-4 -6: compare one family at a time");
		return EXIT_USAGE;
	}
	l->interface = o->interface	? o->interface
		       : l->name.zone[0] ? l->name.zone
					 : NULL;
	if (target_resolve(l->name.host, o->ipv4, o->ipv6, found, error,
			   sizeof(error)) == 0) {
		complain("%s", error);
		return EXIT_NO_HOST;
	}
	l->target = found[0];
	if (o->source && !address_parse(o->source, &source))
		return EXIT_USAGE;
	code = route_find(&l->target, l->interface, o->source ? &source : NULL,
			  &l->route, error, sizeof(error));
	if (code != 0)
		complain("%s", error);
	return code;
}

static uint16_t port_of(const struct comparing *l, unsigned i)
{
	if (l->options->port_count)
		return l->options->ports[i];
	return l->name.port ? l->name.port : DEFAULT_PORT;
}

static struct destination destination_of(const struct comparing *l,
					 uint16_t port)
{
	unsigned headers = l->target.family == 6 ? 60 : 40;
	unsigned mtu = l->route.mtu > 9000 ? 9000 : l->route.mtu;

	return (struct destination){
		.source = l->route.source,
		.target = l->target,
		.port = port,
		.mss = (uint16_t)(mtu > headers + 536 ? mtu - headers : 536),
	};
}

/* --- names of files ------------------------------------------------------ */

/* "DIR/HOST_PORT_20261121T034012Z.pcap", of which there is none yet. */
static const char *file_name(const struct comparing *l, struct arena *arena,
			     uint16_t port)
{
	char *host = arena_printf(arena, "%s", l->name.host);
	time_t now = time(NULL);
	char day[32] = "", *stem, *name;
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(day, sizeof(day), "%Y%m%dT%H%M%SZ", &tm);
	for (char *c = host; *c; c++)
		if (*c == '/' || *c == ':')
			*c = '-';
	stem = arena_printf(arena, "%s/%s_%u_%s", l->options->save, host, port,
			    day);
	name = arena_printf(arena, "%s.pcap", stem);
	for (unsigned i = 2; access(name, F_OK) == 0; i++)
		name = arena_printf(arena, "%s_%u.pcap", stem, i);
	return name;
}

static int make_directory(const char *name)
{
	if (mkdir(name, 0777) == 0 || errno == EEXIST)
		return 0;
	complain("--save %s: %s", name, strerror(errno));
	return EXIT_OUTPUT;
}

static void name_run(const struct comparing *l, struct arena *arena,
		     struct port_run *p)
{
	if (!l->options->save) {
		p->name = arena_printf(arena, "now");
		return;
	}
	p->file = file_name(l, arena, p->to.port);
	p->name = strrchr(p->file, '/') + 1;
}

/* --- opening ------------------------------------------------------------- */

static int open_wire(const struct comparing *l, struct port_run *p)
{
	char filter[400], error[300], target[ADDRESS_TEXT],
		source[ADDRESS_TEXT];
	int code = EXIT_SYSTEM;
	struct wire_config config = {
		.interface = l->route.interface,
		.bind_interface = l->interface != NULL,
		.filter = filter,
		.write_file = p->file,
		.ipv4 = l->target.family == 4,
		.ipv6 = l->target.family == 6,
	};

	if (config.ipv4)
		config.source4 = p->to.source;
	else
		config.source6 = p->to.source;
	snprintf(filter, sizeof(filter),
		 "(tcp port %u and host %s and host %s) or (host %s and %s)",
		 p->to.port, address_text(&l->target, target),
		 address_text(&p->to.source, source), source,
		 config.ipv6 ? "icmp6" : "icmp");
	p->live.wire = wire_open(&config, error, sizeof(error), &code);
	if (p->live.wire)
		return 0;
	complain("%s", error);
	return code;
}

static int open_port(const struct comparing *l, struct port_run *p,
		     uint64_t seed)
{
	int code;

	live_init(&p->live, seed);
	code = open_wire(l, p);
	if (code != 0)
		return code;
	p->live.guard = guard_new(l->route.interface);
	p->live.observer = observer_new();
	if (p->live.guard && p->live.observer)
		return 0;
	complain("no memory, or OpenSSL failed");
	return EXIT_SYSTEM;
}

static int open_ports(struct comparing *l, struct arena *arena)
{
	const struct options *o = l->options;
	uint64_t seed = o->seed;
	char error[200];
	int code = o->save ? make_directory(o->save) : 0;

	if (!o->has_seed && getrandom(&seed, sizeof(seed), 0) < 0)
		seed = (uint64_t)live_now_us();
	for (unsigned i = 0; code == 0 && i < l->port_count; i++) {
		l->ports[i].to = destination_of(l, port_of(l, i));
		name_run(l, arena, &l->ports[i]);
		code = open_port(l, &l->ports[i], seed + i);
	}
	if (code == 0 && privileges_drop(error, sizeof(error)) != 0) {
		complain("%s", error);
		code = EXIT_SYSTEM;
	}
	return code;
}

/* --- the runs ------------------------------------------------------------ */

static bool going(const struct port_run *p)
{
	return !p->live.exit_code && !signals_interrupted();
}

static void wait_until(struct port_run *p, int64_t until_us)
{
	while (going(p) && live_now_us() < until_us)
		live_poll(&p->live, until_us);
}

/* Steps SYNs until each is answered or given up. */
static void settle(struct port_run *p, struct syn *syns, unsigned count)
{
	for (;;) {
		int64_t now = live_now_us(), wake = NEVER;

		for (unsigned i = 0; i < count; i++) {
			int64_t at = syn_step(&syns[i], now);

			if (at < wake)
				wake = at;
		}
		if (wake == NEVER || !going(p))
			return;
		live_poll(&p->live, wake);
	}
}

static void learn_pace(struct port_run *p, const struct syn *l)
{
	const struct flow *f = client_flow(&l->client);
	const struct kept *k = f ? flow_syn_ack(f) : NULL;

	if (k && !p->pace.rtt_us)
		p->pace.rtt_us = k->time_us - f->first_us + 1;
}

/* A SYN of each kind with the usual TTL, side by side. */
static void round_usual(struct port_run *p, unsigned round)
{
	struct syn syns[KINDS];
	unsigned started = 0;

	for (unsigned k = 0; k < KINDS && going(p); k++, started++)
		syn_start(&syns[k], &p->live, &p->to, &p->pace,
			  kinds[k].purpose, kinds[k].version, NULL, FULL_TTL,
			  round || p->answered[0] ? SYN_TRIES_LATER
						  : SYN_TRIES);
	settle(p, syns, started);
	for (unsigned k = 0; k < started; k++) {
		p->answered[k] |= syn_answered(&syns[k]);
		learn_pace(p, &syns[k]);
		syn_end(&syns[k]);
	}
}

/* The smallest TTL that reaches, by one SYN of each TTL. Routers need not
 * say anything for that. */
static void sweep_kinds(struct port_run *p)
{
	struct sweep sweeps[KINDS] = {0};

	for (unsigned k = 0; k < KINDS && going(p); k++)
		if (p->answered[k])
			sweep_start(&sweeps[k], &p->live, &p->to,
				    kinds[k].purpose, kinds[k].version, 1,
				    REACH_TTL_MAX, 0);
	wait_until(p, live_now_us() + pace_wait_us(&p->pace));
	for (unsigned k = 0; k < KINDS; k++) {
		if (!sweeps[k].last)
			continue;
		p->reach[k] = sweep_reach(&sweeps[k]);
		client_send_reset(&sweeps[k].client);
	}
}

/* The same once more on fresh ports, and that one hop less is too few. */
static void round_edge(struct port_run *p)
{
	struct syn syns[2 * KINDS];
	unsigned started = 0;

	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned less = 0; less < 2; less++) {
			if (p->reach[k] <= less || !going(p))
				continue;
			syn_start(&syns[started++], &p->live, &p->to, &p->pace,
				  kinds[k].purpose, kinds[k].version, NULL,
				  (uint8_t)(p->reach[k] - less), 1);
		}
	}
	settle(p, syns, started);
	for (unsigned i = 0; i < started; i++)
		syn_end(&syns[i]);
}

static void run_port(struct port_run *p, unsigned rounds)
{
	for (unsigned round = 0; round < rounds && going(p); round++) {
		round_usual(p, round);
		if (!p->answered[0] && !p->answered[1] && !p->answered[2])
			break;
		if (round == 0)
			sweep_kinds(p);
		else
			round_edge(p);
	}
	wait_until(p, live_now_us() + LINGER_US);
}

static int finish_port(struct port_run *p)
{
	struct live *live = &p->live;

	if (live->wire && wire_finish_file(live->wire) != 0 &&
	    !live->exit_code) {
		live->exit_code = EXIT_OUTPUT;
		snprintf(live->error, sizeof(live->error), "%s",
			 wire_error(live->wire));
	}
	if (live->exit_code)
		complain("%s", live->error);
	return live->exit_code;
}

static int run_ports(struct comparing *l, struct compare *c)
{
	int ret = 0;

	for (unsigned i = 0; i < l->port_count && ret == 0; i++) {
		struct port_run *p = &l->ports[i];

		if (signals_interrupted())
			break;
		run_port(p, l->options->count);
		ret = finish_port(p);
		if (ret == 0)
			compare_observe(c, p->name, p->live.observer);
	}
	return ret == 0 && signals_interrupted() ? EXIT_INTERRUPTED : ret;
}

int comparing_run(const struct options *o, const char *host, struct compare *c)
{
	struct comparing l = {.options = o};
	int ret = find_target(&l, host);

	if (ret != 0)
		return ret;
	l.port_count = o->port_count ? o->port_count : 1;
	l.ports = calloc(l.port_count, sizeof(*l.ports));
	if (!l.ports) {
		complain("no memory");
		return EXIT_SYSTEM;
	}
	signals_install();
	ret = open_ports(&l, c->arena);
	if (ret == 0)
		ret = run_ports(&l, c);
	for (unsigned i = 0; i < l.port_count; i++)
		live_end(&l.ports[i].live);
	free(l.ports);
	return ret;
}
