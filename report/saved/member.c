// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/saved/member.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "report/arena.h"

const char *member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

const char *member_copy(struct arena *a, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? arena_printf(a, "%s", text) : NULL;
}

int member_number(const json_t *object, const char *name, int otherwise)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	return json_is_integer(value) && number >= INT_MIN && number <= INT_MAX
		       ? (int)number
		       : otherwise;
}

uint64_t member_count(const json_t *object, const char *name)
{
	json_int_t number = json_integer_value(json_object_get(object, name));

	return number < 0 ? 0 : (uint64_t)number;
}

double member_decimal(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_number(value) ? json_number_value(value) : -1;
}

bool member_flag(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

int member_known(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_boolean(value) ? json_is_true(value) : -1;
}

uint8_t member_ttl(const json_t *object, const char *name)
{
	return (uint8_t)member_number(object, name, 0);
}

uint16_t member_port(const json_t *object, const char *name)
{
	return (uint16_t)member_number(object, name, 0);
}

struct address member_address(const json_t *object, const char *name)
{
	struct address a = {0};

	if (!address_parse(member_text(object, name), &a))
		a = (struct address){0};
	return a;
}

int64_t member_time(const json_t *object, const char *name)
{
	struct tm tm = {0};
	const char *rest =
		strptime(member_text(object, name), "%Y-%m-%dT%H:%M:%S", &tm);
	double fraction = rest && *rest == '.' ? strtod(rest, NULL) : 0;

	if (!rest || !(fraction < 1)) /* an exponent is a stranger's */
		return 0;
	return (int64_t)timegm(&tm) * 1000000 + (int64_t)(fraction * 1e6 + 0.5);
}
