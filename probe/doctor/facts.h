/* SPDX-License-Identifier: GPL-3.0-or-later
 * What this host's kernel says of itself: facts, without an opinion. The checks
 * (checks.h) are made of nothing else.
 */
#ifndef PROBE_DOCTOR_FACTS_H
#define PROBE_DOCTOR_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/arena.h"
#include "report/print/doctor.h"

/* Whether something could be read. */
enum known {
	NOT_ASKED, /* or there is nothing of the kind */
	KNOWN,
	NOT_PERMITTED, /* it takes a right that this process has not */
	NOT_THERE      /* this kernel does not have it, or failed */
};

/* Whether a SYN of an MPTCP socket has MP_CAPABLE. */
enum sends { SENDS_UNKNOWN, SENDS_MPTCP, SENDS_PLAIN };

struct fact_link {
	unsigned index;
	const char *name;
	bool up, carrier, loopback;
	int rp_filter; /* IPv4, the larger of its own and that of all; < 0 */
};

/* Where a packet to the server would go. */
struct fact_lookup {
	bool asked, found;
	unsigned link;
};

/* An address of this host. */
struct fact_address {
	struct address address;
	unsigned prefix; /* bits */
	unsigned link;
	bool tentative, duplicate, link_local;
	/* From this address to the server of its family: wherever it leaves
	 * by; and bound to the address's interface, by a route of its own. */
	struct fact_lookup anyhow, bound;
};

struct fact_route {
	struct address to;	/* family 0 never; the prefix's first address */
	unsigned bits;		/* 0: the default route */
	struct address gateway; /* family 0: none */
	unsigned link, table, metric;
};

/* To whom the lookups lead. */
struct fact_server {
	struct address address; /* family 0: none known of this family */
	bool host;		/* that the user named; else any behind the
				   widest route */
};

enum rule_does { RULE_LOOKS, RULE_DROPS, RULE_CHANGES, RULE_GOES_ON };

/* A rule of a firewall that looks at, or changes, option 30. */
struct fact_rule {
	const char *family, *table, *chain; /* as nft names them; or family is
					       "iptables-legacy" */
	uint64_t handle; /* of iptables: its number in the chain */
	bool legacy;
	enum rule_does does;
	bool narrow;  /* to some packets only, it has other conditions */
	bool own;     /* in a chain that packets come to by themselves */
	bool forward; /* in one of those that this host forwards */
};

/* An ordinary MPTCP connection that this kernel made for us. */
struct fact_connection {
	bool asked;
	const char *name; /* as the user has it */
	struct address to;
	uint16_t port;
	int error; /* errno of connecting; 0: it was made */
	bool fallback, answered;
	/* Subflows beside the first: that the endpoints ask for, that were
	 * tried (a SYN was sent), and that came into use. */
	unsigned expected, tried, joined;
	bool closed;	 /* by the server, while some were not in use yet */
	const char *why; /* what the kernel counted meanwhile, or "" */
	bool raw;	 /* the path is probed by raw packets as well */
};

struct facts {
	struct arena *arena;
	int64_t now_us;
	/* /proc/sys/net/mptcp, and some of ipv4; /proc/net/netstat */
	const struct doctor_setting *settings;
	size_t setting_count;
	const struct doctor_counter *counters;
	size_t counter_count;
	enum sends sends;  /* what a SYN of an MPTCP socket has now */
	const char *since; /* a time: counters count from then; NULL: since this
			      host was booted */
	int socket_error[2]; /* errno of socket(..., IPPROTO_MPTCP), IPv4 and
				IPv6; 0: it can be made */
	bool mptcpd, network_manager, networkd; /* run */
	bool programs_hidden; /* those of others: hidepid of proc(5) */

	enum known endpoints_known;
	const struct doctor_endpoint *endpoints;
	size_t endpoint_count;
	int subflows, add_addr_accepted; /* limits; < 0: not known */
	const struct doctor_setting *limits_raw;
	size_t limits_raw_count;

	enum known routes_known;
	const struct fact_link *links;
	size_t link_count;
	const struct fact_address *addresses;
	size_t address_count;
	const struct fact_route *routes; /* unicast ones, of any table */
	size_t route_count;
	struct fact_server servers[2];	 /* IPv4, IPv6 */
	struct fact_lookup to_server[2]; /* of a packet without a source yet */

	enum known sockets_known, mptcp_sockets_known;
	bool listeners_hidden; /* MPTCP's: this kernel is too old */
	const struct doctor_socket *sockets; /* none of this host to itself */
	size_t socket_count;
	unsigned rtt_us; /* the longest of subflows as a client now; 0: there is
			    none */

	struct fact_connection connection;

	enum known firewall_known;
	const struct fact_rule *rules;
	size_t rule_count;
	const char *legacy_tables; /* of iptables-legacy that could not be
				      looked into: "mangle"; NULL: none */
	enum known legacy_known;
};

/* NULL: there is none of this name. */
const char *facts_setting(const struct facts *f, const char *name);
/* < 0: there is none, or it is no number. */
long facts_number(const struct facts *f, const char *name);
/* 0 where this kernel does not count that. */
uint64_t facts_counter(const struct facts *f, const char *name);
const struct fact_link *facts_link(const struct facts *f, unsigned index);
const char *facts_link_name(const struct facts *f, unsigned index); /* "?" */
const struct fact_address *facts_address(const struct facts *f,
					 const struct address *address);

/* Whether this host reaches others by this link: up, and with a route that
 * has a gateway, or is the default. */
bool facts_is_uplink(const struct facts *f, const struct fact_link *link);

/* Whether a program of this host accepts MPTCP connections from others. */
bool facts_accepts_mptcp(const struct facts *f);

/* Whether the kernel's own path manager is in charge. */
bool facts_kernel_manages(const struct facts *f);

/* Whether its limits and endpoints matter: it is in charge, or has to be, as
 * there is no other. */
bool facts_endpoints_matter(const struct facts *f);

/* Whether servers of this family, 4 or 6, are asked about: the one that the
 * user named, or all. */
bool facts_family_matters(const struct facts *f, int family);

#endif
