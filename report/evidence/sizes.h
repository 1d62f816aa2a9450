/* SPDX-License-Identifier: GPL-3.0-or-later
 * How large the segments are that a connection's data comes in, and which of
 * them are acknowledged.
 */
#ifndef REPORT_EVIDENCE_SIZES_H
#define REPORT_EVIDENCE_SIZES_H

#include "report/evidence/judgement.h"

/* Data that went out with a TTL that reaches any host; with a DSS, or without.
 */
bool kept_brings_data(const struct kept *k, bool mapped);

/* Bytes of the packet, with all headers. */
size_t kept_length(const struct kept *k);
/* Whether both have the same payload, as far as it was captured. */
bool kept_same_bytes(const struct kept *a, const struct kept *b);

/* All of its data was acknowledged by TCP; and that was not what smaller
 * segments brought later. */
bool flow_acked(const struct flow *f, const struct kept *k);
bool flow_took_whole(const struct flow *f, const struct kept *k);

/* The largest packet with a DSS whose data was acknowledged so; 0: none was. */
size_t flow_largest_taken(const struct flow *f);

/* The largest packet with a mapping that came of the server's data; 0: none
 * did. */
size_t flow_largest_answer(const struct flow *f);

/* The smallest packet of its data that has padding in the place of a DSS; or
 * NULL. */
const struct kept *flow_padded_data(const struct flow *f);
/* For ask_witnesses(): whether a subflow that joined has such data. */
bool joined_padded(const struct judgement *j, const struct flow *f);

/* A router said that it takes less: the sender has only to heed it. */
bool flow_told_size(const struct flow *f);

/* Whether a packet of so many bytes is of full size: for any path, or as it has
 * as much as the server takes in a segment. */
bool is_full_size(const struct flow *f, size_t length);

/* The largest that it sent with a DSS before this frame, as it went out last,
 * if that is larger than any that was taken, and was not acknowledged; or NULL.
 */
const struct kept *flow_data_in_vain(const struct flow *f, uint64_t before);

/* The first that a joined subflow sent that was not acknowledged, though
 * smaller segments of it were; or NULL. */
const struct kept *joined_data_in_vain(const struct judgement *j,
				       const struct flow *f);

/* The same bytes in a smaller segment were acknowledged. */
bool flow_took_some(const struct flow *f, const struct kept *k);

/* Smaller segments in the place of this one were not acknowledged, either, and
 * loss hardly explains that: its size is not what matters. */
bool smaller_in_vain(const struct judgement *j, const struct flow *f,
		     const struct kept *k);

/* How often this segment went out. */
unsigned flow_sent_alike(const struct flow *f, const struct kept *k);

/* As much in one segment was acknowledged over the first subflow: of the same
 * connection, or of another of mpprobe's. */
bool first_takes_as_large(const struct judgement *j, const struct flow *f,
			  const struct kept *k);

/* Data of the joined subflow was lost though smaller segments were not, or drew
 * a RST, and the server had not begun to close by then: in words; or NULL. */
const char *joined_size_doubt(const struct judgement *j, const struct flow *f);

#endif
