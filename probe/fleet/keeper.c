// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/fleet/clock.h"

#define GRACE_MS 1000
#define STOPPED 125 /* the keeper's exit code for KEEPER_STOPPED */

/* --- in processes of their own ------------------------------------------- */

/* This process has threads, of which none is here: only system calls are made
 * until the end. */

static void default_signals(void)
{
	static const int all[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	sigset_t none;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		signal(all[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Its standard output is nobody's; what it complains of is our user's. */
static void become(const char *directory, char **argv, pid_t keeper)
{
	int null = open("/dev/null", O_RDWR);

	default_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper || null == -1 || chdir(directory))
		_exit(KEEPER_NO_PROGRAM);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close_range(3, ~0U, 0);
	execvp(argv[0], argv);
	_exit(KEEPER_NO_PROGRAM);
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static bool is_there(int pidfd, int wait_ms)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, wait_ms) != 1;
}

/* The wait for a program that ends goes on whatever signal comes. */
static void end_program(pid_t pid, int pidfd)
{
	kill(pid, SIGINT);
	if (is_there(pidfd, GRACE_MS))
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	_exit(STOPPED);
}

static int left_ms(int64_t end_ms)
{
	int64_t left = end_ms - fleet_now_ms();

	if (left < 0)
		return 0;
	return left > 86400000 ? 86400000 : (int)left;
}

/* `pipe`: what comes is a new end; its own end is that of who started us. */
static void keep(pid_t pid, int pipe, int64_t end_ms)
{
	int pidfd = pidfd_open(pid, 0), status;
	struct pollfd fds[] = {{.fd = pidfd, .events = POLLIN},
			       {.fd = pipe, .events = POLLIN}};

	while (pidfd != -1 && left_ms(end_ms)) {
		poll(fds, 2, left_ms(end_ms));
		if (fds[0].revents)
			break;
		if (fds[1].revents &&
		    read(pipe, &end_ms, sizeof(end_ms)) != sizeof(end_ms))
			break;
	}
	if (!fds[0].revents)
		end_program(pid, pidfd);
	waitpid(pid, &status, 0);
	_exit(exit_code(status));
}

static void be_keeper(const char *directory, char **argv, int pipe,
		      int64_t end_ms)
{
	pid_t self = getpid(), pid;

	/* what is ours alone must not stay open here: the connection */
	if (dup2(pipe, 3) == -1)
		_exit(KEEPER_NO_PROGRAM);
	close_range(4, ~0U, 0);
	setpgid(0, 0); /* Ctrl-C is for who knows what follows */
	pid = fork();
	if (pid == 0)
		become(directory, argv, self);
	if (pid == -1)
		_exit(KEEPER_NO_PROGRAM);
	keep(pid, 3, end_ms);
}

/* --- here ---------------------------------------------------------------- */

int keeper_start(struct keeper *k, const char *directory, char **argv,
		 int64_t end_ms)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	k->pid = fork();
	if (k->pid == 0)
		be_keeper(directory, argv, ends[0], end_ms);
	close(ends[0]);
	k->pipe = ends[1];
	if (k->pid != -1)
		return 0;
	close(ends[1]);
	*k = (struct keeper){0};
	return -1;
}

void keeper_extend(struct keeper *k, int64_t end_ms)
{
	/* or it is over, as keeper_is_over() will say */
	ssize_t written = write(k->pipe, &end_ms, sizeof(end_ms));

	(void)written;
}

void keeper_stop(struct keeper *k)
{
	keeper_extend(k, 0);
}

bool keeper_is_over(struct keeper *k, int wait_ms, int *code)
{
	int pidfd = pidfd_open(k->pid, 0), status;

	if (pidfd != -1) {
		is_there(pidfd, wait_ms);
		close(pidfd);
	}
	if (waitpid(k->pid, &status, WNOHANG) != k->pid)
		return false;
	close(k->pipe);
	*code = exit_code(status);
	if (*code == STOPPED)
		*code = KEEPER_STOPPED;
	*k = (struct keeper){0};
	return true;
}
