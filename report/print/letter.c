// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/letter.h"

#include <string.h>
#include <time.h>

#include "crafting/packet.h"
#include "report/arena.h"
#include "report/origins.h"
#include "report/print/finding_packets.h"
#include "report/print/text_page.h"

#define COLUMNS 76
#define LABEL "          " /* as wide as each of them */
#define GROUP 4		   /* bytes that stand together */
#define LINE_BYTES 28	   /* of hex */

/* --- parts ---------------------------------------------------------------- */

static void part(const struct page *p, const char *label, const char *text)
{
	text_wrap(p, arena_printf(p->arena, "%-10s", label), LABEL, text);
}

/* Its name and its network: ", r3.lab, AS3320 DTAG", or less. */
static const char *about(const struct page *p, const struct report *r,
			 const struct place *at)
{
	const struct report_hop *h =
		at->ttl <= r->path_length ? &r->path[at->ttl - 1] : NULL;
	const char *network = h ? origin_words(p->arena, h) : NULL;
	bool name = h && h->name;

	return arena_printf(p->arena, "%s%s%s%s", name ? ", " : "",
			    name ? h->name : "", network ? ", " : "",
			    network ? network : "");
}

/* "hop 3 (10.0.3.2, r3.lab)" */
static const char *hop(const struct page *p, const struct report *r,
		       const struct place *at)
{
	if (!at->ttl)
		return arena_printf(p->arena, "this host (%s)",
				    page_address(p, &r->source));
	if (!at->address.family)
		return arena_printf(p->arena, "hop %u (silent)", at->ttl);
	return arena_printf(p->arena, "hop %u (%s%s)", at->ttl,
			    page_address(p, &at->address), about(p, r, at));
}

static const char *place(const struct page *p, const struct report *r,
			 const struct finding *f)
{
	if (f->after.known && f->at.known)
		return arena_printf(p->arena, "at %s, at %s, or between them",
				    hop(p, r, &f->after), hop(p, r, &f->at));
	if (f->at.known)
		return arena_printf(p->arena, "at %s, or before it",
				    hop(p, r, &f->at));
	if (f->after.known)
		return arena_printf(p->arena, "at %s, or behind it",
				    hop(p, r, &f->after));
	return "on the path, the packets do not tell where";
}

static void where(const struct page *p, const struct report *r,
		  const struct finding *f)
{
	part(p, "Where:",
	     arena_printf(p->arena, "%s%s; %s", place(p, r, f),
			  f->direction == DIRECTION_RETURN
				  ? ", on the return path"
				  : "",
			  confidence_name(f->confidence)));
}

static void when(const struct page *p, const struct report *r)
{
	time_t seconds = (time_t)(r->started_us / 1000000);
	char text[40] = "unknown";
	struct tm tm;

	if (r->started_us > 0 && gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	part(p, "When:",
	     arena_printf(p->arena, "%s, from %s to %s port %u", text,
			  page_address(p, &r->source),
			  page_address(p, &r->target), r->port));
}

/* The TCP header with its options, as far as it is there. */
static const char *tcp_hex(const struct page *p, const struct report_packet *k)
{
	const char *text = "";
	struct packet packet;
	size_t length;

	if (!packet_parse_quote(k->bytes, k->length, &packet) ||
	    packet.transport != TRANSPORT_TCP)
		return NULL;
	length = packet.tcp.data_offset &&
				 packet.tcp.data_offset < packet.tcp.available
			 ? packet.tcp.data_offset
			 : packet.tcp.available;
	for (size_t i = 0; i < length; i++)
		text = arena_printf(p->arena, "%s%s%02x", text,
				    i && i % GROUP == 0 ? " " : "",
				    packet.tcp.bytes[i]);
	return text;
}

static void one_packet(const struct page *p, const char *label,
		       const char *what, const struct report_packet *k)
{
	const char *hex = k ? tcp_hex(p, k) : NULL;

	if (hex)
		part(p, label,
		     arena_printf(p->arena, "(frame %llu%s) %s",
				  (unsigned long long)k->frame, what, hex));
}

/* What an answer that was received is to. */
static const struct report_packet *sent_before(const struct report *r,
					       const struct report_packet *k)
{
	const struct report_packet *sent = NULL;

	for (size_t i = 0; i < r->packet_count; i++)
		if (!r->packets[i].received && r->packets[i].frame < k->frame &&
		    r->packets[i].connection == k->connection)
			sent = &r->packets[i];
	return sent;
}

static void packets(const struct page *p, const struct report *r,
		    const struct finding *f)
{
	struct finding_packets found = finding_packets(r, f);
	const struct report_packet *seen;

	if (!found.count)
		return;
	seen = found.seen[found.count - 1];
	if (!seen->received) {
		one_packet(p, "Sent:", ", TCP header", seen);
		return;
	}
	one_packet(p, "Sent:", ", TCP header",
		   seen->quotes ? packet_of(r, seen->quotes)
				: sent_before(r, seen));
	one_packet(p, seen->quotes ? "Arrived:" : "Received:",
		   seen->quotes && seen->hop
			   ? arena_printf(p->arena, ", as hop %u quotes it",
					  seen->hop)
			   : ", TCP header",
		   seen);
}

static void origin_of(const struct page *p, const struct origin *o)
{
	for (size_t i = 0; i < o->capture_count && i < 2; i++)
		if (o->captures[i].sha256)
			part(p, i ? "" : "Capture:",
			     arena_printf(p->arena, "%s, SHA-256 %s",
					  o->captures[i].name,
					  o->captures[i].sha256));
}

/* The advice is for its reader, who asks; here he is asked. */
static void request(const struct page *p, const char *advice)
{
	static const char ask[] = "Ask whoever runs the device to ";
	size_t length = strlen(ask);

	if (strncmp(advice, ask, length) == 0)
		part(p, "Please:", advice + length);
	else
		part(p, "Advice:", advice);
}

/* --- the letter ----------------------------------------------------------- */

static const struct finding *headline(const struct report *r)
{
	for (enum effect e = EFFECT_BLOCKS; e < EFFECT_HARMLESS; e++)
		for (size_t i = 0; i < r->finding_count; i++)
			if (r->findings[i].effect == e)
				return &r->findings[i];
	return NULL;
}

static void body(const struct page *p, const struct report *r,
		 const struct finding *f)
{
	text_wrap(p, "", "",
		  arena_printf(p->arena,
			       "Subject: Multipath TCP (TCP option 30) to %s "
			       "port %u: %s",
			       page_address(p, &r->target), r->port,
			       f->kind->title));
	fputc('\n', p->out);
	part(p, "What:", f->text ? f->text : f->kind->title);
	where(p, r, f);
	when(p, r);
	packets(p, r, f);
	if (f->kind->rfc && *f->kind->rfc)
		part(p, "Standard:", f->kind->rfc);
	if (f->kind->advice && *f->kind->advice)
		request(p, f->kind->advice);
	part(p, "To check:",
	     arena_printf(p->arena, "mpprobe -p %u %s", r->port,
			  r->target_name ? r->target_name
					 : page_address(p, &r->target)));
	origin_of(p, p->origin);
}

bool letter_write(const struct page *p, const struct report *r)
{
	const struct finding *f = headline(r);
	struct page letter = *p;

	letter.width = COLUMNS;
	letter.colour = false;
	if (f)
		body(&letter, r, f);
	return f != NULL;
}

int letter_report(const struct page *p, const struct report *r)
{
	struct page letter = *p;

	if (p->printed)
		fputc('\n', p->out);
	letter.width = COLUMNS;
	if (!letter_write(p, r))
		text_wrap(&letter, "", "",
			  arena_printf(p->arena,
				       "Nothing to write to an operator: %s",
				       r->verdict ? r->verdict : ""));
	return 0;
}
