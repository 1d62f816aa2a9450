/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames of any link type and packets cut anywhere, whole or as ICMP errors
 * quote them. The first byte chooses the link type.
 */
#include <stdlib.h>
#include <string.h>

#include "crafting/fragment.h"
#include "crafting/link.h"
#include "crafting/packet.h"
#include "tests/fuzz.h"

static volatile unsigned sink;

/* Every byte of a view lies in the packet; the sanitizers see it otherwise. */
static void touch(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sink += bytes[i];
}

static void touch_views(const struct packet *p)
{
	switch (p->transport) {
	case TRANSPORT_TCP:
		touch(p->tcp.bytes, p->tcp.available);
		touch(p->tcp.options, p->tcp.options_available);
		touch(p->tcp.payload, p->tcp.payload_available);
		break;
	case TRANSPORT_UDP:
		touch(p->udp.payload, p->udp.payload_available);
		break;
	case TRANSPORT_ICMP_ECHO_REQUEST:
	case TRANSPORT_ICMP_ECHO_REPLY:
		touch(p->echo_payload, p->echo_payload_available);
		break;
	default:
		break;
	}
	sink += (unsigned)packet_tcp_checksum(p);
}

static void check(const struct packet *p, size_t available)
{
	struct packet quoted;

	FUZZ_REQUIRE(p->available <= available);
	FUZZ_REQUIRE(p->ip.version == 4 || p->ip.version == 6);
	touch_views(p);
	if (p->transport != TRANSPORT_ICMP_ERROR)
		return;
	FUZZ_REQUIRE(p->icmp.mpls_count <= MPLS_MAX);
	if (packet_parse_quote(p->icmp.quote, p->icmp.quote_length, &quoted))
		touch_views(&quoted);
}

/* The first fragment of a segment is one. */
static void cut(const struct packet *whole)
{
	size_t header = whole->ip.version == 4 ? 20 : 40;
	uint8_t out[100];
	ssize_t length;
	struct packet p;

	if (whole->transport != TRANSPORT_TCP ||
	    whole->ip.header_length != header)
		return;
	length = fragment_write(whole->bytes, whole->available, 7, 0, 16, out,
				sizeof(out));
	if (length > 0 && whole->available > header + 16)
		FUZZ_REQUIRE(packet_parse(out, (size_t)length, &p) &&
			     p.ip.more_fragments && !p.ip.fragment_offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = {1,	 0,   9,   12,	14,  101,
				    108, 113, 228, 229, 276, 1000};
	const uint8_t *ip;
	size_t available;
	struct packet p;
	int link;

	if (!size)
		return 0;
	link = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	FUZZ_REQUIRE(link_supported(link) == (link != 1000));
	if (!link_find_ip(link, data + 1, size - 1, &ip, &available))
		return 0;
	FUZZ_REQUIRE(available <= size - 1);
	if (packet_parse_quote(ip, available, &p))
		check(&p, available);
	if (packet_parse(ip, available, &p)) {
		check(&p, available);
		cut(&p);
	}
	return 0;
}
