/* SPDX-License-Identifier: GPL-3.0-or-later
 * What stands around the results: head, style, where they come from, and the
 * same as JSON.
 */
#include "report/print/html/document.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/print/html/html.h"
#include "report/print/html/markup.h"
#include "report/print/html/style.h"
#include "report/print/json.h"
#include "report/saved/saved.h"

struct document *html_open(void)
{
	struct document *d = must_have(calloc(1, sizeof(*d)));

	d->json = must_have(open_memstream(&d->json_text, &d->json_size));
	d->connections = must_have(
		open_memstream(&d->connections_text, &d->connections_size));
	d->contents =
		must_have(open_memstream(&d->contents_text, &d->contents_size));
	d->listed_json =
		must_have(open_memstream(&d->listed_text, &d->listed_size));
	return d;
}

void document_title(const struct page *p, const char *title)
{
	if (!p->document->title)
		p->document->title = must_have(strdup(title));
}

void document_head(const struct page *p, const char *severity,
		   const char *about, const char *name, const char *heading)
{
	document_title(p, arena_printf(p->arena, "%s - mpprobe", heading));
	markup(p->out,
	       "<article class=\"%s\">\n<header class=\"head\">\n"
	       "<p class=\"about\">%s",
	       severity, about);
	if (name)
		markup(p->out, " <b>%s</b>", name);
	markup(p->out, "</p>\n<h1>%s</h1>\n", heading);
}

unsigned document_entry(const struct page *p, const char *class,
			const char *what, const char *state)
{
	struct document *d = p->document;

	markup(d->contents,
	       "<li class=\"%s\"><a href=\"#part-%u\">%s</a> <b>%s</b></li>\n",
	       class, ++d->contents_count, what, state);
	return d->contents_count;
}

struct page document_json(const struct page *p)
{
	struct page json = *p;

	json.out = p->document->json;
	json.verbose = true;
	return json;
}

/* --- head ----------------------------------------------------------------- */

/* Only this style may apply: CSP names it by its hash. */
static void print_policy(FILE *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE], base64[2 * EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (EVP_Digest(html_style, strlen(html_style), digest, &length,
		       EVP_sha256(), NULL) != 1)
		length = 0;
	EVP_EncodeBlock(base64, digest, (int)length);
	markup(out,
	       "<meta http-equiv=\"Content-Security-Policy\" content=\""
	       "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
	       "form-action 'none'\">\n",
	       (const char *)base64);
}

static void print_head(FILE *out, const struct document *d)
{
	markup(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		    "<meta charset=\"utf-8\">\n");
	print_policy(out);
	markup(out,
	       "<meta name=\"viewport\" content=\"width=device-width, "
	       "initial-scale=1\">\n"
	       "<meta name=\"color-scheme\" content=\"light dark\">\n"
	       "<meta name=\"referrer\" content=\"no-referrer\">\n"
	       "<meta name=\"generator\" content=\"mpprobe %s\">\n"
	       "<title>%s</title>\n<style>",
	       MPPROBE_VERSION, d->title ? d->title : "mpprobe");
	fputs(html_style, out);
	markup(out, "</style>\n</head>\n<body>\n<main>\n");
}

/* --- foot ----------------------------------------------------------------- */

static void print_captures(FILE *out, const struct origin *o)
{
	for (size_t i = 0; i < o->capture_count; i++) {
		const struct origin_capture *c = &o->captures[i];

		markup(out, "<dt>Capture</dt><dd><code>%s</code>", c->name);
		if (c->sha256)
			markup(out, "<br>SHA-256 <code>%s</code>", c->sha256);
		markup(out, "</dd>\n");
	}
}

static bool has_json(const struct document *d)
{
	return d->json_size || (d->listed && d->listed_size);
}

static void print_foot(FILE *out, const struct origin *o,
		       const struct document *d)
{
	markup(out,
	       "</main>\n<footer>\n<h2>Where this comes from</h2>\n"
	       "<dl>\n<dt>Made by</dt><dd>mpprobe %s</dd>\n"
	       "<dt>Command</dt><dd><code>%s</code></dd>\n",
	       MPPROBE_VERSION, o->command);
	print_captures(out, o);
	if (has_json(d))
		markup(out,
		       "<dt>In this file</dt><dd>All of it as JSON, for "
		       "<code>mpprobe read</code> and <code>mpprobe compare"
		       "</code>; frame numbers are those of the capture, times "
		       "are UTC.</dd>\n");
	markup(out, "</dl>\n</footer>\n");
}

/* A "<" stands only within strings, and might end the element. */
static void print_lines(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '<')
			fputs("\\u003c", out);
		else
			fputc(text[i], out);
}

static void print_json(FILE *out, const struct document *d)
{
	fputs(SAVED_BEGIN, out);
	print_lines(out, d->json_text, d->json_size);
	if (d->listed)
		print_lines(out, d->listed_text, d->listed_size);
	fputs(SAVED_END "\n", out);
}

/* --- all of it ------------------------------------------------------------ */

static bool has_connections(const struct document *d)
{
	return d->listed && d->connections_size;
}

static void print_contents(FILE *out, const struct document *d)
{
	if (d->contents_count + has_connections(d) < 2)
		return;
	markup(out, "<nav aria-label=\"On this page\"><ul>\n");
	fwrite(d->contents_text, 1, d->contents_size, out);
	if (has_connections(d))
		markup(out,
		       "<li class=\"plain\"><a href=\"#connections\">MPTCP "
		       "connections</a> <b>%zu</b></li>\n",
		       d->connection_count);
	markup(out, "</ul></nav>\n");
}

static void print_connections(FILE *out, const struct document *d)
{
	if (!has_connections(d))
		return;
	markup(out, "<section id=\"connections\">\n"
		    "<h2>MPTCP connections</h2>\n");
	fwrite(d->connections_text, 1, d->connections_size, out);
	if (d->connection_count > CONNECTIONS_SHOWN)
		markup(out, "<p class=\"note\">%zu more are not shown.</p>\n",
		       d->connection_count - CONNECTIONS_SHOWN);
	markup(out, "</section>\n");
}

/* What is read again must tell, too, that there were more. */
static int end_list(const struct page *p, const struct document *d)
{
	struct page json = *p;

	json.out = d->listed_json;
	if (d->connection_count <= CONNECTIONS_SHOWN)
		return 0;
	return json_list_rest(&json, d->connection_count - CONNECTIONS_SHOWN);
}

static int free_document(struct document *d, int printed)
{
	free(d->json_text);
	free(d->connections_text);
	free(d->listed_text);
	free(d->contents_text);
	free(d->title);
	free(d);
	return printed;
}

int html_close(const struct page *p, const char *body, size_t length)
{
	struct document *d = p->document;
	int failed = end_list(p, d) || ferror(d->json) ||
		     ferror(d->connections) || ferror(d->listed_json) ||
		     ferror(d->contents);

	failed |= fclose(d->json) | fclose(d->connections) |
		  fclose(d->listed_json) | fclose(d->contents);
	if (failed)
		return free_document(d, -1);
	print_head(p->out, d);
	print_contents(p->out, d);
	fwrite(body, 1, length, p->out);
	print_connections(p->out, d);
	print_foot(p->out, p->origin, d);
	if (has_json(d))
		print_json(p->out, d);
	markup(p->out, "</body>\n</html>\n");
	return free_document(d, 0);
}
