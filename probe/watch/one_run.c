// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/one_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/signals.h"
#include "probe/watch/process.h"
#include "probe/watch/waiting.h"
#include "report/arena.h"

#define OURSELVES "/proc/self/exe" /* also when another is installed */
#define REPORT_MAX ((size_t)16 << 20)
#define LONGEST_US 900000000 /* no probe takes so long */
#define TO_END_US 5000000    /* what is left to one that is to end */
#define TAKEN 65536

struct running {
	pid_t pid;
	int out, err; /* -1: at its end */
	bool ending;
	int64_t until_us;
	struct one_run *result;
};

static bool make_pipe(int ends[2])
{
	return pipe2(ends, O_CLOEXEC) == 0;
}

static bool start(struct running *r, char *const *argv)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	r->pid = -1;
	if (null != -1 && make_pipe(out) && make_pipe(err))
		r->pid = process_start(&(struct process){
			OURSELVES, argv, null, out[1], err[1], false});
	if (r->pid == -1)
		snprintf(r->result->said, SAID_MAX, "no process: %s",
			 strerror(errno));
	close(null);
	close(out[1]);
	close(err[1]);
	r->out = out[0];
	r->err = err[0];
	return r->pid != -1;
}

static void end(struct running *r, int number)
{
	kill(r->pid, number);
	r->until_us = waiting_now_us() + TO_END_US;
	r->ending = true;
}

static void take_report(struct running *r, const char *bytes, size_t length)
{
	struct one_run *to = r->result;

	if (to->length + length > REPORT_MAX) {
		end(r, SIGKILL);
		return;
	}
	to->report = must_have(realloc(to->report, to->length + length + 1));
	memcpy(to->report + to->length, bytes, length);
	to->length += length;
	to->report[to->length] = '\0';
}

static void take_said(struct running *r, const char *bytes, size_t length)
{
	size_t had = strlen(r->result->said);
	size_t room = SAID_MAX - 1 - had;

	length = length < room ? length : room;
	memcpy(r->result->said + had, bytes, length);
	r->result->said[had + length] = '\0';
}

static void take(struct running *r, int *file,
		 void (*put)(struct running *r, const char *bytes,
			     size_t length))
{
	static char bytes[TAKEN];
	ssize_t n = read(*file, bytes, sizeof(bytes));

	if (n > 0) {
		put(r, bytes, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		close(*file);
		*file = -1;
	}
}

/* Until it has closed both. One that does not end is killed. */
static void listen_to(struct running *r)
{
	while (r->out != -1 || r->err != -1) {
		struct pollfd files[] = {{r->out, POLLIN, 0},
					 {r->err, POLLIN, 0}};

		waiting_for(files, 2, r->until_us);
		if (files[0].revents)
			take(r, &r->out, take_report);
		if (files[1].revents)
			take(r, &r->err, take_said);
		if (waiting_now_us() >= r->until_us)
			end(r, SIGKILL);
		else if (signals_interrupted() && !r->ending)
			end(r, SIGTERM);
	}
}

static int code_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return EXIT_SYSTEM;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SYSTEM;
}

struct one_run one_run(char *const *argv)
{
	struct one_run result = {.code = EXIT_SYSTEM};
	struct running r = {.until_us = waiting_now_us() + LONGEST_US,
			    .result = &result};

	if (start(&r, argv)) {
		listen_to(&r);
		result.code = code_of(r.pid);
	}
	if (r.out != -1)
		close(r.out);
	if (r.err != -1)
		close(r.err);
	return result;
}
