/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether this host's own kernel still connects with MPTCP. A probe does not
 * need that, as it makes its own segments; who asks about a path may.
 */
#ifndef PROBE_DOCTOR_OWN_MPTCP_H
#define PROBE_DOCTOR_OWN_MPTCP_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it does not, or at times did not; then `text` is a sentence with the
 * command that mends it. `proc`: where proc(5) is. What cannot be read is no
 * reason. */
bool own_mptcp_off(const char *proc, char *text, size_t size);

#endif
