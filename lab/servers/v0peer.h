/* SPDX-License-Identifier: GPL-3.0-or-later
 * An MPTCP v0 (RFC 6824) web server as a pure engine: segments in, segments
 * out. It answers as the out-of-tree Linux kernel v0.95.1 with a small HTTP
 * server does, on any address and port it is asked at.
 * No sockets, no clock: the caller brings both.
 */
#ifndef LAB_SERVERS_V0PEER_H
#define LAB_SERVERS_V0PEER_H

#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct packet;
struct v0peer;

#define V0PEER_NEVER INT64_MAX

/* What the engine draws at random; 32 bits of the number, except for keys. */
enum v0peer_draw { V0PEER_ISN, V0PEER_KEY, V0PEER_NONCE };

/* A TCP segment with its checksum, to be carried with TTL 64. Borrowed. */
struct v0peer_segment {
	struct address source, destination;
	const uint8_t *bytes;
	size_t length;
};

struct v0peer_calls {
	void *context;
	uint64_t (*draw)(void *context, enum v0peer_draw what);
	void (*send)(void *context, const struct v0peer_segment *segment);
};

/* NULL: no memory, or OpenSSL failed. */
struct v0peer *v0peer_new(const struct v0peer_calls *calls);
void v0peer_free(struct v0peer *p);

/* One packet that arrived; what is not a whole TCP segment with a right
 * checksum is ignored. Answers are sent before it returns. Time is in
 * milliseconds, of any epoch, and never goes back. */
void v0peer_receive(struct v0peer *p, const struct packet *packet,
		    int64_t now_ms);

/* Sends again what is due. Returns when it wants to be called again at the
 * latest, or V0PEER_NEVER. */
int64_t v0peer_step(struct v0peer *p, int64_t now_ms);

#endif
