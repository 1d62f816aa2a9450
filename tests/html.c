/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/html.h"

#define DEPTH_MAX 64
#define NAME_MAX_ 32

struct reader {
	const char *at;
	char open[DEPTH_MAX][NAME_MAX_]; /* elements */
	size_t depth;
};

static void take_name(struct reader *r, char *name)
{
	size_t length = strcspn(r->at, " \t\n/>");

	assert_true(length > 0 && length < NAME_MAX_);
	snprintf(name, NAME_MAX_, "%.*s", (int)length, r->at);
	r->at += length;
}

static bool is_void(const char *element)
{
	static const char *const names[] = {"meta", "br", "hr", "!DOCTYPE"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], element) == 0)
			return true;
	return false;
}

/* Nothing that a browser would run or fetch has another name. */
static void check_attribute(const char *element, const char *name,
			    const char *value, size_t length)
{
	static const char *const names[] = {
		"src",	"href",	  "action",	"style",     "srcset",
		"data", "poster", "formaction", "background"};

	if (strncmp(name, "on", 2) == 0)
		fail_msg("<%s %s> would run", element, name);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0 && *value != '#')
			fail_msg("<%s %s> would load", element, name);
	if (memchr(value, '<', length) || memchr(value, '>', length))
		fail_msg("<%s %s=\"%.*s\">", element, name, (int)length, value);
}

/* Returns whether the element is closed by "/>". */
static bool take_attributes(struct reader *r, const char *element)
{
	for (;;) {
		char name[NAME_MAX_];
		size_t length;

		r->at += strspn(r->at, " \t\n");
		if (*r->at == '>') {
			r->at++;
			return false;
		}
		if (strncmp(r->at, "/>", 2) == 0) {
			r->at += 2;
			return true;
		}
		length = strcspn(r->at, "= >");
		assert_true(length > 0 && length < NAME_MAX_);
		snprintf(name, sizeof(name), "%.*s", (int)length, r->at);
		r->at += length;
		if (*r->at != '=')
			continue;
		if (r->at[1] != '"')
			fail_msg("no quotes: %.60s", r->at);
		r->at += 2;
		length = strcspn(r->at, "\"");
		check_attribute(element, name, r->at, length);
		r->at += length + 1;
	}
}

static void skip_to(struct reader *r, const char *end)
{
	const char *found = strstr(r->at, end);

	assert_non_null(found);
	r->at = found;
}

static void open_element(struct reader *r)
{
	static const char *const forbidden[] = {
		"iframe", "img",  "object", "embed", "link",
		"form",	  "base", "image",  "use",   "foreignObject"};
	const char *begin = r->at - 1;
	char name[NAME_MAX_];

	take_name(r, name);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
		if (strcmp(name, forbidden[i]) == 0)
			fail_msg("<%s>", name);
	if (strcmp(name, "script") == 0 &&
	    strncmp(begin, "<script type=\"application/json\" ", 32) != 0)
		fail_msg("%.60s", begin);
	if (strcmp(name, "!DOCTYPE") == 0) {
		skip_to(r, ">");
		r->at++;
		return;
	}
	if (take_attributes(r, name) || is_void(name))
		return;
	assert_true(r->depth < DEPTH_MAX);
	strcpy(r->open[r->depth++], name);
	if (strcmp(name, "script") == 0)
		skip_to(r, "</script>");
	if (strcmp(name, "style") == 0)
		skip_to(r, "</style>");
}

static void close_element(struct reader *r)
{
	const char *begin = r->at;
	char name[NAME_MAX_];

	r->at++;
	take_name(r, name);
	assert_int_equal(*r->at++, '>');
	if (!r->depth || strcmp(r->open[r->depth - 1], name) != 0)
		fail_msg("</%s> within <%s>: %.60s", name,
			 r->depth ? r->open[r->depth - 1] : "", begin);
	r->depth--;
}

void check_html(const char *text)
{
	struct reader r = {.at = text};

	while (*r.at) {
		size_t length = strcspn(r.at, "<");

		if (memchr(r.at, '>', length))
			fail_msg("a bare >: %.*s", (int)length, r.at);
		r.at += length;
		if (!*r.at++)
			break;
		if (*r.at == '/')
			close_element(&r);
		else
			open_element(&r);
	}
	assert_int_equal(r.depth, 0);
}

size_t count(const char *text, const char *what)
{
	size_t found = 0;

	while ((text = strstr(text, what))) {
		found++;
		text += strlen(what);
	}
	return found;
}
