/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who is never sent anything: what no public address is (the registries of IANA
 * for special-purpose addresses), and who asked not to be.
 */
#ifndef PROBE_SURVEY_BLOCKLIST_H
#define PROBE_SURVEY_BLOCKLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "probe/survey/ranges.h"

struct prefix;

struct blocklist {
	struct ranges own;     /* of files */
	struct ranges special; /* of IANA, always */
	struct ranges private; /* of IANA, unless they are named */
};

/* With the ranges that are shipped, or (`-b none`) nothing at all. */
void blocklist_begin(struct blocklist *b, bool shipped);

/* Adds what a file lists: a prefix or an address a line, of which a comment
 * follows # or a blank. 0; else the number of the first line that is neither:
 * whoever is meant there must not be asked by mistake. */
unsigned long blocklist_read(struct blocklist *b, FILE *file);

/* The same. 0, or an exit code after a complaint, of what cannot be read as
 * well. */
int blocklist_load(struct blocklist *b, FILE *file, const char *name);

/* To be called when all is added. */
void blocklist_sort(struct blocklist *b);

/* Whether nothing may be sent there. `named`: the user named a private range
 * or address that it is of. */
bool blocklist_blocks(const struct blocklist *b, const struct address *a,
		      bool named);

void blocklist_free(struct blocklist *b);

/* Whether all of it is of one private range: who names it means it. */
bool prefix_is_private(const struct prefix *p);

#endif
