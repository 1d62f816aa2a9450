/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/survey/lines.h"

#define LINE 3000 /* of which two are more than a pipe takes at once */
#define LINES 400

static void add(struct lines *l, unsigned number)
{
	char *text = lines_room(l, LINE);

	assert_non_null(text);
	memset(text, '0' + number % 10, LINE - 1);
	text[LINE - 1] = '\n';
	lines_add(l, LINE);
}

static void assert_line(const char *text, unsigned number)
{
	assert_int_equal(text[0], '0' + number % 10);
	assert_int_equal(text[LINE - 2], '0' + number % 10);
	assert_int_equal(text[LINE - 1], '\n');
}

/* A reader that takes nothing for a while is not waited for, and loses nothing.
 */
static void test_slow_reader(void **state)
{
	char text[LINE];
	struct lines l;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	lines_begin(&l, ends[1], true);
	for (unsigned i = 0; i < LINES; i++) {
		add(&l, i);
		assert_int_equal(lines_write_some(&l), 0);
	}
	assert_true(lines_are_many(&l));
	assert_true(l.written && l.written % LINE == 0);
	for (unsigned i = 0; i < LINES; i++) {
		assert_int_equal(read(ends[0], text, LINE), LINE);
		assert_line(text, i);
		assert_int_equal(lines_write_some(&l), 0);
	}
	assert_false(lines_are_many(&l));
	assert_int_equal(l.length, 0);
	close(ends[0]);
	add(&l, 0);
	assert_int_equal(lines_write_some(&l), -1);
	assert_int_equal(errno, EPIPE);
	lines_end(&l);
	close(ends[1]);
}

/* One that is longer than a pipe takes at once goes out in parts. */
static void test_long_line(void **state)
{
	static char text[20000], back[20000];
	struct lines l;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	lines_begin(&l, ends[1], true);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\n';
	memcpy(lines_room(&l, sizeof(text)), text, sizeof(text));
	lines_add(&l, sizeof(text));
	assert_int_equal(lines_write(&l), 0);
	assert_int_equal(read(ends[0], back, sizeof(back)), sizeof(back));
	assert_memory_equal(text, back, sizeof(text));
	lines_end(&l);
	close(ends[0]);
	close(ends[1]);
}

/* A file gets what is there when there is no room left. */
static void test_file(void **state)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);
	struct lines l;

	(void)state;
	lines_begin(&l, fd, false);
	for (unsigned i = 0; i < LINES; i++)
		add(&l, i);
	assert_true(l.written > LINES / 2 * LINE && !lines_are_many(&l));
	assert_int_equal(lines_write(&l), 0);
	assert_int_equal(l.written, LINES * LINE);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), LINES * LINE);
	lines_end(&l);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_file),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
