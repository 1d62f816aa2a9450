/* SPDX-License-Identifier: GPL-3.0-or-later
 * A file that the user named for output. It is opened early, while there is
 * privilege to do so, and stays as it was until there is something to write.
 * Under sudo what is created belongs to the user who called it. A link is
 * followed only if this user, root or that user has made it.
 */
#ifndef PROBE_NET_OUTFILE_H
#define PROBE_NET_OUTFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes all of it, however many calls that takes. 0, or -1 with errno set. */
int write_all(int fd, const void *data, size_t length);

struct outfile {
	int fd;		       /* -1: not open */
	char path[PATH_MAX];   /* where the links of its name led */
	bool created;	       /* by us: it may be removed again */
	bool regular;	       /* not a device, FIFO or terminal */
	char beside[PATH_MAX]; /* what is renamed to path; "": nothing */
	int beside_fd;	       /* -1: content goes to fd itself */
	int keeper; /* socket of the process that may remove it; -1 */
	pid_t keeper_pid;
};

/* Opens for writing without truncating; creates what is not there. "-" is
 * standard output. 0, or -1 with errno set. */
int outfile_open(struct outfile *f, const char *name);

/* The same for a file that is replaced as a whole, by outfile_replace: where
 * it is regular and its directory lets us, a file beside it takes what is
 * written, so that nobody ever sees half of it. A process of its own renames
 * that in the end, or removes it if this process is killed or gives up
 * (privileges_drop leaves it no right to). */
int outfile_open_whole(struct outfile *f, const char *name);

/* Whether both names lead to one regular file, or would. */
bool outfile_same(const char *a, const char *b);

/* Whether two descriptors are of one regular file. */
bool outfile_is_one(int a, int b);

/* Gives a file or directory that was just created to the user who called sudo;
 * without sudo it stays as it is. */
void outfile_give(int fd);

/* Makes a directory, if it is not there, and gives it so. 0, or -1 with errno.
 */
int outfile_directory(const char *name);

/* Writes `bytes` behind what was written, at once if the system lets it. 0, or
 * -1 with errno. */
int outfile_append(struct outfile *f, const void *bytes, size_t length);

/* Replaces the content by `bytes`: by a rename, or in one piece when the room
 * for it is reserved, so that a full disk leaves the old content. 0, or -1
 * with errno. */
int outfile_replace(struct outfile *f, const void *bytes, size_t length);

/* Closes the file, which stays; 0, or -1 with errno set (a late write
 * error). */
int outfile_close(struct outfile *f);

/* Closes the file; what was created is removed. */
void outfile_abandon(struct outfile *f);

#endif
