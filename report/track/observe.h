/* SPDX-License-Identifier: GPL-3.0-or-later
 * How the observer takes a packet: finding its flow (observer.c), what TCP
 * says (observe_tcp.c), which SYN begins a flow (observe_begin.c), which
 * replies are believed (observe_fits.c), what MPTCP says (observe_mptcp.c),
 * ICMP errors (observe_icmp.c), what is seen twice (observe_doubles.c), what
 * may be forgotten (observe_forget.c), and what is packed away (frozen.c).
 */
#ifndef REPORT_TRACK_OBSERVE_H
#define REPORT_TRACK_OBSERVE_H

#include "report/track/observer.h"

struct arena;

/* The payload of a distance control begins with this text; behind it stand
 * the TTL it was sent with (3 digits), a blank and 16 random hex digits; a
 * control of a reference server goes on with REFERENCE_MARK and its TCP port
 * (5 digits), one from one of several uplinks with UPLINK_MARK. */
#define CONTROL_MARK "mpprobe "
#define CONTROL_LENGTH 28
#define REFERENCE_MARK " reference "
#define UPLINK_MARK " uplink"

/* Segments kept of one flow and direction: enough for every sweep with its
 * repeats; a long download goes on being followed, not kept. */
#define KEPT_MAX 1024
/* Of those that no sweep sent: data and acknowledgments of a download. */
#define KEPT_ORDINARY 192
#define ORDINARY_TTL 32
/* With so many segments kept of all flows, of one that nobody answered these
 * only, and these of plain TCP. */
#define KEPT_PLENTY 65536
#define KEPT_UNANSWERED 4
#define KEPT_PLAIN 4
/* And with so many those of MPTCP, as well. */
#define KEPT_TOO_MANY (6 * KEPT_PLENTY)
#define KEPT_MPTCP 8

/* So far behind its SYN a segment may be that comes before it in the file. */
#define EARLY_BYTES (1 << 16)

/* The timestamps of copies of a segment differ by less: no clock goes farther
 * until the last is sent, nor do ours count more of them. Who draws timestamps
 * anew goes as far as he likes. */
#define COPIES_SPAN (1 << 18)

static inline bool is_of_a_copy(uint32_t tsval, uint32_t of)
{
	return tsval - of + COPIES_SPAN < 2 * COPIES_SPAN;
}

/* Subflows of one connection that its server is let begin in a live run. */
#define SUBFLOWS_MAX 64

/* A new flow that a packet of its client begins, entered in the table. */
struct flow *observer_add_flow(struct observer *o, const struct packet *first,
			       uint8_t protocol, uint16_t client_port,
			       uint16_t server_port);

/* A new flow that is in its middle; `side`: who sends the packet. */
struct flow *observer_add_middle(struct observer *o, const struct packet *p,
				 unsigned side);
/* The same of one that was packed away, as it was; it has no packets. */
struct flow *observer_add_again(struct observer *o, const struct flow *image);
void observer_remove_middle(struct observer *o, struct flow *f);

/* Another name of a flow, by which a SYN of it was seen in another place. */
void observer_add_translated(struct observer *o, struct flow *f,
			     const struct packet *syn);

/* Puts a flow at the end of the list of those that were begun. */
void observer_begin(struct observer *o, struct flow *f);

/* Frees a flow and all that it holds. */
void observer_free_flow(struct flow *f);

/* Takes a flow out of the tables. */
void observer_unlist(struct observer *o, struct flow *f);

/* A connection goes, with its flows. */
void observer_drop_connection(struct observer *o, struct mptcp_connection *c);

/* A number for the addresses and ports of a flow of TCP. */
uint64_t observer_flow_name(const struct address *client, uint16_t client_port,
			    const struct address *server, uint16_t server_port);

/* Remembers who was answered, and by whom: that is known of the first of
 * them. */
void observer_note_answered(struct observer *o, const struct flow *f);
bool observer_was_answered(const struct observer *o,
			   const struct address *client);
bool observer_has_server(const struct observer *o, const struct address *a,
			 uint16_t port);

/* Forgets a flow that was none: its SYN was not its client's. One that joins a
 * connection stays. */
void observer_retract(struct observer *o, struct flow *f);

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

/* A segment that a flow's client, its server sent. */
void observe_sent(struct observer *o, struct flow *f, const struct packet *p,
		  uint64_t frame, int64_t time_us);
void observe_received(struct observer *o, struct flow *f,
		      const struct packet *p, uint64_t frame, int64_t time_us);

/* Whether a packet was seen where its flow is not followed, as the same SYN
 * had been: then it is none of the flow's, but kept as what it was there.
 * `from`, `to`: as for observe_opens(). */
bool observe_double(struct observer *o, struct flow *from, struct flow *to,
		    const struct packet *p, uint64_t frame, int64_t time_us);
struct viewpoint observe_viewpoint(const struct observer *o);

/* Whether a reply is believed: it fits the numbers of the flow. */
bool observe_fits(const struct flow *f, const struct packet *p);

/* Whether a segment may be the client's by its numbers. */
bool observe_may_be_sent(struct flow *f, const struct packet *p);

/* Of a segment that does not fit, as it acknowledges more than was seen to be
 * sent: a capture lacks that. */
void observe_ahead(struct flow *f, const struct packet *p);

/* The window that a segment of the client opens (RFC 9293 3.8.6). */
void observe_window(struct flow *f, const struct kept *k);

bool observe_is_syn(const struct packet *p);

/* Whether a packet is a SYN that begins a connection; `from`, `to`: the flows
 * that its source, its destination began, or NULL. Not one that comes from
 * where a server answered: who forges that wants to be taken for a client. */
bool observe_opens(const struct observer *o, const struct packet *p,
		   const struct flow *from, const struct flow *to,
		   int64_t time_us);

/* Begins it. A SYN that comes behind others of its subflow in the file begins
 * that, `middle`; else NULL. */
struct flow *observe_begin(struct observer *o, const struct packet *p,
			   struct flow *middle, uint64_t frame,
			   int64_t time_us);

/* Whether a packet is another SYN with the addresses and ports of a connection
 * that is open: hosts do not use them anew before it ends. */
bool observe_contends(const struct packet *p, const struct flow *from,
		      int64_t time_us);

/* It is remembered until an answer tells which of them is the client's; that
 * one begins a flow in the place of the other, and is returned. */
void observe_rival(struct observer *o, const struct packet *p, uint64_t frame,
		   int64_t time_us);
struct flow *observe_confirm(struct observer *o, struct flow *to,
			     const struct packet *p);

/* An ICMP error goes to where the client is: of two SYNs the one from there is
 * its own. The flow, or the one that takes its place. */
struct flow *observe_at_home(struct observer *o, struct flow *f);

/* A SYN/ACK without a SYN, which may come yet; and that has come. */
void observe_early(struct observer *o, const struct packet *p, uint64_t frame,
		   int64_t time_us);
void observe_take_early(struct observer *o, struct flow *f);

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
