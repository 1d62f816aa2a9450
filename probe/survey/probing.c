// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/probing.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "probe/net/complain.h"
#include "probe/net/target.h"
#include "probe/net/wire.h"
#include "probe/run/client.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/evidence.h"
#include "probe/survey/nearer.h"
#include "probe/survey/port_pool.h"
#include "probe/survey/slot.h"
#include "probe/survey/turns.h"
#include "probe/survey/window.h"
#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/report.h"

#define WAITING_MAX 4096
#define PLAIN_WAITING 16
#define READS_MAX 64 /* of some hundred frames each */
#define MAX_TTL 30
#define WALK_US 10000 /* from one look at all that wait to the next */

/* A target that waits, or is probed. */
struct probed {
	struct open_target target; /* its answers are owned */
	struct slot *slot;	   /* NULL: it waits */
	struct turn turn;
	struct probed *next;
};

struct queue {
	struct probed *first, **end;
	unsigned count;
};

struct probing {
	struct probing_config config;
	struct live_host host;
	struct wire *wire;
	struct port_pool *ports;
	struct evidence *evidence;
	struct queue waiting, to_sweep, running;
	struct turns turns;
	int64_t sweeps_us; /* when one that waits may begin; 0: who knows */
	int64_t walked_us; /* when that was looked at */
	int exit_code;
};

/* --- queues -------------------------------------------------------------- */

static void queue_init(struct queue *q)
{
	*q = (struct queue){.end = &q->first};
}

static void append(struct queue *q, struct probed *t)
{
	t->next = NULL;
	*q->end = t;
	q->end = &t->next;
	q->count++;
}

static struct probed *take_out(struct queue *q, struct probed **at)
{
	struct probed *t = *at;

	*at = t->next;
	if (!*at)
		q->end = at;
	q->count--;
	return t;
}

static void free_probed(struct probed *t)
{
	for (unsigned i = 0; i < SYN_KINDS; i++)
		free(t->target.answers[i]);
	slot_free(t->slot);
	free(t);
}

static void free_queue(struct queue *q)
{
	while (q->first)
		free_probed(take_out(q, &q->first));
}

/* --- whom to probe ------------------------------------------------------- */

bool probing_takes_plain(const struct probing *p)
{
	return p->to_sweep.count < PLAIN_WAITING;
}

void probing_add(struct probing *p, struct open_target *o)
{
	struct probed *t = must_have(calloc(1, sizeof(*t)));

	t->target = *o;
	t->turn = turn_of(o);
	memset(o->answers, 0, sizeof(o->answers));
	append(turn_needs_place(&t->turn) ? &p->to_sweep : &p->waiting, t);
	p->sweeps_us = 0;
}

bool probing_has_room(const struct probing *p)
{
	return probing_waiting(p) < WAITING_MAX;
}

unsigned probing_running(const struct probing *p)
{
	return p->running.count;
}

unsigned probing_waiting(const struct probing *p)
{
	return p->waiting.count + p->to_sweep.count;
}

/* --- what comes in ------------------------------------------------------- */

static struct slot *slot_of(const struct probing *p, const struct address *a)
{
	for (const struct probed *t = p->running.first; t; t = t->next)
		if (slot_has(t->slot, a))
			return t->slot;
	return NULL;
}

static bool is_ours(const struct probing *p, const struct address *a)
{
	return address_equal(a, &p->config.sources[a->family == 6]);
}

/* Of an ICMP error, whom the packet was for that it quotes. */
static bool quoted_target(const struct packet *packet, struct address *out)
{
	struct packet quote;

	if (packet->transport != TRANSPORT_ICMP_ERROR ||
	    !packet_parse_quote(packet->icmp.quote, packet->icmp.quote_length,
				&quote))
		return false;
	*out = quote.ip.destination;
	return true;
}

static void take_frame(void *context, const struct wire_frame *f)
{
	struct probing *p = context;
	struct address other;
	struct packet packet;
	struct slot *slot;
	const uint8_t *ip;
	size_t length;

	if (!link_find_ip(f->link_type, f->bytes, f->captured, &ip, &length) ||
	    !packet_parse(ip, length, &packet))
		return;
	other = is_ours(p, &packet.ip.source) ? packet.ip.destination
					      : packet.ip.source;
	if (quoted_target(&packet, &other))
		turns_see(&p->turns, &packet, &other, live_now_us());
	slot = slot_of(p, &other);
	if (slot)
		slot_take(slot, f);
}

/* --- what the probes share ----------------------------------------------- */

static uint16_t take_port(void *context, const struct live *live,
			  const struct address *source, bool udp)
{
	struct probing *p = context;
	struct slot *s = live->owner;

	return port_pool_take(p->ports, &s->ports, source, udp,
			      live->next_port);
}

/* Where a server announced, if nobody asked not to be asked there, and no other
 * probe is to get what comes from there. */
static bool follow(void *context, struct live *live,
		   const struct address *address)
{
	const struct probing *p = context;

	return !blocklist_blocks(
		       p->config.blocklist, address,
		       address_is_private(&live->targets[0].address)) &&
	       !slot_of(p, address);
}

static void count_sent(void *context, size_t length)
{
	const struct probing *p = context;

	p->config.sent(p->config.context, length);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* --- beginning ----------------------------------------------------------- */

static void fill_target(const struct probing *p, const struct open_target *o,
			struct target *out)
{
	const struct probing_config *c = &p->config;
	unsigned six = o->target.address.family == 6;

	*out = (struct target){
		.address = o->target.address,
		.route = {.source = c->sources[six], .mtu = c->mtu[six]},
		.bound = c->bind_interface};
	snprintf(out->route.interface, sizeof(out->route.interface), "%s",
		 c->interface);
	address_text(&o->target.address, out->name.host);
	out->name.port = o->target.port;
}

static void begin(struct probing *p, struct probed *t)
{
	const struct probe_settings settings = {
		.first_ttl = t->turn.first_ttl,
		.max_ttl = t->turn.first_ttl == FULL_TTL ? FULL_TTL : MAX_TTL,
		.mptcp_version = p->config.mptcp_version,
		.mute = !turn_speaks(&t->turn),
		.place = t->turn.near.place,
		.distance = turn_asks_distance(&t->turn),
	};
	struct target target;

	fill_target(p, &t->target, &target);
	t->slot = slot_new(&p->host, &target, t->target.target.port, &settings);
	if (t->slot) {
		append(&p->running, t);
		return;
	}
	p->exit_code = failure(EXIT_SYSTEM, "no memory");
	free_probed(t);
}

/* One address is probed once at a time: on another port, it waits. */
static struct probed **find_free(const struct probing *p, struct queue *q)
{
	struct probed **at = &q->first;

	while (*at && slot_of(p, &(*at)->target.target.address))
		at = &(*at)->next;
	return *at ? at : NULL;
}

/* When it is to be looked who of those that wait may begin. */
static int64_t looks_us(const struct probing *p)
{
	int64_t next_us = p->walked_us + WALK_US;

	return p->sweeps_us > next_us ? p->sweeps_us : next_us;
}

/* Those at known places go side by side, but no sweep waits longer for them. */
static void begin_sweeps(struct probing *p, int64_t now_us)
{
	struct probed **at = &p->to_sweep.first;
	bool waits[2] = {false};

	if (now_us < looks_us(p))
		return;
	p->sweeps_us = INT64_MAX;
	p->walked_us = now_us;
	while (*at && !p->exit_code && p->running.count < p->config.at_once) {
		struct probed *t = *at;
		struct located_place near = turns_place(&p->turns, &t->turn);
		bool *sweep_waits = &waits[t->turn.target.family == 6];
		int64_t may_us =
			slot_of(p, &t->turn.target)
				? INT64_MAX
				: turns_due_us(&p->turns, &t->turn, &near,
					       *sweep_waits, now_us);

		*sweep_waits |= !near.number;
		if (may_us > now_us) {
			p->sweeps_us = earlier(p->sweeps_us, may_us);
			at = &t->next;
			continue;
		}
		turns_begin(&p->turns, &t->turn, &near);
		begin(p, take_out(&p->to_sweep, at));
	}
	if (p->running.count == p->config.at_once)
		p->sweeps_us = 0;
}

static void begin_others(struct probing *p)
{
	struct probed **at;

	while (!p->exit_code && p->running.count < p->config.at_once &&
	       (at = find_free(p, &p->waiting)))
		begin(p, take_out(&p->waiting, at));
}

/* --- ending -------------------------------------------------------------- */

static void write_evidence(struct probing *p, struct probed *t, json_t *probe)
{
	const struct survey_target *o = &t->target.target;
	char name[EVIDENCE_NAME];
	size_t length;
	const void *bytes = slot_captured(t->slot, &length);

	if (!bytes || !p->evidence)
		return;
	evidence_name(&o->address, o->port, name);
	if (evidence_write(p->evidence, name, bytes, length))
		p->exit_code =
			failure(EXIT_OUTPUT, "%s/%s: %s", EVIDENCE_DIRECTORY,
				name, strerror(errno));
	json_object_set_new(probe, "evidence",
			    json_sprintf("%s/%s", EVIDENCE_DIRECTORY, name));
}

/* Where no hop was asked, whether the SYN/ACKs come from as far as the target's
 * own answer. */
static void tell_nearer(const struct probed *t, const struct report *r,
			json_t *probe)
{
	enum nearer nearer = nearer_of(r);

	if (turn_asks_distance(&t->turn))
		json_object_set_new(
			probe, "as_far",
			nearer == NEARER_UNKNOWN
				? json_null()
				: json_boolean(nearer == NEARER_ALIKE));
}

/* Which hops were asked. */
static void tell_hops(const struct probed *t, json_t *probe)
{
	const struct known_place *place = &t->turn.near.place;
	json_t *first = json_null();

	if (t->turn.near.number)
		first = json_integer(place->first);
	else if (t->turn.first_ttl != FULL_TTL)
		first = json_integer(t->turn.first_ttl);
	json_object_set_new(probe, "first_ttl", first);
	if (t->turn.near.number)
		json_object_set_new(probe, "last_ttl",
				    json_integer(place->last));
}

static void tell(struct probing *p, struct probed *t, const struct report *r)
{
	json_t *probe = must_have(json_probe(r));
	char *text;

	tell_hops(t, probe);
	tell_nearer(t, r, probe);
	if (r->finding_count)
		write_evidence(p, t, probe);
	text = must_have(json_on_a_line(probe));
	if (!p->exit_code)
		p->config.done(p->config.context, &t->target, text);
	free(text);
	json_decref(probe);
}

static void probe_again(struct probing *p, struct probed *t)
{
	slot_free(t->slot);
	t->slot = NULL;
	append(&p->to_sweep, t);
}

static void finish(struct probing *p, struct probed *t)
{
	struct report *r = slot_judge(t->slot);

	if (turns_end(&p->turns, &t->turn, r, live_now_us())) {
		probe_again(p, t);
	} else {
		tell(p, t, r);
		free_probed(t);
	}
	p->sweeps_us = 0;
	report_free(r);
}

/* --- the loop ------------------------------------------------------------ */

static void step_running(struct probing *p, int64_t now_us)
{
	struct probed **at = &p->running.first;

	while (*at && !p->exit_code) {
		if (slot_step((*at)->slot, now_us))
			at = &(*at)->next;
		else
			finish(p, take_out(&p->running, at));
	}
}

/* All that is there, so that nobody takes for silence what waits to be read. */
static void receive(struct probing *p)
{
	int frames = 1;

	for (unsigned i = 0; i < READS_MAX && frames > 0; i++)
		frames = wire_poll(p->wire, 0, take_frame, p);
	if (frames < 0)
		p->exit_code = failure(wire_exit_code(p->wire), "%s",
				       wire_error(p->wire));
}

int probing_step(struct probing *p, bool may_send)
{
	int64_t now_us;

	receive(p);
	if (p->exit_code || !may_send)
		return p->exit_code;
	now_us = live_now_us();
	begin_sweeps(p, now_us);
	begin_others(p);
	step_running(p, now_us);
	return p->exit_code;
}

void probing_begin_no_more(struct probing *p)
{
	p->config.at_once = 0;
}

int64_t probing_wakes_us(const struct probing *p)
{
	int64_t at = INT64_MAX;

	for (const struct probed *t = p->running.first; t; t = t->next)
		at = earlier(at, t->slot->seen ? 0 : t->slot->due_us);
	return p->running.count >= p->config.at_once || !p->to_sweep.first
		       ? at
		       : earlier(at, looks_us(p));
}

int probing_fd(const struct probing *p)
{
	return wire_fd(p->wire);
}

void probing_end(struct probing *p)
{
	for (struct probed *t = p->running.first; t; t = t->next)
		slot_end(t->slot);
}

/* --- opening ------------------------------------------------------------- */

/* All that this host exchanges by TCP and UDP but the first stage, and the ICMP
 * to it: whose it is, is told later. */
static void make_filter(const struct probing_config *c, char *text, size_t size)
{
	char hosts[2 * ADDRESS_TEXT + 20], one[ADDRESS_TEXT];
	size_t used = 0;

	for (unsigned i = 0; i < 2; i++)
		if (c->sources[i].family)
			used += (size_t)snprintf(
				hosts + used, sizeof(hosts) - used, "%shost %s",
				used ? " or " : "",
				address_text(&c->sources[i], one));
	snprintf(text, size,
		 "(%s) and (udp or icmp or icmp6 or (tcp and not portrange "
		 "%u-%u))",
		 hosts, c->first_port, c->last_port);
}

static int open_wire(struct probing *p)
{
	const struct probing_config *c = &p->config;
	char filter[400], error[300];
	struct wire_config config = {
		.uplink_count = 1,
		.uplinks = {{.interface = c->interface,
			     .bind_interface = c->bind_interface,
			     .ipv4 = c->sources[0].family,
			     .ipv6 = c->sources[1].family,
			     .source4 = c->sources[0],
			     .source6 = c->sources[1]}},
		.filter = filter,
	};
	int code = EXIT_SYSTEM;

	make_filter(c, filter, sizeof(filter));
	p->wire = wire_open(&config, error, sizeof(error), &code);
	return p->wire ? 0 : failure(code, "%s", error);
}

static int open_all(struct probing *p)
{
	const struct probing_config *c = &p->config;
	int code;

	if (c->evidence != -1)
		p->evidence = evidence_new(c->evidence);
	if (c->evidence != -1 && !p->evidence)
		return failure(EXIT_SYSTEM, "no process: %s", strerror(errno));
	code = open_wire(p);
	if (code)
		return code;
	p->ports = port_pool_new(c->interface, c->first_port, c->last_port);
	return p->ports ? 0 : failure(EXIT_SYSTEM, "no memory");
}

struct probing *probing_open(const struct probing_config *c, int *exit_code)
{
	struct probing *p = must_have(calloc(1, sizeof(*p)));

	p->config = *c;
	queue_init(&p->waiting);
	queue_init(&p->to_sweep);
	queue_init(&p->running);
	*exit_code = open_all(p);
	p->host = (struct live_host){.wire = p->wire,
				     .port = take_port,
				     .follow = follow,
				     .sent = count_sent,
				     .context = p};
	if (!*exit_code)
		return p;
	probing_close(p);
	return NULL;
}

void probing_close(struct probing *p)
{
	if (!p)
		return;
	free_queue(&p->running);
	free_queue(&p->to_sweep);
	free_queue(&p->waiting);
	port_pool_free(p->ports);
	wire_close(p->wire);
	evidence_free(p->evidence);
	free(p);
}
