// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/infile.h"
#include "probe/net/outfile.h"
#include "probe/survey/evidence.h"
#include "report/arena.h"

static const char optout_text[] = "# Who asked not to be asked: a prefix or an "
				  "address a line, and behind\n"
				  "# it when and how. Read when the survey "
				  "begins, and when it is resumed.\n"
				  "# 192.0.2.0/24  2026-11-28, by mail\n";

static void clear(struct survey_files *f, const char *directory)
{
	*f = (struct survey_files)SURVEY_FILES_NONE;
	f->directory = directory;
}

static const char *path_of(const char *directory, const char *name,
			   char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static int open_file(const struct survey_files *f, const char *name, int flags,
		     int *fd)
{
	char path[PATH_MAX];

	*fd = open(path_of(f->directory, name, path),
		   flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*fd == -1 && errno == EEXIST)
		return failure(EXIT_USAGE,
			       "%s is there already: go on with that survey by "
			       "--resume %s, or name another directory",
			       path, f->directory);
	if (*fd == -1)
		return failure(EXIT_OUTPUT, "cannot write %s: %s", path,
			       strerror(errno));
	if (flags & O_CREAT)
		outfile_give(*fd);
	return 0;
}

static int make_directory(struct survey_files *f, const char *directory)
{
	int fd;

	if (mkdir(directory, 0755) == -1)
		return errno == EEXIST
			       ? 0
			       : failure(EXIT_OUTPUT, "cannot make %s: %s",
					 directory, strerror(errno));
	f->made_directory = true;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1) {
		outfile_give(fd);
		close(fd);
	}
	return 0;
}

/* One that is there already is the user's. */
static int make_optout(struct survey_files *f)
{
	char path[PATH_MAX];
	int fd = open(path_of(f->directory, "optout", path),
		      O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t n;

	if (fd == -1)
		return errno == EEXIST
			       ? 0
			       : failure(EXIT_OUTPUT, "cannot write %s: %s",
					 path, strerror(errno));
	f->made_optout = true;
	n = write(fd, optout_text, sizeof(optout_text) - 1);
	outfile_give(fd);
	close(fd);
	return n == sizeof(optout_text) - 1
		       ? 0
		       : failure(EXIT_OUTPUT, "cannot write %s", path);
}

static int lock_journal(const struct survey_files *f)
{
	return flock(f->journal, LOCK_EX | LOCK_NB) == 0
		       ? 0
		       : failure(EXIT_USAGE, "a survey is running in %s",
				 f->directory);
}

static bool is_ours(const struct survey_files *f, int fd)
{
	return outfile_is_one(fd, f->results) ||
	       outfile_is_one(fd, f->journal) || outfile_is_one(fd, f->meta);
}

/* For -o DIR it may be any other file; a FIFO would wait for its reader. */
int survey_files_status(struct survey_files *f, const char *name)
{
	if (!name)
		return 0;
	f->status = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
	if (f->status == -1)
		return failure(EXIT_OUTPUT, "cannot write %s: %s", name,
			       strerror(errno));
	outfile_give(f->status);
	if (is_ours(f, f->status))
		return failure(EXIT_USAGE,
			       "--status %s is a file of the survey itself",
			       name);
	return 0;
}

int survey_files_evidence(struct survey_files *f)
{
	char path[PATH_MAX];

	path_of(f->directory, EVIDENCE_DIRECTORY, path);
	f->made_evidence = mkdir(path, 0755) == 0;
	if (f->made_evidence || errno == EEXIST)
		f->evidence = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
						 O_NOFOLLOW);
	if (f->evidence == -1)
		return failure(EXIT_OUTPUT, "cannot make %s: %s", path,
			       strerror(errno));
	if (f->made_evidence)
		outfile_give(f->evidence);
	if (evidence_tidy(f->evidence, f->results))
		return failure(EXIT_OUTPUT, "cannot clear %s: %s", path,
			       strerror(errno));
	return 0;
}

int survey_files_make(struct survey_files *f, const char *directory,
		      const char *status)
{
	int code;

	clear(f, directory);
	code = make_directory(f, directory);
	if (!code)
		code = open_file(f, "journal", O_CREAT | O_EXCL | O_APPEND,
				 &f->journal);
	if (!code)
		code = lock_journal(f);
	if (!code)
		code = open_file(f, "results.jsonl",
				 O_CREAT | O_EXCL | O_APPEND, &f->results);
	if (!code)
		code = open_file(f, "meta.json", O_CREAT | O_EXCL, &f->meta);
	if (!code)
		code = make_optout(f);
	return code ? code : survey_files_status(f, status);
}

int survey_files_stream(struct survey_files *f, const char *status)
{
	clear(f, NULL);
	f->results = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (f->results == -1)
		return failure(EXIT_OUTPUT, "standard output: %s",
			       strerror(errno));
	return survey_files_status(f, status);
}

static json_t *read_header(FILE *file)
{
	size_t capacity = 0;
	char *line = NULL;
	json_t *header = NULL;

	if (must_getline(&line, &capacity, file) > 0)
		header = json_loads(line, 0, NULL);
	free(line);
	return header;
}

int survey_files_open(struct survey_files *f, const char *directory,
		      json_t **header, FILE **journal)
{
	int code;

	clear(f, directory);
	*header = NULL;
	*journal = survey_file_read(directory, "journal");
	if (!*journal)
		return failure(EXIT_INPUT, "no survey is in %s: journal: %s",
			       directory, strerror(errno));
	code = open_file(f, "journal", O_APPEND, &f->journal);
	if (!code)
		code = lock_journal(f);
	if (!code)
		code = open_file(f, "results.jsonl", O_APPEND, &f->results);
	if (!code)
		code = open_file(f, "meta.json", O_CREAT, &f->meta);
	if (code)
		return code;
	*header = read_header(*journal);
	return *header ? 0
		       : failure(EXIT_INPUT, "%s/journal: not a journal",
				 directory);
}

int survey_files_cut(struct survey_files *f, long journal, long results)
{
	struct stat st;

	if (fstat(f->results, &st) == -1 || st.st_size < results)
		return failure(EXIT_INPUT,
			       "%s/results.jsonl is shorter than the journal "
			       "says",
			       f->directory);
	if (ftruncate(f->results, results) || ftruncate(f->journal, journal))
		return failure(EXIT_OUTPUT, "%s: %s", f->directory,
			       strerror(errno));
	return 0;
}

/* The names of new files are on the disk with their directory. */
static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1) {
		fsync(fd);
		close(fd);
	}
}

int survey_files_begin(struct survey_files *f, const json_t *header)
{
	char *text = must_have(json_dumps(header, JSON_COMPACT));
	size_t length = strlen(text);
	ssize_t n;

	text[length++] = '\n'; /* where NUL stood */
	n = write(f->journal, text, length);
	free(text);
	if (n != (ssize_t)length || fsync(f->journal))
		return failure(EXIT_OUTPUT, "%s/journal: %s", f->directory,
			       n == -1 ? strerror(errno) : "not written");
	sync_directory(f->directory);
	return 0;
}

void survey_files_remove(const struct survey_files *f)
{
	static const char *const names[] = {"results.jsonl", "meta.json",
					    "journal"};
	const int fds[] = {f->results, f->meta, f->journal};
	char path[PATH_MAX];

	for (unsigned i = 0; i < 3 && f->directory; i++)
		if (fds[i] != -1)
			unlink(path_of(f->directory, names[i], path));
	if (f->made_optout)
		unlink(path_of(f->directory, "optout", path));
	if (f->made_evidence)
		rmdir(path_of(f->directory, EVIDENCE_DIRECTORY, path));
	if (f->made_directory) /* NOLINTNEXTLINE(*-core.NonNullParamChecker) */
		rmdir(f->directory); /* made: it has a name */
}

static void close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void survey_files_close(struct survey_files *f)
{
	close_one(&f->results);
	close_one(&f->journal);
	close_one(&f->meta);
	close_one(&f->status);
	close_one(&f->evidence);
}

FILE *survey_file_read(const char *directory, const char *name)
{
	char path[PATH_MAX];

	return infile_open(path_of(directory, name, path));
}
