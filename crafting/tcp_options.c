/* SPDX-License-Identifier: GPL-3.0-or-later
 * The TCP options block (RFC 9293 3.1): a walk, a summary, and encoding.
 */
#include "tcp_options.h"

#include <stdio.h>
#include <string.h>

#include "cursor.h"

enum { NAME = 16 };

static const struct kind {
	uint8_t kind;
	uint8_t length; /* 0: any */
	const char *name;
} kinds[] = {
	{TCPOPT_KIND_EOL, 1, "eol"},
	{TCPOPT_KIND_NOP, 1, "nop"},
	{TCPOPT_KIND_MSS, 4, "mss"},		   /* RFC 9293 3.7.1 */
	{TCPOPT_KIND_WSCALE, 3, "wscale"},	   /* RFC 7323 2.2 */
	{TCPOPT_KIND_SACK_PERMITTED, 2, "sackOK"}, /* RFC 2018 2 */
	{TCPOPT_KIND_SACK, 0, "sack"},		   /* RFC 2018 3 */
	{TCPOPT_KIND_TIMESTAMPS, 10, "TS"},	   /* RFC 7323 3.2 */
	{19, 18, "md5"},			   /* RFC 2385 3.0 */
	{29, 0, "tcp-ao"},			   /* RFC 5925 2.2 */
	{TCPOPT_MPTCP, 0, "mptcp"},		   /* RFC 8684 3 */
	{34, 0, "tfo"},				   /* RFC 7413 4.1.1 */
};

static const struct kind *find_kind(uint8_t kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

struct option_walk option_walk_over(const uint8_t *block, size_t available,
				    size_t length)
{
	return (struct option_walk){
		.block = block,
		.available = available < length ? available : length,
		.length = length,
	};
}

static enum option_step end_walk(struct option_walk *w, enum option_step step)
{
	w->ended = true;
	return step;
}

/* The option's length, from what is there of it and what the block has room
 * for: 0 if it cannot be right, more than `there` if it is cut. */
static size_t option_length(const uint8_t *option, size_t there, size_t room)
{
	struct cursor c = cursor_over(option, there);
	uint8_t kind = cursor_u8(&c);
	uint8_t length;

	if (kind == TCPOPT_KIND_EOL || kind == TCPOPT_KIND_NOP)
		return 1;
	length = cursor_u8(&c);
	if (c.failed)
		return room < 2 ? 0 : 2;
	return length < 2 || length > room ? 0 : length;
}

enum option_step option_next(struct option_walk *w, struct tcp_option *out)
{
	size_t there = w->available - w->at, length;

	if (w->ended || !there)
		return end_walk(w, OPTION_END);
	length = option_length(w->block + w->at, there, w->length - w->at);
	if (!length)
		return end_walk(w, OPTION_MALFORMED);
	if (length > there)
		return end_walk(w, OPTION_CUT);
	out->kind = w->block[w->at];
	out->length = (uint8_t)length;
	out->bytes = w->block + w->at;
	out->offset = w->at;
	w->at += length;
	w->ended = out->kind == TCPOPT_KIND_EOL;
	return OPTION_FOUND;
}

static void read_mptcp(const struct tcp_option *option, struct tcp_options *o)
{
	struct mptcp_option mptcp;

	if (!mptcp_decode(option->bytes, option->length, &mptcp))
		o->mptcp_bad++;
	else if (o->mptcp_count < TCP_MPTCP_MAX)
		o->mptcp[o->mptcp_count++] = mptcp;
}

/* One option of the length that its kind has. */
static void read_option(const struct tcp_option *option, struct tcp_options *o)
{
	struct cursor c = cursor_over(option->bytes, option->length);

	cursor_take(&c, 2);
	switch (option->kind) {
	case TCPOPT_KIND_MSS:
		if (!o->has_mss)
			o->mss = cursor_u16(&c);
		o->has_mss = true;
		break;
	case TCPOPT_KIND_WSCALE:
		if (!o->has_wscale)
			o->wscale = cursor_u8(&c);
		o->has_wscale = true;
		break;
	case TCPOPT_KIND_SACK_PERMITTED:
		o->sack_permitted = true;
		break;
	case TCPOPT_KIND_SACK:
		o->sacks = true;
		break;
	case TCPOPT_KIND_TIMESTAMPS:
		if (!o->has_timestamps) {
			o->tsval = cursor_u32(&c);
			o->tsecr = cursor_u32(&c);
		}
		o->has_timestamps = true;
		break;
	case TCPOPT_MPTCP:
		read_mptcp(option, o);
		break;
	}
}

static bool has_length_of_kind(const struct tcp_option *option)
{
	const struct kind *kind = find_kind(option->kind);

	return !kind || !kind->length || kind->length == option->length;
}

void tcp_options_read(const uint8_t *block, size_t available, size_t length,
		      struct tcp_options *out)
{
	struct option_walk w = option_walk_over(block, available, length);
	struct tcp_option option;
	enum option_step step;

	memset(out, 0, sizeof(*out));
	while ((step = option_next(&w, &option)) == OPTION_FOUND)
		if (has_length_of_kind(&option))
			read_option(&option, out);
	out->malformed = step == OPTION_MALFORMED;
	out->complete = available >= length;
}

const struct mptcp_option *tcp_options_mptcp(const struct tcp_options *o,
					     enum mptcp_subtype subtype)
{
	for (unsigned i = 0; i < o->mptcp_count; i++)
		if (o->mptcp[i].subtype == subtype)
			return &o->mptcp[i];
	return NULL;
}

void write_mss(struct writer *w, uint16_t mss)
{
	write_u8(w, TCPOPT_KIND_MSS);
	write_u8(w, 4);
	write_u16(w, mss);
}

void write_sack_permitted(struct writer *w)
{
	write_u8(w, TCPOPT_KIND_SACK_PERMITTED);
	write_u8(w, 2);
}

void write_timestamps(struct writer *w, uint32_t tsval, uint32_t tsecr)
{
	write_u8(w, TCPOPT_KIND_TIMESTAMPS);
	write_u8(w, 10);
	write_u32(w, tsval);
	write_u32(w, tsecr);
}

void write_wscale(struct writer *w, uint8_t shift)
{
	write_u8(w, TCPOPT_KIND_WSCALE);
	write_u8(w, 3);
	write_u8(w, shift);
}

void write_nop(struct writer *w, unsigned count)
{
	while (count-- > 0 && !w->failed)
		write_u8(w, TCPOPT_KIND_NOP);
}

void write_options_padding(struct writer *w)
{
	write_nop(w, (4 - w->length % 4) % 4);
}

const char *tcp_option_name(uint8_t kind, char *buffer)
{
	const struct kind *known = find_kind(kind);

	if (known)
		return known->name;
	snprintf(buffer, NAME, "kind %u", kind);
	return buffer;
}

/* Into `text` of `size` bytes: what the option is called, and the value of
 * those that have a short one. */
static void describe(const struct tcp_option *option, char *text, size_t size)
{
	struct mptcp_option mptcp;
	struct tcp_options o = {0};
	char buffer[NAME];
	const char *name = tcp_option_name(option->kind, buffer);
	bool good = has_length_of_kind(option);

	if (option->kind == TCPOPT_MPTCP) {
		good = mptcp_decode(option->bytes, option->length, &mptcp);
		if (option->length > 2)
			name = mptcp_subtype_name(mptcp.subtype);
	} else if (good) {
		read_option(option, &o);
	}
	if (!good)
		snprintf(text, size, "%s of %u bytes", name, option->length);
	else if (o.has_mss)
		snprintf(text, size, "%s %u", name, o.mss);
	else if (o.has_wscale)
		snprintf(text, size, "%s %u", name, o.wscale);
	else
		snprintf(text, size, "%s", name);
}

/* Appends to the text, after a comma where it is not the first; what does
 * not fit is cut. */
static void append(char *text, size_t size, const char *item)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? "," : "", item);
}

const char *tcp_options_text(const uint8_t *block, size_t length, char *text,
			     size_t size)
{
	struct option_walk w = option_walk_over(block, length, length);
	struct tcp_option option;
	enum option_step step;
	char item[48];

	if (!size)
		return text;
	text[0] = '\0';
	while ((step = option_next(&w, &option)) == OPTION_FOUND) {
		describe(&option, item, sizeof(item));
		append(text, size, item);
	}
	if (step == OPTION_MALFORMED)
		append(text, size, "malformed");
	return text;
}
