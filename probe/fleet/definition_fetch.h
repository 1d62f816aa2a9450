/* SPDX-License-Identifier: GPL-3.0-or-later
 * The definition of a survey, from the server.
 */
#ifndef PROBE_FLEET_DEFINITION_FETCH_H
#define PROBE_FLEET_DEFINITION_FETCH_H

#include <nats/nats.h>

struct bus;
struct definition;

/* The latest of a survey; to be freed by json_decref(out->all). NATS_OK, or
 * why not. */
natsStatus definition_fetch(struct bus *l, const char *name,
			    struct definition *out);

/* The same; 0, or an exit code after a complaint. */
int definition_must_be(struct bus *l, const char *name, struct definition *out);

#endif
