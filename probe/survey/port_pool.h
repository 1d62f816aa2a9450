/* SPDX-License-Identifier: GPL-3.0-or-later
 * Source ports for the probes of a survey, guarded for as long as it lasts:
 * probes of different addresses use the same ones, one probe none twice.
 */
#ifndef PROBE_SURVEY_PORT_POOL_H
#define PROBE_SURVEY_PORT_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"

struct port_pool;

#define PORT_POOL_MAX 1024

/* Which of them a probe has used, of TCP and of UDP. Zeroed at first. */
struct ports_used {
	uint64_t bits[2][PORT_POOL_MAX / 64];
	bool odd; /* the latest port was */
};

/* `interface` as of guard_new(); the ports from `first` to `last` are never
 * given. NULL without memory. */
struct port_pool *port_pool_new(const char *interface, uint16_t first,
				uint16_t last);
void port_pool_free(struct port_pool *p); /* NULL is fine */

/* One that this probe has not used yet, odd and even by turns as far as there
 * are both; `random` says where to look first. 0 with errno. */
uint16_t port_pool_take(struct port_pool *p, struct ports_used *used,
			const struct address *source, bool udp,
			uint32_t random);

#endif
