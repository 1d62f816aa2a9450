/* SPDX-License-Identifier: GPL-3.0-or-later
 * MPTCP connections: two hosts with their keys, the addresses that they
 * announced, and the subflows (flows, see observer.h) that belong to them. A
 * host is 0 who began the first subflow, the client, or 1, its server. Either
 * may begin further subflows, and a capture may begin in the middle.
 */
#ifndef REPORT_TRACK_MPTCP_CONNECTION_H
#define REPORT_TRACK_MPTCP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/track/side.h"

struct curve;
struct flow;
struct keys;
struct mptcp_option;

/* Three-valued knowledge. */
enum known { KNOWN_NO = 0, KNOWN_YES = 1, UNKNOWN = -1 };

/* How long data in order did not come, or was not acknowledged. */
struct stall {
	int64_t us;
	int64_t end_us;		    /* by the clock of the capture */
	uint64_t frame;		    /* of the DATA_ACK that ended it */
	const struct flow *resumed; /* that brought the data then; or NULL */
};

/* One end of a connection. */
struct host {
	bool has_key;
	bool hearsay; /* the key was only seen as the other host has it */
	uint64_t key, idsn;
	uint32_t token;
	uint64_t dsn_end;     /* behind its last mapping; 0: none yet */
	enum known first_dsn; /* fits the key: IDSN + SSN */
	uint64_t first_dsn_frame, first_dsn_seen;

	/* Its data, over all subflows, and what the other host acknowledged
	 * of it by DATA_ACK. */
	struct stream data; /* the lower 32 bits of DSNs */
	uint64_t data_end;  /* DSN behind it */
	bool has_acked;
	uint64_t acked;
	int64_t waiting_us;	   /* since when with data that came; 0 */
	const struct flow *latest; /* that brought what was waited for */
	struct stall stall;	   /* the longest wait */
	struct curve *acks;	   /* what was acknowledged; NULL: none is
				      drawn */
};

/* An address that a host announced by ADD_ADDR; or only its removal, by an ID
 * that came without: `frame` is 0 then. */
struct announced {
	struct address address;
	uint16_t port;
	uint8_t id;
	bool has_port;
	unsigned host;
	enum known hmac;
	uint64_t frame, echo_frame, removed_frame; /* 0: none */
};

#define ANNOUNCED_MAX 16

struct mptcp_connection {
	uint64_t number; /* from 1, in order of beginning */
	int version;	 /* -1: not known */
	bool drawn;	 /* curves are kept of it */
	bool negotiated, mirrored, checksum;
	uint8_t syn_flags, syn_ack_flags;
	uint64_t other_keys_frame; /* of a third ACK with other keys than the
				      SYN and SYN/ACK; 0: none */
	struct host hosts[2];
	struct announced *addresses;
	size_t address_count;
	struct flow *flows, *last; /* its subflows, at least one, in order of
				      beginning */
	size_t flow_count;
	const char *state, *fallback; /* of one that is read again, as they were
					 said; else NULL */
	struct mptcp_connection *older, *newer, *token_next[2];
};

#define TOKEN_BUCKETS 16384

/* All that are followed. */
struct mptcp_connections {
	struct keys *keys;
	bool drawn;	/* curves are kept of new ones */
	uint64_t count; /* that ever began */
	size_t there;	/* of these, now */
	struct mptcp_connection *oldest, *newest;
	struct mptcp_connection **tokens[2]; /* by whose it is */
};

/* The keys are borrowed. False: no memory. */
bool mptcp_connections_open(struct mptcp_connections *all, struct keys *keys);
void mptcp_connections_close(struct mptcp_connections *all);

struct mptcp_connection *mptcp_connection_new(struct mptcp_connections *all);
/* One that was freed, as it was but for its flows; takes over what it holds. */
struct mptcp_connection *
mptcp_connection_again(struct mptcp_connections *all,
		       const struct mptcp_connection *image);
/* Without its flows, which are the caller's. */
void mptcp_connection_free(struct mptcp_connections *all,
			   struct mptcp_connection *c);

/* The newest that one host calls by this token; `*host`: which. */
struct mptcp_connection *mptcp_by_token(const struct mptcp_connections *all,
					uint32_t token, unsigned *host);

void mptcp_attach(struct mptcp_connection *c, struct flow *f);

/* Whether the key that this host has is news. `hearsay`: the other sent it. */
bool mptcp_learn_key(struct mptcp_connections *all, struct mptcp_connection *c,
		     unsigned host, uint64_t key, bool hearsay);

/* A key that is known from its owner: one that is only echoed may be wrong. */
bool mptcp_own_key(const struct mptcp_connection *c, unsigned host);

/* The DSN of a host's first byte, and one near to its next; 0: not known. */
uint64_t mptcp_first_dsn(const struct mptcp_connection *c, unsigned host);
uint64_t mptcp_next_dsn(const struct mptcp_connection *c, unsigned host);

/* RFC 8684 3.2: whether the HMAC of a MP_JOIN that `host` sends with its nonce
 * is right; `length` bytes of it. */
enum known mptcp_join_hmac(const struct mptcp_connections *all,
			   const struct mptcp_connection *c, unsigned host,
			   uint32_t own_nonce, uint32_t other_nonce,
			   const uint8_t *hmac, size_t length);

/* An ADD_ADDR of `host`: the address, if it is news; NULL if not. An echo is
 * of the other host's. */
const struct announced *
mptcp_add_addr(const struct mptcp_connections *all, struct mptcp_connection *c,
	       unsigned host, const struct mptcp_option *o, uint64_t frame);
void mptcp_remove_addr(struct mptcp_connection *c, unsigned host,
		       const struct mptcp_option *o, uint64_t frame);

/* Payload of a host that a subflow brings. */
void mptcp_see_data(struct mptcp_connection *c, unsigned host,
		    const struct flow *f, uint64_t dsn, uint32_t length,
		    int64_t time_us);
/* A DATA_ACK, of 8 bytes or 4, for data of this host. */
void mptcp_see_data_ack(struct mptcp_connection *c, unsigned host, uint64_t ack,
			bool ack8, uint64_t frame, int64_t time_us);

/* How long data of this host came and was not acknowledged when the connection
 * was last seen; 0: it was. */
int64_t mptcp_stalled_us(const struct mptcp_connection *c, unsigned host);
/* Whether data of this host came over the subflow before the longest stall, and
 * none since. */
bool mptcp_fell_silent(const struct flow *f, unsigned host);
/* Bytes of a host that came again, not by TCP, but by other mappings: mostly
 * over another subflow. */
uint64_t mptcp_bytes_again(const struct mptcp_connection *c, unsigned host);

/* Why it is no MPTCP connection any more, or NULL. */
const char *mptcp_fallback(const struct mptcp_connection *c);

#endif
