/* SPDX-License-Identifier: GPL-3.0-or-later
 * What differs between two rows of a comparison, and what it means.
 */
#ifndef REPORT_COMPARE_DIFFERENCE_H
#define REPORT_COMPARE_DIFFERENCE_H

#include <stdbool.h>

#include "report/compare/compare.h"

/* In what else than their answers they differ. */
enum axis { AXIS_KIND, AXIS_TIME, AXIS_PORT, AXIS_SOURCE };

/* Two rows, and what each of them is called. */
struct pair {
	struct compare *c;
	enum axis axis;
	const struct compare_row *a, *b;
	const char *a_name, *b_name;
	const char *about; /* "10.0.7.2 port 80: ", or "" */
};

/* Adds what is said of them to the differences, once. */
void difference_tell(const struct pair *p, bool meaningful, const char *kind,
		     const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* All that differs in their answers, or that one of them has none. */
void difference_of_rows(const struct pair *p);

/* Only that one SYN/ACK has MP_CAPABLE, and the other none. */
void difference_of_mptcp(const struct pair *p);

/* Only how far away who answers is; whether that is another host. */
bool difference_of_distance(const struct pair *p);

#endif
