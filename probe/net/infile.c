/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/net/infile.h"

#include <errno.h>
#include <sys/stat.h>

#include "report/arena.h"

FILE *infile_open(const char *name)
{
	FILE *file = fopen(name, "re");
	struct stat st;

	if (!file && errno == ENOMEM)
		must_have(NULL);
	if (file && !fstat(fileno(file), &st) && S_ISDIR(st.st_mode)) {
		fclose(file);
		errno = EISDIR;
		return NULL;
	}
	return file;
}
