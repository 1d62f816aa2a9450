/* SPDX-License-Identifier: GPL-3.0-or-later
 * Bits a second, as command lines name them.
 */
#ifndef PROBE_CLI_BITS_H
#define PROBE_CLI_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* "300", "64K", "10M", "1G", of thousands. False: none, or 0. */
bool bits_read(const char *text, uint64_t *out);

#endif
