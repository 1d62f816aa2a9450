/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcapng files of several interfaces (draft-ietf-opsawg-pcapng), which libpcap
 * does not write: one section, a description of each interface, the packets.
 */
#ifndef PROBE_NET_PCAPNG_WRITE_H
#define PROBE_NET_PCAPNG_WRITE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crafting/link.h"

struct saved_interface {
	const char *name;
	int link_type; /* a LINKTYPE_* */
};

struct saved_frame {
	unsigned interface; /* from 0 */
	enum link_way way;  /* as far as it is known */
	int64_t time_us;    /* since 1970 */
	const uint8_t *bytes;
	size_t captured, length;
};

/* They return how many bytes they wrote, in the byte order of this host; what
 * the stream could not take it tells by ferror(3). */
size_t pcapng_write_head(FILE *out, const struct saved_interface *interfaces,
			 size_t count);
size_t pcapng_write_frame(FILE *out, const struct saved_frame *frame);

/* One more interface, which stands before its first frame. */
size_t pcapng_write_interface(FILE *out, const struct saved_interface *i);

/* What a frame of so many captured bytes will take. */
size_t pcapng_frame_size(size_t captured);

#endif
