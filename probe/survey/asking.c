// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/asking.h"

#include <stdlib.h>
#include <time.h>

#include "probe/survey/air.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/journal.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"
#include "probe/survey/window.h"

#define TURN_MAX 64 /* targets between two looks at what came in */

/* What a frame takes of a link beside its IP packet: Ethernet header, checksum,
 * preamble and gap. */
#define LINK_OVERHEAD 38

/* When a SYN without answer is sent again, if others of its target are
 * answered: parts of the time for answers, and no later than that. */
static const struct {
	unsigned part;
	int64_t most_us;
} again_after[SURVEY_AGAIN] = {{8, 1000000}, {4, 2000000}, {2, 4000000}};

/* --- packets ------------------------------------------------------------- */

void asking_spend(struct survey *s, size_t length)
{
	s->counts[COUNT_PACKETS]++;
	pace_spend(&s->pace,
		   s->config.bits ? 8.0 * (double)(length + LINK_OVERHEAD) : 1);
}

static void send_syn(struct survey *s, struct open_target *o,
		     enum syn_kind kind)
{
	const struct survey_target *t = &o->target;
	const struct syn_template *template =
		survey_template(&s->identity, &t->address, kind);
	struct syn_numbers numbers;

	survey_numbers(&s->identity, &t->address, t->port, kind, &numbers);
	syn_template_fill(template, &numbers,
			  air_packet(s->air, &t->address, template->length));
	asking_spend(s, template->length);
	o->asked |= (uint8_t)(1 << kind);
}

static unsigned kinds_for(const struct survey *s, const struct survey_target *t)
{
	unsigned kinds = s->config.kinds;

	if (survey_is_sample(&s->identity, &t->address, t->port,
			     s->config.sample))
		kinds |= 1 << SYN_PLAIN;
	return kinds;
}

/* --- whom to ask --------------------------------------------------------- */

/* What came before a survey was resumed. The numbers only grow. */
static void restore_answers(struct survey *s, struct open_target *o)
{
	struct journal_state *b = s->before;

	while (s->restored < b->count &&
	       b->answers[s->restored].number < o->target.number)
		s->restored++;
	for (; s->restored < b->count &&
	       b->answers[s->restored].number == o->target.number;
	     s->restored++) {
		struct journal_answer *a = &b->answers[s->restored];

		if (!survey_see(&o->seen, a->kind, a->what, a->mptcp))
			continue;
		free(o->answers[a->kind]);
		o->answers[a->kind] = a->text;
		a->text = NULL;
		o->asked |= (uint8_t)(1 << a->kind);
	}
}

/* What has an answer already is not asked again. */
static void ask(struct survey *s, const struct survey_target *t)
{
	struct open_target *o = window_add(s->window, t);
	unsigned kinds = kinds_for(s, t);

	o->sent_us = survey_clock_us(CLOCK_REALTIME);
	o->asked_us = survey_now_us();
	if (t->number < s->before->position.sent)
		restore_answers(s, o);
	else
		s->counts[COUNT_TARGETS]++;
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (kinds >> kind & 1 && !o->answers[kind])
			send_syn(s, o, kind);
}

static bool enough_asked(const struct survey *s)
{
	const struct survey_config *c = &s->config;

	return (c->max_targets && s->counts[COUNT_TARGETS] >= c->max_targets &&
		s->sent >= s->before->position.sent) ||
	       (c->max_runtime_s && survey_elapsed(s) >= c->max_runtime_s);
}

static void ask_next(struct survey *s)
{
	const struct journal_position *before = &s->before->position;
	struct survey_target t;

	if (enough_asked(s)) {
		s->all_asked = true;
		return;
	}
	if (!targets_next(s->targets, &t)) {
		s->all_asked = s->complete = true;
		return;
	}
	s->sent = t.number + 1;
	if (t.number < before->closed)
		return;
	if (!blocklist_blocks(s->blocklist, &t.address, t.named))
		ask(s, &t);
	else if (t.number >= before->sent)
		s->counts[COUNT_BLOCKED]++;
}

void asking_go_on(struct survey *s)
{
	for (unsigned i = 0; i < TURN_MAX && !s->all_asked &&
			     pace_is_due(&s->pace, survey_now_us());
	     i++)
		ask_next(s);
}

/* --- who is asked again -------------------------------------------------- */

static int64_t again_after_us(const struct survey *s, unsigned round)
{
	int64_t after = (int64_t)s->config.cooldown_s * 1000000 /
			again_after[round].part;

	return after < again_after[round].most_us ? after
						  : again_after[round].most_us;
}

static bool is_capable(enum syn_kind kind)
{
	return kind == SYN_CAPABLE || kind == SYN_CAPABLE_V0;
}

static void send_again(struct survey *s, struct open_target *o,
		       enum syn_kind kind)
{
	o->again |= (uint8_t)(1 << kind);
	send_syn(s, o, kind);
	s->counts[COUNT_AGAIN]++;
}

/* Later only what a class depends on, with a plain SYN beside it. */
static void ask_again(struct survey *s, struct open_target *o, unsigned round)
{
	bool plain = false;

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!(o->asked >> kind & 1) || (round && !is_capable(kind)) ||
		    !survey_needs_again(&o->seen, kind))
			continue;
		send_again(s, o, kind);
		plain |= is_capable(kind);
	}
	if (plain && survey_needs_again(&o->seen, SYN_PLAIN))
		send_again(s, o, SYN_PLAIN);
}

void asking_again(struct survey *s)
{
	int64_t now = survey_now_us();

	for (unsigned round = 0; round < SURVEY_AGAIN; round++) {
		uint64_t *place = &s->again[round];

		if (*place < window_first(s->window))
			*place = window_first(s->window);
		for (; *place < window_next(s->window); ++*place) {
			struct open_target *o = window_at(s->window, *place);

			if (now < o->asked_us + again_after_us(s, round))
				break;
			ask_again(s, o, round);
		}
	}
}
