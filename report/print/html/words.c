// SPDX-License-Identifier: GPL-3.0-or-later
#include <ctype.h>
#include <string.h>
#include <time.h>

#include "report/arena.h"
#include "report/print/html/parts.h"

const char *severity_of_status(enum status s)
{
	static const char *const names[] = {
		[STATUS_CLEAR] = "good",	 [STATUS_IMPAIRED] = "warn",
		[STATUS_BLOCKED] = "bad",	 [STATUS_UNSUPPORTED] = "plain",
		[STATUS_UNDETERMINED] = "plain", [STATUS_UNREACHABLE] = "plain",
	};

	return names[s];
}

const char *severity_of_effect(enum effect e)
{
	static const char *const names[] = {
		[EFFECT_BLOCKS] = "bad",
		[EFFECT_IMPAIRS] = "warn",
		[EFFECT_HARMLESS] = "plain",
	};

	return names[e];
}

const char *address_words(const struct page *p, const struct address *a)
{
	return a->family ? arena_address(p->arena, a) : "";
}

const char *place_words(const struct page *p, const struct place *at)
{
	if (at->ttl == 0)
		return "this host";
	if (!at->address.family)
		return arena_printf(p->arena, "hop %u", at->ttl);
	return arena_printf(p->arena, "hop %u (%s)", at->ttl,
			    arena_address(p->arena, &at->address));
}

const char *ms_words(const struct page *p, double ms)
{
	if (ms < 0)
		return "";
	return arena_printf(p->arena, ms < 10 ? "%.2f ms" : "%.0f ms", ms);
}

const char *time_words(const struct page *p, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	char text[64];
	struct tm tm;

	if (us <= 0 || !gmtime_r(&seconds, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		return "";
	return arena_printf(p->arena, "%s.%03d UTC", text,
			    (int)(us % 1000000 / 1000));
}

const char *target_words(const struct page *p, const struct report *r)
{
	const char *address = address_words(p, &r->target);

	if (!r->target_name || !strcmp(r->target_name, address))
		return arena_printf(p->arena, "%s port %u", address, r->port);
	return arena_printf(p->arena, "%s (%s) port %u", r->target_name,
			    address, r->port);
}

const char *capitalised(const struct page *p, const char *text)
{
	char *copy = arena_printf(p->arena, "%s", text);

	*copy = (char)toupper((unsigned char)*copy);
	return copy;
}
