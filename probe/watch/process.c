// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/net/privileges.h"
#include "probe/watch/waiting.h"

#define NOT_STARTED 127 /* as shells have it */

/* Above all three, so that none is overwritten before it was moved. */
static bool move_streams(const struct process *p)
{
	int in = fcntl(p->in, F_DUPFD, 3);
	int out = fcntl(p->out, F_DUPFD, 3);
	int err = fcntl(p->err, F_DUPFD, 3);

	if (in == -1 || out == -1 || err == -1 ||
	    dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(err, STDERR_FILENO) == -1)
		return false;
	syscall(SYS_close_range, 3, ~0U, 0);
	return true;
}

static void __attribute__((noreturn)) become(const struct process *p)
{
	if (p->of_user) {
		setpgid(0, 0);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
	} else {
		prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	}
	if (!move_streams(p) || (p->of_user && privileges_drop_for_command()))
		_exit(NOT_STARTED);
	waiting_end_in_child();
	execv(p->path, p->argv);
	_exit(NOT_STARTED);
}

pid_t process_start(const struct process *p)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		become(p);
	if (pid > 0 && p->of_user)
		setpgid(pid, pid); /* whoever is first */
	return pid;
}
