// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/unpack.h"

#include <archive.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

/* libarchive brings ten libraries: it is loaded when it is needed. */
static struct {
	struct archive *(*begin)(void);
	int (*filter_gzip)(struct archive *);
	int (*filter_xz)(struct archive *);
	int (*filter_zstd)(struct archive *);
	int (*filter_bzip2)(struct archive *);
	int (*format_raw)(struct archive *);
	int (*open_file)(struct archive *, FILE *);
	int (*next_header)(struct archive *, struct archive_entry **);
	la_ssize_t (*data)(struct archive *, void *, size_t);
	int (*free)(struct archive *);
} api;

struct unpacked {
	struct archive *archive;
	FILE *packed;
	bool begun;
};

/* `first` is the first byte of its magic; no capture begins so. */
static const struct {
	int first;
	const char *tool, *ending;
} formats[] = {
	{0x1f, "zcat", ".gz"},
	{0x28, "zstdcat", ".zst"},
	{0x42, "bzcat", ".bz2"},
	{0xfd, "xzcat", ".xz"},
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const char *unpack_tool(int first)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i].first == first)
			return formats[i].tool;
	return NULL;
}

bool unpack_named(const char *file)
{
	const char *ending = strrchr(file, '.');

	for (size_t i = 0; ending && i < FORMATS; i++)
		if (strcmp(formats[i].ending, ending) == 0)
			return true;
	return false;
}

bool unpack_load(void)
{
	static const char *const names[] = {
		"archive_read_new",
		"archive_read_support_filter_gzip",
		"archive_read_support_filter_xz",
		"archive_read_support_filter_zstd",
		"archive_read_support_filter_bzip2",
		"archive_read_support_format_raw",
		"archive_read_open_FILE",
		"archive_read_next_header",
		"archive_read_data",
		"archive_read_free",
	};
	void *library = dlopen("libarchive.so.13", RTLD_NOW);
	void **slots = (void **)&api;

	for (size_t i = 0; library && i < sizeof(api) / sizeof(*slots); i++) {
		slots[i] = dlsym(library, names[i]);
		if (!slots[i])
			library = NULL;
	}
	return library != NULL;
}

static ssize_t read_unpacked(void *cookie, char *buffer, size_t size)
{
	struct unpacked *u = cookie;
	struct archive_entry *entry;
	la_ssize_t got;

	if (!u->begun && api.next_header(u->archive, &entry) != ARCHIVE_OK) {
		errno = EIO;
		return -1;
	}
	u->begun = true;
	got = api.data(u->archive, buffer, size);
	if (got >= 0)
		return got;
	errno = EIO;
	return -1;
}

static int close_unpacked(void *cookie)
{
	struct unpacked *u = cookie;

	if (u->archive)
		api.free(u->archive);
	fclose(u->packed);
	free(u);
	return 0;
}

static bool begin(struct unpacked *u)
{
	u->archive = api.begin();
	return u->archive && api.filter_gzip(u->archive) == ARCHIVE_OK &&
	       api.filter_xz(u->archive) == ARCHIVE_OK &&
	       api.filter_zstd(u->archive) == ARCHIVE_OK &&
	       api.filter_bzip2(u->archive) == ARCHIVE_OK &&
	       api.format_raw(u->archive) == ARCHIVE_OK &&
	       api.open_file(u->archive, u->packed) == ARCHIVE_OK;
}

FILE *unpack(FILE *packed)
{
	static const cookie_io_functions_t functions = {
		.read = read_unpacked, .close = close_unpacked};
	struct unpacked *u = must_have(calloc(1, sizeof(*u)));
	FILE *stream;

	u->packed = packed;
	stream = begin(u) ? fopencookie(u, "rb", functions) : NULL;
	if (!stream)
		close_unpacked(u);
	return stream;
}
