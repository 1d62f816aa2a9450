/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crafting/address.h"
#include "probe/survey/evidence.h"

static char path[] = "/tmp/evidence.XXXXXX";
static int directory;

static void make(const char *name)
{
	int fd = openat(directory, name, O_CREAT | O_WRONLY, 0600);

	assert_true(fd != -1);
	close(fd);
}

/* And removes it. */
static bool is_there(const char *name)
{
	return unlinkat(directory, name, 0) == 0;
}

static int begin(void **state)
{
	(void)state;
	strcpy(strrchr(path, '.'), ".XXXXXX");
	if (!mkdtemp(path))
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY);
	return directory == -1;
}

static int end(void **state)
{
	(void)state;
	close(directory);
	return rmdir(path);
}

static FILE *results(const char *lines)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	fputs(lines, file);
	fflush(file);
	return file;
}

static void test_name(void **state)
{
	char text[EVIDENCE_NAME];
	struct address a;

	(void)state;
	assert_true(address_parse("2001:db8::1", &a));
	assert_string_equal(evidence_name(&a, 443, text),
			    "2001:db8::1.443.pcap");
}

static void test_tidy(void **state)
{
	static const char *const gone[] = {
		"192.0.2.1.80.pcap",	/* another port */
		"192.0.2.2.443.pcap",	/* only in a text */
		"2001:db8::2.443.pcap", /* nowhere */
	};
	static const char *const kept[] = {
		"192.0.2.1.443.pcap",
		"2001:db8::1.443.pcap",
		"notes",
		"192.0.2.9.443.pcapng",
		"192.0.2.9.0443.pcap",
		"mine.443.pcap",
		".192.0.2.9.443.pcap",
		"192.0.2.9.pcap",
		"192.0.2.9.443.pcap.gz",
		"192.0.2.9.x.pcap",
	};
	FILE *file = results(
		"{\"probe\":{\"evidence\":\"evidence/192.0.2.1.443.pcap\"}}\n"
		"{\"probe\":{\"text\":\"\\\"evidence\\\":\\\"evidence/"
		"192.0.2.2.443.pcap\\\"\"}}\n"
		"{\"class\":\"silent\"}\n"
		"{\"probe\":{\"evidence\":\"evidence/2001:db8::1.443.pcap\"}}");

	(void)state;
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		make(gone[i]);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		make(kept[i]);
	assert_int_equal(evidence_tidy(directory, fileno(file)), 0);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		assert_false(is_there(gone[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(is_there(kept[i]));
	fclose(file);
}

static void test_nothing_is_there(void **state)
{
	FILE *file = results("");

	(void)state;
	assert_int_equal(evidence_tidy(directory, fileno(file)), 0);
	assert_int_equal(evidence_tidy(-1, fileno(file)), -1);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test_setup_teardown(test_tidy, begin, end),
		cmocka_unit_test_setup_teardown(test_nothing_is_there, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
