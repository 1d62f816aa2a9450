/* SPDX-License-Identifier: GPL-3.0-or-later
 * What changed from run to run, over time.
 */
#ifndef REPORT_PRINT_HTML_COMPARE_CHARTS_H
#define REPORT_PRINT_HTML_COMPARE_CHARTS_H

#include "report/print/format.h"

/* Of each address and port; nothing, where all is of one time. */
void compare_charts(const struct page *p, const struct compare *c);

#endif
