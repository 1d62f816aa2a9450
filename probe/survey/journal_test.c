/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	journal_free(NULL);
	journal_state_free(&s);
	close(fd);
}

/* Numbers of as many digits as there are. */
static void test_largest(void **state)
{
	const uint64_t sent = UINT64_MAX - 1, closed = UINT64_MAX - 2;
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	struct journal_position p = {closed, sent, sent, {0}};
	struct journal_state s;
	char bytes[8192];

	(void)state;
	for (unsigned i = 0; i < COUNTS; i++)
		p.counts[i] = sent - i;
	assert_int_equal(journal_commit(j, &p), 0);
	journal_free(j);
	load(bytes, read_all(fd, bytes, sizeof(bytes)), &s);
	assert_true(!memcmp(&s.position, &p, sizeof(p)));
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

/* A block of `lines`, the last of which is a position, with `more` around its
 * hash, which is right; its length. */
static size_t seal(char *out, size_t size, const char *lines,
		   const char *before, const char *behind)
{
	return (size_t)snprintf(
		out, size, "%s %s%016llx%s\n", lines, before,
		(unsigned long long)siphash(secret, (const uint8_t *)lines,
					    strlen(lines)),
		behind);
}

static uint64_t sent_by(const char *bytes, size_t length)
{
	struct journal_state s;
	uint64_t sent;

	load(bytes, length, &s);
	sent = s.position.sent;
	assert_int_equal(s.length, sent ? length : 0);
	journal_state_free(&s);
	return sent;
}

/* What no version has written is not read, though its hash is right. */
static void test_wrong_words(void **state)
{
	static const char *const lines[] = {
		"A 4 0 1 1 x\nQ 1 5 0",
		"A 4 0 1 1 x\nX 1 5 0",
		"Q \nP 1 5 0",
		"Q 4 x\nP 1 5 0",
		"A -4 0 1 1 x\nP 1 5 0",
		"A x 0 1 1 x\nP 1 5 0",
		"A 4x 0 1 1 x\nP 1 5 0",
		"A 99999999999999999999 0 1 1 x\nP 1 5 0",
		"A 4 9 1 1 x\nP 1 5 0",
		"A 4 x 1 1 x\nP 1 5 0",
		"A 4 0 99 1 x\nP 1 5 0",
		"A 4 0 1 99 x\nP 1 5 0",
		"A 4 0 1 1 \nP 1 5 0",
		"A 4 0 1 1\nP 1 5 0",
		"A 4 0 1 1x\nP 1 5 0",
		"A 4 0 1 1 x\nP -1 5 0",
		"A 4 0 1 1 x\nP 1 5x 0",
		"A 4 0 1 1 x\nP 1 5 x",
		"A 4 0 1 1 x\nP 1 5 0 x",
		"A 4 0 1 1 x\nP 6 5 0",
	};
	const char *good = "A 4 0 1 1 x\nP 1 5 0";
	char bytes[200];
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		length = seal(bytes, sizeof(bytes), lines[i], "", "");
		assert_int_equal(sent_by(bytes, length), 0);
	}
	length = seal(bytes, sizeof(bytes), good, "0", "");
	assert_int_equal(sent_by(bytes, length), 0);
	length = seal(bytes, sizeof(bytes), good, "", "#junk");
	*strchr(bytes, '#') = '\0';
	assert_int_equal(sent_by(bytes, length), 0);
	length = seal(bytes, sizeof(bytes), good, "", "");
	assert_int_equal(sent_by(bytes, length), 5);
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
	assert_int_equal(s.capacity, 16384);
	assert_int_equal(s.answers[0].number, 99900);
	journal_state_free(&s);
	fclose(file);
}

/* Who is to be probed stays open, with its answers, until it has its line; what
 * stands behind the last position has not happened. */
static void test_probing(void **state)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	struct journal_state s;
	char bytes[8192];
	size_t length;

	(void)state;
	for (uint64_t n = 0; n < 6; n++)
		put(j, n, SYN_CAPABLE);
	journal_probing(j, 4);
	journal_probing(j, 1);
	journal_probing(j, 2);
	commit(j, 5, 6);
	journal_probed(j, 2);
	journal_probing(j, 4);
	commit(j, 5, 6);
	length = read_all(fd, bytes, sizeof(bytes));
	journal_probed(j, 1);
	commit(j, 5, 6);
	journal_free(j);
	load(bytes, length, &s);
	assert_int_equal(s.probing.count, 2);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.answers[0].number, 1);
	assert_int_equal(s.answers[1].number, 4);
	assert_int_equal(s.answers[2].number, 5);
	assert_true(journal_is_closed(&s, 0) && journal_is_closed(&s, 2));
	assert_false(journal_is_closed(&s, 1) || journal_is_closed(&s, 4));
	assert_false(journal_is_closed(&s, 5));
	journal_state_free(&s);
	length = read_all(fd, bytes, sizeof(bytes));
	load(bytes, length, &s);
	assert_int_equal(s.probing.count, 1);
	assert_true(journal_is_closed(&s, 1));
	assert_int_equal(s.length, length);
	journal_state_free(&s);
	load(bytes, length - 1, &s); /* torn: 1 is not probed */
	assert_false(journal_is_closed(&s, 1));
	journal_state_free(&s);
	close(fd);
}

/* Who was asked already under another number has no line, though that one has
 * its own by now. */
static void test_twin(void **state)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	struct journal_state s;
	char bytes[8192];

	(void)state;
	journal_twin(j, 3);
	journal_twin(j, 7);
	commit(j, 2, 8);
	journal_twin(j, 8);
	journal_twin(j, 7);
	commit(j, 5, 9);
	journal_twin(j, 6); /* behind the last position */
	journal_free(j);
	load(bytes, read_all(fd, bytes, sizeof(bytes)), &s);
	assert_int_equal(s.twins.count, 2);
	assert_true(journal_is_closed(&s, 3) && journal_is_closed(&s, 4));
	assert_true(journal_is_closed(&s, 7) && journal_is_closed(&s, 8));
	assert_false(journal_is_closed(&s, 5) || journal_is_closed(&s, 6));
	journal_state_free(&s);
	close(fd);
}

/* The line of one that was not to be probed: no other is closed by it. */
static void test_probed_unasked(void **state)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	struct journal_state s;
	char bytes[8192];

	(void)state;
	journal_probing(j, 4);
	journal_probed(j, 3);
	commit(j, 5, 6);
	journal_free(j);
	load(bytes, read_all(fd, bytes, sizeof(bytes)), &s);
	assert_int_equal(s.probing.count, 1);
	assert_false(journal_is_closed(&s, 4));
	journal_state_free(&s);
	close(fd);
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

/* An answer as it stands there, whatever its number and its kinds. */
static void test_words(void **state)
{
	static const struct {
		struct journal_answer answer;
		const char *words;
	} answers[] = {
		{{0, SYN_CAPABLE, ANSWER_NONE, ANSWER_NO_MPTCP, "x"},
		 "A 0 0 0 0 x\n"},
		{{UINT64_MAX, SYN_CAPABLE_V0, ANSWER_ICMP, ANSWER_OTHER, "a b"},
		 "A 18446744073709551615 3 3 6 a b\n"},
		{{1000, SYN_JOIN, ANSWER_RESET, ANSWER_TCPRST, ""},
		 "A 1000 1 2 4 \n"},
	};
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal *j = journal_new(fd, secret);
	char bytes[8192] = {0};
	const char *at;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		journal_add(j, &answers[i].answer);
	journal_add(NULL, &answers[0].answer); /* who keeps none */
	commit(j, 0, 0);
	read_all(fd, bytes, sizeof(bytes));
	at = strchr(bytes, 'A');
	assert_non_null(at);
	for (unsigned i = 0; i < 3; i++) {
		size_t length = strlen(answers[i].words);

		assert_memory_equal(at, answers[i].words, length);
		at += length;
	}
	assert_int_equal(*at, 'P');
	journal_free(j);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_go_on),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_probing),
		cmocka_unit_test(test_probed_unasked),
		cmocka_unit_test(test_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
