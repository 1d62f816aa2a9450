// SPDX-License-Identifier: GPL-3.0-or-later
/* The promise: after privileges_drop nothing can be done but what the run
 * needs. Each test drops in a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/net/complain.h"
#include "probe/net/guard.h"
#include "probe/net/names.h"
#include "probe/net/privileges.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FILTERED false
#else
#define FILTERED true
#endif

typedef bool check_fn(void);

static bool drop(void)
{
	return privileges_drop() == 0;
}

/* Runs `check` in a child; it must return true there. */
static void in_child(check_fn *check)
{
	int status = -1;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid != -1);
	if (!pid)
		_exit(check() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool refused(int result)
{
	return result == -1 && (errno == EPERM || errno == EACCES);
}

static bool no_raw_sockets(void)
{
	return drop() && refused(socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) &&
	       refused(socket(AF_INET6, SOCK_RAW, IPPROTO_RAW)) &&
	       refused(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP)) &&
	       refused(socket(AF_PACKET, SOCK_RAW, htons(0x0003))) &&
	       refused(socket(AF_PACKET, SOCK_DGRAM, htons(0x0003)));
}

static void test_raw_sockets(void **state)
{
	(void)state;
	in_child(no_raw_sockets);
}

/* CapInh, CapPrm, CapEff, CapAmb; CapBnd where it could be dropped. */
static bool capabilities_empty(void)
{
	bool may_bound = !geteuid(), ok = true;
	unsigned long long set;
	char line[128];
	FILE *status;

	if (!drop())
		return false;
	status = fopen("/proc/self/status", "r");
	if (!status)
		return false;
	while (fgets(line, sizeof(line), status)) {
		if (strncmp(line, "Cap", 3) != 0)
			continue;
		if (!strncmp(line, "CapBnd", 6) && !may_bound)
			continue;
		if (sscanf(line + 7, "%llx", &set) != 1 || set)
			ok = false;
	}
	fclose(status);
	return ok && prctl(PR_CAPBSET_READ, 0, 0, 0, 0) != 1000;
}

static void test_capabilities(void **state)
{
	(void)state;
	in_child(capabilities_empty);
}

static bool no_new_privs(void)
{
	unsigned value = 0;
	char line[128];
	FILE *status;

	if (!drop())
		return false;
	status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "NoNewPrivs: %u", &value) == 1)
			break;
	if (status)
		fclose(status);
	return value == 1;
}

static void test_no_new_privs(void **state)
{
	(void)state;
	in_child(no_new_privs);
}

static char scratch[64];

static bool no_writing(void)
{
	return drop() && refused(open("/etc/x", O_WRONLY | O_CREAT, 0644)) &&
	       refused(open("/etc/passwd", O_WRONLY)) &&
	       refused(open("/etc/passwd", O_RDWR)) &&
	       refused(open(scratch, O_WRONLY)) &&
	       refused(open(scratch, O_RDONLY | O_TRUNC)) &&
	       refused(open("/tmp", O_RDWR | O_TMPFILE, 0600)) &&
	       refused(unlink(scratch)) && refused(rename(scratch, "/etc/x")) &&
	       refused(symlink("/etc", "/tmp/mpprobe-x")) &&
	       refused(chmod(scratch, 0777)) &&
	       refused(mkdir("/tmp/mpprobe-x", 0777)) &&
	       refused(truncate(scratch, 0));
}

static void test_writing(void **state)
{
	struct stat st;
	int fd;

	(void)state;
	if (!FILTERED)
		skip();
	snprintf(scratch, sizeof(scratch), "/tmp/privileges_test.XXXXXX");
	fd = mkstemp(scratch);
	assert_true(fd != -1);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	in_child(no_writing);
	assert_int_equal(stat(scratch, &st), 0);
	assert_int_equal(st.st_size, 1);
	unlink(scratch);
	assert_int_equal(access("/etc/x", F_OK), -1);
}

static bool no_programs(void)
{
	char *const arguments[] = {(char *)"true", NULL};

	return drop() && refused(execv("/bin/true", arguments)) &&
	       refused(fork()) && refused(vfork());
}

static void test_programs(void **state)
{
	(void)state;
	if (!FILTERED)
		skip();
	in_child(no_programs);
}

static bool no_regaining(void)
{
	return drop() && refused(setuid(0)) && refused(setgid(0)) &&
	       refused(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 13, 0, 0)) &&
	       refused(chroot("/"));
}

static void test_regaining(void **state)
{
	(void)state;
	if (!FILTERED)
		skip();
	in_child(no_regaining);
}

/* --- what must still work ---------------------------------------------- */

static bool guards_work(void)
{
	const struct address loopback = {.family = 4, .bytes = {127, 0, 0, 1}};
	const struct address v6 = {.family = 6, .bytes = {[15] = 1}};
	struct guard *g;
	bool ok;

	if (!drop())
		return false;
	g = guard_new("lo");
	ok = g && guard_port(g, &loopback, 0) &&
	     guard_port(g, &loopback, 40000) &&
	     guard_udp_port(g, &loopback, 0) &&
	     (guard_port(g, &v6, 0) || errno == EADDRNOTAVAIL ||
	      errno == EAFNOSUPPORT);
	guard_free(g);
	return ok;
}

static void test_guards(void **state)
{
	(void)state;
	in_child(guards_work);
}

static void *set_flag(void *flag)
{
	*(bool *)flag = true;
	return NULL;
}

static bool threads_work(void)
{
	pthread_t thread;
	bool flag = false;

	return drop() && !pthread_create(&thread, NULL, set_flag, &flag) &&
	       !pthread_join(thread, NULL) && flag;
}

static void test_threads(void **state)
{
	(void)state;
	in_child(threads_work);
}

static bool names_work(void)
{
	const struct address loopback = {.family = 4, .bytes = {127, 0, 0, 1}};
	struct names *n;
	const char *name;

	if (!drop())
		return false;
	n = names_new();
	if (!n)
		return false;
	names_ask(n, &loopback);
	name = names_get(n, &loopback, 3000);
	if (!name || strncmp(name, "localhost", 9) != 0) {
		fprintf(stderr, "127.0.0.1 is %s\n", name ? name : "unknown");
		return false;
	}
	names_free(n);
	return true;
}

static void test_names(void **state)
{
	(void)state;
	if (system("grep -q '^127.0.0.1[[:space:]]*localhost' /etc/hosts"))
		skip();
	in_child(names_work);
}

static bool time_works(void)
{
	struct timespec pause = {.tv_nsec = 1000000}, now;
	struct rlimit limit;
	void *memory;

	if (!drop())
		return false;
	memory = malloc(64 << 20);
	if (!memory)
		return false;
	memset(memory, 1, 64 << 20);
	free(memory);
	return !nanosleep(&pause, NULL) &&
	       !clock_gettime(CLOCK_REALTIME, &now) &&
	       !getrlimit(RLIMIT_NOFILE, &limit);
}

static void test_time(void **state)
{
	(void)state;
	in_child(time_works);
}

static bool drops_twice(void)
{
	return drop() && drop();
}

static void test_twice(void **state)
{
	(void)state;
	if (FILTERED)
		skip(); /* the filter itself forbids a second time */
	in_child(drops_twice);
}

static void *wait_for(void *lock)
{
	pthread_mutex_lock(lock);
	return NULL;
}

static bool threaded_is_refused(void)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_t thread;

	pthread_mutex_lock(&lock);
	if (pthread_create(&thread, NULL, wait_for, &lock))
		return false;
	return privileges_drop() == EXIT_SYSTEM;
}

static void test_threaded(void **state)
{
	(void)state;
	in_child(threaded_is_refused);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_sockets),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_no_new_privs),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_regaining),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_threaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
