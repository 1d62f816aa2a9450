// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/reports.h"

#include "probe/cli/output.h"
#include "probe/net/complain.h"
#include "report/paths/paths.h"
#include "report/report.h"

static int print_one_report(const struct format *f, const struct page *p,
			    const void *report)
{
	return f->report(p, report);
}

static int print_all_paths(const struct format *f, const struct page *p,
			   const void *paths)
{
	return f->paths ? f->paths(p, paths) : 0;
}

void report_print(struct output *out, const struct report *r)
{
	output_print(out, print_one_report, r);
}

void paths_print(struct output *out, const struct paths *p)
{
	output_print(out, print_all_paths, p);
}

int list_heading_print(const struct format *f, const struct page *p,
		       const void *nothing)
{
	(void)nothing;
	return f->list ? f->list(p) : 0;
}

int list_legs_print(const struct format *f, const struct page *p,
		    const void *legs)
{
	return f->legs ? f->legs(p, legs) : 0;
}

int list_rest_print(const struct format *f, const struct page *p,
		    const void *left_out)
{
	const uint64_t *count = left_out;

	return f->list_rest ? f->list_rest(p, *count) : 0;
}

int list_connection_print(const struct format *f, const struct page *p,
			  const void *connection)
{
	return f->connection ? f->connection(p, connection) : 0;
}

void print_beside_report(struct output *out, output_print_fn *print,
			 const void *thing)
{
	if (!output_page(out).quiet)
		output_end(out,
			   print(output_format(out), output_begin(out), thing));
	output_beside(out, print, thing);
}

static int judge_and_print_paths(struct output *out, const struct observer *o,
				 const struct paths_group *g)
{
	struct paths *p = paths_judge(o, g);
	int code = paths_exit_code(p);

	paths_print(out, p);
	paths_free(p);
	return code;
}

int reports_print(struct output *out, const struct observer *o,
		  const struct paths_group *g)
{
	int ret = paths_are_several(g) ? judge_and_print_paths(out, o, g)
				       : report_exit_code(g->reports[0]);

	for (size_t i = 0; i < g->count; i++) {
		ret = exit_worst(ret, report_exit_code(g->reports[i]));
		report_print(out, g->reports[i]);
	}
	return ret;
}
