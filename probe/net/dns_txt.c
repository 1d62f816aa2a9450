// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/dns_txt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"

#define TYPE_TXT 16
#define CLASS_IN 1
#define FLAG_RESPONSE 0x8000
#define LABEL_POINTER 0xc0 /* RFC 1035 4.1.4 */

/* A name is not followed, only passed. */
static void skip_name(struct cursor *c)
{
	uint8_t length;

	while ((length = cursor_u8(c)) != 0 && !c->failed) {
		if ((length & LABEL_POINTER) == LABEL_POINTER) {
			cursor_u8(c);
			return;
		}
		cursor_take(c, length);
	}
}

/* "...": its first string. */
static bool take_text(struct cursor *data, char text[DNS_TEXT_MAX])
{
	uint8_t length = cursor_u8(data);
	const uint8_t *bytes = cursor_take(data, length);

	if (!bytes || !length)
		return false;
	for (unsigned i = 0; i < length; i++)
		text[i] = (char)(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i]
								    : '?');
	text[length] = '\0';
	return true;
}

bool dns_txt_read(const uint8_t *bytes, size_t length, char text[DNS_TEXT_MAX])
{
	struct cursor c = cursor_over(bytes, length);
	uint16_t flags, questions, answers;

	cursor_u16(&c); /* the resolver has looked at the identification */
	flags = cursor_u16(&c);
	questions = cursor_u16(&c);
	answers = cursor_u16(&c);
	cursor_u32(&c);
	if (!(flags & FLAG_RESPONSE))
		return false;
	for (; questions > 0 && !c.failed; questions--) {
		skip_name(&c);
		cursor_u32(&c);
	}
	for (; answers > 0 && !c.failed; answers--) {
		uint16_t type, class;
		struct cursor data;

		skip_name(&c);
		type = cursor_u16(&c);
		class = cursor_u16(&c);
		cursor_u32(&c);
		data = cursor_slice(&c, cursor_u16(&c));
		if (!c.failed && type == TYPE_TXT && class == CLASS_IN)
			return take_text(&data, text);
	}
	return false;
}

void dns_origin_name(const struct address *a, char name[DNS_NAME_MAX])
{
	const uint8_t *b = a->bytes;
	size_t at = 0;

	if (a->family == 4) {
		snprintf(name, DNS_NAME_MAX, "%u.%u.%u.%u.origin.asn.cymru.com",
			 b[3], b[2], b[1], b[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		at += (size_t)snprintf(name + at, DNS_NAME_MAX - at, "%x.%x.",
				       b[i] & 15, b[i] >> 4);
	snprintf(name + at, DNS_NAME_MAX - at, "origin6.asn.cymru.com");
}

uint32_t dns_origin_number(const char *text)
{
	unsigned long long number = 0;

	for (; *text >= '0' && *text <= '9' && number <= UINT32_MAX; text++)
		number = number * 10 + (unsigned)(*text - '0');
	return number <= UINT32_MAX && *text == ' ' ? (uint32_t)number : 0;
}

void dns_origin_title(const char *text, char *title, size_t size)
{
	const char *bar = strrchr(text, '|');

	if (bar)
		bar += 1 + strspn(bar + 1, " ");
	snprintf(title, size, "%s", bar ? bar : "");
}
