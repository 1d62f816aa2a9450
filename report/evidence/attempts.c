/* SPDX-License-Identifier: GPL-3.0-or-later
 * Attempts with an option and without, and what became of them.
 */
#include "report/evidence/attempts.h"

#include <stdlib.h>

#include "report/arena.h"

/* Whether one of these times, which are in order, is so near. */
static bool is_near(const int64_t *times, size_t count, int64_t time_us,
		    int64_t near_us)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (times[middle] < time_us - near_us)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && times[low] <= time_us + near_us;
}

/* Whether a plain SYN that was answered went out at about that time. */
static bool in_company(const struct judgement *j, int64_t time_us)
{
	return is_near(j->plain_times, j->plain_time_count, time_us,
		       COMPANY_US);
}

/* Whether another that was late, at this time, may share its cause. */
static bool shares_moment(const struct judgement *j, const struct flow *f,
			  int64_t late_us)
{
	return llabs(f->first_us - late_us) <= MOMENT_US &&
	       !is_near(j->prompt_times, j->prompt_time_count, f->first_us,
			MOMENT_US);
}

/* Whether an answered SYN went out between these two times. */
static bool is_parted(const struct judgement *j, int64_t a_us, int64_t b_us)
{
	int64_t half_us = llabs(a_us - b_us) / 2;

	return is_near(j->prompt_times, j->prompt_time_count,
		       (a_us < b_us ? a_us : b_us) + half_us, half_us);
}

/* Whether a plain SYN was lost beside it: with and without the option, nothing
 * was answered then, as by a server whose queue is full. */
static bool in_outage(const struct judgement *j, const struct flow *f)
{
	for (size_t i = 0; i < j->plain_late_count; i++) {
		int64_t plain_us = j->plain_late_times[i];

		if (llabs(plain_us - f->first_us) <= MOMENT_US &&
		    !is_parted(j, plain_us, f->first_us))
			return !flow_is(f, PURPOSE_TCP);
	}
	return false;
}

static int by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Counts the SYNs of a flow. The SYNs of a sweep reach the target as many
 * copies at once: together they are one attempt, as those of a burst are. */
static unsigned count_syns(const struct judgement *j, const struct flow *f,
			   const struct kept *reply)
{
	unsigned full = 0, low = 0;
	int64_t counted_us = 0;

	for (size_t i = 0; i < f->sent_count; i++) {
		const struct kept *k = f->sent[i];

		if (!kept_is_first_syn(k) || !syn_is_due(f, k) ||
		    (reply ? k->time_us > reply->time_us : !had_time(j, k)) ||
		    (!flow_is(f, PURPOSE_TCP) && !in_company(j, k->time_us)))
			continue;
		if (k->packet.ip.ttl > SWEEP_TTL_MAX) {
			full += !full || k->time_us - counted_us > MOMENT_US;
			counted_us = k->time_us;
		} else if (j->plain_reach &&
			   k->packet.ip.ttl >= j->plain_reach) {
			low = 1;
		}
	}
	return full + (flow_swept(f, SEGMENT_SYN) ? low : 0);
}

struct attempts count_attempts(const struct judgement *j, enum purpose purpose,
			       int version)
{
	struct class c = {.purpose = purpose, .version = version};
	struct attempts a = {0};
	int64_t late_us = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *reply = flow_syn_ack(f);
		unsigned syns;

		if (!class_has(&c, f))
			continue;
		if (f->mptcp.gave_up && !f->mptcp.syn_ack)
			reply = NULL; /* it answers the plain SYN */
		else if (!reply)
			reply = flow_reset(f);
		syns = count_syns(j, f, reply);
		if (syns == 0)
			continue;
		a.flows++;
		a.sent += syns;
		if (!reply && syns > a.moments)
			a.moments = syns;
		a.lost += reply ? syns - 1 : syns;
		if ((!reply || syns > 1) &&
		    !(a.late && shares_moment(j, f, late_us))) {
			a.late++;
			a.apart += !in_outage(j, f);
			late_us = f->first_us;
		}
		a.answered += reply && flow_syn_ack(f) && !flow_refused(f);
		a.reset += reply && flow_refused(f);
		if (!a.example)
			a.example = f;
		if (!a.first_us || f->first_us < a.first_us)
			a.first_us = f->first_us;
	}
	if (a.late > a.moments)
		a.moments = a.late;
	return a;
}

/* Whether its first SYN was answered before another went out. */
static bool was_prompt(const struct flow *f, const struct kept *reply)
{
	for (size_t i = 0; i < f->sent_count; i++)
		if (kept_is_first_syn(f->sent[i]) &&
		    f->sent[i]->packet.ip.ttl > SWEEP_TTL_MAX &&
		    f->sent[i]->time_us > f->first_us)
			return f->sent[i]->time_us > reply->time_us;
	return true;
}

static void put_in_order(int64_t *times, size_t count)
{
	if (count)
		qsort(times, count, sizeof(*times), by_time);
}

void judge_company(struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];
		const struct kept *reply = flow_syn_ack(f);

		if (flow_is(f, PURPOSE_TCP) && !flow_reset(f) &&
		    !(reply && was_prompt(f, reply)))
			*ARENA_PUSH(j->arena, j->plain_late_times,
				    j->plain_late_count) = f->first_us;
		if (!reply)
			continue;
		if (flow_is(f, PURPOSE_TCP))
			*ARENA_PUSH(j->arena, j->plain_times,
				    j->plain_time_count) = f->first_us;
		if (!f->mptcp.gave_up && was_prompt(f, reply))
			*ARENA_PUSH(j->arena, j->prompt_times,
				    j->prompt_time_count) = f->first_us;
	}
	put_in_order(j->plain_times, j->plain_time_count);
	put_in_order(j->prompt_times, j->prompt_time_count);
	j->plain = count_attempts(j, PURPOSE_TCP, -1);
}

double chance_of_late(const struct judgement *j, const struct attempts *a)
{
	return chance_of_losses((struct tries){a->flows, a->late},
				(struct tries){j->plain.flows, j->plain.late});
}

unsigned controls_since(const struct judgement *j, int64_t since_us)
{
	unsigned answered = 0, lost = 0;

	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (!flow_is(f, PURPOSE_TCP) || f->first_us < since_us)
			continue;
		if (flow_syn_ack(f))
			answered++;
		else if (!flow_reset(f) && count_syns(j, f, NULL))
			lost++;
	}
	return answered >= ANSWERED_PER_LOST * lost ? answered : 0;
}

enum fate attempts_fate(const struct judgement *j, const struct attempts *a)
{
	unsigned controls = a->flows ? controls_since(j, a->first_us) : 0;

	if (a->answered >= PASSING_MIN && !a->reset &&
	    a->answered >= PASSING_PER_LOST * a->lost)
		return FATE_ANSWERED;
	if (a->answered)
		return FATE_UNCLEAR;
	if (!a->reset && a->moments >= MOMENTS_MIN &&
	    beyond_chance(a->lost, tries_of(&j->plain), controls))
		return FATE_DROPPED;
	if (a->reset >= RESETS_MIN && j->plain.answered >= RESETS_MIN &&
	    !j->plain.reset && controls)
		return FATE_RESET;
	return FATE_UNCLEAR;
}

const char *refusal_phrase(const struct quote *q)
{
	return q->admin_prohibited   ? "a filter prohibits it"
	       : q->port_unreachable ? "the port is unreachable"
				     : "the host is unreachable";
}

void refusal_evidence(struct judgement *j, struct finding *f,
		      const struct class *c)
{
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < j->view_count; i++) {
		const struct view *v = &j->views[i];
		const struct quote *q = v->quote;

		if (v->sent->kind != c->kind || !q->unreachable ||
		    !class_has(c, v->flow))
			continue;
		finding_evidence(
			j, f, q->frame, NULL, NULL, "%s answers that %s",
			address_text(&q->responder, text), refusal_phrase(q));
		f->text = arena_printf(j->arena, "%s %s answers that %s.",
				       f->text, text, refusal_phrase(q));
		return;
	}
}

const char *attempts_text(const struct judgement *j, const struct attempts *a)
{
	return arena_printf(j->arena,
			    "%u of %u SYNs with the option went unanswered, "
			    "while %u of %u connections without it were "
			    "answered",
			    a->lost, a->sent, j->plain.answered,
			    j->plain.flows);
}

void reset_evidence(struct judgement *j, struct finding *f,
		    const struct flow *flow)
{
	const struct kept *k = flow_reset(flow);

	finding_connection(j, f, flow->id);
	finding_evidence(j, f, k->frame, NULL, NULL,
			 "RST%s with TTL %u (initial TTL %u)",
			 reason_phrase(j, k), k->packet.ip.ttl,
			 initial_ttl(k->packet.ip.ttl));
}
