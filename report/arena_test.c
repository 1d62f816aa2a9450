/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_push_after_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
