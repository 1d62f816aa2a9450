/* SPDX-License-Identifier: GPL-3.0-or-later
 * Surveys from several vantage points: report/schemas/survey_contrast.json.
 */
#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/survey/sides.h"

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_text(text) : json_null();
}

static json_t *address_or_target(const struct address *a, bool target)
{
	return target ? json_text("target") : json_address(a);
}

static json_t *names(const struct contrast *c, unsigned vantages)
{
	json_t *array = json_array();

	for (size_t v = 0; v < c->vantages; v++)
		if (vantages >> v & 1)
			array = json_appended(array, json_text(c->names[v]));
	return array;
}

static json_t *classes(const struct contrast *c, size_t vantage)
{
	uint64_t counts[SURVEY_CLASSES];
	json_t *object = json_object();

	contrast_count(c, vantage, counts);
	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (counts[k])
			json_object_set_new(object, survey_class_name(k),
					    json_count(counts[k]));
	return object;
}

static json_t *near(const struct contrast *c, const struct side_near *n)
{
	if (!n->id && !n->by_class)
		return json_null();
	return JSON_OBJECT(
		{"class", n->by_class ? json_text(survey_class_name(n->class))
				      : json_null()},
		{"likewise", names(c, n->likewise)},
		{"finding", text_or_null(n->id)},
		{"after", json_address(&n->place.after)},
		{"at", address_or_target(&n->place.at, n->place.at_target)},
		{"where", text_or_null(n->where)},
		{"close", json_flag(n->close)},
		{"not_from", names(c, n->clear)},
		{"elsewhere_from", names(c, n->other)});
}

static json_t *vantages(const struct contrast *c, const struct sides *s)
{
	json_t *array = json_array();
	uint64_t counts[SURVEY_CLASSES];

	for (size_t v = 0; v < c->vantages; v++)
		array = json_appended(
			array,
			JSON_OBJECT(
				{"name", json_text(c->names[v])},
				{"targets",
				 json_count(contrast_count(c, v, counts))},
				{"complete", json_complete(&c->rest[v])},
				{"untold", json_untold(&c->rest[v])},
				{"classes", classes(c, v)},
				{"hops_known", json_flag(c->hops[v] != NULL)},
				{"near", near(c, &s->near[v])}));
	return array;
}

static json_t *examples(const struct side_row *r)
{
	json_t *array = json_array();

	for (size_t i = 0; i < EXAMPLES_MAX && i < r->targets; i++)
		array = json_appended(
			array,
			JSON_OBJECT(
				{"address",
				 json_address(&r->examples[i]->address)},
				{"port", json_count(r->examples[i]->port)}));
	return array;
}

static json_t *row(const struct contrast *c, const struct side_row *r)
{
	return JSON_OBJECT(
		{"side", json_text(side_name(r->side))},
		{"finding", text_or_null(r->id)},
		{"after", json_address(&r->place.after)},
		{"at", address_or_target(&r->place.at, r->place.at_target)},
		{"where", text_or_null(r->where)},
		{"there_from", names(c, r->placed)},
		{"somewhere_from", names(c, r->unplaced)},
		{"not_from", names(c, r->clear)},
		{"not_from_though_by_there", names(c, r->passes)},
		{"unknown_from", names(c, r->unknown)},
		{"targets", json_count(r->targets)}, {"examples", examples(r)});
}

int json_contrast(const struct page *p, const struct contrast *c)
{
	json_t *rows = json_array();
	struct sides s;

	sides_judge(c, p->arena, &s);
	for (size_t i = 0; i < s.count; i++)
		rows = json_appended(rows, row(c, &s.rows[i]));
	return JSON_LINE(p, "mpprobe-survey-contrast/1",
			 {"vantages", vantages(c, &s)}, {"sides", rows});
}
