/* SPDX-License-Identifier: GPL-3.0-or-later
 * The Internet checksum (RFC 1071) and the DSS checksum (RFC 8684 3.3.1).
 */
#include "checksum.h"

#include "address.h"
#include "cursor.h"

/* RFC 1071 1: carries are added back in. Zero only if `sum` is zero. */
static uint32_t fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *b = bytes;
	uint64_t total = sum;
	size_t i;

	for (i = 0; i + 1 < length; i += 2)
		total += (uint32_t)(b[i] << 8 | b[i + 1]);
	if (i < length)
		total += (uint32_t)(b[i] << 8);
	return fold(total);
}

uint16_t checksum_finish(uint32_t sum)
{
	return (uint16_t)~fold(sum);
}

/* RFC 793 3.1 has a zero byte, the protocol and 16 bits of length; RFC 8200
 * 8.1 32 bits of length, three zero bytes and the next header. Zeros and the
 * order of the words do not change the sum: one form serves both. */
uint16_t checksum_transport(const struct address *source,
			    const struct address *destination, uint8_t protocol,
			    const void *segment, size_t length)
{
	uint8_t tail[8];
	struct writer w = writer_over(tail, sizeof(tail));
	uint32_t sum;

	write_u32(&w, (uint32_t)length);
	write_u32(&w, protocol);
	sum = checksum_add(0, source->bytes, address_length(source));
	sum = checksum_add(sum, destination->bytes,
			   address_length(destination));
	sum = checksum_add(sum, tail, w.length);
	return checksum_finish(checksum_add(sum, segment, length));
}

/* RFC 8684 3.3.1, RFC 6824 3.3.1 */
uint16_t dss_checksum(uint64_t dsn, uint32_t ssn, uint16_t data_level_length,
		      const void *payload, size_t payload_length)
{
	uint8_t pseudo_header[16];
	struct writer w = writer_over(pseudo_header, sizeof(pseudo_header));
	uint32_t sum;

	write_u64(&w, dsn);
	write_u32(&w, ssn);
	write_u16(&w, data_level_length);
	write_u16(&w, 0);
	sum = checksum_add(0, pseudo_header, w.length);
	return checksum_finish(checksum_add(sum, payload, payload_length));
}
