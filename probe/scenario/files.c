// SPDX-License-Identifier: GPL-3.0-or-later
/* Where scenario scripts are, and what is in them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/scenario/sandbox.h"
#include "probe/scenario/scenario.h"
#include "report/arena.h"

#define SUFFIX ".lua"

/* From the directory of the program: of a source tree, a build directory, an
 * installation. */
static const char *const places[] = {
	"scenarios",
	"../scenarios",
	"../share/mpprobe/scenarios",
};

static bool program_directory(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n < 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return slash != NULL;
}

/* The directory of the scenarios, in `path`. */
static bool find_directory(char *path, size_t size)
{
	char program[1024];
	struct stat st;

	if (!program_directory(program, sizeof(program)))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s", program, places[i]);
		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

static bool is_file_name(const char *name)
{
	size_t length = strlen(name);

	return strchr(name, '/') ||
	       (length > strlen(SUFFIX) &&
		!strcmp(name + length - strlen(SUFFIX), SUFFIX));
}

static int script_path(const char *name, char *path, size_t size, char *error,
		       size_t error_size)
{
	char directory[1100];

	if (is_file_name(name)) {
		snprintf(path, size, "%s", name);
		return 0;
	}
	if (!find_directory(directory, sizeof(directory))) {
		snprintf(error, error_size,
			 "the directory of the scenarios is missing; name a "
			 "file");
		return -1;
	}
	snprintf(path, size, "%s/%.60s%s", directory, name, SUFFIX);
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(error, error_size,
		 "no scenario %.60s (mpprobe list shows them)", name);
	return -1;
}

static void set_names(struct script *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t length = strlen(file);

	snprintf(s->file, sizeof(s->file), "%.60s", file);
	if (length > strlen(SUFFIX) && is_file_name(file))
		length -= strlen(SUFFIX);
	snprintf(s->name, sizeof(s->name), "%.*s",
		 length < 60 ? (int)length : 60, file);
}

static int read_text(struct script *s, const char *path, char *error,
		     size_t size)
{
	FILE *file = fopen(path, "rbe");
	struct stat st;

	if (!file && errno == ENOMEM)
		must_have(NULL);
	if (!file || fstat(fileno(file), &st) || S_ISDIR(st.st_mode)) {
		snprintf(error, size, "%.200s: %s", path,
			 strerror(file ? EISDIR : errno));
		if (file)
			fclose(file);
		return -1;
	}
	s->text = must_have(malloc(SANDBOX_SCRIPT_MAX + 1));
	s->length = fread(s->text, 1, SANDBOX_SCRIPT_MAX + 1, file);
	fclose(file);
	if (s->length <= SANDBOX_SCRIPT_MAX)
		return 0;
	snprintf(error, size, "%.200s: too long for a scenario (64 KiB)", path);
	script_free(s);
	return -1;
}

int script_load(struct script *s, const char *name, char *error, size_t size)
{
	char path[1300];

	memset(s, 0, sizeof(*s));
	if (script_path(name, path, sizeof(path), error, size) != 0)
		return -1;
	set_names(s, path);
	return read_text(s, path, error, size);
}

void script_free(struct script *s)
{
	free(s->text);
	s->text = NULL;
}

/* --- all of them --------------------------------------------------------- */

static int is_script(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && is_file_name(entry->d_name);
}

size_t scripts_list(char ***names)
{
	char directory[1100];
	struct dirent **entries;
	int count;
	size_t kept = 0;

	*names = NULL;
	if (!find_directory(directory, sizeof(directory)))
		return 0;
	count = scandir(directory, &entries, is_script, alphasort);
	if (count < 0 && errno == ENOMEM)
		must_have(NULL);
	if (count <= 0)
		return 0;
	*names = must_have(calloc((size_t)count, sizeof(**names)));
	for (int i = 0; i < count; i++) {
		size_t length = strlen(entries[i]->d_name) - strlen(SUFFIX);

		(*names)[kept++] =
			must_have(strndup(entries[i]->d_name, length));
		free(entries[i]);
	}
	free(entries);
	return kept;
}

void scripts_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
