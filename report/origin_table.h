/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which network announces an address, by a table that the user has: nobody is
 * asked.
 */
#ifndef REPORT_ORIGIN_TABLE_H
#define REPORT_ORIGIN_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "crafting/address.h"

struct origin_table;

/* Reads a prefix and the number of its autonomous system a line, with a name
 * behind them or none, in the forms of pyasn and of CAIDA's pfx2as:
 *     203.0.113.0/24  64500  EXAMPLE
 *     203.0.113.0  24  64500_64501
 * of several systems the first. '#' and ';' begin comments. `*wrong`: 0, or the
 * number of the first line that is neither; the others are read all the same.
 */
struct origin_table *origin_table_read(FILE *file, unsigned long *wrong);

/* That of the longest prefix; 0: there is none. `*name`: "", or printable
 * ASCII; owned by the table. */
uint32_t origin_table_find(const struct origin_table *t,
			   const struct address *a, const char **name);

/* The same of an address as text; 0 if it is none. */
uint32_t origin_table_find_text(const struct origin_table *t, const char *text);

/* The name of a system, "" if none is there. */
const char *origin_table_name(const struct origin_table *t, uint32_t number);

void origin_table_free(struct origin_table *t); /* NULL is fine */

#endif
