/* SPDX-License-Identifier: GPL-3.0-or-later
 * Fields that are not MPTCP's, and what is said of their change: where hops
 * quote them otherwise (quotes.c), and where the same packets were captured in
 * two places (pairs.c). Each X(id, row, field, what, became) is a row of both.
 */
#ifndef REPORT_RULES_FIELDS_H
#define REPORT_RULES_FIELDS_H

#include "report/evidence/changes.h"

/* What became of a field; REWRITTEN: data was made longer or shorter. */
enum became { CHANGED, REMOVED, REWRITTEN };

#define TCP_FIELDS(X)                                                          \
	X("tcp.mss_changed", "mss", FIELD_OPTION_MSS, "The MSS option",        \
	  CHANGED),                                                            \
		X("tcp.option_removed", "mss", FIELD_OPTION_MSS,               \
		  "The MSS option", REMOVED),                                  \
		X("tcp.option_modified", "option", FIELD_OPTION_OTHER,         \
		  "A TCP option", CHANGED),                                    \
		X("tcp.option_removed", "option", FIELD_OPTION_OTHER,          \
		  "A TCP option", REMOVED),                                    \
		X("tcp.option_added", "option", FIELD_OPTION_ADDED,            \
		  "A TCP option", CHANGED),                                    \
		X("tcp.window_changed", "window", FIELD_TCP_WINDOW,            \
		  "The window", CHANGED),                                      \
		X("tcp.ecn_cleared", "ecn", FIELD_TCP_ECN,                     \
		  "The ECN flags of TCP", CHANGED),                            \
		X("tcp.urgent_cleared", "urgent", FIELD_TCP_URGENT,            \
		  "The urgent pointer", CHANGED)

#define IP_FIELDS(X)                                                           \
	X("ip.dscp_rewritten", "dscp", FIELD_IP_DSCP, "The DSCP", CHANGED),    \
		X("ip.ecn_cleared", "ecn", FIELD_IP_ECN,                       \
		  "The ECN field of IP", CHANGED),                             \
		X("ip.id_rewritten", "id", FIELD_IP_ID, "The IP ID", CHANGED)

#endif
