// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/exchange.h"

#include "crafting/segment.h"
#include "report/arena.h"

#define WORDS_MAX 110 /* bytes of an option */

static const char *flags_words(const struct page *p, const struct packet *k)
{
	uint8_t flags = k->tcp.flags;

	if (flags & TCP_FLAG_RST)
		return "RST";
	if (flags & TCP_FLAG_SYN)
		return flags & TCP_FLAG_ACK ? "SYN/ACK" : "SYN";
	if (k->tcp.payload_length)
		return arena_printf(p->arena, "%zu bytes%s",
				    k->tcp.payload_length,
				    flags & TCP_FLAG_FIN ? ", FIN" : "");
	return flags & TCP_FLAG_FIN ? "FIN" : "ACK";
}

const char *exchange_mptcp(const struct page *p, const struct packet *k)
{
	struct option_walk walk =
		option_walk_over(k->tcp.options, k->tcp.options_available,
				 k->tcp.options_length);
	const char *words = NULL;
	struct mptcp_option mptcp;
	struct tcp_option o;
	char text[256];

	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != TCPOPT_MPTCP)
			continue;
		if (mptcp_decode(o.bytes, o.length, &mptcp))
			mptcp_text(&mptcp, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "malformed MPTCP option");
		words = arena_printf(p->arena, "%s%s%.*s", words ? words : "",
				     words ? ", " : "", WORDS_MAX, text);
	}
	return words;
}

bool exchange_parse(const struct report_packet *k, struct packet *out)
{
	return packet_parse_quote(k->bytes, k->length, out) &&
	       out->transport == TRANSPORT_TCP;
}

bool exchange_is_syn(const struct packet *k)
{
	return k->tcp.flags & TCP_FLAG_SYN;
}

const char *exchange_words(const struct page *p, const struct packet *k)
{
	const char *mptcp = exchange_mptcp(p, k);

	return arena_printf(p->arena, "%s%s%s", flags_words(p, k),
			    mptcp		 ? ": "
			    : exchange_is_syn(k) ? ", without MPTCP"
						 : "",
			    mptcp ? mptcp : "");
}
