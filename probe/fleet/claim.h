/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether a shard that was claimed may be claimed by somebody else, and when
 * who has claimed it says that it goes on.
 */
#ifndef PROBE_FLEET_CLAIM_H
#define PROBE_FLEET_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the claim of `worker`, "": it was given back, is that of another
 * process than `own`. */
bool claim_is_anothers(const char *worker, const char *own);

/* How long it holds yet, or 0, in milliseconds: it was made at `made_ms` and is
 * renewed before it is `wait_ms` old. `now_ms`, by the same clock; 0: not
 * known, then it may have been made just now. */
int64_t claim_left_ms(int64_t made_ms, int64_t now_ms, int64_t wait_ms);

/* When all must have ended that is done by a claim that was made at `made_ms`
 * or later, with room to end it in. */
int64_t claim_end_ms(int64_t made_ms, int64_t wait_ms);

/* Whether it is time to renew it: some time after that was tried last, and not
 * too late, when somebody else may have it. */
bool claim_is_due(int64_t made_ms, int64_t tried_ms, int64_t now_ms,
		  int64_t wait_ms);

#endif
