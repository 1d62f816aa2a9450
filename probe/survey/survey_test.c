/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/survey/status.h"
#include "probe/survey/survey.h"
#include "probe/survey/window.h"

static void add(struct survey *s, uint64_t number)
{
	struct survey_target t = {.number = number, .port = 80};

	address_parse("192.0.2.1", &t.address);
	t.address.bytes[3] = (uint8_t)number;
	window_add(s->window, &t);
}

static void test_all_sent(void **state)
{
	struct survey s = {.window = window_new()};

	(void)state;
	add(&s, 0);
	add(&s, 1);
	assert_false(survey_is_all_sent(&s));
	s.again[SURVEY_AGAIN - 1] = 2;
	assert_false(survey_is_all_sent(&s)); /* more may come */
	s.all_asked = true;
	assert_true(survey_is_all_sent(&s));
	s.again[SURVEY_AGAIN - 1] = 1;
	assert_false(survey_is_all_sent(&s));
	window_close_first(s.window);
	assert_false(survey_is_all_sent(&s));
	window_close_first(s.window); /* before it could be asked again */
	assert_true(survey_is_all_sent(&s));
	s.config.later = 1;
	assert_false(survey_is_all_sent(&s));
	window_free(s.window);
}

static void replace(int fd, const char *text)
{
	json_t *object = json_pack("{s:s}", "text", text);

	assert_int_equal(status_replace(fd, object), 0);
	json_decref(object);
}

static off_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

/* Whoever reads it, at any moment, finds one object. */
static void test_replace(void **state)
{
	int fd = memfd_create("status", MFD_CLOEXEC);
	json_t *object;
	off_t size;

	(void)state;
	replace(fd, "much that was told before");
	size = size_of(fd);
	replace(fd, "little");
	assert_int_equal(size_of(fd), size);
	lseek(fd, 0, SEEK_SET);
	object = json_loadfd(fd, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(object, "text")),
			    "little");
	json_decref(object);
	/* of what was none of ours nothing is left */
	assert_int_equal(ftruncate(fd, 100000), 0);
	replace(fd, "little");
	assert_true(size_of(fd) < 100);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_sent),
		cmocka_unit_test(test_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
