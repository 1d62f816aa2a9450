// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/origin_table.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/prefix.h"
#include "report/arena.h"

#define LENGTH_MAX 128
#define BLANKS " \t|,"

struct entry {
	struct prefix prefix;
	uint32_t number;
	const char *name;
};

struct origin_table {
	struct entry *entries; /* sorted */
	size_t count, room;
	bool has_length[LENGTH_MAX + 1];
	struct arena *names;
};

/* --- reading -------------------------------------------------------------- */

/* Cuts the next word off; "": there is none. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, BLANKS);
	size_t length = strcspn(word, BLANKS);

	*at = word + length + (word[length] != '\0');
	word[length] = '\0';
	return word;
}

/* "64500", "AS64500", "64500_64501", "{64500,64501}" */
static bool take_number(const char *word, uint32_t *out)
{
	unsigned long long number;
	char *end;

	word += *word == '{';
	if (!strncmp(word, "AS", 2))
		word += 2;
	number = strtoull(word, &end, 10);
	*out = (uint32_t)number;
	return isdigit((unsigned char)*word) && (!*end || strchr("_}", *end)) &&
	       number && number <= UINT32_MAX;
}

/* "203.0.113.0/24", or "203.0.113.0" and "24" behind it. */
static bool take_prefix(char **at, struct prefix *out)
{
	const char *word = next_word(at);
	char text[2 * ADDRESS_TEXT + 2];

	if (!strchr(word, '/')) {
		const char *length = next_word(at);

		if (!*length || strlen(word) + strlen(length) > ADDRESS_TEXT)
			return false;
		snprintf(text, sizeof(text), "%s/%s", word, length);
		word = text;
	}
	return prefix_parse(word, out);
}

static const char *take_name(struct arena *a, const char *text)
{
	char *name;

	text += strspn(text, BLANKS "\"}0123456789_");
	if (!*text)
		return "";
	name = arena_printf(a, "%.*s", (int)strcspn(text, "\""), text);
	for (char *c = name; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
	for (size_t n = strlen(name); n && strchr(BLANKS, name[n - 1]); n--)
		name[n - 1] = '\0';
	return name;
}

static void add(struct origin_table *t, const struct entry *e)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->entries = must_have(
			realloc(t->entries, t->room * sizeof(*t->entries)));
	}
	t->entries[t->count++] = *e;
	t->has_length[e->prefix.length] = true;
}

static bool read_line(struct origin_table *t, char *line)
{
	struct entry e;
	char *at = line;

	line[strcspn(line, "#;\r\n")] = '\0';
	if (!line[strspn(line, BLANKS)])
		return true;
	if (!take_prefix(&at, &e.prefix) ||
	    !take_number(next_word(&at), &e.number))
		return false;
	e.name = take_name(t->names, at);
	add(t, &e);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = address_compare(&x->first, &y->first);

	return order ? order : (int)x->length - (int)y->length;
}

struct origin_table *origin_table_read(FILE *file, unsigned long *wrong)
{
	struct origin_table *t = must_have(calloc(1, sizeof(*t)));
	unsigned long number = 0;
	size_t capacity = 0;
	char *line = NULL;

	*wrong = 0;
	t->names = arena_new();
	while (must_getline(&line, &capacity, file) != -1) {
		number++;
		if (!read_line(t, line) && !*wrong)
			*wrong = number;
	}
	free(line);
	if (t->count)
		qsort(t->entries, t->count, sizeof(*t->entries), compare);
	return t;
}

/* --- asking --------------------------------------------------------------- */

uint32_t origin_table_find(const struct origin_table *t,
			   const struct address *a, const char **name)
{
	*name = "";
	for (int length = (int)address_length(a) * 8; t && length >= 0;
	     length--) {
		struct prefix key = prefix_of(a, (unsigned)length);
		const struct entry *e;

		if (!t->count || !t->has_length[length])
			continue;
		e = bsearch(&key, t->entries, t->count, sizeof(*e), compare);
		if (!e)
			continue;
		*name = e->name;
		return e->number;
	}
	return 0;
}

uint32_t origin_table_find_text(const struct origin_table *t, const char *text)
{
	const char *name;
	struct address a;

	return address_parse(text, &a) ? origin_table_find(t, &a, &name) : 0;
}

const char *origin_table_name(const struct origin_table *t, uint32_t number)
{
	for (size_t i = 0; t && i < t->count; i++)
		if (t->entries[i].number == number && *t->entries[i].name)
			return t->entries[i].name;
	return "";
}

void origin_table_free(struct origin_table *t)
{
	if (!t)
		return;
	arena_free(t->names);
	free(t->entries);
	free(t);
}
