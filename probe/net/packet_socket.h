/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every frame of an interface, both directions: packet(7), without the ring
 * that libpcap maps. A ring takes 5 to 21 ms to open, which nothing can hide
 * before the first SYN, and 20 to 40 ms to close; this one, less than 1 ms to
 * open, and 8 to 16 to close, when the report is printed (measured, Linux
 * 6.18). A probe sends some hundred packets: nobody misses the ring. Filters
 * are libpcap's.
 */
#ifndef PROBE_NET_PACKET_SOCKET_H
#define PROBE_NET_PACKET_SOCKET_H

#include <stddef.h>
#include <stdint.h>

struct packet_socket;

#define INTERFACES_MAX 16

/* Opens the socket for interfaces by their indexes: of one, or of several; then
 * the frames of all come in their order. Only frames that match `filter`
 * (pcap-filter(7); NULL: all) and that come after this call are ever read. NULL
 * with errno set (EPERM: no privilege; EINVAL: the filter is wrong). */
struct packet_socket *packet_socket_open(const unsigned *indexes,
					 unsigned count, const char *filter);

/* Another filter from now on: 0, or -1 with errno set. Needs no privilege. */
int packet_socket_filter(const struct packet_socket *s, const char *filter);

/* To be polled for reading; stays owned by the socket. */
int packet_socket_fd(const struct packet_socket *s);

/* The link type of the frames of an interface (its place in `indexes`): of a
 * single one DLT_EN10MB, or DLT_LINUX_SLL where it has no Ethernet header; of
 * several, DLT_EN10MB or LINKTYPE_RAW (101). */
int packet_socket_link_type(const struct packet_socket *s, unsigned interface);

/* A frame that this host has sent, or that came in; on the loopback, where it
 * does both, WAY_BOTH. */
enum frame_way { WAY_IN, WAY_OUT, WAY_BOTH };

struct socket_frame {
	enum frame_way way;
	unsigned interface; /* its place in `indexes` */
	int64_t time_us;    /* since 1970 */
	const uint8_t *bytes;
	size_t captured, length;
};

typedef void packet_socket_fn(void *context, const struct socket_frame *frame);

/* Hands what is there to `fn`, oldest first, at most a few hundred frames.
 * Returns their number, 0 if there is none; -1 with errno set (ENETDOWN). */
int packet_socket_read(struct packet_socket *s, packet_socket_fn *fn,
		       void *context);

/* Frames that the kernel has dropped for want of room. */
uint64_t packet_socket_dropped(struct packet_socket *s);

/* The kernel waits until no CPU can still be looking at it, 8 or 16 ms: for
 * when the report is out. NULL is fine. */
void packet_socket_close(struct packet_socket *s);

#endif
