// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/memory.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "report/arena.h"

static void *must_malloc(size_t size)
{
	return must_have(malloc(size ? size : 1));
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_malloc(size);
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return must_have(realloc(old, size ? size : 1));
}

static void openssl_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

void memory_must_last(void)
{
	CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
	/* Nor need it tidy up at the end, for which it would take memory. */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
	json_set_alloc_funcs(must_malloc, free);
}
