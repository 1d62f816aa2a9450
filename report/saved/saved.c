// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/saved/saved.h"

#include <string.h>

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
