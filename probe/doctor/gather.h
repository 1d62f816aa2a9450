/* SPDX-License-Identifier: GPL-3.0-or-later
 * Asks the kernel for the facts: /proc and netlink, nothing is changed and no
 * packet leaves this host. Needs no right; with CAP_NET_ADMIN the rules of the
 * firewall and with CAP_SYS_PTRACE all programs are seen, too.
 */
#ifndef PROBE_DOCTOR_GATHER_H
#define PROBE_DOCTOR_GATHER_H

#include "probe/doctor/facts.h"

/* All facts, in memory of the arena. `host`: whom the lookups of routes are
 * for, or NULL. */
void facts_gather(struct facts *f, struct arena *arena,
		  const struct address *host);

/* Its parts, in this order. gather_proc: settings, counters, and whether
 * sockets can be made; `proc` is where proc(5) is. */
void gather_proc(struct facts *f, const char *proc);
/* Whether SYNs have MP_CAPABLE now, if the blackhole timer ever ran: one is
 * sent to this host itself, over lo. */
void gather_sends(struct facts *f);
void gather_managers(struct facts *f, const char *proc);
void gather_routes(struct facts *f, const struct address *host);
void gather_endpoints(struct facts *f);
void gather_sockets(struct facts *f);
void gather_firewall(struct facts *f);

/* A counter of MPTcpExt in /proc/net/netstat; 0 if there is none. */
uint64_t counter_now(const char *name);

/* The text of a file of proc(5), its white space as single blanks and none at
 * the end; NULL: it cannot be read. */
char *proc_text(struct arena *a, const char *proc, const char *name);

/* A socket, and the name of the program that has it open; NULL: none that this
 * user may look at. */
struct socket_owner {
	unsigned inode;
	const char *program;
};

int by_inode(const void *a, const void *b);

/* Finds the programs of all of them, which are sorted by inode. */
void find_programs(struct facts *f, struct socket_owner *owners, size_t count);

#endif
