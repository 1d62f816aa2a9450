/* SPDX-License-Identifier: GPL-3.0-or-later
 * A letter to a network operations centre: what, where, when, two packets, who
 * is known to do it and what to change; plain text of about fifteen lines.
 */
#ifndef REPORT_PRINT_LETTER_H
#define REPORT_PRINT_LETTER_H

#include "report/print/format.h"

/* A row of the table in format.c, which has its contract. */
int letter_report(const struct page *p, const struct report *r);

/* The letter alone, on any page. Whether there is something to write of. */
bool letter_write(const struct page *p, const struct report *r);

#endif
