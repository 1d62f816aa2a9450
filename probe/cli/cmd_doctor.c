// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe doctor [HOST]: why does this host not use MPTCP? */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/cover.h"
#include "probe/cli/output.h"
#include "probe/cli/probing.h"
#include "probe/doctor/checks.h"
#include "probe/doctor/counters.h"
#include "probe/doctor/gather.h"
#include "probe/doctor/kernel_connection.h"
#include "probe/net/infile.h"
#include "probe/net/privileges.h"
#include "probe/net/target.h"
#include "report/arena.h"
#include "report/print/doctor.h"

/* One run. */
struct doctoring {
	const struct options *o;
	struct output *out;
	const char *host; /* NULL: none */
	FILE *since;	  /* NULL: none */
	struct facts facts;
	struct cover *cover; /* NULL: all is shown as it is */
	int exit_code;
};

/* What is printed of the facts: all that others may want to compare. */
static struct doctor summary(const struct facts *f, const struct checkup *c)
{
	return (struct doctor){
		.now_us = f->now_us,
		.host = f->connection.name,
		.checks = c->checks,
		.check_count = c->count,
		.settings = f->settings,
		.setting_count = f->setting_count,
		.counters = f->counters,
		.counter_count = f->counter_count,
		.endpoints = f->endpoints,
		.endpoint_count = f->endpoint_count,
		.sockets = f->sockets,
		.socket_count = f->socket_count,
		.subflows = f->subflows,
		.add_addr_accepted = f->add_addr_accepted,
		.limits_raw = f->limits_raw,
		.limits_raw_count = f->limits_raw_count,
	};
}

/* Checks look at what was counted since then; `all` is what is counted in all.
 * 0, or an exit code. */
static int take_since(struct doctoring *d, struct counters *all)
{
	struct counters before, between;
	struct facts *f = &d->facts;
	const char *when;

	*all = (struct counters){f->counters, f->counter_count};
	if (!d->since)
		return 0;
	if (!counters_read(f->arena, d->since, &before, &when))
		return failure(EXIT_INPUT,
			       "--since %s: not what mpprobe doctor -j wrote",
			       d->o->since);
	if (!counters_between(f->arena, &before, all, &between))
		return failure(EXIT_INPUT,
			       "--since %s: this host counts anew, as it was "
			       "booted since",
			       d->o->since);
	f->since = when;
	f->counters = between.all;
	f->counter_count = between.count;
	return 0;
}

static int print(const struct format *f, const struct page *p,
		 const void *doctor)
{
	return f->doctor(p, doctor);
}

static void say(void *context)
{
	struct doctoring *d = context;
	struct facts *f = &d->facts;
	struct counters all;
	struct checkup c;
	struct doctor doctor;

	d->exit_code = take_since(d, &all);
	if (d->exit_code)
		return;
	c = checks_ask(f);
	doctor = summary(f, &c);
	doctor.since = f->since;
	doctor.differences = f->counters;
	doctor.difference_count = f->since ? f->counter_count : 0;
	doctor.counters = all.all;
	doctor.counter_count = all.count;
	output_cover(d->out, d->cover);
	output_print(d->out, print, &doctor);
	output_cover(d->out, NULL); /* what is probed has pseudonyms */
	d->exit_code = doctor_verdict(f->arena, &doctor).exit_code;
}

static bool may_send_raw(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* Without the right to probe, the kernel's own connection tells what it can. */
static int say_only(struct doctoring *d)
{
	int ret = privileges_drop();

	if (ret == 0)
		say(d);
	return ret ? ret : d->exit_code;
}

static int ask_host(struct doctoring *d)
{
	struct target targets[2];
	int code;

	if (!target_find(d->host, &d->o->where, targets, &code))
		return code;
	facts_gather(&d->facts, d->facts.arena, &targets[0].address);
	kernel_connection(&d->facts, &targets[0],
			  target_say(&targets[0].name, d->o->say));
	d->facts.connection.name = d->host;
	d->facts.connection.raw = may_send_raw();
	if (!d->facts.connection.raw)
		return say_only(d);
	code = probe_host(d->o, d->out, d->host, say, d);
	if (code < EXIT_USAGE && d->exit_code < EXIT_USAGE)
		return exit_worst(d->exit_code, code);
	return code < EXIT_USAGE ? d->exit_code : code;
}

static int ask_alone(struct doctoring *d)
{
	facts_gather(&d->facts, d->facts.arena, NULL);
	return say_only(d);
}

/* While this process may read what its user may. */
static FILE *open_since(const char *name)
{
	FILE *in = infile_open(strcmp(name, "-") ? name : "/dev/stdin");

	if (!in)
		complain("--since %s: %s", name, strerror(errno));
	return in;
}

int cmd_doctor(const struct options *o, struct output *out, int argc,
	       char **argv)
{
	struct doctoring d = {
		.o = o,
		.out = out,
		.host = argc ? argv[0] : NULL,
		.facts = {.arena = arena_new()},
		.cover = cover_new(o->anonymous, argc ? argv[0] : NULL)};
	struct arena *arena = d.facts.arena;
	int ret;

	if (o->since && !(d.since = open_since(o->since)))
		ret = EXIT_INPUT;
	else if (d.host)
		ret = ask_host(&d);
	else
		ret = ask_alone(&d);
	if (d.since)
		fclose(d.since);
	arena_free(arena);
	cover_free(d.cover);
	return ret;
}
