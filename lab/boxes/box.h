/* SPDX-License-Identifier: GPL-3.0-or-later
 * box: a middlebox in user space, for what the kernel's own cannot do. The
 * parts of the program, for each other: box.c (the table, the queue),
 * box_passing.c (packets in and out), box_options.c, box_header.c,
 * box_data.c, box_path.c, box_icmp.c and box_server.c (the behaviours).
 */
#ifndef LAB_BOXES_BOX_H
#define LAB_BOXES_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/packet.h"
#include "crafting/segment.h"

#define PASSING_MAX 4096
#define OWN_TTL 64 /* of what the box sends itself */

enum way { FORWARD, RETURN, WAYS }; /* toward the server, the client */

/* Which segments a behaviour that edits options is for. */
enum {
	ON_SYN = 1,
	ON_SYN_ACK = 2,
	ON_REST = 4, /* without SYN */
};

enum fate {
	PASS,
	DROP,
	HOLD, /* until box.hold_us are over, or box_release */
};

#define MEMORY_MAX 64

/* What the retransmission guard remembers of a segment. */
struct memory {
	uint32_t sequence, length, sum;
};

struct connection {
	struct address client, server;
	uint16_t client_port, server_port;
	uint32_t client_isn;
	bool server_known;
	uint32_t next[WAYS];	     /* behind the highest byte sent */
	unsigned data_segments;	     /* distinct ones of the client */
	uint8_t options[WAYS][40];   /* of the SYN, of the SYN/ACK */
	size_t options_length[WAYS]; /* 0: not seen */
	uint32_t sequence_shift[WAYS];
	uint32_t timestamp_shift, tsval[WAYS];
	uint64_t keys[WAYS];	  /* of MPTCP; 0: not looked at */
	uint64_t data_acks[WAYS]; /* the first; 0: not looked at */
	bool grown[WAYS];	  /* the ALG put bytes in front of grown_at */
	uint32_t grown_at[WAYS];
	uint32_t held; /* packet id of the held data segment, 0: none */
	bool passed_known[WAYS]; /* what the guard of gaps let pass */
	uint32_t passed[WAYS];
	struct memory memory[MEMORY_MAX];
	unsigned memory_count;
};

/* A packet on its way through the box. A behaviour edits the fields of a
 * whole TCP segment and sets `edited`, or writes the packet anew into `raw`
 * and sets raw_length; checksums and lengths are made right afterwards. */
struct passing {
	uint32_t id; /* of the queue */
	enum way way;
	struct packet packet; /* as it came */
	bool is_tcp;	      /* a whole segment: all that follows holds */
	bool fresh;	      /* it has payload that did not pass before */
	bool edited;
	struct connection *connection;
	struct tcp_options read;    /* the options as they came */
	struct tcp_segment segment; /* points to options and payload */
	uint8_t ttl, traffic_class;
	uint16_t ip_id;
	uint8_t options[40], payload[PASSING_MAX];
	uint8_t raw[PASSING_MAX];
	size_t raw_length; /* 0: not used */
};

struct box;
typedef enum fate behave_fn(struct box *b, struct passing *p);

struct behaviour {
	const char *name;
	behave_fn *behave;
	bool edits[WAYS]; /* unless way= says otherwise */
	bool sees_all;	  /* called for the other way as well */
	long value;	  /* unless value= says otherwise */
};

struct box {
	const struct behaviour *behaviour;
	bool edits[WAYS];
	unsigned on;		   /* ON_* */
	int subtype;		   /* of the MPTCP options meant; -1: any */
	unsigned after;		   /* leave so many data segments alone */
	long value;		   /* what it means is the behaviour's own */
	struct address address[2]; /* the NAT's, IPv4 and IPv6 */
	struct address client[2];
	long hold_us;
	uint32_t random;
	int raw4, raw6;
	struct connection *connections;
	size_t connection_count;
};

/* box.c: ends a held packet's wait; `drop`, or sent as `p` now is. */
void box_release(struct box *b, struct passing *p, bool drop);
/* The held packet with this id, or NULL. */
struct passing *box_held(uint32_t id);
/* True in `percent` of the calls. */
bool box_chance(struct box *b, long percent);
uint32_t box_random(struct box *b);

/* box_passing.c */

/* Fills `p` from a packet; the bytes must outlive it. */
void passing_read(struct box *b, struct passing *p, enum way way,
		  const uint8_t *bytes, size_t length);

/* The packet as it shall leave, in `out` of PASSING_MAX bytes; returns its
 * length, or 0 if it is unchanged. */
size_t passing_write(const struct passing *p, uint8_t *out);

/* Sends a packet at once, past the queue. */
void passing_send(const struct box *b, const uint8_t *bytes, size_t length);

/* Sends a copy of `p` as it is now. */
void passing_send_copy(const struct box *b, const struct passing *p);

/* Sends a segment of the box's own, as if from the other end of what `p`
 * belongs to (`back`) or from its sender. The addresses, ports, and a usual
 * TTL are filled in. */
void passing_answer(const struct box *b, const struct passing *p, bool back,
		    struct tcp_segment *segment);

/* Sums over the transport right, whatever it is. */
void packet_mend(uint8_t *bytes, size_t length);

/* box_options.c */
bool passing_wanted(const struct box *b, const struct passing *p);
behave_fn remove_cut, remove_nop, remove_eol, remove_unknown, remove_kind,
	clear_version, alter_key, alter_hmac, alter_dsn, raise_ssn,
	raise_data_ack, lower_data_ack, freeze_data_ack, alter_address, mirror,
	mirror_all, add_mss, drop_option, reset_option;

/* box_header.c */
behave_fn rewrite_isn, relay, rewrite_timestamps, rewrite_window,
	clear_ecn_flags, clear_urgent, rewrite_id, reset_data;

/* box_data.c */
behave_fn change_payload, grow_payload, split_data, coalesce_data, ack_early,
	block_hole, drop_changed;

/* box_path.c */
behave_fn lose, reorder, duplicate, delay;

/* box_icmp.c */
behave_fn nat, quote_short, quote_extended;

/* box_server.c */
behave_fn without_checksums, storm, random_options, no_window, announce_many,
	random_mptcp;

#endif
