/* SPDX-License-Identifier: GPL-3.0-or-later
 * Results that are not written yet: to a file, which takes them at once, or to
 * standard output, whose reader may be slow, or gone.
 */
#ifndef PROBE_SURVEY_LINES_H
#define PROBE_SURVEY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd;
	bool stream;  /* who reads it is not waited for */
	bool regular; /* but it is a file: it takes all */
	bool terminal;
	char *text;
	size_t length, room;
	uint64_t written; /* bytes */
};

void lines_begin(struct lines *l, int fd, bool stream);
void lines_end(struct lines *l); /* writes nothing */

/* Where so many bytes have room, behind what is there. A file gets that first
 * if it is much: NULL with errno, if it cannot be written. */
char *lines_room(struct lines *l, size_t length);

/* That so many of them are a line now. */
void lines_add(struct lines *l, size_t length);

/* Writes all; of a stream what it takes without waiting. 0, or -1 with errno.
 */
int lines_write(struct lines *l);
int lines_write_some(struct lines *l);

/* Whether the reader is so far behind that nobody more should be asked. */
bool lines_are_many(const struct lines *l);

#endif
