/* SPDX-License-Identifier: GPL-3.0-or-later
 * The page of a survey: how it was made, its tables, and how to read them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/survey_parts.h"
#include "report/survey/tables.h"

/* --- how it was made ------------------------------------------------------ */

static const char *text_of(const json_t *meta, const char *name)
{
	const char *text = json_string_value(json_object_get(meta, name));

	return text ? text : "";
}

static void fact(const struct page *p, const char *name, const char *text)
{
	if (*text)
		markup(p->out, "<div><h2>%s</h2><p>%s</p></div>\n", name, text);
}

static void count_fact(const struct page *p, const json_t *meta,
		       const char *member, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(meta, member));

	if (n > 0)
		fact(p, name, survey_number(p, (uint64_t)n));
}

static const char *list_of(const struct page *p, const json_t *names,
			   const char *between)
{
	const char *list = "";
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);

		list = arena_printf(p->arena, "%s%s%s", list, i ? between : "",
				    text ? text : "");
	}
	return list;
}

static const char *rate_of(const struct page *p, const json_t *meta)
{
	double pps = json_number_value(json_object_get(meta, "pps"));
	double bits =
		json_number_value(json_object_get(meta, "bits_per_second"));

	if (pps > 0)
		return arena_printf(p->arena, "%.0f packets a second", pps);
	return bits > 0 ? arena_printf(p->arena, "%.0f bit/s", bits) : "";
}

/* That of the survey; the foot of the page has that of the report. */
static void command(const struct page *p, const json_t *meta)
{
	const char *line = list_of(p, json_object_get(meta, "line"), " ");

	if (*line)
		markup(p->out, "<p>Surveyed with <code>%s</code></p>\n", line);
}

static void facts(const struct page *p, const json_t *meta)
{
	if (!meta)
		return;
	markup(p->out, "<div class=\"facts\">\n");
	fact(p, "Began", text_of(meta, "started"));
	fact(p, "Ended", text_of(meta, "ended"));
	fact(p, "From", list_of(p, json_object_get(meta, "sources"), ", "));
	fact(p, "SYNs", list_of(p, json_object_get(meta, "asked"), ", "));
	fact(p, "Of them if one is answered",
	     list_of(p, json_object_get(meta, "asked_if_answered"), ", "));
	fact(p, "Rate", rate_of(p, meta));
	count_fact(p, meta, "packets", "Packets sent");
	count_fact(p, meta, "answers", "Answers");
	count_fact(p, meta, "blocked", "Blocked: not asked");
	count_fact(p, meta, "not_captured", "Lost for want of room");
	markup(p->out, "</div>\n");
	command(p, meta);
}

static void missing(const struct page *p, const struct survey_rest *r)
{
	char text[SURVEY_REST_TEXT];

	if (r->known && *survey_rest_words(r, text))
		markup(p->out, "<p class=\"note\">%s</p>\n", text);
}

/* Who speaks MPTCP behind what removes it is none of those in the title. */
static void hindered(const struct page *p, const struct survey_places *s)
{
	const char *words = places_hindered(s, p->arena);

	if (*words)
		markup(p->out, "<p>%s</p>\n", words);
}

static void head(const struct page *p, const struct survey_tables *t)
{
	const struct tally_port sum = tally_sum(t->tally);
	uint64_t speak = sum.classes[CLASS_V1] + sum.classes[CLASS_V0];
	const char *title = arena_printf(
		p->arena, "%s of %s target%s speak%s MPTCP",
		survey_number(p, speak), survey_number(p, sum.total),
		sum.total == 1 ? "" : "s", speak == 1 ? "s" : "");

	document_head(p, "plain", "Survey", t->name, title);
	hindered(p, &t->tally->places);
	facts(p, t->meta);
	missing(p, &t->tally->rest);
	markup(p->out, "</header>\n");
}

static void notes(const struct page *p, const struct survey_tally *t)
{
	markup(p->out,
	       "<section>\n<h2>How to read this</h2>\n"
	       "<p>A class says what answered, not who removed what: "
	       "<code>mpprobe HOST</code> does. The interval is that in which "
	       "the share lies, 19 times of 20, if the targets are a random "
	       "sample of those that are meant (Wilson 1927); of all of them "
	       "the share is what it is. Plain TCP is also who speaks MPTCP "
	       "behind a device that removes its options, silent also what "
	       "drops SYNs without a word.</p>\n");
	if (t->stacks.count)
		markup(p->out,
		       "<p>A survey sends the first SYNs of some scenarios of "
		       "<code>mpprobe run</code>. Which known stacks answer "
		       "one as those targets did does not say that they are "
		       "such stacks, and what a device on the path does "
		       "looks the same: <code>mpprobe run all HOST</code> "
		       "asks for more.</p>\n");
	if (t->faults.bad_lines)
		markup(p->out,
		       "<p class=\"note\">%s lines of the results are none of "
		       "a survey, and not counted.</p>\n",
		       survey_number(p, t->faults.bad_lines));
	markup(p->out, "</section>\n");
}

int html_survey(const struct page *p, const struct survey_tables *t)
{
	head(p, t);
	survey_class_tables(p, t->tally);
	survey_family_table(p, t->tally);
	survey_stack_tables(p, &t->tally->stacks);
	survey_places_tables(p, t->tally);
	notes(p, t->tally);
	markup(p->out, "</article>\n");
	return 0;
}
