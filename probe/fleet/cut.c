// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/cut.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/targets.h"
#include "report/arena.h"

#define SHARDS_MAX 1000000 /* of --shard */
#define TARGETS_MAX (UINT64_C(1) << 48)

/* How many targets it is; 0: too many to count. */
static uint64_t size_of(const struct cut *c, const struct prefix *p,
			uint16_t port)
{
	uint64_t size = prefix_size(p);

	/* mutant: TARGETS_MAX + 1 is the same, as sizes are powers of two */
	return size > TARGETS_MAX ? 0 : size * (port ? 1 : c->ports);
}

static int hand_on(struct cut *c, json_t *shard)
{
	int code;

	json_object_set_new(shard, "shard",
			    json_integer((json_int_t)++c->shards));
	code = c->take(c->context, shard);
	json_decref(shard);
	return code;
}

/* --- prefixes ------------------------------------------------------------ */

/* Takes `targets` over. */
static int cut_parts(struct cut *c, json_t *targets, uint64_t size)
{
	uint64_t parts = (size + c->per_shard - 1) / c->per_shard;
	int code = 0;

	if (parts > SHARDS_MAX)
		code = failure(EXIT_USAGE,
			       "%" PRIu64 " shards are too many: "
			       "--per-shard makes them larger",
			       parts);
	for (uint64_t i = 1; i <= parts && !code; i++)
		code = hand_on(c, json_pack("{s:O, s:[I, I]}", "targets",
					    targets, "part", (json_int_t)i,
					    (json_int_t)parts));
	json_decref(targets);
	return code;
}

int cut_target(struct cut *c, const char *text)
{
	struct prefix prefix;
	uint64_t size;
	uint16_t port;

	if (target_line_read(text, strlen(text), &prefix, &port) != LINE_TARGET)
		return failure(EXIT_INPUT,
			       "%s: neither an address, nor a prefix whose "
			       "last bits are 0, nor a file",
			       text);
	size = size_of(c, &prefix, port);
	if (!size || c->space_size + size > TARGETS_MAX)
		return failure(EXIT_USAGE, "%s: too many addresses", text);
	if (!c->space)
		c->space = json_array();
	json_array_append_new(c->space, json_string(text));
	c->space_size += size;
	c->others |= !prefix_is_private(&prefix);
	return 0;
}

int cut_space(struct cut *c)
{
	json_t *space = c->space;

	c->space = NULL;
	return space ? cut_parts(c, space, c->space_size) : 0;
}

/* --- lists --------------------------------------------------------------- */

static int flush(struct cut *c)
{
	json_t *shard;

	if (!c->list_length)
		return 0;
	shard = json_object();
	json_object_set_new(shard, "list",
			    json_stringn(c->list, c->list_length));
	c->list_length = 0;
	c->list_size = 0;
	return hand_on(c, shard);
}

/* Without a comment, and what is blank before it. */
static size_t bare_length(const char *line, size_t length)
{
	const char *comment = memchr(line, '#', length);

	if (comment)
		length = (size_t)(comment - line);
	while (length && strchr(" \t\r\n", line[length - 1]))
		length--;
	return length;
}

static int add_line(struct cut *c, const char *line, size_t length,
		    uint64_t size)
{
	int code = 0;

	if (c->list_length + length + 1 > c->bytes ||
	    c->list_size + size > c->per_shard)
		code = flush(c);
	if (!c->list)
		c->list = must_have(malloc(c->bytes));
	memcpy(c->list + c->list_length, line, length);
	c->list_length += length;
	c->list[c->list_length++] = '\n';
	c->list_size += size;
	return code;
}

static int cut_line(struct cut *c, const char *line, size_t length,
		    uint64_t number)
{
	enum target_line what;
	struct prefix prefix;
	uint16_t port;
	uint64_t size;

	what = target_line_read(line, length, &prefix, &port);
	if (what == LINE_EMPTY)
		return 0;
	length = bare_length(line, length);
	size = what == LINE_TARGET ? size_of(c, &prefix, port) : 0;
	if (!size) {
		if (!c->bad_lines++)
			c->first_bad = number;
		return 0;
	}
	if (size > c->per_shard)
		return cut_parts(c, json_pack("[s%]", line, length), size);
	return add_line(c, line, length, size);
}

int cut_list(struct cut *c, FILE *list)
{
	size_t capacity = 0;
	char *line = NULL;
	uint64_t number = 0;
	ssize_t length;
	int code = 0;

	while (!code && (length = must_getline(&line, &capacity, list)) > 0)
		code = cut_line(c, line, (size_t)length, ++number);
	free(line);
	if (!code && ferror(list))
		code = failure(EXIT_INPUT, "a list cannot be read to its end");
	return code ? code : flush(c);
}

void cut_free(struct cut *c)
{
	json_decref(c->space);
	free(c->list);
}
