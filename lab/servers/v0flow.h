/* SPDX-License-Identifier: GPL-3.0-or-later
 * The subflows of the v0 peer, for its parts: v0peer.c (what comes in) and
 * v0send.c (what goes out). Not for anybody else.
 */
#ifndef LAB_SERVERS_V0FLOW_H
#define LAB_SERVERS_V0FLOW_H

#include "lab/servers/v0data.h"
#include "lab/servers/v0peer.h"

enum v0_state { V0_SYN_RECEIVED, V0_ESTABLISHED };

/* How the mapping of an answer is sent. */
enum v0_mapped { V0_PLAIN, V0_MAPPED, V0_INFINITE };

struct v0_flow {
	struct v0_flow *next;
	struct address client, server;
	uint16_t client_port, server_port;
	enum v0_state state;
	struct v0_connection *connection;
	bool joined; /* by MP_JOIN */
	struct v0_mapping mapping;

	uint32_t own_isn, peer_isn; /* all in host order */
	uint32_t receive_next, sent_acked, send_next;
	uint32_t window_base; /* what the application has taken */
	bool timestamps, sack, scaled;
	uint32_t recent; /* RFC 7323: TS.Recent */
	uint16_t mss;	 /* the peer's */
	uint32_t own_nonce, peer_nonce;

	bool fin_received, fin_sent;
	bool answering; /* an answer is not acknowledged yet */
	unsigned due;	/* requests that wait for theirs */
	uint64_t answer_dsn;
	uint32_t answer_at; /* its sequence number */
	enum v0_mapped answer_mapped;

	int64_t active_ms;     /* when the peer was last heard */
	int64_t send_again_ms; /* V0PEER_NEVER: nothing is unacknowledged */
	unsigned tries;
	int64_t duplicate_ms; /* when a duplicate SYN was last answered */
};

/* Whom a segment without a subflow goes to. */
struct v0_ends {
	struct address client, server;
	uint16_t client_port, server_port;
};

struct v0_sender {
	const struct v0peer_calls *calls;
	struct keys *keys;
	int64_t now_ms;
};

void v0_send_syn_ack(const struct v0_sender *s, const struct v0_flow *f);
/* A pure ACK, with what the data level has to say. */
void v0_send_ack(const struct v0_sender *s, const struct v0_flow *f);
/* The answer from its beginning, or what is left of it unacknowledged. */
void v0_send_answer(const struct v0_sender *s, const struct v0_flow *f);
void v0_send_fin(const struct v0_sender *s, const struct v0_flow *f);
/* RST, ACK of a subflow that breaks the rules of the data level. */
void v0_send_reset(const struct v0_sender *s, const struct v0_flow *f);
/* RFC 9293 3.10.7.1: a RST that acknowledges `acknowledgment` with sequence
 * number 0, or a bare one with `sequence`. */
void v0_send_refusal(const struct v0_sender *s, const struct v0_ends *ends,
		     uint32_t acknowledgment);
void v0_send_bare_reset(const struct v0_sender *s, const struct v0_ends *ends,
			uint32_t sequence);

/* Of the answer to every request. */
size_t v0_answer_length(void);

#endif
