/* SPDX-License-Identifier: GPL-3.0-or-later
 * A block is its type, its length, its body and its length again; all numbers
 * have the byte order of its section.
 */
#include "report/track/pcapng.h"

#include <byteswap.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "report/arena.h"

#define BODY_MAX (16 * 1024 * 1024) /* that is looked into, as by libpcap */
#define INTERFACES_MAX 256	    /* of a file */
#define RESOLUTION_DEFAULT 6	    /* microseconds */
#define RESOLUTION_BINARY 0x80	    /* a power of two, not of ten */
#define MILLION 1000000

struct interface {
	char name[PCAPNG_NAME_MAX + 1];
	int link_type;
	uint32_t snaplen; /* 0: no limit */
	uint8_t resolution;
	int64_t offset_s; /* of its times */
	uint64_t section; /* the last that described it */
};

struct pcapng {
	FILE *stream;
	bool big_endian;  /* of its section */
	uint64_t section; /* from 1; 0: none has begun */
	struct interface interfaces[INTERFACES_MAX];
	size_t count;
	unsigned numbers[INTERFACES_MAX]; /* of those of this section */
	size_t section_count;
	uint32_t type; /* of the block that was read */
	uint8_t *body;
	size_t length, capacity; /* of its body */
	enum pcapng_result result;
	char error[80];
};

/* ---- blocks ---------------------------------------------------------------
 */

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

static bool damaged(struct pcapng *p, const char *what)
{
	snprintf(p->error, sizeof(p->error), "%s", what);
	p->result = PCAPNG_DAMAGED;
	return false;
}

static bool take(struct pcapng *p, uint8_t *bytes, size_t size)
{
	errno = 0;
	if (fread(bytes, 1, size, p->stream) == size)
		return true;
	return damaged(p, ferror(p->stream) ? strerror(errno ? errno : EIO)
					    : "it is cut within a block");
}

static bool read_u32_here(struct pcapng *p, uint32_t *out)
{
	uint8_t bytes[4];
	struct cursor c;

	if (!take(p, bytes, sizeof(bytes)))
		return false;
	c = cursor_over(bytes, sizeof(bytes));
	*out = read_u32(p, &c);
	return true;
}

/* Grows as bytes come: a length that lies takes no memory. */
static bool read_bytes(struct pcapng *p, size_t wanted)
{
	const size_t step = 65536;

	while (p->length < wanted) {
		size_t more = wanted - p->length;

		more = more < step ? more : step;
		if (p->length + more > p->capacity) {
			p->capacity = p->length + more;
			p->body = must_have(realloc(p->body, p->capacity));
		}
		if (!take(p, p->body + p->length, more))
			return false;
		p->length += more;
	}
	return true;
}

static bool skip_bytes(struct pcapng *p, size_t left)
{
	uint8_t bytes[4096];

	while (left) {
		size_t some = left < sizeof(bytes) ? left : sizeof(bytes);

		if (!take(p, bytes, some))
			return false;
		left -= some;
	}
	return true;
}

static bool is_looked_into(uint32_t type)
{
	return type == PCAPNG_SECTION || type == PCAPNG_INTERFACE ||
	       type == PCAPNG_PACKET || type == PCAPNG_OLD_PACKET ||
	       type == PCAPNG_SIMPLE_PACKET;
}

/* The type of a section is the same in both orders; its magic, which tells the
 * order, comes behind the length. */
static bool begin_section(struct pcapng *p, uint32_t *length)
{
	uint8_t bytes[8];
	struct cursor c, magic;
	uint32_t mark;

	if (!take(p, bytes, sizeof(bytes)))
		return false;
	c = cursor_over(bytes, sizeof(bytes));
	magic = cursor_over(bytes + 4, 4);
	mark = cursor_u32(&magic);
	p->big_endian = mark == PCAPNG_MAGIC;
	if (!p->big_endian && bswap_32(mark) != PCAPNG_MAGIC)
		return damaged(p, "its byte order is not to be told");
	*length = read_u32(p, &c);
	p->section++;
	p->section_count = 0;
	return *length >= PCAPNG_FRAME + 4 ||
	       damaged(p, "a block is too short");
}

static bool read_head(struct pcapng *p, uint32_t *length)
{
	int first = getc(p->stream);
	bool is_section;

	if (first == EOF && !ferror(p->stream)) {
		p->result = PCAPNG_END;
		return false;
	}
	ungetc(first, p->stream);
	if (!read_u32_here(p, &p->type))
		return false;
	is_section = p->type == PCAPNG_SECTION;
	if (is_section)
		return begin_section(p, length);
	if (!p->section)
		return damaged(p, "no section begins it");
	return read_u32_here(p, length);
}

/* False: there is none, or it is none. */
static bool read_block(struct pcapng *p)
{
	uint32_t length, again;
	size_t body;

	if (!read_head(p, &length))
		return false;
	if (length < PCAPNG_FRAME || length % 4)
		return damaged(p, "a block has an impossible length");
	/* The magic of a section was read. */
	body = length - PCAPNG_FRAME - (p->type == PCAPNG_SECTION ? 4 : 0);
	p->length = 0;
	if (is_looked_into(p->type) && body > BODY_MAX)
		return damaged(p, "a block is too long");
	if (!(is_looked_into(p->type) ? read_bytes(p, body)
				      : skip_bytes(p, body)) ||
	    !read_u32_here(p, &again))
		return false;
	return again == length || damaged(p, "the two lengths of a block "
					     "differ");
}

static bool knows_version(struct pcapng *p)
{
	struct cursor c = cursor_over(p->body, p->length);

	return read_u16(p, &c) == PCAPNG_VERSION ||
	       damaged(p, "it is of another version of pcapng");
}

/* ---- options --------------------------------------------------------------
 */

/* The next one, which ends at a multiple of four bytes. False: it was the
 * last. */
static bool next_option(const struct pcapng *p, struct cursor *c,
			uint16_t *kind, struct cursor *value)
{
	uint16_t length;

	*kind = read_u16(p, c);
	length = read_u16(p, c);
	*value = cursor_slice(c, length);
	cursor_take(c, (4 - length % 4) % 4);
	return *kind && !value->failed;
}

/* Letters that no shell takes for anything, as commands may be made of it. */
static void read_name(struct interface *i, const struct cursor *value)
{
	if (value->left > PCAPNG_NAME_MAX)
		return;
	memset(i->name, 0, sizeof(i->name));
	for (size_t k = 0; k < value->left && value->at[k]; k++)
		i->name[k] =
			isascii(value->at[k]) && (isalnum(value->at[k]) ||
						  strchr("._-@+", value->at[k]))
				? (char)value->at[k]
				: '_';
}

static int64_t read_offset(const struct pcapng *p, struct cursor *value)
{
	uint32_t first = read_u32(p, value), second = read_u32(p, value);

	return (int64_t)(p->big_endian ? (uint64_t)first << 32 | second
				       : (uint64_t)second << 32 | first);
}

static enum link_way read_way(const struct pcapng *p, struct cursor *c)
{
	struct cursor value;
	uint16_t kind;

	while (next_option(p, c, &kind, &value)) {
		uint32_t way;

		if (kind != PCAPNG_FLAGS || value.left != 4)
			continue;
		way = read_u32(p, &value) & 3;
		return way == PCAPNG_FLAG_OUT  ? LINK_WAY_OUT
		       : way == PCAPNG_FLAG_IN ? LINK_WAY_IN
					       : LINK_WAY_UNKNOWN;
	}
	return LINK_WAY_UNKNOWN;
}

/* ---- interfaces -----------------------------------------------------------
 */

static struct interface read_interface(const struct pcapng *p)
{
	struct cursor c = cursor_over(p->body, p->length), value;
	struct interface i = {.resolution = RESOLUTION_DEFAULT};
	uint16_t kind;

	i.link_type = read_u16(p, &c);
	cursor_take(&c, 2);
	i.snaplen = read_u32(p, &c);
	while (next_option(p, &c, &kind, &value)) {
		if (kind == PCAPNG_NAME)
			read_name(&i, &value);
		else if (kind == PCAPNG_RESOLUTION && value.left == 1)
			i.resolution = cursor_u8(&value);
		else if (kind == PCAPNG_OFFSET && value.left == 8)
			i.offset_s = read_offset(p, &value);
	}
	return i;
}

/* One of an earlier section, as files that were put together have. */
static struct interface *same_of_before(struct pcapng *p,
					const struct interface *i)
{
	for (size_t k = 0; k < p->count; k++)
		if (p->interfaces[k].section != p->section &&
		    p->interfaces[k].link_type == i->link_type &&
		    !strcmp(p->interfaces[k].name, i->name))
			return &p->interfaces[k];
	return NULL;
}

static bool add_interface(struct pcapng *p)
{
	struct interface i = read_interface(p);
	struct interface *place = same_of_before(p, &i);

	if (p->length < 8)
		return damaged(p, "a block is too short");
	if (!place && p->count == INTERFACES_MAX)
		return damaged(p, "it has too many interfaces");
	if (!place)
		place = &p->interfaces[p->count++];
	i.section = p->section;
	*place = i;
	p->numbers[p->section_count++] = (unsigned)(place - p->interfaces);
	return true;
}

/* ---- packets --------------------------------------------------------------
 */

/* A time in units of 2^-bits seconds. False: it is out of all bounds. */
static bool from_binary(uint64_t time, unsigned bits, int64_t *us)
{
	uint64_t rest;

	if (bits >= 64)
		return false;
	rest = bits ? time & ((UINT64_C(1) << bits) - 1) : 0;
	if (bits > 40) /* finer than any clock */
		rest >>= bits - 40;
	rest = rest * MILLION >> (bits < 40 ? bits : 40);
	return !__builtin_mul_overflow(time >> bits, MILLION, us) &&
	       !__builtin_add_overflow(*us, rest, us);
}

/* The same, of 10^-digits. */
static bool from_decimal(uint64_t time, unsigned digits, int64_t *us)
{
	for (; digits > 6 && time; digits--)
		time /= 10;
	for (; digits < 6; digits++)
		if (__builtin_mul_overflow(time, 10, &time))
			return false;
	return !__builtin_add_overflow(time, 0, us);
}

static int64_t microseconds(const struct interface *i, uint64_t time)
{
	unsigned power = i->resolution & ~(unsigned)RESOLUTION_BINARY;
	int64_t us, offset;
	bool binary = i->resolution & RESOLUTION_BINARY;

	if (!(binary ? from_binary(time, power, &us)
		     : from_decimal(time, power, &us)) ||
	    __builtin_mul_overflow(i->offset_s, MILLION, &offset) ||
	    __builtin_add_overflow(us, offset, &us))
		return 0;
	return us;
}

static bool take_bytes(struct pcapng *p, struct cursor *c,
		       struct pcapng_frame *out)
{
	out->bytes = cursor_take(c, out->captured);
	cursor_take(c, (4 - out->captured % 4) % 4);
	return out->bytes || damaged(p, "a packet is longer than its block");
}

static const struct interface *find_interface(struct pcapng *p, uint32_t index,
					      struct pcapng_frame *out)
{
	const struct interface *i;

	if (index >= p->section_count) {
		damaged(p, "a packet is of an interface that is not described");
		return NULL;
	}
	i = &p->interfaces[p->numbers[index]];
	*out = (struct pcapng_frame){
		.interface = p->count > 1 ? p->numbers[index] + 1 : 0,
		.name = i->name,
		.link_type = i->link_type,
	};
	return i;
}

/* As long as its block and its interface let it be; without a time. */
static bool read_simple(struct pcapng *p, struct cursor *c,
			struct pcapng_frame *out)
{
	const struct interface *i = find_interface(p, 0, out);

	if (!i)
		return false;
	out->length = read_u32(p, c);
	out->captured = out->length < c->left ? out->length : c->left;
	if (i->snaplen && out->captured > i->snaplen)
		out->captured = i->snaplen;
	return take_bytes(p, c, out);
}

static bool read_packet(struct pcapng *p, struct cursor *c,
			struct pcapng_frame *out)
{
	uint32_t index =
		p->type == PCAPNG_PACKET ? read_u32(p, c) : read_u16(p, c);
	const struct interface *i = find_interface(p, index, out);
	uint64_t time;

	if (!i)
		return false;
	if (p->type == PCAPNG_OLD_PACKET)
		cursor_take(c, 2); /* packets that were dropped */
	time = (uint64_t)read_u32(p, c) << 32;
	time |= read_u32(p, c);
	out->time_us = microseconds(i, time);
	out->captured = read_u32(p, c);
	out->length = read_u32(p, c);
	if (c->failed)
		return damaged(p, "a block is too short");
	if (!take_bytes(p, c, out))
		return false;
	out->way = read_way(p, c);
	return true;
}

enum pcapng_result pcapng_next(struct pcapng *p, struct pcapng_frame *out)
{
	while (p->result == PCAPNG_GOOD && read_block(p)) {
		struct cursor c = cursor_over(p->body, p->length);

		if (p->type == PCAPNG_SECTION)
			knows_version(p);
		else if (p->type == PCAPNG_INTERFACE)
			add_interface(p);
		else if (p->type == PCAPNG_SIMPLE_PACKET)
			return read_simple(p, &c, out) ? PCAPNG_GOOD
						       : p->result;
		else if (p->type == PCAPNG_PACKET ||
			 p->type == PCAPNG_OLD_PACKET)
			return read_packet(p, &c, out) ? PCAPNG_GOOD
						       : p->result;
	}
	return p->result;
}

/* ---- the file -------------------------------------------------------------
 */

struct pcapng *pcapng_open(FILE *stream)
{
	struct pcapng *p = must_have(calloc(1, sizeof(*p)));

	p->stream = stream;
	return p;
}

size_t pcapng_interfaces(const struct pcapng *p)
{
	return p->count;
}

int pcapng_link_type(const struct pcapng *p, size_t i)
{
	return p->interfaces[i].link_type;
}

const char *pcapng_name(const struct pcapng *p, size_t i)
{
	return p->interfaces[i].name;
}

const char *pcapng_error(const struct pcapng *p)
{
	return p->error;
}

void pcapng_close(struct pcapng *p)
{
	if (!p)
		return;
	fclose(p->stream);
	free(p->body);
	free(p);
}
