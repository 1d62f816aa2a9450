/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/arena.h"

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char name[40];

	if (fd == -1)
		fd = memfd_create("input", MFD_CLOEXEC);
	FUZZ_REQUIRE(fd != -1 && ftruncate(fd, 0) == 0 &&
		     pwrite(fd, data, size, 0) == (ssize_t)size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return name;
}

struct page fuzz_page(void)
{
	FILE *out = fopen("/dev/null", "we");

	FUZZ_REQUIRE(out);
	return (struct page){.out = out,
			     .width = PAGE_WIDTH,
			     .verbose = true,
			     .rules = true,
			     .colour = true,
			     .arena = arena_new()};
}

void fuzz_page_done(struct page *p)
{
	fclose(p->out);
	arena_free(p->arena);
}

void fuzz_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

/* Linked in its place, as the fuzzer goes on after what it calls. */
int __wrap_privileges_drop(void);
int __wrap_privileges_drop(void)
{
	return 0;
}

/* fuzz_file() has no name of its own, and what is packed is to be unpacked. */
bool __wrap_unpack_named(const char *file);
bool __wrap_unpack_named(const char *file)
{
	(void)file;
	return true;
}
