/* SPDX-License-Identifier: GPL-3.0-or-later
 * Why does this host not use MPTCP? One row for each thing to look at: from
 * facts to what is right, wrong, or not known.
 */
#ifndef PROBE_DOCTOR_CHECKS_H
#define PROBE_DOCTOR_CHECKS_H

#include "probe/doctor/facts.h"

/* What a row of the table says, by one of these. A row that has nothing to
 * look at says nothing. Texts are of the facts' arena, or last for ever. */
struct checkup {
	const struct facts *facts;
	const char *id; /* of the row that is asked now */
	struct doctor_check *checks;
	size_t count;
};

/* A text of the arena. */
#define SAY(c, ...) arena_printf((c)->facts->arena, __VA_ARGS__)

void check_ok(struct checkup *c, const char *text);
void check_wrong(struct checkup *c, enum check_effect effect, const char *text,
		 const char *commands);
void check_unknown(struct checkup *c, enum check_effect effect,
		   const char *text, const char *commands);

/* Asks all rows, of all facts: the results in their order. */
struct checkup checks_ask(const struct facts *f);

/* Asks the row of this id only. */
struct checkup checks_ask_one(const struct facts *f, const char *id);

/* The rows: one file for each group of them. */
typedef void check_fn(struct checkup *c);
/* check_kernel.c: settings */
check_fn check_support, check_enabled, check_blackhole, check_retransmissions,
	check_checksum, check_scheduler, check_path_manager,
	check_initial_address, check_stale, check_add_addr_timeout;
/* check_endpoints.c: limits, endpoints, uplinks */
check_fn check_limit_subflows, check_limit_add_addr, check_uplinks,
	check_endpoint_address, check_endpoint_link, check_endpoint_device,
	check_endpoint_route, check_rp_filter, check_endpoint_flags;
/* check_traffic.c: sockets, counters, buffers */
check_fn check_listeners, check_programs, check_connections, check_connection,
	check_path, check_joins, check_refused_joins, check_damage,
	check_receive_buffer, check_autotuning, check_send_buffer;
/* check_firewall.c */
check_fn check_firewall, check_legacy_firewall;

#endif
