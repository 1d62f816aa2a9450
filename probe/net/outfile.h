/* SPDX-License-Identifier: GPL-3.0-or-later
 * A file that the user named for output. It is opened early, while there is
 * privilege to do so, and stays as it was until there is something to write.
 */
#ifndef PROBE_NET_OUTFILE_H
#define PROBE_NET_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct outfile {
	int fd;		  /* -1: not open */
	const char *name; /* borrowed */
	bool created;	  /* by us: it may be removed again */
	bool regular;	  /* not a device, FIFO or terminal */
	int keeper;	  /* socket of the process that may remove it; -1 */
	pid_t keeper_pid;
};

/* Opens for writing without truncating; creates what is not there. "-" is
 * standard output. 0, or -1 with errno set. */
int outfile_open(struct outfile *f, const char *name);

/* For a file that was created: starts a process that removes it unless told
 * to keep it, by outfile_close. So nothing empty is left behind by a run that
 * was killed, or that has given up the right to remove files
 * (privileges_drop). Where no process can be had, only that is lost. */
void outfile_guard(struct outfile *f);

/* Writes `bytes` behind what was written, at once if the system lets it. 0, or
 * -1 with errno. */
int outfile_append(struct outfile *f, const void *bytes, size_t length);

/* Replaces the content by `bytes`. On a regular file the room is reserved
 * first, so that a full disk leaves the old content. 0, or -1 with errno. */
int outfile_replace(struct outfile *f, const void *bytes, size_t length);

/* Closes the file, which stays; 0, or -1 with errno set (a late write
 * error). */
int outfile_close(struct outfile *f);

/* Closes the file and removes it if outfile_open created it. */
void outfile_abandon(struct outfile *f);

#endif
