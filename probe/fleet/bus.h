/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connection to the NATS server, which is made again whenever it breaks,
 * and what is said to its JetStream.
 */
#ifndef PROBE_FLEET_BUS_H
#define PROBE_FLEET_BUS_H

#include <jansson.h>
#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fleet_options;

#define BUS_WAIT_MS 2000 /* for one answer of the server */

struct bus {
	natsConnection *connection;
	jsCtx *js;
	size_t refused; /* publishes, since bus_publish_begin() */
	char refusal[160];
};

/* `patient`: tries until it is there, or a signal. 0, or an exit code after a
 * complaint. */
int bus_open(struct bus *l, const struct fleet_options *o, bool patient);
void bus_close(struct bus *l);

bool bus_is_up(const struct bus *l);

/* Stores a message, and waits for that; tries again, with the same `id` (NULL:
 * none), for a minute. 0, or an exit code after a complaint. */
int bus_store(struct bus *l, const char *subject, const char *id,
	      const json_t *content);

/* Stores a message if the latest of its subject has that number, 0: if there is
 * none, and waits for that. True: `*sequence` is its own. */
bool bus_replace(struct bus *l, const char *subject, const json_t *content,
		 uint64_t *sequence);

struct bus_message {
	json_t *content; /* owned by the caller */
	uint64_t sequence;
	int64_t time_ms; /* by the server's clock */
};

/* The latest message of a subject. NATS_NOT_FOUND, or what went wrong. */
natsStatus bus_get(struct bus *l, const char *stream, const char *subject,
		   struct bus_message *out);

/* The latest message of a subject as JSON, owned by the caller. NULL: `*status`
 * is NATS_NOT_FOUND, or what went wrong. */
json_t *bus_latest(struct bus *l, const char *stream, const char *subject,
		   natsStatus *status);

/* "stream not found", or what the connection says. */
const char *bus_error(natsStatus status, jsErrCode code);

/* What a status says; of no answer, that this user may not ask, if so. */
const char *bus_why(const struct bus *l, natsStatus status);

#endif
