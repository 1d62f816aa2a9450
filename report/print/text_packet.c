/* SPDX-License-Identifier: GPL-3.0-or-later
 * One packet in a line, as tcpdump prints it, with MPTCP in full.
 */
#include <netinet/in.h>
#include <time.h>

#include "crafting/mptcp.h"
#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/print/text_page.h"

/* page->times that are no number of seconds. */
enum { TIMES_OF_DAY = 0, TIMES_NONE = 1, TIMES_DATE = 4 };

static void print_clock(FILE *out, const char *form, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char text[64] = "?", zone[8] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm)) {
		strftime(text, sizeof(text), form, &tm);
		strftime(zone, sizeof(zone), " %z", &tm);
	}
	fprintf(out, " %s.%06d%s", text, (int)(time_us % 1000000),
		strchr(form, 'Y') ? zone : "");
}

static void print_time(const struct page *p, int64_t time_us)
{
	switch (p->times) {
	case TIMES_OF_DAY:
		print_clock(p->out, "%H:%M:%S", time_us);
		break;
	case TIMES_DATE:
		print_clock(p->out, "%Y-%m-%d %H:%M:%S", time_us);
		break;
	case TIMES_NONE:
		break;
	default:
		fprintf(p->out, " %s%lld.%06lld", time_us < 0 ? "-" : "",
			llabs(time_us / 1000000), llabs(time_us % 1000000));
	}
}

const char *flag_letters(struct arena *a, uint8_t flags)
{
	static const char letters[] = "FSRP.UEW"; /* from bit 0 on */
	char text[sizeof(letters)], *end = text;

	for (unsigned i = 0; letters[i]; i++)
		if (flags >> i & 1)
			*end++ = letters[i];
	*end = '\0';
	return arena_printf(a, "%s", text);
}

static const char *sack_words(struct arena *a, const struct tcp_option *o)
{
	const char *text = "sack";

	for (size_t at = 2; at + 8 <= o->length; at += 8) {
		const uint8_t *b = o->bytes + at;

		text = arena_printf(
			a, "%s %u-%u", text,
			(unsigned)b[0] << 24 | (unsigned)b[1] << 16 |
				(unsigned)b[2] << 8 | b[3],
			(unsigned)b[4] << 24 | (unsigned)b[5] << 16 |
				(unsigned)b[6] << 8 | b[7]);
	}
	return text;
}

static const char *option_words(struct arena *a, const struct tcp_option *o)
{
	struct mptcp_option mptcp;
	char text[256];

	if (o->kind == TCPOPT_KIND_SACK && o->length >= 10)
		return sack_words(a, o);
	if (o->kind != TCPOPT_MPTCP)
		tcp_options_text(o->bytes, o->length, text, sizeof(text));
	else if (mptcp_decode(o->bytes, o->length, &mptcp))
		mptcp_text(&mptcp, text, sizeof(text));
	else
		return arena_printf(a, "mptcp of wrong length %s",
				    arena_hex(a, o->bytes, o->length));
	return arena_printf(a, "%s", text);
}

const char *options_in_words(struct arena *a, const struct tcp_view *tcp)
{
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	const char *text = "";
	struct tcp_option o;
	enum option_step step;

	while ((step = option_next(&walk, &o)) == OPTION_FOUND)
		text = arena_printf(a, "%s%s%s", text, *text ? ", " : "",
				    option_words(a, &o));
	if (step != OPTION_END)
		text = arena_printf(a, "%s%s%s", text, *text ? ", " : "",
				    step == OPTION_CUT ? "cut short"
						       : "malformed");
	return text;
}

static bool is_fragment(const struct ip_view *ip)
{
	return ip->more_fragments || ip->fragment_offset;
}

static void print_fragment(FILE *out, const struct ip_view *ip)
{
	size_t length = ip->total_length > ip->header_length
				? ip->total_length - ip->header_length
				: 0;

	fprintf(out, ", fragment of packet 0x%04x: %zu bytes from %u on, %s",
		ip->id, length, ip->fragment_offset,
		ip->more_fragments ? "more follow" : "the last");
}

static void print_ends(const struct page *p, const struct packet *k,
		       const char *from_port, const char *to_port)
{
	fprintf(p->out, " IP%s ttl %u %s%s > %s%s",
		k->ip.version == 6 ? "6" : "", k->ip.ttl,
		page_address(p, &k->ip.source), from_port,
		page_address(p, &k->ip.destination), to_port);
}

/* The first alone has the ports. */
static void print_later_fragment(const struct page *p, const struct packet *k)
{
	print_ends(p, k, "", "");
	print_fragment(p->out, &k->ip);
}

static void print_tcp(const struct page *p, const struct packet *k)
{
	const struct tcp_view *tcp = &k->tcp;

	print_ends(p, k, arena_printf(p->arena, ".%u", tcp->source_port),
		   arena_printf(p->arena, ".%u", tcp->destination_port));
	if (tcp->available < 14) {
		fputs(", cut short", p->out);
		return;
	}
	fprintf(p->out, ", [%s], seq %u", flag_letters(p->arena, tcp->flags),
		tcp->sequence);
	if (tcp->flags & TCP_FLAG_ACK)
		fprintf(p->out, ", ack %u", tcp->acknowledgment);
	if (tcp->available >= 16)
		fprintf(p->out, ", win %u", tcp->window);
	if (tcp->options_length)
		fprintf(p->out, ", options [%s]",
			options_in_words(p->arena, tcp));
	fprintf(p->out, ", length %zu", tcp->payload_length);
	if (is_fragment(&k->ip))
		print_fragment(p->out, &k->ip);
}

static void print_icmp(const struct page *p, const struct packet *k)
{
	struct packet quoted;

	fprintf(p->out, " ICMP%s ttl %u from %s, %s (type %u code %u)",
		k->ip.version == 6 ? "6" : "", k->ip.ttl,
		page_address(p, &k->ip.source),
		k->icmp.time_exceeded	   ? "time exceeded"
		: k->icmp.port_unreachable ? "port unreachable"
		: k->icmp.unreachable	   ? "unreachable"
					   : "error",
		k->icmp.type, k->icmp.code);
	if (!packet_parse_quote(k->icmp.quote, k->icmp.quote_length, &quoted))
		return;
	fputs(", quotes", p->out);
	if (quoted.transport == TRANSPORT_TCP)
		print_tcp(p, &quoted);
	else if (quoted.ip.fragment_offset)
		print_later_fragment(p, &quoted);
	else
		fputs(" another packet", p->out);
}

/* The ports and flags of a later fragment are in the first. */
static bool is_later(const struct packet *k)
{
	return k->ip.fragment_offset && k->ip.protocol == IPPROTO_TCP;
}

bool packet_is_listed(const struct packet *k)
{
	return k->transport == TRANSPORT_TCP ||
	       k->transport == TRANSPORT_ICMP_ERROR || is_later(k);
}

int text_packet(const struct page *p, const struct packet *k, uint64_t frame,
		int64_t time_us)
{
	if (!packet_is_listed(k))
		return 0;
	fprintf(p->out, "%llu", (unsigned long long)frame);
	print_time(p, time_us);
	if (k->transport == TRANSPORT_TCP)
		print_tcp(p, k);
	else if (is_later(k))
		print_later_fragment(p, k);
	else
		print_icmp(p, k);
	fputc('\n', p->out);
	return 0;
}
