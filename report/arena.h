/* SPDX-License-Identifier: GPL-3.0-or-later
 * Memory that is given back all at once: a report and its strings.
 */
#ifndef REPORT_ARENA_H
#define REPORT_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct address;
struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is fine */

/* Zeroed memory that lives as long as the arena. Never NULL: without memory
 * the program ends with exit code 71 (there is no report to save then). */
void *arena_alloc(struct arena *a, size_t size);

/* The same for memory of another kind: what calloc() returned, or the end. */
void *must_have(void *memory);

/* getline(3), whose -1 is of the end of the file, or of what cannot be read
 * (ferror()), never of a line that there was no memory for: what is read half
 * looks as if it were whole. */
ssize_t must_getline(char **line, size_t *capacity, FILE *file);

char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));
char *arena_vprintf(struct arena *a, const char *format, va_list list)
	__attribute__((format(printf, 2, 0), nonnull(2)));

/* "10.0.1.2", "fd00::2" */
char *arena_address(struct arena *a, const struct address *address);

/* Lower-case hex of `length` bytes. */
char *arena_hex(struct arena *a, const void *bytes, size_t length);

/* Room for one more element at the end of a growing array: returns its
 * zeroed slot, after moving the array if it had to grow. `count` is raised.
 * An array grows in this way only, from NULL and 0 (and may be cut shorter).
 * Use: struct x *slot = ARENA_PUSH(a, list->items, list->count). */
#define ARENA_PUSH(arena, items, count)                                        \
	((__typeof__(items))arena_push((arena), (void **)&(items), &(count),   \
				       sizeof(*(items))))
void *arena_push(struct arena *a, void **items, size_t *count, size_t size);

#endif
