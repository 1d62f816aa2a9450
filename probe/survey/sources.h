/* SPDX-License-Identifier: GPL-3.0-or-later
 * From where a survey asks: addresses and ports of this host, which its kernel
 * will not answer for, and the wire.
 */
#ifndef PROBE_SURVEY_SOURCES_H
#define PROBE_SURVEY_SOURCES_H

#include "probe/net/target.h"
#include "report/survey/identity.h"

struct air;
struct guard;
struct targets;
struct wire_failure;

struct sources {
	struct guard *guard;
	struct air *air;
	char interface[16];
	unsigned mtu[2]; /* of the way to IPv4 and to IPv6 */
};

/* Finds the way to the targets of each wanted family, reserves ports (those
 * that `identity` has already, if they are free), completes `identity` and
 * opens the wire (`raw_sockets` as of air.h). 0, or an exit code after a
 * complaint; to be closed in both cases. */
int sources_open(struct sources *s, const struct target_wanted *wanted,
		 bool raw_sockets, struct targets *targets,
		 struct survey_identity *identity,
		 struct wire_failure *failure);

/* The least and the greatest of its ports. */
void sources_ports(const struct survey_identity *identity, uint16_t *first,
		   uint16_t *last);
void sources_close(struct sources *s);

#endif
