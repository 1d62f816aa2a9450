// SPDX-License-Identifier: GPL-3.0-or-later
/* The promise: after privileges_drop nothing can be done but what the run
 * needs. Each test drops in a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
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

/* The line of /proc/self/status, without its name; "" if there is none. */
static const char *status_of(const char *name)
{
	static char line[256];
	FILE *file = fopen("/proc/self/status", "r");
	size_t length = strlen(name);
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, name, length) && line[length] == ':';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return found ? line + length + 1 : "";
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
	return drop() && atoi(status_of("NoNewPrivs")) == 1 &&
	       (!FILTERED || atoi(status_of("Seccomp")) == 2);
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
	       refused(fork()) && refused(vfork()) &&
	       refused((int)syscall(__NR_clone, CLONE_THREAD, 0, 0, 0, 0));
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

/* --- who it is ----------------------------------------------------------- */

static bool is_user(unsigned uid, unsigned gid)
{
	unsigned u[4], g[4];
	bool ok = sscanf(status_of("Uid"), "%u %u %u %u", &u[0], &u[1], &u[2],
			 &u[3]) == 4 &&
		  sscanf(status_of("Gid"), "%u %u %u %u", &g[0], &g[1], &g[2],
			 &g[3]) == 4;

	for (unsigned i = 0; ok && i < 4; i++)
		ok = u[i] == uid && g[i] == gid;
	return ok && strspn(status_of("Groups"), " \t") ==
			     strlen(status_of("Groups"));
}

static const char *sudo_uid, *sudo_gid;
static unsigned uid_expected, gid_expected;
static bool asks;

static bool drop_as_asked(void)
{
	return (asks ? privileges_drop_but_asking() : privileges_drop()) == 0;
}

static bool becomes_another(void)
{
	const gid_t groups[] = {0, 4, 27};

	setgroups(3, groups);
	if (sudo_uid)
		setenv("SUDO_UID", sudo_uid, 1);
	else
		unsetenv("SUDO_UID");
	if (sudo_gid)
		setenv("SUDO_GID", sudo_gid, 1);
	else
		unsetenv("SUDO_GID");
	return drop_as_asked() && is_user(uid_expected, gid_expected);
}

/* Root, and not of a user namespace without other users. */
static bool may_be_another(void)
{
	unsigned long first, outside, count = 0;
	FILE *map = fopen("/proc/self/uid_map", "r");

	if (map && fscanf(map, "%lu %lu %lu", &first, &outside, &count) != 3)
		count = 0;
	if (map)
		fclose(map);
	return !geteuid() && count > 65534;
}

static void test_user(void **state)
{
	static const struct {
		const char *uid, *gid;
		unsigned expected_uid, expected_gid;
	} cases[] = {
		{NULL, NULL, 65534, 65534},
		{"1000", "1001", 1000, 1001},
		{"0", "0", 65534, 65534},
		{"1000", "0", 65534, 65534},
		{"0", "1000", 65534, 65534},
		{"1000", NULL, 65534, 65534},
		{"-5", "1000", 65534, 65534},
		{" 7", "7", 65534, 65534},
		{"7x", "7", 65534, 65534},
		{"", "", 65534, 65534},
		{"4294967295", "7", 65534, 65534},
		{"4294967296", "7", 65534, 65534},
	};

	(void)state;
	if (!may_be_another())
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sudo_uid = cases[i].uid;
		sudo_gid = cases[i].gid;
		uid_expected = cases[i].expected_uid;
		gid_expected = cases[i].expected_gid;
		asks = i % 2;
		in_child(becomes_another);
	}
}

static bool become_lonely(void)
{
	int fd;

	if (unshare(CLONE_NEWUSER))
		return false; /* cannot be tried here */
	fd = open("/proc/self/uid_map", O_WRONLY);
	return fd != -1 && write(fd, "0 0 1", 5) == 5;
}

static bool lonely_root(void)
{
	if (!become_lonely())
		return true;
	return drop() && strtoul(status_of("Uid"), NULL, 10) == 0 &&
	       strtoul(status_of("CapEff"), NULL, 16) == 0;
}

/* Leaves room on the stack alone. */
static void use_up_memory(void)
{
	const struct rlimit none = {0, 0};
	volatile char stack[1 << 16];
	void *volatile taken;

	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0;
	setrlimit(RLIMIT_AS, &none);
	for (size_t size = sizeof(stack); size; size -= 8)
		do
			taken = malloc(size);
		while (taken);
}

static bool lonely_root_without_memory(void)
{
	if (!become_lonely())
		return true;
	use_up_memory();
	return drop();
}

/* A user namespace that maps none but root. */
static void test_lonely_root(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	in_child(lonely_root);
	if (FILTERED) /* sanitizers need memory themselves */
		in_child(lonely_root_without_memory);
}

static char secret[64], secret_socket[80];

static bool reaches_socket(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(to.sun_path, secret_socket, sizeof(secret_socket));
	return fd != -1 &&
	       (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
		errno != EACCES);
}

static bool no_secrets(void)
{
	return drop_as_asked() && refused(open(secret, O_RDONLY)) &&
	       !reaches_socket();
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(at.sun_path, path, sizeof(secret_socket));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void test_secrets(void **state)
{
	int fd;

	(void)state;
	if (!may_be_another())
		skip();
	snprintf(secret, sizeof(secret), "/tmp/privileges_test.XXXXXX");
	close(mkstemp(secret));
	snprintf(secret_socket, sizeof(secret_socket), "%s.socket", secret);
	fd = listen_at(secret_socket);
	asks = false;
	in_child(no_secrets);
	asks = true;
	in_child(no_secrets);
	close(fd);
	unlink(secret);
	unlink(secret_socket);
}

/* --- who starts probes ---------------------------------------------------- */

#define RAW (1ULL << CAP_NET_RAW)
#define NOBODY 65534
#define BECOMES_NOBODY (1ULL << CAP_SETUID | 1ULL << CAP_SETGID)

static unsigned long long set_of(const char *name)
{
	return strtoull(status_of(name), NULL, 16);
}

/* What is handed on to the next program is not in use here. */
static bool hands_on(unsigned long long set, unsigned long long used)
{
	return set_of("CapPrm") == (set | used) && set_of("CapInh") == set &&
	       set_of("CapAmb") == set && set_of("CapEff") == used &&
	       (set_of("CapBnd") & ~set) == 0 &&
	       atoi(status_of("NoNewPrivs")) == 1;
}

static bool keeps_for_sudo(void)
{
	const gid_t groups[] = {0, 4, 27};

	setgroups(3, groups);
	setenv("SUDO_UID", "1000", 1);
	setenv("SUDO_GID", "1001", 1);
	return !privileges_keep_starting() && is_user(1000, 1001) &&
	       hands_on(RAW, 0) &&
	       refused(socket(AF_INET, SOCK_RAW, IPPROTO_RAW)) &&
	       refused(setuid(0));
}

static bool keeps_for_root(void)
{
	unsetenv("SUDO_UID");
	return !privileges_keep_starting() && !geteuid() &&
	       hands_on(RAW | BECOMES_NOBODY, 1ULL << CAP_KILL);
}

/* In a program that is started: what the shell says of itself. */
static bool has_in_program(const char *set)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "grep -Eq '^CapEff:[[:space:]]*0*%s$' /proc/self/status", set);
	return system(command) == 0;
}

static bool next_program_has_it(void)
{
	return keeps_for_sudo() && has_in_program("2000");
}

static bool next_program_of_root_has_it(void)
{
	return keeps_for_root() && has_in_program("20c0");
}

static bool command_has_none(void)
{
	return keeps_for_sudo() && !privileges_drop_for_command() &&
	       is_user(1000, 1001) && set_of("CapPrm") == 0 &&
	       set_of("CapInh") == 0 && set_of("CapAmb") == 0 &&
	       has_in_program("");
}

static bool command_of_root_has_none(void)
{
	return keeps_for_root() && !privileges_drop_for_command() &&
	       has_in_program("") && refused(setgroups(0, NULL));
}

/* As exec does: what is permitted becomes effective. */
static bool hand_on_to_this(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, own))
		return false;
	own[0].effective = own[0].permitted;
	return !syscall(SYS_capset, &header, own);
}

/* A probe that became nobody, which waits for ever. */
static pid_t start_nobody(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) == -1)
		return -1;
	pid = fork();
	if (!pid) {
		if (hand_on_to_this() && !setresuid(NOBODY, NOBODY, NOBODY) &&
		    write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

static bool ends_its_probe(void)
{
	int status;
	pid_t pid;

	if (!keeps_for_root())
		return false;
	pid = start_nobody();
	return pid > 0 && !kill(pid, SIGTERM) &&
	       waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

/* A probe that it starts drops what it got. */
static bool next_one_drops(void)
{
	return keeps_for_root() && hand_on_to_this() && drop() &&
	       is_user(65534, 65534) && set_of("CapPrm") == 0;
}

static void test_starting(void **state)
{
	(void)state;
	if (!may_be_another())
		skip();
	in_child(keeps_for_sudo);
	in_child(keeps_for_root);
	in_child(next_program_has_it);
	in_child(next_program_of_root_has_it);
	in_child(command_has_none);
	in_child(command_of_root_has_none);
	in_child(next_one_drops);
	in_child(ends_its_probe);
}

/* --- what else is refused ------------------------------------------------ */

static bool no_harm(void)
{
	const struct rlimit more = {.rlim_cur = 1, .rlim_max = 1};
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 1};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return drop() && refused(kill(getppid(), 0)) &&
	       refused((int)ptrace(PTRACE_TRACEME, 0, 0, 0)) &&
	       refused(setrlimit(RLIMIT_CORE, &more)) &&
	       refused(socket(AF_UNIX, SOCK_STREAM, 0)) &&
	       refused(connect(fd, (const struct sockaddr *)&to, sizeof(to))) &&
	       refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static bool no_code(int first, int later)
{
	void *p = mmap(NULL, 4096, first, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? errno == EPERM
			       : refused(mprotect(p, 4096, later));
}

static bool no_new_code(void)
{
	const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;

	return drop_as_asked() && no_code(rwx, rwx) &&
	       no_code(PROT_READ | PROT_WRITE, rwx) &&
	       no_code(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
}

/* An error, and no signal: C libraries try new calls. */
static bool unknown_calls_fail(void)
{
	return drop() && syscall(__NR_clone3, 0, 0) == -1 && errno == ENOSYS &&
	       syscall(2000) == -1 && errno == ENOSYS &&
	       syscall(__NR_timer_create, 0, 0, 0) == -1 && errno == EPERM;
}

static bool only_removes(void)
{
	return !privileges_keep(open("/tmp", O_PATH), scratch) &&
	       !unlink(scratch) && refused(open("/dev/null", O_RDONLY)) &&
	       refused(socket(AF_INET, SOCK_STREAM, 0)) &&
	       refused((int)write(1, "", 0));
}

static int remove_file_in(const char *directory)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/file", directory);
	return unlink(path);
}

static bool only_writes(void)
{
	int directory = open(scratch, O_PATH), fd;

	if (privileges_keep_writing(directory))
		return false;
	fd = openat(directory, "file", O_WRONLY | O_CREAT | O_EXCL, 0644);
	return fd != -1 && write(fd, "", 1) == 1 && !close(fd) &&
	       refused(unlinkat(directory, "file", 0)) &&
	       refused(socket(AF_INET, SOCK_STREAM, 0)) && refused(fork());
}

static void test_harm(void **state)
{
	(void)state;
	if (!FILTERED)
		skip();
	in_child(no_harm);
	asks = false;
	in_child(no_new_code);
	asks = true;
	in_child(no_new_code);
	in_child(unknown_calls_fail);
	snprintf(scratch, sizeof(scratch), "/tmp/privileges_test.XXXXXX");
	close(mkstemp(scratch));
	unsetenv("SUDO_UID");
	in_child(only_removes);
	snprintf(scratch, sizeof(scratch), "/tmp/privileges_test.XXXXXX");
	assert_non_null(mkdtemp(scratch));
	in_child(only_writes);
	assert_int_equal(remove_file_in(scratch), 0);
	assert_int_equal(rmdir(scratch), 0);
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

	return !privileges_drop_but_asking() &&
	       !pthread_create(&thread, NULL, set_flag, &flag) &&
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

	n = names_new(true, false);
	if (!n || !drop())
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
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_lonely_root),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_starting),
		cmocka_unit_test(test_harm),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_threaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
