// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/cover_run.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/packet.h"
#include "probe/cli/cover.h"
#include "probe/scenario/peer.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"
#include "report/track/anonymous.h"
#include "report/track/observer.h"

#define LINK_RAW 101 /* LINKTYPE_RAW: a packet from its IP header on */

/* ---- packets ---------------------------------------------------------------
 */

static const struct kept *cover_segment(struct anonymous *a,
					const struct scenario *r,
					const struct kept *k)
{
	struct kept *shown = arena_alloc(r->arena, sizeof(*shown));
	size_t length = k->packet.available;
	uint8_t *bytes = arena_alloc(r->arena, length + 1);

	memcpy(bytes,
	       anonymous_frame(a, r->peer->covered, LINK_RAW, k->packet.bytes,
			       length),
	       length);
	*shown = *k;
	packet_parse(bytes, length, &shown->packet);
	return shown;
}

static const struct quote *cover_quote(struct anonymous *a,
				       const struct scenario *r,
				       const struct quote *q)
{
	struct quote *shown = arena_alloc(r->arena, sizeof(*shown));

	*shown = *q;
	shown->responder = anonymous_address(a, &q->responder);
	return shown;
}

static void cover_sights(struct anonymous *a, struct scenario *r)
{
	for (size_t i = 0; i < r->sight_count; i++) {
		struct sight *s = &r->sights[i];

		s->segment = cover_segment(a, r, s->segment);
		if (s->quote)
			s->quote = cover_quote(a, r, s->quote);
	}
}

/* ---- texts -----------------------------------------------------------------
 */

/* It would tell the address to who tries all that there are. */
static void hide_hmacs(char *text)
{
	static const char name[] = "hmac ";

	while ((text = strstr(text, name)))
		for (text += strlen(name); isxdigit((unsigned char)*text);)
			*text++ = '*';
}

static void cover_word(struct cover *c, const struct scenario *r,
		       const char **text)
{
	size_t length;
	char *shown;

	if (!*text)
		return;
	shown = cover_text(c, *text, strlen(*text), &length);
	hide_hmacs(shown);
	*text = arena_printf(r->arena, "%s", shown);
	free(shown);
}

static void cover_stack(struct cover *c, const struct scenario *r,
			struct stack_answer *s)
{
	for (size_t i = 0; i < s->difference_count; i++) {
		cover_word(c, r, &s->differences[i].expected);
		cover_word(c, r, &s->differences[i].found);
	}
}

static void cover_error(struct cover *c, struct scenario *r)
{
	const char *text = r->error;

	cover_word(c, r, &text);
	snprintf(r->error, sizeof(r->error), "%s", text);
}

void cover_run(struct cover *c, struct anonymous *a, struct scenario *r)
{
	if (!c)
		return;
	cover_sights(a, r);
	for (size_t i = 0; i < r->expectation_count; i++) {
		cover_word(c, r, &r->expectations[i].text);
		cover_word(c, r, &r->expectations[i].found);
	}
	for (size_t i = 0; i < r->remark_count; i++)
		cover_word(c, r, &r->remarks[i].text);
	for (size_t i = 0; i < r->outcome_count; i++)
		cover_word(c, r, &r->outcomes[i].value);
	for (size_t i = 0; i < r->stack_count; i++)
		cover_stack(c, r, &r->stacks[i]);
	cover_word(c, r, &r->untested);
	cover_error(c, r);
}
