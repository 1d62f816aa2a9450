/* SPDX-License-Identifier: GPL-3.0-or-later
 * A received packet, parsed through checked cursors. The bytes may be cut
 * anywhere (a snapped capture, an ICMP quote): what is not there is absent,
 * never zero. Views borrow from the bytes they were parsed from.
 */
#ifndef CRAFTING_PACKET_H
#define CRAFTING_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "tcp_options.h"

struct ip_view {
	uint8_t version; /* 4 or 6 */
	struct address source, destination;
	uint8_t ttl; /* or hop limit */
	uint8_t traffic_class;
	uint8_t protocol;    /* of the transport, behind extension headers */
	uint16_t id;	     /* IPv4; IPv6 fragment header's low 16 bits */
	bool dont_fragment;  /* IPv4 */
	bool more_fragments; /* IPv4; IPv6 fragment header */
	uint16_t fragment_offset; /* bytes */
	uint32_t flow_label;	  /* IPv6 */
	uint16_t checksum;	  /* IPv4 */
	bool checksum_valid;	  /* IPv4: over the header as it is */
	size_t header_length;	  /* to the transport, extensions included */
	size_t total_length;	  /* of the packet, as the header says; 0 for a
				     super-segment (see packet.c) */
};

/* The part of a TCP header that is there. `available` counts the bytes of
 * the segment that are there; a field is valid only if all its bytes are
 * (RFC 9293 3.1: ports 4, sequence 8, acknowledgment 12, flags 14, window
 * 16, checksum 18, urgent 20). */
struct tcp_view {
	const uint8_t *bytes;
	size_t available;
	size_t length; /* of the whole segment as IP says, >= available
			  unless IP lies */
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgment;
	uint8_t data_offset; /* bytes: 20..60; 0 if not there or below 20 */
	uint8_t reserved;    /* four bits */
	uint8_t flags;
	uint16_t window, checksum, urgent;
	const uint8_t *options;
	size_t options_available, options_length;
	const uint8_t *payload;
	size_t payload_available; /* bytes of payload that are there */
	size_t payload_length;	  /* as IP says */
};

struct udp_view {
	const uint8_t *bytes;
	size_t available;
	uint16_t source_port, destination_port, length, checksum;
	const uint8_t *payload;
	size_t payload_available;
};

#define MPLS_MAX 8

struct mpls_label {
	uint32_t label; /* 20 bits */
	uint8_t traffic_class, ttl;
	bool bottom;
};

/* An ICMP or ICMPv6 error with its quote. */
struct icmp_view {
	uint8_t type, code; /* as on the wire of its family */
	bool time_exceeded; /* TTL ran out in transit (not reassembly) */
	bool unreachable;   /* any code, but not when too_big */
	bool port_unreachable, too_big, parameter_problem;
	bool admin_prohibited;	  /* codes 9, 10, 13 (v4); 1, 5, 6 (v6) */
	uint32_t next_hop_mtu;	  /* too_big */
	const uint8_t *quote;	  /* the quoted packet, from its IP header */
	size_t quote_length;	  /* bytes that belong to the packet: padding
				     and RFC 4884 extensions excluded */
	bool extended;		  /* RFC 4884 structure found and valid */
	const uint8_t *extension; /* it, to the end of the message */
	size_t extension_length;
	unsigned mpls_count;
	struct mpls_label mpls[MPLS_MAX];
};

enum transport {
	TRANSPORT_NONE, /* not enough there, a later fragment, or another */
	TRANSPORT_TCP,
	TRANSPORT_UDP,
	TRANSPORT_ICMP_ERROR,
	TRANSPORT_ICMP_ECHO_REQUEST,
	TRANSPORT_ICMP_ECHO_REPLY,
};

struct packet {
	const uint8_t *bytes;
	size_t available; /* bytes there, trailing link padding excluded */
	struct ip_view ip;
	enum transport transport;
	struct tcp_view tcp;
	struct udp_view udp;
	struct icmp_view icmp;
	uint16_t echo_id, echo_sequence;
	const uint8_t *echo_payload;
	size_t echo_payload_available;
};

/* Parses from the IP header on. `available` bytes are there (caplen less the
 * link header). False if not even an IP header with both addresses is there
 * or the version is neither 4 nor 6; a transport that is cut short is still
 * true, with what is there. */
bool packet_parse(const uint8_t *bytes, size_t available, struct packet *out);

/* Parses a quoted packet: as packet_parse, but the total length may exceed
 * what is there by any amount, 8 bytes of transport are enough, and the
 * header's own lengths are believed only as far as the bytes go. */
bool packet_parse_quote(const uint8_t *bytes, size_t available,
			struct packet *out);

/* Whether the TCP checksum is right; only for whole segments (-1: unknown,
 * the segment is cut or a fragment; 0: wrong; 1: right). */
int packet_tcp_checksum(const struct packet *p);

#endif
