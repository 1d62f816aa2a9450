/* SPDX-License-Identifier: GPL-3.0-or-later
 * The data level of one MPTCP v0 connection (RFC 6824 3.3), on the receiving
 * side: mappings, checksums, fallback. Answers as the out-of-tree Linux
 * kernel does. No sockets, no clock.
 */
#ifndef LAB_SERVERS_V0DATA_H
#define LAB_SERVERS_V0DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/tcp_options.h"

#define V0_REQUEST_MAX 4096

/* A connection; one without MPTCP is its single TCP flow. */
struct v0_connection {
	struct v0_connection *next;
	unsigned flows;	 /* that belong to it */
	int64_t idle_ms; /* since when it has had none */
	bool mptcp;	 /* negotiated, and not fallen back from */
	bool closed;	 /* its token is forgotten */
	bool in_use;	 /* data came with a mapping */
	bool infinite;	 /* the client, or we, ended the mappings */
	bool infinite_sent;
	bool failing; /* MP_FAIL on every ACK */
	uint64_t fail_dsn;
	uint64_t own_key, peer_key;
	uint32_t own_token;
	uint64_t own_idsn, peer_idsn;
	uint64_t receive_next, send_next; /* DSNs */
	bool data_fin, data_fin_sent;
	char request[V0_REQUEST_MAX];
	size_t request_length;
};

/* The mapping that the data of a subflow is being collected for. */
struct v0_mapping {
	bool active, data_fin;
	uint64_t dsn;
	uint32_t ssn;
	uint16_t length; /* data-level length */
	uint16_t checksum;
	uint8_t *bytes; /* owned; free() it with the subflow */
	size_t have;
};

enum v0_taken {
	V0_TAKEN,  /* acknowledge it */
	V0_PURGED, /* the same, and nothing waits for the application */
	V0_RESET,  /* reset the subflow, nothing is acknowledged */
};

/* Data that is next in the order of the subflow; `ssn` counts from 1.
 * `length` may be 0 where a DSS stands alone. */
enum v0_taken v0_data_take(struct v0_connection *c, struct v0_mapping *m,
			   const struct tcp_options *options, uint32_t ssn,
			   const uint8_t *payload, size_t length);

/* Takes one HTTP request out of what was received; false: none is whole. */
bool v0_data_request(struct v0_connection *c);

/* Whether a MP_JOIN may name it. */
bool v0_data_joinable(const struct v0_connection *c);

#endif
