/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/live.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "probe/net/clock.h"
#include "probe/net/complain.h"
#include "probe/net/guard.h"
#include "probe/net/names.h"
#include "probe/net/target.h"
#include "probe/net/ticker.h"
#include "probe/net/wire.h"
#include "probe/run/client.h"
#include "report/arena.h"
#include "report/track/anonymous.h"
#include "report/track/observer.h"

/* A copy that was not captured after this time, while the kernel lost no
 * frame, did not leave: long enough for a machine under heavy load. */
#define DEPARTURE_US 2000000
#define LINGER_US 20000

/* --- numbers and ports --------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static bool
fail(struct live *live, int exit_code, const char *format, ...)
{
	va_list list;

	if (live->exit_code)
		return false;
	live->exit_code = exit_code;
	va_start(list, format);
	vsnprintf(live->error, sizeof(live->error), format, list);
	va_end(list);
	return false;
}

static uint64_t next_of_seed(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t live_random(struct live *live)
{
	struct random *r = &live->random;
	ssize_t size = sizeof(r->pool);

	if (r->seeded)
		return next_of_seed(r);
	if (!r->left && getrandom(r->pool, sizeof(r->pool), 0) != size)
		fail(live, EXIT_SYSTEM, "no random numbers: %s",
		     strerror(errno));
	else if (!r->left)
		r->left = RANDOM_POOL;
	return r->left ? r->pool[--r->left] : 0;
}

uint32_t live_random32(struct live *live)
{
	return (uint32_t)(live_random(live) >> 32);
}

/* --- opening and closing ------------------------------------------------- */

static void init(struct live *live, const uint64_t *seed)
{
	memset(live, 0, sizeof(*live));
	live->random.seeded = seed != NULL;
	live->random.state = seed ? *seed : 0;
	live->next_id = (uint16_t)live_random(live);
	live->next_port = guard_wanted(live_random(live));
}

/* The TCP and UDP of the targets, both ways, and the ICMP to us. */
static void make_filter(const struct live_config *c, char *filter, size_t size)
{
	char kind[24] = "(tcp or udp)";
	size_t used = 0;

	if (c->port)
		snprintf(kind, sizeof(kind), "tcp port %u", c->port);
	for (unsigned i = 0; i < c->target_count; i++) {
		const struct target *t = &c->targets[i];
		char target[ADDRESS_TEXT], source[ADDRESS_TEXT];

		address_text(&t->address, target);
		address_text(&t->route.source, source);
		used += (size_t)snprintf(
			filter + used, size - used,
			"%s(host %s and host %s and %s) or (host %s and %s)",
			i ? " or " : "", target, source, kind, source,
			t->address.family == 6 ? "icmp6" : "icmp");
	}
}

/* It sends from one address of a family. */
static bool is_uplink(const struct uplink_config *u, const struct target *t)
{
	const struct address *own =
		t->route.source.family == 4 ? &u->source4 : &u->source6;

	return strcmp(u->interface, t->route.interface) == 0 &&
	       (!own->family || address_equal(own, &t->route.source));
}

/* The uplink of this way; another one if there is room. */
static struct uplink_config *uplink_for(struct wire_config *w,
					const struct target *t)
{
	unsigned i = 0;

	while (i < w->uplink_count && !is_uplink(&w->uplinks[i], t))
		i++;
	if (i == UPLINKS_MAX)
		return &w->uplinks[0];
	if (i == w->uplink_count)
		w->uplinks[w->uplink_count++] = (struct uplink_config){
			.interface = t->route.interface,
			.bind_interface = t->bound,
		};
	return &w->uplinks[i];
}

static void take_target(struct wire_config *w, const struct target *t)
{
	struct uplink_config *u = uplink_for(w, t);

	if (t->route.source.family == 4 && !u->ipv4) {
		u->ipv4 = true;
		u->source4 = t->route.source;
	} else if (t->route.source.family == 6 && !u->ipv6) {
		u->ipv6 = true;
		u->source6 = t->route.source;
	}
}

static void take_owner(struct wire_config *w, const struct target *t)
{
	if (w->owner_count == UPLINKS_MAX)
		return;
	route_owner(&t->route.source, w->owners[w->owner_count]);
	w->owner_count += *w->owners[w->owner_count] != '\0';
}

/* --- what may be shown ---------------------------------------------------- */

const struct observer *live_shown(const struct live *live)
{
	return live->anonymous ? live->covered : live->observer;
}

static const uint8_t *cover_frame(void *context, const struct wire_frame *f)
{
	struct live *live = context;

	live->cover = anonymous_frame(live->anonymous, live->covered,
				      f->link_type, f->bytes, f->captured);
	return live->cover;
}

static const char *cover_name(void *context, const char *name,
			      char text[IF_NAMESIZE])
{
	struct live *live = context;

	return anonymous_interface(live->anonymous, name, text);
}

_Static_assert(ANONYMOUS_INTERFACE == IF_NAMESIZE, "one name fits the other");

static bool open_cover(struct live *live, struct anonymous *a)
{
	live->anonymous = a;
	live->covering = (struct wire_cover){cover_frame, cover_name, live};
	live->covered = a ? observer_new() : NULL;
	return !a || live->covered;
}

/* This run sends from this address. */
static void own(struct live *live, const struct address *source)
{
	struct address shown = anonymous_address(live->anonymous, source);

	observer_own(live->observer, source);
	if (live->anonymous)
		observer_own(live->covered, &shown);
}

static int open_wire(struct live *live, const struct live_config *c)
{
	char error[300];
	int code = EXIT_SYSTEM;
	struct wire_config config = {
		.filter = live->filter,
		.write_file = c->write_file,
		.cover = live->anonymous ? &live->covering : NULL,
	};

	make_filter(c, live->filter, sizeof(live->filter));
	live->targets = calloc(c->target_count, sizeof(*live->targets));
	if (!live->targets)
		return failure(EXIT_SYSTEM, "no memory");
	live->target_count = c->target_count;
	memcpy(live->targets, c->targets,
	       c->target_count * sizeof(*live->targets));
	for (unsigned i = 0; i < c->target_count; i++)
		take_target(&config, &c->targets[i]);
	for (unsigned i = 0; i < c->target_count && c->owners; i++)
		take_owner(&config, &c->targets[i]);
	live->wire = wire_open(&config, error, sizeof(error), &code);
	return live->wire ? 0 : failure(code, "%s", error);
}

int live_open(struct live *live, const struct live_config *c)
{
	int code;

	init(live, c->seed);
	if (live->exit_code)
		return failure(live->exit_code, "%s", live->error);
	/* First: its process shall have none of what is opened next. */
	live->names =
		c->names || c->origins ? names_new(c->names, c->origins) : NULL;
	if (!open_cover(live, c->anonymous))
		return failure(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	code = open_wire(live, c);
	if (code != 0)
		return code;
	live->guard = guard_new(c->targets[0].route.interface);
	live->observer = observer_new();
	if (!live->guard || !live->observer)
		return failure(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	for (unsigned i = 0; i < live->target_count; i++)
		own(live, &live->targets[i].route.source);
	return 0;
}

void live_close(struct live *live)
{
	names_free(live->names);
	guard_free(live->guard);
	observer_free(live->observer);
	observer_free(live->covered);
	departures_free(&live->departures);
	free(live->targets);
	if (!live->host)
		wire_close(live->wire);
}

bool live_join(struct live *live, const struct live_host *host,
	       const struct target *target)
{
	init(live, NULL);
	live->host = host;
	live->wire = host->wire;
	live->observer = observer_new();
	live->targets = malloc(sizeof(*target));
	if (!live->observer || !live->targets)
		return false;
	*live->targets = *target;
	live->target_count = 1;
	observer_own(live->observer, &target->route.source);
	return !live->exit_code;
}

void live_linger(struct live *live)
{
	int64_t end = live_now_us() + LINGER_US;

	while (live->departures.count && !live->exit_code &&
	       live_now_us() < end)
		live_poll(live, end);
}

struct destination live_destination(struct live *live, const struct target *t,
				    uint16_t port)
{
	unsigned headers = t->address.family == 6 ? 60 : 40;
	unsigned mtu = t->route.mtu > 9000 ? 9000 : t->route.mtu;

	return (struct destination){
		.live = live,
		.source = t->route.source,
		.target = t->address,
		.port = port,
		.mss = (uint16_t)(mtu > headers + 536 ? mtu - headers : 536),
	};
}

static bool is_target(const struct live *live, const struct address *address)
{
	for (unsigned i = 0; i < live->target_count; i++)
		if (address_equal(&live->targets[i].address, address))
			return true;
	return false;
}

/* By the way of a target that is probed from this source. */
static bool has_route(const struct live *live, const struct address *source,
		      const struct address *address)
{
	for (unsigned i = 0; i < live->target_count; i++)
		if (address_equal(&live->targets[i].route.source, source))
			return route_is(address, &live->targets[i].route);
	return false;
}

static bool widen_filter(struct live *live, const struct address *source,
			 const struct address *address)
{
	char from[ADDRESS_TEXT], to[ADDRESS_TEXT];
	size_t used = strlen(live->filter);

	address_text(source, from);
	address_text(address, to);
	snprintf(live->filter + used, sizeof(live->filter) - used,
		 " or (host %s and host %s and tcp)", to, from);
	return wire_filter(live->wire, live->filter) == 0;
}

static bool take_in(struct live *live, const struct address *source,
		    const struct address *address)
{
	if (!has_route(live, source, address))
		return false;
	return live->host
		       ? live->host->follow(live->host->context, live, address)
		       : widen_filter(live, source, address);
}

bool live_follow(struct live *live, const struct address *source,
		 const struct address *address)
{
	struct followed *f = live->followed;

	if (is_target(live, address))
		return true;
	for (unsigned i = 0; i < live->followed_count; i++, f++)
		if (address_equal(&f->address, address) &&
		    address_equal(&f->source, source))
			return f->reached;
	if (live->followed_count == FOLLOWED_MAX)
		return false;
	live->followed_count++;
	f->address = *address;
	f->source = *source;
	f->reached = take_in(live, source, address);
	return f->reached;
}

bool live_finish(struct live *live)
{
	live_linger(live);
	return wire_finish_file(live->wire) == 0
		       ? live->exit_code == 0
		       : fail(live, EXIT_OUTPUT, "%s", wire_error(live->wire));
}

bool live_cut_short(const struct live *live)
{
	return live->exit_code == EXIT_INTERRUPTED ||
	       live->exit_code == EXIT_INTERFACE;
}

/* --- sending -------------------------------------------------------------- */

static uint16_t reserve(const struct live *live, const struct address *source,
			bool udp)
{
	if (live->host)
		return live->host->port(live->host->context, live, source, udp);
	return udp ? guard_udp_port(live->guard, source, live->next_port)
		   : guard_port(live->guard, source, live->next_port);
}

uint16_t live_port(struct live *live, const struct address *source, bool udp)
{
	uint16_t port;

	own(live, source);
	port = reserve(live, source, udp);
	if (port == 0)
		fail(live,
		     errno == EADDRNOTAVAIL ? EXIT_INTERRUPTED : EXIT_SYSTEM,
		     "cannot reserve a source port: %s", strerror(errno));
	/* Odd and even by turns: what goes by that meets one of two connections
	 * that are opened one behind the other. */
	live->next_port = (uint16_t)((guard_wanted(live_random(live)) & ~1u) |
				     !(port & 1));
	return port;
}

int64_t live_now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static bool fail_to_send(struct live *live)
{
	if (wire_exit_code(live->wire))
		return fail(live, wire_exit_code(live->wire), "%s",
			    wire_error(live->wire));
	if (errno == ENETUNREACH || errno == EHOSTUNREACH)
		return fail(live,
			    live->has_sent ? EXIT_INTERRUPTED : EXIT_UNKNOWN,
			    "no route: %s", wire_error(live->wire));
	if (errno == EMSGSIZE)
		return fail(live, EXIT_INTERRUPTED, "%s",
			    wire_error(live->wire));
	if (errno == EPERM)
		return fail(live, EXIT_SYSTEM,
			    "a firewall of this host refuses to send the "
			    "probes (look at its OUTPUT rules)");
	return fail(live, EXIT_SYSTEM, "%s", wire_error(live->wire));
}

/* A RST of ours: it goes out whatever ended the run, so that no server keeps a
 * connection for it. */
static bool is_reset(const struct ip_envelope *envelope, const uint8_t *payload,
		     size_t length)
{
	return envelope->protocol == IPPROTO_TCP && length >= 20 &&
	       payload[13] & TCP_FLAG_RST;
}

/* Behind its header, whose length is in its words of 4 bytes. */
static bool has_payload(const struct ip_envelope *envelope,
			const uint8_t *payload, size_t length)
{
	return envelope->protocol == IPPROTO_TCP && length >= 20 &&
	       length > (size_t)(payload[12] >> 4) * 4;
}

static void count_sent(const struct live *live, size_t length)
{
	if (live->host)
		live->host->sent(live->host->context, length);
}

bool live_send(struct live *live, struct ip_envelope *envelope,
	       const uint8_t *payload, size_t length)
{
	uint8_t packet[PACKET_MAX];
	long sent;

	if (live->exit_code && !is_reset(envelope, payload, length))
		return false;
	if (live->mute && has_payload(envelope, payload, length))
		return true;
	if (++live->next_id == 0)
		live->next_id++;
	envelope->id = live->next_id;
	sent = wire_send(live->wire, envelope, payload, length, packet,
			 sizeof(packet));
	if (sent < 0)
		return fail_to_send(live);
	live->has_sent = true;
	count_sent(live, (size_t)sent);
	departures_add(&live->departures, packet, (size_t)sent, live_now_us());
	return true;
}

bool live_send_fragments(struct live *live, struct ip_envelope *envelope,
			 const uint8_t *payload, size_t length, size_t size)
{
	if (live->exit_code)
		return false;
	if (live->mute && has_payload(envelope, payload, length))
		return true;
	count_sent(live, length);
	envelope->dont_fragment = false;
	/* The kernel would replace an identification of 0. */
	return wire_send_fragments(live->wire, envelope,
				   live_random32(live) | 1, payload, length,
				   size) == 0 ||
	       errno == EPERM || errno == EMSGSIZE || fail_to_send(live);
}

/* Of the probe that did not leave as it was crafted: names its uplink. */
static const char *source_text(const struct live *live, bool changed,
			       char text[ADDRESS_TEXT])
{
	struct address a = departures_source(&live->departures, changed);

	return a.family ? address_text(&a, text) : "this host";
}

/* Every packet of ours must be captured as it was crafted. */
static void check_departure(struct live *live, const uint8_t *ip, size_t length)
{
	char text[ADDRESS_TEXT];
	size_t at;

	if (departures_see(&live->departures, ip, length, &at) == PROBE_CHANGED)
		fail(live, EXIT_SYSTEM,
		     "a firewall of this host changes the probes from %s "
		     "before they leave (byte %zu of the packet): look at its "
		     "OUTPUT and POSTROUTING rules, or probe from another host",
		     source_text(live, true, text), at);
}

/* What comes in from an address of ours is no packet of ours, or came back. */
static bool came_back(const struct live *live, const uint8_t *ip, size_t length)
{
	struct packet p;

	return packet_parse(ip, length, &p) &&
	       observer_owns(live->observer, &p.ip.source);
}

/* Where a frame was seen, as the capture that is written tells it. */
static void set_place(struct observer *o, const struct wire_frame *f,
		      const char *interface)
{
	o->interface = f->interface;
	o->way = LINK_WAY_UNKNOWN;
	if (!f->interface)
		return;
	observer_name_interface(o, interface);
	if (f->way != WAY_BOTH)
		o->way = f->way == WAY_OUT ? LINK_WAY_OUT : LINK_WAY_IN;
}

static void observe(struct observer *o, const struct wire_frame *f,
		    const uint8_t *bytes, bool back)
{
	if (back)
		observer_came_back(o, f->link_type, f->time_us, bytes,
				   f->captured);
	else
		observer_frame(o, f->link_type, f->number, f->time_us, bytes,
			       f->captured, f->length);
}

void live_take(struct live *live, const struct wire_frame *f)
{
	const char *interface = wire_interface_name(live->wire, f->interface);
	char name[ANONYMOUS_INTERFACE];
	const uint8_t *ip;
	size_t available;
	bool has_ip = link_find_ip(f->link_type, f->bytes, f->captured, &ip,
				   &available);
	bool back =
		has_ip && f->way == WAY_IN && came_back(live, ip, available);

	if (has_ip && f->way != WAY_IN)
		check_departure(live, ip, available);
	set_place(live->observer, f, interface);
	observe(live->observer, f, f->bytes, back);
	if (!live->anonymous)
		return;
	set_place(live->covered, f,
		  anonymous_interface(live->anonymous, interface, name));
	observe(live->covered, f, live->cover, back);
}

static void on_frame(void *context, const struct wire_frame *f)
{
	live_take(context, f);
}

bool live_check(struct live *live)
{
	char text[ADDRESS_TEXT];

	if (departures_since(&live->departures) >=
		    live_now_us() - DEPARTURE_US ||
	    wire_dropped(live->wire) != 0)
		return true;
	return fail(live, EXIT_SYSTEM,
		    "a probe from %s never left: this host's firewall, or a "
		    "link down",
		    source_text(live, false, text));
}

bool live_poll(struct live *live, int64_t deadline_us)
{
	int64_t tick_us = ticker_tick();
	int64_t left =
		(tick_us < deadline_us ? tick_us : deadline_us) - live_now_us();
	int timeout = left <= 0	       ? 0
		      : left > 1000000 ? 1000
				       : (int)((left + 999) / 1000);
	int frames = wire_poll(live->wire, timeout, on_frame, live);

	if (frames < 0)
		return fail(live, wire_exit_code(live->wire), "%s",
			    wire_error(live->wire));
	return !live->exit_code && live_check(live);
}
