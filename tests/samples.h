/* SPDX-License-Identifier: GPL-3.0-or-later
 * Reports made by hand, for the tests of what prints them.
 */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "report/report.h"

extern const struct sample {
	const char *name;
	struct report *(*make)(void); /* the caller's to report_free() */
} samples[];
extern const size_t sample_count;

struct report *sample_clear(void);
struct report *sample_hostile(void);
struct report *sample_impaired(void);
struct report *sample_interrupted(void);
struct report *sample_networks(void);
struct report *sample_strip(void);

#endif
