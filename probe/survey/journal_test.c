/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <unistd.h>

#include "probe/survey/header.h"
#include "probe/survey/journal.h"

static const uint8_t secret[SIPHASH_KEY] = {1, 2, 3};

static void put(struct journal *j, uint64_t number, enum syn_kind kind)
{
	struct journal_answer a = {number, kind, ANSWER_SYN_ACK, ANSWER_V1,
				   "\"capable\":{\"a\":1}"};

	journal_add(j, &a);
}

static void commit(struct journal *j, uint64_t closed, uint64_t sent)
{
	struct journal_position p = {closed, sent, 100 * closed, {0}};

	for (unsigned i = 0; i < COUNTS; i++)
		p.counts[i] = 10 * sent + i;
	assert_int_equal(journal_commit(j, &p), 0);
}

/* Two positions; behind the second, what is lost by a crash. */
static int written(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);

	put(j, 3, SYN_JOIN);
	put(j, 1, SYN_CAPABLE);
	put(j, 0, SYN_CAPABLE);
	commit(j, 1, 4);
	put(j, 5, SYN_CAPABLE);
	put(j, 2, SYN_CAPABLE);
	commit(j, 2, 7);
	journal_free(j);
	return fd;
}

static size_t read_all(int fd, char *bytes, size_t size)
{
	ssize_t n = pread(fd, bytes, size, 0);

	assert_true(n > 0 && (size_t)n < size);
	return (size_t)n;
}

static void load(const char *bytes, size_t length, struct journal_state *out)
{
	FILE *file = fmemopen((char *)bytes, length, "r");

	assert_non_null(file);
	journal_load(file, secret, out);
	fclose(file);
}

/* What is closed is forgotten, the rest stands by number. */
static void assert_both(const struct journal_state *s)
{
	static const uint64_t numbers[] = {2, 3, 5};

	assert_int_equal(s->position.closed, 2);
	assert_int_equal(s->position.sent, 7);
	assert_int_equal(s->position.results_bytes, 200);
	for (unsigned i = 0; i < COUNTS; i++)
		assert_int_equal(s->position.counts[i], 70 + i);
	assert_int_equal(s->count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(s->answers[i].number, numbers[i]);
	assert_int_equal(s->answers[1].kind, SYN_JOIN);
	assert_int_equal(s->answers[1].what, ANSWER_SYN_ACK);
	assert_int_equal(s->answers[1].mptcp, ANSWER_V1);
	assert_string_equal(s->answers[1].text, "\"capable\":{\"a\":1}");
}

static void assert_first(const struct journal_state *s)
{
	assert_int_equal(s->position.closed, 1);
	assert_int_equal(s->position.sent, 4);
	assert_int_equal(s->count, 2);
	assert_int_equal(s->answers[0].number, 1);
	assert_int_equal(s->answers[1].number, 3);
}

static void test_whole(void **state)
{
	int fd = written();
	char bytes[8192];
	size_t length = read_all(fd, bytes, sizeof(bytes));
	struct journal_state s;

	(void)state;
	load(bytes, length, &s);
	assert_both(&s);
	assert_int_equal(s.length, length);
	journal_state_free(&s);
	close(fd);
}

static size_t end_of_first(const char *bytes)
{
	return (size_t)(strchr(strstr(bytes, "P "), '\n') + 1 - bytes);
}

/* Cut anywhere: as of the last position that is whole. */
static void test_cut(void **state)
{
	int fd = written();
	char bytes[8192] = {0};
	size_t length = read_all(fd, bytes, sizeof(bytes));
	size_t first = end_of_first(bytes);

	(void)state;
	for (size_t cut = 1; cut < length; cut++) {
		struct journal_state s;

		load(bytes, cut, &s);
		if (cut < first) {
			assert_int_equal(s.count, 0);
			assert_int_equal(s.position.sent, 0);
			assert_int_equal(s.length, 0);
		} else {
			assert_first(&s);
			assert_int_equal(s.length, first);
		}
		journal_state_free(&s);
	}
	close(fd);
}

/* A byte that is another: what stands behind it is not believed. */
static void test_torn(void **state)
{
	int fd = written();
	char bytes[8192] = {0};
	size_t length = read_all(fd, bytes, sizeof(bytes));
	size_t first = end_of_first(bytes);

	(void)state;
	for (size_t i = first; i < length; i++) {
		struct journal_state s;

		bytes[i] ^= 4;
		load(bytes, length, &s);
		bytes[i] ^= 4;
		assert_first(&s);
		journal_state_free(&s);
	}
	close(fd);
}

/* What is cut off is replaced, and read on from there. */
static void test_go_on(void **state)
{
	int fd = written();
	char bytes[8192];
	size_t length;
	struct journal *j;
	struct journal_state s;

	(void)state;
	assert_int_equal(write(fd, "A 9 0 1", 7), 7);
	length = read_all(fd, bytes, sizeof(bytes));
	load(bytes, length, &s);
	assert_both(&s);
	assert_int_equal(s.length, length - 7);
	assert_int_equal(ftruncate(fd, (off_t)s.length), 0);
	journal_state_free(&s);
	assert_int_equal(lseek(fd, 0, SEEK_END), length - 7);
	j = journal_new(fd, secret);
	commit(j, 3, 8);
	journal_free(j);
	length = read_all(fd, bytes, sizeof(bytes));
	load(bytes, length, &s);
	assert_int_equal(s.position.closed, 3);
	assert_int_equal(s.count, 2);
	journal_state_free(&s);
	close(fd);
}

/* The answers of closed targets do not pile up. */
static void test_long(void **state)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	struct journal_state s;
	FILE *file;

	(void)state;
	for (uint64_t n = 0; n < 100000; n++) {
		put(j, n, SYN_CAPABLE);
		if (n % 1000 == 999)
			commit(j, n - 99, n + 1);
	}
	journal_free(j);
	file = fdopen(fd, "r");
	rewind(file);
	journal_load(file, secret, &s);
	assert_int_equal(s.count, 100);
	assert_true(s.capacity < 65536);
	assert_int_equal(s.answers[0].number, 99900);
	journal_state_free(&s);
	fclose(file);
}

static void test_header(void **state)
{
	char *line[] = {"mpprobe", "survey", "-o", "d\xfc/\xc3\xa9", "x\"\n"};
	struct survey_header h = {.seed = 0xfedcba9876543210u,
				  .ipv6 = true,
				  .line = line,
				  .line_count = 5},
			     back;
	json_t *json;

	(void)state;
	memcpy(h.secret, secret, sizeof(secret));
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++)
		h.ports[i / SURVEY_PORTS][i % SURVEY_PORTS] =
			(uint16_t)(60000 + i);
	survey_header_add(&h, "10.0.0.0/8");
	survey_header_add(&h, "-");
	json = survey_header_write(&h);
	assert_true(survey_header_read(json, &back));
	assert_memory_equal(back.secret, h.secret, sizeof(h.secret));
	assert_memory_equal(back.ports, h.ports, sizeof(h.ports));
	assert_int_equal(back.seed, h.seed);
	assert_true(back.ipv6 && !back.ipv4);
	assert_int_equal(back.line_count, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(back.line[i], line[i]);
	assert_null(back.line[5]);
	assert_int_equal(back.target_count, 2);
	assert_string_equal(back.targets[0], "10.0.0.0/8");
	assert_string_equal(back.targets[1], "-");
	survey_header_free_line(&back);
	survey_header_free_targets(&back);
	survey_header_free_targets(&h);
	json_object_del(json, "secret");
	assert_false(survey_header_read(json, &back));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_torn),  cmocka_unit_test(test_go_on),
		cmocka_unit_test(test_long),  cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
