/* SPDX-License-Identifier: GPL-3.0-or-later
 * The server of a scene.
 */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include "tests/scene.h"

/* Takes a packet that has arrived, and answers. */
void server_receive(struct scene *s, struct wire *w);

#endif
