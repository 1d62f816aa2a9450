/* SPDX-License-Identifier: GPL-3.0-or-later
 * The exchange of a scenario: connections and their subflows, whose every
 * segment is crafted, right by default and wrong where the script says so.
 * Facts about the peer are taken from the segments that the script has
 * consumed, one after the other, so that a replay sees the same.
 */
#ifndef PROBE_SCENARIO_EXCHANGE_H
#define PROBE_SCENARIO_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/compose.h"
#include "crafting/mptcp.h"
#include "probe/scenario/peer.h"

struct arena;
struct flow;
struct kept;
struct keys;
struct mptcp_facts;

#define SUBFLOWS_MAX 64
#define SENDS_MAX 2000
#define EXCHANGE_MAX_MS 120000 /* of waiting, in one scenario */

/* A segment that is to be sent; all relative numbers. */
struct outgoing {
	uint8_t flags, reserved;
	uint32_t sequence, acknowledgment;
	uint16_t window, urgent;
	int data_offset, checksum; /* SEGMENT_AUTO */
	uint8_t traffic_class;
	unsigned ttl_first, ttl_last;
	const uint8_t *payload;
	size_t payload_length;
	uint64_t offset; /* of the payload in the connection's data */
	uint8_t options[64];
	size_t options_length;
};

/* A connection is its first subflow; those that join point to it. */
struct subflow {
	struct exchange *exchange;
	unsigned id;		    /* from 1 */
	struct subflow *connection; /* the first subflow; itself of that */
	struct wish wish;
	struct choices choices;
	bool begun;	     /* its SYN went out */
	struct outgoing syn; /* that one */
	bool again;	     /* it was reset, and went out again */
	bool key_given;
	bool plain; /* no MPTCP by default */
	unsigned version;
	bool ask_checksum; /* flag A in our MP_CAPABLE */
	bool backup;
	uint8_t address_id;

	/* what we sent, relative to the ISN: 0 is the SYN */
	uint32_t next;
	bool third_sent; /* the first ACK */

	/* what was consumed of what came */
	size_t seen; /* index in flow->received */
	bool syn_ack, reset, fin;
	uint32_t server_isn, server_next; /* server_next relative */
	uint32_t acked;			  /* of ours, relative */
	uint32_t tsval;
	int64_t rtt_us;
	const struct kept *last; /* consumed */

	/* of a connection */
	uint64_t idsn; /* ours */
	uint32_t client_token;
	uint64_t next_offset; /* of data: 0 is the first byte */
	uint64_t data_end;    /* behind the last data sent */
	bool checksum;	      /* in use */
	bool server_mapped;   /* the server sent a mapping */
	uint64_t server_dsn_next;
	uint64_t data_acked; /* bytes */
};

struct exchange {
	struct peer *peer;
	struct arena *arena;
	struct keys *keys;
	struct subflow *subflows[SUBFLOWS_MAX];
	size_t subflow_count;
	unsigned sends;
	int64_t started_us;
};

/* Draws what is random. `connection`: the first subflow of the connection
 * that it joins, or NULL. NULL: x->peer->error, exit_code. */
struct subflow *exchange_subflow(struct exchange *x, const struct wish *wish,
				 struct subflow *connection, unsigned version);

/* Gives the subflow another own key. */
void subflow_set_key(struct subflow *s, uint64_t key);

/* A segment with the numbers that are right now. */
void subflow_outgoing(const struct subflow *s, uint8_t flags,
		      struct outgoing *out);

/* Writes the options of `out` once the choices are known: called again for
 * every flow of a capture that the subflow may be. False: no room. */
typedef bool compose_fn(void *context, struct subflow *s, struct outgoing *out);

/* Sends it, once a TTL. */
enum peer_result subflow_send(struct subflow *s, struct outgoing *out,
			      compose_fn *compose, void *context);

/* A compose_fn, context NULL: the options that belong to this segment. */
bool compose_default(void *context, struct subflow *s, struct outgoing *out);

/* The right options for a segment, which overrides then change. */
void capable_default(const struct subflow *s, const struct outgoing *out,
		     struct mptcp_option *option);
void join_default(const struct subflow *s, const struct outgoing *out,
		  struct mptcp_option *option);
/* With a mapping if the segment carries data or `mapping`. */
void dss_default(const struct subflow *s, const struct outgoing *out,
		 bool mapping, struct mptcp_option *option);
/* Whether the first data of version 1 carries MP_CAPABLE (RFC 8684 3.1). */
bool capable_carries_data(const struct subflow *s, const struct outgoing *out);

/* What the observer has of it; NULL before the SYN was captured. */
const struct flow *subflow_flow(const struct subflow *s);

/* What the observer knows of the connection; nothing before the script has
 * consumed a SYN/ACK with the server's key. */
const struct mptcp_facts *subflow_facts(const struct subflow *s);

/* Our end of the connection, for crafting/compose.h. */
struct mptcp_host subflow_host(const struct subflow *s);

/* Consumes the next received segment, waiting until `until_us`. NULL: none
 * came (or x->peer->exit_code). */
const struct kept *subflow_receive(struct subflow *s, int64_t until_us);

/* The same of what comes first on two subflows of the exchange (`other`: NULL
 * for one only); `whose` it is. */
const struct kept *either_receive(struct subflow *s, struct subflow *other,
				  int64_t until_us, struct subflow **whose);

/* When it came, in milliseconds since the first segment of the exchange, by the
 * clock of the capture. */
int64_t exchange_ms(const struct exchange *x, const struct kept *k);

/* How long an answer is waited for unless the script says: 1 s and four
 * round-trip times. */
int64_t subflow_patience_us(const struct subflow *s);

/* The DATA_ACK of a segment in bytes of our data; false: it has none. */
bool segment_data_ack(const struct subflow *s, const struct kept *k,
		      int64_t *bytes);

/* Ends all that is open. */
void exchange_end(struct exchange *x);

#endif
