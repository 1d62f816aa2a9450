/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/text.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/findings.h"
#include "report/print/text_page.h"
#include "report/report.h"

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

static void wrap(FILE *out, const char *first, const char *rest,
		 const char *text)
{
	size_t column = strlen(first), length, columns;
	bool begun = false;

	fputs(first, out);
	for (text += strspn(text, " "); *text != '\0';
	     text += strspn(text, " ")) {
		length = strcspn(text, " ");
		columns = width(text, length);
		if (begun && column + 1 + columns > PAGE_WIDTH) {
			fprintf(out, "\n%s", rest);
			column = strlen(rest);
		} else if (begun) {
			fputc(' ', out);
			column++;
		}
		put(out, text, length);
		column += columns;
		text += length;
		begun = true;
	}
}

void text_wrap(FILE *out, const char *first, const char *rest, const char *text)
{
	wrap(out, first, rest, text);
	fputc('\n', out);
}

void page_wrap(const struct page *p, const char *first, const char *rest,
	       const char *text)
{
	wrap(p->out, first, rest, text);
}

void page_ink(const struct page *p, enum ink ink)
{
	static const char *const codes[] = {
		[INK_NONE] = "\033[0m",	 [INK_BAD] = "\033[31m",
		[INK_WARN] = "\033[33m", [INK_GOOD] = "\033[32m",
		[INK_DIM] = "\033[2m",
	};

	if (p->style->colour)
		fputs(codes[ink], p->out);
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
	return address_text(a, arena_alloc(p->arena, ADDRESS_TEXT));
}

enum ink effect_ink(enum effect effect)
{
	static const enum ink inks[] = {
		[EFFECT_BLOCKS] = INK_BAD,
		[EFFECT_IMPAIRS] = INK_WARN,
		[EFFECT_HARMLESS] = INK_NONE,
	};

	return inks[effect];
}

const char *effect_sign(enum effect effect)
{
	static const char *const signs[] = {
		[EFFECT_BLOCKS] = "!!",
		[EFFECT_IMPAIRS] = "! ",
		[EFFECT_HARMLESS] = "  ",
	};

	return signs[effect];
}

static void verdict(const struct page *p)
{
	static const enum ink inks[] = {
		[STATUS_CLEAR] = INK_GOOD,
		[STATUS_IMPAIRED] = INK_WARN,
		[STATUS_BLOCKED] = INK_BAD,
		[STATUS_UNSUPPORTED] = INK_WARN,
		[STATUS_UNDETERMINED] = INK_WARN,
		[STATUS_UNREACHABLE] = INK_WARN,
	};
	const char *text = p->report->verdict;

	page_ink(p, inks[p->report->status]);
	if (p->style->quiet)
		fputs(page_clean(p, text), p->out);
	else
		page_wrap(p, "", "", text == NULL ? "" : text);
	page_ink(p, INK_NONE);
	fputc('\n', p->out);
}

static const char *target_phrase(const struct page *p)
{
	const struct report *r = p->report;
	const char *address = page_address(p, &r->target);

	if (r->target_name == NULL || strcmp(r->target_name, address) == 0)
		return address;
	return arena_printf(p->arena, "%s (%s)", r->target_name, address);
}

static const char *source_phrase(const struct page *p)
{
	const struct report *r = p->report;

	if (r->source.family == 0)
		return "";
	if (r->interface == NULL)
		return arena_printf(p->arena, " from %s",
				    page_address(p, &r->source));
	return arena_printf(p->arena, " from %s (%s)",
			    page_address(p, &r->source), r->interface);
}

static const char *version_phrase(const struct page *p)
{
	return p->report->mptcp_version < 0
		       ? ""
		       : arena_printf(p->arena, ", MPTCP v%d",
				      p->report->mptcp_version);
}

static const char *frames_phrase(const struct page *p, uint64_t frames)
{
	return arena_printf(p->arena, "%llu frame%s",
			    (unsigned long long)frames, frames == 1 ? "" : "s");
}

static const char *elapsed_phrase(const struct page *p)
{
	double ms = p->report->elapsed_ms;

	return ms < 10000 ? arena_printf(p->arena, "%.0f ms", ms)
			  : arena_printf(p->arena, "%.1f s", ms / 1000);
}

static void context(const struct page *p)
{
	const struct report *r = p->report;

	text_wrap(p->out, "", "",
		  arena_printf(p->arena, "%s port %u%s%s%s, %s, %s%s",
			       target_phrase(p), r->port,
			       r->reference ? " (the reference)" : "",
			       source_phrase(p), version_phrase(p),
			       frames_phrase(p, r->frames), elapsed_phrase(p),
			       r->interrupted ? ", interrupted" : ""));
	if (r->dropped > 0)
		text_wrap(p->out, "", "",
			  arena_printf(p->arena,
				       "The capture lost %s: more may have "
				       "come back than is shown.",
				       frames_phrase(p, r->dropped)));
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
	const char *frame =
		e->frame == 0 ? ""
			      : arena_printf(p->arena, "frame %llu: ",
					     (unsigned long long)e->frame);

	text_wrap(p->out, INDENT, INDENT "  ",
		  arena_printf(p->arena, "%s%s%s%s", frame, values,
			       *values != '\0' && *text != '\0' ? "; " : "",
			       text));
}

static void all_evidence(const struct page *p, const struct finding *f)
{
	size_t i;

	for (i = 0; i < f->evidence_count; i++) {
		if (i == EVIDENCE_SHOWN && !p->style->verbose) {
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
	static const char *const words[] = {
		[EFFECT_BLOCKS] = "BLOCKS",
		[EFFECT_IMPAIRS] = "IMPAIRS",
		[EFFECT_HARMLESS] = "harmless",
	};
	const char *first = arena_printf(
		p->arena, "%s %-10s", effect_sign(f->effect), words[f->effect]);

	page_ink(p, effect_ink(f->effect));
	page_wrap(p, first, INDENT,
		  arena_printf(p->arena, "%s%s%s", f->kind->id,
			       where_phrase(p, f), more));
	page_ink(p, INK_NONE);
	fputc('\n', p->out);
}

static void whole_finding(const struct page *p, const struct finding *f)
{
	heading(p, f, "");
	text_wrap(p->out, INDENT, INDENT,
		  f->text != NULL ? f->text : f->kind->title);
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

static void findings_of(const struct page *p, enum effect effect)
{
	const struct report *r = p->report;
	bool brief = effect == EFFECT_HARMLESS && !p->style->verbose;
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
			whole_finding(p, &r->findings[i]);
	}
}

static void asymmetry(const struct page *p)
{
	if (p->report->asymmetry == NULL)
		return;
	fputc('\n', p->out);
	text_wrap(p->out, "", "", p->report->asymmetry->text);
}

static void announced(const struct page *p)
{
	const struct report *r = p->report;
	const char *list = "";
	size_t i;

	if (r->announced_count == 0)
		return;
	for (i = 0; i < r->announced_count; i++)
		list = arena_printf(p->arena, "%s%s%s", list,
				    i == 0 ? "" : ", ",
				    page_address(p, &r->announced[i]));
	fputc('\n', p->out);
	text_wrap(p->out, "", "",
		  arena_printf(p->arena,
			       "The server announces more addresses "
			       "(ADD_ADDR): %s.",
			       list));
}

static void advice(const struct page *p)
{
	if (p->report->advice == NULL)
		return;
	fputc('\n', p->out);
	text_wrap(p->out, "", "", p->report->advice);
}

void text_report(FILE *out, const struct report *r,
		 const struct text_style *style)
{
	struct page p = {out, r, style, arena_new()};

	verdict(&p);
	if (!style->quiet) {
		fputc('\n', out);
		context(&p);
		text_path(&p);
		asymmetry(&p);
		findings_of(&p, EFFECT_BLOCKS);
		findings_of(&p, EFFECT_IMPAIRS);
		findings_of(&p, EFFECT_HARMLESS);
		announced(&p);
		advice(&p);
	}
	if (!style->quiet && style->verbose) {
		text_return(&p);
		text_ladder(&p);
		text_connections(&p);
	}
	arena_free(p.arena);
}

static void explain_part(FILE *out, const char *title, const char *text)
{
	if (text == NULL)
		return;
	fprintf(out, "\n%s\n", title);
	text_wrap(out, "    ", "    ", text);
}

void text_explain(FILE *out, const struct finding_kind *kind)
{
	fprintf(out, "%s (%s): %s\n", kind->id, effect_name(kind->effect),
		kind->title);
	explain_part(out, "What it means", kind->meaning);
	explain_part(out, "How it is proved", kind->proof);
	explain_part(out, "Who is known to do it", kind->culprits);
	explain_part(out, "What to do", kind->advice);
	explain_part(out, "Where it is specified", kind->rfc);
}

void text_list_findings(FILE *out)
{
	size_t i;

	for (i = 0; i < finding_kind_count; i++) {
		const struct finding_kind *kind = &finding_kinds[i];

		fprintf(out, "%-27s  %-8s  %s\n", kind->id,
			effect_name(kind->effect), kind->title);
	}
}
