/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is found on many paths in memory: scenes.txt has, by turns, a scene in
 * words and what is said of it. Run from the top of the tree; GOLDEN_UPDATE=1
 * writes the second anew (read them before they go in).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/script.h"

#define SCENES "report/scenes.txt"

/* The line without its end; false behind the last. */
static bool next_line(FILE *in, char *line, size_t size)
{
	if (!fgets(line, (int)size, in))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Plays one scene; whether that is said of it which was expected. */
static bool play(const char *words, const char *expected, FILE *anew)
{
	char told[4000];
	struct scene s;
	struct report *r;
	bool same;

	if (!script_play(words, &s))
		fail_msg("%s: not understood: %s", SCENES, words);
	r = judge_scene(&s);
	script_tell(r, told, sizeof(told));
	report_free(r);
	scene_end(&s);
	same = strcmp(told, expected) == 0;
	if (!same)
		print_error("%s\nexpected: %s\nfound:    %s\n", words, expected,
			    told);
	if (anew)
		fprintf(anew, "\t%s\n", told);
	return same || anew;
}

static void test_scenes(void **state)
{
	char words[1000], expected[4000];
	FILE *in = fopen(SCENES, "r"), *anew = NULL;
	bool good = true;

	(void)state;
	assert_non_null(in);
	if (getenv("GOLDEN_UPDATE"))
		anew = fopen(SCENES ".new", "w");
	while (next_line(in, words, sizeof(words))) {
		if (anew)
			fprintf(anew, "%s\n", words);
		if (words[0] == '#' || !words[0])
			continue;
		assert_true(next_line(in, expected, sizeof(expected)));
		good &= play(words, expected[0] ? expected + 1 : "", anew);
	}
	fclose(in);
	if (anew) {
		fclose(anew);
		assert_int_equal(rename(SCENES ".new", SCENES), 0);
	}
	assert_true(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
