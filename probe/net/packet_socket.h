/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every frame of an interface, both directions: packet(7), without the ring
 * that libpcap maps. A ring takes 5 to 21 ms to open, which nothing can hide
 * before the first SYN, and 20 to 40 ms to close; this one, less than 1 ms to
 * open, and 8 to 16 to close, when the report is printed (measured, Linux
 * 6.18). A probe sends some hundred packets: nobody misses the ring. Filters
 * and files are libpcap's.
 */
#ifndef PROBE_NET_PACKET_SOCKET_H
#define PROBE_NET_PACKET_SOCKET_H

#include <pcap/pcap.h>
#include <stdint.h>

struct packet_socket;

#define INTERFACES_MAX 16

/* Opens the socket for interfaces by their indexes: of one, named `name`, or of
 * several; then the frames come in their order and with headers that tell the
 * interface. Only frames that match `filter` (pcap-filter(7); NULL: all) and
 * that come after this call are ever read. NULL with errno set (EPERM: no
 * privilege; EINVAL: the filter is wrong). */
struct packet_socket *packet_socket_open(const char *name,
					 const unsigned *indexes,
					 unsigned count, const char *filter);

/* Another filter from now on: 0, or -1 with errno set. Needs no privilege. */
int packet_socket_filter(const struct packet_socket *s, const char *filter);

/* To be polled for reading; stays owned by the socket. */
int packet_socket_fd(const struct packet_socket *s);

/* A handle with the link type of the frames (DLT_EN10MB; DLT_LINUX_SLL where
 * the interface has no Ethernet header; DLT_LINUX_SLL2 if tagged), for
 * savefiles; lives with the socket. */
pcap_t *packet_socket_pcap(const struct packet_socket *s);

/* A frame that this host has sent, or that came in; on the loopback, where it
 * does both, WAY_BOTH. */
enum frame_way { WAY_IN, WAY_OUT, WAY_BOTH };
typedef void packet_socket_fn(void *context, enum frame_way way,
			      const struct pcap_pkthdr *header,
			      const u_char *frame);

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
