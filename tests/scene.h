/* SPDX-License-Identifier: GPL-3.0-or-later
 * A path in memory: a client that probes as mpprobe does (client.h), routers
 * that quote, one device that does what it likes (devices.h), and a server
 * (server.h). Every frame that the client would capture goes to an observer.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "crafting/keys.h"
#include "report/judge/judge.h"
#include "report/track/observer.h"
#include "tests/frames.h"

#define MS 1000
#define HOPS_MAX 24
#define PORT 80
#define MARKED (10 << 2 | 2) /* DSCP 10, ECT(0) */

/* CORRUPT: passes, with a wrong TCP checksum. */
enum act { PASS, DROP, RESET, ANSWER, PROHIBIT, CORRUPT };

struct scene;
typedef enum act box_fn(struct scene *s, struct wire *w);

/* A connection of the client. */
struct caller {
	enum purpose purpose;
	unsigned version;
	bool checksum, no_algorithm, extended, gave_up;
	uint16_t port;
	uint32_t isn, ts, token, nonce, segments;
	uint64_t key;
	const struct caller *parent;
	unsigned joined_at; /* offset of the first data over this subflow */
	uint16_t mss;	    /* 0: 1460 */
	uint16_t to;	    /* another port of the server; 0: the scene's */
};

/* The server's side of a connection. */
struct served {
	uint16_t port;
	uint32_t client_isn, isn, next; /* next: expected of the client */
	uint64_t key, client_key;
	uint32_t nonce, segments;
	bool unknown; /* it joins nothing (no_checksum) */
	bool mptcp, joined, third_ack, checksum, has_client_key, answered;
	bool announced, went_on, forgotten;
	uint64_t data;	 /* bytes taken at data level */
	uint32_t sent;	 /* bytes of its answer before this segment */
	unsigned rounds; /* of blocks */
	struct served *parent;
};

struct scene {
	/* the path; hops are counted from 1, the server is at hops + 1 */
	unsigned hops;
	unsigned server_hop; /* where the address is; 0: at hops + 1 */
	bool ip6;
	unsigned quotes[HOPS_MAX]; /* bytes that this hop quotes; 0: all */
	bool silent[HOPS_MAX];
	unsigned box_at;
	box_fn *box;	     /* on what the client sends, when forwarded */
	bool box_on_arrival; /* before the TTL is checked */
	unsigned second_at;  /* another device, on what is forwarded */
	box_fn *second;
	box_fn *back; /* on what the server sends */
	unsigned forger_at;
	box_fn *forger;	     /* alters what this hop quotes, no more */
	bool back_detour;    /* the way back is longer, too */
	unsigned back_from;  /* for this hop and all behind it ... */
	unsigned back_until; /* ... up to this (0: all) ... */
	int back_more;	     /* ... it has so many hops more */
	unsigned detour;     /* flows with odd ports have so many more hops */
	bool parted;	     /* flows with odd ports meet other routers */
	unsigned mended;     /* hops behind this one quote checksums that a NAT
				left wrong; 0: none */
	bool unfilled;	     /* the client's checksums are never filled in */
	bool (*lost)(struct scene *s, bool forward, const struct packet *p);

	/* the server */
	int version; /* 1, 0, or -1: no MPTCP */
	bool port_closed, port_silent, cookies, deny_join, refuse_checksum;
	bool no_subflows, other_backend, close_at_once, reset_data, mute;
	bool mute_mptcp;	     /* answers without it only */
	bool forgets, forgets_mptcp; /* is reset when it is to answer, all or
					with MPTCP, and the client not told */
	bool answer_joined; /* what comes over a second subflow, over that */
	unsigned pushes;    /* the same page over a second subflow, unasked */
	bool bare_reset, udp_silent, data_fin, no_timestamps, ecn_syn;
	bool no_checksum; /* as Linux 5.10: flag A gets TCP, any token a join */
	bool reset_idle;  /* a RST for what is not data, first of all */
	bool no_window;	  /* behind the SYN/ACK: it takes no data */
	bool several_keys; /* another one in the first of two SYN/ACKs */
	bool unasked;	   /* MPTCP options in all that it sends */
	bool no_dss;	   /* it stops to speak MPTCP behind the handshake */
	bool echoes;	   /* MP_CAPABLE and MP_JOIN, as they came */
	bool announce;	   /* ADD_ADDR, when it has the client's key */
	bool echo_address; /* of the client's ADD_ADDRs */
	bool complain;	   /* MP_FAIL for a wrong DSS checksum */
	unsigned pages;	   /* segments of its answer; 0: one */
	unsigned blocks;   /* of BLOCK bytes, when that is acknowledged; and
			      behind the next ACK the same, mapped again */
	bool greets;	   /* speaks first */
	bool narrow; /* the client's window takes one: then comes another */
	unsigned udp_hop;    /* answers datagrams in the server's name */
	unsigned icmp_ttl;   /* initial TTL of the server's ICMP */
	unsigned router_ttl; /* the same of the routers */

	/* the client */
	bool no_sweep, no_join, no_after, no_version0;
	int only_version;    /* --mptcp; -1: both */
	unsigned window;     /* what it takes; 0: 64240, and more */
	int64_t pause;	     /* before plain TCP is tried again */
	unsigned uplink;     /* another address of its own */
	bool one_of_several; /* uplinks of a run, and its controls say so */
	uint16_t port;	     /* 0: PORT */
	uint16_t to;	     /* where new connections go; 0: the same */
	bool reference;	     /* the target is one (--reference) */
	bool other_program;  /* not mpprobe: no controls */
	bool at_server;	     /* where the capture is made */
	unsigned on_path;    /* or behind this router */
	enum vantage said;   /* --at, 1: client, 2: server, 3: path */
	bool echo;	     /* controls are ICMP echoes */

	struct observer *o;
	struct keys *keys;
	int64_t now;
	uint64_t frames, lost_count;
	uint16_t next_id, next_port;
	uint64_t random;
	struct served served[320];
	size_t served_count;
	struct caller callers[320];
	size_t caller_count;
};

#define BLOCK 1000
#define REQUEST "GET / HTTP/1.1\r\nHost: server.lab\r\n\r\n"
#define HALF 16
#define PAGE "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* Four routers and a server of MPTCP v1; to be altered, then begun. */
struct scene scene(void);

/* Between them, frames are seen and judged. */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);

/* The same in each run. */
uint64_t scene_random(struct scene *s);

/* For `lost`: of a hundred packets, `lost_count` by chance. */
bool scene_loses_some(struct scene *s, bool forward, const struct packet *p);

/* Hop 0 is the client. */
struct address hop_address(const struct scene *s, unsigned hop);
struct address server_address(const struct scene *s);
uint16_t scene_port(const struct scene *s);

void scene_wait(struct scene *s, int64_t us);

/* What the client's capture sees. */
void scene_see(struct scene *s, const struct wire *w);

/* The same with an Ethernet header, that of a packet which goes out there, or
 * of one that comes in (IPv4). */
#define GOES "\1\1\1\1\1\1\2\2\2\2\2\2"
#define COMES "\2\2\2\2\2\2\1\1\1\1\1\1"
void scene_see_ethernet(struct scene *s, const struct wire *w,
			const char *ends);

/* What a hop sends to the client: its TTL at the client. */
struct envelope scene_envelope(const struct scene *s, unsigned from_hop,
			       unsigned ttl);

/* A reply that the device or the server sends, seen by the client. */
void scene_reply(struct scene *s, unsigned from_hop,
		 const struct tcp_segment *segment);

/* A segment that acknowledges this one, to be filled further. */
struct tcp_segment answer_to(const struct packet *p, uint8_t flags,
			     uint32_t sequence);

/* A RST to what was received, as RFC 9293 3.5.2 has it, from this hop;
 * with an MP_TCPRST unless the reason is negative. */
void scene_reset(struct scene *s, unsigned hop, const struct packet *p,
		 int reason);

/* Sends it on its way; TTLs are those of arrival. */
void scene_send(struct scene *s, struct wire w, unsigned ttl);

/* The caller's to report_free(). */
struct report *judge_scene(const struct scene *s);

#endif
