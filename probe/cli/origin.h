/* SPDX-License-Identifier: GPL-3.0-or-later
 * Where results come from, as documents tell it: struct origin of
 * report/print/format.h.
 */
#ifndef PROBE_CLI_ORIGIN_H
#define PROBE_CLI_ORIGIN_H

#include "report/print/format.h"

/* Of the command line, up to NULL, which is told as a shell would take it. With
 * `told` that is told instead, and no name of a capture is. */
struct origin *origin_new(char *const *line, const char *told);
void origin_free(struct origin *origin); /* NULL is fine */

/* Adds a capture, and opens it, to be read later; where that is not possible,
 * or it is no regular file, its digest stays unknown. */
void origin_capture(struct origin *origin, const char *name);

/* Reads the captures, once. */
void origin_digest(struct origin *origin);

#endif
