// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/header.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "report/arena.h"

#define SCHEMA "mpprobe-survey-journal/1"

static json_t *write_ports(const struct survey_header *h)
{
	json_t *ports = json_array();

	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++)
		json_array_append_new(
			ports,
			json_integer(
				h->ports[i / SURVEY_PORTS][i % SURVEY_PORTS]));
	return ports;
}

/* An argument that is no UTF-8 has no place in JSON: bytes as U+0000 to
 * U+00FF. */
static json_t *write_argument(const char *argument)
{
	char *text = must_have(malloc(2 * strlen(argument) + 1)), *at = text;
	json_t *string;

	for (; *argument; argument++) {
		unsigned char byte = (unsigned char)*argument;

		if (byte >= 0x80) {
			*at++ = (char)(0xc0 | byte >> 6);
			byte = 0x80 | (byte & 0x3f);
		}
		*at++ = (char)byte;
	}
	*at = '\0';
	string = json_string(text);
	free(text);
	return string;
}

json_t *survey_header_write(const struct survey_header *h)
{
	json_t *json = json_object(), *line = json_array();
	char secret[2 * SIPHASH_KEY + 1], seed[17];

	for (unsigned i = 0; i < SIPHASH_KEY; i++)
		snprintf(secret + 2 * i, 3, "%02x", h->secret[i]);
	snprintf(seed, sizeof(seed), "%" PRIx64, h->seed);
	for (int i = 0; i < h->line_count; i++)
		json_array_append_new(line, write_argument(h->line[i]));
	json_object_set_new(json, "schema", json_string(SCHEMA));
	json_object_set_new(json, "version", json_string(MPPROBE_VERSION));
	json_object_set_new(json, "secret", json_string(secret));
	json_object_set_new(json, "seed", json_string(seed));
	json_object_set_new(json, "ports", write_ports(h));
	json_object_set_new(json, "line", line);
	return json;
}

static char *read_argument(const char *text)
{
	char *argument = must_have(malloc(strlen(text) + 1)), *at = argument;

	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte >= 0xc0 && text[1])
			byte = (unsigned char)(byte << 6 | (*++text & 0x3f));
		*at++ = (char)byte;
	}
	*at = '\0';
	return argument;
}

static bool read_line(const json_t *line, struct survey_header *out)
{
	size_t count = json_array_size(line);

	out->line = must_have(calloc(count + 1, sizeof(*out->line)));
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(line, i));

		if (!text)
			return false;
		out->line[out->line_count++] = read_argument(text);
	}
	return count > 0;
}

static bool read_ports(const json_t *ports, struct survey_header *out)
{
	if (json_array_size(ports) != SYN_KINDS * SURVEY_PORTS)
		return false;
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++)
		out->ports[i / SURVEY_PORTS][i % SURVEY_PORTS] =
			(uint16_t)json_integer_value(json_array_get(ports, i));
	return true;
}

bool survey_header_read(const json_t *json, struct survey_header *out)
{
	const char *schema = json_string_value(json_object_get(json, "schema"));
	const char *secret = json_string_value(json_object_get(json, "secret"));
	const char *seed = json_string_value(json_object_get(json, "seed"));

	*out = (struct survey_header){0};
	if (!schema || strcmp(schema, SCHEMA) != 0 || !secret || !seed ||
	    hex_bytes(secret, out->secret, SIPHASH_KEY) != SIPHASH_KEY)
		return false;
	out->seed = strtoull(seed, NULL, 16);
	return read_ports(json_object_get(json, "ports"), out) &&
	       read_line(json_object_get(json, "line"), out);
}
