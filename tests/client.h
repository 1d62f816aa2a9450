/* SPDX-License-Identifier: GPL-3.0-or-later
 * The client of a scene: connections, and all that a live run does.
 */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include "tests/scene.h"

/* A new connection that has sent nothing yet; the scene's. */
struct caller *call(struct scene *s, enum purpose purpose, unsigned version);

/* What the observer knows of it. */
struct flow *flow_of(const struct scene *s, const struct caller *c);
bool half_acked(const struct scene *s, const struct caller *c, int half);

/* Single packets. What is marked is a copy with a DSCP, as sweeps send it;
 * half: 0 or 1, of the request; plain: without MPTCP. */
struct wire client_wire(struct scene *s, struct tcp_segment *t,
			const struct caller *c, unsigned ttl, uint8_t class);
struct wire syn_wire(struct scene *s, const struct caller *c, unsigned ttl,
		     uint8_t class);
void begin_client_segment(struct scene *s, struct caller *c, struct writer *w,
			  struct tcp_segment *t, unsigned ttl);
void send_syn(struct scene *s, const struct caller *c, unsigned ttl,
	      bool marked);
void send_third_ack(struct scene *s, struct caller *c, unsigned ttl,
		    bool marked);
/* Data: so many bytes behind the first, `other` than what belongs there, or
 * without a mapping. */
struct span {
	unsigned offset;
	size_t length;
	bool other, plain;
};

void send_data(struct scene *s, struct caller *c, const struct span *d,
	       unsigned ttl, bool marked);
void send_half(struct scene *s, struct caller *c, int half, bool plain,
	       unsigned ttl, bool marked);
/* ADD_ADDR, or a byte of urgent data. */
void send_rare(struct scene *s, struct caller *c, bool add_addr, unsigned ttl);
void send_control(struct scene *s, unsigned ttl);
void send_request(struct scene *s, struct caller *c);

/* SYNs of one flow with TTLs 1 to 12, once more where no quote came. */
struct caller *sweep(struct scene *s, enum purpose purpose, unsigned version);

/* A SYN at full TTL, up to so many times. */
struct caller *knock(struct scene *s, enum purpose purpose, unsigned version,
		     bool checksum, const struct caller *parent,
		     unsigned tries);

/* A connection up to the answer of the server. */
struct caller *converse(struct scene *s, enum purpose purpose, unsigned version,
			bool checksum);

/* Third ACK and data once more, to each hop. */
void copies(struct scene *s, struct caller *c);

/* All that a live run does. */
void run_probe(struct scene *s);

#endif
