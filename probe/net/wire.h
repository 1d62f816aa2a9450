/* SPDX-License-Identifier: GPL-3.0-or-later
 * The live wire: crafted packets out through raw sockets, every packet of the
 * run in through a packet socket, both directions, of one interface or several.
 */
#ifndef PROBE_NET_WIRE_H
#define PROBE_NET_WIRE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "probe/net/packet_socket.h"
#include "probe/net/uplink.h"

struct wire;
struct ip_envelope;

/* A frame from the wire. The bytes are valid during the call only. */
struct wire_frame {
	enum frame_way way;
	unsigned interface; /* from 1; 0: there is only one */
	int link_type;	    /* of packet_socket_link_type() */
	uint64_t number;    /* from 1 */
	int64_t time_us;    /* since 1970 */
	const uint8_t *bytes;
	size_t captured, length;
};

typedef void wire_frame_fn(void *context, const struct wire_frame *frame);

/* What is written to the -w file in place of a frame's bytes, and of an
 * interface's name, which has `text` to be in. */
struct wire_cover {
	const uint8_t *(*frame)(void *context, const struct wire_frame *frame);
	const char *(*name)(void *context, const char *name,
			    char text[IF_NAMESIZE]);
	void *context;
};

#define UPLINKS_MAX (INTERFACES_MAX / 2)

struct wire_config {
	/* What is sent from an address of one goes by that; all else by the
	 * first. They may be of one interface. */
	struct uplink_config uplinks[UPLINKS_MAX];
	unsigned uplink_count;
	/* Frames of these count as well: the interfaces of the addresses, where
	 * answers may come in. */
	char owners[UPLINKS_MAX][IF_NAMESIZE];
	unsigned owner_count;
	const char *filter;	/* pcap filter; no frame that came before it
				   was set is ever seen */
	const char *write_file; /* -w, or NULL; "-" is standard output. Of
				   several interfaces it is pcapng */
	const struct wire_cover *cover; /* NULL: all as it is */
};

/* Opens everything that needs privilege: raw sockets, capture, the -w file.
 * NULL on error: `*exit_code` is 77 (no privilege), 69 (no such interface),
 * 74 (-w cannot be written) or 71, and `error` says what, in one line. */
struct wire *wire_open(const struct wire_config *config, char *error,
		       size_t size, int *exit_code);

/* Captures by this filter from now on: 0, or -1. */
int wire_filter(struct wire *w, const char *filter);

/* Carries `payload` in IP and sends it. Returns the length of the packet,
 * whose bytes are copied to `packet` (`capacity` bytes) as they were handed
 * to the kernel; -1 with errno set, a message in wire_error() and, where it
 * is the end of the run (interface or address gone), wire_exit_code(). EPERM
 * here means that this host's own firewall refused it. ENOBUFS/EAGAIN are
 * waited for within. */
long wire_send(struct wire *w, const struct ip_envelope *envelope,
	       const uint8_t *payload, size_t length, uint8_t *packet,
	       size_t capacity);

/* Sends the same as IP fragments, each but the last with `size` bytes of the
 * payload (a multiple of 8). Returns 0, or -1 as above. */
int wire_send_fragments(struct wire *w, const struct ip_envelope *envelope,
			uint32_t id, const uint8_t *payload, size_t length,
			size_t size);

/* Waits at most `timeout_ms` (0: do not wait) for frames and hands all that
 * are there to `fn`, after writing them to the -w file. Returns the number
 * of frames; 0 on time-out or when a signal came; -1 on error (exit code via
 * wire_exit_code(): 69 interface gone or down, 130 the address that we
 * send from, 74 full disk, 71). An error
 * stays: no more frames come after it. */
int wire_poll(struct wire *w, int timeout_ms, wire_frame_fn *fn, void *context);

/* To be polled for reading, beside others; stays owned by the wire. */
int wire_fd(const struct wire *w);

/* The name of a frame's interface. */
const char *wire_interface_name(const struct wire *w, unsigned interface);

const char *wire_error(const struct wire *w);
int wire_exit_code(const struct wire *w); /* 0: the wire is in order */

/* Frames that the kernel dropped for want of room. */
uint64_t wire_dropped(const struct wire *w);

/* Flushes and closes the -w file: 0, or -1 (74). Called before the slow
 * closing of the capture handle, so that the report need not wait; later
 * frames are not written. */
int wire_finish_file(struct wire *w);

void wire_close(struct wire *w); /* NULL is fine */

#endif
