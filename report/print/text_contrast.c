// SPDX-License-Identifier: GPL-3.0-or-later
/* Surveys of the same targets from several vantage points. */
#include "report/arena.h"
#include "report/print/text.h"
#include "report/survey/sides.h"
#include "report/survey/tally.h"

/* "": nothing is to be said. */
static void print_words(const struct page *p, const char *words)
{
	if (*words)
		text_wrap(p, "    ", "    ", words);
}

static void print_vantage(const struct page *p, const struct contrast *c,
			  size_t vantage, const struct side_near *near)
{
	uint64_t classes[SURVEY_CLASSES];
	uint64_t total = contrast_count(c, vantage, classes);
	char text[TALLY_NUMBER], rest[SURVEY_REST_TEXT];
	const char *line =
		arena_printf(p->arena, "%s: %s target%s", c->names[vantage],
			     tally_number(total, text), total == 1 ? "" : "s");
	const char *comma = ": ";

	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++) {
		if (!classes[k])
			continue;
		line = arena_printf(p->arena, "%s%s%s %s", line, comma,
				    tally_number(classes[k], text),
				    survey_class_name(k));
		comma = ", ";
	}
	text_wrap(p, "  ", "    ", line);
	if (c->rest[vantage].known)
		print_words(p, survey_rest_words(&c->rest[vantage], rest));
	print_words(p, side_near_words(c, p->arena, near));
	if (sides_lack_hops(c, vantage))
		print_words(p, "No hops are known from here: --probe asks for "
			       "them.");
}

static void print_example(const struct page *p, const struct contrast *c,
			  const struct contrast_target *t)
{
	char text[ADDRESS_TEXT];
	const char *line = arena_printf(
		p->arena, "%s port %u:", address_text(&t->address, text),
		t->port);

	for (size_t i = 0; i < c->vantages; i++)
		line = arena_printf(p->arena, "%s %s", line,
				    t->classes[i] == CLASS_UNASKED
					    ? "-"
					    : survey_class_name(t->classes[i]));
	text_wrap(p, "  ", "    ", line);
}

static void print_row(const struct page *p, const struct contrast *c,
		      const struct side_row *r)
{
	char text[TALLY_NUMBER];

	text_wrap(p, "  ", "    ",
		  arena_printf(p->arena, "%s%s%s", r->id, *r->id ? ": " : "",
			       side_row_words(c, p->arena, r)));
	for (size_t i = 0; i < EXAMPLES_MAX && i < r->targets; i++)
		print_example(p, c, r->examples[i]);
	if (r->targets > EXAMPLES_MAX)
		fprintf(p->out, "  and %s more\n",
			tally_number(r->targets - EXAMPLES_MAX, text));
}

static void print_side(const struct page *p, const struct contrast *c,
		       const struct sides *s, size_t first)
{
	size_t count = sides_rows(s, first);

	text_wrap(p, "", "  ", side_title(s->rows[first].side));
	for (size_t i = 0; i < count && i < ROWS_SHOWN; i++)
		print_row(p, c, &s->rows[first + i]);
	if (count > ROWS_SHOWN)
		fprintf(p->out,
			"  and at %zu places more: --csv has them all\n",
			count - ROWS_SHOWN);
}

int text_contrast(const struct page *p, const struct contrast *c)
{
	struct sides s;

	if (p->again) /* as in text_survey() */
		return 0;
	sides_judge(c, p->arena, &s);
	fputs("Targets that speak MPTCP from elsewhere, as seen from\n",
	      p->out);
	for (size_t v = 0; v < c->vantages; v++)
		print_vantage(p, c, v, &s.near[v]);
	for (size_t i = 0; i < s.count; i += sides_rows(&s, i))
		print_side(p, c, &s, i);
	return 0;
}
