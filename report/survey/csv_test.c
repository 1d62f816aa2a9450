/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "report/origin_table.h"
#include "report/survey/contrast.h"
#include "report/survey/csv.h"
#include "report/survey/tally.h"

static char *print(const struct survey_tally *t, const char *table)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	csv_print(t, NULL, table, file);
	fclose(file);
	return text;
}

static void fill(struct survey_tally *t)
{
	for (unsigned i = 0; i < 1234; i++)
		tally_add(t, 4, 443, i < 4 ? CLASS_V1 : CLASS_SILENT);
	tally_add(t, 6, 80, CLASS_PLAIN);
}

static void test_classes(void **state)
{
	struct survey_tally t = {0};
	char *text;

	(void)state;
	fill(&t);
	text = print(&t, NULL);
	assert_non_null(strstr(text, "port,class,targets,share,low,high\n80,"));
	assert_non_null(strstr(text, "443,v1,4,0.00324149,0.00126"));
	assert_non_null(strstr(text, "443,mirror,0,0.00000000,0.00000000,"));
	assert_null(strstr(text, "family"));
	free(text);
	tally_free(&t);
}

static void test_families(void **state)
{
	struct survey_tally t = {0};
	char *text;

	(void)state;
	fill(&t);
	text = print(&t, "families");
	assert_non_null(strstr(text, "family,class,targets,share,low,high\n"));
	assert_non_null(strstr(text, "\nIPv4,v1,4,0.00324149,0.00126"));
	assert_non_null(strstr(text, "\nIPv6,plain,1,1.00000000,"));
	tally_free(&t);
	free(text);
	/* a family of no target has no shares */
	tally_add(&t, 6, 80, CLASS_PLAIN);
	text = print(&t, "families");
	assert_null(strstr(text, "IPv4"));
	free(text);
	tally_free(&t);
}

static void test_stacks(void **state)
{
	struct stack_row rows[] = {{.scenario = "random-token-join",
				    .version = 1,
				    .answer = "reset 1",
				    .targets = 3,
				    .like = "as \"x\", y does"},
				   {.scenario = "random-token-join",
				    .version = 1,
				    .answer = "silent",
				    .targets = 1}};
	const struct survey_tally t = {.stacks = {rows, 2}};
	char *text = print(&t, "stacks");

	(void)state;
	assert_non_null(strstr(text, "scenario,version,answer,targets,share,"
				     "low,high,stacks\n"
				     "random-token-join,1,reset 1,3,0.75000000,"
				     "0.30"));
	assert_non_null(strstr(text, ",\"as \"\"x\"\", y does\"\n"));
	assert_non_null(strstr(text, ",silent,1,0.25000000,"));
	assert_non_null(strstr(text, ",\"\"\n"));
	free(text);
}

/* A target behind 10.0.1.2 and 10.0.2.2, of what is found between them. */
static void add_probe(struct survey_places *p)
{
	json_t *line = json_loads(
		"{\"target\":{\"address\":\"192.0.2.1\"},\"probe\":{"
		"\"verdict\":"
		"{\"status\":\"blocked\"},\"findings\":[{\"id\":"
		"\"mp_capable.removed\",\"direction\":\"forward\",\"after\":"
		"{\"ttl\":1,\"address\":\"10.0.1.2\"},\"at\":{\"ttl\":2,"
		"\"address\":\"10.0.2.2\"}},{\"id\":\"dss.removed\","
		"\"direction\":\"return\",\"after\":null,\"at\":null}],"
		"\"path\":[{\"address\":\"10.0.1.2\"}]}}",
		0, NULL);

	assert_non_null(line);
	places_add(p, line);
	json_decref(line);
}

static void test_places(void **state)
{
	static const char networks[] = "10.0.1.0/24 64500 EXAMPLE\n";
	FILE *file = fmemopen((char *)networks, strlen(networks), "r");
	unsigned long wrong;
	struct origin_table *o = origin_table_read(file, &wrong);
	struct survey_tally t = {.places = {.origins = o}};
	char *text;

	(void)state;
	fclose(file);
	add_probe(&t.places);
	text = print(&t, "hops");
	assert_string_equal(text, "finding,direction,after,after_network,at,"
				  "at_network,targets,of\n"
				  "dss.removed,return,,,,,1,\n"
				  "mp_capable.removed,forward,10.0.1.2,AS64500,"
				  "10.0.2.2,,1,1\n");
	free(text);
	text = print(&t, "networks");
	assert_string_equal(text, "finding,direction,after,at,targets,of\n"
				  "dss.removed,return,,,1,\n"
				  "mp_capable.removed,forward,AS64500,?,1,1\n");
	free(text);
	t.places.origins = NULL;
	text = print(&t, "hops");
	assert_non_null(strstr(text, ",10.0.1.2,,10.0.2.2,,1,1\n"));
	free(text);
	tally_free(&t);
	origin_table_free(o);
}

#define FINDINGS                                                               \
	"address,port,class,verdict,finding,effect,direction,segment,how,"     \
	"confidence,after_ttl,after,after_network,at_ttl,at,at_network,"       \
	"evidence,text\n"

/* Of these results, after they were read once. */
static char *findings_of(const char *lines, const struct origin_table *o)
{
	FILE *results = fmemopen((char *)lines, strlen(lines), "r");
	struct survey_tally t = {.places = {.origins = o}};
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(results);
	assert_non_null(file);
	tally_read(&t, results);
	csv_print(&t, results, "findings", file);
	fclose(file);
	fclose(results);
	tally_free(&t);
	return text;
}

static void test_findings(void **state)
{
	static const char networks[] = "10.0.4.0/24 64500 EXAMPLE\n";
	FILE *file = fmemopen((char *)networks, strlen(networks), "r");
	unsigned long wrong;
	struct origin_table *o = origin_table_read(file, &wrong);
	char *text;

	(void)state;
	fclose(file);
	text = findings_of(
		"{\"target\":{\"address\":\"192.0.2.1\",\"port\":443},"
		"\"class\":"
		"\"plain\"}\n"
		"{\"target\":{\"address\":\"192.0.2.2\",\"port\":443},"
		"\"class\":"
		"\"plain\",\"probe\":{\"verdict\":{\"status\":\"blocked\"},"
		"\"evidence\":\"evidence/192.0.2.2.443.pcap\",\"findings\":["
		"{\"id\":\"mp_capable.removed\",\"effect\":\"blocks\","
		"\"direction\":\"forward\",\"segment\":\"syn\",\"how\":\"nop\","
		"\"after\":{\"ttl\":3,\"address\":\"10.0.3.2\"},\"at\":{"
		"\"ttl\":4,\"address\":\"10.0.4.2\"},\"confidence\":\"proven\","
		"\"text\":\"a \\\"b\\\", c\"},{\"id\":\"dss.removed\","
		"\"how\":null,\"after\":null,\"at\":{\"ttl\":5}}]}}\n",
		o);
	assert_string_equal(
		text, FINDINGS
		"192.0.2.2,443,plain,blocked,mp_capable.removed,blocks,forward,"
		"syn,nop,proven,3,10.0.3.2,,4,10.0.4.2,AS64500,"
		"evidence/192.0.2.2.443.pcap,\"a \"\"b\"\", c\"\n"
		"192.0.2.2,443,plain,blocked,dss.removed,,,,,,,,,5,,,"
		"evidence/192.0.2.2.443.pcap,\n");
	free(text);
	origin_table_free(o);
}

/* What no survey wrote makes no row of its own, and reaches no terminal. */
static void test_hostile_findings(void **state)
{
	char *text = findings_of(
		"x\n{\"probe\":{\"findings\":{\"id\":\"y\"}}}\n"
		"{\"target\":7,\"class\":[],\"probe\":{\"findings\":[{\"id\":"
		"\"a\\n\\u001b[2J,b\",\"after\":[],\"at\":{\"ttl\":\"z\","
		"\"address\":7}}]}}\n",
		NULL);

	(void)state;
	assert_string_equal(text, FINDINGS ",0,,,\"a??[2J,b\",,,,,,,,,,,,,\n");
	free(text);
}

#define PROBE                                                                  \
	",\"probe\":{\"findings\":[{\"id\":\"dss.dropped\",\"effect\":"        \
	"\"blocks\",\"after\":{\"ttl\":1,\"address\":\"10.0.0.1\"}}],"         \
	"\"path\":[{\"address\":\"10.0.0.1\"}]}"
#define LINE(n, class, probe)                                                  \
	"{\"target\":{\"address\":\"192.0.2." n                                \
	"\",\"port\":80},\"class\":\"" class "\"" probe "}\n"

static void test_contrast(void **state)
{
	static const char a[] = LINE("1", "v1", PROBE) LINE("2", "plain", "")
		LINE("3", "plain", "") LINE("4", "mirror", "");
	static const char b[] = LINE("1", "v1", PROBE) LINE("2", "v1", "")
		LINE("3", "v1", "") LINE("4", "v1", "");
	static const char c[] = LINE("2", "plain", "") LINE("3", "plain", "")
		LINE("4", "plain", "");
	static const char *const names[] = {"a", "b \"x\"", "c"};
	FILE *files[] = {fmemopen((char *)a, sizeof(a) - 1, "r"),
			 fmemopen((char *)b, sizeof(b) - 1, "r"),
			 fmemopen((char *)c, sizeof(c) - 1, "r")};
	struct contrast contrast;
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	contrast_read(&contrast, names, files, 3);
	csv_contrast(&contrast, file);
	fclose(file);
	assert_string_equal(
		text, "side,finding,after,at,there_from,somewhere_from,"
		      "not_from,unknown_from,targets\n"
		      "near,plain,,,\"\",\"c\",\"\",\"\",\n"
		      "shared,dss.dropped,10.0.0.1,,\"a b \"\"x\"\"\",\"\","
		      "\"\",\"\",1\n");
	free(text);
	contrast_free(&contrast);
	for (unsigned i = 0; i < 3; i++)
		fclose(files[i]);
}

static void test_names(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_true(csv_has_table("classes"));
	assert_true(csv_has_table("families"));
	assert_true(csv_has_table("stacks"));
	assert_false(csv_has_table("class"));
	assert_true(csv_has_table("findings"));
	assert_false(csv_has_table(""));
	assert_string_equal(csv_tables(a), "classes, families, stacks, hops, "
					   "networks or findings");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_hostile_findings),
		cmocka_unit_test(test_contrast),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
