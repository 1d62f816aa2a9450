/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a list of targets, and as a blocklist.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe/survey/blocklist.h"
#include "probe/survey/targets.h"
#include "tests/fuzz.h"

#define ENOUGH 300 /* targets of one input: a line may mean very many */

static enum target_line first_line(const uint8_t *data, size_t size,
				   struct prefix *out, uint16_t *port)
{
	const uint8_t *end = memchr(data, '\n', size);

	return target_line_read((const char *)data,
				end ? (size_t)(end - data) : size, out, port);
}

/* The first line as an argument, twice, and all of them as a list. */
static void add_all(struct targets *t, const uint8_t *data, size_t size)
{
	int fd = memfd_create("list", MFD_CLOEXEC);
	struct prefix p;
	uint16_t port;

	FUZZ_REQUIRE(fd != -1 && write(fd, data, size) == (ssize_t)size &&
		     lseek(fd, 0, SEEK_SET) == 0);
	if (first_line(data, size, &p, &port) == LINE_TARGET &&
	    targets_add(t, &p, port) && targets_add(t, &p, 443))
		FUZZ_REQUIRE(targets_are_private(t) == prefix_is_private(&p));
	targets_add_list(t, fd);
	FUZZ_REQUIRE(!targets_are_private(t));
}

static void read_list(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = {80, 443};
	const struct targets_config config = {.ports = ports,
					      .port_count = 2,
					      .ipv4 = true,
					      .ipv6 = true,
					      .seed = size,
					      .shards = 1 + size % 3};
	struct targets *t = targets_new(&config);
	struct survey_target s;
	struct address a;
	uint64_t first;

	add_all(t, data, size);
	FUZZ_REQUIRE(targets_await(t) || !targets_next(t, &s));
	for (unsigned family = 4; family <= 6; family += 2)
		if (targets_peek(t, family, &a))
			FUZZ_REQUIRE(a.family == family);
	targets_want(t, true, size % 5 > 0);
	for (uint64_t i = 0; i < ENOUGH && targets_next(t, &s); i++) {
		FUZZ_REQUIRE(s.number == i && s.port);
		FUZZ_REQUIRE(s.address.family == 4 || s.address.family == 6);
	}
	FUZZ_REQUIRE(!targets_bad_lines(t, &first) || first);
	FUZZ_REQUIRE(size % 5 == 0 || !targets_other_family(t));
	targets_free(t);
}

/* What it lists first, as a line of its own would be read, is blocked. */
static void block_list(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct blocklist b;
	struct prefix p;
	uint16_t port;

	if (!file)
		return;
	blocklist_begin(&b, size % 2);
	if (blocklist_read(&b, file) == 0) {
		blocklist_sort(&b);
		if (first_line(data, size, &p, &port) == LINE_TARGET)
			FUZZ_REQUIRE(blocklist_blocks(&b, &p.first, true));
	}
	fclose(file);
	blocklist_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_list(data, size);
	block_list(data, size);
	return 0;
}
