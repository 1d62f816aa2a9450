/* SPDX-License-Identifier: GPL-3.0-or-later
 * The incremental observer: frames in, facts out. It is fed one frame at a
 * time, live or from a file, and knows nothing but what the frames say.
 * Who sends a SYN is the client of that flow.
 */
#ifndef REPORT_TRACK_OBSERVER_H
#define REPORT_TRACK_OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "report/report.h"
#include "report/track/clients.h"
#include "report/track/frozen.h"
#include "report/track/mptcp_connection.h"
#include "report/track/side.h"
#include "report/track/sightings.h"

struct keys;

/* The IP fragments of a segment that the client sent. */
struct fragments {
	unsigned count; /* captured, each behind the one before */
	size_t length;	/* bytes of the segment in them */
	bool complete;	/* the last was one of them */
	int64_t last_us;
};

/* Where a packet was seen: a file of several, an interface of a host. */
struct viewpoint {
	unsigned file;	    /* from 0 */
	uint32_t interface; /* 0: not told */
};

/* A packet that was kept: a copy of its bytes, and what they say. */
struct kept {
	uint64_t frame; /* from 1 */
	int64_t time_us;
	struct viewpoint viewpoint;
	struct packet packet; /* points into a copy of its own */
	struct tcp_options options;
	enum segment_kind kind;
	struct fragments fragments; /* of a SEGMENT_FRAGMENT */
};

/* An ICMP error that quotes a packet of the flow. */
struct quote {
	uint64_t frame;
	int64_t time_us;
	struct address responder;
	unsigned reply_ttl;
	bool time_exceeded, unreachable, port_unreachable, admin_prohibited;
	bool too_big;	       /* a link takes less: RFC 1191, RFC 8201 */
	uint32_t next_hop_mtu; /* that it names; 0: none */
	struct packet quoted;
	size_t bytes; /* quoted */
	enum matched_by matched_by;
	size_t sent;	 /* index of what it quotes, in flow->sent */
	bool fits_tuple; /* the quoted addresses and ports are the flow's */
};

/* What the MPTCP options of one flow said (RFC 8684, RFC 6824). */
struct mptcp_facts {
	bool syn, syn_ack; /* MP_CAPABLE was in it */
	bool syn_valid;	   /* of a form that a server must take */
	bool gave_up;	   /* a plain SYN followed, unanswered as they were; or
			      one that was not captured, but answered */
	bool mirrored;	   /* the SYN/ACK echoes the SYN's option */
	unsigned version;  /* of the SYN */
	int other_version; /* the SYN/ACK's, if it is not that; -1 */
	uint8_t syn_flags, syn_ack_flags;
	bool has_client_key, has_server_key;
	uint64_t client_key, server_key;
	uint64_t client_idsn, server_idsn;
	uint32_t client_token, server_token;
	bool third_ack;		 /* with MP_CAPABLE and both keys right */
	bool checksum;		 /* A in SYN, SYN/ACK or third ACK */
	bool mapped;		 /* data was sent with a valid mapping */
	uint64_t sent_bad_frame; /* the first with a wrong checksum; 0: none */
	uint64_t mapped_end;	 /* DSN behind the last valid mapping */
	bool has_data_ack;
	uint64_t data_ack; /* the highest that fits */
	uint64_t data_ack_frame;
	bool data_ack_misfit; /* one fits nothing that was sent */
	uint64_t misfit_frame;
	/* DATA_ACKs beside the acknowledgment of TCP in the same segment, while
	 * no other subflow is known: bytes ahead of it, of the last that is;
	 * and whether one is of as many. */
	uint64_t ack_ahead, ahead_frame;
	bool acks_in_step;
	enum known server_dsn; /* DSN == IDSN(server key) + SSN */
	uint64_t server_dsn_frame, server_dsn_seen;
	uint64_t server_mapped_end; /* DSN behind the server's data; 0 none */
	unsigned checksums_good, checksums_bad; /* of the server's data */
	uint64_t checksum_frame;
	bool mp_fail, fastclose;    /* from the server */
	bool client_failed;	    /* MP_FAIL of the client came first */
	uint64_t unjust_fail_frame; /* MP_FAIL for data whose checksum was
				       right as sent; 0: none */
	bool data_fin;		    /* from the server */
	bool joined;		    /* another subflow was begun */
	bool server_dss;	    /* any DSS from the server */
	bool add_addr_echoed;	    /* ours, by the server */
};

struct join_facts {
	bool syn, syn_ack; /* MP_JOIN was in it */
	int parent;	   /* index of the flow whose token it names, -1 */
	uint32_t token, client_nonce, server_nonce;
	bool has_server_nonce, backup;
	bool answered_anew; /* by a SYN/ACK with another nonce as well */
	enum known hmac;    /* of the SYN/ACK */
	bool ack_sent;	    /* third ACK with HMAC */
	enum known ack_hmac;
	uint64_t
		fourth_ack_frame; /* 0: none; a DSS on an ACK from the server */
	uint64_t data_end;	  /* DSN behind the client's first valid mapping
				     here; 0: none */
	uint32_t data_next;	  /* the sequence number behind it */
	bool data_elsewhere;	  /* it went out over another subflow as well */
	uint64_t data_ack_frame;  /* of a DATA_ACK for all of that: here, or
				     anywhere unless it is elsewhere; 0 */
};

/* A segment of the client that is far from what came before. */
struct stray {
	bool there;
	uint32_t sequence, acknowledgment;
};

/* Packets of a flow as they were seen in other places as well: they tell what
 * changed in between, and nothing else. */
#define VIEWPOINTS_MAX 16
#define DOUBLES_MAX 64
struct doubles {
	struct viewpoint viewpoints[VIEWPOINTS_MAX];
	size_t viewpoint_count;
	struct kept **seen[2]; /* of the client, of the server */
	size_t seen_count[2];
	struct flow *translated; /* the first of those that only have its
				    addresses and ports there: `same` */
};

struct flow {
	unsigned id; /* from 1, if it was begun */
	bool begun;  /* by a SYN in the capture; of others, the sides and
			what belongs to their connection is known only */
	struct address client, server;
	uint16_t client_port, server_port;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP (echo) */
	uint16_t reference_port; /* of a control: it marks this TCP port of
				    the server as a reference; else 0 */
	bool uplink; /* a control: from one of several uplinks of a run */
	enum purpose purpose;
	int64_t first_us, last_us;
	uint64_t first_frame;

	/* TCP, in host order */
	uint32_t client_isn, server_isn;
	bool syn_ack_seen, established; /* established: our ACK went out */
	uint32_t client_next;		/* behind the highest byte sent */
	uint32_t server_acked;	/* the highest acknowledgment of the server */
	uint32_t server_next;	/* contiguous, what we should acknowledge */
	uint32_t client_acked;	/* the highest acknowledgment of the client */
	uint32_t client_window; /* the largest that it opened, in bytes */
	uint8_t shift;		/* of its windows, in its SYN (RFC 7323) */
	struct link_ends link;	/* of its first SYN */
	struct link_ends syn_ack_link;
	unsigned syn_acks_again;    /* the very same packet, and not kept */
	struct viewpoint viewpoint; /* where it is followed */
	struct doubles *doubles;    /* NULL: it was not seen anywhere else */
	struct stray stray;	    /* the latest */
	bool timestamps;	    /* negotiated */
	uint32_t server_tsval;	    /* the latest */
	bool server_fin;
	size_t first_syn_ack, first_reset; /* index in received; NONE */
	uint32_t payload_received;	   /* bytes, contiguous */
	bool snapped;	  /* options were not captured whole: what is not there
			     may have been */
	bool syn_snapped; /* one with SYN was */
	bool blurred;	  /* its packets are of two places, of which only one
			     has the SYN: nothing tells them apart */
	struct sightings *sightings; /* sent, received; NULL: none yet */
	struct side sides[2];	     /* of the client, of the server */

	struct mptcp_connection
		*connection;		 /* NULL: no MPTCP option was seen */
	struct flow *sibling;		 /* the next of its subflows */
	bool joins;			 /* by MP_JOIN */
	bool reversed;			 /* begun by the connection's server */
	bool plain_syn;			 /* after one with MPTCP */
	bool syn_ack_option, ack_option; /* MP_CAPABLE or MP_JOIN was in it */
	struct mptcp_facts mptcp;
	struct join_facts join;

	struct arena *arena; /* of the flow and its quotes */
	struct arena *packets;
	struct kept **sent;
	size_t sent_count;
	struct kept **received;
	size_t received_count;
	struct quote *quotes;
	size_t quote_count;
	struct quote
		*alien_reset; /* the first that quotes a RST which the
				 client never sent; NULL. It has no `sent` */
	unsigned misfits;     /* quotes of its addresses and ports that are of
				 nothing that was sent, or do not tell of what */
	unsigned untold;      /* of these the latter: a number of it fits */
	bool has_acked_ahead; /* the server acknowledged more than was seen to
				 be sent: up to here */
	uint32_t acked_ahead;
	uint64_t unfit; /* TCP segments of its addresses and ports that fit
			   nothing, and own packets that came back */
	bool unkept;	/* there is more of it than was kept */
	bool client_fin, released; /* released: only the SYNs and the first
				      answers are still there */

	struct flow *hash_next; /* the next in its bucket */
	struct flow *same; /* this is only what a translator has made of that
			      one's addresses and ports; else NULL */
	bool mixed; /* one that was not begun: its server's segments are not of
		       one connection */
	size_t place; /* of one that was not begun: in o->middles */
};

#define FLOW_NONE ((size_t)-1)

/* mpprobe's SYNs have their TTL in the low bits of the timestamp (RFC 7323): so
 * an answer tells which one it is to. */
#define CLOCK_TTL 0x7f

/* A capture may be of any length. Of a connection that ended, with so many
 * newer flows behind it, first the packets go, if no quote refers to them;
 * then the flow: `forgotten`, which is no target's, takes its place. So does
 * one of plain TCP that goes on, where so many do; one with MPTCP is packed
 * away then (frozen.h), but for the first in the capture. Of SYNs of strangers
 * that nobody answers, fewer are kept, and not for as long. */
#ifndef FLOWS_MAX /* fuzz targets are built with less */
#define FLOWS_WITH_PACKETS 512
#define FLOWS_MAX 16384
#define STRANGERS_MAX 4096
#endif

/* Who was answered, and by whom; of more it is not known. */
#define ANSWERED_MAX 64
struct endpoint {
	struct address address;
	uint16_t port;	       /* of a server; else 0 */
	struct link_ends link; /* of a client's SYN */
};
struct endpoints {
	struct endpoint list[ANSWERED_MAX];
	size_t count;
};

/* A connection that is forgotten; valid during the call. */
typedef void mptcp_connection_fn(void *context,
				 const struct mptcp_connection *c);

/* Segments that wait for another. Merged captures, and those of several queues,
 * have a SYN/ACK in front of its SYN. And of two SYNs of one connection one is
 * forged: which, its answer tells; the other may be a whole sweep. */
#define EARLY_MAX 16
#define RIVALS_MAX 64
struct waiting {
	struct arena *arena; /* of the packet; NULL: none */
	struct kept *kept;
	struct link_ends link;
};

struct interface_name {
	struct viewpoint viewpoint;
	char *name;
};

struct observer {
	struct arena *arena;
	struct flow *forgotten;
	size_t sweep, oldest; /* the next flow to look at; the first that is
				 not forgotten */
	struct keys *keys;
	struct mptcp_connections connections;
	mptcp_connection_fn *ended; /* NULL: nobody asks */
	void *ended_context;
	uint64_t frames, truncated; /* of these, by a snap length */
	size_t quotes;		    /* of all flows */
	int64_t first_us, last_us;
	int64_t stamp_us, frame_us; /* of the last frame: as it is stamped, and
				       as it is taken */
	struct flow **flows;	    /* begun in this capture */
	size_t flow_count, forgotten_count;
	struct flow **middles; /* MPTCP subflows in their middle */
	size_t middle_count, middle_sweep;
	struct flow **buckets; /* of all flows, by addresses and ports */
	size_t bucket_count;
	struct waiting early[EARLY_MAX], rivals[RIVALS_MAX];
	size_t next_early, next_rival;
	struct link_ends link;	  /* of the frame that is looked at */
	unsigned file;		  /* that it is in */
	uint32_t interface;	  /* of that file, where it tells of several;
				     0: its headers may */
	enum link_way way;	  /* of the frame; unknown: the same */
	const char *const *files; /* their names; NULL: there is one */
	struct interface_name *interfaces;
	size_t interface_count; /* with names */
	size_t fragmented;	/* index of the flow that sent the latest
				   first fragment; FLOW_NONE */
	unsigned long searched; /* segments, for quotes without a flow */
	struct endpoints answered, servers;
	struct clients speakers; /* with MPTCP, that were answered */
	struct freezer freezer;
	size_t kept;	      /* segments, of all flows */
	struct address *own;  /* of a live run: only these open flows */
	size_t own_count;     /* 0: it was not told */
	enum vantage vantage; /* that the user says; else unknown */
};

/* NULL if OpenSSL or memory failed. */
struct observer *observer_new(void);
void observer_free(struct observer *o);

/* A live run sends from this address: from now on a SYN opens a flow only if it
 * comes from such a one. Without: any may. */
void observer_own(struct observer *o, const struct address *a);
bool observer_owns(const struct observer *o, const struct address *a);

/* Whether a SYN or control comes to where its client's packets are sent from,
 * so that it is none of its own; as far as the link headers tell. */
bool observer_came_in(const struct observer *o, const struct address *client,
		      const struct link_ends *link);

/* One frame, in the order of the capture. `link_type` is a DLT_*. What is
 * not understood is counted and otherwise ignored. Frames of one time are taken
 * as a microsecond apart, so that times tell their order. `length`: of the
 * frame, of which `captured` bytes are there. */
void observer_frame(struct observer *o, int link_type, uint64_t number,
		    int64_t time_us, const uint8_t *frame, size_t captured,
		    size_t length);

/* The name of o->interface in o->file. */
void observer_name_interface(struct observer *o, const char *name);

/* "eth1", or NULL. */
const char *observer_interface_name(const struct observer *o,
				    struct viewpoint v);

/* One that a live run has from its own address, and did not send: it is
 * counted, and otherwise ignored. */
void observer_came_back(struct observer *o, int link_type, int64_t time_us,
			const uint8_t *frame, size_t captured);

/* The newest flow of this client and server, also where a translator has made
 * these of its addresses and ports; or NULL. */
struct flow *observer_flow(const struct observer *o,
			   const struct address *client, uint16_t client_port,
			   const struct address *server, uint16_t server_port,
			   uint8_t protocol);

/* The SYN that a SYN/ACK (index in received) answers: its index in sent, by
 * TSecr, or the only one sent; FLOW_NONE if it cannot be told. */
size_t flow_answered_syn(const struct flow *f, size_t received);

/* Hosts count IDs: a near one is that of another copy, which the capture lacks;
 * who draws them anew seldom comes so near. */
#define IDS_SPAN 256

static inline bool ip_id_is_of_a_copy(uint16_t id, uint16_t of)
{
	return id != of && of && (uint16_t)(id - of + IDS_SPAN) < 2 * IDS_SPAN;
}

/* Whether a SYN/ACK names, by TSecr, a later SYN than all that the capture has:
 * one that was sent again, as clients do in the end without MPTCP. */
bool flow_answered_unseen(const struct flow *f, const struct kept *syn_ack);
/* Whether another segment names a timestamp of the flow's clock that no segment
 * has which was sent: the capture lacks what it answers. */
bool flow_echoes_unseen(const struct flow *f, const struct kept *received);

/* The smallest TTL whose SYN (datagram, echo) the target itself answered;
 * 0 if none did or it cannot be told. */
unsigned flow_reach(const struct flow *f);

/* Whether segments of one kind went out with more than one TTL. */
bool flow_swept(const struct flow *f, enum segment_kind kind);

/* Whether a quote of what was sent with this TTL and kind came back. */
const struct quote *flow_quote(const struct flow *f, enum segment_kind kind,
			       unsigned ttl);

/* How many segments of this kind went out with this TTL (0: any TTL). */
unsigned flow_sent_count(const struct flow *f, enum segment_kind kind,
			 unsigned ttl);

/* Whether data of the server came, over whatever subflow of its connection. */
bool flow_answered(const struct flow *f);

/* The client acknowledges a SYN/ACK that is not in the capture: who else saw
 * that, knows that it was answered. */
bool flow_lacks_syn_ack(const struct flow *f);

/* A RST that fits the flow, or NULL. */
const struct kept *flow_reset(const struct flow *f);
const struct kept *flow_syn_ack(const struct flow *f);

/* The server has ended it, or begun to: FIN, DATA_FIN, MP_FASTCLOSE or RST. */
bool flow_server_ended(const struct flow *f);

/* Whether it asks for a connection: a SYN of the client. */
bool kept_is_syn(const struct kept *k);
/* The same, and not the one behind those with an option that gave it up. */
bool kept_is_first_syn(const struct kept *k);

/* Whether its timestamp names the TTL that it has, as that of a SYN of mpprobe
 * does where it was sent. */
bool kept_names_ttl(const struct kept *k);

/* The experimental option (kind 253, RFC 4727) of a kept segment. */
bool kept_experiment(const struct kept *k, struct tcp_option *o);

/* 32, 64, 128 or 255: the smallest that is not below `ttl`. */
unsigned initial_ttl(unsigned ttl);

/* Whether a DSN may be one of a host with this IDSN, of which data before is
 * not in the capture; `dsn8`: it was sent in 8 bytes. */
bool dsn_may_be_later(uint64_t dsn, bool dsn8, uint64_t idsn);

#endif
