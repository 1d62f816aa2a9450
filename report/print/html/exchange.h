/* SPDX-License-Identifier: GPL-3.0-or-later
 * The diagram of one connection, while it is drawn.
 */
#ifndef REPORT_PRINT_HTML_EXCHANGE_H
#define REPORT_PRINT_HTML_EXCHANGE_H

#include "crafting/packet.h"
#include "report/print/format.h"
#include "report/print/html/talk.h"
#include "report/report.h"

#define HOST_AT 0.5 /* percent of the width */
#define SERVER_AT 99.5

struct exchange {
	const struct page *page;
	const struct report *report;
	const struct report_connection *connection; /* may be NULL */
	const struct report_packet *packets;
	size_t count;
	struct talk talk;
	unsigned target; /* its TTL */
	size_t next;	 /* packet to be shown */
	size_t rows;	 /* that are shown */
	/* of expired segments that are told together: */
	unsigned first_ttl, last_ttl, expired, quoted;
	double folded_ms;
	uint64_t folded_frame;
};

/* --- exchange_lanes.c: who stands where ------------------------------------
 */

void exchange_lanes(struct exchange *e);
double exchange_place(const struct exchange *e, unsigned ttl);
/* Whether a hop has a lane. */
bool exchange_has_lane(const struct exchange *e, unsigned ttl);

/* --- exchange_words.c: what a packet is ------------------------------------
 */

/* False: it is no TCP. */
bool exchange_parse(const struct report_packet *k, struct packet *out);
bool exchange_is_syn(const struct packet *k);
/* Every MPTCP option, in full; NULL: it has none. */
const char *exchange_mptcp(const struct page *p, const struct packet *k);
/* "SYN: MP_CAPABLE v1 flags H", "49 bytes: DSS ack ..." */
const char *exchange_words(const struct page *p, const struct packet *k);

/* --- exchange_rows.c: the packets, one after the other ----------------------
 */

void exchange_row(struct exchange *e, const struct report_packet *k);
/* Prints what was told together so far. */
void exchange_unfold(struct exchange *e);

/* --- findings ---------------------------------------------------------------
 */

/* Whether it is more than harmless; whether it names a connection. */
bool finding_matters(const struct finding *f);
bool finding_names(const struct finding *f, unsigned connection);

#endif
