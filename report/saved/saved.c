// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/saved/saved.h"

#include <string.h>

#include "report/saved/member.h"

json_t *saved_next(const char **at, const char *end)
{
	const char *line = *at;
	const char *stop = memchr(line, '\n', (size_t)(end - line));
	size_t length = (size_t)((stop ? stop : end) - line);

	*at = stop ? stop + 1 : end;
	return json_loadb(line, length, 0, NULL);
}

bool saved_is_of(const json_t *line, const char *schema)
{
	return strcmp(member_text(line, "schema"), schema) == 0;
}

bool saved_begins(int first)
{
	return first == '{' || first == '<';
}

const char *saved_lines(const char *text, size_t *length)
{
	const char *begin, *end;

	if (!*length || *text != '<')
		return text;
	begin = memmem(text, *length, SAVED_BEGIN, strlen(SAVED_BEGIN));
	if (!begin) {
		*length = 0;
		return text;
	}
	begin += strlen(SAVED_BEGIN);
	*length -= (size_t)(begin - text);
	end = memmem(begin, *length, SAVED_END, strlen(SAVED_END));
	if (end)
		*length = (size_t)(end - begin);
	return begin;
}
