// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/blocklist.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/prefix.h"
#include "probe/net/complain.h"
#include "probe/survey/targets.h"
#include "report/arena.h"

/* IANA's special-purpose registries of IPv4 and IPv6, and multicast (RFC 5771,
 * RFC 4291 2.7). Private are those that a network may use within itself. */
static const struct special {
	const char *prefix;
	bool private;
} specials[] = {
	{"0.0.0.0/8", false},	      /* RFC 791 3.2 */
	{"10.0.0.0/8", true},	      /* RFC 1918 */
	{"100.64.0.0/10", true},      /* RFC 6598 */
	{"127.0.0.0/8", true},	      /* RFC 1122 3.2.1.3 */
	{"169.254.0.0/16", true},     /* RFC 3927 */
	{"172.16.0.0/12", true},      /* RFC 1918 */
	{"192.0.0.0/24", false},      /* RFC 6890 2.1 */
	{"192.0.2.0/24", false},      /* RFC 5737 */
	{"192.31.196.0/24", false},   /* RFC 7535 */
	{"192.52.193.0/24", false},   /* RFC 7450 */
	{"192.88.99.0/24", false},    /* RFC 7526 */
	{"192.168.0.0/16", true},     /* RFC 1918 */
	{"192.175.48.0/24", false},   /* RFC 7534 */
	{"198.18.0.0/15", true},      /* RFC 2544 */
	{"198.51.100.0/24", false},   /* RFC 5737 */
	{"203.0.113.0/24", false},    /* RFC 5737 */
	{"224.0.0.0/4", false},	      /* RFC 5771 */
	{"240.0.0.0/4", false},	      /* RFC 1112 4 */
	{"::/128", false},	      /* RFC 4291 2.5.2 */
	{"::1/128", true},	      /* RFC 4291 2.5.3 */
	{"::ffff:0:0/96", false},     /* RFC 4291 2.5.5.2 */
	{"64:ff9b::/96", false},      /* RFC 6052 */
	{"64:ff9b:1::/48", false},    /* RFC 8215 */
	{"100::/64", false},	      /* RFC 6666 */
	{"2001::/23", false},	      /* RFC 2928 */
	{"2001:db8::/32", false},     /* RFC 3849 */
	{"2002::/16", false},	      /* RFC 3056 */
	{"2620:4f:8000::/48", false}, /* RFC 7534 */
	{"3fff::/20", false},	      /* RFC 9637 */
	{"5f00::/16", false},	      /* RFC 9602 */
	{"fc00::/7", true},	      /* RFC 4193 */
	{"fe80::/10", true},	      /* RFC 4291 2.5.6 */
	{"ff00::/8", false},	      /* RFC 4291 2.7 */
};

#define SPECIALS (sizeof(specials) / sizeof(specials[0]))

static void add(struct ranges *r, const struct prefix *p)
{
	struct address last = prefix_last(p);

	ranges_add(r, &p->first, &last);
}

void blocklist_begin(struct blocklist *b, bool shipped)
{
	struct prefix p;

	*b = (struct blocklist){0};
	for (size_t i = 0; shipped && i < SPECIALS; i++)
		if (prefix_parse(specials[i].prefix, &p))
			add(specials[i].private ? &b->private : &b->special,
			    &p);
}

/* "::ffff:192.0.2.0/120", as logs of servers that listen for both families have
 * it, is of IPv4. */
static void add_own(struct blocklist *b, const struct prefix *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct prefix inner = {.first = {.family = 4}};

	add(&b->own, p);
	/* No shorter prefix begins so, as its last bits are 0, nor any of IPv4.
	 */
	if (memcmp(p->first.bytes, mapped, sizeof(mapped)) != 0)
		return;
	memcpy(inner.first.bytes, p->first.bytes + sizeof(mapped), 4);
	inner.length = p->length - 8 * (unsigned)sizeof(mapped);
	add(&b->own, &inner);
}

/* One line of text, and no more: what else is in it nobody would see, as where
 * lines end in CR alone. */
static bool is_line(char *line, size_t length)
{
	while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	if (memchr(line, '\0', length) || memchr(line, '\r', length))
		return false;
	line[length] = '\0';
	return true;
}

/* The first word of a line; false: there is none. */
static bool first_word(char *line)
{
	char *word = line + byte_order_mark(line, strlen(line));

	word += strspn(word, " \t");
	memmove(line, word, strlen(word) + 1);
	line[strcspn(line, "#")] = '\0';
	line[strcspn(line, " \t")] = '\0';
	return *line;
}

static bool read_line(struct blocklist *b, char *line, size_t length)
{
	struct prefix p;

	if (!is_line(line, length))
		return false;
	if (!first_word(line))
		return true;
	if (!prefix_parse(line, &p))
		return false;
	add_own(b, &p);
	return true;
}

unsigned long blocklist_read(struct blocklist *b, FILE *file)
{
	unsigned long number = 1;
	size_t capacity = 0;
	char *line = NULL;
	ssize_t length;

	while ((length = must_getline(&line, &capacity, file)) != -1 &&
	       read_line(b, line, (size_t)length))
		number++;
	free(line);
	return length == -1 ? 0 : number;
}

int blocklist_load(struct blocklist *b, FILE *file, const char *name)
{
	unsigned long wrong = blocklist_read(b, file);

	if (wrong)
		return failure(EXIT_INPUT,
			       "%s:%lu: neither a prefix, whose last bits are "
			       "0, nor an address",
			       name, wrong);
	return ferror(file) ? failure(EXIT_INPUT,
				      "%s cannot be read to its end", name)
			    : 0;
}

void blocklist_sort(struct blocklist *b)
{
	ranges_sort(&b->own);
	ranges_sort(&b->special);
	ranges_sort(&b->private);
}

bool blocklist_blocks(const struct blocklist *b, const struct address *a,
		      bool named)
{
	return ranges_contain(&b->own, a) || ranges_contain(&b->special, a) ||
	       (!named && ranges_contain(&b->private, a));
}

void blocklist_free(struct blocklist *b)
{
	ranges_free(&b->own);
	ranges_free(&b->special);
	ranges_free(&b->private);
}

bool prefix_is_private(const struct prefix *p)
{
	struct prefix range;

	for (size_t i = 0; i < SPECIALS; i++)
		if (specials[i].private &&
		    prefix_parse(specials[i].prefix, &range) &&
		    prefix_covers(&range, p))
			return true;
	return false;
}
