/* SPDX-License-Identifier: GPL-3.0-or-later
 * In the place of libFuzzer, which comes with clang alone: each file that is
 * named, or lies in a directory that is named, once.
 */
#ifndef __clang__
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/fuzz.h"

static unsigned count;

static void run_file(const char *name, size_t size)
{
	FILE *file = fopen(name, "rbe");
	uint8_t *bytes = malloc(size ? size : 1);

	FUZZ_REQUIRE(file && bytes && fread(bytes, 1, size, file) == size);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	count++;
}

static void run(const char *name);

static void run_directory(const char *name)
{
	DIR *directory = opendir(name);
	const struct dirent *entry;
	char path[1024];

	FUZZ_REQUIRE(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		run(path);
	}
	closedir(directory);
}

static void run(const char *name)
{
	struct stat st;

	FUZZ_REQUIRE(stat(name, &st) == 0);
	if (S_ISDIR(st.st_mode))
		run_directory(name);
	else
		run_file(name, (size_t)st.st_size);
}

/* Options are libFuzzer's. */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] != '-')
			run(argv[i]);
	printf("%u inputs\n", count);
	return 0;
}
#endif
