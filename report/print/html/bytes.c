/* SPDX-License-Identifier: GPL-3.0-or-later
 * What was sent and what hops quote of it, side by side: all options, and each
 * other field that differs. A quote stands beside the very packet that it
 * quotes, as others have other timestamps.
 */
#include <string.h>

#include "report/arena.h"
#include "report/print/finding_packets.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/pieces.h"

#define HEX_SHOWN 48 /* bytes */

/* --- hex ------------------------------------------------------------------ */

static bool is_hex(const char *text)
{
	size_t length = strlen(text);

	return length >= 2 && length % 2 == 0 &&
	       strspn(text, "0123456789abcdef") == length;
}

static bool differs_at(const char *text, const char *other, size_t at)
{
	return other && (at + 2 > strlen(other) ||
			 strncmp(text + at, other + at, 2) != 0);
}

void hex_marked(const struct page *p, const char *text, const char *other)
{
	size_t length = strlen(text);
	bool cut = length > 2 * HEX_SHOWN;

	if (!is_hex(text)) {
		bool marked = other && strcmp(text, other) != 0;

		markup(p->out, marked ? "<mark>%s</mark>" : "%s", text);
		return;
	}
	for (size_t i = 0; i < (cut ? 2 * HEX_SHOWN : length); i += 2) {
		bool marked = differs_at(text, other, i);

		markup(p->out, "%s", i ? " " : "");
		markup(p->out, marked ? "<mark>%c%c</mark>" : "%c%c", text[i],
		       text[i + 1]);
	}
	if (cut)
		markup(p->out, " ... (%zu bytes)", length / 2);
}

/* --- columns -------------------------------------------------------------- */

struct witness {
	const struct report_packet *sent, *seen; /* NULL: there is none */
	struct pieces sent_pieces, seen_pieces;
};

struct table {
	const struct page *page;
	struct witness
		columns[2]; /* of the hop before, and of the one behind */
	size_t count;
	const struct witness *main; /* whose packet is told as sent */
};

static void add_column(struct table *t, const struct report *r,
		       const struct report_packet *seen)
{
	struct witness *w = &t->columns[t->count];

	w->seen = seen;
	w->sent = packet_of(r, seen->quotes);
	w->seen_pieces = pieces_of(t->page->arena, seen);
	if (w->sent)
		w->sent_pieces = pieces_of(t->page->arena, w->sent);
	if (w->seen_pieces.count)
		t->count++;
}

static void find_columns(struct table *t, const struct report *r,
			 const struct finding *f)
{
	struct finding_packets packets = finding_packets(r, f);

	for (size_t i = 0; i < packets.count; i++)
		add_column(t, r, packets.seen[i]);
	if (t->count)
		t->main = &t->columns[t->count - 1];
}

/* --- rows ----------------------------------------------------------------- */

static const char *hex_of(const struct table *t, const struct piece *piece)
{
	return arena_hex(t->page->arena, piece->bytes, piece->length);
}

static bool same(const struct piece *a, const struct piece *b)
{
	return a->length == b->length && !memcmp(a->bytes, b->bytes, a->length);
}

/* Whether a column shows the field otherwise than its packet was sent. */
static bool differs_in(const struct witness *w, size_t index,
		       const struct pieces *main)
{
	struct piece sent, seen;

	if (!w->sent || !piece_beside(main, index, &w->sent_pieces, &sent))
		return false;
	if (!piece_beside(main, index, &w->seen_pieces, &seen))
		return sent.option;
	return !sent.travels && !same(&sent, &seen);
}

static bool differs(const struct table *t, size_t index,
		    const struct pieces *main)
{
	for (size_t i = 0; i < t->count; i++)
		if (differs_in(&t->columns[i], index, main))
			return true;
	return false;
}

static void seen_cell(const struct table *t, const struct witness *w,
		      size_t index, const struct pieces *main)
{
	FILE *out = t->page->out;
	struct piece sent, seen;
	bool there = piece_beside(main, index, &w->seen_pieces, &seen);

	if (!there) {
		markup(out, "<td class=\"miss\">%s</td>",
		       main->list[index].option ? "gone" : "not quoted");
		return;
	}
	if (!w->sent || !piece_beside(main, index, &w->sent_pieces, &sent))
		sent = seen;
	markup(out, "<td class=\"hex\">");
	hex_marked(t->page, hex_of(t, &seen), hex_of(t, &sent));
	markup(out, "</td>");
}

static void row(const struct table *t, const struct pieces *main, size_t index)
{
	const struct piece *piece = &main->list[index];
	FILE *out = t->page->out;
	bool differing = differs(t, index, main);

	if (!piece->option && !differing && (t->main->sent || piece->plain))
		return;
	markup(out, differing ? "<tr class=\"diff\">" : "<tr>");
	markup(out, "<th scope=\"row\">%s", piece->name);
	if (*piece->words)
		markup(out, "<br><span class=\"miss\">%s</span>", piece->words);
	markup(out, "</th>");
	if (t->main->sent) {
		markup(out, "<td class=\"hex\">");
		hex_marked(t->page, hex_of(t, piece), NULL);
		markup(out, "</td>");
	}
	for (size_t i = 0; i < t->count; i++)
		seen_cell(t, &t->columns[i], index, main);
	markup(out, "</tr>\n");
}

static void added_row(const struct table *t, const struct piece *piece)
{
	FILE *out = t->page->out;

	markup(out,
	       "<tr class=\"diff\"><th scope=\"row\">%s</th>"
	       "<td class=\"miss\">not sent</td>",
	       piece->name);
	for (size_t i = 1; i < t->count; i++)
		markup(out, "<td></td>");
	markup(out, "<td class=\"hex\">");
	hex_marked(t->page, hex_of(t, piece), "");
	markup(out, "</td></tr>\n");
}

/* --- all of it ------------------------------------------------------------ */

static void column_title(const struct table *t, const struct witness *w)
{
	const struct report_packet *k = w->seen;
	const char *who =
		!k->received ? "Sent"
		: !k->quotes ? "Received"
		: k->hop ? arena_printf(t->page->arena, "Hop %u quotes", k->hop)
			 : "Quoted";

	markup(t->page->out, "<th scope=\"col\">%s<br>frame %llu</th>", who,
	       (unsigned long long)k->frame);
}

static void head(const struct table *t)
{
	FILE *out = t->page->out;

	markup(out,
	       "<table><caption>Bytes of %s; what differs is marked</caption>"
	       "<thead><tr><th scope=\"col\">Field</th>",
	       /* It is of a packet: NOLINTNEXTLINE(*-core.NullDereference) */
	       segment_phrase(t->main->seen->segment));
	if (t->main->sent)
		markup(out, "<th scope=\"col\">Sent<br>frame %llu</th>",
		       (unsigned long long)t->main->sent->frame);
	for (size_t i = 0; i < t->count; i++)
		column_title(t, &t->columns[i]);
	markup(out, "</tr></thead>\n<tbody>\n");
}

void bytes_beside(const struct page *p, const struct report *r,
		  const struct finding *f)
{
	struct table t = {.page = p};
	const struct pieces *main;

	find_columns(&t, r, f);
	if (!t.count)
		return;
	main = t.main->sent ? &t.main->sent_pieces : &t.main->seen_pieces;
	markup(p->out, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
		       "aria-label=\"Bytes\">");
	head(&t);
	for (size_t i = 0; i < main->count; i++)
		row(&t, main, i);
	for (size_t i = 0; t.main->sent && i < t.main->seen_pieces.count; i++)
		if (piece_is_added(main, &t.main->seen_pieces, i))
			added_row(&t, &t.main->seen_pieces.list[i]);
	markup(p->out, "</tbody></table></div>\n");
}
