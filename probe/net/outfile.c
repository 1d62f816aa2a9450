// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int outfile_open(struct outfile *f, const char *name)
{
	struct stat st;

	*f = (struct outfile){.fd = -1, .name = name, .keeper = -1};
	if (!strcmp(name, "-")) {
		f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		f->fd = open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (f->fd == -1 && errno == ENOENT) {
			f->fd = open(name,
				     O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY,
				     0666);
			f->created = f->fd != -1;
		}
	}
	if (f->fd == -1)
		return -1;
	f->regular = !fstat(f->fd, &st) && S_ISREG(st.st_mode);
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* File systems without fallocate are simply written to. */
static int reserve(int fd, size_t length)
{
	if (!length || !fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)length))
		return 0;
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -1 : 0;
}

int outfile_append(struct outfile *f, const void *bytes, size_t length)
{
	return write_all(f->fd, bytes, length);
}

int outfile_replace(struct outfile *f, const void *bytes, size_t length)
{
	if (!f->regular)
		return write_all(f->fd, bytes, length);
	if (reserve(f->fd, length) == -1 ||
	    lseek(f->fd, 0, SEEK_SET) == (off_t)-1 ||
	    write_all(f->fd, bytes, length) == -1)
		return -1;
	return ftruncate(f->fd, (off_t)length);
}

/* The keeper: reads one byte, "keep", or the end of the other process. It
 * hears no Ctrl-C, as it must be the last to go. */
static void __attribute__((noreturn)) keep(int socket, const char *name)
{
	char byte;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dup2(socket, STDIN_FILENO);
	close_range(1, ~0U, 0);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		unlink(name);
	_exit(0);
}

void outfile_guard(struct outfile *f)
{
	int ends[2];
	pid_t pid;

	if (f->fd == -1 || !f->created ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		keep(ends[1], f->name);
	}
	close(ends[1]);
	f->keeper = ends[0];
	f->keeper_pid = pid;
	if (pid == -1) {
		close(ends[0]);
		f->keeper = -1;
	}
}

/* Tells the keeper, and waits until it is gone. */
static void dismiss_keeper(struct outfile *f, bool keep_file)
{
	char byte = 'k';

	if (f->keeper == -1)
		return;
	if (keep_file)
		send(f->keeper, &byte, 1, MSG_NOSIGNAL);
	shutdown(f->keeper, SHUT_WR);
	while (waitpid(f->keeper_pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(f->keeper);
	f->keeper = -1;
}

int outfile_close(struct outfile *f)
{
	int ret = f->fd == -1 ? 0 : close(f->fd), saved = errno;

	dismiss_keeper(f, true);
	f->fd = -1;
	errno = saved;
	return ret;
}

void outfile_abandon(struct outfile *f)
{
	if (f->keeper != -1)
		dismiss_keeper(f, false);
	else if (f->fd != -1 && f->created)
		unlink(f->name);
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}
