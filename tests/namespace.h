/* SPDX-License-Identifier: GPL-3.0-or-later
 * A network of one's own, with nothing but a loopback interface.
 */
#ifndef TESTS_NAMESPACE_H
#define TESTS_NAMESPACE_H

#include <stdbool.h>

/* False, with errno, on failure. */
bool write_text(const char *file, const char *text);
bool set_loopback(bool up);

/* Moves this process into a network namespace of its own, through a user
 * namespace where it is not root. False where the system forbids that. */
bool own_network(void);

#endif
