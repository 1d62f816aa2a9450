/* SPDX-License-Identifier: GPL-3.0-or-later
 * Preloaded (LD_PRELOAD), it counts allocations and lets one of them fail, or
 * all from one on. The file that NO_MEMORY names holds three numbers of 64
 * bits: how many there were, which one fails (0: none), whether all later ones
 * do. A program and its children share them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static volatile uint64_t *numbers;

__attribute__((constructor)) static void begin(void)
{
	const char *name = getenv("NO_MEMORY");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd == -1 ? MAP_FAILED
			     : mmap(NULL, 3 * sizeof(*numbers),
				    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd != -1)
		close(fd);
	if (map == MAP_FAILED)
		abort();
	numbers = map;
}

static bool fails(void)
{
	uint64_t number;

	if (!numbers)
		return false;
	number = __atomic_add_fetch(&numbers[0], 1, __ATOMIC_RELAXED);
	if (!numbers[1] || number < numbers[1] ||
	    (number > numbers[1] && !numbers[2]))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *memory = aligned_alloc(alignment, size);

	if (!memory)
		return ENOMEM;
	*out = memory;
	return 0;
}
