/* SPDX-License-Identifier: GPL-3.0-or-later
 * Libraries that do badly without memory.
 */
#ifndef PROBE_CLI_MEMORY_H
#define PROBE_CLI_MEMORY_H

/* From now on the program ends as by arena_alloc(), with one line and exit code
 * 71, where OpenSSL or jansson get no memory: the former may crash then, and
 * what the latter leaves out would be half a report. Call it first. */
void memory_must_last(void);

#endif
