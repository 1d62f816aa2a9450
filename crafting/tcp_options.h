/* SPDX-License-Identifier: GPL-3.0-or-later
 * The TCP options block: a walk over hostile bytes, a summary of the usual
 * options, and encoding.
 */
#ifndef CRAFTING_TCP_OPTIONS_H
#define CRAFTING_TCP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mptcp.h"

struct writer;

enum {
	TCPOPT_KIND_EOL = 0,
	TCPOPT_KIND_NOP = 1,
	TCPOPT_KIND_MSS = 2,
	TCPOPT_KIND_WSCALE = 3,
	TCPOPT_KIND_SACK_PERMITTED = 4,
	TCPOPT_KIND_SACK = 5,
	TCPOPT_KIND_TIMESTAMPS = 8,
	TCPOPT_KIND_EXPERIMENT = 253,
};

/* One option as bytes: from its kind byte on, inside the walked block. */
struct tcp_option {
	uint8_t kind;
	uint8_t length; /* EOL and NOP: 1 */
	const uint8_t *bytes;
	size_t offset; /* of the kind byte in the block */
};

enum option_step {
	OPTION_FOUND,
	OPTION_END,	  /* the block, or what there is of it, is over */
	OPTION_MALFORMED, /* a length below 2, or past the whole block */
	OPTION_CUT,	  /* it goes on past what is there (a short quote) */
};

struct option_walk {
	const uint8_t *block;
	size_t available; /* bytes that are there */
	size_t length; /* bytes that the data offset promises, >= available */
	size_t at;
	bool ended;
};

struct option_walk option_walk_over(const uint8_t *block, size_t available,
				    size_t length);

/* The next option. NOPs are returned too; after EOL, OPTION_END. */
enum option_step option_next(struct option_walk *w, struct tcp_option *out);

#define TCP_MPTCP_MAX 6 /* MPTCP options kept of one segment */

/* What the block says, first occurrence of each. */
struct tcp_options {
	bool has_mss, has_wscale, sack_permitted, has_timestamps;
	bool sacks;	/* something behind a hole was received, or twice */
	bool malformed; /* the walk ended in OPTION_MALFORMED */
	bool complete;	/* every byte of the block was there */
	uint16_t mss;
	uint8_t wscale;
	uint32_t tsval, tsecr;
	unsigned mptcp_count; /* well-formed MPTCP options below */
	unsigned mptcp_bad;   /* kind 30, but of no length that fits */
	struct mptcp_option mptcp[TCP_MPTCP_MAX];
};

void tcp_options_read(const uint8_t *block, size_t available, size_t length,
		      struct tcp_options *out);

/* The first MPTCP option of a subtype, or NULL. */
const struct mptcp_option *tcp_options_mptcp(const struct tcp_options *o,
					     enum mptcp_subtype subtype);

void write_mss(struct writer *w, uint16_t mss);
void write_sack_permitted(struct writer *w);
void write_timestamps(struct writer *w, uint32_t tsval, uint32_t tsecr);
void write_wscale(struct writer *w, uint8_t shift);
void write_nop(struct writer *w, unsigned count);
/* Pads with NOPs to a multiple of four. */
void write_options_padding(struct writer *w);

/* "mss 1460,sackOK,TS,nop,wscale 7,MP_CAPABLE" - at most `size` bytes with
 * NUL; returns `text`. */
const char *tcp_options_text(const uint8_t *block, size_t length, char *text,
			     size_t size);

/* A name for a kind: "mss", "sackOK", "mptcp", "kind 253". Short kinds use
 * `buffer` (16 bytes) where no static name exists. */
const char *tcp_option_name(uint8_t kind, char *buffer);

#endif
