/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fragment.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "checksum.h"
#include "cursor.h"

enum {
	IPV4_HEADER = 20,
	IPV4_CHECKSUM_AT = 10,
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV6_HEADER = 40,
	FRAGMENT_HEADER = 8,
	UNIT = 8, /* offsets count so many bytes */
	OFFSET_MAX = 0x1fff,
};

/* One fragment of what a packet carries. */
struct part {
	const uint8_t *header, *bytes;
	size_t offset, size;
	uint32_t id;
	bool more;
};

/* RFC 791 3.1: all but length, identification, flags, offset and checksum is
 * that of the whole packet. May be fragmented: DF is clear. */
static void write_ipv4(struct writer *w, const struct part *p)
{
	uint16_t sum;

	write_bytes(w, p->header, 2);
	write_u16(w, (uint16_t)(IPV4_HEADER + p->size));
	write_u16(w, (uint16_t)p->id);
	write_u16(w, (uint16_t)((p->more ? IPV4_MORE_FRAGMENTS : 0) |
				p->offset / UNIT));
	write_bytes(w, p->header + 8, 2);
	write_u16(w, 0);
	write_bytes(w, p->header + 12, 8);
	if (w->failed)
		return;
	sum = checksum_finish(checksum_add(0, w->start, IPV4_HEADER));
	w->start[IPV4_CHECKSUM_AT] = (uint8_t)(sum >> 8);
	w->start[IPV4_CHECKSUM_AT + 1] = (uint8_t)sum;
}

/* RFC 8200 3 and 4.5 */
static void write_ipv6(struct writer *w, const struct part *p)
{
	write_bytes(w, p->header, 4);
	write_u16(w, (uint16_t)(FRAGMENT_HEADER + p->size));
	write_u8(w, IPPROTO_FRAGMENT);
	write_bytes(w, p->header + 7, IPV6_HEADER - 7);
	write_u8(w, p->header[6]);
	write_u8(w, 0);
	write_u16(w, (uint16_t)(p->offset | (p->more ? 1 : 0)));
	write_u32(w, p->id);
}

ssize_t fragment_write(const uint8_t *packet, size_t length, uint32_t id,
		       size_t offset, size_t size, uint8_t *out,
		       size_t capacity)
{
	struct writer w = writer_over(out, capacity);
	bool ip4 = length > 0 && packet[0] == 0x45;
	size_t header = ip4 ? IPV4_HEADER : IPV6_HEADER;
	struct part part = {packet, NULL, offset, size, id, false};

	if (length < header || (!ip4 && packet[0] >> 4 != 6) || size == 0 ||
	    offset > length - header || size > length - header - offset ||
	    offset % UNIT || offset / UNIT > OFFSET_MAX)
		return -1;
	part.bytes = packet + header + offset;
	part.more = header + offset + size < length;
	if (part.more && size % UNIT)
		return -1;
	if (ip4)
		write_ipv4(&w, &part);
	else
		write_ipv6(&w, &part);
	write_bytes(&w, part.bytes, part.size);
	return w.failed ? -1 : (ssize_t)w.length;
}
