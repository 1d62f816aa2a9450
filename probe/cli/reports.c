// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/reports.h"

#include "probe/cli/output.h"
#include "probe/net/complain.h"
#include "report/paths/paths.h"
#include "report/report.h"

static int print_paths(struct output *out, const struct observer *o,
		       struct report *const *reports, size_t count)
{
	struct paths *p = paths_judge(o, reports, count);
	int code = paths_exit_code(p);

	output_end(out, output_format(out)->paths(output_begin(out), p));
	paths_free(p);
	return code;
}

int reports_print(struct output *out, const struct observer *o,
		  struct report *const *reports, size_t count)
{
	bool several = count > 1 && !reports[0]->reference;
	int ret = several ? print_paths(out, o, reports, count)
			  : report_exit_code(reports[0]);

	for (size_t i = 0; i < count; i++) {
		ret = exit_worst(ret, report_exit_code(reports[i]));
		output_end(out, output_format(out)->report(output_begin(out),
							   reports[i]));
	}
	return ret;
}
