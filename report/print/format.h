/* SPDX-License-Identifier: GPL-3.0-or-later
 * The forms in which a result is printed: text, JSON, a page of HTML, a
 * picture, a letter. Another form is one file, and one row of the table in
 * format.c.
 */
#ifndef REPORT_PRINT_FORMAT_H
#define REPORT_PRINT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;
struct compare;
struct contrast;
struct document;
struct doctor;
struct legs;
struct packet;
struct paths;
struct report;
struct speed;
struct survey_tables;
struct mptcp_connection;
struct watch_change;

/* What is printed on, and how much of it is wanted. */
struct page {
	FILE *out;
	unsigned width; /* columns that text may take: 60 to 200 */
	bool colour;
	bool verbose;	  /* the ladder, the connections, harmless evidence */
	bool rules;	  /* what became of each rule: -v, twice */
	bool quiet;	  /* the verdict only, on one line however long */
	bool again;	  /* and wrapped: it is said again, at the end */
	unsigned times;	  /* of packets, as so many -t of tcpdump(8): 0 the time
			     of the day, 1 none, 2 seconds since 1970, 3 since the
			     packet before, 4 with date and zone, 5 since the
			     first */
	unsigned printed; /* things that stand on it already */
	struct document *document;   /* of the format's open(); NULL: none */
	const struct origin *origin; /* where a format tells it; else NULL */
	struct arena *arena;	     /* for what is being printed now */
};

/* How results came to be, for those to whom a document is handed. */
struct origin_capture {
	const char *name;   /* of the file, without its directory */
	const char *sha256; /* in hex; NULL: not known */
};
struct origin {
	const char *command; /* the whole line */
	struct origin_capture *captures;
	size_t capture_count;
};

#define PAGE_WIDTH 80 /* unless the terminal says otherwise */
#define PAGE_WIDTH_MIN 60
#define PAGE_WIDTH_MAX 200

/* Each function prints one thing whole: 0, or -1 without memory, and then
 * what went out is to be thrown away. Errors of `out` show in ferror(). All of
 * them are there, but for `list`, which may be NULL; of a document only those
 * of results that may stand on it. */
struct format {
	const char *name;
	bool tells_origin; /* page->origin must be there */
	/* Of a document, which is more than the things on it; else NULL. `open`
	 * begins one. `close` prints it whole: `body` is what was printed; and
	 * frees it. */
	struct document *(*open)(void);
	int (*close)(const struct page *p, const char *body, size_t length);
	int (*report)(const struct page *p, const struct report *r);
	/* What the reports of several uplinks say together. */
	int (*paths)(const struct page *p, const struct paths *all);
	/* Of a capture on a proxy or gateway. */
	int (*legs)(const struct page *p, const struct legs *l);
	/* The heading of the connections that follow. */
	int (*list)(const struct page *p);
	int (*connection)(const struct page *p,
			  const struct mptcp_connection *c);
	/* That the list was read from a page, and so many more are not on it.
	 */
	int (*list_rest)(const struct page *p, uint64_t left_out);
	/* What is neither TCP nor an ICMP error is left out. `time_us` is since
	 * 1970, or what page->times counts from. */
	int (*packet)(const struct page *p, const struct packet *packet,
		      uint64_t frame, int64_t time_us);
	int (*compare)(const struct page *p, const struct compare *c);
	int (*speed)(const struct page *p, const struct speed *s);
	int (*doctor)(const struct page *p, const struct doctor *d);
	/* What a survey has found. */
	int (*survey)(const struct page *p, const struct survey_tables *t);
	/* The same targets, from several vantage points. */
	int (*contrast)(const struct page *p, const struct contrast *c);
	/* Between two runs of watch. */
	int (*watch)(const struct page *p, const struct watch_change *c);
};

/* "text", "json", "html", "svg", "letter"; NULL if there is none of this name.
 */
const struct format *format_named(const char *name);

#endif
