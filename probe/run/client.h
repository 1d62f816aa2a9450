/* SPDX-License-Identifier: GPL-3.0-or-later
 * A raw TCP and MPTCP client: one flow whose every segment is crafted. What
 * the peer said is not kept here but read from the observer.
 */
#ifndef PROBE_RUN_CLIENT_H
#define PROBE_RUN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/report.h"

struct announced;
struct flow;
struct live;

#define FULL_TTL 64
/* Bytes of a narrow window, one unit of ours: shorter than most answers. */
#define CLIENT_NARROW 128
#define TIMESTAMPS 12 /* bytes of options */

/* Where a run goes to, and by what. */
struct destination {
	struct live *live;
	struct address source, target;
	uint16_t port;
	uint16_t mss;
	bool reference; /* known to speak MPTCP (--reference) */
	bool several;	/* `source` is of one of several uplinks */
	int64_t rtt_us; /* of the first SYN/ACK; 0: not known yet */
};

/* Which copy of a segment: its TTL; whether it cannot reach the server, so
 * that it may carry ECT(0) and DSCP 10, and data the flags ECE, CWR and URG,
 * which shows who rewrites them; whether a SYN carries option 253. */
struct copy {
	uint8_t ttl;
	bool marked, experiment;
};

#define COPY_FULL ((struct copy){FULL_TTL, false, false})

struct client {
	const struct destination *to;
	enum purpose purpose;
	unsigned version;  /* of MPTCP */
	bool checksum;	   /* ask for DSS checksums (flag A) */
	bool narrow;	   /* its window is CLIENT_NARROW bytes */
	bool no_mss;	   /* leave the MSS out of the SYN */
	bool no_algorithm; /* MP_CAPABLE names none (flag H): servers answer
			      it as plain TCP */
	bool gave_up;	   /* its SYNs go out without the option from now on, as
			      those of kernels do when the others fail */
	uint16_t port;
	uint32_t isn, timestamp, flow_label;
	uint64_t key, idsn;    /* ours */
	uint32_t token, nonce; /* MP_JOIN */
	struct client *parent; /* MP_JOIN: the first subflow */
	uint8_t address_id;
	uint32_t segments; /* sent after the SYN */
	uint32_t sent;	   /* bytes of data, up to the highest */
};

/* Reserves a port and draws keys and numbers. Failures stop the run (live.h).
 */
void client_open(struct client *c, const struct destination *to,
		 enum purpose purpose, unsigned version);

/* Makes an opened MP_JOIN client one of this connection, whose server key is
 * known. */
void client_join(struct client *c, struct client *parent);

/* What the observer knows of this flow; NULL before its SYN was captured, and
 * of a client that was never opened. */
struct flow *client_flow(const struct client *c);

/* So much takes the server in a segment, and our link; what it takes that names
 * no MSS is `untold`. */
unsigned client_mss(const struct client *c, unsigned untold);

/* So many bytes of data make a packet as large as that with a DSS, and 1500
 * bytes at most. */
size_t client_full_size(const struct client *c);

/* So many do where a router said that a link takes less; 0: none did. */
size_t client_told_size(const struct client *c);

/* Each sends one segment; what cannot be sent stops the run (live.h). */
void client_send_syn(struct client *c, struct copy copy);

/* The third ACK: with MP_CAPABLE or the HMAC of the MP_JOIN where these were
 * negotiated, else plain. */
void client_send_third_ack(struct client *c, struct copy copy);

/* `length` bytes of payload that begin at `offset` of the stream, with the
 * mapping that belongs to them: MP_CAPABLE (v1, offset 0) or DSS. `plain`:
 * without any MPTCP option. */
void client_send_data(struct client *c, const uint8_t *payload, size_t length,
		      size_t offset, bool plain, struct copy copy);

/* The same over an additional subflow, whose own data begins with the byte at
 * `first` of the stream. */
void client_send_joined(struct client *c, const uint8_t *payload, size_t length,
			size_t offset, size_t first, struct copy copy);

/* The same as client_send_data() in IP fragments, without any MPTCP option;
 * each but the last holds `size` bytes of the segment. */
void client_send_fragments(struct client *c, const uint8_t *payload,
			   size_t length, size_t offset, size_t size,
			   struct copy copy);

/* Announces our own address once more, under another id: a server echoes it
 * and need not connect to it (RFC 8684 3.4.1). */
void client_send_add_addr(struct client *c, struct copy copy);

/* Tells the server that its announcement came (version 1). */
void client_echo_add_addr(struct client *c, const struct announced *a);

/* Acknowledges all that came in, at both levels. */
void client_send_ack(struct client *c);

/* The same, and asks that the server sends its data over other subflows, as
 * long as there are any (MP_PRIO: RFC 8684 3.3.8). */
void client_send_backup(struct client *c);

/* The same from before what was sent last, so that the server acknowledges in
 * turn, with the sequence number behind all that it has sent (RFC 9293
 * 3.8.4). */
void client_send_keep_alive(struct client *c);

/* One of these, with a DSS as soon as the server's key is known, whether or not
 * one of the server's has come: the third ACK is out (RFC 8684 3.1). */
void client_send_pure_ack(struct client *c, bool keep_alive, struct copy copy);

/* One without any MPTCP option. */
void client_send_bare_ack(struct client *c, struct copy copy);

/* Ends the flow: RST, with MP_FASTCLOSE where MPTCP is in use. */
void client_send_reset(struct client *c);

#endif
