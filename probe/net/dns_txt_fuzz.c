/* SPDX-License-Identifier: GPL-3.0-or-later
 * A response of a name server, and what its text says of an origin.
 */
#include <string.h>

#include "probe/net/dns_txt.h"
#include "tests/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[DNS_TEXT_MAX], title[DNS_TEXT_MAX];

	memset(text, 'x', sizeof(text));
	if (!dns_txt_read(data, size, text))
		return 0;
	FUZZ_REQUIRE(memchr(text, '\0', sizeof(text)));
	FUZZ_REQUIRE(*text);
	for (const char *c = text; *c; c++)
		FUZZ_REQUIRE(*c >= ' ' && *c <= '~');
	dns_origin_number(text);
	for (size_t room = 1; room <= sizeof(title); room *= 4) {
		memset(title, 'x', sizeof(title));
		dns_origin_title(text, title, room);
		FUZZ_REQUIRE(memchr(title, '\0', room));
		FUZZ_REQUIRE(strlen(title) < strlen(text));
	}
	return 0;
}
