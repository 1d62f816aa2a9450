// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/html/markup.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_MAX 16

static const char *reference_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void markup_text(FILE *out, const char *text)
{
	for (; text && *text; text++) {
		const char *reference = reference_of(*text);

		if (reference)
			fputs(reference, out);
		else if ((*text >= ' ' && *text <= '~') || *text == '\n')
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
	}
}

void markup_prose(FILE *out, const char *text)
{
	bool code = false;

	for (; text && *text; text++) {
		const char one[] = {*text, '\0'};

		if (*text != '`' || (!code && !strchr(text + 1, '`'))) {
			markup_text(out, one);
			continue;
		}
		code = !code;
		fputs(code ? "<code>" : "</code>", out);
	}
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* A number by its conversion, which stands alone in `spec`. */
static void put_number(FILE *out, const char *spec, va_list list)
{
	size_t length = strlen(spec);

	if (strchr("fge", spec[length - 1]))
		fprintf(out, spec, va_arg(list, double));
	else if (strstr(spec, "ll"))
		fprintf(out, spec, va_arg(list, unsigned long long));
	else if (strchr(spec, 'z'))
		fprintf(out, spec, va_arg(list, size_t));
	else
		fprintf(out, spec, va_arg(list, int));
}

#pragma GCC diagnostic pop

static void put(FILE *out, const char *format, va_list list)
{
	while (*format) {
		size_t plain = strcspn(format, "%"), length;
		char spec[SPEC_MAX] = "";

		fwrite(format, 1, plain, out);
		format += plain;
		if (!*format)
			return;
		if (format[1] == '%') {
			fputc('%', out);
			format += 2;
			continue;
		}
		length = strcspn(format, "scduxfge") + 1;
		if (length >= sizeof(spec))
			abort();
		memcpy(spec, format, length);
		format += length;
		if (spec[length - 1] == 's')
			markup_text(out, va_arg(list, const char *));
		else
			put_number(out, spec, list);
	}
}

void markup(FILE *out, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	put(out, format, list);
	va_end(list);
}
