// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/asking.h"

#include <stdlib.h>
#include <time.h>

#include "probe/net/clock.h"
#include "probe/survey/air.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/journal.h"
#include "probe/survey/probing.h"
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
	pace_spend(&s->packets, 1);
	pace_spend(&s->bits, 8.0 * (double)(length + LINK_OVERHEAD));
}

static bool is_due(struct survey *s, int64_t now)
{
	bool packets = pace_is_due(&s->packets, now);

	return pace_is_due(&s->bits, now) && packets;
}

int64_t asking_next_us(const struct survey *s, int64_t now)
{
	int64_t packets = pace_next_us(&s->packets, now);
	int64_t bits = pace_next_us(&s->bits, now);

	return packets > bits ? packets : bits;
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

static bool has_answered(const struct open_target *o)
{
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (o->seen.of[kind].what != ANSWER_NONE)
			return true;
	return false;
}

/* How long ago it was asked nobody knows, as of what is sent again. */
void asking_more(struct survey *s, struct open_target *o)
{
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (s->config.later & ~o->asked & 1U << kind) {
			o->again |= (uint8_t)(1 << kind);
			send_syn(s, o, kind);
		}
}

/* What has an answer already is not asked again. */
static void ask(struct survey *s, const struct survey_target *t, int64_t now)
{
	struct open_target *o = window_add(s->window, t);
	unsigned kinds = kinds_for(s, t);

	o->sent_us = now + s->epoch_us;
	o->asked_us = now;
	if (t->number < s->before->position.sent)
		restore_answers(s, o);
	else
		s->counts[COUNT_TARGETS]++;
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (kinds & ~s->config.later & 1U << kind && !o->answers[kind])
			send_syn(s, o, kind);
	if (has_answered(o))
		asking_more(s, o);
}

static bool enough_asked(const struct survey *s)
{
	const struct survey_config *c = &s->config;

	return (c->max_targets && s->counts[COUNT_TARGETS] >= c->max_targets &&
		s->sent >= s->before->position.sent) ||
	       survey_time_is_over(s);
}

/* Of one that comes again while it is asked nobody could tell which of the two
 * an answer is to. One that goes on has to leave it out as well, though the
 * other may have its line by then. */
static void ask_next(struct survey *s, int64_t now)
{
	const struct journal_position *before = &s->before->position;
	struct survey_target t;

	if (enough_asked(s)) {
		s->all_asked = true;
		return;
	}
	if (!targets_next(s->targets, &t)) {
		s->input = targets_wait_for(s->targets);
		s->all_asked = s->exhausted = s->input == -1;
		return;
	}
	s->sent = t.number + 1;
	if (journal_is_closed(s->before, t.number))
		return;
	if (blocklist_blocks(s->blocklist, &t.address, t.named)) {
		s->counts[COUNT_BLOCKED] += t.number >= before->sent;
	} else if (window_find(s->window, &t.address, t.port)) {
		s->counts[COUNT_DUPLICATES] += t.number >= before->sent;
		journal_twin(s->journal, t.number);
	} else {
		ask(s, &t, now);
	}
}

bool asking_may(const struct survey *s)
{
	return !s->all_asked && s->input == -1 && !lines_are_many(&s->lines) &&
	       (!s->probing || probing_has_room(s->probing));
}

void asking_go_on(struct survey *s)
{
	int64_t now = survey_now_us();

	s->input = -1;
	s->epoch_us = clock_us(CLOCK_REALTIME) - now;
	for (unsigned i = 0; i < TURN_MAX && asking_may(s) && is_due(s, now);
	     i++) {
		ask_next(s, now);
		now = survey_now_us();
	}
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

/* With a plain SYN beside what a class depends on. */
static void ask_again(struct survey *s, struct open_target *o)
{
	unsigned kinds = o->asked;

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (is_capable(kind) && kinds >> kind & 1 &&
		    survey_needs_again(&o->seen, kind))
			kinds |= 1 << SYN_PLAIN;
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (kinds >> kind & 1 && survey_needs_again(&o->seen, kind))
			send_again(s, o, kind);
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
			ask_again(s, o);
		}
	}
}
