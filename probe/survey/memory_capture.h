/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames as a file of pcap format, in memory.
 */
#ifndef PROBE_SURVEY_MEMORY_CAPTURE_H
#define PROBE_SURVEY_MEMORY_CAPTURE_H

#include <stddef.h>

struct memory_capture;
struct wire_frame;

#define CAPTURE_MAX (32 << 20) /* bytes of frames, and one frame */

struct memory_capture *memory_capture_new(void);
void memory_capture_free(struct memory_capture *c);

/* All are of the link type of the first. */
void memory_capture_add(struct memory_capture *c, const struct wire_frame *f);

/* It, which stays the capture's until the next is added; NULL: it was too long
 * to be kept. */
const void *memory_capture_bytes(struct memory_capture *c, size_t *length);

#endif
