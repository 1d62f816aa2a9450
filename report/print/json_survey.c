/* SPDX-License-Identifier: GPL-3.0-or-later
 * The tables of a survey: report/schemas/survey_report.json.
 */
#include <math.h>

#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/survey/tables.h"

/* To eight places. */
static json_t *share(double value)
{
	return json_real(round(value * 1e8) / 1e8);
}

/* How many of the total, and within which shares all would be. */
static json_t *counted(const char *name, const char *what, uint64_t hits,
		       uint64_t total)
{
	double low, high;

	tally_interval(hits, total, &low, &high);
	return JSON_OBJECT({name, json_text(what)},
			   {"targets", json_count(hits)},
			   {"share", share((double)hits / (double)total)},
			   {"low", share(low)}, {"high", share(high)});
}

static json_t *classes(const struct tally_port *p)
{
	json_t *array = json_array();

	for (enum survey_class k = 0; k < SURVEY_CLASSES; k++)
		if (p->classes[k])
			array = json_appended(
				array, counted("class", survey_class_name(k),
					       p->classes[k], p->total));
	return array;
}

static json_t *one_port(const struct tally_port *p)
{
	return JSON_OBJECT({"port", json_count(p->port)},
			   {"targets", json_count(p->total)},
			   {"classes", classes(p)});
}

JSON_ARRAY_OF(ports, struct tally_port, one_port)

static json_t *families(const struct survey_tally *t)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < TALLY_FAMILIES; i++)
		if (t->families[i].total)
			array = json_appended(
				array,
				JSON_OBJECT(
					{"family",
					 json_text(tally_family_name(i))},
					{"targets",
					 json_count(t->families[i].total)},
					{"classes", classes(&t->families[i])}));
	return array;
}

static json_t *answers(const struct survey_stacks *s,
		       const struct stack_row *first)
{
	json_t *array = json_array();
	const struct stack_row *end = s->rows + s->count;
	uint64_t total = stacks_total(s, first);

	for (const struct stack_row *r = first;
	     r < end && stacks_same_table(first, r); r++) {
		json_t *one = counted("answer", r->answer, r->targets, total);

		json_object_set_new(one, "stacks", json_text(r->like));
		array = json_appended(array, one);
	}
	return array;
}

static json_t *stacks(const struct survey_stacks *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->count; i++) {
		const struct stack_row *r = &s->rows[i];

		if (i && stacks_same_table(r - 1, r))
			continue;
		array = json_appended(
			array,
			JSON_OBJECT({"scenario", json_text(r->scenario)},
				    {"mptcp_version", json_count(r->version)},
				    {"targets", json_count(stacks_total(s, r))},
				    {"answers", answers(s, r)}));
	}
	return array;
}

/* What is not known is null. */
static json_t *text_or_null(const char *text)
{
	return *text ? json_text(text) : json_null();
}

json_t *json_complete(const struct survey_rest *r)
{
	return r->known ? json_boolean(r->complete) : json_null();
}

json_t *json_untold(const struct survey_rest *r)
{
	return r->known ? json_count(r->untold) : json_null();
}

static json_t *one_place(const struct place_row *r)
{
	return JSON_OBJECT(
		{"id", json_text(r->id)},
		{"direction", text_or_null(r->direction)},
		{"after", text_or_null(r->after)},
		{"after_network", text_or_null(r->after_network)},
		{"at", text_or_null(r->at)},
		{"at_network", text_or_null(r->at_network)},
		{"where", json_text(r->where)},
		{"targets", json_count(r->targets)},
		{"of", json_count_or_null(r->paths ? (int64_t)r->paths : -1)});
}

static json_t *one_network(const struct place_row *r)
{
	return JSON_OBJECT(
		{"id", json_text(r->id)},
		{"direction", text_or_null(r->direction)},
		{"after", text_or_null(r->after)}, {"at", text_or_null(r->at)},
		{"where", json_text(r->where)},
		{"targets", json_count(r->targets)},
		{"of", json_count_or_null(r->paths ? (int64_t)r->paths : -1)});
}

JSON_ARRAY_OF(places, struct place_row, one_place)
JSON_ARRAY_OF(networks, struct place_row, one_network)

static json_t *probed(const struct page *p, const struct survey_places *s)
{
	size_t hop_count, network_count;
	struct place_row *hops = places_rows(s, p->arena, &hop_count);
	struct place_row *of_networks =
		places_network_rows(s, p->arena, &network_count);

	return JSON_OBJECT({"targets", json_count(s->probed)},
			   {"verdicts", s->statuses ? json_incref(s->statuses)
						    : json_object()},
			   {"distance_unknown", json_count(s->unsure)},
			   {"findings", places(hops, hop_count)},
			   {s->origins ? "networks" : "",
			    networks(of_networks, network_count)});
}

int json_survey(const struct page *p, const struct survey_tables *t)
{
	const struct survey_tally *tally = t->tally;
	const struct survey_rest *r = &tally->rest;

	return JSON_LINE(
		p, "mpprobe-survey-report/1", {"name", json_text(t->name)},
		{"targets", json_count(tally_sum(tally).total)},
		{"complete", json_complete(r)}, {"untold", json_untold(r)},
		{"to_probe", r->known ? json_count(r->to_probe) : json_null()},
		{"ports", ports(tally->ports, tally->count)},
		{"families", families(tally)},
		{"stacks", stacks(&tally->stacks)},
		{"probed", probed(p, &tally->places)},
		{"bad_lines", json_count(tally->faults.bad_lines)});
}
