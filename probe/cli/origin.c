// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/origin.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/arena.h"

#define AT_A_TIME 65536

/* Of `origin`, which is its first member. */
struct kept_origin {
	struct origin origin;
	struct arena *arena;
	int *fds; /* of the captures; -1: not open, or read */
	size_t fd_count;
	bool nameless; /* captures are numbered */
};

static struct kept_origin *kept(struct origin *origin)
{
	return (struct kept_origin *)origin;
}

/* What no shell takes for anything else. */
static bool is_plain(const char *word)
{
	return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789_@%+=:,./-")];
}

static const char *quoted(struct arena *a, const char *word)
{
	const char *text = "'";

	if (is_plain(word))
		return word;
	for (; *word; word++)
		text = *word == '\'' ? arena_printf(a, "%s'\\''", text)
				     : arena_printf(a, "%s%c", text, *word);
	return arena_printf(a, "%s'", text);
}

struct origin *origin_new(char *const *line, const char *told)
{
	struct arena *a = arena_new();
	struct kept_origin *k = arena_alloc(a, sizeof(*k));
	const char *text = "mpprobe";

	k->arena = a;
	k->nameless = told != NULL;
	for (size_t i = 1; !told && line && line[0] && line[i]; i++)
		text = arena_printf(a, "%s %s", text, quoted(a, line[i]));
	k->origin.command = told ? told : text;
	return &k->origin;
}

void origin_capture(struct origin *origin, const char *name)
{
	struct kept_origin *k = kept(origin);
	struct origin_capture *c =
		ARENA_PUSH(k->arena, origin->captures, origin->capture_count);
	const char *slash = strrchr(name, '/');
	int fd = -1;
	struct stat st;

	c->name = k->nameless	       ? arena_printf(k->arena, "capture %zu",
						      origin->capture_count)
		  : !strcmp(name, "-") ? "standard input or output"
		  : slash && slash[1]  ? slash + 1
				       : name;
	if (strcmp(name, "-") != 0 && stat(name, &st) == 0 &&
	    S_ISREG(st.st_mode))
		fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*ARENA_PUSH(k->arena, k->fds, k->fd_count) = fd;
}

static bool feed(EVP_MD_CTX *digest, int fd)
{
	uint8_t bytes[AT_A_TIME];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		if (EVP_DigestUpdate(digest, bytes, (size_t)got) != 1)
			return false;
	return got == 0;
}

/* NULL: it cannot be told. */
static const char *sha256_of(struct arena *a, int fd)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned length;
	bool whole = digest &&
		     EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
		     feed(digest, fd) &&
		     EVP_DigestFinal_ex(digest, bytes, &length) == 1;

	EVP_MD_CTX_free(digest);
	return whole ? arena_hex(a, bytes, length) : NULL;
}

void origin_digest(struct origin *origin)
{
	struct kept_origin *k = kept(origin);

	for (size_t i = 0; i < k->fd_count; i++) {
		if (k->fds[i] == -1)
			continue;
		origin->captures[i].sha256 = sha256_of(k->arena, k->fds[i]);
		close(k->fds[i]);
		k->fds[i] = -1;
	}
}

void origin_free(struct origin *origin)
{
	if (!origin)
		return;
	for (size_t i = 0; i < kept(origin)->fd_count; i++)
		if (kept(origin)->fds[i] != -1)
			close(kept(origin)->fds[i]);
	arena_free(kept(origin)->arena);
}
