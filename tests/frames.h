/* SPDX-License-Identifier: GPL-3.0-or-later
 * Packets by hand: built with crafting/, altered as middleboxes alter them,
 * and quoted as routers quote them.
 */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include "crafting/packet.h"
#include "crafting/segment.h"

#define LINK_ETHERNET 1
#define LINK_RAW 12 /* DLT_RAW on Linux */

/* One packet, from its IP header on. */
struct wire {
	uint8_t bytes[1600];
	size_t length;
};

struct envelope {
	struct address from, to;
	uint8_t protocol, ttl, traffic_class;
	uint16_t id;
};

enum icmp_error { TIME_EXCEEDED, PORT_UNREACHABLE, HOST_PROHIBITED };

/* Aborts if the text is none. */
struct address address_of(const char *text);

/* Each leaves a right IP checksum behind. */
void fix_ip_checksum(struct wire *w);
void set_ttl(struct wire *w, unsigned ttl);
void set_traffic_class(struct wire *w, uint8_t class);
void set_id(struct wire *w, uint16_t id);

/* Writes the length of the wire into the IP header. */
void fix_length(struct wire *w);

/* A packet with this payload, or this segment with right checksums. */
struct wire wire_ip(const struct envelope *e, const void *payload,
		    size_t length);
struct wire wire_tcp(const struct envelope *e,
		     const struct tcp_segment *segment);

/* As devices leave it that change a segment, and do not only mean to. */
void fix_tcp_checksum(struct wire *w);

/* An ICMP error of the envelope's sender that quotes the first `bytes` of a
 * packet. */
struct wire wire_icmp(const struct envelope *e, enum icmp_error error,
		      const struct wire *quoted, size_t bytes);

/* Aborts if it is no packet. */
struct packet wire_parse(const struct wire *w);

uint8_t *wire_tcp_header(struct wire *w);

/* An option of the wire by kind (MPTCP: any subtype if `subtype` < 0). */
uint8_t *wire_option(struct wire *w, uint8_t kind, int subtype, size_t *length);
bool wire_has(struct wire *w, uint8_t kind);

/* Overwrites an option, if it is there. */
void option_fill(struct wire *w, uint8_t kind, uint8_t with);

/* Cuts an option out; the header gets shorter by whole words. */
void option_cut(struct wire *w, uint8_t kind);

/* Appends an option of whole words to the block. */
void option_append(struct wire *w, const void *option, size_t length);

#endif
