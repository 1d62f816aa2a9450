// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/slot.h"

#include <stdlib.h>

#include "probe/net/target.h"
#include "probe/net/wire.h"
#include "probe/survey/memory_capture.h"
#include "report/arena.h"
#include "report/judge/judge.h"
#include "report/track/observer.h"

#define LINGER_US 20000

struct slot *slot_new(const struct live_host *host, const struct target *target,
		      uint16_t port, const struct probe_settings *settings)
{
	struct slot *s = must_have(calloc(1, sizeof(*s)));
	struct destination to;

	if (!live_join(&s->live, host, target)) {
		live_close(&s->live);
		free(s);
		return NULL;
	}
	s->live.owner = s;
	s->live.mute = settings->mute;
	s->settings = *settings;
	s->capture = memory_capture_new();
	s->dropped = wire_dropped(s->live.wire);
	to = live_destination(&s->live, target, port);
	run_init(&s->run, &s->settings, &to, target->name.host, &s->shared);
	return s;
}

void slot_free(struct slot *s)
{
	if (!s)
		return;
	memory_capture_free(s->capture);
	live_close(&s->live);
	free(s);
}

bool slot_has(const struct slot *s, const struct address *a)
{
	const struct live *live = &s->live;

	for (unsigned i = 0; i < live->followed_count; i++)
		if (live->followed[i].reached &&
		    address_equal(&live->followed[i].address, a))
			return true;
	return address_equal(&live->targets[0].address, a);
}

void slot_take(struct slot *s, const struct wire_frame *frame)
{
	struct wire_frame own = *frame;

	own.number = ++s->frames;
	memory_capture_add(s->capture, frame);
	live_take(&s->live, &own);
	s->seen = true;
}

void slot_end(struct slot *s)
{
	if (!s->end_us)
		run_end(&s->run);
	s->end_us = live_now_us() + LINGER_US;
}

static bool is_over(struct slot *s)
{
	return s->run.over || s->live.exit_code || !live_check(&s->live);
}

bool slot_step(struct slot *s, int64_t now_us)
{
	if (s->end_us)
		return s->live.departures.count && now_us < s->end_us;
	if (!s->seen && now_us < s->due_us)
		return true;
	s->seen = false;
	s->due_us = run_step(&s->run, now_us);
	if (is_over(s)) {
		slot_end(s);
		s->due_us = s->end_us;
	}
	return true;
}

/* Probes that this host changes or keeps show nothing of the path. */
static bool is_in_vain(const struct live *live)
{
	return live->exit_code && !live_cut_short(live);
}

static struct report *judge_nothing(const struct judge_target *about)
{
	struct observer *nothing = must_have(observer_new());
	struct report *r = judge(nothing, about);

	observer_free(nothing);
	return r;
}

struct report *slot_judge(const struct slot *s)
{
	const struct live *live = &s->live;
	const struct target *t = &live->targets[0];
	const struct judge_target about = {.address = t->address,
					   .port = s->run.to.port};
	struct report *r = is_in_vain(live) ? judge_nothing(&about)
					    : judge(live->observer, &about);

	r->target_name = arena_printf(r->arena, "%s", t->name.host);
	r->source = t->route.source;
	r->interface = arena_printf(r->arena, "%s", t->route.interface);
	r->interrupted = live->exit_code != 0;
	if (live->exit_code)
		r->interruption = arena_printf(r->arena, "%s", live->error);
	r->dropped = wire_dropped(live->wire) - s->dropped;
	return r;
}

const void *slot_captured(struct slot *s, size_t *length)
{
	return memory_capture_bytes(s->capture, length);
}
