/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/run/session.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "probe/command.h"
#include "probe/net/guard.h"
#include "probe/net/names.h"
#include "probe/net/wire.h"
#include "report/track/observer.h"

#define PACKET_MAX 1600
/* A copy that was not captured after this time, while the kernel lost no
 * frame, did not leave: long enough for a machine under heavy load. */
#define DEPARTURE_US 2000000

/* A packet on its way out: what its captured copy must look like. */
struct departure {
	size_t length;
	int64_t sent_us;
	uint8_t bytes[PACKET_MAX];
};

void session_init(struct session *s, uint64_t seed)
{
	memset(s, 0, sizeof(*s));
	s->random.state = seed;
	s->next_id = (uint16_t)session_random(s);
	s->next_port = (uint16_t)(32768 + session_random(s) % 28000);
}

void session_end(struct session *s)
{
	names_free(s->names);
	guard_free(s->guard);
	observer_free(s->observer);
	free(s->departures);
	wire_close(s->wire);
}

uint64_t session_random(struct session *s)
{
	uint64_t z = s->random.state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t session_random32(struct session *s)
{
	return (uint32_t)(session_random(s) >> 32);
}

__attribute__((format(printf, 3, 4))) static bool
fail(struct session *s, int exit_code, const char *format, ...)
{
	va_list list;

	if (s->exit_code)
		return false;
	s->exit_code = exit_code;
	va_start(list, format);
	vsnprintf(s->error, sizeof(s->error), format, list);
	va_end(list);
	return false;
}

uint16_t session_port(struct session *s, const struct address *source, bool udp)
{
	uint16_t port;

	observer_own(s->observer, source);
	port = udp ? guard_udp_port(s->guard, source, s->next_port)
		   : guard_port(s->guard, source, s->next_port);

	if (port == 0)
		fail(s, EXIT_SYSTEM, "cannot reserve a source port: %s",
		     strerror(errno));
	s->next_port = (uint16_t)(port + 1);
	return port;
}

int64_t session_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What the kernel fills in itself (raw(7)): IPv4 total length, checksum. */
static void mask_kernel_fields(uint8_t *packet, size_t length)
{
	if (length >= 20 && packet[0] >> 4 == 4) {
		memset(packet + 2, 0, 2);
		memset(packet + 10, 0, 2);
	}
}

static void remember(struct session *s, const uint8_t *packet, size_t length)
{
	struct departure *grown =
		realloc(s->departures,
			(s->departure_count + 1) * sizeof(*s->departures));
	struct departure *d;

	if (!grown)
		return;
	s->departures = grown;
	d = &s->departures[s->departure_count++];
	d->length = length;
	d->sent_us = session_now_us();
	memcpy(d->bytes, packet, length);
	mask_kernel_fields(d->bytes, length);
}

static void forget(struct session *s, size_t index)
{
	s->departures[index] = s->departures[--s->departure_count];
}

static bool fail_to_send(struct session *s)
{
	if (wire_exit_code(s->wire))
		return fail(s, wire_exit_code(s->wire), "%s",
			    wire_error(s->wire));
	if (errno == ENETUNREACH || errno == EHOSTUNREACH)
		return fail(s, EXIT_UNKNOWN, "no route: %s",
			    wire_error(s->wire));
	if (errno == EPERM)
		return fail(s, EXIT_SYSTEM,
			    "a firewall of this host refuses to send the "
			    "probes (look at its OUTPUT rules)");
	return fail(s, EXIT_SYSTEM, "%s", wire_error(s->wire));
}

bool session_send(struct session *s, struct ip_envelope *envelope,
		  const uint8_t *payload, size_t length)
{
	uint8_t packet[PACKET_MAX];
	long sent;

	if (s->exit_code)
		return false;
	if (++s->next_id == 0)
		s->next_id++;
	envelope->id = s->next_id;
	sent = wire_send(s->wire, envelope, payload, length, packet,
			 sizeof(packet));
	if (sent < 0)
		return fail_to_send(s);
	remember(s, packet, (size_t)sent);
	return true;
}

bool session_send_fragments(struct session *s, struct ip_envelope *envelope,
			    const uint8_t *payload, size_t length, size_t size)
{
	if (s->exit_code)
		return false;
	envelope->dont_fragment = false;
	/* The kernel would replace an identification of 0. */
	return wire_send_fragments(s->wire, envelope, session_random32(s) | 1,
				   payload, length, size) == 0 ||
	       errno == EPERM || errno == EMSGSIZE || fail_to_send(s);
}

static bool same_probe(const struct packet *a, const struct packet *b)
{
	if (a->ip.protocol != b->ip.protocol ||
	    !address_equal(&a->ip.destination, &b->ip.destination))
		return false;
	if (a->ip.version == 4 && a->ip.id == b->ip.id)
		return true;
	if (a->transport != TRANSPORT_TCP || b->transport != TRANSPORT_TCP)
		return false;
	return a->ip.version == 6 && a->ip.ttl == b->ip.ttl &&
	       a->tcp.source_port == b->tcp.source_port &&
	       a->tcp.sequence == b->tcp.sequence &&
	       a->tcp.flags == b->tcp.flags;
}

static void changed_probe(struct session *s, const struct departure *d,
			  const uint8_t *copy, size_t length)
{
	size_t at = 0;

	while (at < length && at < d->length && copy[at] == d->bytes[at])
		at++;
	fail(s, EXIT_SYSTEM,
	     "a firewall of this host changes the probes before they leave "
	     "(byte %zu of the packet): look at its OUTPUT and POSTROUTING "
	     "rules, or probe from another host",
	     at);
}

/* Whether only what stands before the payload length (IPv6) and at the hop
 * limit differs: of an IPv6 sweep nothing else tells one probe from another. */
static bool same_but_hop_limit(const struct departure *d, const uint8_t *copy,
			       size_t length)
{
	return d->length == length && length >= 40 && copy[0] >> 4 == 6 &&
	       !memcmp(d->bytes + 4, copy + 4, 3) &&
	       !memcmp(d->bytes + 8, copy + 8, length - 8);
}

static bool is_changed_copy(const struct departure *d, const uint8_t *copy,
			    size_t length, const struct packet *p)
{
	struct packet crafted;

	return same_but_hop_limit(d, copy, length) ||
	       (packet_parse(d->bytes, d->length, &crafted) &&
		same_probe(&crafted, p));
}

/* Every packet of ours must be captured as it was crafted. */
static void check_departure(struct session *s, const uint8_t *ip, size_t length)
{
	uint8_t copy[PACKET_MAX];
	struct packet p;

	if (!s->departure_count || length > sizeof(copy) ||
	    !packet_parse(ip, length, &p) || p.ip.more_fragments ||
	    p.ip.fragment_offset)
		return;
	length = p.available;
	memcpy(copy, ip, length);
	mask_kernel_fields(copy, length);
	for (size_t i = 0; i < s->departure_count; i++)
		if (s->departures[i].length == length &&
		    memcmp(s->departures[i].bytes, copy, length) == 0) {
			forget(s, i);
			return;
		}
	for (size_t i = 0; i < s->departure_count; i++)
		if (is_changed_copy(&s->departures[i], copy, length, &p)) {
			changed_probe(s, &s->departures[i], copy, length);
			return;
		}
}

static void on_frame(void *context, int link_type, uint64_t number,
		     int64_t time_us, const uint8_t *frame, size_t captured,
		     size_t length)
{
	struct session *s = context;
	const uint8_t *ip;
	size_t available;

	if (link_find_ip(link_type, frame, captured, &ip, &available))
		check_departure(s, ip, available);
	observer_frame(s->observer, link_type, number, time_us, frame, captured,
		       length);
}

static bool check_missing(struct session *s)
{
	int64_t now = session_now_us();

	for (size_t i = 0; i < s->departure_count; i++)
		if (now - s->departures[i].sent_us > DEPARTURE_US &&
		    wire_dropped(s->wire) == 0)
			return fail(s, EXIT_SYSTEM,
				    "a probe never left this host: a firewall "
				    "of its own drops it (look at its OUTPUT "
				    "rules), or its link is down");
	return true;
}

bool session_poll(struct session *s, int64_t deadline_us)
{
	int64_t left = deadline_us - session_now_us();
	int timeout = left <= 0	       ? 0
		      : left > 1000000 ? 1000
				       : (int)((left + 999) / 1000);
	int frames = wire_poll(s->wire, timeout, on_frame, s);

	if (frames < 0)
		return fail(s, wire_exit_code(s->wire), "%s",
			    wire_error(s->wire));
	return !s->exit_code && check_missing(s);
}
