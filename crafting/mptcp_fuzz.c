/* SPDX-License-Identifier: GPL-3.0-or-later
 * An MPTCP option, decoded, encoded and decoded again: it says the same.
 */
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/mptcp.h"
#include "tests/fuzz.h"

static void describe(const struct mptcp_option *o)
{
	char text[300];

	for (size_t size = 1; size <= sizeof(text); size *= 4) {
		memset(text, 'x', sizeof(text));
		mptcp_text(o, text, size);
		FUZZ_REQUIRE(memchr(text, '\0', size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mptcp_option first, second;
	char text[2][300];
	uint8_t bytes[80];
	struct writer w = writer_over(bytes, sizeof(bytes));

	FUZZ_REQUIRE(*mptcp_subtype_name(size ? data[0] : 0));
	FUZZ_REQUIRE(*mptcp_reset_reason(size ? data[0] : 0));
	if (!mptcp_decode(data, size, &first))
		return 0;
	FUZZ_REQUIRE(first.length <= size);
	describe(&first);
	if (first.subtype > MP_TCPRST) /* of which nothing is known */
		return 0;
	FUZZ_REQUIRE(mptcp_encode(&w, &first));
	FUZZ_REQUIRE(w.length == first.length);
	FUZZ_REQUIRE(mptcp_decode(bytes, w.length, &second));
	FUZZ_REQUIRE(!strcmp(mptcp_text(&first, text[0], sizeof(text[0])),
			     mptcp_text(&second, text[1], sizeof(text[1]))));
	FUZZ_REQUIRE(!memcmp(&first, &second, sizeof(first)));
	return 0;
}
