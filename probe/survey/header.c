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

static json_t *write_words(char *const *words, int count)
{
	json_t *array = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(array, write_argument(words[i]));
	return array;
}

json_t *survey_header_write(const struct survey_header *h)
{
	json_t *json = json_object();
	char secret[2 * SIPHASH_KEY + 1], seed[17];

	for (unsigned i = 0; i < SIPHASH_KEY; i++)
		snprintf(secret + 2 * i, 3, "%02x", h->secret[i]);
	snprintf(seed, sizeof(seed), "%" PRIx64, h->seed);
	json_object_set_new(json, "schema", json_string(SCHEMA));
	json_object_set_new(json, "version", json_string(MPPROBE_VERSION));
	json_object_set_new(json, "secret", json_string(secret));
	json_object_set_new(json, "seed", json_string(seed));
	json_object_set_new(json, "ipv4", json_boolean(h->ipv4));
	json_object_set_new(json, "ipv6", json_boolean(h->ipv6));
	json_object_set_new(json, "ports", write_ports(h));
	json_object_set_new(json, "line", write_words(h->line, h->line_count));
	json_object_set_new(json, "targets",
			    write_words(h->targets, h->target_count));
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

static bool read_words(const json_t *array, char ***words, int *count)
{
	size_t size = json_array_size(array);

	*words = must_have(calloc(size + 1, sizeof(**words)));
	for (size_t i = 0; i < size; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text)
			return false;
		(*words)[(*count)++] = read_argument(text);
	}
	return size > 0;
}

void survey_header_add(struct survey_header *h, const char *target)
{
	h->targets = must_have(realloc(h->targets, ((size_t)h->target_count +
						    1) * sizeof(*h->targets)));
	h->targets[h->target_count++] = must_have(strdup(target));
}

static void free_words(char ***words, int *count)
{
	while (*count)
		free((*words)[--*count]);
	free(*words);
	*words = NULL;
}

void survey_header_free_targets(struct survey_header *h)
{
	free_words(&h->targets, &h->target_count);
}

void survey_header_free_line(struct survey_header *h)
{
	free_words(&h->line, &h->line_count);
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
	out->ipv4 = json_is_true(json_object_get(json, "ipv4"));
	out->ipv6 = json_is_true(json_object_get(json, "ipv6"));
	return read_ports(json_object_get(json, "ports"), out) &&
	       read_words(json_object_get(json, "line"), &out->line,
			  &out->line_count) &&
	       read_words(json_object_get(json, "targets"), &out->targets,
			  &out->target_count);
}
