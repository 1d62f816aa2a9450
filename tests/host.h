/* SPDX-License-Identifier: GPL-3.0-or-later
 * A host in memory: what its kernel says of itself, for the checks of `mpprobe
 * doctor`.
 */
#ifndef TESTS_HOST_H
#define TESTS_HOST_H

#include "probe/doctor/checks.h"
#include "probe/doctor/facts.h"

#define ROOM 24

/* All that facts point to, to be changed. */
struct host {
	struct facts facts;
	struct doctor_setting settings[ROOM];
	struct doctor_counter counters[ROOM];
	struct doctor_endpoint endpoints[ROOM];
	struct fact_link links[ROOM];
	struct fact_address addresses[ROOM];
	struct fact_route routes[ROOM];
	struct doctor_socket sockets[ROOM];
	struct fact_rule rules[ROOM];
};

/* Fails the test unless it is one. */
struct address host_address(const char *text);
/* A setting of the kernel. */
void host_set(struct host *h, const char *name, const char *value);
/* As in a kernel without it. */
void host_unset(struct host *h, const char *name);
/* A counter. */
void host_count(struct host *h, const char *name, uint64_t value);
/* A route by this link; 0: there is none. */
struct fact_lookup host_leaves_by(unsigned link);
/* With a gateway, an address, and routing by source. */
void host_uplink(struct host *h, unsigned index, const char *name,
		 const char *address, const char *gateway);
/* Its endpoint; link 0: of no device. */
void host_endpoint(struct host *h, const char *address, unsigned link,
		   uint32_t flags);
/* A connection of this program to 192.0.2.9. */
struct doctor_socket *host_socket(struct host *h, bool mptcp,
				  const char *program);
/* A program that listens there. */
void host_listen(struct host *h, bool mptcp, const char *program,
		 uint16_t port);
/* A client with two uplinks. */
struct host *host_new(void);
void host_free(struct host *h);
/* Two uplinks, addresses announced, MPTCP accepted. */
void host_serves(struct host *h);
/* A rule of the firewall that changes MPTCP options. */
struct fact_rule *host_rule(struct host *h);
/* An ordinary connection that works. */
struct fact_connection *host_connect(struct host *h, const char *address);
/* The same, of iptables-legacy. */
void host_legacy_rule(struct host *h);
/* One subflow of two that were tried joined. */
void host_few_joined(struct host *h);
/* IPv6 as well, without an endpoint of it. */
void host_both_families(struct host *h);

/* How many checks came to this; the first of them, of which there is one. */
size_t checkup_count(const struct checkup *c, enum check_state state);
const struct doctor_check *checkup_first(const struct checkup *c,
					 enum check_state state);

#endif
