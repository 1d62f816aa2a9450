/* SPDX-License-Identifier: GPL-3.0-or-later
 * The head of a report: its verdict, in large letters, and what is to be known
 * beside it.
 */
#include <string.h>

#include "report/arena.h"
#include "report/print/html/document.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/topics.h"

/* A shape each, so that no colour need be seen. */
static const struct {
	const char *word, *shape, *sign;
} badges[] = {
	[STATUS_CLEAR] = {"Works",
			  "M12 1.5a10.5 10.5 0 1 1 0 21a10.5 10.5 0 1 1 0-21z",
			  "M7 12.5l3.5 3.5 6.5-7.5"},
	[STATUS_IMPAIRED] = {"Works in part", "M12 1.5l11 20.5h-22z",
			     "M12 9v6m0 3.2v.1"},
	[STATUS_BLOCKED] = {"Blocked", "M7.5 1.5h9l6 6v9l-6 6h-9l-6-6v-9z",
			    "M8 8l8 8m0-8l-8 8"},
	[STATUS_UNSUPPORTED] = {"The server has no MPTCP", "M3 3h18v18h-18z",
				"M7.5 12h9"},
	[STATUS_UNDETERMINED] = {"Undetermined",
				 "M12 1.5l10.5 10.5-10.5 10.5-10.5-10.5z",
				 "M9.5 9.5a2.6 2.6 0 1 1 2.6 3v1.6m0 2.8v.1"},
	[STATUS_UNREACHABLE] = {"Not reached", "M2 7h20v10h-20z",
				"M6 12h3m2 0h3m2 0h2"},
};

const char *status_words(enum status s)
{
	return badges[s].word;
}

void part_badge(const struct page *p, enum status s)
{
	markup(p->out,
	       "<p class=\"badge\"><svg viewBox=\"0 0 24 24\" "
	       "aria-hidden=\"true\"><path d=\"%s\" fill=\"var(--sev)\"/>"
	       "<path d=\"%s\" fill=\"none\" stroke=\"var(--bg)\" "
	       "stroke-width=\"2.4\" stroke-linecap=\"round\"/></svg>%s</p>\n",
	       badges[s].shape, badges[s].sign, badges[s].word);
}

/* Behind the first colon stand the reasons. */
static void sentences(const struct page *p, const struct report *r)
{
	const char *text = r->verdict ? r->verdict : "";
	const char *colon = strstr(text, ": ");
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	const char *headline =
		length <= HEADLINE_MAX
			? arena_printf(p->arena, "%.*s", (int)length, text)
			: badges[r->status].word;
	const char *rest = length > HEADLINE_MAX ? text
			   : colon		 ? capitalised(p, colon + 2)
						 : "";

	document_title(p, arena_printf(p->arena, "%s: %s - mpprobe",
				       badges[r->status].word,
				       target_words(p, r)));
	markup(p->out, "<h1>%s</h1>\n", headline);
	if (*rest)
		markup(p->out, "<p class=\"lede\">%s</p>\n", rest);
}

static void about(const struct page *p, const struct report *r)
{
	const char *source = address_words(p, &r->source);

	markup(p->out, "<p class=\"about\"><b>%s</b>%s", target_words(p, r),
	       r->reference ? " (the reference)" : "");
	if (*source)
		markup(p->out, " from %s", source);
	if (r->interface)
		markup(p->out, " (%s)", r->interface);
	if (r->mptcp_version >= 0)
		markup(p->out, ", MPTCP v%d", r->mptcp_version);
	if (r->started_us > 0)
		markup(p->out, ", %s", time_words(p, r->started_us));
	markup(p->out, "</p>\n");
}

static void fact(const struct page *p, const char *title, const char *text)
{
	if (text && *text)
		markup(p->out, "<div><h2>%s</h2><p>%s</p></div>\n", title,
		       text);
}

static const char *untested(const struct page *p, const struct report *r)
{
	const char *text = "";

	for (size_t i = 0; i < r->untested_count; i++)
		text = arena_printf(
			p->arena, "%s%s%s (%s)", text, *text ? "; " : "",
			r->untested[i].words ? r->untested[i].words
					     : r->untested[i].what,
			r->untested[i].why ? r->untested[i].why : "not tested");
	return *text ? arena_printf(p->arena, "%s.", capitalised(p, text))
		     : text;
}

static const char *measured(const struct page *p, const struct report *r)
{
	const char *more = "";

	if (r->truncated)
		more = arena_printf(p->arena,
				    " %llu of them are truncated, and what is "
				    "missing is not judged.",
				    (unsigned long long)r->truncated);
	if (r->dropped)
		more = arena_printf(p->arena,
				    "%s The capture lost %llu: more may have "
				    "come back than is shown.",
				    more, (unsigned long long)r->dropped);
	if (r->interrupted)
		more = arena_printf(p->arena, "%s The run ended early%s%s.",
				    more, r->interruption ? ": " : "",
				    r->interruption ? r->interruption : "");
	return arena_printf(
		p->arena, "%llu frames in %s.%s", (unsigned long long)r->frames,
		r->elapsed_ms < 10000
			? arena_printf(p->arena, "%.0f ms", r->elapsed_ms)
			: arena_printf(p->arena, "%.1f s",
				       r->elapsed_ms / 1000),
		more);
}

void part_verdict(const struct page *p, const struct report *r)
{
	const struct topic *about_status = topic(status_name(r->status));

	markup(p->out, "<header class=\"head\">\n");
	about(p, r);
	part_badge(p, r->status);
	sentences(p, r);
	markup(p->out, "<div class=\"facts\">\n");
	fact(p, "What that means", about_status ? about_status->meaning : NULL);
	fact(p, "How sure",
	     r->confidence == CONFIDENCE_PROVEN
		     ? "Proven, by the packets that are shown here."
		     : "Likely: another explanation is possible, and less "
		       "probable.");
	fact(p, "Not tested", untested(p, r));
	fact(p, "Measured", measured(p, r));
	fact(p, "Seen twice", r->seen_twice);
	markup(p->out, "</div>\n</header>\n");
}
