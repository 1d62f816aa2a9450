/* SPDX-License-Identifier: GPL-3.0-or-later
 * The MPTCP connections of any capture: their subflows, keys, what was
 * verified and what went wrong. One pass; what is known of a connection is
 * handed over when it ends, and forgotten, so memory grows with connections
 * that are open and not with the capture. Unlike the observer it takes no
 * side: either end may begin, and a capture may begin in the middle.
 */
#ifndef REPORT_TRACK_TRAFFIC_H
#define REPORT_TRACK_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/track/observer.h"

struct packet;

/* One direction of a subflow: 0 from its initiator, 1 to it. */
struct traffic_side {
	uint64_t packets, bytes;   /* bytes: payload, each counted once */
	uint64_t retransmitted;	   /* packets with nothing new */
	int64_t first_us, last_us; /* of payload; 0: none */
	bool has_isn, has_next, fin;
	bool gap; /* some of the payload is not in the capture, or late */
	uint32_t isn, next;
	uint64_t dss; /* packets with DSS */
	uint64_t checksums_good, checksums_bad;
	uint64_t bad_frame;	 /* the first bad one */
	uint64_t unmapped_frame; /* data that no mapping covers */
	uint64_t infinite_frame; /* mapping of length 0 */
	uint64_t reset_frame;
	int reset_reason; /* of MP_TCPRST; -1 */
	uint64_t fail_frame, fail_dsn, fastclose_frame, data_fin_frame;
	uint32_t mapped_end; /* SSN behind the last mapping */
	bool mapped;
	struct { /* the mapping whose payload is coming */
		bool open;
		uint64_t dsn;
		uint32_t ssn, at; /* at: the next SSN to be summed */
		uint16_t length, checksum;
		bool data_fin, odd;
		uint64_t sum;
	} mapping;
};

struct traffic_subflow {
	struct address initiator, responder;
	uint16_t initiator_port, responder_port;
	bool syn, syn_ack, joins; /* seen; joins: by MP_JOIN */
	bool plain_syn;		  /* after one with MPTCP */
	bool syn_ack_option, ack_option;
	bool snapped; /* options were not captured whole */
	struct sightings sightings[2];
	uint64_t first_frame, last_frame;
	int64_t first_us, last_us;
	uint32_t token, nonces[2];
	bool has_nonce[2];
	enum known hmacs[2]; /* of the ACK, of the SYN/ACK */
	bool backup;
	uint8_t address_id;
	struct traffic_side sides[2];
	struct traffic_connection *connection;
	bool closed, reversed; /* reversed: the server began it */
	struct traffic_subflow *sibling;
	struct traffic_subflow *hash_next, *older, *newer;
};

#define TRAFFIC_ADDRESSES 16

struct traffic_address {
	struct address address;
	uint16_t port;
	uint8_t id;
	bool has_port;
	unsigned side; /* 0: announced by the client */
	enum known hmac;
	uint64_t frame, echo_frame, removed_frame;
};

struct traffic_connection {
	uint64_t number; /* from 1 */
	int version;	 /* -1: not known */
	bool negotiated, mirrored, checksum;
	bool has_key[2];
	bool hearsay[2]; /* the key was only seen as the other host has it */
	uint64_t keys[2], idsns[2];
	uint32_t tokens[2];
	uint8_t syn_flags, syn_ack_flags;
	uint64_t last_dsn[2]; /* 0: none yet */
	enum known dsn[2];    /* the first fits the key */
	struct traffic_address addresses[TRAFFIC_ADDRESSES];
	size_t address_count;
	struct traffic_subflow *subflows; /* in order */
	size_t subflow_count, open_count;
	struct traffic_connection *token_next[2];
};

/* A connection that is over; valid during the call. */
typedef void traffic_fn(void *context, const struct traffic_connection *c);

struct traffic;

/* NULL: no memory, or OpenSSL failed. */
struct traffic *traffic_new(traffic_fn *fn, void *context);
void traffic_packet(struct traffic *t, const struct packet *p, uint64_t frame,
		    int64_t time_us);
/* Hands over what is still open. */
void traffic_end(struct traffic *t);
void traffic_free(struct traffic *t); /* NULL is fine */

/* How many connections there were, and the most that were open at once. */
uint64_t traffic_count(const struct traffic *t);
size_t traffic_peak(const struct traffic *t);

/* Payload of one direction a second, in Mbit/s; < 0: not known. */
double traffic_rate(const struct traffic_side *s);

/* Why it is no MPTCP connection any more, or NULL. */
const char *traffic_fallback(const struct traffic_connection *c);

#endif
