// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/watch/process.h"
#include "probe/watch/waiting.h"
#include "report/arena.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

#define SHELL "/bin/sh"
#define LONGEST_US 60000000
#define TO_END_US 1000000 /* between SIGTERM and SIGKILL, and before */

/* --- the facts ------------------------------------------------------------ */

/* What is no printable ASCII becomes '?'; nothing of it is the shell's. */
static void tell(struct arena *a, const char *name, const char *value)
{
	char *text = arena_printf(a, "%s", value ? value : "");

	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	setenv(name, text, 1);
}

static void tell_number(struct arena *a, const char *name, unsigned value)
{
	tell(a, name, value ? arena_printf(a, "%u", value) : "");
}

/* The hop of the first finding; where the path changed alone, of that. */
static unsigned hop_of(const struct watch_change *c)
{
	const struct watched_finding *f = c->now.findings;

	if (c->now.finding_count && (f->at.known || f->after.known))
		return f->at.known ? f->at.ttl : f->after.ttl;
	for (unsigned i = 0; c->what & CHANGED_PATH && i < WATCHED_HOPS; i++)
		if (watched_hop_changed(&c->was.hops[i], &c->now.hops[i]))
			return i + 1;
	return 0;
}

static void tell_all(struct arena *a, const struct watch_change *c)
{
	tell(a, "MPPROBE_HOST", c->host);
	tell_number(a, "MPPROBE_PORT", c->port);
	tell(a, "MPPROBE_VERDICT", status_name(c->now.status));
	tell(a, "MPPROBE_WAS", status_name(c->was.status));
	tell(a, "MPPROBE_FINDING",
	     c->now.finding_count ? c->now.findings[0].kind->id : "");
	tell_number(a, "MPPROBE_HOP", hop_of(c));
	tell(a, "MPPROBE_TEXT", change_phrase(a, c));
	setenv("MPPROBE_JSON", c->report ? c->report : "", 1);
}

/* --- running -------------------------------------------------------------- */

/* A pipe that holds the line, for reading. */
static int line_to_read(const char *line)
{
	size_t length = strlen(line);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	if (write(ends[1], line, length) != (ssize_t)length)
		complain("--exec: the line is too long for standard input");
	close(ends[1]);
	fcntl(ends[0], F_SETFL, 0);
	return ends[0];
}

static struct running_command *find_room(struct commands *c)
{
	for (unsigned i = 0; i < COMMANDS_MAX; i++)
		if (!c->all[i].pid)
			return &c->all[i];
	return NULL;
}

/* What it prints is a message, and goes where messages go. */
void commands_run(struct commands *c, const char *command,
		  const struct watch_change *change, const char *line)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	struct running_command *r = find_room(c);
	struct arena *a = arena_new();
	struct process p = {SHELL,	   argv,	  -1,
			    STDERR_FILENO, STDERR_FILENO, true};

	if (!r) {
		complain("--exec: not run, as %d still are", COMMANDS_MAX);
	} else {
		tell_all(a, change);
		p.in = line_to_read(line);
		*r = (struct running_command){.pid = process_start(&p),
					      .until_us = waiting_now_us() +
							  LONGEST_US};
		if (r->pid == -1) {
			complain("--exec: no process: %s", strerror(errno));
			r->pid = 0;
		}
		close(p.in);
	}
	arena_free(a);
}

static void end(struct running_command *r)
{
	kill(-r->pid, r->ended++ ? SIGKILL : SIGTERM);
	r->until_us = waiting_now_us() + TO_END_US;
}

int64_t commands_look(struct commands *c)
{
	int64_t next = INT64_MAX;

	for (unsigned i = 0; i < COMMANDS_MAX; i++) {
		struct running_command *r = &c->all[i];

		if (r->pid && waitpid(r->pid, NULL, WNOHANG) != 0)
			r->pid = 0;
		if (!r->pid)
			continue;
		if (waiting_now_us() >= r->until_us) {
			if (!r->ended)
				complain("--exec: the command is ended, as it "
					 "took a minute");
			end(r);
		}
		next = r->until_us < next ? r->until_us : next;
	}
	return next;
}

static bool any_runs(const struct commands *c)
{
	for (unsigned i = 0; i < COMMANDS_MAX; i++)
		if (c->all[i].pid)
			return true;
	return false;
}

static void wait_for_all(struct commands *c, int64_t until_us)
{
	while (commands_look(c), any_runs(c) && waiting_now_us() < until_us)
		waiting_for(NULL, 0, until_us);
}

void commands_end(struct commands *c)
{
	wait_for_all(c, waiting_now_us() + TO_END_US);
	for (int rounds = 0; rounds < 2 && any_runs(c); rounds++) {
		for (unsigned i = 0; i < COMMANDS_MAX; i++)
			if (c->all[i].pid)
				end(&c->all[i]);
		wait_for_all(c, waiting_now_us() + TO_END_US);
	}
}
