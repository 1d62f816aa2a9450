// SPDX-License-Identifier: GPL-3.0-or-later
/* Names of runs, and that no file but such a one is ever removed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/watch/folder.h"
#include "report/arena.h"

#define BEGAN INT64_C(1795851743512000) /* 2026-11-28 07:42:23.512 UTC */
#define NAMED "20261128T074223.512Z_"

static struct arena *arena;
static char directory[] = "/tmp/folder_test.XXXXXX";

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	strcpy(directory, "/tmp/folder_test.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int end(void **state)
{
	char command[80];

	(void)state;
	arena_free(arena);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static const char *in_directory(const char *file)
{
	return arena_printf(arena, "%s/%s", directory, file);
}

static void make(const char *file)
{
	int fd = open(in_directory(file), O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd != -1);
	close(fd);
}

static bool is_there(const char *file)
{
	struct stat st;

	return lstat(in_directory(file), &st) == 0;
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(folder_stem(arena, "runs", "192.0.2.1", BEGAN),
			    "runs/" NAMED "192.0.2.1");
	assert_string_equal(
		folder_stem(arena, "/a", "[2001:db8::1]:443", BEGAN),
		"/a/" NAMED "-2001-db8--1--443");
	assert_string_equal(
		folder_stem(arena, ".", "https://x_y/../z\n", BEGAN),
		"./" NAMED "https---x_y-..-z-");
}

static void test_times(void **state)
{
	static const char *const others[] = {
		"",
		"20261128T074223.512Z",
		NAMED "a",
		NAMED "a.txt",
		NAMED "a.json.gz",
		NAMED "ab.json",
		"20261128T074223.512Z_.json",
		"2026112T0074223.512Z_a.json",
		"20261128 074223.512Z_a.json",
		"20261128T074223Z_a.json",
		"x" NAMED "a.json",
		"." NAMED "a.json",
		NAMED "a.part",
	};

	(void)state;
	assert_int_equal(folder_time_of(NAMED "a.json", "a"), BEGAN);
	assert_int_equal(folder_time_of(NAMED "a.pcap", "a"), BEGAN);
	assert_int_equal(folder_time_of(NAMED "a.pcapng", "a"), BEGAN);
	assert_int_equal(folder_time_of("." NAMED "a.part", "a"), BEGAN);
	assert_int_equal(folder_time_of(NAMED "-1--80.json", "[1]:80"), BEGAN);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(folder_time_of(others[i], "a"), 0);
}

static void test_keep(void **state)
{
	char *stem = folder_stem(arena, directory, "a", BEGAN), text[8] = "";
	FILE *file;

	(void)state;
	assert_int_equal(folder_keep(stem, "{}\n", 3), 0);
	file = fopen(in_directory(NAMED "a.json"), "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, 8, file), 3);
	fclose(file);
	assert_string_equal(text, "{}\n");
	assert_false(is_there("." NAMED "a.part"));
	assert_int_equal(folder_keep("/nowhere/" NAMED "a", "", 0), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_reports(void **state)
{
	size_t count;
	char **names;

	(void)state;
	make("20261128T074223.513Z_a.json");
	make(NAMED "a.json");
	make(NAMED "a.pcap");
	make(NAMED "b.json");
	make("20251128T074223.513Z_a.json");
	make("." NAMED "a.part");
	assert_int_equal(
		mkfifo(in_directory("20261128T074223.514Z_a.json"), 0600), 0);
	assert_int_equal(symlink("/dev/zero", in_directory("20261128T074223."
							   "515Z_a.json")),
			 0);
	names = folder_reports(arena, directory, "a", 2, &count);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], in_directory(NAMED "a.json"));
	assert_string_equal(names[1],
			    in_directory("20261128T074223.513Z_a.json"));
	names = folder_reports(arena, "/nowhere", "a", 2, &count);
	assert_int_equal(count, 0);
}

/* Older ones of this host go; nothing else, whatever its name. */
static void test_forget(void **state)
{
	static const char *const stay[] = {
		NAMED "a.json",
		"20241128T074223.512Z_b.json",
		"20241128T074223.512Z_a.json.gz",
		"20241128T074223.512Z_ab.json",
		"20241128T074223Z_a.json",
		"a_80_20241128T074223Z.pcap",
		"20241128T074223.513Z_a.json",
		"20241128T074223.514Z_a.json",
	};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		make(stay[i]);
	assert_int_equal(mkdir(in_directory(stay[6]), 0700), 0);
	assert_int_equal(symlink("/etc/passwd", in_directory(stay[7])), 0);
	make("20241128T074223.512Z_a.json");
	make("20241128T074223.512Z_a.pcap");
	make(".20241128T074223.512Z_a.part");
	folder_forget(directory, "a", BEGAN);
	for (size_t i = 0; i < sizeof(stay) / sizeof(*stay); i++)
		assert_true(is_there(stay[i]));
	assert_false(is_there("20241128T074223.512Z_a.json"));
	assert_false(is_there("20241128T074223.512Z_a.pcap"));
	assert_false(is_there(".20241128T074223.512Z_a.part"));
	folder_forget("/nowhere", "a", BEGAN);
	folder_forget(directory, "a", BEGAN + 1);
	assert_false(is_there(NAMED "a.json"));
}

static void test_files_of_others(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	make("20241128T074223.512Z_a.json");
	assert_int_equal(
		chown(in_directory("20241128T074223.512Z_a.json"), 1234, 0), 0);
	folder_forget(directory, "a", BEGAN);
	assert_true(is_there("20241128T074223.512Z_a.json"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),  TEST(test_times),
		TEST(test_keep),   TEST(test_reports),
		TEST(test_forget), TEST(test_files_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
