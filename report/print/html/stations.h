/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the picture of a path consists of, before anything is drawn: stations
 * from this host to the target, a lane for each kind of segment, and the
 * stretches between stations where something interferes.
 */
#ifndef REPORT_PRINT_HTML_STATIONS_H
#define REPORT_PRINT_HTML_STATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/print/format.h"
#include "report/print/hop_cells.h"
#include "report/report.h"

struct station {
	const struct report_hop *hop; /* NULL: this host, or a target that no
					 hop is known to be */
	bool end;		      /* this host or the target */
	bool silent;
	char number[8];	  /* "3"; of an end: "" */
	const char *name; /* "" */
	const char *address;
	const char *more; /* "+1": others answer there, too; "" */
	const char *rtt;
	const char *network; /* "AS3320 DTAG", or "" */
	int back;	     /* hops of the return path; -1: not known */
	bool back_differs;
};

/* From one station to another, of one finding. */
struct stretch {
	const struct finding *finding;
	size_t from, to;
	bool returns; /* it is of the return path */
};

struct lane {
	const struct hop_column *column;
	bool arrived; /* the target acts on it, which no quote shows */
	bool stopped; /* between two stations, as nothing of it goes on: */
	size_t stop;  /* behind this one */
	const char *severity;
};

struct stations {
	struct station *list;
	size_t count;
	struct stretch *stretches; /* without what is harmless */
	size_t stretch_count;
	struct lane lanes[HOP_COLUMNS];
	size_t lane_count;
	bool returns;  /* something is known of the return path */
	bool networks; /* and of whose the hops are */
};

struct stations stations_of(const struct page *p, const struct report *r);

/* What stands on a lane at a station. */
enum hop_mark lane_mark(const struct page *p, const struct report *r,
			const struct stations *s, const struct lane *l,
			size_t station);

/* "MP_CAPABLE is removed" */
const char *stretch_words(const struct page *p, const struct stretch *s);

/* The picture as a sentence, for who does not see it. */
const char *stations_words(const struct page *p, const struct stations *s);

#endif
