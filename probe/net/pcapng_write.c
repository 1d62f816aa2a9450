// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/pcapng_write.h"

#include <string.h>

#include "report/track/pcapng.h"

#define SECTION 16 /* of its body */
#define INTERFACE 8
#define PACKET 20
#define OPTION_HEAD 4
#define OPTIONS_END 4 /* a head of zeros */
#define FLAGS 4

/* With what fills it up to a multiple of four. */
static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

static void put16(FILE *out, size_t v)
{
	uint16_t number = (uint16_t)v;

	fwrite(&number, sizeof(number), 1, out);
}

static void put32(FILE *out, uint64_t v)
{
	uint32_t number = (uint32_t)v;

	fwrite(&number, sizeof(number), 1, out);
}

static void put_padded(FILE *out, const void *bytes, size_t length)
{
	static const uint8_t zeros[3];

	fwrite(bytes, 1, length, out);
	fwrite(zeros, 1, padded(length) - length, out);
}

static void put_option(FILE *out, unsigned kind, const void *value,
		       size_t length)
{
	put16(out, kind);
	put16(out, length);
	put_padded(out, value, length);
}

/* Section 4.1 there; its length is not told. */
static size_t write_section(FILE *out)
{
	const size_t size = PCAPNG_FRAME + SECTION;

	put32(out, PCAPNG_SECTION);
	put32(out, size);
	put32(out, PCAPNG_MAGIC);
	put16(out, PCAPNG_VERSION);
	put16(out, 0);
	put32(out, UINT32_MAX);
	put32(out, UINT32_MAX);
	put32(out, size);
	return size;
}

/* 4.2. Times are in microseconds, unless it says otherwise. */
size_t pcapng_write_interface(FILE *out, const struct saved_interface *i)
{
	size_t length = strlen(i->name);
	size_t size = PCAPNG_FRAME + INTERFACE + OPTION_HEAD + padded(length) +
		      OPTIONS_END;

	put32(out, PCAPNG_INTERFACE);
	put32(out, size);
	put16(out, (size_t)i->link_type);
	put16(out, 0);
	put32(out, 0); /* frames are as long as they are */
	put_option(out, PCAPNG_NAME, i->name, length);
	put32(out, 0);
	put32(out, size);
	return size;
}

size_t pcapng_write_head(FILE *out, const struct saved_interface *interfaces,
			 size_t count)
{
	size_t size = write_section(out);

	for (size_t i = 0; i < count; i++)
		size += pcapng_write_interface(out, &interfaces[i]);
	return size;
}

size_t pcapng_frame_size(size_t captured)
{
	return PCAPNG_FRAME + PACKET + padded(captured) + OPTION_HEAD + FLAGS +
	       OPTIONS_END;
}

/* 4.3. */
size_t pcapng_write_frame(FILE *out, const struct saved_frame *f)
{
	size_t size = pcapng_frame_size(f->captured);
	uint32_t flags = f->way == LINK_WAY_OUT	 ? PCAPNG_FLAG_OUT
			 : f->way == LINK_WAY_IN ? PCAPNG_FLAG_IN
						 : 0;

	put32(out, PCAPNG_PACKET);
	put32(out, size);
	put32(out, f->interface);
	put32(out, (uint64_t)f->time_us >> 32);
	put32(out, (uint64_t)f->time_us);
	put32(out, f->captured);
	put32(out, f->length);
	put_padded(out, f->bytes, f->captured);
	put_option(out, PCAPNG_FLAGS, &flags, sizeof(flags));
	put32(out, 0);
	put32(out, size);
	return size;
}
