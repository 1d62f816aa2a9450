/* SPDX-License-Identifier: GPL-3.0-or-later
 * Connections that idle, those that do not, and who forgets which of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "report/evidence/loss.h"
#include "tests/expect.h"

#define SECOND (1000 * MS)
#define TICK (100 * MS)
#define RESTS 4
#define TRIES 9
#define ROUNDS 3
#define SEEDS 500
#define MEMORY (3 * SECOND) /* of the device */

/* How many connections are silent for 0, 1, 2 and 4 seconds. */
static const unsigned usual[RESTS] = {2, 2, 2, 2};

/* ---- the client ---------------------------------------------------------- */

struct idler {
	struct caller *c;
	int64_t rest, at;
	unsigned tries, sent, ttl;
	size_t received;
	enum { RESTING, WOKEN, BUSY, SILENT, ENDED } state;
};

/* None that is busy sends as little as they do: no control. */
static bool uncontrolled;
/* What was forgotten is not tried again. */
static bool once;
/* Those that are busy have asked for a page. */
static bool asking;
/* They send no more keep-alives than one, and other data that is answered; and
 * keep-alives that cannot arrive. */
static bool chatty;
/* Nothing is waited for when all is told; or those that are busy go on. */
static bool hasty, lasting;
/* What was acknowledged goes out again with small TTLs. */
static bool swept;
static unsigned tries = TRIES, rounds = ROUNDS, later = 2;

struct ladder {
	struct idler list[40];
	unsigned count;
};

static void keep_alive(struct scene *s, struct caller *c, unsigned ttl)
{
	uint8_t options[40];
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment t = {.options = options,
				.payload = (const uint8_t *)"\n",
				.payload_length = 1};

	begin_client_segment(s, c, &w, &t, ttl);
	t.sequence += HALF - 1;
	t.options_length = w.length;
	scene_send(s, client_wire(s, &t, c, ttl, 0), ttl);
}

static void open_idler(struct scene *s, struct ladder *l, int64_t rest,
		       unsigned ttl)
{
	struct idler *i = &l->list[l->count];
	struct caller *c = knock(s, PURPOSE_TCP, 0, false, NULL, 4);

	if (!flow_of(s, c)->syn_ack_seen)
		return;
	send_third_ack(s, c, 64, false);
	for (unsigned k = 0; k < 5 && !half_acked(s, c, 0); k++)
		send_half(s, c, 0, false, 64, false);
	if (!half_acked(s, c, 0))
		return;
	if (asking && !rest)
		send_half(s, c, 1, false, 64, false);
	for (unsigned hop = 1; swept && hop <= s->hops; hop++)
		send_half(s, c, 0, false, hop, false);
	*i = (struct idler){.c = c,
			    .rest = rest,
			    .at = s->now + (rest ? rest : SECOND / 2),
			    .ttl = ttl,
			    .state = rest ? RESTING : BUSY};
	l->count++;
}

static void tick(struct scene *s, struct idler *i)
{
	const struct flow *f = flow_of(s, i->c);

	if (i->state >= SILENT)
		return;
	if (flow_reset(f) || f->server_fin) {
		i->state = ENDED;
		return;
	}
	if (i->state == WOKEN && f->received_count > i->received) {
		i->state = BUSY;
		i->at = s->now + SECOND / 2;
	}
	if (s->now < i->at)
		return;
	if (i->state == RESTING) {
		i->received = f->received_count;
		i->state = WOKEN;
	}
	if (i->state == WOKEN && i->tries++ == tries) {
		i->state = SILENT;
		return;
	}
	i->at = s->now + (i->state == BUSY ? SECOND / 2 : 2 * TICK);
	if (chatty && i->state == BUSY && i->sent++) {
		keep_alive(s, i->c, 2);
		send_half(s, i->c, 0, false, 64, false);
		return;
	}
	keep_alive(s, i->c, i->ttl);
}

static bool all_told(const struct ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].state < BUSY)
			return false;
	return true;
}

/* What befalls the server's side meanwhile. */
typedef void event_fn(struct scene *s, struct ladder *l);

static void run_until_told(struct scene *s, struct ladder *l, event_fn *event)
{
	while (!all_told(l)) {
		for (unsigned i = 0; i < l->count; i++)
			tick(s, &l->list[i]);
		if (event)
			event(s, l);
		scene_wait(s, TICK);
	}
}

static struct idler *find(struct ladder *l, bool rested, int state)
{
	for (unsigned i = 0; i < l->count; i++)
		if ((l->list[i].rest != 0) == rested &&
		    (int)l->list[i].state == state && l->list[i].ttl == 64)
			return &l->list[i];
	return NULL;
}

static void place_silence(struct scene *s, struct ladder *l)
{
	struct idler *silent = find(l, true, SILENT);
	struct idler *busy = find(l, false, BUSY);

	for (unsigned i = 0; i < rounds && silent && busy && !s->no_sweep;
	     i++) {
		for (unsigned ttl = 1; ttl <= s->hops; ttl++) {
			if (!swept && flow_quote(flow_of(s, silent->c),
						 SEGMENT_DATA, ttl))
				continue;
			keep_alive(s, silent->c, ttl);
			keep_alive(s, busy->c, ttl);
		}
		scene_wait(s, SECOND);
	}
}

static void place_resets(struct scene *s, struct ladder *l, event_fn *event)
{
	struct idler *busy = find(l, false, BUSY);
	struct idler *ended = find(l, true, ENDED);

	if (!busy || !ended || s->no_sweep)
		return;
	if (!uncontrolled)
		keep_alive(s, busy->c, s->hops);
	for (unsigned ttl = 1; ttl <= s->hops; ttl++)
		open_idler(s, l, ended->rest, ttl);
	if (!once)
		open_idler(s, l, ended->rest, s->hops);
	run_until_told(s, l, event);
}

/* As the live ladder. */
static struct report *judge_ladder_of(struct scene *s, const unsigned *each,
				      event_fn *event)
{
	static const int64_t rests[RESTS] = {0, SECOND, 2 * SECOND, 4 * SECOND};
	struct ladder l = {0};

	scene_begin(s);
	run_probe(s);
	for (unsigned i = 0; i < RESTS; i++)
		for (unsigned k = 0; k < each[i]; k++)
			open_idler(s, &l, rests[i], 64);
	run_until_told(s, &l, event);
	place_resets(s, &l, event);
	for (unsigned i = 0; i < later && !once && find(&l, true, SILENT); i++)
		open_idler(s, &l, find(&l, true, SILENT)->rest, 64);
	run_until_told(s, &l, event);
	place_silence(s, &l);
	for (unsigned i = 0; lasting && i < 100; i++) {
		for (unsigned k = 0; k < l.count; k++)
			tick(s, &l.list[k]);
		scene_wait(s, TICK);
	}
	if (!hasty)
		scene_wait(s, 1200 * MS);
	send_control(s, 1);
	return judge_scene(s);
}

/* ---- devices ------------------------------------------------------------- */

/* When a connection was last heard of, by its port. */
static int64_t heard[UINT16_MAX + 1];

static bool is_known(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	int64_t *at = &heard[p.tcp.source_port];

	if (p.transport == TRANSPORT_TCP && !(p.tcp.flags & TCP_FLAG_SYN) &&
	    s->now - *at > MEMORY)
		return false;
	if (p.transport == TRANSPORT_TCP)
		*at = s->now;
	return true;
}

static enum act forget(struct scene *s, struct wire *w)
{
	return is_known(s, w) ? PASS : DROP;
}

static enum act forget_with_reset(struct scene *s, struct wire *w)
{
	return is_known(s, w) ? PASS : RESET;
}

/* Every other connection only. */
static enum act forget_some(struct scene *s, struct wire *w)
{
	return is_known(s, w) || wire_parse(w).tcp.source_port & 1 ? PASS
								   : DROP;
}

/* What was silent for two seconds, and not what was for longer. */
static enum act forget_shorter(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	int64_t *at = &heard[p.tcp.source_port], silent = s->now - *at;

	if (p.transport != TRANSPORT_TCP)
		return PASS;
	if (!(p.tcp.flags & TCP_FLAG_SYN) &&
	    (*at == 0 || (silent > 3 * SECOND / 2 && silent < MEMORY))) {
		*at = 0;
		return DROP;
	}
	*at = s->now;
	return PASS;
}

/* After so long nothing passes any more, of whichever connection. */
static enum act break_down(struct scene *s, struct wire *w)
{
	struct packet p = wire_parse(w);
	const struct address from = hop_address(s, 0);
	const struct flow *f =
		observer_flow(s->o, &from, p.tcp.source_port, &p.ip.destination,
			      p.tcp.destination_port, IPPROTO_TCP);

	return p.transport == TRANSPORT_TCP && f &&
			       s->now - f->first_us > MEMORY
		       ? DROP
		       : PASS;
}

/* RSTs for what was silent for two seconds, and not for longer. */
static enum act reset_shorter(struct scene *s, struct wire *w)
{
	return forget_shorter(s, w) == DROP ? RESET : PASS;
}

/* A RST for some, nothing for others. */
static enum act forget_either_way(struct scene *s, struct wire *w)
{
	if (is_known(s, w))
		return PASS;
	return wire_parse(w).tcp.source_port & 1 ? RESET : DROP;
}

static int64_t delay_us;

static enum act delay(struct scene *s, struct wire *w)
{
	if (is_syn(w))
		scene_wait(s, delay_us);
	return PASS;
}

/* Keep-alives are lost for so long, once one is sent behind a silence. */
static int64_t woken_until, woken_for = 3 * SECOND / 2;

static bool lose_woken(struct scene *s, bool forward, const struct packet *p)
{
	struct address from = hop_address(s, 0);
	const struct flow *f =
		forward && p->transport == TRANSPORT_TCP
			? observer_flow(s->o, &from, p->tcp.source_port,
					&p->ip.destination,
					p->tcp.destination_port, IPPROTO_TCP)
			: NULL;

	if (!f || p->tcp.payload_length != 1)
		return false;
	if (f->received_count &&
	    s->now - f->received[f->received_count - 1]->time_us > MEMORY &&
	    s->now - f->first_us < 6 * SECOND)
		woken_until = s->now + woken_for;
	return s->now < woken_until;
}

/* For some time, one of several ways lets nothing through: half of the
 * connections, or a quarter of them. */
static struct outage {
	int64_t from, until;
	unsigned mask;
} outage;

static bool lose_on_a_way(struct scene *s, bool forward, const struct packet *p)
{
	uint32_t port = forward ? p->tcp.source_port : p->tcp.destination_port;

	return p->transport == TRANSPORT_TCP && s->now >= outage.from &&
	       s->now < outage.until &&
	       (port * 2654435761u >> 13 & outage.mask) == 0;
}

/* ---- the server ---------------------------------------------------------- */

/* It ends connections by itself, with these flags, and is gone. */
static void server_ends(struct scene *s, struct idler *i, uint8_t flags)
{
	const struct flow *f = flow_of(s, i->c);
	struct tcp_segment r = {.source_port = scene_port(s),
				.destination_port = i->c->port,
				.sequence = f->server_isn + 1,
				.acknowledgment = i->c->isn + 1 + HALF,
				.flags = flags};

	if (!flow_reset(f) && !f->server_fin)
		scene_reply(s, s->hops + 1, &r);
}

static void end_idle(struct scene *s, struct ladder *l, uint8_t flags)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct idler *one = &l->list[i];

		if (one->state == RESTING &&
		    one->at - s->now < one->rest - MEMORY)
			server_ends(s, one, flags);
	}
}

static void close_idle(struct scene *s, struct ladder *l)
{
	end_idle(s, l, TCP_FLAG_FIN | TCP_FLAG_ACK);
}

static void reset_idle(struct scene *s, struct ladder *l)
{
	end_idle(s, l, TCP_FLAG_RST);
}

/* All that have lived for so long, idle or not. */
static void close_old(struct scene *s, struct ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (s->now - flow_of(s, l->list[i].c)->first_us > MEMORY)
			server_ends(s, &l->list[i],
				    TCP_FLAG_FIN | TCP_FLAG_ACK);
}

/* Its time is up as soon as they are woken: by chance. */
static void reset_woken(struct scene *s, struct ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].rest > MEMORY && l->list[i].tries)
			server_ends(s, &l->list[i], TCP_FLAG_RST);
}

/* The same, of what was sent three hops far or more. */
static void reset_far(struct scene *s, struct ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].rest > MEMORY && l->list[i].tries &&
		    l->list[i].ttl >= 3)
			server_ends(s, &l->list[i], TCP_FLAG_RST);
}

/* It gives up on what it has not heard of for so long. */
static void close_unheard(struct scene *s, struct ladder *l)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->list[i].tries > TRIES / 2)
			server_ends(s, &l->list[i],
				    TCP_FLAG_FIN | TCP_FLAG_ACK);
}

/* ---- what is said -------------------------------------------------------- */

static void check_forgotten(struct scene s, int after, int at)
{
	for (int i = 0; i < 2; i++) {
		bool resets = s.box == forget_with_reset;
		struct scene run = s;
		struct report *r;

		run.ip6 = i;
		r = judge_ladder_of(&run, usual, NULL);
		check_report(r,
			     &(struct expected){
				     .status = STATUS_IMPAIRED,
				     .finding = "tcp.idle_forgotten",
				     .effect = EFFECT_IMPAIRS,
				     .direction = at == NOWHERE
							  ? DIRECTION_UNKNOWN
							  : DIRECTION_FORWARD,
				     .segment = SEGMENT_DATA,
				     .confidence = resets ? CONFIDENCE_LIKELY
							  : CONFIDENCE_PROVEN,
				     .after = after,
				     .at = at});
		CHECK(r, strstr(r->findings->text, "after 4.0 seconds"));
		CHECK(r, strstr(r->findings->text, "after 2.0 they"));
		report_free(r);
		scene_end(&run);
	}
}

static void test_silence(void **state)
{
	struct scene s = with_box(2, forget);

	(void)state;
	check_forgotten(s, 2, 3);
	s.no_timestamps = true; /* nothing tells how far it is */
	check_forgotten(s, NOWHERE, NOWHERE);
	s.no_timestamps = false;
	s.box_on_arrival = true;
	check_forgotten(s, 1, 2);
	s.box_at = 1;
	check_forgotten(s, 0, 1);
	check_forgotten(with_box(1, forget), 1, 2);
	/* Nothing quotes behind it: it may be the server, or the way back. */
	check_forgotten(with_box(4, forget), NOWHERE, NOWHERE);
	s = with_box(2, forget);
	s.silent[3] = true;
	check_forgotten(s, 2, 4);
	s.silent[4] = true;
	check_forgotten(s, NOWHERE, NOWHERE);
	s.no_sweep = true;
	check_forgotten(s, NOWHERE, NOWHERE);
}

static void test_reset(void **state)
{
	struct scene s = with_box(2, forget_with_reset);

	(void)state;
	check_forgotten(s, 2, 3);
	s.box_on_arrival = true;
	check_forgotten(s, 1, 2);
	check_forgotten(with_box(3, forget_with_reset), 3, 4);
}

/* How many connections show it; 0: it is not said. Ends the scene. */
static size_t count_told(struct scene *s, struct report *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->finding_count; i++)
		if (strcmp(r->findings[i].kind->id, "tcp.idle_forgotten") == 0)
			count = r->findings[i].connection_count;
	report_free(r);
	scene_end(s);
	return count;
}

static size_t count_forgotten(struct scene s, const unsigned *each)
{
	return count_told(&s, judge_ladder_of(&s, each, NULL));
}

/* Each number that it takes, and one less. */
static void test_enough(void **state)
{
	struct scene s = with_box(2, forget);

	(void)state;
	tries = KEEP_ALIVES_LOST_MIN;
	assert_int_equal(count_forgotten(s, usual), 4);
	tries--;
	assert_int_equal(count_forgotten(s, usual), 0);
	tries = TRIES;
	/* those that are busy */
	assert_int_equal(count_forgotten(s, (unsigned[]){2, 0, 0, 2}), 4);
	assert_int_equal(count_forgotten(s, (unsigned[]){1, 0, 0, 2}), 0);
	/* the last of them had no time */
	tries = KEEP_ALIVES_LOST_MIN;
	s.no_sweep = hasty = true;
	s.back = delay;
	assert_int_equal(count_forgotten(s, usual), 4);
	delay_us = 3 * TICK;
	assert_int_equal(count_forgotten(s, usual), 0);
	delay_us = 0;
	hasty = false;
	tries = TRIES;
	/* RSTs that nothing but the hop before them draws */
	s = with_box(4, forget_with_reset);
	s.box_on_arrival = true;
	assert_int_equal(count_forgotten(s, usual), 2);
	once = true;
	assert_int_equal(count_forgotten(s, usual), 0);
	once = false;
}

/* The two that are busy. */
static void speak(struct scene *s, const struct ladder *l)
{
	for (unsigned i = 0; i < 4; i++)
		keep_alive(s, l->list[i % 2].c, 64);
}

/* Four that rest, and are woken: a RST is drawn by as little as a TTL of 3.
 * The busy ones speak 1.2 s before, and then so long behind that, or before. */
static void wake(struct scene *s, struct ladder *l, bool resets, int64_t behind)
{
	unsigned first = l->count;

	for (unsigned i = 0; i < 4; i++)
		open_idler(s, l, 4 * SECOND, resets ? i + 1 : 64);
	scene_wait(s, SECOND);
	keep_alive(s, l->list[0].c, s->hops);
	speak(s, l);
	scene_wait(s, 18 * TICK);
	speak(s, l);
	scene_wait(s, 12 * TICK + (behind < 0 ? behind : 0));
	if (behind < 0) {
		speak(s, l);
		scene_wait(s, -behind);
	}
	for (unsigned k = 0; k < (resets ? 1 : KEEP_ALIVES_LOST_MIN); k++) {
		scene_wait(s, k ? TICK : 0);
		for (unsigned i = first; i < l->count; i++)
			keep_alive(s, l->list[i].c, l->list[i].ttl);
	}
	if (behind > 0) {
		scene_wait(s, behind);
		speak(s, l);
	}
}

static size_t count_woken(box_fn *box, int64_t behind)
{
	struct scene s = with_box(2, box);
	bool resets = box == forget_with_reset;
	struct ladder l = {0};

	scene_begin(&s);
	run_probe(&s);
	open_idler(&s, &l, 0, 64);
	open_idler(&s, &l, 0, 64);
	for (int i = 0; i < (resets ? 1 : 2); i++)
		wake(&s, &l, resets, behind);
	scene_wait(&s, 1200 * MS);
	send_control(&s, 1);
	return count_told(&s, judge_scene(&s));
}

/* What is answered a second later, or before a RST, was at another time. */
static void test_meanwhile(void **state)
{
	(void)state;
	assert_int_equal(count_woken(forget, 9 * TICK), 8);
	assert_int_equal(count_woken(forget, 11 * TICK), 0);
	assert_int_equal(count_woken(forget_with_reset, 9 * TICK), 2);
	assert_int_equal(count_woken(forget_with_reset, 11 * TICK), 0);
	assert_int_equal(count_woken(forget_with_reset, -9 * TICK), 2);
	assert_int_equal(count_woken(forget_with_reset, -11 * TICK), 0);
}

/* What else was sent tells no place; nor do too few copies. */
static void test_place(void **state)
{
	(void)state;
	swept = true;
	check_forgotten(with_box(2, forget), 2, 3);
	swept = false;
	rounds = KEEP_ALIVE_COPIES_MIN - 1;
	check_forgotten(with_box(2, forget), NOWHERE, NOWHERE);
	rounds = ROUNDS;
}

/* Of those whose keep-alives arrive, and are lost now and then, a RST says
 * nothing. */
static void test_resets_of_arrived(void **state)
{
	struct scene s = with_box(3, forget_with_reset);

	(void)state;
	s.ip6 = true;
	s.random = 807;
	s.lost = scene_loses_some;
	s.lost_count = 11;
	assert_int_equal(count_forgotten(s, (unsigned[]){3, 0, 2, 1}), 2);
}

static void check_innocent(struct scene s, const unsigned *each,
			   event_fn *event)
{
	for (int i = 0; i < 2; i++) {
		struct scene run = s;
		struct report *r;

		run.ip6 = i;
		r = judge_ladder_of(&run, each, event);
		CHECK(r, r->status == STATUS_CLEAR && !r->finding_count);
		report_free(r);
		scene_end(&run);
	}
}

static void test_innocent(void **state)
{
	struct scene s = scene();

	(void)state;
	check_innocent(s, usual, NULL);
	s.no_timestamps = true;
	check_innocent(s, usual, NULL);
	/* One that is forgotten is not enough, nor is one that is not. */
	check_innocent(with_box(2, forget), (unsigned[]){2, 2, 2, 1}, NULL);
	check_innocent(with_box(2, forget), (unsigned[]){1, 0, 0, 2}, NULL);
	check_innocent(with_box(2, forget_some), usual, NULL);
	check_innocent(with_box(2, forget_shorter), usual, NULL);
	check_innocent(with_box(2, break_down), usual, NULL);
	/* A RST may be the server's, unless it comes from before it. */
	check_innocent(with_box(4, forget_with_reset), usual, NULL);
	s = with_box(2, forget_with_reset);
	s.no_sweep = true;
	check_innocent(s, usual, NULL);
	uncontrolled = true;
	check_innocent(with_box(2, forget_with_reset), usual, NULL);
	uncontrolled = false;
	once = true;
	check_innocent(with_box(2, forget), usual, NULL);
	once = false;
	/* The server may tell those apart that it knows more of. */
	asking = true;
	check_innocent(with_box(2, forget), (unsigned[]){2, 0, 0, 2}, NULL);
	check_innocent(with_box(2, forget_with_reset), (unsigned[]){2, 0, 0, 2},
		       NULL);
	asking = false;
	/* Nor do other answers show that keep-alives would be answered, or
	 * those of another time. */
	chatty = true;
	check_innocent(with_box(2, forget), (unsigned[]){2, 0, 0, 2}, NULL);
	chatty = false;
	s = scene();
	s.lost = lose_woken;
	check_innocent(s, (unsigned[]){2, 0, 0, 2}, NULL);
	lasting = true;
	woken_for = 5 * SECOND;
	check_innocent(s, (unsigned[]){2, 0, 0, 2}, NULL);
	lasting = false;
	woken_for = 3 * SECOND / 2;
	check_innocent(with_box(2, reset_shorter), usual, NULL);
	later = 8;
	check_innocent(with_box(2, forget_either_way), (unsigned[]){2, 2, 2, 8},
		       NULL);
	later = 2;
}

/* Whatever becomes of segments for what the server has ended. */
static void test_server_ends(void **state)
{
	static event_fn *const events[] = {close_idle, reset_idle, close_old,
					   reset_woken};
	static box_fn *const boxes[] = {NULL, forget, break_down};
	struct scene s = scene();

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++)
			check_innocent(with_box(boxes[k] ? 4 : 0, boxes[k]),
				       usual, events[i]);
	check_innocent(with_box(2, forget), usual, close_unheard);
	check_innocent(scene(), usual, reset_far);
	s = with_box(3, forget_with_reset);
	s.box_on_arrival = true;
	check_innocent(s, (unsigned[]){2, 2, 3, 3}, close_unheard);
	s = scene();
	s.silent[1] = s.silent[2] = s.silent[3] = s.silent[4] = true;
	check_innocent(s, usual, reset_woken);
}

/* It makes nothing up, and hides nothing that would be there without. */
static void test_loss(void **state)
{
	unsigned found = 0;

	(void)state;
	for (unsigned seed = 1; seed < 300; seed++) {
		struct scene s = seed % 10 ? scene() : with_box(2, forget);
		struct report *r;

		s.random = seed;
		s.ip6 = seed & 1;
		s.lost = scene_loses_some;
		s.lost_count = seed % 10 ? seed % 70 : 3;
		r = judge_ladder_of(&s, usual, NULL);
		for (size_t i = 0; i < r->finding_count; i++) {
			const struct finding *f = &r->findings[i];

			if (strcmp(f->kind->id, "tcp.idle_forgotten") != 0)
				continue;
			CHECK(r, seed % 10 == 0 && f->after.ttl <= 2 &&
					 (!f->at.known || f->at.ttl >= 3));
			found++;
		}
		report_free(r);
		scene_end(&s);
	}
	assert_true(found >= 20);
}

static bool says(struct scene s, const unsigned *each, const char *words)
{
	struct report *r = judge_ladder_of(&s, each, NULL);
	bool said = strstr(r->verdict, words);

	report_free(r);
	scene_end(&s);
	return said;
}

/* What takes all is no finding, and told. */
static void test_all_silenced(void **state)
{
	static const unsigned two[RESTS] = {1, 1}, one[RESTS] = {1};
	struct scene s = with_box(2, break_down);

	(void)state;
	lasting = true;
	assert_true(says(s, two,
			 "2 of 2 connections without MPTCP, however, were not "
			 "answered any more after a time."));
	assert_false(says(s, one, "after a time"));
	assert_false(says(scene(), two, "after a time"));
	lasting = false;
	s.box = forget; /* it is a finding */
	assert_false(says(s, usual, "after a time"));
}

static void test_outage(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed < SEEDS; seed++) {
		struct scene s = scene();
		struct report *r;

		s.random = seed;
		s.next_port = (uint16_t)(10000 + scene_random(&s) % 40000);
		s.lost = lose_on_a_way;
		outage.from = s.now + SECOND +
			      (int64_t)(scene_random(&s) % (8 * SECOND));
		outage.until = outage.from +
			       (int64_t)(scene_random(&s) % (20 * SECOND));
		outage.mask = seed & 1 ? 1 : 3;
		r = judge_ladder_of(&s, usual, NULL);
		for (size_t i = 0; i < r->finding_count; i++)
			CHECK(r, strcmp(r->findings[i].kind->id,
					"tcp.idle_forgotten") != 0);
		report_free(r);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_enough),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_resets_of_arrived),
		cmocka_unit_test(test_innocent),
		cmocka_unit_test(test_server_ends),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_all_silenced),
		cmocka_unit_test(test_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
