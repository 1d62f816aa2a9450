// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "probe/cli/command.h"
#include "probe/cli/nearest.h"
#include "report/findings.h"
#include "report/print/text.h"
#include "report/topics.h"

#define NEAREST 3

/* A part of the id, such as "removed", is nearer than any misspelling. */
static unsigned far(const char *text, const char *id)
{
	return strstr(id, text) ? 0 : 1 + letters_apart(text, id);
}

/* The name number `i` of all that is explained, or NULL behind the last. */
static const char *name(size_t i)
{
	if (i < finding_kind_count)
		return finding_kinds[i].id;
	i -= finding_kind_count;
	return i < topic_count ? topics[i].name : NULL;
}

/* The names nearest to `text`, "a, b, c"; "" if half of it would have to be
 * another. */
static void nearest(const char *text, char *out, size_t size)
{
	bool taken[256] = {false};
	size_t at = 0;

	out[0] = '\0';
	for (int n = 0; n < NEAREST; n++) {
		size_t best = SIZE_MAX;

		for (size_t i = 0; name(i) && i < 256; i++)
			if (!taken[i] &&
			    (best == SIZE_MAX ||
			     far(text, name(i)) < far(text, name(best))))
				best = i;
		if (best == SIZE_MAX || at >= size ||
		    far(text, name(best)) > 1 + strlen(text) / 2)
			return;
		taken[best] = true;
		at += (size_t)snprintf(out + at, size - at, "%s%s",
				       n ? ", " : "", name(best));
	}
}

int cmd_explain(const struct options *o, struct output *out, int argc,
		char **argv)
{
	const struct finding_kind *kind = finding_kind(argv[0]);
	const struct topic *other = topic(argv[0]);
	const struct page page = {.out = stdout, .width = PAGE_WIDTH};
	char near[200];

	(void)o;
	(void)out;
	(void)argc;
	if (kind) {
		text_explain(&page, kind);
		return EXIT_CLEAR;
	}
	if (other) {
		text_explain_topic(&page, other);
		return EXIT_CLEAR;
	}
	nearest(argv[0], near, sizeof(near));
	return failure(EXIT_USAGE, "nothing is called %.60s%s%s (mpprobe list)",
		       argv[0], *near ? "; the nearest: " : "", near);
}
