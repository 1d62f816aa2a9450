// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe run SCENARIO HOST: one scenario or all, live or from a capture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/print.h"
#include "probe/scenario/scenario.h"

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

	if (script_load(&p->scripts[p->count], name, error, sizeof(error))) {
		complain("%s", error);
		return EXIT_INPUT;
	}
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
	if (!count) {
		complain("no scenarios are installed");
		return EXIT_INPUT;
	}
	p->scripts = calloc(count, sizeof(*p->scripts));
	if (!p->scripts) {
		complain("no memory");
		code = EXIT_SYSTEM;
	}
	for (size_t i = 0; i < count && code == 0; i++)
		code = load_one(p, p->all ? names[i] : name);
	if (names)
		scripts_free(names, count);
	return code;
}

/* --- checking ------------------------------------------------------------ */

static int check_scripts(const struct program *p)
{
	int code = privileges_drop();

	for (size_t i = 0; i < p->count && code == 0; i++) {
		struct run r;

		if (run_declare(&r, &p->scripts[i]) != 0) {
			complain("%s", r.error);
			code = EXIT_INPUT;
		}
		run_free(&r);
	}
	return code;
}

/* What is wrong with a script is said before anything is sent, or even
 * looked up; but no script runs with privilege. So a child looks first. */
static int check_in_child(const struct program *p)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int code = check_scripts(p);

		_exit(code);
	}
	if (child == -1 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status)) {
		complain("the script could not be checked");
		return EXIT_SYSTEM;
	}
	return WEXITSTATUS(status);
}

/* --- which version ------------------------------------------------------- */

static int no_mptcp(const struct peer *peer)
{
	complain(peer->answered
			 ? "%s: no MPTCP peer: neither version 1 nor 0 is "
			   "answered with MP_CAPABLE (--mptcp 1 runs the "
			   "script all the same; mpprobe HOST tells why)"
			 : "%s: does not answer TCP on this port",
		 peer->target);
	return EXIT_UNKNOWN;
}

/* The version to run this script with; -1: it does not fit the peer. */
static int fitting_version(const struct declaration *about,
			   const struct peer *peer)
{
	if (peer->version >= 0)
		return about->versions >> peer->version & 1 ? peer->version
							    : -1;
	return about->versions & 2 ? 1 : 0;
}

static int not_fitting(const struct script *script, const struct peer *peer)
{
	complain("%s is not for MPTCP version %d, which %s speaks",
		 script->name, peer->version, peer->target);
	return EXIT_UNKNOWN;
}

/* --- running ------------------------------------------------------------- */

static void report(struct output *out, struct run *r)
{
	output_end(out,
		   run_format(output_format(out))->run(output_begin(out), r));
}

/* A bad script is no report. */
static bool reportable(const struct run *r)
{
	return r->end != RUN_BAD_SCRIPT && r->end != RUN_NOT_RECORDED &&
	       (r->end != RUN_STOPPED || r->sight_count);
}

static int run_one(struct program *p, struct peer *peer, struct output *out)
{
	struct script *script = &p->scripts[0];
	struct run r;
	int version = -1, code;

	if (run_declare(&r, script) != 0) {
		complain("%s", r.error);
		run_free(&r);
		return EXIT_INPUT;
	}
	version = fitting_version(&r.about, peer);
	run_free(&r);
	if (version < 0)
		return not_fitting(script, peer);
	run_scenario(&r, script, peer, (unsigned)version);
	code = run_exit_code(&r);
	if (reportable(&r))
		report(out, &r);
	if (r.end != RUN_COMPLETE && r.end != RUN_STOPPED)
		complain("%s", r.error);
	run_free(&r);
	return code;
}

/* The stacks that every scenario so far was answered like. */
struct tally {
	const char *names[4];
	bool out[4]; /* has differed */
	size_t count;
};

static void tally_stack(struct tally *t, const struct stack_answer *a)
{
	size_t i = 0;

	while (i < t->count && strcmp(t->names[i], a->name) != 0)
		i++;
	if (i == sizeof(t->names) / sizeof(t->names[0]))
		return;
	if (i == t->count)
		t->names[t->count++] = a->name;
	t->out[i] |= !a->matches;
}

static void take_run(struct run_all *all, struct tally *t, const struct run *r)
{
	all->count++;
	all->matching += run_exit_code(r) == 0;
	for (size_t i = 0; i < r->stack_count; i++)
		tally_stack(t, &r->stacks[i]);
	if (r->end != RUN_COMPLETE)
		for (size_t i = 0; i < t->count; i++)
			t->out[i] = true;
}

static void sum_up(struct run_all *all, const struct tally *t,
		   struct output *out)
{
	const char *like[4];
	char text[300], names[80] = "";

	for (size_t i = 0; i < t->count; i++) {
		if (t->out[i])
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names),
			 "%s%s", *names ? " and " : "", t->names[i]);
		like[all->like_count++] = t->names[i];
	}
	all->like = like;
	all->text = text;
	if (!all->exit_code)
		all->exit_code =
			all->like_count ? EXIT_CLEAR : EXIT_INTERFERENCE;
	if (all->like_count)
		snprintf(
			text, sizeof(text),
			"All %zu scenarios: the peer answers as %s throughout.",
			all->count, names);
	else
		snprintf(text, sizeof(text),
			 "%zu of %zu scenarios are answered as a named stack "
			 "does; no stack matches throughout.",
			 all->matching, all->count);
	output_end(out, run_format(output_format(out))
				->summary(output_begin(out), all));
	all->like = NULL;
	all->text = NULL;
}

static bool run_next(const struct script *script, struct peer *peer,
		     struct output *out, struct run_all *all, struct tally *t)
{
	struct run r;
	bool go_on;
	int version;

	if (run_declare(&r, script) != 0) {
		complain("%s", r.error);
		run_free(&r);
		all->exit_code = EXIT_INPUT;
		return false;
	}
	version = fitting_version(&r.about, peer);
	run_free(&r);
	if (version < 0)
		return true;
	run_scenario(&r, script, peer, (unsigned)version);
	take_run(all, t, &r);
	go_on = r.end != RUN_BAD_SCRIPT && r.end != RUN_STOPPED;
	if (!go_on)
		all->exit_code = run_exit_code(&r);
	if (!go_on && r.end == RUN_BAD_SCRIPT)
		complain("%s", r.error);
	output_end(out,
		   run_format(output_format(out))->row(output_begin(out), &r));
	run_free(&r);
	return go_on;
}

static int run_all(struct program *p, struct peer *peer, struct output *out)
{
	const struct run_format *format = run_format(output_format(out));
	struct run_all all = {0};
	struct tally t = {0};

	if (format->head)
		output_end(out, format->head(output_begin(out)));
	for (size_t i = 0; i < p->count; i++)
		if (!run_next(&p->scripts[i], peer, out, &all, &t))
			break;
	sum_up(&all, &t, out);
	return all.exit_code;
}

static int run_program(const struct options *o, struct program *p,
		       struct peer *peer, struct output *out)
{
	int code;

	if (!peer->replay && !peer_live_detect(peer, o->mptcp_version))
		code = peer->exit_code;
	else if (!peer->replay && peer->version < 0)
		code = no_mptcp(peer);
	else if (p->all)
		code = run_all(p, peer, out);
	else
		code = run_one(p, peer, out);
	if (!peer->replay && !peer_live_finish(peer) && code < EXIT_USAGE)
		code = peer->exit_code;
	if (peer->exit_code && peer->exit_code != EXIT_INTERRUPTED)
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
		.write_file = o->write_file,
		.seed = o->has_seed ? &o->seed : NULL,
	};

	return o->replay_file
		       ? peer_replay(o->replay_file, o->mptcp_version, code)
		       : peer_live(&wanted, host, code);
}

int cmd_run(const struct options *o, int argc, char **argv)
{
	struct program p = {0};
	struct output *out;
	struct peer *peer;
	int code = check_arguments(o, argc, argv), written;

	if (code == 0)
		code = program_load(&p, argv[0]);
	if (code == 0)
		code = check_in_child(&p);
	if (code != 0) {
		program_free(&p);
		return code;
	}
	out = output_open(o);
	if (!out) {
		program_free(&p);
		return EXIT_OUTPUT;
	}
	signals_install();
	peer = open_peer(o, argv[1], &code);
	if (peer)
		code = run_program(o, &p, peer, out);
	written = output_close(out);
	if (peer)
		peer->ops->close(peer);
	program_free(&p);
	return written != 0 && code < EXIT_USAGE ? written : code;
}
