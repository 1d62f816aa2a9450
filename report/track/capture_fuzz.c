/* SPDX-License-Identifier: GPL-3.0-or-later
 * A capture file, packet by packet: as libpcap reads it, and printed as by
 * `mpprobe read -x`.
 */
#include "crafting/packet.h"
#include "report/track/capture.h"
#include "tests/fuzz.h"

static void print_packet(void *context, uint64_t number, int64_t time_us,
			 const uint8_t *ip, size_t available)
{
	const struct page *page = context;
	struct packet p;

	if (!packet_parse(ip, available, &p))
		return;
	format_named("text")->packet(page, &p, number, time_us);
	format_named("json")->packet(page, &p, number, time_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page page = fuzz_page();
	char error[400] = "";
	const char *file = fuzz_file(data, size);
	struct capture *c = capture_open(&file, 1, error, sizeof(error));

	FUZZ_REQUIRE((c == NULL) == (*error != '\0'));
	if (c)
		FUZZ_REQUIRE(capture_feed_each(c, NULL, print_packet, &page,
					       error,
					       sizeof(error)) == CAPTURE_OK ||
			     *error);
	capture_close(c);
	fuzz_page_done(&page);
	return 0;
}
