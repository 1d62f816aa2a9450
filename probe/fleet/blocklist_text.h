/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the file of -b says, as far as it is anybody else's business.
 */
#ifndef PROBE_FLEET_BLOCKLIST_TEXT_H
#define PROBE_FLEET_BLOCKLIST_TEXT_H

/* A prefix or an address a line, without comments; "" of NULL and of "none".
 * Owned by the caller; NULL after a complaint, with `*code`. */
char *blocklist_text(const char *name, int *code);

#endif
