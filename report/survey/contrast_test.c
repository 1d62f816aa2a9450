/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/print/text.h"
#include "report/survey/contrast.h"
#include "tests/page.h"

/* Results as they would be written: a class by its letter, of 192.0.2.0 on; a
 * blank is not asked. */
static FILE *results(const char *letters)
{
	static const char *const names[] = {
		['1'] = "v1",	  ['s'] = "listener_behind_strip",
		['p'] = "plain",  ['d'] = "capable_dropped",
		['.'] = "silent", ['r'] = "reset",
		['m'] = "mirror", ['R'] = "capable_reset",
	};
	FILE *file = tmpfile();

	assert_non_null(file);
	for (size_t i = 0; letters[i]; i++)
		if (letters[i] != ' ')
			fprintf(file,
				"{\"target\":{\"address\":\"192.0.2.%zu\","
				"\"port\":80},\"class\":\"%s\"}\n",
				i, names[(unsigned char)letters[i]]);
	return file;
}

/* What is said of two vantage points, or of three. */
static char *say(const char *a, const char *b, const char *c)
{
	static const char *const names[] = {"A", "B", "C"};
	FILE *files[] = {results(a), results(b), c ? results(c) : NULL};
	struct contrast contrast;
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	contrast_read(&contrast, names, files, c ? 3 : 2);
	assert_int_equal(text_contrast(&page, &contrast), 0);
	page_done(&page);
	contrast_free(&contrast);
	for (unsigned i = 0; i < 3; i++)
		if (files[i])
			fclose(files[i]);
	return text;
}

#define HEAD "Targets that speak MPTCP from elsewhere, as seen from\n"

static void assert_said(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_said(say("1111pr..", "1111pr..", NULL),
		    HEAD "  A: 4 targets: 4 v1\n  B: 4 targets: 4 v1\n");
	assert_said(say("", "", NULL), HEAD "  A: 0 targets\n  B: 0 targets\n");
}

static void test_near_vantage(void **state)
{
	(void)state;
	assert_said(say("1111p", "ssssp", NULL),
		    HEAD "  A: 0 targets\n"
			 "  B: 4 targets: 4 listener_behind_strip\n"
			 "    All of them listener_behind_strip: what does "
			 "that is near this vantage\n"
			 "    point.\n");
	/* MP_JOIN is removed as well */
	assert_said(say("111", "ppp", NULL),
		    HEAD "  A: 0 targets\n  B: 3 targets: 3 plain\n"
			 "    All of them plain: what does that is near this "
			 "vantage point.\n");
}

/* Two may be by chance; a host that answers nobody is none that interferes. */
static void test_not_near(void **state)
{
	(void)state;
	assert_said(say("11", "pp", NULL),
		    HEAD "  A: 0 targets\n  B: 2 targets: 2 plain\n");
	assert_said(say("1111", "....", NULL),
		    HEAD "  A: 0 targets\n  B: 4 targets: 4 silent\n");
	assert_said(say("1111", "rrrr", NULL),
		    HEAD "  A: 0 targets\n  B: 4 targets: 4 reset\n");
	assert_said(say("1111", "ppp1", NULL),
		    HEAD "  A: 1 target: 1 v1\n  B: 4 targets: 1 v1, "
			 "3 plain\n");
}

static void test_near_server(void **state)
{
	(void)state;
	assert_said(say("111sd", "111sR", NULL),
		    HEAD "  A: 3 targets: 3 v1\n  B: 3 targets: 3 v1\n"
			 "Interfered with from all vantage points, so near "
			 "the server, or where all ways\n"
			 "  to it are one\n"
			 "  towards 2 targets; where is not known, from A and "
			 "B\n"
			 "  192.0.2.3 port 80: listener_behind_strip "
			 "listener_behind_strip\n"
			 "  192.0.2.4 port 80: capable_dropped "
			 "capable_reset\n");
}

static void test_between(void **state)
{
	(void)state;
	assert_said(say("1111", "11s1", "1111"),
		    HEAD "  A: 4 targets: 4 v1\n"
			 "  B: 4 targets: 3 v1, 1 listener_behind_strip\n"
			 "  C: 4 targets: 4 v1\n"
			 "Interfered with on the way from some vantage "
			 "points\n"
			 "  towards 1 target; where is not known, from B; not "
			 "from A and C\n"
			 "  192.0.2.2 port 80: v1 listener_behind_strip v1\n");
}

/* From where all are interfered with nothing is learned of one. */
static void test_near_and_between(void **state)
{
	(void)state;
	assert_said(say("ssss", "111s", NULL),
		    HEAD "  A: 3 targets: 3 listener_behind_strip\n"
			 "    All of them listener_behind_strip: what does "
			 "that is near this vantage\n"
			 "    point.\n"
			 "  B: 0 targets\n"
			 "Interfered with from one vantage point, and from no "
			 "other it is known\n"
			 "  towards 1 target; where is not known, from B\n"
			 "  192.0.2.3 port 80: listener_behind_strip "
			 "listener_behind_strip\n");
}

/* Of who was asked from one vantage point only, nothing is said. */
static void test_unasked(void **state)
{
	(void)state;
	assert_said(say("1 s ", " 1 s", NULL),
		    HEAD "  A: 0 targets\n  B: 0 targets\n");
	assert_said(say("111", "1", NULL),
		    HEAD "  A: 1 target: 1 v1\n  B: 1 target: 1 v1\n");
}

/* Silent from the first survey on, where another finds it. */
static void test_silent_first(void **state)
{
	(void)state;
	assert_said(say("...1", "1111", NULL),
		    HEAD "  A: 4 targets: 1 v1, 3 silent\n"
			 "  B: 1 target: 1 v1\n");
}

/* What is missing from one of them is said there, whatever is read of it. */
static void test_missing(void **state)
{
	static const char *const names[] = {"A", "B"};
	FILE *files[] = {results("11"), results("11")};
	json_t *meta = json_pack("{s:b, s:s, s:i}", "complete", 0, "ended", "x",
				 "targets", 64);
	struct contrast contrast;
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	(void)state;
	fputs("torn\n{\"schema\":\"mpprobe-survey/2\"}\n", files[1]);
	contrast_read(&contrast, names, files, 2);
	contrast_rest(&contrast, 0, NULL);
	contrast_rest(&contrast, 1, meta);
	assert_int_equal(contrast.told[1], 2);
	assert_int_equal(contrast.faults[0].bad_lines, 0);
	assert_int_equal(contrast.faults[1].bad_lines, 2);
	assert_string_equal(contrast.faults[0].other_schema, "");
	assert_string_equal(contrast.faults[1].other_schema,
			    "mpprobe-survey/2");
	text_contrast(&page, &contrast);
	page_done(&page);
	assert_said(text, HEAD
		    "  A: 2 targets: 2 v1\n"
		    "  B: 2 targets: 2 v1\n"
		    "    Not complete: of 64 targets that were asked 62 are "
		    "not in these tables: all\n"
		    "    that is told is of the others.\n");
	contrast_free(&contrast);
	json_decref(meta);
	fclose(files[0]);
	fclose(files[1]);
}

/* --- what is kept --------------------------------------------------------- */

/* Of results of one vantage point. */
static void read_lines(struct contrast *c, const char *lines)
{
	static const char *const names[] = {"A"};
	FILE *file = fmemopen((char *)lines, strlen(lines), "r");

	assert_non_null(file);
	contrast_read(c, names, &file, 1);
	fclose(file);
}

#define TARGET(port, class)                                                    \
	"{\"target\":{\"address\":\"192.0.2.1\",\"port\":" #port "},"          \
	"\"class\":\"" class "\"}\n"

static const struct contrast_target *only_target(const struct contrast *c)
{
	size_t i = 0;

	assert_int_equal(c->count, 1);
	while (!c->slots[i].address.family)
		i++;
	return &c->slots[i];
}

static void test_kept(void **state)
{
	struct contrast c;

	(void)state;
	read_lines(&c, TARGET(0, "v1") TARGET(65535, "v1") TARGET(65536, "v1")
			       TARGET(80, "silent"));
	assert_int_equal(only_target(&c)->port, 65535);
	contrast_free(&c);
}

/* The findings of a probe, of which each line is read twice. */
static const struct contrast_finding *findings(struct contrast *c,
					       const char *list)
{
	char line[600];
	const struct contrast_target *t;

	snprintf(line, sizeof(line),
		 "{\"target\":{\"address\":\"192.0.2.1\",\"port\":80},"
		 "\"class\":\"v1\",\"probe\":{\"findings\":[%s]}}\n",
		 list);
	read_lines(c, line);
	t = only_target(c);
	assert_non_null(t->probes);
	assert_null(t->probes->next);
	assert_ptr_equal(contrast_probe_of(t, 0), t->probes);
	return t->probes->findings;
}

/* A hop whose TTL no packet has is no place. */
static void test_hops(void **state)
{
	const struct contrast_finding *f;
	struct contrast c;

	(void)state;
	f = findings(&c, "{\"id\":\"a.b_1\",\"after\":{\"ttl\":255,"
			 "\"address\":\"10.0.0.1\"},\"at\":{\"ttl\":256,"
			 "\"address\":\"10.0.0.2\"}}");
	assert_string_equal(f->id, "a.b_1");
	assert_int_equal(f->ttl, 255);
	assert_int_equal(f->place.after.family, 4);
	assert_int_equal(f->place.at.family, 0);
	assert_null(f->next);
	contrast_free(&c);
}

/* Files may be of anybody: an id is a word of ours. */
static void test_ids(void **state)
{
	struct contrast c;

	(void)state;
	assert_null(findings(&c, "{\"effect\":\"blocks\"},{\"id\":7},"
				 "{\"id\":\"a,b\"}"));
	contrast_free(&c);
}

static void test_many(void **state)
{
	char letters[201];
	char *text;

	(void)state;
	memset(letters, 's', 200);
	letters[200] = '\0';
	text = say(letters, letters, NULL);
	assert_non_null(
		strstr(text, "towards 200 targets; where is not known"));
	assert_non_null(strstr(text, "  192.0.2.0 port 80: "));
	assert_non_null(strstr(text, "  192.0.2.9 port 80: "));
	assert_null(strstr(text, "192.0.2.10 "));
	assert_non_null(strstr(text, "  and 190 more\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_near_vantage),
		cmocka_unit_test(test_not_near),
		cmocka_unit_test(test_near_server),
		cmocka_unit_test(test_between),
		cmocka_unit_test(test_near_and_between),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_silent_first),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_hops),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
