/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/net/outfile.h"

#define STRANGER 61234 /* a user of no name */
#define SUDOER 61235

static char dir[] = "/tmp/outfile.XXXXXX";
static struct outfile out;

static void put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *name, const char *text)
{
	char buffer[64] = "";
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	assert_non_null(fgets(buffer, sizeof(buffer), file));
	fclose(file);
	assert_string_equal(buffer, text);
}

static unsigned count_files(void)
{
	DIR *d = opendir(".");
	unsigned count = 0;

	assert_non_null(d);
	while (readdir(d))
		count++;
	closedir(d);
	return count - 2;
}

static void become_sudo(bool yes)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", SUDOER);
	if (yes) {
		setenv("SUDO_UID", text, 1);
		setenv("SUDO_GID", text, 1);
	} else {
		unsetenv("SUDO_UID");
		unsetenv("SUDO_GID");
	}
}

static int set_up(void **state)
{
	(void)state;
	become_sudo(false);
	strcpy(strrchr(dir, '.') + 1, "XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	DIR *d = opendir(".");

	(void)state;
	for (struct dirent *e; (e = readdir(d));)
		if (unlink(e->d_name) == -1 && *e->d_name != '.')
			rmdir(e->d_name);
	closedir(d);
	return chdir("/") || rmdir(dir);
}

static void needs_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void test_old_untouched_until_close(void **state)
{
	struct stat before, after;

	(void)state;
	put("x", "old, and longer");
	assert_int_equal(chmod("x", 0640), 0);
	assert_int_equal(stat("x", &before), 0);
	assert_int_equal(outfile_open_whole(&out, "x"), 0);
	assert_holds("x", "old, and longer");
	assert_int_equal(outfile_replace(&out, "new", 3), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_holds("x", "new");
	assert_int_equal(stat("x", &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_not_equal(after.st_ino, before.st_ino);
	assert_int_equal(count_files(), 1);
}

static void test_abandoned(void **state)
{
	(void)state;
	put("x", "old");
	assert_int_equal(outfile_open_whole(&out, "x"), 0);
	outfile_abandon(&out);
	assert_holds("x", "old");
	assert_int_equal(outfile_open_whole(&out, "y"), 0);
	outfile_abandon(&out);
	assert_int_equal(count_files(), 1);
}

/* Even a kill -9 at once leaves nothing. */
static void test_killed(void **state)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		outfile_open_whole(&out, "x");
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 1000 && count_files(); i++)
		nanosleep(&pause, NULL);
	assert_int_equal(count_files(), 0);
}

static void test_file_size_limit(void **state)
{
	struct rlimit old, small;
	char text[8192] = "";

	(void)state;
	put("x", "old");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){4096, old.rlim_max};
	assert_int_equal(outfile_open_whole(&out, "x"), 0);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(outfile_replace(&out, text, sizeof(text)), -1);
	assert_int_equal(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	outfile_abandon(&out);
	assert_holds("x", "old");
	assert_int_equal(count_files(), 1);
}

static void test_own_links_are_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	assert_int_equal(symlink("sub/one", "link"), 0);
	assert_int_equal(symlink("../x", "sub/one"), 0);
	assert_int_equal(outfile_open_whole(&out, "link"), 0);
	assert_int_equal(outfile_replace(&out, "new", 3), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_holds("x", "new");
	assert_int_equal(unlink("sub/one"), 0);
	assert_int_equal(symlink("link", "loop"), 0);
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(symlink("loop", "link"), 0);
	assert_int_equal(outfile_open(&out, "link"), -1);
	assert_int_equal(errno, ELOOP);
}

static void test_links_of_strangers(void **state)
{
	(void)state;
	needs_root();
	put("x", "precious");
	assert_int_equal(symlink("x", "link"), 0);
	assert_int_equal(symlink("none", "dangling"), 0);
	assert_int_equal(symlink("link", "own"), 0);
	assert_int_equal(lchown("link", STRANGER, STRANGER), 0);
	assert_int_equal(lchown("dangling", STRANGER, STRANGER), 0);
	for (int whole = 0; whole < 2; whole++) {
		int (*opens)(struct outfile *, const char *) =
			whole ? outfile_open_whole : outfile_open;

		assert_int_equal(opens(&out, "link"), -1);
		assert_int_equal(errno, EACCES);
		assert_int_equal(opens(&out, "dangling"), -1);
		assert_int_equal(opens(&out, "own"), -1);
	}
	assert_holds("x", "precious");
	assert_int_equal(count_files(), 4);
}

static void test_belongs_to_the_sudoer(void **state)
{
	struct stat st;

	(void)state;
	needs_root();
	become_sudo(true);
	assert_int_equal(outfile_open(&out, "x"), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_int_equal(outfile_open_whole(&out, "y"), 0);
	assert_int_equal(outfile_replace(&out, "new", 3), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_uid, SUDOER);
	assert_int_equal(stat("y", &st), 0);
	assert_int_equal(st.st_gid, SUDOER);
	/* What is there keeps its owner; links of the user's are followed. */
	put("z", "of root");
	assert_int_equal(symlink("z", "link"), 0);
	assert_int_equal(lchown("link", SUDOER, SUDOER), 0);
	assert_int_equal(outfile_open_whole(&out, "link"), 0);
	assert_int_equal(outfile_replace(&out, "new", 3), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_holds("z", "new");
	assert_int_equal(stat("z", &st), 0);
	assert_int_equal(st.st_uid, 0);
	setenv("SUDO_UID", "-1", 1);
	assert_int_equal(outfile_open(&out, "w"), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_int_equal(stat("w", &st), 0);
	assert_int_equal(st.st_uid, 0);
}

static void test_same(void **state)
{
	char absolute[64];

	(void)state;
	put("x", "");
	put("y", "");
	assert_int_equal(link("x", "hard"), 0);
	assert_int_equal(symlink("x", "link"), 0);
	assert_int_equal(symlink("none", "dangling"), 0);
	assert_true(outfile_same("x", "./x"));
	assert_true(outfile_same("x", "hard"));
	assert_true(outfile_same("x", "link"));
	assert_false(outfile_same("x", "y"));
	assert_false(outfile_same("x", "none"));
	snprintf(absolute, sizeof(absolute), "%s/none", dir);
	assert_true(outfile_same("none", absolute));
	assert_true(outfile_same("none", "dangling"));
	assert_false(outfile_same("none", "nothing"));
	assert_false(outfile_same("/dev/null", "/dev/null"));
}

static void test_is_one(void **state)
{
	int x, hard, y, null;

	(void)state;
	put("x", "old");
	put("y", "old");
	assert_int_equal(link("x", "hard"), 0);
	x = open("x", O_RDONLY);
	hard = open("hard", O_RDONLY);
	y = open("y", O_RDONLY);
	null = open("/dev/null", O_RDONLY);
	assert_true(outfile_is_one(x, hard));
	assert_false(outfile_is_one(x, y));
	assert_false(outfile_is_one(x, -1));
	assert_false(outfile_is_one(null, null));
	close(x);
	close(hard);
	close(y);
	close(null);
}

static void test_not_regular(void **state)
{
	(void)state;
	assert_int_equal(outfile_open_whole(&out, "/dev/null"), 0);
	assert_false(out.regular);
	assert_int_equal(outfile_replace(&out, "new", 3), 0);
	assert_int_equal(outfile_close(&out), 0);
	assert_int_equal(outfile_open_whole(&out, "."), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(outfile_open_whole(&out, "none/x"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(outfile_open(&out, "/dev/stderr"), 0);
	assert_int_equal(outfile_close(&out), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_old_untouched_until_close),
		TEST(test_abandoned),
		TEST(test_killed),
		TEST(test_file_size_limit),
		TEST(test_own_links_are_followed),
		TEST(test_links_of_strangers),
		TEST(test_belongs_to_the_sudoer),
		TEST(test_same),
		TEST(test_is_one),
		TEST(test_not_regular),
	};

	return cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
}
