// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of a survey. */
#include <string.h>

#include "report/print/text_page.h"
#include "report/survey/tables.h"

/* --- rows ---------------------------------------------------------------- */

#define NAME_COLUMNS 21 /* at least, so that tables look alike */
#define WORDS_LEAST 24	/* columns beside the numbers, or they go below */

struct row {
	const char *name, *words; /* "": none */
	struct tally_share share;
};

struct columns {
	int name, count, share, interval;
};

static void widen(int *columns, const char *text)
{
	if ((int)strlen(text) > *columns)
		*columns = (int)strlen(text);
}

static struct columns columns_of(const struct row *rows, size_t count)
{
	struct columns c = {.name = NAME_COLUMNS};

	for (size_t i = 0; i < count; i++) {
		widen(&c.name, rows[i].name);
		widen(&c.count, rows[i].share.count);
		widen(&c.share, rows[i].share.share);
		widen(&c.interval, rows[i].share.interval);
	}
	return c;
}

/* "  1,234   9.9 %  (8.3 to 11.8 %)": the shares of small samples are none. */
static const char *numbers(const struct page *p, const struct row *r,
			   const struct columns *c)
{
	return arena_printf(p->arena, "  %*s%s%*s  (%s)", c->count,
			    r->share.count, c->share ? "  " : "", c->share,
			    r->share.share, r->share.interval);
}

/* Beside the numbers, in a column of their own; where there is no room for
 * that, below. */
static void print_words(const struct page *p, const char *line, size_t column,
			const char *words)
{
	bool below = column + strlen(words) > p->width &&
		     column + WORDS_LEAST > p->width;
	const char *margin = arena_printf(p->arena, "%*s", (int)column, "");

	if (!*words || below)
		fprintf(p->out, "%s\n", line);
	if (below)
		text_wrap(p, "      ", "      ", words);
	else if (*words)
		text_wrap(p, arena_printf(p->arena, "%-*s", (int)column, line),
			  margin, words);
}

/* Where there is little room the name gets a line of its own. */
static void print_row(const struct page *p, const struct row *r,
		      const struct columns *c)
{
	const char *line = numbers(p, r, c);
	const char *first =
		arena_printf(p->arena, "  %-*s%s", c->name, r->name, line);
	size_t column = strlen(first) + 2 + (size_t)c->interval -
			strlen(r->share.interval);

	if (strlen(first) > p->width) {
		fprintf(p->out, "  %s\n", r->name);
		first = arena_printf(p->arena, "  %s", line);
		column = p->width;
	}
	print_words(p, first, column, r->words);
}

static void print_rows(const struct page *p, const struct row *rows,
		       size_t count)
{
	const struct columns c = columns_of(rows, count);

	for (size_t i = 0; i < count; i++)
		print_row(p, &rows[i], &c);
}

static void add_row(const struct page *p, struct row **rows, size_t *count,
		    const char *name, const char *words, uint64_t hits,
		    uint64_t total)
{
	struct row *r = ARENA_PUSH(p->arena, *rows, *count);

	*r = (struct row){.name = name, .words = words};
	tally_share(hits, total, &r->share);
}

/* --- tables -------------------------------------------------------------- */

static const char *number(const struct page *p, uint64_t n)
{
	char text[TALLY_NUMBER];

	return arena_printf(p->arena, "%s", tally_number(n, text));
}

static void print_head(const struct page *p, const char *what, uint64_t total)
{
	fprintf(p->out, "%s: %s target%s\n", what, number(p, total),
		total == 1 ? "" : "s");
}

static void print_port(const struct page *p, const struct tally_port *t)
{
	struct row *rows = NULL;
	size_t count = 0;

	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (t->classes[k])
			add_row(p, &rows, &count, survey_class_name(k),
				survey_class_text(k), t->classes[k], t->total);
	print_rows(p, rows, count);
}

/* One below the other; of both or neither is a class. */
static void print_families(const struct page *p, const struct survey_tally *t)
{
	const struct tally_port *f = t->families;
	struct row *rows = NULL;
	size_t count = 0;

	fprintf(p->out, "IPv4: %s target%s, IPv6: %s\n",
		number(p, f[TALLY_IPV4].total),
		f[TALLY_IPV4].total == 1 ? "" : "s",
		number(p, f[TALLY_IPV6].total));
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		for (unsigned i = 0; i < TALLY_FAMILIES; i++)
			if (f[TALLY_IPV4].classes[k] ||
			    f[TALLY_IPV6].classes[k])
				add_row(p, &rows, &count,
					arena_printf(p->arena, "%s %s",
						     tally_family_name(i),
						     survey_class_name(k)),
					"", f[i].classes[k], f[i].total);
	print_rows(p, rows, count);
}

static void print_stacks(const struct page *p, const struct survey_stacks *s)
{
	struct row *rows = NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct stack_row *r = &s->rows[i];
		uint64_t total = stacks_total(s, r);

		if (!i || !stacks_same_table(r, r - 1))
			print_head(p,
				   arena_printf(p->arena,
						"MPTCP v%u, scenario %s",
						r->version, r->scenario),
				   total);
		add_row(p, &rows, &count, r->answer, r->like ? r->like : "",
			r->targets, total);
		if (i + 1 < s->count && stacks_same_table(r, r + 1))
			continue;
		print_rows(p, rows, count);
		rows = NULL;
		count = 0;
	}
}

static void print_rest(const struct page *p, const struct survey_rest *r)
{
	char text[SURVEY_REST_TEXT];

	if (r->known && *survey_rest_words(r, text))
		text_wrap(p, "", "", text);
}

static void print_classes(const struct page *p, const struct survey_tally *t)
{
	struct tally_port sum = tally_sum(t);

	if (t->count != 1)
		print_head(p, "All ports", sum.total);
	if (t->count > 1)
		print_port(p, &sum);
	for (size_t i = 0; i < t->count; i++) {
		print_head(p,
			   arena_printf(p->arena, "Port %u", t->ports[i].port),
			   t->ports[i].total);
		print_port(p, &t->ports[i]);
	}
	if (tally_has_both(t))
		print_families(p, t);
	print_stacks(p, &t->stacks);
	if (sum.total)
		text_wrap(p, "", "",
			  "In brackets: 95 % confidence intervals, if the "
			  "targets are a random sample.");
}

/* --- places -------------------------------------------------------------- */

/* How many there are, and what they do not tell. */
static void print_probed(const struct page *p, const struct survey_places *s)
{
	const char *unsure = places_unsure(s, p->arena);

	text_wrap(p, "Probed: ", "    ", places_statuses(s, p->arena));
	if (*unsure)
		text_wrap(p, "  ", "    ", unsure);
}

static void print_places(const struct page *p, const struct place_row *rows,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_wrap(p, arena_printf(p->arena, "  %-26s ", rows[i].id),
			  "    ", places_words(p->arena, &rows[i]));
}

void text_places(const struct page *p, const struct survey_places *s)
{
	size_t count;
	struct place_row *rows = places_rows(s, p->arena, &count);

	if (s->probed)
		print_probed(p, s);
	print_places(p, rows, count);
	rows = places_network_rows(s, p->arena, &count);
	if (count)
		fputs("By network (AS):\n", p->out);
	print_places(p, rows, count);
}

static void print_none_probed(const struct page *p, const struct survey_rest *r)
{
	char text[SURVEY_REST_TEXT];

	if (*survey_none_probed(r, text))
		text_wrap(p, "Probed: ", "    ", text);
}

/* All of it is what is to be said: nothing is said again. */
int text_survey(const struct page *p, const struct survey_tables *t)
{
	if (p->again)
		return 0;
	print_rest(p, &t->tally->rest);
	print_classes(p, t->tally);
	if (t->tally->places.probed)
		text_places(p, &t->tally->places);
	else
		print_none_probed(p, &t->tally->rest);
	return 0;
}
