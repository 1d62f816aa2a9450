/* SPDX-License-Identifier: GPL-3.0-or-later
 * What somebody may have meant who typed something else.
 */
#ifndef PROBE_CLI_NEAREST_H
#define PROBE_CLI_NEAREST_H

#include <stddef.h>

/* How many letters of one to insert, drop, exchange or swap with the next make
 * the other of it; of the first 63 letters. */
unsigned letters_apart(const char *a, const char *b);

/* Name number `i` of those that there are; NULL behind the last. */
typedef const char *nearest_name_fn(size_t i);

/* The one that was meant: a letter or two apart, and less than half of it, and
 * no other as near. NULL: none. */
const char *nearest_name(const char *typed, nearest_name_fn *name);

#endif
