// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/bits.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 10
#define NUMBER_MAX 1000000000 /* before the unit */

bool bits_read(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;

	if (!digits || digits > DIGITS_MAX || (text[digits] && !unit) ||
	    (unit && text[digits + 1]))
		return false;
	*out = strtoul(text, NULL, 10);
	if (!*out || *out > NUMBER_MAX)
		return false;
	for (; unit && unit >= units; unit--)
		*out *= 1000;
	return true;
}
