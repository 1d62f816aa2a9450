// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/port_pool.h"

#include <errno.h>
#include <stdlib.h>

#include "probe/net/guard.h"
#include "report/arena.h"

/* Of one family, and of TCP or UDP. */
struct ports {
	uint16_t all[PORT_POOL_MAX];
	unsigned count;
};

struct port_pool {
	struct guard *guard;
	uint16_t first, last; /* of others */
	struct ports ports[2][2];
};

struct port_pool *port_pool_new(const char *interface, uint16_t first,
				uint16_t last)
{
	struct port_pool *p = must_have(calloc(1, sizeof(*p)));

	p->first = first;
	p->last = last;
	p->guard = guard_new(interface);
	if (p->guard)
		return p;
	free(p);
	return NULL;
}

void port_pool_free(struct port_pool *p)
{
	if (p)
		guard_free(p->guard);
	free(p);
}

static bool is_used(const uint64_t *bits, unsigned i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* The place of one that is free for this probe, or -1. */
static int find(const struct ports *ports, const uint64_t *bits, bool odd,
		uint32_t random)
{
	for (unsigned i = 0; i < ports->count; i++) {
		unsigned at = (unsigned)((random + i) % ports->count);

		if (!is_used(bits, at) && (ports->all[at] & 1) == odd)
			return (int)at;
	}
	return -1;
}

/* Ports of others stay guarded, and are not given. */
static int add(struct port_pool *p, struct ports *ports,
	       const struct address *source, bool udp, uint16_t wanted)
{
	uint16_t port;

	if (ports->count == PORT_POOL_MAX) {
		errno = EADDRINUSE;
		return -1;
	}
	do {
		port = udp ? guard_udp_port(p->guard, source, wanted)
			   : guard_port(p->guard, source, wanted);
		wanted = (uint16_t)(p->last + 1);
	} while (port && port >= p->first && port <= p->last);
	if (!port)
		return -1;
	ports->all[ports->count] = port;
	return (int)ports->count++;
}

uint16_t port_pool_take(struct port_pool *p, struct ports_used *used,
			const struct address *source, bool udp, uint32_t random)
{
	struct ports *ports = &p->ports[source->family == 6][udp];
	uint64_t *bits = used->bits[udp];
	uint16_t wanted = guard_wanted(random);
	int at = find(ports, bits, !used->odd, random);

	if (at == -1)
		at = add(p, ports, source, udp,
			 (uint16_t)((wanted & ~1u) | !used->odd));
	if (at == -1)
		return 0;
	bits[at / 64] |= (uint64_t)1 << at % 64;
	used->odd = ports->all[at] & 1;
	return ports->all[at];
}
