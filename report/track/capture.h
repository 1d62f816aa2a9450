/* SPDX-License-Identifier: GPL-3.0-or-later
 * Capture files, read with libpcap (pcap and pcapng), fed to an observer.
 */
#ifndef REPORT_TRACK_CAPTURE_H
#define REPORT_TRACK_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

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

/* Feeds every frame to the observer, once; those of several files by time, and
 * numbered in that order, as mergecap(1) would. `error` is empty if all is
 * well; else it tells of the first file that is not. */
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
