/* SPDX-License-Identifier: GPL-3.0-or-later
 * A block is its type, its length, its body and its length again; all numbers
 * have the byte order of its section.
 */
#include "report/track/pcapng.h"

#include <byteswap.h>
#include <ctype.h>
#include <string.h>

#include "crafting/cursor.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_PACKET = 6,
};

#define MAGIC 0x1a2b3c4d
#define FRAME 12     /* bytes of a block around its body */
#define LOOKED_AT 64 /* bytes of a body: its name is the first option */

#define OPTION_NAME 2

struct block {
	uint32_t type;
	uint8_t body[LOOKED_AT];
	size_t length; /* of that, what is there */
};

static uint32_t read_u32(const struct pcapng *p, struct cursor *c)
{
	uint32_t v = cursor_u32(c);

	return p->big_endian ? v : bswap_32(v);
}

static uint16_t read_u16(const struct pcapng *p, struct cursor *c)
{
	uint16_t v = cursor_u16(c);

	return p->big_endian ? v : bswap_16(v);
}

/* The type of a section is the same in both orders; then comes its magic. */
static bool read_head(struct pcapng *p, uint32_t *type, uint32_t *length)
{
	uint8_t bytes[12];
	size_t there = fread(bytes, 1, sizeof(bytes), p->file);
	struct cursor c = cursor_over(bytes, there);
	struct cursor magic = cursor_over(bytes + 8, 4);

	if (there < sizeof(bytes))
		return false;
	*type = read_u32(p, &c);
	if (*type == BLOCK_SECTION) {
		p->big_endian = cursor_u32(&magic) == MAGIC;
		p->count = 0;
	}
	*length = read_u32(p, &c);
	return fseeko(p->file, -4, SEEK_CUR) == 0;
}

/* False: there is none, or it is none. */
static bool read_block(struct pcapng *p, struct block *b)
{
	uint32_t length, body;

	if (!read_head(p, &b->type, &length) || length < FRAME || length % 4)
		return false;
	body = length - FRAME;
	b->length = body < LOOKED_AT ? body : LOOKED_AT;
	return fread(b->body, 1, b->length, p->file) == b->length &&
	       fseeko(p->file, (off_t)(body - b->length) + 4, SEEK_CUR) == 0;
}

static void read_name(const struct pcapng *p, struct cursor *c, char *name)
{
	uint16_t kind = read_u16(p, c), length = read_u16(p, c);
	const uint8_t *text = cursor_take(c, length);

	if (kind != OPTION_NAME || !text || length > PCAPNG_NAME_MAX)
		return;
	for (size_t i = 0; i < length; i++)
		name[i] = isgraph(text[i]) ? (char)text[i] : '?';
	name[length] = '\0';
}

/* Link type, two bytes, and the largest length stand before the options. */
static void add_interface(struct pcapng *p, const struct block *b)
{
	struct cursor c = cursor_over(b->body, b->length);
	uint32_t index = p->count++;

	if (index >= PCAPNG_INTERFACES_MAX)
		return;
	p->names[index][0] = '\0';
	cursor_take(&c, 8);
	read_name(p, &c, p->names[index]);
}

static uint32_t packet_interface(const struct pcapng *p, const struct block *b)
{
	struct cursor c = cursor_over(b->body, b->length);

	if (b->type == BLOCK_PACKET)
		return read_u32(p, &c);
	return b->type == BLOCK_OLD_PACKET ? read_u16(p, &c) : 0;
}

uint32_t pcapng_next(struct pcapng *p)
{
	struct block b;

	while (p->file && read_block(p, &b)) {
		if (b.type == BLOCK_INTERFACE)
			add_interface(p, &b);
		else if (b.type == BLOCK_PACKET || b.type == BLOCK_OLD_PACKET ||
			 b.type == BLOCK_SIMPLE_PACKET)
			return p->count > 1 ? packet_interface(p, &b) + 1 : 0;
	}
	return 0;
}

const char *pcapng_name(const struct pcapng *p, uint32_t interface)
{
	if (!interface || interface > PCAPNG_INTERFACES_MAX ||
	    !p->names[interface - 1][0])
		return NULL;
	return p->names[interface - 1];
}
