// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/taking.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/syn_template.h"
#include "probe/survey/air.h"
#include "probe/survey/asking.h"
#include "probe/survey/journal.h"
#include "probe/survey/probing.h"
#include "probe/survey/survey.h"
#include "probe/survey/window.h"
#include "report/arena.h"
#include "report/survey/line.h"

#define COPIES_RESET 3 /* SYN/ACKs of a target that are reset */

/* Ends what a SYN/ACK began, as the kernel would have done if it knew of it. */
static void send_reset(struct survey *s, const struct survey_answer *a)
{
	const struct syn_template *reset =
		&s->identity.resets[a->target.family == 6];

	reset_template_fill(reset, &a->numbers,
			    air_packet(s->air, &a->target, reset->length));
	asking_spend(s, reset->length);
}

static int64_t rtt_of(const struct open_target *o, enum syn_kind kind,
		      int64_t time_us)
{
	if (o->again >> kind & 1 || time_us < o->sent_us)
		return -1;
	return time_us - o->sent_us;
}

static void keep_answer(struct survey *s, struct open_target *o,
			const struct survey_answer *a, int64_t time_us)
{
	char text[ANSWER_TEXT];
	const struct journal_answer kept = {.number = o->target.number,
					    .kind = a->kind,
					    .what = a->what,
					    .mptcp = a->mptcp,
					    .text = text};

	survey_answer_text(a, rtt_of(o, a->kind, time_us), text, sizeof(text));
	free(o->answers[a->kind]);
	o->answers[a->kind] = must_have(strdup(text));
	journal_add(s->journal, &kept);
}

/* What fits. `o`: NULL if its target is closed. */
static void take_answer(struct survey *s, struct open_target *o,
			const struct survey_answer *a, int64_t time_us)
{
	if (a->what == ANSWER_SYN_ACK && (!o || o->copies < COPIES_RESET))
		send_reset(s, a);
	if (!o) {
		s->counts[COUNT_LATE]++;
	} else if (survey_see(&o->seen, a->kind, a->what, a->mptcp)) {
		s->counts[COUNT_ANSWERS]++;
		keep_answer(s, o, a, time_us);
		asking_more(s, o);
	} else {
		s->counts[COUNT_COPIES]++;
		o->copies += o->copies < UINT16_MAX;
	}
}

void taking_packet(void *context, const uint8_t *ip, size_t length,
		   int64_t time_us)
{
	struct survey *s = context;
	struct open_target *o = NULL;
	struct survey_answer a;
	enum answer_fit fit = survey_answer_read(&s->identity, ip, length, &a);

	if (fit == FIT_NOT)
		return;
	if (fit != FIT_BAD_QUOTE)
		o = window_find(s->window, &a.target, a.port);
	if (fit == FIT_ANSWER) {
		take_answer(s, o, &a, time_us);
		return;
	}
	if (fit == FIT_BAD_QUOTE && s->probing && probing_running(s->probing))
		return; /* it quotes a probe's packets */
	s->counts[COUNT_UNFIT + fit]++;
	if (o)
		o->unfit += o->unfit < UINT16_MAX;
}
