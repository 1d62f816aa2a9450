/* SPDX-License-Identifier: GPL-3.0-or-later
 * One packet in a line, as tcpdump prints it, with MPTCP in full.
 */
#include <netinet/in.h>
#include <time.h>

#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/print/traffic_text.h"

static void print_time(FILE *out, int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char day[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(day, sizeof(day), "%H:%M:%S", &tm);
	fprintf(out, "%s.%06d", day, (int)(time_us % 1000000));
}

static void print_flags(FILE *out, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		char letter;
	} letters[] = {{TCP_FLAG_FIN, 'F'}, {TCP_FLAG_SYN, 'S'},
		       {TCP_FLAG_RST, 'R'}, {TCP_FLAG_PSH, 'P'},
		       {TCP_FLAG_ACK, '.'}, {TCP_FLAG_URG, 'U'},
		       {TCP_FLAG_ECE, 'E'}, {TCP_FLAG_CWR, 'W'}};

	fputs(", [", out);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (flags & letters[i].flag)
			fputc(letters[i].letter, out);
	fputc(']', out);
}

static void print_hex(FILE *out, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, "%02x", bytes[i]);
}

static void print_mptcp(FILE *out, const struct tcp_option *o)
{
	struct mptcp_option option;
	char text[256];

	if (mptcp_decode(o->bytes, o->length, &option)) {
		fputs(mptcp_text(&option, text, sizeof(text)), out);
		return;
	}
	fputs("mptcp of wrong length ", out);
	print_hex(out, o->bytes, o->length);
}

static void print_sack(FILE *out, const struct tcp_option *o)
{
	fputs("sack", out);
	for (size_t at = 2; at + 8 <= o->length; at += 8) {
		const uint8_t *b = o->bytes + at;

		fprintf(out, " %u-%u",
			(unsigned)b[0] << 24 | (unsigned)b[1] << 16 |
				(unsigned)b[2] << 8 | b[3],
			(unsigned)b[4] << 24 | (unsigned)b[5] << 16 |
				(unsigned)b[6] << 8 | b[7]);
	}
}

static void print_option(FILE *out, const struct tcp_option *o)
{
	char buffer[64];

	if (o->kind == TCPOPT_MPTCP)
		print_mptcp(out, o);
	else if (o->kind == TCPOPT_KIND_SACK && o->length >= 10)
		print_sack(out, o);
	else
		fputs(tcp_options_text(o->bytes, o->length, buffer,
				       sizeof(buffer)),
		      out);
}

static void print_options(FILE *out, const struct tcp_view *tcp)
{
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);
	struct tcp_option option;
	enum option_step step;
	const char *between = "";

	if (!tcp->options_length)
		return;
	fputs(", options [", out);
	while ((step = option_next(&walk, &option)) == OPTION_FOUND) {
		fputs(between, out);
		print_option(out, &option);
		between = ", ";
	}
	fprintf(out, "%s%s]", step == OPTION_END ? "" : between,
		step == OPTION_MALFORMED ? "malformed"
		: step == OPTION_CUT	 ? "cut short"
					 : "");
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

/* The first alone has the ports. */
static void print_later_fragment(FILE *out, const struct packet *p)
{
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];

	fprintf(out, " IP%s ttl %u %s > %s", p->ip.version == 6 ? "6" : "",
		p->ip.ttl, address_text(&p->ip.source, from),
		address_text(&p->ip.destination, to));
	print_fragment(out, &p->ip);
}

static void print_tcp(FILE *out, const struct packet *p)
{
	const struct tcp_view *tcp = &p->tcp;
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];

	fprintf(out, " IP%s ttl %u %s.%u > %s.%u",
		p->ip.version == 6 ? "6" : "", p->ip.ttl,
		address_text(&p->ip.source, from), tcp->source_port,
		address_text(&p->ip.destination, to), tcp->destination_port);
	if (tcp->available < 14) {
		fputs(", cut short", out);
		return;
	}
	print_flags(out, tcp->flags);
	fprintf(out, ", seq %u", tcp->sequence);
	if (tcp->flags & TCP_FLAG_ACK)
		fprintf(out, ", ack %u", tcp->acknowledgment);
	if (tcp->available >= 16)
		fprintf(out, ", win %u", tcp->window);
	print_options(out, tcp);
	fprintf(out, ", length %zu", tcp->payload_length);
	if (is_fragment(&p->ip))
		print_fragment(out, &p->ip);
}

static void print_icmp(FILE *out, const struct packet *p)
{
	char from[ADDRESS_TEXT];
	struct packet quoted;

	fprintf(out, " ICMP%s ttl %u from %s, %s (type %u code %u)",
		p->ip.version == 6 ? "6" : "", p->ip.ttl,
		address_text(&p->ip.source, from),
		p->icmp.time_exceeded	   ? "time exceeded"
		: p->icmp.port_unreachable ? "port unreachable"
		: p->icmp.unreachable	   ? "unreachable"
					   : "error",
		p->icmp.type, p->icmp.code);
	if (!packet_parse_quote(p->icmp.quote, p->icmp.quote_length, &quoted))
		return;
	fputs(", quotes", out);
	if (quoted.transport == TRANSPORT_TCP)
		print_tcp(out, &quoted);
	else if (quoted.ip.fragment_offset)
		print_later_fragment(out, &quoted);
	else
		fputs(" another packet", out);
}

void packet_line(FILE *out, const struct packet *p, uint64_t frame,
		 int64_t time_us)
{
	bool later = p->ip.fragment_offset && p->ip.protocol == IPPROTO_TCP;

	if (p->transport != TRANSPORT_TCP &&
	    p->transport != TRANSPORT_ICMP_ERROR && !later)
		return;
	fprintf(out, "%llu ", (unsigned long long)frame);
	print_time(out, time_us);
	if (p->transport == TRANSPORT_TCP)
		print_tcp(out, p);
	else if (later)
		print_later_fragment(out, p);
	else
		print_icmp(out, p);
	fputc('\n', out);
}
