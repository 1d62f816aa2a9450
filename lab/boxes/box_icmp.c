/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behaviours around ICMP: a translator that leaves quotes alone, and routers
 * that quote little, or more than the packet.
 */
#include <netinet/in.h>
#include <string.h>

#include "crafting/checksum.h"
#include "lab/boxes/box.h"

static uint8_t *raw_copy(struct passing *p)
{
	p->raw_length = p->packet.available;
	memcpy(p->raw, p->packet.bytes, p->raw_length);
	return p->raw;
}

/* Source addresses become the box's own, ports stay: it has one client. An
 * ICMP error comes back to the client with the quote as it is. */
enum fate nat(struct box *b, struct passing *p)
{
	bool six = p->packet.ip.version == 6;
	const struct address *own = &b->address[six];
	struct address *client = &b->client[six];
	size_t size = six ? 16 : 4;

	if (own->family == 0)
		return PASS;
	if (p->way == FORWARD) {
		*client = p->packet.ip.source;
		memcpy(raw_copy(p) + (six ? 8 : 12), own->bytes, size);
	} else if (client->family &&
		   address_equal(&p->packet.ip.destination, own)) {
		memcpy(raw_copy(p) + (six ? 24 : 16), client->bytes, size);
	}
	return PASS;
}

/* Where the quote starts: behind the ICMP header (RFC 792, RFC 4443). */
static size_t quote_at(const struct passing *p)
{
	return p->packet.ip.header_length + 8;
}

static size_t quoted_header(const struct passing *p)
{
	return p->packet.ip.version == 6
		       ? 40
		       : (p->packet.icmp.quote[0] & 0x0f) * 4u;
}

/* RFC 792: the header and `value` bytes. */
enum fate quote_short(struct box *b, struct passing *p)
{
	size_t wanted;

	if (p->packet.transport != TRANSPORT_ICMP_ERROR)
		return PASS;
	wanted = quote_at(p) + quoted_header(p) + (size_t)b->value;
	if (wanted >= p->packet.available)
		return PASS;
	raw_copy(p);
	p->raw_length = wanted;
	return PASS;
}

/* RFC 4884 3, 4.1, 4.2 and RFC 4950: 128 bytes of quote, padded with zeros,
 * and behind it one MPLS label stack entry. */
enum fate quote_extended(struct box *b, struct passing *p)
{
	static const uint8_t extension[12] = {0x20, 0, 0,    0,	   0,	 8,
					      1,    1, 0x12, 0x34, 0x51, 1};
	bool six = p->packet.ip.version == 6;
	size_t at = quote_at(p);
	uint16_t sum;
	uint8_t *out;

	(void)b;
	if (!p->packet.icmp.time_exceeded)
		return PASS;
	out = raw_copy(p);
	if (p->raw_length < at + 128)
		memset(out + p->raw_length, 0, at + 128 - p->raw_length);
	out[p->packet.ip.header_length + (six ? 4 : 5)] = six ? 16 : 32;
	out += at + 128;
	memcpy(out, extension, sizeof(extension));
	sum = checksum_finish(checksum_add(0, out, sizeof(extension)));
	out[2] = (uint8_t)(sum >> 8);
	out[3] = (uint8_t)sum;
	p->raw_length = at + 128 + sizeof(extension);
	return PASS;
}
