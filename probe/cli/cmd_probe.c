// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe HOST: probes live, then judges what was captured. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/cli/probing.h"
#include "probe/cli/reports.h"
#include "probe/doctor/own_mptcp.h"
#include "probe/net/names.h"
#include "probe/net/privileges.h"
#include "probe/net/references.h"
#include "probe/net/signals.h"
#include "probe/net/target.h"
#include "probe/net/ticker.h"
#include "probe/net/ways.h"
#include "probe/net/wire.h"
#include "probe/run/doing.h"
#include "probe/run/live.h"
#include "probe/run/run.h"
#include "report/arena.h"
#include "report/evidence/loss.h"
#include "report/judge/judge.h"
#include "report/origins.h"
#include "report/track/anonymous.h"
#include "report/track/observer.h"

#define NAMES_WAIT_MS 300
#define ORIGINS_WAIT_MS 1000 /* two questions one behind the other */

/* Ports of one address that are probed at a time. More of them begin with one
 * plain connection each, so far apart, and go on in their turn if that is
 * answered: 64 silent ones take no longer than one. */
#define SIDE_BY_SIDE 4
#define KNOCK_GAP_US 5000
#define TARGETS_MAX (4 * WAYS_MAX) /* two families of host and reference */

/* What is probed: each port of each target; last, the references. */
struct plan {
	struct target targets[TARGETS_MAX];
	unsigned own_count, target_count;
	bool several; /* uplinks: the targets of each stand together */
	struct ways_left_out left_out;
	const uint16_t *ports; /* of -p */
	unsigned port_count;   /* 0: those of the targets */
	struct probe_settings settings;
	bool origins;
};

static bool is_reference(const struct plan *p, unsigned target)
{
	return target >= p->own_count;
}

static unsigned count_ports(const struct plan *p, unsigned target)
{
	return is_reference(p, target) || !p->port_count ? 1 : p->port_count;
}

static uint16_t port_of(const struct plan *p, unsigned target, unsigned i)
{
	return is_reference(p, target) || !p->port_count
		       ? p->targets[target].name.port
		       : p->ports[i];
}

static bool is_probed(void *plan, const struct address *a, uint16_t port)
{
	const struct plan *p = plan;

	for (unsigned i = 0; i < p->own_count; i++)
		for (unsigned k = 0; k < count_ports(p, i); k++)
			if (port_of(p, i, k) == port &&
			    address_equal(&p->targets[i].address, a))
				return true;
	return false;
}

/* The reference is probed in the families of the host, and the same way. */
static int plan_reference(struct plan *p, const struct options *o)
{
	struct target_wanted wanted = o->where;
	const char *reference = o->reference;
	char found[REFERENCE_TEXT];
	int code;

	if (p->targets[0].bound && !p->several)
		wanted.interface = p->targets[0].route.interface;
	wanted.ipv4 = p->targets[0].address.family == 4;
	wanted.ipv6 = p->targets[p->own_count - 1].address.family == 6;
	if (strcmp(reference, "auto") == 0) {
		if (!references_find(&wanted, is_probed, p, found)) {
			complain("--reference auto: no public server that "
				 "speaks MPTCP answers; probed without one");
			return 0;
		}
		reference = found;
	}
	p->target_count += ways_find(reference, &wanted,
				     &p->targets[p->own_count], NULL, &code);
	for (unsigned i = p->own_count; i < p->target_count; i++)
		if (is_probed(p, &p->targets[i].address,
			      p->targets[i].name.port))
			return failure(EXIT_USAGE,
				       "--reference %s: this is what is "
				       "probed; name another server or port",
				       o->reference);
	return code;
}

static int check_interfaces(const struct plan *p)
{
	const char *first = p->targets[0].route.interface;

	for (unsigned i = 1; i < p->target_count && !p->several; i++) {
		const char *other = p->targets[i].route.interface;

		if (strcmp(other, first) == 0)
			continue;
		return failure(
			EXIT_UNKNOWN,
			is_reference(p, i)
				? "%s is reached through %s, its reference "
				  "through %s"
				: "%s: IPv4 is reached through %s and IPv6 "
				  "through %s; probe one family at a time "
				  "(-4, -6)",
			p->targets[0].name.host, first, other);
	}
	return 0;
}

/* More than one of each address. */
static bool has_several_ways(const struct plan *p)
{
	for (unsigned i = 1; i < p->own_count; i++)
		if (address_equal(&p->targets[i].address,
				  &p->targets[0].address))
			return true;
	return false;
}

static int plan_make(struct plan *p, const struct options *o, const char *host)
{
	int code;

	*p = (struct plan){
		.ports = o->ports,
		.port_count = o->port_count,
		.origins = o->origins,
		.settings = {.first_ttl = o->first_ttl,
			     .max_ttl = o->max_ttl,
			     .mptcp_version = o->mptcp_version,
			     .sweep_only = o->sweep_only,
			     .all = o->all,
			     .takeover = o->all || o->verbose},
	};
	p->own_count = p->target_count =
		ways_find(host, &o->where, p->targets, &p->left_out, &code);
	p->settings.say = target_say(&p->targets[0].name, o->say);
	p->several = has_several_ways(p);
	if (code == 0 && o->reference)
		code = plan_reference(p, o);
	return code ? code : check_interfaces(p);
}

static int open_live(struct live *live, const struct plan *p,
		     const struct options *o, struct output *out, bool warns)
{
	const struct live_config config = {
		.targets = p->targets,
		.target_count = p->target_count,
		.names = !o->numeric,
		.origins = o->origins,
		.owners = p->several,
		.write_file = o->write_file,
		.seed = o->has_seed ? &o->seed : NULL,
		.anonymous = o->anonymous,
	};
	int code = live_open(live, &config);
	char text[400];

	if (code == 0 && warns && own_mptcp_off("/proc", text, sizeof(text)))
		complain("%s", text);
	if (code == 0 && o->write_file)
		output_capture(out, o->write_file);
	return code ? code : privileges_drop();
}

/* One address and port. */
struct port_run {
	const struct target *target;
	struct run run;
	int64_t over_us; /* since when it is over; 0: it is not */
	bool ended;	 /* its connections are */
	bool awaits;	 /* what the others of its address show */
};

struct port_runs {
	struct port_run *all; /* in the order in which they begin */
	unsigned count, begun;
	unsigned reported; /* the first so many */
	int ret;	   /* the worst of these */
	int names_wait_ms; /* at most, altogether */
	int64_t knock_us;  /* when the next one may knock */
	struct shared shared[TARGETS_MAX];
	const struct ways_left_out *left_out;
};

/* Targets of one address share what its routers answer to one source. */
static struct shared *shared_of(const struct plan *p, struct port_runs *runs,
				unsigned target)
{
	const struct target *t = &p->targets[target];
	unsigned first = 0;

	while (!address_equal(&p->targets[first].address, &t->address) ||
	       !address_equal(&p->targets[first].route.source,
			      &t->route.source))
		first++;
	return &runs->shared[first];
}

static void make_run(struct live *live, const struct plan *p,
		     struct port_runs *runs, unsigned target, unsigned port)
{
	const struct target *t = &p->targets[target];
	struct port_run *one = &runs->all[runs->count++];
	struct destination to =
		live_destination(live, t, port_of(p, target, port));

	one->target = t;
	to.reference = is_reference(p, target);
	to.several = p->several;
	run_init(&one->run, &p->settings, &to, t->name.host,
		 shared_of(p, runs, target));
}

/* The same address and port, by another uplink. */
static bool are_peers(const struct run *a, const struct run *b)
{
	return a != b && a->to.port == b->to.port &&
	       a->to.reference == b->to.reference &&
	       address_equal(&a->to.target, &b->to.target);
}

static void make_peers(struct port_runs *runs)
{
	for (unsigned i = 0; i < runs->count; i++) {
		struct run *r = &runs->all[i].run;

		for (unsigned k = 0; k < runs->count && !r->to.reference; k++)
			if (are_peers(r, &runs->all[k].run))
				r->peers[r->peer_count++] = &runs->all[k].run;
	}
}

static bool is_first_of(const struct plan *p, unsigned first, unsigned target)
{
	for (unsigned i = first; i < target; i++)
		if (address_equal(&p->targets[i].address,
				  &p->targets[target].address))
			return false;
	return true;
}

/* To the address of this target and one port, by all uplinks. */
static void make_group(struct live *live, const struct plan *p,
		       struct port_runs *runs, unsigned target, unsigned port)
{
	bool reference = is_reference(p, target);

	for (unsigned i = target; i < p->target_count; i++)
		if (is_reference(p, i) == reference &&
		    address_equal(&p->targets[i].address,
				  &p->targets[target].address))
			make_run(live, p, runs, i, port);
}

/* Of several uplinks those of one address and port stand together: they are
 * probed at the same time. */
static void make_side_by_side(struct live *live, const struct plan *p,
			      struct port_runs *runs, unsigned first,
			      unsigned end)
{
	for (unsigned k = 0; first < end && k < count_ports(p, first); k++)
		for (unsigned i = first; i < end; i++)
			if (is_first_of(p, first, i))
				make_group(live, p, runs, i, k);
}

static bool make_runs(struct live *live, const struct plan *p,
		      struct port_runs *runs)
{
	unsigned count = 0;

	for (unsigned i = 0; i < p->target_count; i++)
		count += count_ports(p, i);
	*runs = (struct port_runs){.all = calloc(count, sizeof(*runs->all))};
	if (!runs->all)
		return false;
	if (p->several) {
		make_side_by_side(live, p, runs, 0, p->own_count);
		make_side_by_side(live, p, runs, p->own_count, p->target_count);
		make_peers(runs);
	} else {
		for (unsigned i = 0; i < p->target_count; i++)
			for (unsigned k = 0; k < count_ports(p, i); k++)
				make_run(live, p, runs, i, k);
	}
	return true;
}

static unsigned count_open(const struct port_runs *runs,
			   const struct target *target)
{
	unsigned open = 0;

	for (unsigned i = 0; i < runs->begun; i++)
		open += runs->all[i].target == target &&
			!runs->all[i].run.knocking && !runs->all[i].run.over;
	return open;
}

static bool has_room(const struct port_runs *runs, const struct target *target)
{
	return count_open(runs, target) < SIDE_BY_SIDE;
}

/* Those that knocked and were answered go on, in order. */
static void admit_runs(struct port_runs *runs)
{
	for (unsigned i = 0; i < runs->begun; i++) {
		struct port_run *one = &runs->all[i];

		if (one->run.knocking &&
		    connection_answered(&one->run.before) &&
		    has_room(runs, one->target))
			one->run.knocking = false;
	}
}

/* The next ones in order, side by side: not so many of one address that its
 * server or a firewall takes offence. Those of several uplinks do not knock:
 * they need each other. */
static void begin_runs(struct port_runs *runs)
{
	int64_t now_us = live_now_us();

	while (runs->begun < runs->count) {
		struct port_run *next = &runs->all[runs->begun];

		next->run.knocking = !has_room(runs, next->target);
		if (next->run.knocking &&
		    (next->run.to.several || now_us < runs->knock_us))
			return;
		runs->knock_us = now_us + KNOCK_GAP_US;
		runs->begun++;
	}
}

/* Steps all that are open. False: all are over. */
static bool step_runs(struct port_runs *runs, int64_t *wake)
{
	bool open = false;

	admit_runs(runs);
	begin_runs(runs);
	*wake = NEVER;
	if (runs->begun < runs->count && !runs->all[runs->begun].run.to.several)
		*wake = runs->knock_us;
	for (unsigned i = 0; i < runs->begun; i++) {
		struct run *r = &runs->all[i].run;
		int64_t at;

		if (r->over)
			continue;
		at = run_step(r, live_now_us());
		if (r->over) {
			at = 0; /* others may have waited for it */
			runs->all[i].over_us = live_now_us();
		}
		open = true;
		*wake = at < *wake ? at : *wake;
	}
	return open;
}

/* Whose name and origin are of interest. */
static bool is_named(const struct report_hop *hop)
{
	return hop->address.family && !hop->is_target;
}

static void take_name(const struct live *live, struct report *r,
		      struct report_hop *hop, int wait_ms)
{
	struct address a = anonymous_original(live->anonymous, &hop->address);
	const char *name = names_get(live->names, &a, wait_ms), *title;

	name = anonymous_host(live->anonymous, r->arena, name);
	if (name)
		hop->name = arena_printf(r->arena, "%s", name);
	hop->origin = anonymous_origin(
		live->anonymous,
		names_origin(live->names, &a, wait_ms, &title));
	title = anonymous_title(live->anonymous, r->arena, title);
	if (title)
		hop->origin_name = arena_printf(r->arena, "%s", title);
}

static void ask_name(const struct live *live, const struct report_hop *hop)
{
	struct address a = anonymous_original(live->anonymous, &hop->address);

	names_ask(live->names, &a);
}

static void name_hops(struct live *live, struct report *r, int wait_ms)
{
	for (size_t i = 0; live->names && i < r->path_length; i++)
		if (is_named(&r->path[i]))
			ask_name(live, &r->path[i]);
	for (size_t i = 0; live->names && i < r->path_length; i++)
		if (is_named(&r->path[i]))
			take_name(live, r, &r->path[i], wait_ms);
	report_advise_origins(r);
}

static struct report *report_of(struct live *live, const struct port_run *one)
{
	const struct target *t = one->target;
	const struct destination *to = &one->run.to;
	struct anonymous *a = live->anonymous;
	struct judge_target about = {
		.address = anonymous_address(a, &t->address), .port = to->port};
	char interface[ANONYMOUS_INTERFACE];
	struct report *r;

	if (to->several)
		about.source = anonymous_address(a, &to->source);
	r = judge(live_shown(live), &about);
	r->target_name = arena_printf(
		r->arena, "%s", anonymous_host(a, r->arena, t->name.host));
	r->source = anonymous_address(a, &t->route.source);
	r->interface = arena_printf(
		r->arena, "%s",
		anonymous_interface(a, t->route.interface, interface));
	r->interrupted = signals_interrupted() || live->exit_code;
	if (live->exit_code)
		r->interruption = arena_printf(r->arena, "%s",
					       a ? "the run had to end early"
						 : live->error);
	r->dropped = wire_dropped(live->wire);
	r->leaves_otherwise = to->several && !way_is_own(t);
	return r;
}

/* Of one address and port, by the uplinks: `runs` begins with them. */
static struct paths_group group_with(const struct port_runs *runs,
				     struct report *const *reports,
				     unsigned count)
{
	return (struct paths_group){.reports = reports,
				    .count = count,
				    .left_out = runs->left_out->all,
				    .left_out_count = runs->left_out->count};
}

static int report_group(struct live *live, const struct port_runs *all,
			const struct port_run *runs, unsigned count,
			struct output *out)
{
	struct report *reports[WAYS_MAX] = {0};
	const struct paths_group group = group_with(all, reports, count);
	int code;

	for (unsigned i = 0; i < count; i++) {
		reports[i] = report_of(live, &runs[i]);
		name_hops(live, reports[i], all->names_wait_ms);
	}
	code = reports_print(out, live_shown(live), &group);
	for (unsigned i = 0; i < count; i++)
		report_free(reports[i]);
	return code;
}

/* How many runs, from the first on, are of one address and port. */
static unsigned group_of(const struct port_run *runs, unsigned left)
{
	unsigned count = 1;

	while (count < left && count < WAYS_MAX &&
	       are_peers(&runs[0].run, &runs[count].run))
		count++;
	return count;
}

static void take_code(struct port_runs *runs, const struct port_run *of,
		      int code)
{
	if (!of->run.to.reference)
		runs->ret =
			of == runs->all ? code : exit_worst(runs->ret, code);
}

static bool address_over(const struct port_runs *runs,
			 const struct port_run *one)
{
	for (unsigned i = 0; i < runs->count; i++)
		if (address_equal(&runs->all[i].run.to.target,
				  &one->run.to.target) &&
		    !runs->all[i].run.over)
			return false;
	return true;
}

/* What ports of the same address show, or a reference, may change all other
 * verdicts. */
static bool stands_alone(const struct report *r)
{
	return r->status == STATUS_CLEAR || r->status == STATUS_UNREACHABLE;
}

static bool print_early(struct live *live, struct port_runs *runs,
			struct port_run *one, struct output *out)
{
	struct report *r = report_of(live, one);
	const struct paths_group group = group_with(runs, &r, 1);

	one->awaits = !address_over(runs, one) && !stands_alone(r);
	if (!one->awaits) {
		name_hops(live, r, 0);
		take_code(runs, one,
			  reports_print(out, live_shown(live), &group));
		runs->reported++;
	}
	report_free(r);
	return !one->awaits;
}

static void end_run(struct port_run *one)
{
	if (!one->ended)
		run_end(&one->run);
	one->ended = true;
}

/* Those that are over, in order, while others are not: so long since that
 * nothing that comes later changes what is said of them. Returns when the next
 * one may be told. */
static int64_t report_early(struct live *live, struct port_runs *runs,
			    struct output *out)
{
	while (runs->reported < runs->begun) {
		struct port_run *one = &runs->all[runs->reported];
		int64_t at = one->over_us + PATIENCE_MAX_US;

		if (!one->over_us || one->run.to.several ||
		    one->run.to.reference ||
		    (one->awaits && !address_over(runs, one)))
			return NEVER;
		end_run(one);
		if (live_now_us() < at)
			return at;
		if (!print_early(live, runs, one, out))
			return NEVER;
	}
	return NEVER;
}

/* Whether it fits. */
static bool put_line(const struct port_run *one, const char *done, bool hops,
		     char *text, size_t size)
{
	char address[ADDRESS_TEXT], doing[160];
	int length;

	run_doing(&one->run, hops, doing, sizeof(doing));
	length = snprintf(
		text, size, "%s port %u%s%s%s: %s",
		address_text(&one->run.to.target, address), one->run.to.port,
		one->run.to.several ? " by " : "",
		one->run.to.several ? one->target->route.interface : "", done,
		doing);
	return length < (int)size;
}

/* "10.0.5.2 port 443 by eth0, 2 of 8 done: ..." of the first that is not. How
 * long it takes is worth more than the hops. */
static void describe(const void *context, char *text, size_t size)
{
	const struct port_runs *runs = context;
	const struct port_run *one = NULL;
	char done[40] = "";
	unsigned over = 0;

	for (unsigned i = 0; i < runs->begun; i++) {
		over += runs->all[i].run.over;
		if (!one && !runs->all[i].run.over)
			one = &runs->all[i];
	}
	if (!one)
		return;
	if (runs->count > 1)
		snprintf(done, sizeof(done), ", %u of %u done", over,
			 runs->count);
	if (!put_line(one, done, true, text, size))
		put_line(one, done, false, text, size);
}

/* Runs all to their end, a signal or an error. What is in flight when a signal
 * comes must be known for its connection to be ended. */
static void run_ports(struct live *live, struct port_runs *runs,
		      struct output *out)
{
	int64_t wake, early;

	ticker_source(describe, runs);
	while (step_runs(runs, &wake) && !live->exit_code &&
	       !signals_interrupted()) {
		early = wake ? report_early(live, runs, out) : NEVER;
		if (!live_poll(live, early < wake ? early : wake))
			break;
	}
	ticker_source(NULL, NULL);
	live_linger(live);
	for (unsigned i = 0; i < runs->begun; i++)
		end_run(&runs->all[i]);
}

static int report_runs(struct live *live, struct port_runs *runs,
		       struct output *out)
{
	if (!live_finish(live)) {
		complain("%s", live->error);
		if (!live_cut_short(live))
			return live->exit_code;
	}
	for (unsigned i = runs->reported, count; i < runs->count; i += count) {
		count = group_of(&runs->all[i], runs->count - i);
		take_code(runs, &runs->all[i],
			  report_group(live, runs, &runs->all[i], count, out));
	}
	if (live->exit_code)
		return live->exit_code;
	return signals_interrupted() ? EXIT_INTERRUPTED : runs->ret;
}

/* A report that other ports may change comes when these are over, too: it knows
 * all that the capture holds. */
static int probe_all(struct live *live, const struct plan *p,
		     struct output *out)
{
	struct port_runs runs;
	int ret;

	if (!make_runs(live, p, &runs))
		return failure(EXIT_SYSTEM, "no memory");
	runs.names_wait_ms = p->origins ? ORIGINS_WAIT_MS : NAMES_WAIT_MS;
	runs.left_out = &p->left_out;
	run_ports(live, &runs, out);
	ret = report_runs(live, &runs, out);
	if (ways_left_out_named(&p->left_out) &&
	    (ret == EXIT_CLEAR || ret == EXIT_NO_MPTCP))
		ret = EXIT_UNKNOWN;
	free(runs.all);
	return ret;
}

/* Uplinks that are not probed are named in reports as well. */
static void cover_left_out(struct ways_left_out *l, struct anonymous *a)
{
	char text[ANONYMOUS_INTERFACE];

	for (unsigned i = 0; i < l->count; i++)
		snprintf(l->all[i].name, sizeof(l->all[i].name), "%s",
			 anonymous_interface(a, l->all[i].name, text));
}

/* Of a port of an address that no route leads to: nothing was observed. */
static void report_unrouted(const struct target *t, uint16_t port,
			    struct anonymous *a, struct output *out)
{
	const struct judge_target about = {
		.address = anonymous_address(a, &t->address), .port = port};
	struct observer *nothing = observer_new();
	struct report *r;

	must_have(nothing);
	r = judge(nothing, &about);
	r->target_name = arena_printf(
		r->arena, "%s", anonymous_host(a, r->arena, t->name.host));
	r->status = STATUS_UNREACHABLE;
	r->confidence = CONFIDENCE_PROVEN;
	r->verdict = arena_printf(r->arena,
				  "No route leads to %s, so nothing was sent.",
				  arena_address(r->arena, &about.address));
	r->advice = NULL;
	report_print(out, r);
	report_free(r);
	observer_free(nothing);
}

static int report_lost(const struct plan *p, struct anonymous *a,
		       struct output *out)
{
	for (unsigned i = 0; i < p->left_out.lost_count; i++) {
		const struct target *t = &p->left_out.lost[i];

		if (!p->port_count)
			report_unrouted(t, t->name.port, a, out);
		for (unsigned k = 0; k < p->port_count; k++)
			report_unrouted(t, p->ports[k], a, out);
	}
	return p->left_out.lost_count ? EXIT_UNKNOWN : EXIT_CLEAR;
}

int probe_host(const struct options *o, struct output *out, const char *host,
	       void (*opened)(void *context), void *context)
{
	struct live live = {0};
	struct plan plan;
	int ret;

	ret = plan_make(&plan, o, host);
	if (ret == EXIT_UNKNOWN && !plan.own_count)
		report_lost(&plan, o->anonymous, out);
	if (ret != 0)
		return ret;
	if (o->anonymous)
		cover_left_out(&plan.left_out, o->anonymous);
	signals_install();
	ret = open_live(&live, &plan, o, out, !opened);
	if (ret == 0 && opened)
		opened(context);
	if (ret == 0)
		ret = probe_all(&live, &plan, out);
	if (ret < EXIT_USAGE)
		ret = exit_worst(ret, report_lost(&plan, o->anonymous, out));
	live_close(&live);
	return ret;
}

int cmd_probe(const struct options *o, struct output *out, int argc,
	      char **argv)
{
	(void)argc;
	return probe_host(o, out, argv[0], NULL, NULL);
}
