/* SPDX-License-Identifier: GPL-3.0-or-later
 * One line on a terminal's standard error: what is being done. It is rewritten
 * in place and leaves no trace. Elsewhere, in a pipe or a file, there is none.
 */
#ifndef PROBE_NET_TICKER_H
#define PROBE_NET_TICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From so long after the start on. */
#define TICKER_FIRST_US 300000

/* Begins, if it is wanted and there is a terminal. */
void ticker_begin(bool wanted);

/* What it shows: asked for each time that it is drawn, `size` is what fits the
 * terminal, with the NUL. NULL: nothing, any more. */
typedef void ticker_text_fn(const void *context, char *text, size_t size);
void ticker_source(ticker_text_fn *text, const void *context);

/* Draws it if it is time to. Returns when it wants to be called again, of the
 * monotonic clock; INT64_MAX: never. */
int64_t ticker_tick(void);

/* Takes it from the screen, until it is drawn again: before anything else is
 * written to the terminal. */
void ticker_wipe(void);

/* For a text: "3 s", rounded up; "2 min 5 s". */
void ticker_seconds(int64_t us, char *text, size_t size);

#endif
