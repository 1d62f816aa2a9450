/* SPDX-License-Identifier: GPL-3.0-or-later
 * The captures of pcaps/ as frames in memory, to be damaged, forged and fed.
 */
#ifndef TESTS_CAPTURES_H
#define TESTS_CAPTURES_H

#include <stddef.h>
#include <stdint.h>

#include "report/track/pcapng.h"

struct observer;

struct frame {
	int link_type;
	uint32_t interface; /* as struct pcapng_frame has them */
	char name[PCAPNG_NAME_MAX + 1];
	enum link_way way;
	int64_t time_us;
	uint8_t bytes[1600]; /* what is longer is cut */
	size_t length;
};

struct capture_bytes {
	const char *file;
	struct frame *frames;
	size_t count;
};

struct captures {
	struct capture_bytes *list; /* in the order of their names */
	size_t count;
};

/* All of pcaps/DIR/NAME.pcap and .pcapng, up to 1024 frames of each; aborts on
 * what is none. To be freed. */
struct captures captures_load(void);
void captures_free(struct captures *c);

/* One more frame, from a block of its own size, so that a sanitizer sees a read
 * past it. */
void feed_frame(struct observer *o, const struct frame *f);

#endif
