/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is kept of a page while it is made.
 */
#ifndef REPORT_PRINT_HTML_DOCUMENT_H
#define REPORT_PRINT_HTML_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/print/format.h"

#define CONNECTIONS_SHOWN 50

struct document {
	char *title;	 /* of the first result; NULL: none yet */
	FILE *json;	 /* lines of -j, of what is on the page */
	char *json_text; /* what it holds */
	size_t json_size;
	FILE *connections; /* as html, listed behind the reports */
	char *connections_text;
	size_t connections_size;
	FILE *listed_json; /* the same as lines of -j */
	char *listed_text;
	size_t listed_size;
	size_t connection_count;
	bool listed;	/* they are shown */
	FILE *contents; /* what the page has, to go there */
	char *contents_text;
	size_t contents_size;
	unsigned contents_count;
	double width, height; /* of an SVG, so far */
};

/* The title of the page, unless it has one. */
void document_title(const struct page *p, const char *title);

/* Begins an article, to the end of its heading, which is also the title of the
 * page: "Survey census", its second word in bold. `name` may be NULL. The
 * caller closes <header> and <article>. */
void document_head(const struct page *p, const char *severity,
		   const char *about, const char *name, const char *heading);

/* An entry of the contents, which stand first where there are several:
 * "10.0.5.2 port 80", "Blocked". Its number, of id="part-N". */
unsigned document_entry(const struct page *p, const char *class,
			const char *what, const char *state);

/* The page on which the same result goes as JSON. */
struct page document_json(const struct page *p);

#endif
