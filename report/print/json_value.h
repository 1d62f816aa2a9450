/* SPDX-License-Identifier: GPL-3.0-or-later
 * JSON values of what reports are made of, and lines of them. NULL stands for
 * "no memory" throughout: an object or array that would hold it becomes NULL
 * itself, so that who writes the line need look only once.
 */
#ifndef REPORT_PRINT_JSON_VALUE_H
#define REPORT_PRINT_JSON_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct address;

struct json_field {
	const char *name;
	json_t *value; /* taken over */
};

/* An object of fields {name, value}, in this order. */
#define JSON_OBJECT(...)                                                       \
	json_fields((const struct json_field[]){__VA_ARGS__, {NULL, NULL}})
json_t *json_fields(const struct json_field *fields); /* up to a NULL name;
						       "": left out */

/* The array with the item, which is taken over, at its end. */
json_t *json_appended(json_t *array, json_t *item);

/* An array of `number` items of `size` bytes, each made by `one`. Use it by
 * JSON_ARRAY_OF, which defines a function of items and their number. */
json_t *json_array_of(const void *items, size_t number, size_t size,
		      json_t *(*one)(const void *));
#define JSON_ARRAY_OF(name, type, element)                                     \
	static json_t *name##_item(const void *item)                           \
	{                                                                      \
		return element((const type *)item);                            \
	}                                                                      \
	static json_t *name(const type *items, size_t number)                  \
	{                                                                      \
		return json_array_of(items, number, sizeof(*items),            \
				     name##_item);                             \
	}

json_t *json_count(uint64_t value);
json_t *json_count_or_null(int64_t value); /* negative: not known */
json_t *json_frame(uint64_t frame);	   /* 0: none */
json_t *json_flag(bool value);
json_t *json_decimal(double value);   /* 3 places; negative: not known */
json_t *json_text(const char *value); /* NULL: null; else valid UTF-8 */
json_t *json_address(const struct address *a); /* family 0: null */
/* RFC 3339, UTC, to milliseconds (3 digits) or microseconds (6). */
json_t *json_time(int64_t us, int digits);

/* Prints a line: an object of these fields behind the name of its schema,
 * "mpprobe-report/1", and the version of the program. 0, or -1 (no memory). */
#define JSON_LINE(page, schema, ...)                                           \
	json_line((page)->out,                                                 \
		  JSON_OBJECT({"schema", json_text(schema)},                   \
			      {"version", json_text(MPPROBE_VERSION)},         \
			      __VA_ARGS__))

/* Writes the object, which is taken over, as a line. 0, or -1 (no memory, or
 * ferror(out)). */
int json_line(FILE *out, json_t *json);

/* The same without its newline, for who frees it; NULL: no memory. */
char *json_on_a_line(const json_t *json);

#endif
