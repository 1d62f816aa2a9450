/* SPDX-License-Identifier: GPL-3.0-or-later
 * How the observer takes a packet: finding its flow (observer.c), what TCP
 * says (observe_tcp.c), what MPTCP says (observe_mptcp.c), ICMP errors
 * (observe_icmp.c), and what may be forgotten (observe_forget.c).
 */
#ifndef REPORT_TRACK_OBSERVE_H
#define REPORT_TRACK_OBSERVE_H

#include "report/track/observer.h"

struct arena;

/* The payload of a distance control begins with this text; behind it stand
 * the TTL it was sent with (3 digits), a blank and 16 random hex digits; a
 * control of a reference server goes on with REFERENCE_MARK and its TCP port
 * (5 digits). */
#define CONTROL_MARK "mpprobe "
#define CONTROL_LENGTH 28
#define REFERENCE_MARK " reference "

/* Segments kept of one flow and direction: enough for every sweep with its
 * repeats; a long download goes on being followed, not kept. */
#define KEPT_MAX 1024
/* Of those that no sweep sent: data and acknowledgments of a download. */
#define KEPT_ORDINARY 192
#define ORDINARY_TTL 32

/* Whether a live run sends from this address. */
bool observer_owns(const struct observer *o, const struct address *a);

/* A new flow that a packet of its client begins, entered in the table. */
struct flow *observer_add_flow(struct observer *o, const struct packet *first,
			       uint8_t protocol, uint16_t client_port,
			       uint16_t server_port);

/* A new flow that is in its middle; `side`: who sends the packet. */
struct flow *observer_add_middle(struct observer *o, const struct packet *p,
				 unsigned side);
void observer_remove_middle(struct observer *o, struct flow *f);

/* Puts a flow at the end of the list of those that were begun. */
void observer_begin(struct observer *o, struct flow *f);

/* Frees a flow and all that it holds. */
void observer_free_flow(struct flow *f);

/* Takes a flow out of the tables. */
void observer_unlist(struct observer *o, struct flow *f);

/* Gives back what is not needed any more of flows that ended long ago; each
 * call looks at a few of them. */
void observer_forget(struct observer *o, int64_t now_us);

/* What a packet says, without a copy: it points to the packet's bytes. */
struct kept observer_look(const struct packet *p, uint64_t frame,
			  int64_t time_us);

/* Copies a packet for keeping, parsed anew and its options read. */
struct kept *observer_keep(struct arena *a, const struct packet *p,
			   uint64_t frame, int64_t time_us);

/* One TCP packet: from the client of a flow, or to it. */
void observe_tcp(struct observer *o, const struct packet *p, uint64_t frame,
		 int64_t time_us);

/* A fragment that is not the first: of the segment that the latest first one
 * of a client began. */
void observe_fragment(struct observer *o, const struct packet *p,
		      int64_t time_us);

/* What a segment says of its side and connection; side 0: the client sent
 * it. */
void observe_mptcp(struct observer *o, struct flow *f, unsigned side,
		   const struct kept *k);

/* An ICMP error: finds the flow and the segment that it quotes. */
void observe_icmp(struct observer *o, const struct packet *p, uint64_t frame,
		  int64_t time_us);

#endif
