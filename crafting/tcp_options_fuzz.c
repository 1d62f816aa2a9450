/* SPDX-License-Identifier: GPL-3.0-or-later
 * A block of TCP options; the first byte says how many more were promised
 * than are there.
 */
#include <string.h>

#include "crafting/tcp_options.h"
#include "tests/fuzz.h"

/* Options follow each other, within the block. */
static void walk(const uint8_t *block, size_t available, size_t length)
{
	struct option_walk w = option_walk_over(block, available, length);
	struct tcp_option o;
	size_t at = 0;
	char name[16];

	while (option_next(&w, &o) == OPTION_FOUND) {
		FUZZ_REQUIRE(o.length >= 1 && o.offset == at);
		FUZZ_REQUIRE(o.bytes == block + at);
		at += o.length;
		FUZZ_REQUIRE(at <= available);
		FUZZ_REQUIRE(*tcp_option_name(o.kind, name));
	}
}

/* A room too small ends in NUL all the same. */
static void describe(const uint8_t *block, size_t length)
{
	char text[600];

	for (size_t size = 1; size <= sizeof(text); size *= 3) {
		memset(text, 'x', sizeof(text));
		tcp_options_text(block, length, text, size);
		FUZZ_REQUIRE(memchr(text, '\0', size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_options o;
	size_t length;

	if (!size || size > 61)
		return 0;
	length = size - 1 + data[0] % 44;
	walk(data + 1, size - 1, length);
	tcp_options_read(data + 1, size - 1, length, &o);
	FUZZ_REQUIRE(o.mptcp_count <= TCP_MPTCP_MAX);
	FUZZ_REQUIRE(o.complete == (length == size - 1));
	for (unsigned i = 0; i < 16; i++)
		tcp_options_mptcp(&o, (enum mptcp_subtype)i);
	describe(data + 1, size - 1);
	return 0;
}
