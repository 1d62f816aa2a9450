/* SPDX-License-Identifier: GPL-3.0-or-later
 * Checked reading and bounded writing of wire bytes.
 */
#include "cursor.h"

#include <ctype.h>

struct cursor cursor_slice(struct cursor *c, size_t n)
{
	const uint8_t *bytes = cursor_take(c, n);

	if (c->failed)
		return (struct cursor){.failed = true};
	return cursor_over(bytes, n);
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
					 : tolower((unsigned char)c) - 'a' + 10;
}

long hex_bytes(const char *text, uint8_t *out, size_t capacity)
{
	size_t length = 0;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) || length == capacity)
			return -1;
		out[length++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text += 2;
	}
	return (long)length;
}
