/* SPDX-License-Identifier: GPL-3.0-or-later
 * The path as a table: what each hop says of each kind of segment that was
 * swept. Text has it as cells, a page as a picture.
 */
#ifndef REPORT_PRINT_HOP_CELLS_H
#define REPORT_PRINT_HOP_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/report.h"

struct arena;

struct hop_column {
	const char *title;
	enum segment_kind segment;
	bool plain;	      /* of connections without MPTCP */
	bool syn;	      /* is answered by SYN/ACK, not quoted, ... */
	enum purpose purpose; /* ... on these connections */
};

extern const struct hop_column hop_columns[];
#define HOP_COLUMNS 6

enum hop_mark {
	HOP_NOTHING,  /* it need not say anything: the target */
	HOP_UNQUOTED, /* no quote came from it */
	HOP_PARTIAL,  /* quoted, but without all options */
	HOP_INTACT,
	HOP_CHANGED, /* in what matters to nobody, */
	HOP_PAYLOAD, /* in its payload, */
	HOP_MPTCP,   /* or in its MPTCP option */
	HOP_ANSWERED,
};

#define HOP_CELL 12 /* bytes, with NUL */

struct hop_cell {
	enum hop_mark mark;
	char text[HOP_CELL]; /* "intact", "no MPTCP", "-" */
};

struct hop_cell hop_cell(struct arena *a, const struct report *r,
			 const struct hop_column *c,
			 const struct report_hop *h);

/* "new MSS, no SACK": what "+2" in cells of a column stands for; "": there are
 * none. */
const char *hop_column_more(struct arena *a, const struct report *r,
			    const struct hop_column *c);

/* Whether any of it was sent with small TTLs. */
bool hop_column_swept(const struct report *r, const struct hop_column *c);

/* Whether nothing is known of the hop. */
bool hop_silent(const struct report *r, const struct report_hop *h);

#endif
