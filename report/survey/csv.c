// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/csv.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/origin_table.h"
#include "report/survey/sides.h"
#include "report/survey/tally.h"

/* In quotes, in which a quote stands twice, and on one line. */
static void quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
	}
	fputc('"', out);
}

/* ",4,0.00324149,0.00126051,0.00830508" */
static void share(uint64_t hits, uint64_t total, FILE *out)
{
	double low, high;

	tally_interval(hits, total, &low, &high);
	fprintf(out, ",%" PRIu64 ",%.8f,%.8f,%.8f", hits,
		(double)hits / (double)total, low, high);
}

static void classes_of(const char *name, const struct tally_port *p, FILE *out)
{
	for (enum survey_class k = 0; p->total && k < SURVEY_CLASSES; k++) {
		fprintf(out, "%s,%s", name, survey_class_name(k));
		share(p->classes[k], p->total, out);
		fputc('\n', out);
	}
}

static void classes(const struct survey_tally *t, FILE *out)
{
	char port[8];

	fputs("port,class,targets,share,low,high\n", out);
	for (size_t i = 0; i < t->count; i++) {
		snprintf(port, sizeof(port), "%u", t->ports[i].port);
		classes_of(port, &t->ports[i], out);
	}
	if (t->rest.untold)
		fprintf(out, ",untold,%" PRIu64 ",,,\n", t->rest.untold);
}

static void families(const struct survey_tally *t, FILE *out)
{
	fputs("family,class,targets,share,low,high\n", out);
	for (unsigned i = 0; i < TALLY_FAMILIES; i++)
		classes_of(tally_family_name(i), &t->families[i], out);
}

static void stacks(const struct survey_tally *t, FILE *out)
{
	fputs("scenario,version,answer,targets,share,low,high,stacks\n", out);
	for (size_t i = 0; i < t->stacks.count; i++) {
		const struct stack_row *r = &t->stacks.rows[i];

		fprintf(out, "%s,%u,%s", r->scenario, r->version, r->answer);
		share(r->targets, stacks_total(&t->stacks, r), out);
		fputc(',', out);
		quoted(r->like ? r->like : "", out);
		fputc('\n', out);
	}
}

/* "": it is at no hop. */
static void paths(uint64_t paths, FILE *out)
{
	if (paths)
		fprintf(out, ",%" PRIu64 "\n", paths);
	else
		fputs(",\n", out);
}

static void hops(const struct survey_tally *t, FILE *out)
{
	struct arena *a = arena_new();
	size_t count;
	struct place_row *rows = places_rows(&t->places, a, &count);

	fputs("finding,direction,after,after_network,at,at_network,targets,"
	      "of\n",
	      out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s,%s,%s,%s,%s,%s,%" PRIu64, rows[i].id,
			rows[i].direction, rows[i].after, rows[i].after_network,
			rows[i].at, rows[i].at_network, rows[i].targets);
		paths(rows[i].paths, out);
	}
	arena_free(a);
}

static void networks(const struct survey_tally *t, FILE *out)
{
	struct arena *a = arena_new();
	size_t count;
	struct place_row *rows = places_network_rows(&t->places, a, &count);

	fputs("finding,direction,after,at,targets,of\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "%s,%s,%s,%s,%" PRIu64, rows[i].id,
			rows[i].direction, rows[i].after, rows[i].at,
			rows[i].targets);
		paths(rows[i].paths, out);
	}
	arena_free(a);
}

/* --- findings ------------------------------------------------------------- */

/* A field, in quotes where it must be: anybody may have written the file. */
static void field(const json_t *object, const char *name, FILE *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789._:/";
	const char *text = json_string_value(json_object_get(object, name));

	if (text && text[strspn(text, plain)])
		quoted(text, out);
	else if (text)
		fputs(text, out);
}

static void network(const struct origin_table *t, const json_t *place,
		    FILE *out)
{
	const char *text = json_string_value(json_object_get(place, "address"));
	uint32_t number = text ? origin_table_find_text(t, text) : 0;

	if (number)
		fprintf(out, "AS%" PRIu32, number);
}

/* ",3,10.0.3.2,AS64500" */
static void place(const struct origin_table *t, const json_t *finding,
		  const char *name, FILE *out)
{
	const json_t *at = json_object_get(finding, name);
	const json_t *ttl = json_object_get(at, "ttl");

	fputc(',', out);
	if (json_is_integer(ttl))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(ttl));
	fputc(',', out);
	field(at, "address", out);
	fputc(',', out);
	network(t, at, out);
}

static void fields(const json_t *object, const char *const *names, FILE *out)
{
	for (; *names; names++) {
		fputc(',', out);
		field(object, *names, out);
	}
}

static void finding(const struct survey_tally *t, const json_t *line,
		    const json_t *f, FILE *out)
{
	static const char *const class[] = {"class", NULL};
	static const char *const status[] = {"status", NULL};
	static const char *const words[] = {"id",      "effect", "direction",
					    "segment", "how",	 "confidence",
					    NULL};
	static const char *const evidence[] = {"evidence", NULL};
	static const char *const text[] = {"text", NULL};
	const json_t *target = json_object_get(line, "target");
	const json_t *probe = json_object_get(line, "probe");

	field(target, "address", out);
	fprintf(out, ",%" JSON_INTEGER_FORMAT,
		json_integer_value(json_object_get(target, "port")));
	fields(line, class, out);
	fields(json_object_get(probe, "verdict"), status, out);
	fields(f, words, out);
	place(t->places.origins, f, "after", out);
	place(t->places.origins, f, "at", out);
	fields(probe, evidence, out);
	fields(f, text, out);
	fputc('\n', out);
}

static void findings_of(const struct survey_tally *t, const char *text,
			FILE *out)
{
	json_t *line = json_loads(text, 0, NULL);
	const json_t *probe = json_object_get(line, "probe");
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(probe, "findings"), i, f)
		finding(t, line, f, out);
	json_decref(line);
}

static void findings(const struct survey_tally *t, FILE *results, FILE *out)
{
	size_t capacity = 0;
	char *line = NULL;

	fputs("address,port,class,verdict,finding,effect,direction,segment,how,"
	      "confidence,after_ttl,after,after_network,at_ttl,at,at_network,"
	      "evidence,text\n",
	      out);
	rewind(results);
	while (must_getline(&line, &capacity, results) != -1)
		findings_of(t, line, out);
	free(line);
}

/* --- all of them ---------------------------------------------------------- */

/* Of what was counted, or of the results once more. */
static const struct {
	const char *name;
	void (*print)(const struct survey_tally *t, FILE *out);
	void (*of_lines)(const struct survey_tally *t, FILE *results,
			 FILE *out);
} tables[] = {
	{"classes", classes, NULL},   {"families", families, NULL},
	{"stacks", stacks, NULL},     {"hops", hops, NULL},
	{"networks", networks, NULL}, {"findings", NULL, findings},
};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

bool csv_has_table(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		if (!strcmp(tables[i].name, name))
			return true;
	return false;
}

const char *csv_tables(struct arena *a)
{
	const char *text = tables[0].name;

	for (size_t i = 1; i < TABLES; i++)
		text = arena_printf(a, "%s%s%s", text,
				    i + 1 < TABLES ? ", " : " or ",
				    tables[i].name);
	return text;
}

void csv_print(const struct survey_tally *t, FILE *results, const char *table,
	       FILE *out)
{
	for (size_t i = 0; i < TABLES; i++) {
		if (strcmp(tables[i].name, table ? table : tables[0].name) != 0)
			continue;
		if (tables[i].print)
			tables[i].print(t, out);
		else
			tables[i].of_lines(t, results, out);
	}
}

/* --- several vantage points ----------------------------------------------- */

static void names(const struct contrast *c, unsigned vantages, FILE *out)
{
	struct arena *a = arena_new();
	const char *text = "";

	for (size_t v = 0; v < c->vantages; v++)
		if (vantages >> v & 1)
			text = arena_printf(a, "%s%s%s", text, *text ? " " : "",
					    c->names[v]);
	fputc(',', out);
	quoted(text, out);
	arena_free(a);
}

static void end(const struct address *a, bool target, FILE *out)
{
	char text[ADDRESS_TEXT];

	fprintf(out, ",%s",
		target	    ? "target"
		: a->family ? address_text(a, text)
			    : "");
}

static void contrast_row(const char *side, const char *id,
			 const struct contrast_place *p, FILE *out)
{
	fprintf(out, "%s,%s", side, id);
	end(&p->after, false, out);
	end(&p->at, p->at_target, out);
}

static void near_row(const struct contrast *c, size_t v,
		     const struct side_near *n, FILE *out)
{
	if (!n->id && !n->by_class)
		return;
	contrast_row("near", n->id ? n->id : survey_class_name(n->class),
		     &n->place, out);
	names(c, n->id ? 1U << v : 0, out);
	names(c, n->id ? 0 : 1U << v, out);
	fprintf(out, ",\"\",\"\",");
	if (n->id)
		fprintf(out, "%" PRIu64, n->targets);
	fputc('\n', out);
}

static void untold_row(const struct contrast *c, size_t v, FILE *out)
{
	if (!c->rest[v].untold)
		return;
	fputs("untold,,,,\"\",\"\",\"\"", out);
	names(c, 1U << v, out);
	fprintf(out, ",%" PRIu64 "\n", c->rest[v].untold);
}

void csv_contrast(const struct contrast *c, FILE *out)
{
	struct arena *a = arena_new();
	struct sides s;

	sides_judge(c, a, &s);
	fputs("side,finding,after,at,there_from,somewhere_from,not_from,"
	      "unknown_from,targets\n",
	      out);
	for (size_t v = 0; v < c->vantages; v++)
		near_row(c, v, &s.near[v], out);
	for (size_t v = 0; v < c->vantages; v++)
		untold_row(c, v, out);
	for (size_t i = 0; i < s.count; i++) {
		const struct side_row *r = &s.rows[i];

		contrast_row(side_name(r->side), r->id, &r->place, out);
		names(c, r->placed, out);
		names(c, r->unplaced, out);
		names(c, r->clear, out);
		names(c, r->unknown, out);
		fprintf(out, ",%" PRIu64 "\n", r->targets);
	}
	arena_free(a);
}
