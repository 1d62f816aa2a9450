/* SPDX-License-Identifier: GPL-3.0-or-later
 * On which side of the paths from several vantage points interference is: near
 * one of them, near the server, at a hop that they share, or not known.
 */
#ifndef REPORT_SURVEY_SIDES_H
#define REPORT_SURVEY_SIDES_H

#include "report/survey/contrast.h"

enum contrast_side {
	SIDE_SERVER, /* right before it, as several tell */
	SIDE_SHARED, /* at a hop that several go by */
	SIDE_WAY,    /* at a hop, of one alone */
	SIDE_ALL,    /* from all; the hops of some do not tell */
	SIDE_SOME,   /* from some; the same */
	SIDE_ALONE,  /* from one, and from elsewhere nothing is known */
	SIDES
};

#define EXAMPLES_MAX 10

/* Targets of which the same is to be said. Vantage points are bits. */
struct side_row {
	enum contrast_side side;
	const char *id; /* of the finding; "": by classes alone */
	struct contrast_place place;
	const char *where; /* in words; "": not known */
	unsigned placed;   /* from where the place was seen */
	unsigned unplaced; /* from where it shows, and no hop tells where */
	unsigned clear;	   /* from where nothing of it is */
	unsigned passes;   /* of these, whose paths go by that hop */
	unsigned unknown;  /* that asked, and cannot tell */
	uint64_t targets;
	const struct contrast_target *examples[EXAMPLES_MAX];
};

/* What interferes near a vantage point. */
struct side_near {
	bool by_class;		 /* all that speak MPTCP are of one class */
	enum survey_class class; /* that */
	unsigned likewise;	 /* for whom that holds as well, without hops */
	const char *id;		 /* all show it at one place; NULL: not so */
	struct contrast_place place;
	const char *where;
	bool close;	  /* that is nearer to it than to the targets */
	unsigned clear;	  /* from where some of these show nothing of it */
	unsigned other;	  /* from where some show it at another place */
	uint64_t targets; /* that show it */
};

struct sides {
	struct side_near near[VANTAGES_MAX];
	struct side_row *rows; /* by side, those of most targets first */
	size_t count;
};

/* How many rows of a side are shown where there may be very many; -j and --csv
 * have all. */
#define ROWS_SHOWN 20

void sides_judge(const struct contrast *c, struct arena *a, struct sides *out);

/* "Interfered with right before the server" */
const char *side_title(enum contrast_side side);
const char *side_name(enum contrast_side side); /* "server" */

/* "A, B and C" */
const char *vantages_words(const struct contrast *c, struct arena *a,
			   unsigned vantages);

/* What is said of a near cause, in sentences; "": there is none. */
const char *side_near_words(const struct contrast *c, struct arena *a,
			    const struct side_near *n);

/* "mp_capable.removed: hop 192.0.2.1 or behind it: towards 8 targets, from A
 * and B; not from C" */
const char *side_row_words(const struct contrast *c, struct arena *a,
			   const struct side_row *r);

/* Of how many rows the side is that begins with row number `first`. */
size_t sides_rows(const struct sides *s, size_t first);

/* Whether hops are known of some vantage points, and of this one none, as no
 * probe was made, though something is interfered with as seen from there, or
 * may be. */
bool sides_lack_hops(const struct contrast *c, size_t vantage);

#endif
