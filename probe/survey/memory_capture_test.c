/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <pcap/pcap.h>

#include "probe/net/wire.h"
#include "probe/survey/memory_capture.h"

#define FILE_HEADER 24
#define FRAME_HEADER 16

static const uint8_t bytes[65536] = {0x45};

static struct wire_frame frame(size_t length)
{
	return (struct wire_frame){.time_us = 7000009,
				   .bytes = bytes,
				   .captured = length,
				   .length = length + 4,
				   .link_type = DLT_RAW};
}

/* It is read as any other file. */
static void test_frames(void **state)
{
	struct memory_capture *c = memory_capture_new();
	const struct wire_frame f = frame(20);
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	const void *captured;
	size_t length;
	pcap_t *pcap;
	FILE *file;

	(void)state;
	memory_capture_bytes(c, &length);
	assert_int_equal(length, 0);
	memory_capture_add(c, &f);
	memory_capture_add(c, &f);
	captured = memory_capture_bytes(c, &length);
	assert_int_equal(length, FILE_HEADER + 2 * (FRAME_HEADER + 20));
	file = fmemopen((void *)captured, length, "r");
	assert_non_null(file);
	pcap = pcap_fopen_offline(file, error);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_RAW);
	assert_int_equal(pcap_snapshot(pcap), 262144); /* libpcap's largest */
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(header->ts.tv_sec, 7);
	assert_int_equal(header->ts.tv_usec, 9);
	assert_int_equal(header->caplen, 20);
	assert_int_equal(header->len, 24);
	assert_memory_equal(data, bytes, 20);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), 1);
	assert_int_equal(pcap_next_ex(pcap, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(pcap);
	memory_capture_free(c);
}

/* Up to its limit, and not for ever. */
static void test_too_long(void **state)
{
	struct memory_capture *c = memory_capture_new();
	const struct wire_frame f = frame(sizeof(bytes));
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < CAPTURE_MAX / sizeof(bytes) + 1; i++)
		memory_capture_add(c, &f);
	assert_non_null(memory_capture_bytes(c, &length));
	assert_true(length > CAPTURE_MAX);
	for (size_t i = 0; i < 9; i++)
		memory_capture_add(c, &f);
	assert_null(memory_capture_bytes(c, &length));
	assert_in_range(length, CAPTURE_MAX, CAPTURE_MAX + 200000);
	memory_capture_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
