/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the peer's segments amount to, each in a word that scripts record as
 * an outcome.
 */
#ifndef PROBE_SCENARIO_VERDICTS_H
#define PROBE_SCENARIO_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct kept;
struct subflow;

/* Each waits so long at most. */
typedef const char *answer_fn(struct subflow *s, int64_t patience_us);

/* A RST: "reset", or with MP_TCPRST "reset REASON". */
const char *reset_text(struct exchange *x, const struct kept *k);

/* "reset..." if a RST comes, else "silent". */
answer_fn subflow_reset_answer;

/* What became of the data sent last: "data-acked" at data level, "tcp-acked"
 * only (with a DSS that does not move), "fallback" (acknowledged without
 * DSS), "mp-fail", "reset...", "silent". */
answer_fn subflow_data_answer;

/* The peer's own data: "mapped" rightly, "infinite", "plain",
 * "wrong-mapping", "wrong-checksum", "reset...", "none". */
answer_fn subflow_response;

/* After the SYN of a MP_JOIN: takes the SYN/ACK, sends the third ACK with the
 * HMAC and waits for the fourth. "accepted", "reset..." (the SYN was
 * answered so), "ack-reset..." (the third ACK was), "plain" (a SYN/ACK
 * without MP_JOIN), "wrong-hmac", "unconfirmed" (no fourth ACK), "silent".
 * NULL: the third ACK could not be sent (as subflow_send()). */
answer_fn subflow_join_answer;

/* Whether such a word needs what only the peer can say: numbers that fit both
 * keys. Any other may be due to what the return path removes, changes or drops;
 * a reset as well, for what we sent in answer to that. */
bool answer_is_peers(const char *word);

#endif
