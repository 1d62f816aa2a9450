/* SPDX-License-Identifier: GPL-3.0-or-later
 * Capture files, read with libpcap (pcap and pcapng), fed to an observer.
 */
#ifndef REPORT_TRACK_CAPTURE_H
#define REPORT_TRACK_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "report/track/pcapng.h"

struct anonymous;
struct capture;
struct observer;

enum capture_result {
	CAPTURE_OK,
	CAPTURE_UNREADABLE, /* missing, empty, foreign, or the filter is
				wrong: nothing is fed that is understood */
	CAPTURE_TRUNCATED,  /* ends within a packet, or is damaged: what was
			       there is fed, `error` says where it ends */
};

/* Opens the files ("-": standard input) without reading a byte. Those that are
 * called so (.gz, .xz, .zst, .bz2) and compressed are unpacked later on. The
 * names must outlive it. NULL and one line in `error` that begins with the
 * file's name, as all errors here do. */
struct capture *capture_open(const char *const *files, size_t count,
			     char *error, size_t size);

/* Leaves out what does not pass an expression of pcap-filter(7), which must
 * outlive it. Frames keep their numbers. */
void capture_filter(struct capture *c, const char *expression);

/* Frames are handed over as they are read, and in the order of the file. */
void capture_as_filed(struct capture *c);

/* Shows nobody a frame as it is: the observer, and whoever else is handed one,
 * gets it with pseudonyms (anonymous.h). NULL: as they are. */
void capture_anonymize(struct capture *c, struct anonymous *a);

/* Hands every frame that is fed to `fn` as well, in the same order, with the
 * number of its file, from 0. */
typedef void capture_frame_fn(void *context, unsigned file,
			      const struct pcapng_frame *frame);
void capture_each_frame(struct capture *c, capture_frame_fn *fn, void *context);

/* Where frames come from, as far as it is known: during capture_feed, from the
 * first frame on. */
struct capture_place {
	unsigned file;
	uint32_t interface;		/* as frames of it have it */
	char name[PCAPNG_NAME_MAX + 1]; /* "": not told */
	int link_type;
};
typedef void capture_place_fn(void *context, const struct capture_place *p);
void capture_each_place(const struct capture *c, capture_place_fn *fn,
			void *context);

/* Feeds every frame to the observer, once. Those of several files are merged by
 * time, as mergecap(1) would; they are numbered so, and fed in the order of
 * their times (reorder.h). `error` is empty if all is well; else it tells of
 * the first file that is not. */
enum capture_result capture_feed(struct capture *c, struct observer *observer,
				 char *error, size_t size);

/* A packet of the capture, from its IP header on; valid during the call. */
typedef void capture_packet_fn(void *context, uint64_t number, int64_t time_us,
			       const uint8_t *ip, size_t available);

/* The same, and hands every IP packet to `fn` (NULL: none) after the observer
 * (NULL: none) has seen it. */
enum capture_result capture_feed_each(struct capture *c,
				      struct observer *observer,
				      capture_packet_fn *fn, void *context,
				      char *error, size_t size);

void capture_close(struct capture *c); /* NULL is fine */

/* All three, of one file: for those with no privileges to drop in between. */
enum capture_result capture_read(const char *file, struct observer *observer,
				 char *error, size_t size);

#endif
