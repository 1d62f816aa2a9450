// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crafting/address.h"
#include "probe/net/outfile.h"
#include "probe/net/privileges.h"
#include "report/arena.h"

#define DIRECTORY 3 /* the writer's */

struct evidence {
	int socket;
	pid_t pid;
};

/* What comes before the bytes of a file. */
struct head {
	char name[EVIDENCE_NAME];
	uint64_t length;
};

static bool read_all(int fd, void *out, size_t length)
{
	uint8_t *bytes = out;

	while (length) {
		ssize_t n = read(fd, bytes, length);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

/* --- the process that writes --------------------------------------------- */

static uint8_t part[1 << 16];

/* All that was announced is read, whatever becomes of the file: errno, or 0;
 * -1: the other process is gone. */
static int32_t copy(int fd, uint64_t length)
{
	int32_t error = fd == -1 ? errno : 0;

	while (length) {
		size_t n =
			length < sizeof(part) ? (size_t)length : sizeof(part);

		if (!read_all(STDIN_FILENO, part, n))
			return -1;
		if (!error && write_all(fd, part, n))
			error = errno;
		length -= n;
	}
	return error;
}

static int32_t write_file(struct head *h)
{
	int32_t error;
	int fd = -1;

	h->name[EVIDENCE_NAME - 1] = '\0';
	errno = EINVAL;
	if (*h->name != '.' && !strchr(h->name, '/'))
		fd = openat(DIRECTORY, h->name,
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
				    O_CLOEXEC,
			    0644);
	error = copy(fd, h->length);
	if (fd != -1 && close(fd) && !error)
		error = errno;
	return error;
}

static void __attribute__((noreturn)) serve(int socket, int directory)
{
	struct head head;
	int32_t error;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* Neither may stand where the other is to be. */
	socket = fcntl(socket, F_DUPFD, DIRECTORY + 1);
	directory = fcntl(directory, F_DUPFD, DIRECTORY + 1);
	if (dup2(socket, STDIN_FILENO) == -1 ||
	    dup2(directory, DIRECTORY) == -1)
		_exit(EXIT_FAILURE);
	close(STDOUT_FILENO);
	syscall(SYS_close_range, DIRECTORY + 1, ~0U, 0);
	if (privileges_keep_writing(DIRECTORY))
		_exit(EXIT_FAILURE);
	close(STDERR_FILENO);
	while (read_all(STDIN_FILENO, &head, sizeof(head)) &&
	       (error = write_file(&head)) != -1 &&
	       !write_all(STDIN_FILENO, &error, sizeof(error)))
		;
	_exit(0);
}

/* --- the survey ---------------------------------------------------------- */

struct evidence *evidence_new(int directory)
{
	struct evidence *e = malloc(sizeof(*e));
	int ends[2];

	if (!e || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		free(e);
		return NULL;
	}
	fflush(NULL);
	e->pid = fork();
	if (!e->pid)
		serve(ends[1], directory);
	close(ends[1]);
	e->socket = ends[0];
	if (e->pid != -1)
		return e;
	close(ends[0]);
	free(e);
	return NULL;
}

int evidence_write(struct evidence *e, const char *name, const void *bytes,
		   size_t length)
{
	struct head head = {.length = length};
	int32_t error;

	snprintf(head.name, sizeof(head.name), "%s", name);
	if (write_all(e->socket, &head, sizeof(head)) ||
	    write_all(e->socket, bytes, length))
		return -1;
	errno = EPIPE;
	if (!read_all(e->socket, &error, sizeof(error)))
		return -1;
	errno = error;
	return error ? -1 : 0;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	close(e->socket);
	while (waitpid(e->pid, NULL, 0) == -1 && errno == EINTR)
		;
	free(e);
}

/* --- names, and what a kill left ------------------------------------------ */

#define SUFFIX ".pcap"

const char *evidence_name(const struct address *a, unsigned port,
			  char text[EVIDENCE_NAME])
{
	char address[ADDRESS_TEXT];

	snprintf(text, EVIDENCE_NAME, "%s.%u" SUFFIX, address_text(a, address),
		 port);
	return text;
}

/* Whether evidence_name() makes it of some target: all else is the user's. */
static bool is_name(const char *text)
{
	char copy[EVIDENCE_NAME], again[EVIDENCE_NAME], *dot;
	struct address a;

	snprintf(copy, sizeof(copy), "%.*s", EVIDENCE_NAME - 1, text);
	dot = strstr(copy, SUFFIX);
	if (!dot)
		return false;
	*dot = '\0';
	dot = strrchr(copy, '.');
	if (!dot)
		return false;
	*dot = '\0';
	return address_parse(copy, &a) &&
	       !strcmp(evidence_name(&a, (unsigned)strtoul(dot + 1, NULL, 10),
				     again),
		       text);
}

/* No JSON is parsed here, where there is privilege: within a string of it the
 * quotes would be escaped. */
static void keep_name(json_t *names, const char *line)
{
	static const char before[] = "\"evidence\":\"" EVIDENCE_DIRECTORY "/";
	const char *at = strstr(line, before);
	char name[EVIDENCE_NAME];

	if (!at)
		return;
	at += sizeof(before) - 1;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "\""), at);
	json_object_set_new(names, name, json_true());
}

static json_t *read_names(FILE *results)
{
	json_t *names = must_have(json_object());
	size_t capacity = 0;
	char *line = NULL;

	rewind(results);
	while (must_getline(&line, &capacity, results) != -1)
		keep_name(names, line);
	free(line);
	return names;
}

static int remove_others(DIR *directory, const json_t *names)
{
	const struct dirent *one;
	int ret = 0;

	rewinddir(directory);
	while ((one = readdir(directory)))
		if (is_name(one->d_name) &&
		    !json_object_get(names, one->d_name) &&
		    unlinkat(dirfd(directory), one->d_name, 0) == -1)
			ret = -1;
	return ret;
}

int evidence_tidy(int directory, int results)
{
	int fd = dup(results), at = dup(directory), ret = -1;
	FILE *file = fd == -1 ? NULL : fdopen(fd, "r");
	DIR *opened = at == -1 ? NULL : fdopendir(at);
	json_t *names;

	if (file && opened) {
		names = read_names(file);
		ret = remove_others(opened, names);
		json_decref(names);
	}
	if (file)
		fclose(file);
	if (opened)
		closedir(opened);
	return ret;
}
