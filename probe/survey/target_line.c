// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/targets.h"

#include <stdlib.h>
#include <string.h>

#define TARGET_MAX 128 /* bytes of any target, with its port */

static bool take_port(const char *text, uint16_t *port)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value = strtoul(text, NULL, 10);

	if (!digits || digits > 5 || text[digits] || !value || value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* Cuts "[2001:db8::1]:443" and "192.0.2.1:443" in two: where the port begins,
 * or NULL. A single colon is none of IPv6. */
static char *cut_port(char **text)
{
	char *colon = strchr(*text, ':');

	if (**text == '[') {
		char *end = strchr(*text, ']');

		if (!end || end[1] != ':')
			return NULL;
		*end = '\0';
		++*text;
		return end + 2;
	}
	if (!colon || strchr(colon + 1, ':'))
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/* The words of a line; behind the second nothing may follow. */
static bool cut_words(char *line, char **first, char **second)
{
	static const char blanks[] = " \t,";

	*first = line + strspn(line, blanks);
	*second = *first + strcspn(*first, blanks);
	if (**second)
		*(*second)++ = '\0';
	*second += strspn(*second, blanks);
	line = *second + strcspn(*second, blanks);
	if (*line)
		*line++ = '\0';
	return !line[strspn(line, blanks)];
}

size_t byte_order_mark(const char *line, size_t length)
{
	static const char mark[] = {'\xef', '\xbb', '\xbf'};

	return length >= sizeof(mark) && !memcmp(line, mark, sizeof(mark))
		       ? sizeof(mark)
		       : 0;
}

static size_t without_blanks(const char *line, size_t length)
{
	while (length && line[length - 1] &&
	       strchr(" \t\r\n", line[length - 1]))
		length--;
	return length;
}

/* Where lines end in CR alone, a comment would hide all behind it. */
enum target_line target_line_read(const char *line, size_t length,
				  struct prefix *prefix, uint16_t *port)
{
	char text[TARGET_MAX], *first, *second, *behind;
	size_t mark = byte_order_mark(line, length);
	const char *comment;

	*port = 0;
	line += mark;
	length -= mark;
	length = without_blanks(line, length);
	if (memchr(line, '\r', length) || memchr(line, '\0', length))
		return LINE_BAD;
	comment = memchr(line, '#', length);
	if (comment)
		length = without_blanks(line, (size_t)(comment - line));
	if (length >= sizeof(text))
		return LINE_BAD;
	memcpy(text, line, length);
	text[length] = '\0';
	if (!cut_words(text, &first, &second))
		return LINE_BAD;
	if (!*first)
		return *second ? LINE_BAD : LINE_EMPTY;
	behind = cut_port(&first);
	if ((behind && (*second || !take_port(behind, port))) ||
	    (*second && !take_port(second, port)))
		return LINE_BAD;
	return prefix_parse(first, prefix) ? LINE_TARGET : LINE_BAD;
}
