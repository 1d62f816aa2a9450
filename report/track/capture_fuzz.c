/* SPDX-License-Identifier: GPL-3.0-or-later
 * A capture file, packet by packet: as libpcap reads it, and printed as by
 * `mpprobe read -x`; then filtered, and with pseudonyms.
 */
#include <string.h>

#include "crafting/packet.h"
#include "report/arena.h"
#include "report/track/anonymous.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
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

/* Names that a file brings are shown as the same ones are elsewhere. */
static void take_place(void *context, const struct capture_place *place)
{
	static const uint8_t link[6] = {2};
	struct anonymous *a = context;
	struct arena *arena = arena_new();

	FUZZ_REQUIRE(strlen(place->name) < sizeof(place->name));
	FUZZ_REQUIRE(anonymous_host(a, arena, place->name));
	FUZZ_REQUIRE(anonymous_title(a, arena, place->name));
	FUZZ_REQUIRE(anonymous_link(a, arena, link));
	FUZZ_REQUIRE(anonymous_origin(a, place->interface + 1));
	arena_free(arena);
}

struct covered {
	struct anonymous *anonymous;
	struct capture *capture;
	bool told;
};

static void take_frame(void *context, unsigned file,
		       const struct pcapng_frame *frame)
{
	struct covered *c = context;

	FUZZ_REQUIRE(file == 0 && frame->bytes);
	if (!c->told)
		capture_each_place(c->capture, take_place, c->anonymous);
	c->told = true;
}

static void read_covered(const char *file)
{
	static const uint8_t key[PSEUDONYM_KEY] = {1};
	char error[400];
	struct observer *o = observer_new();
	struct covered c = {anonymous_new(key),
			    capture_open(&file, 1, error, sizeof(error)),
			    false};

	FUZZ_REQUIRE(c.anonymous && c.capture && o);
	capture_filter(c.capture, "tcp or udp or icmp or icmp6 or vlan");
	capture_anonymize(c.capture, c.anonymous);
	capture_each_frame(c.capture, take_frame, &c);
	capture_feed(c.capture, o, error, sizeof(error));
	capture_close(c.capture);
	observer_free(o);
	anonymous_free(c.anonymous);
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
	if (c)
		read_covered(file);
	capture_close(c);
	fuzz_page_done(&page);
	return 0;
}
