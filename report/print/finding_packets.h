/* SPDX-License-Identifier: GPL-3.0-or-later
 * The packets that show a finding best, of those that a report has.
 */
#ifndef REPORT_PRINT_FINDING_PACKETS_H
#define REPORT_PRINT_FINDING_PACKETS_H

#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

/* What was seen: by the hop before the place, and by the one behind it, which
 * is the last; or the one packet that tells. */
struct finding_packets {
	const struct report_packet *seen[2];
	size_t count;
};

struct finding_packets finding_packets(const struct report *r,
				       const struct finding *f);

/* The packet of this frame; NULL: the report does not have it. */
const struct report_packet *packet_of(const struct report *r, uint64_t frame);

#endif
