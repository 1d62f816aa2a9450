// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/comparing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/net/outfile.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/net/ticker.h"
#include "probe/run/connection.h"
#include "probe/run/live.h"
#include "probe/run/sweep.h"
#include "report/arena.h"
#include "report/compare/compare.h"
#include "report/evidence/loss.h"
#include "report/track/anonymous.h"
#include "report/track/observer.h"

#define SYN_TRIES_LATER 2
#define KINDS 3
#define ROUNDS_LIVE 5

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
	const char *file; /* NULL: not saved */
	bool answered[KINDS];
	unsigned reach[KINDS];
};

struct comparing {
	const struct options *options;
	struct target target;
	struct port_run *ports;
	unsigned port_count;
};

/* How far it is. */
struct stand {
	const struct comparing *l;
	unsigned port, round, rounds;
};

static uint16_t port_of(const struct comparing *l, unsigned i)
{
	return l->options->port_count ? l->options->ports[i]
				      : l->target.name.port;
}

/* --- names of files ------------------------------------------------------ */

/* "DIR/HOST_PORT_20261121T034012Z.pcap", of which there is none yet. */
static const char *file_name(const struct comparing *l, struct arena *arena,
			     uint16_t port)
{
	char *host = arena_printf(arena, "%s",
				  anonymous_host(l->options->anonymous, arena,
						 l->target.name.host));
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
	if (outfile_directory(name) == 0)
		return 0;
	return failure(EXIT_OUTPUT, "--save %s: %s", name, strerror(errno));
}

/* --- opening ------------------------------------------------------------- */

static int open_port(const struct comparing *l, struct port_run *p, unsigned i)
{
	uint64_t seed = l->options->seed + i;
	const struct live_config config = {
		.targets = &l->target,
		.target_count = 1,
		.port = p->to.port,
		.write_file = p->file,
		.seed = l->options->has_seed ? &seed : NULL,
		.anonymous = l->options->anonymous,
	};

	return live_open(&p->live, &config);
}

static int open_ports(struct comparing *l, struct arena *arena)
{
	const char *save = l->options->save;
	int code = save ? make_directory(save) : 0;

	for (unsigned i = 0; code == 0 && i < l->port_count; i++) {
		struct port_run *p = &l->ports[i];

		p->to = live_destination(&p->live, &l->target, port_of(l, i));
		p->file = save ? file_name(l, arena, p->to.port) : NULL;
		code = open_port(l, p, i);
	}
	return code ? code : privileges_drop();
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
static void settle(struct port_run *p, struct connection *syns, unsigned count)
{
	for (;;) {
		int64_t now = live_now_us(), wake = NEVER;

		for (unsigned i = 0; i < count; i++) {
			int64_t at = connection_step(&syns[i], now);

			if (at < wake)
				wake = at;
		}
		if (wake == NEVER || !going(p))
			return;
		live_poll(&p->live, wake);
	}
}

static void send_syn(struct port_run *p, struct connection *c, unsigned kind,
		     unsigned ttl, unsigned tries)
{
	connection_open(c, NULL, &p->to, kinds[kind].purpose,
			kinds[kind].version);
	c->copy.ttl = (uint8_t)ttl;
	c->syn_tries = tries;
	connection_begin(c);
}

static void learn_rtt(struct port_run *p, const struct connection *l)
{
	const struct flow *f = client_flow(&l->client);
	const struct kept *k = f ? flow_syn_ack(f) : NULL;

	if (k && !p->to.rtt_us)
		p->to.rtt_us = k->time_us - f->first_us + 1;
}

/* A SYN of each kind with the usual TTL, side by side. */
static void round_usual(struct port_run *p, unsigned round)
{
	struct connection syns[KINDS];
	unsigned started = 0;

	for (unsigned k = 0; k < KINDS && going(p); k++, started++)
		send_syn(p, &syns[k], k, FULL_TTL,
			 round || p->answered[0] ? SYN_TRIES_LATER : SYN_TRIES);
	settle(p, syns, started);
	for (unsigned k = 0; k < started; k++) {
		p->answered[k] |= connection_answered(&syns[k]);
		learn_rtt(p, &syns[k]);
		connection_end(&syns[k]);
	}
}

/* The smallest TTL that reaches, by one SYN of each TTL. Routers need not
 * say anything for that. */
static void sweep_kinds(struct port_run *p)
{
	struct sweep sweeps[KINDS] = {0};

	for (unsigned k = 0; k < KINDS && going(p); k++)
		if (p->answered[k])
			sweep_start(&sweeps[k], &p->to, kinds[k].purpose,
				    kinds[k].version, 1, REACH_TTL_MAX, 0);
	wait_until(p, live_now_us() + answer_wait_us(&p->to));
	for (unsigned k = 0; k < KINDS; k++) {
		if (!sweeps[k].last)
			continue;
		p->reach[k] = sweep_reach(&sweeps[k]);
		sweep_end(&sweeps[k]);
	}
}

/* The same once more on fresh ports, and that one hop less is too few. */
static void round_edge(struct port_run *p)
{
	struct connection syns[2 * KINDS];
	unsigned started = 0;

	for (unsigned k = 0; k < KINDS; k++) {
		for (unsigned less = 0; less < 2; less++) {
			if (p->reach[k] <= less || !going(p))
				continue;
			send_syn(p, &syns[started++], k, p->reach[k] - less, 1);
		}
	}
	settle(p, syns, started);
	for (unsigned i = 0; i < started; i++)
		connection_end(&syns[i]);
}

static void run_port(struct port_run *p, unsigned rounds, struct stand *stand)
{
	for (unsigned round = 0; round < rounds && going(p); round++) {
		stand->round = round + 1;
		round_usual(p, round);
		if (!p->answered[0] && !p->answered[1] && !p->answered[2])
			break;
		if (round == 0)
			sweep_kinds(p);
		else
			round_edge(p);
	}
}

static void describe(const void *context, char *text, size_t size)
{
	const struct stand *s = context;

	snprintf(text, size, "%s, port %u (%u of %u), round %u of %u",
		 s->l->target.name.host, s->l->ports[s->port].to.port,
		 s->port + 1, s->l->port_count, s->round, s->rounds);
}

static int run_ports(struct comparing *l, struct compare *c,
		     struct stand *stand)
{
	for (unsigned i = 0; i < l->port_count && !signals_interrupted(); i++) {
		struct port_run *p = &l->ports[i];

		stand->port = i;
		run_port(p, stand->rounds, stand);
		if (!live_finish(&p->live))
			complain("%s", p->live.error);
		if (!p->live.exit_code || live_cut_short(&p->live))
			compare_observe_more(c, "now", live_shown(&p->live));
		if (p->live.exit_code)
			return p->live.exit_code;
	}
	return signals_interrupted() ? EXIT_INTERRUPTED : 0;
}

int comparing_run(const struct options *o, const char *host, struct compare *c)
{
	struct comparing l = {.options = o};
	struct stand stand = {.l = &l, .rounds = o->count ?: ROUNDS_LIVE};
	int ret;

	if (o->where.ipv4 && o->where.ipv6)
		return failure(EXIT_USAGE,
			       "-4 -6: compare one family at a time");
	if (target_find(host, &o->where, &l.target, &ret) == 0)
		return ret;
	l.port_count = o->port_count ? o->port_count : 1;
	l.ports = calloc(l.port_count, sizeof(*l.ports));
	if (!l.ports)
		return failure(EXIT_SYSTEM, "no memory");
	signals_install();
	ret = open_ports(&l, c->arena);
	ticker_source(describe, &stand);
	if (ret == 0)
		ret = run_ports(&l, c, &stand);
	ticker_source(NULL, NULL);
	for (unsigned i = 0; i < l.port_count; i++)
		live_close(&l.ports[i].live);
	free(l.ports);
	return ret;
}
