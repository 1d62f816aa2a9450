// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/complain.h"

/* A signal handler can reach nothing but globals. */
static volatile sig_atomic_t interrupted;
static volatile time_t first_second;
static bool held;

/* timeout(1) and terminals may send a signal twice in one go, so only a
 * later one means that the user has lost patience. */
static void handle(int number)
{
	struct timespec now = {0};

	(void)number;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!interrupted)
		first_second = now.tv_sec;
	else if (now.tv_sec - first_second > 1)
		_exit(EXIT_INTERRUPTED);
	interrupted = 1;
}

static void fill(sigset_t *all)
{
	sigemptyset(all);
	sigaddset(all, SIGINT);
	sigaddset(all, SIGTERM);
	sigaddset(all, SIGHUP);
}

static void install(int flags)
{
	struct sigaction act = {.sa_handler = handle, .sa_flags = flags};
	struct sigaction old;

	fill(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
}

void signals_install(void)
{
	/* It spares stdio from EINTR; poll is never restarted. */
	install(SA_RESTART);
}

static void let_go(void)
{
	sigset_t all;

	held = false;
	fill(&all);
	pthread_sigmask(SIG_UNBLOCK, &all, NULL);
}

void signals_hold(void)
{
	sigset_t all;

	held = true;
	fill(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
}

void signals_end_reads(void)
{
	install(0);
	let_go();
}

void signals_leave_to_writer(void)
{
	struct sigaction act = {.sa_handler = handle, .sa_flags = SA_RESTART};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
}

static bool is_one_pending(void)
{
	sigset_t all, pending;

	fill(&all);
	sigpending(&pending);
	sigandset(&pending, &pending, &all);
	return !sigisemptyset(&pending);
}

bool signals_interrupted(void)
{
	if (held && is_one_pending())
		let_go();
	return interrupted;
}
