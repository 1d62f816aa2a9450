/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which subflow carried which data of a connection, and when.
 */
#ifndef REPORT_PRINT_HTML_DSN_CHART_H
#define REPORT_PRINT_HTML_DSN_CHART_H

#include "report/print/format.h"

struct mptcp_connection;

/* The data of one host; nothing, if it sent too little to see anything. */
void dsn_chart(const struct page *p, const struct mptcp_connection *c,
	       unsigned host);

#endif
