/* SPDX-License-Identifier: GPL-3.0-or-later
 * The -w file: a capture that is readable whenever the program is killed.
 */
#ifndef PROBE_NET_SAVEFILE_H
#define PROBE_NET_SAVEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "probe/net/pcapng_write.h"

struct savefile;

/* Opens `name` ("-": standard output) without changing what is in it yet.
 * NULL with errno set. */
struct savefile *savefile_open(const char *name);

/* Empties the file and writes its header: of one interface pcap, of several
 * pcapng, and of none pcapng, to which they are added. 0, or -1 with errno
 * set. */
int savefile_start(struct savefile *s, const struct saved_interface *interfaces,
		   size_t count);

int savefile_interface(struct savefile *s, const struct saved_interface *i);

/* Adds a frame. It is in the file only after savefile_flush, or when many
 * wait. 0, or -1 with errno set. */
int savefile_add(struct savefile *s, const struct saved_frame *frame);

/* Writes what waits, in one system call, so that no record is ever cut by a
 * kill; what a full disk has cut is taken back. 0, or -1 with errno set. */
int savefile_flush(struct savefile *s);

/* Flushes, closes and frees. 0, or -1 with errno set. NULL is fine. */
int savefile_close(struct savefile *s);

/* Closes and frees, and removes a file that savefile_open created. */
void savefile_abandon(struct savefile *s);

#endif
