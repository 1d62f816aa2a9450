/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/survey/targets.h"

static const uint16_t ports[] = {80, 443};

static struct targets_config config(void)
{
	return (struct targets_config){
		.ports = ports,
		.port_count = 1,
		.ipv4 = true,
		.ipv6 = true,
		.seed = 5,
		.shards = 1,
	};
}

static void add(struct targets *t, const char *text, uint16_t port)
{
	struct prefix p;

	assert_true(prefix_parse(text, &p));
	assert_true(targets_add(t, &p, port));
}

static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, length), length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void add_list(struct targets *t, const char *text)
{
	targets_add_list(t, file_of(text, strlen(text)));
}

static void assert_next(struct targets *t, const char *address, uint16_t port)
{
	struct survey_target s;
	char text[ADDRESS_TEXT];

	assert_true(targets_next(t, &s));
	assert_string_equal(address_text(&s.address, text), address);
	assert_int_equal(s.port, port);
}

static void assert_end(struct targets *t)
{
	struct survey_target s;

	assert_false(targets_next(t, &s));
	assert_false(targets_next(t, &s));
	targets_free(t);
}

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		enum target_line what;
		unsigned length, port;
	} rows[] = {
		{"192.0.2.1", LINE_TARGET, 32, 0},
		{"  192.0.2.1\t443 # web\r\n", LINE_TARGET, 32, 443},
		{"\xef\xbb\xbf 192.0.2.1\r\n", LINE_TARGET, 32, 0},
		{"\xef\xbb\xbf# nothing\r\n", LINE_EMPTY, 0, 0},
		{"\xef\xbb\xbf\xef\xbb\xbf"
		 "1.1.1.1",
		 LINE_BAD, 0, 0},
		{"192.0.2.1:8080", LINE_TARGET, 32, 8080},
		{"192.0.2.1, 8080", LINE_TARGET, 32, 8080},
		{"192.0.2.0/24 80", LINE_TARGET, 24, 80},
		{"2001:db8::1", LINE_TARGET, 128, 0},
		{"[2001:db8::1]:443", LINE_TARGET, 128, 443},
		{"2001:db8::/32,443", LINE_TARGET, 32, 443},
		{"", LINE_EMPTY, 0, 0},
		{" # nothing", LINE_EMPTY, 0, 0},
		{"example.org", LINE_BAD, 0, 0},
		{"192.0.2.1 0", LINE_BAD, 0, 0},
		{"192.0.2.1 65536", LINE_BAD, 0, 0},
		{"192.0.2.1 80 80", LINE_BAD, 0, 0},
		{"192.0.2.1:80 80", LINE_BAD, 0, 0},
		{"192.0.2.1:", LINE_BAD, 0, 0},
		{"[2001:db8::1]", LINE_BAD, 0, 0},
		{"192.0.2.1/24", LINE_BAD, 0, 0},
		{",80", LINE_BAD, 0, 0},
		{"# of CR alone\r192.0.2.1\r", LINE_BAD, 0, 0},
		{"192.0.2.1\r\r\n", LINE_TARGET, 32, 0},
	};
	struct prefix p;
	uint16_t port;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(target_line_read(rows[i].line,
						  strlen(rows[i].line), &p,
						  &port),
				 rows[i].what);
		if (rows[i].what != LINE_TARGET)
			continue;
		assert_int_equal(p.length, rows[i].length);
		assert_int_equal(port, rows[i].port);
	}
	assert_int_equal(target_line_read("1.1.1.1\0 9", 10, &p, &port),
			 LINE_BAD);
	assert_int_equal(target_line_read("1.1.1.1\0\n", 9, &p, &port),
			 LINE_BAD);
	assert_int_equal(target_line_read("\0\n", 2, &p, &port), LINE_BAD);
}

/* One space: each address of each prefix on each port, once, mixed. */
static void test_one_space(void **state)
{
	struct targets_config c = config();
	struct targets *t;
	struct survey_target s;
	unsigned seen[3][256] = {{0}}, count = 0, moves = 0, last = 9;

	(void)state;
	c.port_count = 2;
	t = targets_new(&c);
	add(t, "10.1.0.0/24", 0);
	add(t, "fd00::/121", 8080);
	for (; targets_next(t, &s); count++) {
		bool four = s.address.family == 4;
		unsigned row = !four ? 2 : s.port == 443;

		assert_int_equal(s.number, count);
		assert_true(s.named);
		assert_true(four ? s.port == 80 || s.port == 443
				 : s.port == 8080);
		seen[row][s.address.bytes[four ? 3 : 15]]++;
		moves += row != last;
		last = row;
	}
	assert_int_equal(count, 2 * 256 + 128);
	for (unsigned i = 0; i < 256; i++)
		assert_true(seen[0][i] == 1 && seen[1][i] == 1 &&
			    seen[2][i] == (i < 128));
	assert_true(moves > 200); /* not one behind the other */
	assert_true(targets_are_private(t));
	assert_end(t);
}

static void test_too_large(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct prefix p;

	(void)state;
	assert_true(prefix_parse("fd00::/64", &p));
	assert_false(targets_add(t, &p, 0));
	assert_true(prefix_parse("fd00::/66", &p));
	assert_true(targets_add(t, &p, 0));
	assert_true(prefix_parse("10.0.0.0", &p));
	assert_false(targets_add(t, &p, 0));
	targets_free(t);
	targets_free(NULL);
	/* as many as there may be, of two */
	t = targets_new(&c);
	assert_true(prefix_parse("fd00::/67", &p));
	assert_true(targets_add(t, &p, 0));
	assert_true(targets_add(t, &p, 0));
	targets_free(t);
}

static void test_private(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);

	(void)state;
	add(t, "10.1.0.0/24", 0);
	assert_true(targets_are_private(t));
	add(t, "192.0.2.0/24", 0);
	assert_false(targets_are_private(t));
	targets_free(t);
}

/* One address of a family, before any is asked: of the command line, or the
 * first in what there is of a list. It is asked all the same. */
static void test_peek(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct address a;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_false(targets_peek(t, 4, &a));
	add(t, "10.1.0.0/24", 0);
	add_list(t, "# none\n10.2.0.9\nname\nfd00::/120\nfd00::7\n");
	assert_true(targets_await(t));
	assert_true(targets_peek(t, 4, &a));
	assert_string_equal(address_text(&a, text), "10.1.0.128");
	assert_true(targets_peek(t, 6, &a));
	assert_string_equal(address_text(&a, text), "fd00::80");
	targets_free(t);
	t = targets_new(&c);
	add_list(t, "10.2.0.9");
	assert_true(targets_await(t));
	assert_false(targets_peek(t, 6, &a));
	assert_true(targets_peek(t, 4, &a));
	assert_string_equal(address_text(&a, text), "10.2.0.9");
	assert_next(t, "10.2.0.9", 80);
	assert_end(t);
}

/* All that is read at a time, in however many parts it comes; behind that
 * nobody looks, and nothing is lost. */
static void test_peek_far(void **state)
{
	static char text[100000];
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct address a;
	int ends[2];

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, "10.0.0.1", 8);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(write(ends[1], text, 33000), 33000);
	assert_int_equal(write(ends[1], "fd00::1\n", 8), 8);
	close(ends[1]);
	targets_add_list(t, ends[0]);
	assert_true(targets_await(t));
	assert_true(targets_peek(t, 6, &a));
	assert_next(t, "10.0.0.1", 80);
	assert_next(t, "fd00::1", 80);
	assert_end(t);
	t = targets_new(&c);
	memcpy(text + 90000, "fd00::1", 7);
	targets_add_list(t, file_of(text, sizeof(text)));
	assert_true(targets_await(t));
	assert_false(targets_peek(t, 6, &a));
	assert_next(t, "10.0.0.1", 80);
	assert_next(t, "fd00::1", 80);
	assert_end(t);
}

/* What is not yet a whole line may still become another address. */
static void test_peek_part(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct address a;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(write(ends[1], "fd00::1\n10.0.0.1", 16), 16);
	targets_add_list(t, ends[0]);
	assert_true(targets_await(t));
	assert_true(targets_peek(t, 6, &a));
	assert_false(targets_peek(t, 4, &a));
	assert_int_equal(write(ends[1], "29", 2), 2);
	close(ends[1]);
	assert_next(t, "fd00::1", 80);
	assert_next(t, "10.0.0.129", 80);
	assert_end(t);
}

/* A line of less than what is read at a time is one, wherever it begins. */
static void test_long_comment(void **state)
{
	static char text[80000];
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	uint64_t first;

	(void)state;
	memset(text, '\n', sizeof(text));
	memcpy(text, "10.0.0.1", 8);
	text[30000] = '#';
	memset(text + 30001, 'x', 49000);
	memcpy(text + 79500, "10.0.0.2", 8);
	targets_add_list(t, file_of(text, sizeof(text)));
	assert_next(t, "10.0.0.1", 80);
	assert_next(t, "10.0.0.2", 80);
	assert_int_equal(targets_bad_lines(t, &first), 0);
	assert_end(t);
}

/* Of one of more, no part is a line of its own. */
static void test_rest_of_long_line(void **state)
{
	static char text[400000];
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct address a;
	uint64_t first;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '#';
	memcpy(text + 65536, "10.0.0.9\n10.0.0.1 #", 19); /* a read ends */
	memcpy(text + 200000, "10.0.0.9\n", 9);
	memset(text + 200009, ' ', 100000);
	memcpy(text + 300009, "10.0.0.9\n10.0.0.2\n#", 20);
	targets_add_list(t, file_of(text, sizeof(text)));
	assert_true(targets_await(t));
	assert_true(targets_peek(t, 4, &a) && a.bytes[3] == 1);
	assert_next(t, "10.0.0.1", 80);
	assert_next(t, "10.0.0.2", 80);
	assert_int_equal(targets_bad_lines(t, &first), 1);
	assert_int_equal(first, 3);
	assert_end(t);
}

/* Who has to send, to listen and to end has his turn, however many there are
 * that are none. */
static void test_endless(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct survey_target s;
	uint64_t first;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	add(t, "10.0.0.1", 0);
	targets_add_list(t, fd);
	assert_next(t, "10.0.0.1", 80);
	for (unsigned i = 0; i < 3; i++) {
		assert_false(targets_next(t, &s));
		assert_int_equal(targets_wait_for(t), fd);
	}
	assert_int_equal(targets_bad_lines(t, &first), 1);
	targets_free(t);
}

static void test_list(void **state)
{
	struct targets_config c = config();
	struct targets *t;
	uint64_t first;

	(void)state;
	c.port_count = 2;
	t = targets_new(&c);
	add_list(t, "# a list\n192.0.2.1\nname\n\n192.0.2.2 25\n");
	add_list(t, "wrong\n[2001:db8::1]:22"); /* no newline at the end */
	assert_next(t, "192.0.2.1", 80);
	assert_next(t, "192.0.2.1", 443);
	assert_next(t, "192.0.2.2", 25);
	assert_next(t, "2001:db8::1", 22);
	assert_int_equal(targets_bad_lines(t, &first), 2);
	assert_int_equal(first, 3);
	assert_false(targets_are_private(t));
	assert_end(t);
}

static void test_prefix_in_list(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct survey_target s;
	unsigned seen[16] = {0};

	(void)state;
	add_list(t, "8.8.8.0/28\n10.0.0.1\n");
	for (unsigned i = 0; i < 16; i++) {
		assert_true(targets_next(t, &s) && !s.named);
		seen[s.address.bytes[3]]++;
	}
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(seen[i], 1);
	assert_true(targets_next(t, &s) && s.named);
	assert_end(t);
}

/* Lines that no buffer ends with, and one that is longer than any. */
static void test_long_list(void **state)
{
	size_t room = 400000, length = 0;
	char *text = malloc(room);
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	struct survey_target s;
	unsigned count = 0;
	uint64_t first;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 150000);
	length = 150000;
	for (unsigned i = 0; i < 10000; i++)
		length += (size_t)snprintf(text + length, room - length,
					   "\n10.0.%u.%u", i / 256, i % 256);
	targets_add_list(t, file_of(text, length));
	for (; targets_next(t, &s); count++)
		assert_int_equal(s.address.bytes[2] * 256 + s.address.bytes[3],
				 count);
	assert_int_equal(count, 10000);
	assert_int_equal(targets_bad_lines(t, &first), 1);
	free(text);
	assert_end(t);
}

static void test_families(void **state)
{
	struct targets_config c = config();
	struct survey_target s;
	struct targets *t;

	(void)state;
	c.ipv6 = false;
	t = targets_new(&c);
	add_list(t, "fd00::1\n10.0.0.1\n");
	assert_next(t, "10.0.0.1", 80);
	assert_int_equal(targets_other_family(t), 1);
	assert_end(t);
	/* more of them than anybody could wait for */
	t = targets_new(&c);
	add(t, "fd00::/68", 0);
	add(t, "10.0.0.0/30", 0);
	add(t, "fd01::/68", 0);
	add_list(t, "fd00::/66\n10.0.0.4\n");
	for (unsigned i = 0; i < 4; i++)
		assert_true(targets_next(t, &s) && s.address.family == 4);
	assert_next(t, "10.0.0.4", 80);
	assert_end(t);
}

/* Each target of a space, of prefixes in lists and of lines is of one shard. */
static void test_shards(void **state)
{
	unsigned seen[4][256] = {{0}}, shares[3] = {0};

	(void)state;
	for (uint64_t shard = 0; shard < 3; shard++) {
		struct targets_config c = config();
		struct targets *t;
		struct survey_target s;

		c.shard = shard;
		c.shards = 3;
		t = targets_new(&c);
		add(t, "10.0.0.0/24", 0);
		add_list(t, "10.0.1.0/24\n10.0.2.1\n10.0.2.2\n10.0.2.3\n"
			    "10.0.2.4\n10.0.2.5\n10.0.2.6\n");
		while (targets_next(t, &s)) {
			seen[s.address.bytes[2]][s.address.bytes[3]]++;
			shares[shard] += s.address.bytes[2] == 2;
		}
		targets_free(t);
	}
	for (unsigned i = 0; i < 256; i++) {
		assert_int_equal(seen[0][i], 1);
		assert_int_equal(seen[1][i], 1);
		assert_int_equal(seen[2][i], i >= 1 && i <= 6);
	}
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(shares[i], 2);
}

static void give(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void assert_waits(struct targets *t, int fd)
{
	struct survey_target s;

	assert_false(targets_next(t, &s));
	assert_int_equal(targets_wait_for(t), fd);
}

/* What is read while it waits must not become a target: a line of another
 * family, on two ports. */
static void test_pipe(void **state)
{
	const struct targets_config c = {
		.ports = ports, .port_count = 2, .ipv4 = true, .shards = 1};
	struct targets *t = targets_new(&c);
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	targets_add_list(t, ends[0]);
	give(ends[1], "# nobody\nname\n192.0.2.1 80\n192.0");
	assert_true(targets_await(t) && targets_are_unread(t));
	assert_next(t, "192.0.2.1", 80);
	assert_waits(t, ends[0]);
	give(ends[1], ".2.2\n2001:db8::1\n");
	assert_next(t, "192.0.2.2", 80);
	assert_next(t, "192.0.2.2", 443);
	assert_waits(t, ends[0]);
	give(ends[1], "2001:db8::/64\n192.0.2.3:1\n2001:db8::2");
	assert_next(t, "192.0.2.3", 1);
	assert_waits(t, ends[0]);
	close(ends[1]);
	assert_end(t);
}

/* Only the third list has one. */
static void test_await(void **state)
{
	struct targets_config c = config();
	struct targets *t = targets_new(&c);
	char *comments = malloc(100001);
	struct address a;
	uint64_t first;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		comments[i] = "#\n"[i & 1];
	comments[100000] = '\0';
	add_list(t, comments);
	add_list(t, "\nname");
	add_list(t, "2001:db8::7\n");
	add_list(t, "192.0.2.1\n");
	assert_true(targets_await(t));
	assert_true(targets_peek(t, 6, &a) && !targets_peek(t, 4, &a));
	assert_true(targets_are_unread(t));
	assert_int_equal(targets_bad_lines(t, &first), 1);
	assert_int_equal(first, 2);
	assert_next(t, "2001:db8::7", 80);
	assert_next(t, "192.0.2.1", 80);
	assert_end(t);
	t = targets_new(&c);
	add_list(t, comments);
	assert_false(targets_await(t));
	assert_end(t);
	free(comments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_one_space),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_peek_far),
		cmocka_unit_test(test_peek_part),
		cmocka_unit_test(test_long_comment),
		cmocka_unit_test(test_rest_of_long_line),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_prefix_in_list),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_shards),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_await),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
