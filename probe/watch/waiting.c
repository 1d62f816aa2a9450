// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/waiting.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "probe/net/clock.h"
#include "probe/net/signals.h"

#define LONGEST_US 60000000 /* poll does not count while the host sleeps */

static sigset_t before;

static void wake(int number)
{
	(void)number;
}

void waiting_begin(void)
{
	const struct sigaction act = {.sa_handler = wake};
	sigset_t set;

	signals_install();
	sigaction(SIGCHLD, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
}

void waiting_end_in_child(void)
{
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int64_t waiting_now_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

void waiting_for(struct pollfd *files, nfds_t count, int64_t until_us)
{
	int64_t left = until_us - waiting_now_us();
	struct timespec time;

	left = left < 0 ? 0 : left > LONGEST_US ? LONGEST_US : left;
	time.tv_sec = (time_t)(left / 1000000);
	time.tv_nsec = (long)(left % 1000000) * 1000;
	for (nfds_t i = 0; i < count; i++)
		files[i].revents = 0;
	ppoll(files, count, &time, &before);
}
