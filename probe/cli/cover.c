// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/cover.h"

#include <ctype.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/net/target.h"
#include "report/arena.h"
#include "report/track/anonymous.h"

#define LINK_TEXT 17 /* "52:54:00:12:34:56" */

/* What is replaced, and by what. */
struct word {
	const char *name, *shown;
};

struct cover {
	struct anonymous *anonymous;
	struct arena *arena;
	struct word *words; /* the longest first */
	size_t count;
};

/* --- names ---------------------------------------------------------------- */

static void add_word(struct cover *c, const char *name, const char *shown)
{
	size_t length = strlen(name), at;

	ARENA_PUSH(c->arena, c->words, c->count);
	for (at = c->count - 1; at && strlen(c->words[at - 1].name) < length;
	     at--)
		c->words[at] = c->words[at - 1];
	c->words[at] = (struct word){arena_printf(c->arena, "%s", name),
				     arena_printf(c->arena, "%s", shown)};
}

static void add_host(struct cover *c, const char *name)
{
	if (*name)
		add_word(c, name, anonymous_host(c->anonymous, c->arena, name));
}

/* Any host has the one of its own. */
static void add_interfaces(struct cover *c)
{
	struct if_nameindex *all = if_nameindex();
	char text[ANONYMOUS_INTERFACE];

	for (struct if_nameindex *i = all; i && i->if_index; i++)
		if (strcmp(i->if_name, "lo") != 0)
			add_word(c, i->if_name,
				 anonymous_interface(c->anonymous, i->if_name,
						     text));
	if (all)
		if_freenameindex(all);
}

/* Of a URL its path may tell as much. */
static void add_named(struct cover *c, const char *named)
{
	const char *scheme = strstr(named, "://");
	struct target_name target;
	char error[300];

	if (target_parse(named, &target, error, sizeof(error)) != 0)
		return;
	if (scheme)
		add_word(c, named,
			 arena_printf(c->arena, "%.*s://%s/",
				      (int)(scheme - named), named,
				      anonymous_host(c->anonymous, c->arena,
						     target.host)));
	add_host(c, target.host);
}

struct cover *cover_new(struct anonymous *a, const char *named)
{
	char own[HOST_NAME_MAX + 1] = "";
	struct cover *c;

	if (!a)
		return NULL;
	c = must_have(calloc(1, sizeof(*c)));
	c->anonymous = a;
	c->arena = arena_new();
	add_interfaces(c);
	if (gethostname(own, sizeof(own) - 1) == 0 &&
	    strcmp(own, "localhost") != 0)
		add_host(c, own);
	if (named)
		add_named(c, named);
	return c;
}

void cover_free(struct cover *c)
{
	if (!c)
		return;
	arena_free(c->arena);
	free(c);
}

/* --- text ----------------------------------------------------------------- */

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* How much of the text a name takes, with what is shown instead. A key of JSON
 * is none. */
static size_t find_name(const struct cover *c, const char *text, size_t length,
			const char **shown)
{
	for (size_t i = 0; i < c->count; i++) {
		size_t size = strlen(c->words[i].name);
		const char *end = text + size;

		if (size > length || strncmp(text, c->words[i].name, size) != 0)
			continue;
		if (size < length && (is_of_word(*end) || *end == '-'))
			continue;
		if (size + 1 < length && end[0] == '"' && end[1] == ':')
			continue;
		*shown = c->words[i].shown;
		return size;
	}
	return 0;
}

static size_t find_link(struct cover *c, const char *text, size_t length,
			const char **shown)
{
	unsigned b[6];
	char word[LINK_TEXT + 1] = "";
	uint8_t from[6];
	int end = 0;

	if (length < LINK_TEXT ||
	    (length > LINK_TEXT &&
	     (is_of_word(text[LINK_TEXT]) || text[LINK_TEXT] == ':')))
		return 0;
	memcpy(word, text, LINK_TEXT);
	if (sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != 6 ||
	    end != LINK_TEXT)
		return 0;
	for (size_t i = 0; i < 6; i++)
		from[i] = (uint8_t)b[i];
	*shown = anonymous_link(c->anonymous, c->arena, from);
	return LINK_TEXT;
}

/* What of these characters makes an address, behind which no word goes on. */
static size_t address_at(const char *text, size_t length, const char *of,
			 struct address *out)
{
	char word[ADDRESS_TEXT] = "";
	size_t size = 0;

	while (size < length && text[size] && strchr(of, text[size]))
		size++;
	if (size < length && is_of_word(text[size]))
		return 0;
	while (size && strchr(".:", text[size - 1]) &&
	       !(size > 1 && text[size - 1] == ':' && text[size - 2] == ':'))
		size--;
	if (!size || size >= sizeof(word))
		return 0;
	memcpy(word, text, size);
	return address_parse(word, out) ? size : 0;
}

/* The first bits alone, where only these are told. */
static void cut_to_prefix(const char *text, size_t length, struct address *a)
{
	unsigned long bits = 8 * address_length(a), first;

	if (length < 2 || text[0] != '/' || !isdigit((unsigned char)text[1]))
		return;
	first = strtoul(text + 1, NULL, 10);
	for (; first < bits; first++)
		a->bytes[first / 8] &= (uint8_t) ~(0x80 >> first % 8);
}

static size_t find_address(struct cover *c, const char *text, size_t length,
			   const char **shown)
{
	struct address a;
	size_t size = address_at(text, length, "0123456789.", &a);

	if (!size)
		size = address_at(text, length, "0123456789abcdefABCDEF:.", &a);
	if (!size)
		return 0;
	a = anonymous_address(c->anonymous, &a);
	cut_to_prefix(text + size, length - size, &a);
	*shown = arena_address(c->arena, &a);
	return size;
}

static size_t find(struct cover *c, const char *text, size_t length,
		   const char **shown)
{
	size_t size = find_name(c, text, length, shown);

	if (!size)
		size = find_link(c, text, length, shown);
	return size ? size : find_address(c, text, length, shown);
}

char *cover_text(struct cover *c, const char *text, size_t length,
		 size_t *covered)
{
	char *out = NULL, previous = ' ';
	FILE *stream = must_have(open_memstream(&out, covered));
	const char *shown;

	for (size_t i = 0, size; i < length; i += size) {
		bool begins = !is_of_word(previous) && previous != '.';

		size = begins ? find(c, text + i, length - i, &shown) : 0;
		if (size)
			fputs(shown, stream);
		else
			putc(text[i], stream);
		size = size ? size : 1;
		previous = text[i + size - 1];
	}
	fclose(stream);
	return must_have(out);
}
