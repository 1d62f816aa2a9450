/* SPDX-License-Identifier: GPL-3.0-or-later
 * What one end of a TCP connection sent: its bytes, each counted once in
 * whatever order they come, its mappings and their checksums, how it ended.
 */
#ifndef REPORT_TRACK_SIDE_H
#define REPORT_TRACK_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/mapping.h"

struct curve;
struct tcp_view;

/* a - b on the circle of sequence numbers (RFC 9293 3.4). */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

/* The union of ranges of sequence numbers. */
#define GAPS_MAX 256
struct gap {
	uint32_t from, to;
};
struct stream {
	bool begun;
	uint32_t low, next;   /* the first byte; behind the highest */
	uint64_t bytes;	      /* each counted once */
	uint64_t bytes_again; /* that had come before */
	struct gap *gaps;     /* between low and next, in order */
	size_t gap_count;
};

/* How many of these bytes are new. */
uint32_t stream_add(struct stream *s, uint32_t from, uint32_t length);
/* Whether bytes between these have not come. */
bool stream_lacks(const struct stream *s, uint32_t from, uint32_t to);
/* Up to where all has come. */
uint32_t stream_front(const struct stream *s);

/* Mappings whose payload may be on its way at once. */
#define SUMS_MAX 4

struct side {
	uint64_t packets, retransmitted; /* packets that bring nothing new */
	struct stream stream;
	int64_t first_us, last_us; /* of payload; 0: none */
	bool syn, fin, has_isn;
	bool acked; /* any, but by a SYN/ACK */
	uint32_t isn;

	uint64_t dss;		 /* packets with it */
	uint64_t last_dss;	 /* frame of its latest packet, if it had
				    one; 0 */
	bool mapped;		 /* one had a mapping */
	struct mapping mapping;	 /* the latest */
	uint32_t mapped_end;	 /* SSN behind the last mapping */
	uint64_t unmapped_frame; /* data that no mapping covers */
	uint64_t infinite_frame; /* mapping of length 0 */
	struct mapping_sum *sums;
	unsigned next_sum;
	uint64_t sums_right, sums_wrong;
	uint64_t wrong_frame; /* the first wrong one's last segment */

	uint64_t fail_frame, fail_dsn, fastclose_frame, data_fin_frame;
	uint64_t reset_frame;
	int reset_reason;    /* of its MP_TCPRST; -1 */
	struct curve *curve; /* the DSNs of its data; NULL: none is drawn */
};

void side_free(struct side *s); /* what it holds */

/* The sequence numbers of one segment: whether it brings new payload. */
bool side_sequence(struct side *s, const struct tcp_view *tcp, uint64_t frame,
		   int64_t time_us);

/* The mapping of a segment, NULL if it has none; `news`: its payload is new.
 * Says what became known of a checksum. */
enum mapping_state side_mapping(struct side *s, const struct mapping *m,
				const struct tcp_view *tcp, bool news,
				uint64_t frame);

/* Payload a second in Mbit/s; < 0: too little to tell. */
double side_rate(const struct side *s);

#endif
