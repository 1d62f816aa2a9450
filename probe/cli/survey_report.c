// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/survey_report.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/cli/scenario_list.h"
#include "probe/net/infile.h"
#include "probe/net/outfile.h"
#include "probe/net/privileges.h"
#include "probe/survey/files.h"
#include "report/arena.h"
#include "report/origin_table.h"
#include "report/survey/contrast.h"
#include "report/survey/csv.h"
#include "report/survey/tables.h"

static void complain_of_bad(const struct result_faults *f,
			    const char *directory)
{
	if (f->bad_lines)
		complain("%s%sresults.jsonl: %llu lines are none of a survey",
			 directory, *directory ? "/" : "",
			 (unsigned long long)f->bad_lines);
}

static void name_stacks(struct survey_stacks *s, struct arena *a,
			const struct scenario_list *scenarios)
{
	for (size_t i = 0; i < s->count; i++) {
		struct stack_row *r = &s->rows[i];

		r->like = scenario_list_like(scenarios, a, r->scenario,
					     r->version, r->outcome, r->answer);
	}
}

static json_t *read_meta(FILE *file)
{
	return file ? json_loadf(file, 0, NULL) : NULL;
}

/* --- tables -------------------------------------------------------------- */

static int print_survey(const struct format *f, const struct page *p,
			const void *thing)
{
	return f->survey(p, thing);
}

void survey_report_own(struct output *out, FILE *results, FILE *meta,
		       const struct scenario_list *scenarios)
{
	struct survey_tally tally = {0};
	struct arena *arena = arena_new();
	json_t *object = read_meta(meta);

	tally_read(&tally, results);
	tally_rest(&tally, object);
	name_stacks(&tally.stacks, arena, scenarios);
	output_print(out, print_survey,
		     &(struct survey_tables){.tally = &tally});
	complain_of_bad(&tally.faults, "");
	json_decref(object);
	tally_free(&tally);
	arena_free(arena);
}

/* As values they go to standard output, and to a page as well. */
static void print_as_told(const struct options *o, struct output *out,
			  const struct survey_tables *t, FILE *results)
{
	if (!o->csv) {
		output_print(out, print_survey, t);
		return;
	}
	csv_print(t->tally, results, o->csv_table, stdout);
	output_beside(out, print_survey, t);
}

/* What is open, before privileges are dropped. */
struct sources_of_tables {
	FILE *results, *meta; /* meta: NULL if it is not there */
	struct scenario_list *scenarios;
	FILE *as_table; /* NULL: none */
};

/* Of a file that was opened; what is wrong in it is no reason to stop. */
static struct origin_table *read_origins(const struct options *o, FILE *file)
{
	unsigned long wrong;
	struct origin_table *t;

	if (!file)
		return NULL;
	t = origin_table_read(file, &wrong);
	if (wrong)
		complain("%s:%lu: no prefix and number of a network: left out, "
			 "as are more like it",
			 o->as_table, wrong);
	return t;
}

/* Whether there is something to print: 0, or an exit code. `told`: how many of
 * the lines are of targets. */
static int check_results(const struct result_faults *f, FILE *results,
			 uint64_t told, const char *directory)
{
	if (ferror(results))
		return failure(EXIT_INPUT,
			       "%s/results.jsonl cannot be read to its end",
			       directory);
	if (*f->other_schema)
		return failure(EXIT_INPUT,
			       "%s/results.jsonl: lines of schema %s, which "
			       "this version does not know",
			       directory, f->other_schema);
	if (!told && f->bad_lines)
		return failure(EXIT_INPUT,
			       "%s/results.jsonl: none of its %llu lines is of "
			       "a survey",
			       directory, (unsigned long long)f->bad_lines);
	if (!told)
		complain("%s/results.jsonl is empty: no target has been told "
			 "yet",
			 directory);
	return 0;
}

static int print_tables(const struct options *o, struct output *out,
			const struct sources_of_tables *from)
{
	struct origin_table *origins = read_origins(o, from->as_table);
	struct survey_tally tally = {.places = {.origins = origins}};
	struct arena *arena = arena_new();
	int code;
	const struct survey_tables t = {
		.name = o->tables,
		.tally = &tally,
		.meta = read_meta(from->meta),
	};

	tally_read(&tally, from->results);
	tally_rest(&tally, t.meta);
	code = check_results(&tally.faults, from->results,
			     tally_sum(&tally).total, o->tables);
	if (!code) {
		name_stacks(&tally.stacks, arena, from->scenarios);
		print_as_told(o, out, &t, from->results);
		complain_of_bad(&tally.faults, o->tables);
	}
	json_decref((json_t *)t.meta);
	tally_free(&tally);
	origin_table_free(origins);
	arena_free(arena);
	return code;
}

/* 0, or an exit code. */
static int open_as_table(const struct options *o, FILE **out)
{
	if (o->as_table && !(*out = infile_open(o->as_table)))
		return failure(EXIT_INPUT, "%s: %s", o->as_table,
			       strerror(errno));
	return 0;
}

static int open_sources(const struct options *o, struct sources_of_tables *from)
{
	int code;

	from->results = survey_file_read(o->tables, "results.jsonl");
	if (!from->results)
		return failure(EXIT_INPUT, "%s/results.jsonl: %s", o->tables,
			       strerror(errno));
	code = open_as_table(o, &from->as_table);
	if (code)
		return code;
	from->meta = survey_file_read(o->tables, "meta.json");
	from->scenarios = scenario_list_load();
	return privileges_drop();
}

static void close_file(FILE *file)
{
	if (file)
		fclose(file);
}

static void close_sources(struct sources_of_tables *from)
{
	close_file(from->results);
	close_file(from->meta);
	close_file(from->as_table);
	scenario_list_free(from->scenarios);
}

static int report_one(const struct options *o, struct output *out)
{
	struct sources_of_tables from = {0};
	int code = open_sources(o, &from);

	if (!code)
		code = print_tables(o, out, &from);
	close_sources(&from);
	return code;
}

/* --- from several vantage points ------------------------------------------ */

struct vantages {
	size_t count;
	const char *names[VANTAGES_MAX];
	FILE *results[VANTAGES_MAX];
	FILE *meta[VANTAGES_MAX]; /* NULL: it is not there */
	FILE *as_table;		  /* NULL: none */
};

static int print_contrast(const struct format *f, const struct page *p,
			  const void *thing)
{
	return f->contrast(p, thing);
}

static void print_vantages(const struct options *o, struct output *out,
			   const struct contrast *c)
{
	if (o->csv) {
		csv_contrast(c, stdout);
		output_beside(out, print_contrast, c);
	} else {
		output_print(out, print_contrast, c);
	}
	for (size_t i = 0; i < c->vantages; i++)
		complain_of_bad(&c->faults[i], c->names[i]);
}

/* Each has something to print. */
static int check_vantages(const struct contrast *c, const struct vantages *v)
{
	int code = 0;

	for (size_t i = 0; i < c->vantages && !code; i++)
		code = check_results(&c->faults[i], v->results[i], c->told[i],
				     c->names[i]);
	return code;
}

static void read_rests(struct contrast *c, const struct vantages *v)
{
	for (size_t i = 0; i < v->count; i++) {
		json_t *meta = read_meta(v->meta[i]);

		contrast_rest(c, i, meta);
		json_decref(meta);
	}
}

static int report_contrast(const struct options *o, struct output *out,
			   const struct vantages *v)
{
	struct origin_table *origins = read_origins(o, v->as_table);
	struct contrast c;
	int code;

	contrast_read(&c, v->names, v->results, v->count);
	c.origins = origins;
	read_rests(&c, v);
	code = check_vantages(&c, v);
	if (!code)
		print_vantages(o, out, &c);
	contrast_free(&c);
	origin_table_free(origins);
	return code;
}

/* From the same place twice all would be seen as from several. */
static int check_different(const struct vantages *v)
{
	for (size_t i = 0; i < v->count; i++)
		for (size_t k = 0; k < i; k++)
			if (outfile_is_one(fileno(v->results[i]),
					   fileno(v->results[k])))
				return failure(EXIT_USAGE,
					       "%s and %s are one survey",
					       v->names[k], v->names[i]);
	return 0;
}

/* 0, or an exit code. */
static int open_vantages(const struct options *o, char **argv,
			 struct vantages *v)
{
	int code;

	for (size_t i = 0; i < v->count; i++) {
		v->names[i] = i ? argv[i - 1] : o->tables;
		v->results[i] = survey_file_read(v->names[i], "results.jsonl");
		if (!v->results[i])
			return failure(EXIT_INPUT, "%s/results.jsonl: %s",
				       v->names[i], strerror(errno));
		v->meta[i] = survey_file_read(v->names[i], "meta.json");
	}
	code = check_different(v);
	return code ? code : open_as_table(o, &v->as_table);
}

static int report_several(const struct options *o, struct output *out, int argc,
			  char **argv)
{
	struct vantages v = {.count = (size_t)argc + 1};
	int code;

	if (v.count > VANTAGES_MAX || o->csv_table)
		return failure(EXIT_USAGE,
			       "--report takes up to %d surveys, and several "
			       "without --table",
			       VANTAGES_MAX);
	code = open_vantages(o, argv, &v);
	if (!code)
		code = privileges_drop();
	if (!code)
		code = report_contrast(o, out, &v);
	close_file(v.as_table);
	for (size_t i = 0; i < v.count; i++) {
		close_file(v.results[i]);
		close_file(v.meta[i]);
	}
	return code;
}

static int check_table(const struct options *o)
{
	struct arena *a;
	int code;

	if (!o->csv_table || csv_has_table(o->csv_table))
		return 0;
	a = arena_new();
	code = failure(EXIT_USAGE, "--table %.40s: must be %s", o->csv_table,
		       csv_tables(a));
	arena_free(a);
	return code;
}

static int check_options(const struct options *o)
{
	if (o->output_file || o->resume)
		return failure(EXIT_USAGE,
			       "--report DIR prints what is there: neither -o "
			       "nor --resume go with it");
	if (o->csv && o->json)
		return failure(EXIT_USAGE, "--csv and -j: name one form");
	if (o->csv_table && !o->csv)
		return failure(EXIT_USAGE, "--table goes with --csv only");
	return check_table(o);
}

int survey_report(const struct options *o, struct output *out, int argc,
		  char **argv)
{
	int code = check_options(o);

	if (code)
		return code;
	return argc ? report_several(o, out, argc, argv) : report_one(o, out);
}
