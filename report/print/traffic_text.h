/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections of traffic.h and single packets, for people and programs.
 */
#ifndef REPORT_PRINT_TRAFFIC_TEXT_H
#define REPORT_PRINT_TRAFFIC_TEXT_H

#include <stdint.h>
#include <stdio.h>

struct packet;
struct traffic_connection;

/* A few lines on one connection. */
void traffic_text(FILE *out, const struct traffic_connection *c);

/* One object, schema mpprobe-connection/1, on a line. */
void traffic_json(FILE *out, const struct traffic_connection *c);

/* One line on a packet, with every option decoded. Nothing for what is
 * neither TCP nor an ICMP error. */
void packet_line(FILE *out, const struct packet *p, uint64_t frame,
		 int64_t time_us);

#endif
