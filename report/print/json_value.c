/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/json_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crafting/address.h"

/* Enough for milliseconds rounded to three decimals, and too few for the
 * noise behind them (0.21000000000000002). */
#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

json_t *json_fields(const struct json_field *fields)
{
	json_t *json = json_object();
	bool whole = json != NULL;

	for (; fields->name; fields++)
		if (!*fields->name)
			json_decref(fields->value);
		else if (json_object_set_new(json, fields->name,
					     fields->value) != 0)
			whole = false;
	if (whole)
		return json;
	json_decref(json);
	return NULL;
}

json_t *json_appended(json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

json_t *json_array_of(const void *items, size_t number, size_t size,
		      json_t *(*one)(const void *))
{
	const char *item = items;
	json_t *array = json_array();

	for (size_t i = 0; i < number; i++)
		array = json_appended(array, one(item + i * size));
	return array;
}

json_t *json_count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

json_t *json_count_or_null(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

json_t *json_frame(uint64_t frame)
{
	return frame ? json_count(frame) : json_null();
}

json_t *json_flag(bool value)
{
	return json_boolean(value);
}

json_t *json_decimal(double value)
{
	if (!isfinite(value) || value < 0)
		return json_null();
	return json_real(round(value * 1000) / 1000);
}

/* Text that is not UTF-8 loses everything but its ASCII. */
static json_t *ascii(const char *text)
{
	json_t *json = NULL;
	char *copy = strdup(text), *c;

	if (copy == NULL)
		return NULL;
	for (c = copy; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *json_text(const char *value)
{
	json_t *json;

	if (value == NULL)
		return json_null();
	json = json_string(value);
	return json != NULL ? json : ascii(value);
}

json_t *json_address(const struct address *a)
{
	char buffer[ADDRESS_TEXT];

	return a->family == 0 ? json_null()
			      : json_string(address_text(a, buffer));
}

json_t *json_time(int64_t us, int digits)
{
	time_t seconds = (time_t)(us / 1000000);
	char day[64];
	struct tm tm;

	if (us <= 0 || gmtime_r(&seconds, &tm) == NULL ||
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_null();
	return json_sprintf("%s.%0*dZ", day, digits,
			    (int)(us % 1000000 / (digits > 3 ? 1 : 1000)));
}

char *json_on_a_line(const json_t *json)
{
	return json_dumps(json, FLAGS);
}

int json_line(FILE *out, json_t *json)
{
	int ret = -1;

	if (json != NULL && json_dumpf(json, out, FLAGS) == 0 &&
	    fputc('\n', out) != EOF)
		ret = 0;
	json_decref(json);
	return ret;
}
