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
#define SCENES_MAX 2000

/* A scene: its words, and what is expected of it. */
struct played {
	char words[1000], expected[4000];
};

/* The line without its end; false behind the last. */
static bool next_line(FILE *in, char *line, size_t size)
{
	if (!fgets(line, (int)size, in))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* What is said of a scene. */
static void tell(const char *words, char *told, size_t size)
{
	struct scene s;
	struct report *r;

	if (!script_play(words, &s))
		fail_msg("%s: not understood: %s", SCENES, words);
	r = judge_scene(&s);
	script_tell(r, told, size);
	report_free(r);
	scene_end(&s);
}

static void test_scene(void **state)
{
	const struct played *p = *state;
	char told[4000];

	tell(p->words, told, sizeof(told));
	if (strcmp(told, p->expected) != 0)
		fail_msg("%s\nexpected: %s\nfound:    %s\n", p->words,
			 p->expected, told);
}

/* Reads the next scene and what is expected of it, which may be missing; what
 * stands between is written to `anew`, if there is one. */
static bool read_scene(FILE *in, struct played *p, FILE *anew)
{
	while (next_line(in, p->words, sizeof(p->words))) {
		if (anew)
			fprintf(anew, "%s\n", p->words);
		if (p->words[0] == '#' || !p->words[0])
			continue;
		if (!next_line(in, p->expected, sizeof(p->expected)))
			p->expected[0] = '\0';
		memmove(p->expected, p->expected + !!p->expected[0],
			strlen(p->expected + !!p->expected[0]) + 1);
		return true;
	}
	return false;
}

static int write_anew(FILE *in)
{
	FILE *anew = fopen(SCENES ".new", "w");
	struct played p;
	char told[4000];

	if (!anew)
		return 1;
	while (read_scene(in, &p, anew)) {
		tell(p.words, told, sizeof(told));
		fprintf(anew, "\t%s\n", told);
	}
	fclose(anew);
	return rename(SCENES ".new", SCENES) != 0;
}

int main(void)
{
	static struct CMUnitTest tests[SCENES_MAX];
	static struct played scenes[SCENES_MAX];
	FILE *in = fopen(SCENES, "r");
	size_t n = 0;

	if (!in) {
		perror(SCENES);
		return 1;
	}
	if (getenv("GOLDEN_UPDATE"))
		return write_anew(in);
	for (; n < SCENES_MAX && read_scene(in, &scenes[n], NULL); n++)
		tests[n] = (struct CMUnitTest){.name = scenes[n].words,
					       .test_func = test_scene,
					       .initial_state = &scenes[n]};
	fclose(in);
	if (n == 0 || n == SCENES_MAX) {
		fprintf(stderr, SCENES ": none, or too many\n");
		return 1;
	}
	return _cmocka_run_group_tests("scenes", tests, n, NULL, NULL);
}
