/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/text_page.h"
#include "report/topics.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define INDENT "             "
#define EVIDENCE_SHOWN 4
#define VALUE_SHOWN 32 /* characters of hex; all of it is in the JSON */

static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

static void put(FILE *out, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (printable(text[i]))
			fputc(text[i], out);
		else
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
}

static size_t width(const char *text, size_t length)
{
	size_t i, columns = 0;

	for (i = 0; i < length; i++)
		columns += printable(text[i]) ? 1 : strlen("\\x00");
	return columns;
}

/* Those that can be read on black and on white: yellow cannot. */
void page_ink(const struct page *p, enum ink ink)
{
	static const char *const codes[] = {
		[INK_NONE] = "\033[0m",	 [INK_BAD] = "\033[31m",
		[INK_WARN] = "\033[35m", [INK_GOOD] = "\033[32m",
		[INK_DIM] = "\033[2m",
	};

	if (p->colour)
		fputs(codes[ink], p->out);
}

static void wrap(const struct page *p, const char *first, const char *rest,
		 const char *text)
{
	size_t column = strlen(first), length, columns;
	bool begun = false;

	fputs(first, p->out);
	for (text += strspn(text, " "); *text != '\0';
	     text += strspn(text, " ")) {
		length = strcspn(text, " ");
		columns = width(text, length);
		if (begun && column + 1 + columns > p->width) {
			fprintf(p->out, "\n%s", rest);
			column = strlen(rest);
		} else if (begun) {
			fputc(' ', p->out);
			column++;
		}
		put(p->out, text, length);
		column += columns;
		text += length;
		begun = true;
	}
}

void page_wrap(const struct page *p, enum ink ink, const char *first,
	       const char *rest, const char *text)
{
	if (ink != INK_NONE)
		page_ink(p, ink);
	wrap(p, first, rest, text);
	if (ink != INK_NONE)
		page_ink(p, INK_NONE);
	fputc('\n', p->out);
}

void text_wrap(const struct page *p, const char *first, const char *rest,
	       const char *text)
{
	page_wrap(p, INK_NONE, first, rest, text);
}

const char *page_clean(const struct page *p, const char *text)
{
	size_t i, length = text == NULL ? 0 : strlen(text);
	char *copy, *end;

	if (length == 0)
		return "";
	copy = end = arena_alloc(p->arena, width(text, length) + 1);
	for (i = 0; i < length; i++)
		if (printable(text[i]))
			*end++ = text[i];
		else
			end += sprintf(end, "\\x%02x", (unsigned char)text[i]);
	return copy;
}

const char *page_address(const struct page *p, const struct address *a)
{
	return arena_address(p->arena, a);
}

const char *page_number(const struct page *p, int value)
{
	return value < 0 ? "-" : arena_printf(p->arena, "%d", value);
}

const char *page_ms(const struct page *p, double ms)
{
	if (ms < 0)
		return "-";
	return arena_printf(p->arena,
			    ms < 100	? "%.2f"
			    : ms < 1000 ? "%.1f"
					: "%.0f",
			    ms);
}

const char *page_count(const struct page *p, uint64_t count, const char *what)
{
	return arena_printf(p->arena, "%llu %s%s", (unsigned long long)count,
			    what, count == 1 ? "" : "s");
}

const struct effect_look effect_looks[] = {
	[EFFECT_BLOCKS] = {INK_BAD, "!!", "BLOCKS"},
	[EFFECT_IMPAIRS] = {INK_WARN, "! ", "IMPAIRS"},
	[EFFECT_HARMLESS] = {INK_NONE, "  ", "harmless"},
};

static const char *target_phrase(const struct page *p, const struct report *r)
{
	const char *address = page_address(p, &r->target);

	if (r->target_name == NULL || strcmp(r->target_name, address) == 0)
		return address;
	return arena_printf(p->arena, "%s (%s)", r->target_name, address);
}

static const char *source_phrase(const struct page *p, const struct report *r)
{
	if (r->source.family == 0)
		return "";
	if (r->interface == NULL)
		return arena_printf(p->arena, " from %s",
				    page_address(p, &r->source));
	return arena_printf(p->arena, " from %s (%s)",
			    page_address(p, &r->source), r->interface);
}

/* Of a path on which MPTCP works, what that was not said of. */
static const char *untested(const struct page *p, const struct report *r)
{
	const char *list = "";

	if (r->status != STATUS_CLEAR && r->status != STATUS_IMPAIRED)
		return "";
	for (size_t i = 0; i < r->untested_count; i++) {
		const struct untested *u = &r->untested[i];

		if (r->verdict && strstr(r->verdict, u->why))
			continue; /* it says so */
		list = arena_printf(p->arena, "%s%s%s (%s)", list,
				    *list ? ", " : " Not tested: ", u->words,
				    u->why);
	}
	return *list ? arena_printf(p->arena, "%s.", list) : "";
}

static void verdict(const struct page *p, const struct report *r)
{
	static const enum ink inks[] = {
		[STATUS_CLEAR] = INK_GOOD,
		[STATUS_IMPAIRED] = INK_WARN,
		[STATUS_BLOCKED] = INK_BAD,
		[STATUS_UNSUPPORTED] = INK_WARN,
		[STATUS_UNDETERMINED] = INK_WARN,
		[STATUS_UNREACHABLE] = INK_WARN,
	};
	struct page line = *p;
	const char *about = "";

	if (p->quiet && !p->again)
		line.width = UINT_MAX;
	if (p->quiet)
		about = arena_printf(
			p->arena, "%s port %u%s: ", target_phrase(p, r),
			r->port, r->uplink ? source_phrase(p, r) : "");
	page_wrap(&line, inks[r->status], about, "",
		  arena_printf(p->arena, "%s%s",
			       r->verdict == NULL ? "" : r->verdict,
			       p->quiet ? "" : untested(p, r)));
}

static const char *version_phrase(const struct page *p, const struct report *r)
{
	return r->mptcp_version < 0 ? ""
				    : arena_printf(p->arena, ", MPTCP v%d",
						   r->mptcp_version);
}

static const char *elapsed_phrase(const struct page *p, const struct report *r)
{
	double ms = r->elapsed_ms;

	return ms < 10000 ? arena_printf(p->arena, "%.0f ms", ms)
			  : arena_printf(p->arena, "%.1f s", ms / 1000);
}

/* "1,204" */
static const char *grouped(const struct page *p, uint64_t n)
{
	if (n < 1000)
		return arena_printf(p->arena, "%u", (unsigned)n);
	return arena_printf(p->arena, "%s,%03u", grouped(p, n / 1000),
			    (unsigned)(n % 1000));
}

static void truncated(const struct page *p, const struct report *r)
{
	if (r->truncated)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "%s of %s are truncated: what of them "
				       "is missing (options in ICMP quotes, "
				       "data that checksums are of) is not "
				       "judged. A snap length of 0 (tcpdump -s "
				       "0) keeps all.",
				       grouped(p, r->truncated),
				       page_count(p, r->frames, "frame")));
}

static void misfits(const struct page *p, const struct report *r)
{
	if (!r->misfits || !p->verbose)
		return;
	text_wrap(p, "", "",
		  arena_printf(p->arena,
			       "%s packet%s did not fit: the addresses and "
			       "ports are those of connections, the numbers "
			       "are not. They are not believed.",
			       grouped(p, r->misfits),
			       r->misfits == 1 ? "" : "s"));
}

static void vantage(const struct page *p, const struct report *r)
{
	static const char *const places[] = {
		[VANTAGE_CLIENT] = "at the client",
		[VANTAGE_SERVER] = "at the server",
		[VANTAGE_PATH] = "between client and server",
	};
	const char *why = r->vantage_said ? ", as --at says"
			  : r->vantage == VANTAGE_CLIENT
				  ? ""
				  : ", as it looks (--at says otherwise)";

	if (!p->verbose || r->interface || r->connection_count == 0)
		return;
	text_wrap(p, "", "",
		  r->vantage == VANTAGE_UNKNOWN
			  ? "Where the capture was made is not known (--at "
			    "says it)."
			  : arena_printf(p->arena, "The capture was made %s%s.",
					 places[r->vantage], why));
}

static void context(const struct page *p, const struct report *r)
{
	text_wrap(p, "", "",
		  arena_printf(p->arena, "%s port %u%s%s%s, %s, %s%s",
			       target_phrase(p, r), r->port,
			       r->reference ? " (the reference)" : "",
			       source_phrase(p, r), version_phrase(p, r),
			       page_count(p, r->frames, "frame"),
			       elapsed_phrase(p, r),
			       r->interrupted ? ", interrupted" : ""));
	if (r->interruption)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "The run ended early: %s. What was "
				       "measured until then is told.",
				       r->interruption));
	if (r->dropped > 0)
		text_wrap(p, "", "",
			  arena_printf(p->arena,
				       "The capture lost %s: more may have "
				       "come back than is shown.",
				       page_count(p, r->dropped, "frame")));
	truncated(p, r);
	if (r->seen_twice)
		text_wrap(p, "", "", r->seen_twice);
	vantage(p, r);
	misfits(p, r);
}

static const char *hop_word(const struct page *p, const struct place *at)
{
	return at->ttl == 0 ? "this host"
			    : arena_printf(p->arena, "hop %u", at->ttl);
}

/* ", hop 3 to 4, forward, proven" */
static const char *where_phrase(const struct page *p, const struct finding *f)
{
	static const char *const ways[] = {
		[DIRECTION_FORWARD] = "",
		[DIRECTION_RETURN] = ", on the return path",
		[DIRECTION_UNKNOWN] = ", direction unknown",
	};
	const char *where = "";

	if (f->after.known && f->at.known)
		where = arena_printf(p->arena, ", %s to %u",
				     hop_word(p, &f->after), f->at.ttl);
	else if (f->at.known)
		where = arena_printf(p->arena, ", %s or before",
				     hop_word(p, &f->at));
	else if (f->after.known)
		where = arena_printf(p->arena, ", %s or beyond",
				     hop_word(p, &f->after));
	return arena_printf(p->arena, "%s%s, %s", where, ways[f->direction],
			    confidence_name(f->confidence));
}

/* Hex may be as long as a segment. */
static const char *value(const struct page *p, const char *text)
{
	if (strlen(text) <= VALUE_SHOWN)
		return text;
	return arena_printf(p->arena, "%.*s...", VALUE_SHOWN, text);
}

/* "sent 1e040101, seen 01010101", or "" where neither is known. */
static const char *sent_and_seen(const struct page *p, const struct evidence *e)
{
	if (e->sent == NULL && e->seen == NULL)
		return "";
	if (e->sent == NULL)
		return arena_printf(p->arena, "seen %s", value(p, e->seen));
	if (e->seen == NULL)
		return arena_printf(p->arena, "sent %s, seen none",
				    value(p, e->sent));
	if (strcmp(e->sent, e->seen) == 0)
		return value(p, e->sent);
	return arena_printf(p->arena, "sent %s, seen %s", value(p, e->sent),
			    value(p, e->seen));
}

static void evidence(const struct page *p, const struct evidence *e)
{
	const char *values = sent_and_seen(p, e);
	const char *text = e->text == NULL ? "" : e->text;
	const char *frame = "";

	if (e->frame != 0)
		frame = arena_printf(
			p->arena, "frame %llu: ", (unsigned long long)e->frame);

	text_wrap(p, INDENT, INDENT "  ",
		  arena_printf(p->arena, "%s%s%s%s", frame, values,
			       *values != '\0' && *text != '\0' ? "; " : "",
			       text));
}

static void all_evidence(const struct page *p, const struct finding *f)
{
	size_t i;

	for (i = 0; i < f->evidence_count; i++) {
		if (i == EVIDENCE_SHOWN && !p->verbose) {
			fprintf(p->out, INDENT "and %zu more (-v)\n",
				f->evidence_count - i);
			break;
		}
		evidence(p, &f->evidence[i]);
	}
}

/* "!! BLOCKS    mp_capable.removed, hop 3 to 4, proven" */
static void heading(const struct page *p, const struct finding *f,
		    const char *more)
{
	const struct effect_look *look = &effect_looks[f->effect];

	page_wrap(p, look->ink,
		  arena_printf(p->arena, "%s %-10s", look->sign, look->word),
		  INDENT,
		  arena_printf(p->arena, "%s%s%s", f->kind->id,
			       where_phrase(p, f), more));
}

/* What the text says beyond the sentences that it has in common with the
 * verdict: that of the headline begins with them. */
static const char *beyond_verdict(const struct page *p, const struct report *r,
				  const char *text)
{
	for (size_t end = strlen(text); r->verdict && end > 0; end--) {
		if (text[end - 1] != '.' || (text[end] && text[end] != ' '))
			continue;
		if (strstr(r->verdict,
			   arena_printf(p->arena, "%.*s", (int)end, text)))
			return text + end;
	}
	return text;
}

static void whole_finding(const struct page *p, const struct report *r,
			  const struct finding *f)
{
	const char *text = f->text != NULL ? f->text : f->kind->title;

	heading(p, f, "");
	text = beyond_verdict(p, r, text);
	if (*text)
		text_wrap(p, INDENT, INDENT, text);
	all_evidence(p, f);
	fprintf(p->out, INDENT "mpprobe explain %s\n", f->kind->id);
}

/* A change that MPTCP survives: one line, with what was seen if short. */
static void brief_finding(const struct page *p, const struct finding *f)
{
	const char *values = "";
	size_t i;

	for (i = 0; i < f->evidence_count; i++) {
		const struct evidence *e = &f->evidence[i];

		if (e->sent != NULL && e->seen != NULL &&
		    strcmp(e->sent, e->seen) != 0 &&
		    strlen(e->sent) + strlen(e->seen) < VALUE_SHOWN)
			values = arena_printf(p->arena, ": %s became %s",
					      e->sent, e->seen);
	}
	heading(p, f, values);
}

static void findings_of(const struct page *p, const struct report *r,
			enum effect effect)
{
	bool brief = effect == EFFECT_HARMLESS && !p->verbose;
	bool first = true;
	size_t i;

	for (i = 0; i < r->finding_count; i++) {
		if (r->findings[i].effect != effect)
			continue;
		if (first || !brief)
			fputc('\n', p->out);
		first = false;
		if (brief)
			brief_finding(p, &r->findings[i]);
		else
			whole_finding(p, r, &r->findings[i]);
	}
}

static const char *announced(const struct page *p, const struct report *r)
{
	const char *list = r->initial_joins == 0
				   ? "The server forbids joins to this address "
				     "and port (flag C)"
				   : NULL;

	for (size_t i = 0; i < r->announcement_count; i++)
		list = arena_printf(
			p->arena, "%s%s%s", list ? list : "",
			i      ? ", "
			: list ? ", and announces others (ADD_ADDR): "
			       : "The server announces more addresses "
				 "(ADD_ADDR): ",
			r->announcements[i].text);
	return list ? arena_printf(p->arena, "%s.", list) : NULL;
}

static void paragraph(const struct page *p, const char *text)
{
	if (text == NULL)
		return;
	fputc('\n', p->out);
	text_wrap(p, "", "", text);
}

int text_report(const struct page *p, const struct report *r)
{
	if (p->printed && !p->quiet)
		fputc('\n', p->out);
	verdict(p, r);
	if (p->quiet)
		return 0;
	fputc('\n', p->out);
	context(p, r);
	text_path(p, r);
	paragraph(p, r->asymmetry ? r->asymmetry->text : NULL);
	findings_of(p, r, EFFECT_BLOCKS);
	findings_of(p, r, EFFECT_IMPAIRS);
	findings_of(p, r, EFFECT_HARMLESS);
	paragraph(p, announced(p, r));
	paragraph(p, r->advice);
	if (p->verbose) {
		text_return(p, r);
		text_ladder(p, r);
		text_connections(p, r);
	}
	if (p->rules)
		text_rules(p, r);
	return 0;
}

static void explain_part(const struct page *p, const char *title,
			 const char *text)
{
	if (text == NULL)
		return;
	fprintf(p->out, "\n%s\n", title);
	text_wrap(p, "    ", "    ", text);
}

void text_explain(const struct page *p, const struct finding_kind *kind)
{
	fprintf(p->out, "%s (%s): %s\n", kind->id, effect_name(kind->effect),
		kind->title);
	explain_part(p, "What it means", kind->meaning);
	explain_part(p, "How it is proved", kind->proof);
	explain_part(p, "Who is known to do it", kind->culprits);
	explain_part(p, "What to do", kind->advice);
	explain_part(p, "Where it is specified", kind->rfc);
}

void text_explain_topic(const struct page *p, const struct topic *t)
{
	fprintf(p->out, "%s (%s): %s\n", t->name, t->kind, t->title);
	explain_part(p, "What it means", t->meaning);
	explain_part(p, "How it is proved", t->proof);
	explain_part(p, "What to do", t->advice);
}

void text_list_findings(const struct page *p)
{
	size_t i;

	for (i = 0; i < finding_kind_count; i++) {
		const struct finding_kind *kind = &finding_kinds[i];

		fprintf(p->out, "%-27s  %-8s  %s\n", kind->id,
			effect_name(kind->effect), kind->title);
	}
}
