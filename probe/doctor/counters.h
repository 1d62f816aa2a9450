/* SPDX-License-Identifier: GPL-3.0-or-later
 * Counters of MPTcpExt at two times, and what they say.
 */
#ifndef PROBE_DOCTOR_COUNTERS_H
#define PROBE_DOCTOR_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/print/doctor.h"

struct counters {
	const struct doctor_counter *all;
	size_t count;
};

/* What was counted between the two, of all counters that `after` has; what is
 * there now, such as open connections, is left out. False: some are smaller
 * than before, so that counting began anew. */
bool counters_between(struct arena *a, const struct counters *before,
		      const struct counters *after, struct counters *out);

/* Why connections fell back, as far as they tell: sentences, or "". */
const char *counters_reasons(struct arena *a, const struct doctor_counter *all,
			     size_t count);

/* Those in what `mpprobe doctor -j` wrote, the first line of it, and when;
 * false: it is something else. */
bool counters_read(struct arena *a, FILE *in, struct counters *out,
		   const char **when);

#endif
