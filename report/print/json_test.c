/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports made by hand as JSON, parsed again. That they fit the schema is
 * for validate.py to say: JSON_SAMPLES=FILE writes them all there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/print/json.h"
#include "tests/page.h"
#include "tests/samples.h"

static char *written(const struct report *r)
{
	char *text = NULL;
	size_t size;
	struct page page = page_in(&text, &size);

	assert_int_equal(json_report(&page, r), 0);
	page_done(&page);
	return text;
}

static json_t *parsed(const struct report *r)
{
	char *text = written(r);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (json == NULL)
		fail_msg("%s: %s", error.text, text);
	free(text);
	return json;
}

/* Follows "findings.0.after.ttl" down from an object. */
static const json_t *at(const json_t *json, const char *path)
{
	char step[64];
	size_t length;

	for (; *path != '\0'; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		snprintf(step, sizeof(step), "%.*s", (int)length, path);
		json = json_is_array(json)
			       ? json_array_get(json, (size_t)atoi(step))
			       : json_object_get(json, step);
		if (json == NULL)
			fail_msg("there is no %s", path);
	}
	return json;
}

static void text_at(const json_t *json, const char *path, const char *expected)
{
	const char *text = json_string_value(at(json, path));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void number_at(const json_t *json, const char *path, json_int_t expected)
{
	assert_true(json_is_integer(at(json, path)));
	assert_int_equal(json_integer_value(at(json, path)), expected);
}

static void null_at(const json_t *json, const char *path)
{
	assert_true(json_is_null(at(json, path)));
}

static void test_top(const json_t *json)
{
	text_at(json, "schema", "mpprobe-report/1");
	text_at(json, "version", MPPROBE_VERSION);
	text_at(json, "started", "2026-11-20T23:00:00.123Z");
	assert_true(json_is_real(at(json, "elapsed_ms")));
	assert_true(json_is_false(at(json, "interrupted")));
	assert_null(json_object_get(json, "interruption"));
	text_at(json, "target.name", "server.lab");
	text_at(json, "target.address", "10.0.5.2");
	number_at(json, "target.port", 80);
	text_at(json, "source.address", "10.0.1.1");
	text_at(json, "source.interface", "eth0");
	number_at(json, "capture.frames", 84);
	number_at(json, "capture.dropped", 0);
	assert_null(
		json_object_get(json_object_get(json, "capture"), "misfits"));
	assert_null(
		json_object_get(json_object_get(json, "capture"), "truncated"));
	text_at(json, "verdict.status", "blocked");
	text_at(json, "verdict.confidence", "proven");
	null_at(json, "verdict.mptcp_version");
}

static void test_parts(const json_t *json)
{
	text_at(json, "findings.0.id", "mp_capable.removed");
	text_at(json, "findings.0.effect", "blocks");
	text_at(json, "findings.0.direction", "forward");
	text_at(json, "findings.0.segment", "syn");
	text_at(json, "findings.0.how", "nop");
	number_at(json, "findings.0.after.ttl", 3);
	text_at(json, "findings.0.after.address", "10.0.3.2");
	number_at(json, "findings.0.at.ttl", 4);
	number_at(json, "findings.0.connections.0", 2);
	number_at(json, "findings.0.evidence.1.frame", 12);
	text_at(json, "findings.0.evidence.1.sent", "1e040101");
	text_at(json, "findings.0.evidence.1.seen", "01010101");
	number_at(json, "path.3.ttl", 4);
	null_at(json, "path.3.name");
	number_at(json, "path.3.responders.0.reply_ttl", 61);
	text_at(json, "path.3.quotes.1.segment", "syn");
	text_at(json, "path.3.quotes.1.matched_by", "ip.id");
	text_at(json, "path.3.quotes.1.changes.0.field", "tcp.option.mptcp");
	text_at(json, "path.3.quotes.1.changes.0.sent", "1e040101");
	null_at(json, "path.3.quotes.1.changes.0.quoted");
	text_at(json, "connections.1.purpose", "mp_capable");
	number_at(json, "connections.1.reach_ttl", 5);
	null_at(json, "connections.1.keys_verified");
	number_at(json, "connections.1.syn_ack.initial_ttl", 64);
	null_at(json, "connections.1.reset");
	null_at(json, "connections.3.reach_ttl");
	null_at(json, "connections.3.syn_ack");
	text_at(json, "ladder.2.step", "syn_ack_option");
	text_at(json, "ladder.2.result", "fail");
	assert_int_equal(json_array_size(at(json, "ladder")), RUNG_COUNT);
	assert_int_equal(json_array_size(at(json, "announced")), 0);
}

static void test_fields(void **state)
{
	struct report *r = sample_strip();
	json_t *json = parsed(r);

	(void)state;
	test_top(json);
	test_parts(json);
	json_decref(json);
	report_free(r);
}

/* One line each, keys in the order of the schema, times without noise. */
static void test_form(void **state)
{
	static const char *const keys[] = {
		"schema",     "version",       "started",
		"elapsed_ms", "\"interrupted", "target",
		"source",     "capture",       "verdict",
		"findings",   "\"path",	       "\"connections\":[{",
		"\"ladder",   "announced",     "announcements",
		"\"server",
	};
	struct report *r = sample_clear();
	const char *found;
	char *text;
	size_t i;

	(void)state;
	r->path[0].rtt_ms = 0.1 + 0.11;
	r->elapsed_ms = 1.0 / 3;
	text = written(r);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_non_null(strstr(text, "\"rtt_ms\":0.21,"));
	assert_non_null(strstr(text, "\"elapsed_ms\":0.333,"));
	for (i = 0, found = text; i < sizeof(keys) / sizeof(keys[0]); i++) {
		found = strstr(found, keys[i]);
		if (found == NULL)
			fail_msg("%s is missing or out of order", keys[i]);
	}
	free(text);
	report_free(r);
}

static void test_unknown(void **state)
{
	struct report *r = sample_interrupted();
	json_t *json;

	(void)state;
	r->source = (struct address){0};
	r->interface = NULL;
	r->interruption = "eth0 is gone";
	r->path[0].address = (struct address){0};
	r->path[0].responders[0].rtt_ms = 0.0 / 0.0;
	json = parsed(r);
	assert_true(json_is_true(at(json, "interrupted")));
	assert_string_equal(json_string_value(at(json, "interruption")),
			    "eth0 is gone");
	null_at(json, "started");
	null_at(json, "source.address");
	null_at(json, "source.interface");
	null_at(json, "path.0.address");
	null_at(json, "path.0.rtt_ms");
	null_at(json, "path.0.responders.0.rtt_ms");
	null_at(json, "verdict.advice");
	json_decref(json);
	report_free(r);
}

static void test_places(void **state)
{
	struct report *r = sample_impaired();
	json_t *json = parsed(r);

	(void)state;
	number_at(json, "capture.truncated", 3);
	number_at(json, "capture.misfits", 1204);
	null_at(json, "findings.3.after");
	number_at(json, "findings.3.at.ttl", 3);
	null_at(json, "findings.4.at");
	null_at(json, "findings.4.evidence.0.frame");
	json_decref(json);
	report_free(r);
}

static void test_not_utf8(void **state)
{
	struct report *r = sample_hostile();
	json_t *json = parsed(r);

	(void)state;
	text_at(json, "target.name", "evil\033[2Jname\n.example");
	text_at(json, "path.0.name", "???31m");
	text_at(json, "path.1.name", "sch\xc3\xb6n.example");
	text_at(json, "path.2.quotes.0.changes.0.sent", "fd04?");
	json_decref(json);
	report_free(r);
}

static void test_full_disk(void **state)
{
	struct report *r = sample_clear();
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (out == NULL)
		skip();
	setbuf(out, NULL);
	assert_int_equal(json_report(&(struct page){.out = out}, r), -1);
	fclose(out);
	report_free(r);
}

/* Fails from the allocation after `left` more on. */
static long left;

static void *scarce(size_t size)
{
	return left-- > 0 ? malloc(size) : NULL;
}

/* Whichever allocation fails, it is said, and nothing is lost. */
static void test_no_memory(void **state)
{
	struct report *r = sample_strip();
	struct page page = page_on(fopen("/dev/null", "w"));
	long enough = 0;

	(void)state;
	json_set_alloc_funcs(scarce, free);
	for (left = 0; json_report(&page, r) != 0; left = ++enough)
		assert_true(enough < 10000);
	assert_true(enough > 500);
	json_set_alloc_funcs(malloc, free);
	page_done(&page);
	report_free(r);
}

static void test_samples(void **state)
{
	const char *path = getenv("JSON_SAMPLES");
	FILE *out = path == NULL ? NULL : fopen(path, "w");
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		struct report *r = samples[i].make();

		json_decref(parsed(r));
		if (out != NULL)
			assert_int_equal(
				json_report(&(struct page){.out = out}, r), 0);
		report_free(r);
	}
	if (out != NULL)
		fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
