/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/fleet/clock.h"
#include "probe/fleet/keeper.h"

#define LONG_MS 60000

static void start(struct keeper *k, const char *script, int64_t span_ms)
{
	char *argv[] = {"sh", "-c", (char *)script, NULL};

	assert_int_equal(
		keeper_start(k, "/tmp", argv, fleet_now_ms() + span_ms), 0);
}

static int wait_for(struct keeper *k)
{
	int code;

	while (!keeper_is_over(k, 1000, &code))
		continue;
	return code;
}

static void test_exit_code(void **state)
{
	struct keeper k;

	(void)state;
	start(&k, "exit 7", LONG_MS);
	assert_int_equal(wait_for(&k), 7);
	start(&k, "kill -KILL $$", LONG_MS);
	assert_int_equal(wait_for(&k), 128 + SIGKILL);
	start(&k, "[ \"$PWD\" = /tmp ]", LONG_MS);
	assert_int_equal(wait_for(&k), 0);
}

static void test_ended_in_time(void **state)
{
	int64_t began = fleet_now_ms();
	struct keeper k;

	(void)state;
	start(&k, "exec sleep 60", 300);
	assert_int_equal(wait_for(&k), KEEPER_STOPPED);
	assert_in_range(fleet_now_ms() - began, 300, 30000);
}

static void test_put_off_and_stopped(void **state)
{
	struct keeper k;
	int code;

	(void)state;
	start(&k, "exec sleep 60", 2000); /* so late may we be */
	keeper_extend(&k, fleet_now_ms() + LONG_MS);
	assert_false(keeper_is_over(&k, 2500, &code));
	keeper_stop(&k);
	assert_int_equal(wait_for(&k), KEEPER_STOPPED);
}

/* One that does not end by SIGINT. */
static void test_killed_in_the_end(void **state)
{
	struct keeper k;

	(void)state;
	start(&k, "trap '' INT; while :; do sleep 1; done", 100);
	assert_int_equal(wait_for(&k), KEEPER_STOPPED);
}

/* Without a descriptor that is left nothing is started. */
static void test_no_pipe(void **state)
{
	char *argv[] = {"true", NULL};
	struct rlimit before, none;
	struct keeper k;
	int started;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	started = keeper_start(&k, "/tmp", argv, fleet_now_ms() + LONG_MS);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(started, -1);
}

static pid_t read_pid(int fd)
{
	char text[32] = "";
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n > 0);
	return (pid_t)atoi(text);
}

/* Where who started it is killed, it ends, although its time is not over. */
static void test_ends_with_us(void **state)
{
	char name[] = "/tmp/mpprobe-keeper-XXXXXX", script[120];
	int fd = mkstemp(name), status;
	pid_t middle, program = 0;

	(void)state;
	assert_true(fd != -1);
	snprintf(script, sizeof(script), "echo $$ >%s; exec sleep 60", name);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	middle = fork();
	if (!middle) {
		struct keeper k;
		char *argv[] = {"sh", "-c", script, NULL};

		keeper_start(&k, "/tmp", argv, fleet_now_ms() + LONG_MS);
		pause();
		_exit(0);
	}
	while (lseek(fd, 0, SEEK_END) < 2)
		usleep(10000);
	lseek(fd, 0, SEEK_SET);
	program = read_pid(fd);
	assert_int_equal(kill(program, 0), 0);
	kill(middle, SIGKILL);
	waitpid(middle, &status, 0);
	/* the keeper, which is ours now */
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(kill(program, 0), -1);
	assert_int_equal(errno, ESRCH);
	close(fd);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_code),
		cmocka_unit_test(test_ended_in_time),
		cmocka_unit_test(test_put_off_and_stopped),
		cmocka_unit_test(test_killed_in_the_end),
		cmocka_unit_test(test_no_pipe),
		cmocka_unit_test(test_ends_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
