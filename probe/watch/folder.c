// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/outfile.h"
#include "report/arena.h"

#define TIME_FORM "00000000T000000.000Z_" /* each 0: a digit */
#define TIME_LENGTH (sizeof(TIME_FORM) - 1)
#define PART ".part" /* behind a dot: a report that is not whole yet */

/* --- names ---------------------------------------------------------------- */

static char *clean_host(struct arena *a, const char *host)
{
	char *text = arena_printf(a, "%s", host);

	for (char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '_')
			*c = '-';
	return text;
}

char *folder_stem(struct arena *a, const char *directory, const char *host,
		  int64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	char time[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(time, sizeof(time), "%Y%m%dT%H%M%S", &tm);
	return arena_printf(a, "%s/%s.%03dZ_%s", directory, time,
			    (int)(time_us / 1000 % 1000), clean_host(a, host));
}

/* Stops at the end of a shorter one. */
static bool has_form(const char *text)
{
	for (size_t i = 0; i < TIME_LENGTH; i++)
		if (TIME_FORM[i] == '0' ? !isdigit((unsigned char)text[i])
					: text[i] != TIME_FORM[i])
			return false;
	return true;
}

/* 0: it has no such time. */
static int64_t time_in(const char *text)
{
	int milliseconds;
	struct tm tm = {0};

	if (!has_form(text) ||
	    sscanf(text, "%4d%2d%2dT%2d%2d%2d.%3d", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		   &milliseconds) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000000 + milliseconds * 1000;
}

static bool is_ending(const char *text)
{
	static const char *const endings[] = {".json", ".pcap", ".pcapng"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (!strcmp(text, endings[i]))
			return true;
	return false;
}

int64_t folder_time_of(const char *file, const char *host)
{
	struct arena *a = arena_new();
	const char *clean = clean_host(a, host);
	size_t length = strlen(clean);
	bool part = *file == '.';
	int64_t time_us = time_in(file + part);
	const char *rest = file + part + (time_us ? TIME_LENGTH : 0);

	if (strncmp(rest, clean, length) != 0 ||
	    !(part ? !strcmp(rest + length, PART) : is_ending(rest + length)))
		time_us = 0;
	arena_free(a);
	return time_us;
}

/* --- keeping -------------------------------------------------------------- */

static int write_file(const char *name, const char *bytes, size_t length)
{
	int fd =
		open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     0666);
	int ret, saved;

	if (fd == -1)
		return -1;
	ret = write_all(fd, bytes, length);
	if (ret == 0)
		ret = fsync(fd);
	saved = errno;
	close(fd);
	if (ret == -1)
		unlink(name);
	errno = saved;
	return ret;
}

int folder_keep(const char *stem, const char *report, size_t length)
{
	struct arena *a = arena_new();
	char *name = arena_printf(a, "%s.json", stem);
	const char *base = strrchr(stem, '/') + 1;
	char *part =
		arena_printf(a, "%.*s.%s" PART, (int)(base - stem), stem, base);
	int ret = write_file(part, report, length);

	if (ret == 0)
		ret = rename(part, name);
	arena_free(a);
	return ret;
}

/* --- what is there -------------------------------------------------------- */

static bool is_report(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot && !strcmp(dot, ".json");
}

/* A pipe or a device is none, as reading it may never end. */
static bool is_file(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode);
}

char **folder_reports(struct arena *a, const char *directory, const char *host,
		      size_t most, size_t *count)
{
	struct dirent **entries;
	int found = scandir(directory, &entries, NULL, alphasort);
	char **names = NULL;

	*count = 0;
	for (int i = 0; i < found; i++) {
		char *name =
			arena_printf(a, "%s/%s", directory, entries[i]->d_name);

		if (folder_time_of(entries[i]->d_name, host) &&
		    is_report(entries[i]->d_name) && is_file(name))
			*ARENA_PUSH(a, names, *count) = name;
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	if (*count > most) {
		names += *count - most;
		*count = most;
	}
	return names;
}

/* A file that is no link, and ours. */
static void remove_ours(int directory, const char *file)
{
	struct stat st;

	if (!fstatat(directory, file, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISREG(st.st_mode) && st.st_uid == geteuid())
		unlinkat(directory, file, 0);
}

void folder_forget(const char *directory, const char *host, int64_t before_us)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int64_t time_us = folder_time_of(entry->d_name, host);

		if (time_us && time_us < before_us)
			remove_ours(dirfd(d), entry->d_name);
	}
	if (d)
		closedir(d);
}
