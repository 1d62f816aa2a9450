/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every pcaps/DIR/X.pcap or X.pcapng with an X.json beside it is judged once
 * more: what is said of it must be what is written there. Run from the top of
 * the tree;
 * GOLDEN_UPDATE=1 writes the reports anew (read them before they go in).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glob.h>
#include <jansson.h>

#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/captures.h"
#include "tests/reports.h"

/* What must be the same: not the program's version. */
static const char *const compared[] = {
	"target",   "source",	 "capture",	  "verdict",
	"findings", "path",	 "asymmetry",	  "connections",
	"ladder",   "announced", "announcements", "server",
	"vantage",  "uplinks",	 "joins",	  "advice"};

#define COMPARED (sizeof(compared) / sizeof(compared[0]))

static char *reports_of(const char *capture)
{
	struct observer *o = observer_new();
	char error[400];

	assert_non_null(o);
	assert_int_equal(capture_read(capture, o, error, sizeof(error)),
			 CAPTURE_OK);
	return reports_by(o);
}

static char *text_of(const char *file)
{
	FILE *in = fopen(file, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, '\0', in) == -1) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

static void write_text(const char *file, const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

/* The object that begins here; `*text` moves to the next. NULL at the end. */
static json_t *next_report(const char **text)
{
	const char *end = strchr(*text, '\n');
	json_t *report;

	if (!end)
		return NULL;
	report = json_loadb(*text, (size_t)(end - *text), 0, NULL);
	assert_non_null(report);
	*text = end + 1;
	return report;
}

static void compare_key(const char *file, const char *key, json_t *expected,
			json_t *seen)
{
	json_t *a = json_object_get(expected, key);
	json_t *b = json_object_get(seen, key);
	char *texts[2];

	if (json_equal(a, b) || (!a && !b))
		return;
	texts[0] = json_dumps(a, JSON_INDENT(1) | JSON_ENCODE_ANY);
	texts[1] = json_dumps(b, JSON_INDENT(1) | JSON_ENCODE_ANY);
	print_error("%s: %s\nexpected: %s\nseen: %s\n", file, key, texts[0],
		    texts[1]);
	free(texts[0]);
	free(texts[1]);
	fail();
}

static void compare_reports(const char *file, const char *expected,
			    const char *seen)
{
	json_t *a, *b;

	for (;;) {
		a = next_report(&expected);
		b = next_report(&seen);
		if (!a || !b)
			break;
		for (size_t i = 0; i < COMPARED; i++)
			compare_key(file, compared[i], a, b);
		json_decref(a);
		json_decref(b);
	}
	assert_true(!a && !b);
}

static void replay(const char *json)
{
	size_t stem = strlen(json) - strlen(".json");
	char capture[4096], *expected, *seen;

	snprintf(capture, sizeof(capture), "%.*s.pcap", (int)stem, json);
	if (access(capture, R_OK) != 0)
		strcat(capture, "ng");
	if (access(capture, R_OK) != 0)
		return;
	seen = reports_of(capture);
	if (getenv("GOLDEN_UPDATE"))
		write_text(json, seen);
	expected = text_of(json);
	assert_non_null(expected);
	compare_reports(json, expected, seen);
	free(expected);
	free(seen);
}

static void test_replay(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		replay(found.gl_pathv[i]);
	globfree(&found);
}

/* ---- a ring of files ------------------------------------------------------
 */

#define FRAMES 7 /* in each file */

static char *reports_in_files(const struct capture_bytes *c, size_t frames)
{
	struct observer *o = observer_new();

	assert_non_null(o);
	for (size_t i = 0; i < c->count; i++) {
		o->file = (unsigned)(i / frames);
		feed_frame(o, &c->frames[i]);
	}
	return reports_by(o);
}

/* Those of several interfaces are paired within a file. */
static bool is_of_several(const struct capture_bytes *c)
{
	return strstr(c->file, "/router") || strstr(c->file, "/on-path") ||
	       strstr(c->file, "-both") || strstr(c->file, "/legs/nat");
}

/* What goes on in the next file is not seen in another place. */
static void test_ring(void **state)
{
	struct captures all = captures_load();

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		const struct capture_bytes *c = &all.list[i];
		char *whole = reports_in_files(c, c->count + 1);
		char *ring = reports_in_files(c, FRAMES);

		if (strcmp(whole, ring) != 0 && !is_of_several(c))
			compare_reports(c->file, whole, ring);
		free(whole);
		free(ring);
	}
	captures_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
