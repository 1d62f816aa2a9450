// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/invoker.h"
#include "probe/net/privileges.h"

#define LINKS_MAX 40 /* in a row; as the kernel has it */
#define OPEN_FLAGS (O_WRONLY | O_CLOEXEC | O_NOCTTY)

/* --- names --------------------------------------------------------------- */

/* Where the last part of the path begins. */
static size_t base_at(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Puts `tail` into the directory of `path`. */
static int put_beside(char *path, const char *tail)
{
	size_t base = *tail == '/' ? 0 : base_at(path);

	if (base + strlen(tail) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path + base, tail);
	return 0;
}

static bool is_trusted(uid_t owner)
{
	uid_t uid;
	gid_t gid;

	return owner == 0 || owner == geteuid() ||
	       (invoker_of_sudo(&uid, &gid) && owner == uid);
}

/* One link of the path, which is open as `link`. 1: it was followed. 0: it is
 * none, or one of /proc, which leads to what no name may have. */
static int follow(int link, char *path)
{
	char target[PATH_MAX];
	struct statfs system;
	struct stat st;
	ssize_t length;

	if (fstat(link, &st) || !S_ISLNK(st.st_mode) ||
	    (!fstatfs(link, &system) && system.f_type == PROC_SUPER_MAGIC))
		return 0;
	if (!is_trusted(st.st_uid)) {
		errno = EACCES;
		return -1;
	}
	length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length == -1)
		return -1;
	target[length] = '\0';
	return put_beside(path, target) == -1 ? -1 : 1;
}

/* Follows the links that `name` leads to; those of others are refused, as they
 * would choose what is overwritten. The path is a link only in /proc. 0, or -1
 * with errno. */
static int resolve(const char *name, char path[PATH_MAX])
{
	*path = '\0';
	if (put_beside(path, name) == -1)
		return -1;
	for (int i = 0; i < LINKS_MAX; i++) {
		int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		int followed, saved;

		if (link == -1)
			return errno == ENOENT ? 0 : -1;
		followed = follow(link, path);
		saved = errno;
		close(link);
		errno = saved;
		if (followed != 1)
			return followed;
	}
	errno = ELOOP;
	return -1;
}

/* A link that came after resolve is not followed. */
static int open_there(const char *path)
{
	struct statfs system;
	int fd = open(path, OPEN_FLAGS | O_NOFOLLOW), link;
	bool of_proc;

	if (fd != -1 || errno != ELOOP)
		return fd;
	link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (link == -1)
		return -1;
	of_proc = !fstatfs(link, &system) && system.f_type == PROC_SUPER_MAGIC;
	close(link);
	if (of_proc)
		return open(path, OPEN_FLAGS);
	errno = ELOOP;
	return -1;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The directory of a file that is not there, and its name in it. */
static bool same_place(char *a, char *b)
{
	char *base_a = a + base_at(a), *base_b = b + base_at(b);
	struct stat x, y;

	if (strcmp(base_a, base_b) != 0)
		return false;
	strcpy(base_a, ".");
	strcpy(base_b, ".");
	return !stat(a, &x) && !stat(b, &y) && same_inode(&x, &y);
}

bool outfile_same(const char *a, const char *b)
{
	char path_a[PATH_MAX], path_b[PATH_MAX];
	struct stat x, y;
	int missing_a = stat(a, &x), missing_b = stat(b, &y);

	if (!missing_a && !missing_b)
		return S_ISREG(x.st_mode) && same_inode(&x, &y);
	return missing_a && missing_b && resolve(a, path_a) == 0 &&
	       resolve(b, path_b) == 0 && same_place(path_a, path_b);
}

bool outfile_is_one(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && S_ISREG(x.st_mode) &&
	       same_inode(&x, &y);
}

/* --- opening ------------------------------------------------------------- */

void outfile_give(int fd)
{
	uid_t uid;
	gid_t gid;

	/* Where that user is not known, in a namespace, it remains ours. */
	if (invoker_of_sudo(&uid, &gid) && fchown(fd, uid, gid) == -1)
		return;
}

int outfile_directory(const char *name)
{
	int fd;

	if (mkdir(name, 0777) == -1)
		return errno == EEXIST ? 0 : -1;
	fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd != -1) {
		outfile_give(fd);
		close(fd);
	}
	return 0;
}

static void clear(struct outfile *f)
{
	*f = (struct outfile){.fd = -1, .beside_fd = -1, .keeper = -1};
}

static void look(struct outfile *f)
{
	struct stat st;

	f->regular = !fstat(f->fd, &st) && S_ISREG(st.st_mode);
}

static int open_standard_output(struct outfile *f)
{
	f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (f->fd == -1)
		return -1;
	look(f);
	return 0;
}

/* What is there; nothing, if nothing is. */
static int open_existing(struct outfile *f, const char *name)
{
	if (resolve(name, f->path) == -1)
		return -1;
	f->fd = open_there(f->path);
	if (f->fd == -1)
		return errno == ENOENT ? 0 : -1;
	look(f);
	return 0;
}

static int create(struct outfile *f)
{
	f->fd = open(f->path, OPEN_FLAGS | O_CREAT | O_EXCL, 0666);
	if (f->fd == -1)
		return -1;
	f->created = true;
	outfile_give(f->fd);
	look(f);
	return 0;
}

int outfile_open(struct outfile *f, const char *name)
{
	clear(f);
	if (!strcmp(name, "-"))
		return open_standard_output(f);
	if (open_existing(f, name) == -1)
		return -1;
	return f->fd == -1 ? create(f) : 0;
}

/* The owner and mode of what is replaced, or what a new file has. */
static int dress(const struct outfile *f)
{
	struct stat old, new;
	mode_t mask;

	if (f->fd == -1) {
		outfile_give(f->beside_fd);
		mask = umask(0);
		umask(mask);
		return fchmod(f->beside_fd, 0666 & ~mask);
	}
	if (fstat(f->fd, &old) || fstat(f->beside_fd, &new) ||
	    ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	     fchown(f->beside_fd, old.st_uid, old.st_gid) == -1))
		return -1;
	return fchmod(f->beside_fd, old.st_mode & 0777);
}

/* --- the keeper ---------------------------------------------------------- */

static int open_directory(const char *path)
{
	char directory[PATH_MAX];

	strcpy(directory, path);
	strcpy(directory + base_at(path), ".");
	return open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* What the keeper has: by its number in the directory, whose path it may not
 * be allowed to go. */
#define DIRECTORY 3

/* Makes what was written the file. 0, or errno. */
static int32_t put_in_place(const struct outfile *f)
{
	if (f->beside_fd == -1)
		return 0;
	return fsync(f->beside_fd) ||
			       renameat(DIRECTORY,
					f->beside + base_at(f->beside),
					DIRECTORY, f->path + base_at(f->path))
		       ? errno
		       : 0;
}

/* Of all that is open it needs three. */
static int keep_only(int socket, struct outfile *f)
{
	int directory = open_directory(f->path);

	dup2(socket, STDIN_FILENO);
	if (f->beside_fd != -1)
		f->beside_fd = dup2(f->beside_fd, STDOUT_FILENO);
	else
		close(STDOUT_FILENO);
	if (directory == -1 ||
	    (directory != DIRECTORY && dup2(directory, DIRECTORY) == -1))
		return -1;
	syscall(SYS_close_range, DIRECTORY + 1, ~0U, 0);
	return 0;
}

/* Reads one byte, "keep", or the end of the other process. It hears no Ctrl-C,
 * as it must be the last to go, and has no right but to rename or remove a
 * file. */
static void __attribute__((noreturn)) keep(int socket, struct outfile *f)
{
	const char *path = *f->beside ? f->beside : f->path;
	const char *name = path + base_at(path);
	int32_t error = -1;
	char byte;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (keep_only(socket, f) == -1 || privileges_keep(DIRECTORY, name)) {
		unlink(path);
		_exit(EXIT_SYSTEM);
	}
	close(STDERR_FILENO);
	if (read(STDIN_FILENO, &byte, 1) == 1) {
		error = put_in_place(f);
		send(STDIN_FILENO, &error, sizeof(error), MSG_NOSIGNAL);
	}
	if (error)
		unlinkat(DIRECTORY, name, 0);
	_exit(0);
}

/* False: no process can be had. */
static bool start_keeper(struct outfile *f)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return false;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[0]);
		keep(ends[1], f);
	}
	close(ends[1]);
	if (pid == -1) {
		close(ends[0]);
		return false;
	}
	f->keeper = ends[0];
	f->keeper_pid = pid;
	return true;
}

/* Waits until it is gone. 0, or errno of what it was told to do. */
static int dismiss_keeper(struct outfile *f, bool keep_file)
{
	int32_t error = EIO;
	char byte = 'k';

	if (keep_file) {
		send(f->keeper, &byte, 1, MSG_NOSIGNAL);
		while (recv(f->keeper, &error, sizeof(error), 0) == -1 &&
		       errno == EINTR)
			;
	}
	shutdown(f->keeper, SHUT_WR);
	while (waitpid(f->keeper_pid, NULL, 0) == -1 && errno == EINTR)
		;
	close(f->keeper);
	f->keeper = -1;
	return error;
}

/* --- beside -------------------------------------------------------------- */

static void leave_beside(struct outfile *f)
{
	if (f->beside_fd != -1)
		close(f->beside_fd);
	f->beside_fd = -1;
	*f->beside = '\0';
}

/* Without leave for it the file itself will be written to. */
static void open_beside(struct outfile *f)
{
	strcpy(f->beside, f->path);
	if (put_beside(f->beside, ".mpprobe-XXXXXX") == -1) {
		*f->beside = '\0';
		return;
	}
	f->beside_fd = mkostemp(f->beside, O_CLOEXEC);
	if (f->beside_fd == -1) {
		*f->beside = '\0';
		return;
	}
	if (dress(f) == 0 && start_keeper(f))
		return;
	unlink(f->beside);
	leave_beside(f);
}

/* No signal comes between a file and its keeper. */
int outfile_open_whole(struct outfile *f, const char *name)
{
	sigset_t all, before;
	int ret = 0;

	clear(f);
	if (!strcmp(name, "-"))
		return open_standard_output(f);
	if (open_existing(f, name) == -1)
		return -1;
	if (f->fd != -1 && !f->regular)
		return 0;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	open_beside(f);
	if (f->beside_fd == -1 && f->fd == -1) {
		ret = create(f);
		if (ret == 0)
			start_keeper(f);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* --- writing ------------------------------------------------------------- */

int write_all(int fd, const void *data, size_t length)
{
	const uint8_t *bytes = data;

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

static int replace_in_place(const struct outfile *f, const void *bytes,
			    size_t length)
{
	if (!f->regular)
		return write_all(f->fd, bytes, length);
	if (reserve(f->fd, length) == -1 ||
	    lseek(f->fd, 0, SEEK_SET) == (off_t)-1 ||
	    write_all(f->fd, bytes, length) == -1)
		return -1;
	return ftruncate(f->fd, (off_t)length);
}

/* What cannot be renamed, a mount point say, is written to. */
int outfile_replace(struct outfile *f, const void *bytes, size_t length)
{
	int error;

	if (f->beside_fd == -1)
		return replace_in_place(f, bytes, length);
	if (write_all(f->beside_fd, bytes, length) == -1)
		return -1;
	error = dismiss_keeper(f, true);
	leave_beside(f);
	if (error && f->fd != -1)
		return replace_in_place(f, bytes, length);
	errno = error;
	return error ? -1 : 0;
}

/* --- closing ------------------------------------------------------------- */

int outfile_close(struct outfile *f)
{
	int ret = f->fd == -1 ? 0 : close(f->fd), saved = errno;

	if (f->keeper != -1)
		dismiss_keeper(f, true);
	leave_beside(f);
	f->fd = -1;
	errno = saved;
	return ret;
}

void outfile_abandon(struct outfile *f)
{
	if (f->keeper != -1)
		dismiss_keeper(f, false);
	else if (f->created)
		unlink(f->path);
	leave_beside(f);
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
}
