/* SPDX-License-Identifier: GPL-3.0-or-later
 * TCP segments and UDP datagrams as bytes, right or wrong on purpose, and
 * libnet to carry them in IP.
 */
#ifndef CRAFTING_SEGMENT_H
#define CRAFTING_SEGMENT_H

#include <libnet.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "address.h"

#define SEGMENT_AUTO (-1)

enum {
	TCP_FLAG_FIN = 0x01,
	TCP_FLAG_SYN = 0x02,
	TCP_FLAG_RST = 0x04,
	TCP_FLAG_PSH = 0x08,
	TCP_FLAG_ACK = 0x10,
	TCP_FLAG_URG = 0x20,
	TCP_FLAG_ECE = 0x40,
	TCP_FLAG_CWR = 0x80,
};

/* All numbers in host order. */
struct tcp_segment {
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgment;
	uint8_t flags;	  /* TCP_FLAG_* */
	uint8_t reserved; /* the four bits beside the data offset */
	uint16_t window, urgent;
	const uint8_t *options; /* borrowed */
	size_t options_length;	/* any; padded with EOL to a multiple of 4 */
	const uint8_t *payload; /* borrowed */
	size_t payload_length;
	int data_offset; /* in 32-bit words, or SEGMENT_AUTO */
	int checksum;	 /* host order, or SEGMENT_AUTO */
};

struct tcp_view;

/* One as it came, to be sent again: options and payload are the view's own, as
 * far as they were captured; offset and checksum will be right. */
struct tcp_segment tcp_segment_of(const struct tcp_view *v);

/* Writes the segment, with the checksum for these addresses. Returns its
 * length, or -1 if it does not fit in `capacity` or the options are longer
 * than 40 bytes (with data_offset SEGMENT_AUTO). */
ssize_t tcp_segment_write(const struct tcp_segment *s,
			  const struct address *source,
			  const struct address *destination, uint8_t *out,
			  size_t capacity);

/* A UDP datagram with its checksum (RFC 768). Returns its length or -1. */
ssize_t udp_datagram_write(uint16_t source_port, uint16_t destination_port,
			   const uint8_t *payload, size_t payload_length,
			   const struct address *source,
			   const struct address *destination, uint8_t *out,
			   size_t capacity);

/* An ICMP or ICMPv6 echo request (RFC 792; RFC 4443 4.1), as the family of
 * the addresses says. Returns its length or -1. */
ssize_t echo_request_write(uint16_t id, uint16_t sequence,
			   const uint8_t *payload, size_t payload_length,
			   const struct address *source,
			   const struct address *destination, uint8_t *out,
			   size_t capacity);

struct ip_envelope {
	struct address source, destination; /* of one family */
	uint8_t protocol;		    /* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t ttl;			    /* or hop limit */
	uint8_t traffic_class;		    /* DSCP << 2 | ECN */
	uint16_t id;			    /* IPv4 */
	bool dont_fragment;		    /* IPv4 */
	uint32_t flow_label;		    /* IPv6, 20 bits */
};

/* Builds the IP packet around `payload` with libnet (any injection type;
 * its own sockets are not used) and copies it to `out`. Works around libnet
 * 1.1.6's flow label. Returns the packet's length, or -1: libnet failed
 * (libnet_geterror tells) or `out` is too small. The context is left clear
 * for the next packet. */
ssize_t packet_carry(libnet_t *net, const struct ip_envelope *envelope,
		     const uint8_t *payload, size_t length, uint8_t *out,
		     size_t capacity);

#endif
