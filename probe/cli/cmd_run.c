// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe run SCENARIO HOST: one scenario or all, live or from a capture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/cover.h"
#include "probe/cli/cover_run.h"
#include "probe/cli/output.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/ticker.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"

#define CHECK_SECONDS 20 /* of the clock; the machine may be busy */

/* The scripts of one command line, in the order in which they run. */
struct program {
	struct script *scripts;
	size_t count;
	bool all;
};

static void program_free(struct program *p)
{
	for (size_t i = 0; i < p->count; i++)
		script_free(&p->scripts[i]);
	free(p->scripts);
}

static int load_one(struct program *p, const char *name)
{
	char error[300];

	if (script_load(&p->scripts[p->count], name, error, sizeof(error)))
		return failure(EXIT_INPUT, "%s", error);
	p->count++;
	return 0;
}

/* Files are read before privileges are dropped; Lua sees them afterwards. */
static int program_load(struct program *p, const char *name)
{
	char **names = NULL;
	size_t count = 1;
	int code = 0;

	p->all = !strcmp(name, "all");
	if (p->all)
		count = scripts_list(&names);
	if (!count)
		return failure(EXIT_INPUT, "no scenarios are installed");
	p->scripts = calloc(count, sizeof(*p->scripts));
	if (!p->scripts)
		code = failure(EXIT_SYSTEM, "no memory");
	for (size_t i = 0; i < count && code == 0; i++)
		code = load_one(p, p->all ? names[i] : name);
	if (names)
		scripts_free(names, count);
	return code;
}

/* --- checking ------------------------------------------------------------ */

/* The kernel ends what the sandbox does not: by processor time for all, and by
 * the clock for each. */
static void limit_time(size_t count)
{
	const rlim_t all = count * SANDBOX_CPU_MS / 1000 + 1;
	const struct rlimit limit = {.rlim_cur = all, .rlim_max = all + 1};

	setrlimit(RLIMIT_CPU, &limit);
}

static void begin_check(void)
{
	const struct itimerval end = {.it_value = {.tv_sec = CHECK_SECONDS}};

	setitimer(ITIMER_REAL, &end, NULL);
}

static int check_scripts(const struct program *p, pid_t parent)
{
	int code;

	limit_time(p->count);
	code = privileges_drop();
	if (code == 0 && !die_with_parent(parent))
		code = EXIT_SYSTEM;
	for (size_t i = 0; i < p->count && code == 0; i++) {
		struct scenario r;

		begin_check();
		if (scenario_declare(&r, &p->scripts[i]) != 0)
			code = failure(EXIT_INPUT, "%s", r.error);
		scenario_free(&r);
	}
	return code;
}

/* What is wrong with a script is said before anything is sent, or even
 * looked up; but no script runs with privilege. So a child looks first. */
static int check_in_child(const struct program *p)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child == 0)
		_exit(check_scripts(p, parent));
	if (child == -1 || waitpid(child, &status, 0) != child)
		return failure(EXIT_SYSTEM, "the script could not be checked");
	if (!WIFEXITED(status))
		return failure(EXIT_INPUT,
			       "the script took too much time: stopped");
	return WEXITSTATUS(status);
}

/* --- running ------------------------------------------------------------- */

/* A bad script is no report. */
static bool reportable(const struct scenario *r)
{
	return r->end != SCENARIO_BAD_SCRIPT && r->end != SCENARIO_UNFIT &&
	       r->end != SCENARIO_NOT_RECORDED &&
	       (r->end != SCENARIO_STOPPED || r->sight_count);
}

/* What --anonymize takes; NULL: nothing is covered. */
struct covering {
	struct cover *cover;
	struct anonymous *anonymous;
};

static int run_one(const struct script *script, struct peer *peer,
		   struct output *out, const struct covering *c)
{
	const struct run_format *format = run_format(output_format(out));
	struct scenario r;
	int code;

	scenario_run(&r, script, peer);
	code = scenario_exit_code(&r);
	cover_run(c->cover, c->anonymous, &r);
	if (reportable(&r))
		output_end(out, format->run(output_begin(out), &r));
	if (r.end != SCENARIO_COMPLETE && r.end != SCENARIO_STOPPED &&
	    r.end != SCENARIO_UNTESTED)
		complain("%s", r.error);
	scenario_free(&r);
	return code;
}

static struct total_stack *stack_named(struct run_total *t, const char *name)
{
	size_t i = 0;

	while (i < t->stack_count && strcmp(t->stacks[i].name, name) != 0)
		i++;
	if (i == t->stack_count)
		t->stacks[t->stack_count++].name = name;
	return &t->stacks[i];
}

static void take_difference(struct total_stack *s, const char *scenario)
{
	if (s->differing < NAMED_MAX)
		s->differs[s->differing] = scenario;
	s->differing++;
}

static void take_run(struct run_total *t, const struct scenario *r)
{
	if (r->end == SCENARIO_UNTESTED) {
		t->untested++;
		return;
	}
	t->count++;
	t->incomplete += r->end != SCENARIO_COMPLETE;
	t->matching += scenario_matches(r) && r->end == SCENARIO_COMPLETE;
	for (size_t i = 0; i < r->stack_count; i++) {
		struct total_stack *s = stack_named(t, r->stacks[i].name);

		if (!r->stacks[i].matches)
			take_difference(s, r->script->name);
	}
}

/* False: no further script is of use. */
static bool run_next(const struct script *script, struct peer *peer,
		     struct output *out, const struct covering *c,
		     struct run_total *total)
{
	const struct run_format *format = run_format(output_format(out));
	struct scenario r;
	bool ends;

	scenario_run(&r, script, peer);
	ends = r.end == SCENARIO_BAD_SCRIPT || r.end == SCENARIO_STOPPED;
	if (ends)
		total->exit_code = scenario_exit_code(&r);
	if (r.end == SCENARIO_BAD_SCRIPT)
		complain("%s", r.error);
	if (r.end != SCENARIO_UNFIT) {
		take_run(total, &r);
		cover_run(c->cover, c->anonymous, &r);
		output_end(out, format->row(output_begin(out), &r));
	}
	scenario_free(&r);
	return !ends;
}

/* How far all of them are. */
struct stand {
	const struct peer *peer;
	const struct script *script; /* NULL: none yet */
	size_t number, count;
};

static void describe(const void *context, char *text, size_t size)
{
	const struct stand *s = context;

	if (!s->script)
		snprintf(text, size, "%s: does it speak MPTCP?",
			 s->peer->target);
	else
		snprintf(text, size, "%s: scenario %zu of %zu, %s",
			 s->peer->target, s->number, s->count, s->script->name);
}

static int run_all(const struct program *p, struct peer *peer,
		   struct output *out, const struct covering *c,
		   struct stand *stand)
{
	const struct run_format *format = run_format(output_format(out));
	struct run_total total = {0};

	if (format->head)
		output_end(out, format->head(output_begin(out)));
	for (size_t i = 0; i < p->count; i++) {
		stand->script = &p->scripts[i];
		stand->number = i + 1;
		if (!run_next(stand->script, peer, out, c, &total))
			break;
	}
	if (!total.exit_code)
		total.exit_code = !total.count ? EXIT_UNKNOWN
				  : run_total_matches(&total)
					  ? EXIT_CLEAR
					  : EXIT_INTERFERENCE;
	output_end(out, format->summary(output_begin(out), &total));
	return total.exit_code;
}

static int no_mptcp(const struct peer *peer)
{
	return failure(
		EXIT_UNKNOWN,
		peer->answered
			? "%s: no MPTCP peer: neither version 1 nor 0 is "
			  "answered with MP_CAPABLE (--mptcp 1 runs the "
			  "script all the same; mpprobe HOST tells why)"
			: "%s: does not answer TCP on this port",
		peer->target);
}

static int run_program(const struct options *o, struct program *p,
		       struct peer *peer, struct output *out,
		       const struct covering *c)
{
	struct stand stand = {.peer = peer, .number = 1, .count = p->count};
	int code;

	if (!peer->replay)
		ticker_source(describe, &stand);
	if (!peer->replay && !peer_live_detect(peer, o->mptcp_version))
		code = peer->exit_code;
	else if (!peer->replay && peer->version < 0)
		code = no_mptcp(peer);
	else if (p->all)
		code = run_all(p, peer, out, c, &stand);
	else
		code = run_one(stand.script = &p->scripts[0], peer, out, c);
	ticker_source(NULL, NULL);
	if (!peer->replay && !peer_live_finish(peer) && code < EXIT_USAGE)
		code = peer->exit_code;
	if (peer->exit_code && !signals_interrupted())
		complain("%s", peer->error);
	return code;
}

static int check_arguments(const struct options *o, int argc, char **argv)
{
	if (o->replay_file && argc != 1)
		return failure(EXIT_USAGE, "%s: --replay takes no HOST",
			       argv[1]);
	if (!o->replay_file && argc != 2)
		return failure(EXIT_USAGE,
			       "no HOST given to run %s with (mpprobe -h shows "
			       "how)",
			       argv[0]);
	if (o->port_count > 1 || (o->where.ipv4 && o->where.ipv6))
		return failure(EXIT_USAGE, "mpprobe run: one port and one IP "
					   "version at a time");
	return 0;
}

static struct peer *open_peer(const struct options *o, const char *host,
			      int *code)
{
	const struct peer_wanted wanted = {
		.where = o->where,
		.port = o->port_count ? o->ports[0] : 0,
		.join_source = o->join_source,
		.say = o->say,
		.write_file = o->write_file,
		.seed = o->has_seed ? &o->seed : NULL,
		.anonymous = o->anonymous,
	};

	return o->replay_file
		       ? peer_replay(o->replay_file, o->mptcp_version, code)
		       : peer_live(&wanted, host, code);
}

static void name_peer(struct peer *peer, struct cover *cover)
{
	size_t length;
	char *shown = cover ? cover_text(cover, peer->target,
					 strlen(peer->target), &length)
			    : NULL;

	snprintf(peer->shown, sizeof(peer->shown), "%s",
		 shown ? shown : peer->target);
	free(shown);
}

int cmd_run(const struct options *o, struct output *out, int argc, char **argv)
{
	struct covering c = {.anonymous = o->anonymous};
	struct program p = {0};
	struct peer *peer;
	int code = check_arguments(o, argc, argv);

	if (code == 0)
		code = program_load(&p, argv[0]);
	if (code == 0)
		code = check_in_child(&p);
	c.cover = cover_new(o->anonymous, argc > 1 ? argv[1] : NULL);
	signals_install();
	peer = code == 0 ? open_peer(o, argv[1], &code) : NULL;
	if (peer) {
		name_peer(peer, c.cover);
		code = run_program(o, &p, peer, out, &c);
		peer->ops->close(peer);
	}
	cover_free(c.cover);
	program_free(&p);
	return code;
}
