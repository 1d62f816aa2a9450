/* SPDX-License-Identifier: GPL-3.0-or-later
 * Compressed files, unpacked while they are read: gzip, xz, zstd, bzip2.
 */
#ifndef REPORT_TRACK_UNPACK_H
#define REPORT_TRACK_UNPACK_H

#include <stdbool.h>
#include <stdio.h>

/* What unpacks a file that begins with this byte (EOF: an empty one), as a
 * shell would call it ("zcat"). NULL: it is not compressed. */
const char *unpack_tool(int first);

/* Whether a file of this name is unpacked: "x.pcap.gz". */
bool unpack_named(const char *file);

/* Loads libarchive, which makes memory executable: before privileges are
 * dropped. False if it is not there. */
bool unpack_load(void);

/* A stream of what is packed in this one, which is closed with it; after
 * unpack_load(). NULL (then `packed` is closed, too) if it is damaged near its
 * beginning, or without memory. Damaged later, it ends with a read error
 * (EIO); up to 64 kB before that are lost. */
FILE *unpack(FILE *packed);

#endif
