/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/arena.h"

static void test_alloc(void **state)
{
	static const unsigned char zeros[300];
	struct arena *a = arena_new();
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(zeros); size++) {
		unsigned char *piece = arena_alloc(a, size);

		assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
		assert_memory_equal(piece, zeros, size);
		memset(piece, 0xff, size);
	}
	arena_free(a);
	arena_free(NULL);
}

static void test_text(void **state)
{
	struct arena *a = arena_new();
	char *text;

	(void)state;
	text = arena_printf(a, "%s %d", "hop", 3);
	assert_string_equal(text, "hop 3");
	text = arena_printf(a, "%0500d", 7);
	assert_int_equal(strlen(text), 500);
	assert_string_equal(arena_hex(a, "\x1e\x04\x01\xff", 4), "1e0401ff");
	assert_string_equal(arena_hex(a, NULL, 0), "");
	arena_free(a);
}

struct item {
	size_t index;
	char pad[24];
};

static void test_push(void **state)
{
	struct arena *a = arena_new();
	struct item *items = NULL;
	size_t count = 0, i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		struct item *item = ARENA_PUSH(a, items, count);

		assert_int_equal(count, i + 1);
		assert_ptr_equal(item, &items[i]);
		assert_int_equal(item->index, 0);
		item->index = i;
	}
	for (i = 0; i < count; i++)
		assert_int_equal(items[i].index, i);
	arena_free(a);
}

/* An array that was cut shorter grows again, and keeps what it had. */
static void test_push_after_cut(void **state)
{
	struct arena *a = arena_new();
	size_t cut, count, i;

	(void)state;
	for (cut = 0; cut < 40; cut++) {
		unsigned *items = NULL;

		for (i = count = 0; i < 40; i++)
			*ARENA_PUSH(a, items, count) = (unsigned)i;
		for (i = count = cut; i < 80; i++)
			*ARENA_PUSH(a, items, count) = 1000;
		for (i = 0; i < count; i++)
			assert_int_equal(items[i], i < cut ? i : 1000);
	}
	arena_free(a);
}

/* A file whose first line is "one", and which then has `error`; 0: an end. */
static int error;

static ssize_t read_one(void *cookie, char *bytes, size_t size)
{
	bool *told = cookie;

	if (*told) {
		errno = error;
		return error ? -1 : 0;
	}
	*told = true;
	assert_true(size >= 4);
	memcpy(bytes, "one\n", 4);
	return 4;
}

/* What getline(3) says of it in a process of its own: its exit status is how
 * many lines there are. */
static int lines_until(int what)
{
	int status;
	pid_t child;

	error = what;
	child = fork();
	if (!child) {
		cookie_io_functions_t io = {.read = read_one};
		bool told = false;
		FILE *file = fopencookie(&told, "r", io);
		size_t capacity = 0;
		char *line = NULL;
		int count = 0;

		close(STDERR_FILENO);
		errno = ENOMEM; /* of something before */
		while (must_getline(&line, &capacity, file) != -1)
			count++;
		_exit(count);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* An end and an error are the caller's business; want of memory is neither. */
static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(lines_until(0), 1);
	assert_int_equal(lines_until(EIO), 1);
	assert_int_equal(lines_until(ENOMEM), EX_OSERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_push_after_cut),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
