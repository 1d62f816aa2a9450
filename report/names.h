/* SPDX-License-Identifier: GPL-3.0-or-later
 * Enums whose values stand once, each beside its name in the JSON report:
 *     #define COLOURS(X) X(COLOUR_RED, "red") X(COLOUR_BLUE, "blue")
 *     enum colour { COLOURS(ENUM_VALUE) };
 *     NAMES_OF(colour_name, enum colour, COLOURS, ENUM_NAME)
 */
#ifndef REPORT_NAMES_H
#define REPORT_NAMES_H

#include <stddef.h>

#define ENUM_VALUE(value, ...) value,
#define ENUM_NAME(value, name, ...) [value] = (name),
#define ENUM_THIRD(value, name, third) [value] = (third),

/* Defines a function. A value beyond its table can only come from a mistake of
 * ours; a report that says "?" beats a read out of bounds. */
#define NAMES_OF(function, type, values, of)                                   \
	const char *function(type value)                                       \
	{                                                                      \
		static const char *const names[] = {values(of)};               \
		size_t count = sizeof(names) / sizeof(names[0]);               \
                                                                               \
		return (size_t)value < count ? names[value] : "?";             \
	}

#endif
