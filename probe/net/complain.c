// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/complain.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probe/net/ticker.h"

static const char *program = "mpprobe";

void complain_as(const char *name)
{
	program = name;
}

/* How many bytes of valid UTF-8 stand here that a terminal may see; 0 if the
 * byte must be escaped (controls, C1 controls, broken sequences). */
static size_t harmless(const unsigned char *c)
{
	size_t length = *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : 2;

	if (*c < 0x80)
		return *c >= 0x20 && *c != 0x7f;
	if (*c < 0xc2 || *c > 0xf4 || (*c == 0xc2 && c[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static void say(const char *format, va_list args)
{
	unsigned char text[1024];
	char line[4 * sizeof(text) + 32];
	size_t at = (size_t)sprintf(line, "%.24s: ", program);

	vsnprintf((char *)text, sizeof(text), format, args);
	for (const unsigned char *c = text; *c;) {
		size_t n = harmless(c);

		if (n) {
			memcpy(line + at, c, n);
			at += n;
			c += n;
		} else {
			at += (size_t)sprintf(line + at, "\\x%02x", *c++);
		}
	}
	line[at++] = '\n';
	ticker_wipe();
	fwrite(line, 1, at, stderr);
}

void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

int failure(int exit_code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return exit_code;
}

int exit_worst(int a, int b)
{
	static const int order[] = {EXIT_INTERFERENCE, EXIT_UNKNOWN,
				    EXIT_NO_MPTCP};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EXIT_CLEAR;
}
