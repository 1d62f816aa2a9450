/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is written as pcapng is read again as it was.
 */
#include "probe/net/pcapng_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/track/pcapng.h"

static const struct saved_interface interfaces[] = {
	{"a", 1}, {"eth0.100", 1}, {"tun0", 101}, {"fifteen-letters", 113}};

static const char packet[] = "some bytes of a packet";
static const enum link_way ways[] = {LINK_WAY_UNKNOWN, LINK_WAY_IN,
				     LINK_WAY_OUT};

static struct saved_frame frame(unsigned i)
{
	return (struct saved_frame){
		.interface = i % 4,
		.way = ways[i % 3],
		.time_us = INT64_C(1795880000000000) + i,
		.bytes = (const uint8_t *)packet,
		.captured = i,
		.length = i + 1400,
	};
}

static void expect(struct pcapng *p, unsigned i)
{
	struct pcapng_frame f;

	assert_int_equal(pcapng_next(p, &f), PCAPNG_GOOD);
	assert_int_equal(f.interface, i % 4 + 1);
	assert_string_equal(f.name, interfaces[i % 4].name);
	assert_int_equal(f.link_type, interfaces[i % 4].link_type);
	assert_int_equal(f.way, ways[i % 3]);
	assert_true(f.time_us == INT64_C(1795880000000000) + i);
	assert_true(f.captured == i && f.length == i + 1400);
	assert_memory_equal(f.bytes, packet, i);
}

static void test_read_back(void **state)
{
	FILE *file = tmpfile();
	size_t size = pcapng_write_head(file, interfaces, 4);
	struct pcapng_frame f;
	struct pcapng *p;

	(void)state;
	assert_int_equal(size, ftell(file));
	for (unsigned i = 0; i < sizeof(packet); i++) {
		struct saved_frame saved = frame(i);

		assert_int_equal(pcapng_write_frame(file, &saved),
				 pcapng_frame_size(i));
		size += pcapng_frame_size(i);
		assert_int_equal(size, ftell(file));
	}
	rewind(file);
	p = pcapng_open(file);
	for (unsigned i = 0; i < sizeof(packet); i++)
		expect(p, i);
	assert_int_equal(pcapng_next(p, &f), PCAPNG_END);
	pcapng_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_read_back)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
