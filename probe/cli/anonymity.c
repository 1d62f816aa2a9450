// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/anonymity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "crafting/cursor.h"
#include "probe/cli/options.h"
#include "probe/net/complain.h"
#include "probe/net/outfile.h"
#include "report/track/anonymous.h"

#define DIGITS (2 * PSEUDONYM_KEY)

static int make_key(uint8_t key[PSEUDONYM_KEY])
{
	if (getrandom(key, PSEUDONYM_KEY, 0) == PSEUDONYM_KEY)
		return 0;
	return failure(EXIT_SYSTEM, "no random numbers: %s", strerror(errno));
}

static int read_key(const char *name, FILE *file, uint8_t key[PSEUDONYM_KEY])
{
	char text[DIGITS + 2] = "";

	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (getc(file) == EOF && strlen(text) == DIGITS &&
	    hex_bytes(text, key, PSEUDONYM_KEY) == PSEUDONYM_KEY)
		return 0;
	return failure(
		EXIT_INPUT,
		"--anonymize-key %s: a key is one line of %d hexadecimal "
		"digits; mpprobe makes one in a file that is not there",
		name, DIGITS);
}

/* Whoever reads it can undo the pseudonyms. */
static int write_key(const char *name, uint8_t key[PSEUDONYM_KEY])
{
	char text[DIGITS + 2];
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool written;

	if (fd == -1)
		return failure(EXIT_OUTPUT, "--anonymize-key %s: %s", name,
			       strerror(errno));
	outfile_give(fd);
	for (size_t i = 0; i < PSEUDONYM_KEY; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x\n", key[i]);
	written = write(fd, text, DIGITS + 1) == DIGITS + 1;
	if (close(fd) == 0 && written)
		return 0;
	unlink(name);
	return failure(EXIT_OUTPUT, "--anonymize-key %s: not written", name);
}

static int find_key(const struct options *o, uint8_t key[PSEUDONYM_KEY])
{
	const char *name = o->anonymize_key;
	FILE *file = name ? fopen(name, "re") : NULL;
	int code;

	if (file) {
		code = read_key(name, file, key);
		fclose(file);
		return code;
	}
	if (name && errno != ENOENT)
		return failure(EXIT_INPUT, "--anonymize-key %s: %s", name,
			       strerror(errno));
	code = make_key(key);
	return code || !name ? code : write_key(name, key);
}

int anonymity_open(const struct options *o, struct anonymous **out)
{
	uint8_t key[PSEUDONYM_KEY];
	int code;

	*out = NULL;
	if (!o->anonymize && !o->anonymize_key)
		return 0;
	code = find_key(o, key);
	if (code == 0)
		*out = anonymous_new(key);
	explicit_bzero(key, sizeof(key));
	return code;
}
