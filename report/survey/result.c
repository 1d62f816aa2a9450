// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/result.h"

#include <stdio.h>
#include <string.h>

#include "report/survey/line.h"

/* What another version wrote may mean something else by the same names. */
static bool is_ours(const json_t *object, struct result_faults *faults)
{
	const char *schema =
		json_string_value(json_object_get(object, "schema"));

	if (!schema || !strcmp(schema, SURVEY_LINE_SCHEMA))
		return true;
	if (!*faults->other_schema)
		snprintf(faults->other_schema, sizeof(faults->other_schema),
			 "%s", schema);
	return false;
}

bool survey_result_read(const char *line, struct survey_result *out,
			struct result_faults *faults)
{
	json_t *object = json_loads(line, 0, NULL);
	const char *class, *address;
	int port;

	if (object && is_ours(object, faults) &&
	    !json_unpack(object, "{s:s, s:{s:s, s:i}}", "class", &class,
			 "target", "address", &address, "port", &port) &&
	    survey_class_named(class, &out->class) &&
	    address_parse(address, &out->address) && port > 0 &&
	    port <= UINT16_MAX) {
		out->port = (uint16_t)port;
		out->object = object;
		return true;
	}
	faults->bad_lines++;
	json_decref(object);
	return false;
}
