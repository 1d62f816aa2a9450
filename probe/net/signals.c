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

void signals_install(void)
{
	/* SA_RESTART spares stdio from EINTR; poll is never restarted. */
	struct sigaction act = {.sa_handler = handle, .sa_flags = SA_RESTART};
	struct sigaction old;

	sigemptyset(&act.sa_mask);
	sigaddset(&act.sa_mask, SIGINT);
	sigaddset(&act.sa_mask, SIGTERM);
	sigaddset(&act.sa_mask, SIGHUP);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	if (!sigaction(SIGHUP, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &act, NULL);
}

void signals_leave_to_writer(void)
{
	struct sigaction act = {.sa_handler = handle, .sa_flags = SA_RESTART};

	sigemptyset(&act.sa_mask);
	sigaction(SIGINT, &act, NULL);
}

bool signals_interrupted(void)
{
	return interrupted;
}
