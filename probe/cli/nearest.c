// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/nearest.h"

#include <string.h>

#define LONGEST 63 /* of what is compared */
#define APART_MAX 2

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static int swaps(const char *a, const char *b, size_t i, size_t j)
{
	return i && j && a[i] == b[j - 1] && a[i - 1] == b[j];
}

/* Damerau's distance, of which three rows are kept: row 0 is the newest. */
unsigned letters_apart(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1];
	size_t width = strnlen(b, LONGEST);

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 0; i < LONGEST && a[i]; i++) {
		memcpy(rows[2], rows[1], sizeof(rows[0]));
		memcpy(rows[1], rows[0], sizeof(rows[0]));
		rows[0][0] = (unsigned)i + 1;
		for (size_t j = 0; j < width; j++) {
			unsigned same = rows[1][j] + (a[i] != b[j]);
			unsigned one = least(rows[0][j], rows[1][j + 1]) + 1;

			rows[0][j + 1] = least(same, one);
			if (swaps(a, b, i, j))
				rows[0][j + 1] = least(rows[0][j + 1],
						       rows[2][j - 1] + 1);
		}
	}
	return rows[0][width];
}

const char *nearest_name(const char *typed, nearest_name_fn *name)
{
	unsigned best = APART_MAX + 1;
	const char *found = NULL, *n;

	for (size_t i = 0; (n = name(i)); i++) {
		unsigned apart = letters_apart(typed, n);

		if (apart > best || 2 * apart >= strlen(n))
			continue;
		found = apart < best ? n : NULL;
		best = apart;
	}
	return found;
}
