// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/lines.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/net/outfile.h"
#include "report/arena.h"

#define ROOM (256 << 10)

void lines_begin(struct lines *l, int fd, bool stream)
{
	struct stat st = {0};

	fstat(fd, &st);
	*l = (struct lines){.fd = fd,
			    .stream = stream,
			    .regular = S_ISREG(st.st_mode),
			    .terminal = stream && S_ISCHR(st.st_mode),
			    .text = must_have(malloc(ROOM)),
			    .room = ROOM};
}

void lines_end(struct lines *l)
{
	free(l->text);
}

char *lines_room(struct lines *l, size_t length)
{
	if (!l->stream && l->room - l->length < length && lines_write(l))
		return NULL;
	while (l->room - l->length < length) {
		l->room *= 2;
		l->text = must_have(realloc(l->text, l->room));
	}
	return l->text + l->length;
}

void lines_add(struct lines *l, size_t length)
{
	l->length += length;
}

static void forget(struct lines *l, size_t length)
{
	l->length -= length;
	l->written += length;
	if (length && l->length)
		memmove(l->text, l->text + length, l->length);
}

/* What a pipe that can be written to takes at once, PIPE_BUF: whole lines, so
 * that those of several writers do not mix, or a part of one that is longer. */
static size_t piece(const struct lines *l, size_t at)
{
	size_t left = l->length - at;
	const char *end;

	if (l->regular || left <= PIPE_BUF)
		return left;
	end = memrchr(l->text + at, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - l->text) - at : PIPE_BUF;
}

static bool takes_more(const struct lines *l, int wait_ms)
{
	struct pollfd p = {.fd = l->fd, .events = POLLOUT};

	return poll(&p, 1, wait_ms) > 0;
}

int lines_write_some(struct lines *l)
{
	size_t at = 0;
	ssize_t n = 0;

	while (at < l->length && n != -1 && takes_more(l, 0)) {
		n = write(l->fd, l->text + at, piece(l, at));
		if (n > 0)
			at += (size_t)n;
	}
	forget(l, at);
	return n == -1 && errno != EINTR && errno != EAGAIN ? -1 : 0;
}

int lines_write(struct lines *l)
{
	int result = 0;

	if (!l->stream) {
		result = write_all(l->fd, l->text, l->length);
		forget(l, l->length);
	}
	while (l->length && !result)
		if (takes_more(l, -1))
			result = lines_write_some(l);
	return result;
}

bool lines_are_many(const struct lines *l)
{
	return l->stream && l->length > ROOM;
}
