/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the peer's segments amount to, each in a word that scripts record as
 * an outcome.
 */
#ifndef PROBE_SCENARIO_VERDICTS_H
#define PROBE_SCENARIO_VERDICTS_H

#include <stdint.h>

struct exchange;
struct kept;
struct subflow;

/* A RST: "reset", or with MP_TCPRST "reset REASON". */
const char *reset_text(struct exchange *x, const struct kept *k);

/* "reset..." if a RST comes, else "silent". */
const char *subflow_reset_answer(struct subflow *s, int64_t patience_us);

/* What became of the data sent last: "data-acked" at data level, "tcp-acked"
 * only (with a DSS that does not move), "fallback" (acknowledged without
 * DSS), "mp-fail", "reset...", "silent". */
const char *subflow_data_answer(struct subflow *s, int64_t patience_us);

/* The peer's own data: "mapped" rightly, "infinite", "plain",
 * "wrong-mapping", "wrong-checksum", "reset...", "none". */
const char *subflow_response(struct subflow *s, int64_t patience_us);

/* After the SYN of a MP_JOIN: takes the SYN/ACK, sends the third ACK with the
 * HMAC and waits for the fourth. "accepted", "reset..." (the SYN was
 * answered so), "ack-reset..." (the third ACK was), "plain" (a SYN/ACK
 * without MP_JOIN), "wrong-hmac", "unconfirmed" (no fourth ACK), "silent".
 * NULL: the third ACK could not be sent (as subflow_send()). */
const char *subflow_join_answer(struct subflow *s, int64_t patience_us);

#endif
