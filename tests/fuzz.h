/* SPDX-License-Identifier: GPL-3.0-or-later
 * Fuzz targets: x_fuzz.c beside what it fuzzes, with the one function that
 * libFuzzer calls. tests/fuzz runs them; without clang they read the inputs
 * that they are given, once each.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "report/print/format.h"

/* Takes any bytes. 0; what is wrong ends the program by abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The name of a file with these bytes, until the next one is asked for. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A page that nobody reads, with all there is to print; fuzz_page_done closes
 * it. */
struct page fuzz_page(void);
void fuzz_page_done(struct page *p);

/* Aborts unless it is so, in every build. */
#define FUZZ_REQUIRE(condition)                                                \
	do {                                                                   \
		if (!(condition))                                              \
			fuzz_failed(__FILE__, __LINE__, #condition);           \
	} while (0)
void fuzz_failed(const char *file, int line, const char *condition)
	__attribute__((noreturn));

#endif
