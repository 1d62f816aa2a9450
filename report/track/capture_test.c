// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/capture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crafting/cursor.h"
#include "report/track/observer.h"

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW 101
#define LINKTYPE_USB 189

static char error[400];
static char scratch[] = "/tmp/capture_test.XXXXXX";

/* A minimal IPv4 packet: protocol 59, no payload. */
static const uint8_t packet[20] = {0x45, 0, 0,	 20, 0, 0, 0,	0, 64, 59,
				   0,	 0, 192, 0,  2, 1, 192, 0, 2,  2};

static void put_file(const char *name, const void *bytes, size_t length)
{
	FILE *file = fopen(name, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

/* pcap-savefile(5), big-endian: libpcap reads either. */
static void put_header(struct writer *w, uint32_t magic, uint32_t link_type)
{
	write_u32(w, magic);
	write_u16(w, 2);
	write_u16(w, 4);
	write_u32(w, 0);
	write_u32(w, 0);
	write_u32(w, 65535);
	write_u32(w, link_type);
}

static void put_frame(struct writer *w, uint32_t seconds, uint32_t fraction)
{
	write_u32(w, seconds);
	write_u32(w, fraction);
	write_u32(w, sizeof(packet));
	write_u32(w, sizeof(packet));
	write_bytes(w, packet, sizeof(packet));
}

/* Reads what was written; returns the frames that the observer got. */
static uint64_t read_back(const struct writer *w, size_t length,
			  enum capture_result expected, int64_t *last_us)
{
	struct observer *o = observer_new();
	uint64_t frames;
	char name[64];

	assert_non_null(o);
	assert_false(w->failed);
	snprintf(name, sizeof(name), "%s/x.pcap", scratch);
	put_file(name, w->start, length);
	assert_int_equal(capture_read(name, o, error, sizeof(error)), expected);
	assert_true((expected == CAPTURE_OK) == !error[0]);
	assert_true(!error[0] || strncmp(error, name, strlen(name)) == 0);
	frames = o->frames;
	if (last_us)
		*last_us = o->last_us;
	observer_free(o);
	unlink(name);
	return frames;
}

static void test_whole(void **state)
{
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));
	int64_t last_us;

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
	assert_int_equal(read_back(&w, w.length, CAPTURE_OK, NULL), 0);
	put_frame(&w, 1000, 7);
	put_frame(&w, 1001, 8);
	assert_int_equal(read_back(&w, w.length, CAPTURE_OK, &last_us), 2);
	assert_true(last_us == 1001000008);
}

static void test_nanoseconds(void **state)
{
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));
	int64_t last_us;

	(void)state;
	put_header(&w, 0xa1b23c4d, LINKTYPE_RAW);
	put_frame(&w, 1001, 8999);
	assert_int_equal(read_back(&w, w.length, CAPTURE_OK, &last_us), 1);
	assert_true(last_us == 1001000008);
}

/* Cut at every byte: never more than the whole frames, and no crash. */
static void test_truncated(void **state)
{
	const size_t header = 24, frame = 16 + sizeof(packet);
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
	put_frame(&w, 1, 0);
	put_frame(&w, 2, 0);
	for (size_t cut = 0; cut <= w.length; cut++) {
		size_t frames = cut < header ? 0 : (cut - header) / frame;
		enum capture_result expected = CAPTURE_TRUNCATED;

		if (cut < header)
			expected = CAPTURE_UNREADABLE;
		else if ((cut - header) % frame == 0)
			expected = CAPTURE_OK;
		assert_int_equal(read_back(&w, cut, expected, NULL), frames);
	}
}

static void test_foreign(void **state)
{
	static const char gzip[] = "\37\213\10\10 and more";
	static const char elf[] = "\177ELF\2\1\1 and more that is no capture";
	struct writer w = writer_over((void *)(uintptr_t)elf, sizeof(elf));

	(void)state;
	assert_int_equal(read_back(&w, sizeof(elf), CAPTURE_UNREADABLE, NULL),
			 0);
	assert_non_null(strstr(error, "not a pcap or pcapng file"));
	read_back(&w, 0, CAPTURE_UNREADABLE, NULL);
	assert_non_null(strstr(error, "x.pcap: the file is empty"));
	w = writer_over((void *)(uintptr_t)gzip, sizeof(gzip));
	read_back(&w, sizeof(gzip), CAPTURE_UNREADABLE, NULL);
	assert_non_null(strstr(error, "x.pcap: compressed: unpack it first ("
				      "zcat"));
}

static void test_link_type(void **state)
{
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_USB);
	put_frame(&w, 1, 0);
	assert_int_equal(read_back(&w, w.length, CAPTURE_UNREADABLE, NULL), 0);
	assert_non_null(strstr(error, "link type USB_LINUX"));
}

struct seen {
	int64_t times[8];
	uint64_t numbers[8];
	size_t count;
};

static void see(void *context, uint64_t number, int64_t time_us,
		const uint8_t *ip, size_t available)
{
	struct seen *s = context;

	(void)ip;
	(void)available;
	assert_true(s->count < 8);
	s->numbers[s->count] = number;
	s->times[s->count++] = time_us;
}

/* The name of `file` in the scratch directory, until the next call. */
static const char *scratch_file(const char *file)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s/%s", scratch, file);
	return name;
}

/* The frames of a file, which is removed. */
static uint64_t frames_of(const char *name, enum capture_result expected)
{
	struct observer *o = observer_new();
	uint64_t frames;

	assert_int_equal(capture_read(name, o, error, sizeof(error)), expected);
	frames = o->frames;
	observer_free(o);
	unlink(name);
	return frames;
}

/* What is packed, and called so. */
static void test_compressed(void **state)
{
	static const struct {
		const char *tool, *file;
	} packed[] = {
		{"gzip", "p.pcap.gz"},
		{"xz", "p.pcap.xz"},
		{"bzip2", "p.pcap.bz2"},
		{"zstd", "p.pcap.zst"},
	};
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));
	char plain[64], command[400];

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
	put_frame(&w, 1, 0);
	put_frame(&w, 2, 0);
	snprintf(plain, sizeof(plain), "%s", scratch_file("p.pcap"));
	put_file(plain, bytes, w.length);
	for (size_t i = 0; i < 4; i++) {
		const char *name = scratch_file(packed[i].file);

		snprintf(command, sizeof(command), "%s -c %s >%s 2>/dev/null",
			 packed[i].tool, plain, name);
		if (system(command) == 0)
			assert_int_equal(frames_of(name, CAPTURE_OK), 2);
		else
			assert_string_not_equal(packed[i].tool, "gzip");
		unlink(name);
	}
	unlink(plain);
}

/* Called so, and it is not; or it is damaged. */
static void test_called_compressed(void **state)
{
	static const char damaged[] = "\37\213\10\10 and more";
	const char *name = scratch_file("x.pcap.gz");
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
	put_frame(&w, 1, 0);
	put_file(name, bytes, w.length);
	assert_int_equal(frames_of(name, CAPTURE_OK), 1);
	put_file(name, damaged, sizeof(damaged));
	assert_int_equal(frames_of(name, CAPTURE_UNREADABLE), 0);
	assert_non_null(strstr(error, "x.pcap.gz: compressed, and damaged"));
}

/* Who opens it has rights still, which no stranger's byte is to meet. */
static void test_opened_unread(void **state)
{
	const char *name = scratch_file("pipe.gz");
	struct capture *c;
	int fd, left;

	(void)state;
	assert_int_equal(mkfifo(name, 0600), 0);
	fd = open(name, O_RDWR | O_CLOEXEC);
	assert_int_equal(write(fd, packet, sizeof(packet)), sizeof(packet));
	c = capture_open(&name, 1, error, sizeof(error));
	assert_non_null(c);
	assert_int_equal(ioctl(fd, FIONREAD, &left), 0);
	assert_int_equal(left, sizeof(packet));
	capture_close(c);
	close(fd);
	unlink(name);
}

/* Frames of two files come by time; one that is damaged ends early. */
static void test_several(void **state)
{
	uint8_t bytes[400];
	char names[2][64];
	const char *const files[] = {names[0], names[1]};
	struct seen seen = {.count = 0};
	struct capture *c;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct writer w = writer_over(bytes, sizeof(bytes));

		put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
		put_frame(&w, 1 + i, 0);
		put_frame(&w, 3 + i, 0);
		snprintf(names[i], sizeof(names[i]), "%s/%u.pcap", scratch, i);
		put_file(names[i], bytes, w.length - (i ? 1 : 0));
	}
	c = capture_open(files, 2, error, sizeof(error));
	assert_non_null(c);
	assert_int_equal(
		capture_feed_each(c, NULL, see, &seen, error, sizeof(error)),
		CAPTURE_TRUNCATED);
	capture_close(c);
	assert_non_null(strstr(error, "1.pcap: ends after frame 1 ("));
	assert_int_equal(seen.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(seen.numbers[i], i + 1);
		assert_int_equal(seen.times[i], (i + 1) * 1000000);
	}
	assert_null(capture_open((const char *[]){names[0], "/nonexistent"}, 2,
				 error, sizeof(error)));
	assert_string_equal(error, "/nonexistent: No such file or directory");
	unlink(names[0]);
	unlink(names[1]);
}

/* Frames that are late come by time, with the numbers that they have in the
 * file; or as they are filed. */
static void test_order(void **state)
{
	const char *name = scratch_file("late.pcap");

	(void)state;
	for (int as_filed = 0; as_filed < 2; as_filed++) {
		uint8_t bytes[400];
		struct writer w = writer_over(bytes, sizeof(bytes));
		struct seen s = {.count = 0};
		struct capture *c;

		put_header(&w, 0xa1b2c3d4, LINKTYPE_RAW);
		put_frame(&w, 1, 20);
		put_frame(&w, 1, 10);
		put_frame(&w, 2, 0);
		put_file(name, bytes, w.length);
		c = capture_open(&name, 1, error, sizeof(error));
		assert_non_null(c);
		if (as_filed)
			capture_as_filed(c);
		assert_int_equal(capture_feed_each(c, NULL, see, &s, error,
						   sizeof(error)),
				 CAPTURE_OK);
		capture_close(c);
		assert_int_equal(s.count, 3);
		assert_int_equal(s.numbers[0], as_filed ? 1 : 2);
		assert_int_equal(s.times[0], as_filed ? 1000020 : 1000010);
		assert_int_equal(s.numbers[1], as_filed ? 2 : 1);
		assert_int_equal(s.numbers[2], 3);
	}
	unlink(name);
}

static void test_missing(void **state)
{
	struct observer *o = observer_new();

	(void)state;
	assert_int_equal(
		capture_read("/nonexistent/x.pcap", o, error, sizeof(error)),
		CAPTURE_UNREADABLE);
	assert_string_equal(error,
			    "/nonexistent/x.pcap: No such file or directory");
	assert_int_equal(capture_read("/tmp", o, error, sizeof(error)),
			 CAPTURE_UNREADABLE);
	assert_string_equal(error, "/tmp: Is a directory");
	observer_free(o);
}

/* A frame whose length fields lie beyond any sense. */
static void test_absurd_lengths(void **state)
{
	uint8_t bytes[400];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	put_header(&w, 0xa1b2c3d4, LINKTYPE_ETHERNET);
	write_u32(&w, 0xffffffff);
	write_u32(&w, 0xffffffff);
	write_u32(&w, 0x7fffffff);
	write_u32(&w, 1);
	write_bytes(&w, packet, sizeof(packet));
	assert_int_equal(read_back(&w, w.length, CAPTURE_TRUNCATED, NULL), 0);
}

static void put_block(struct writer *w, uint32_t type, const void *body,
		      size_t length)
{
	write_u32(w, type);
	write_u32(w, (uint32_t)length + 12);
	write_bytes(w, body, length);
	write_u32(w, (uint32_t)length + 12);
}

/* pcapng with a time-stamp that no clock shows, in 64 bits. */
static void test_pcapng(void **state)
{
	static const uint8_t section[16] = {0x1a, 0x2b, 0x3c, 0x4d, 0,	  1,
					    0,	  0,	0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff};
	static const uint8_t interface[8] = {0, LINKTYPE_RAW, 0,   0, 0,
					     0, 0xff,	      0xff};
	uint8_t bytes[400], body[64];
	struct writer w = writer_over(bytes, sizeof(bytes));
	struct writer frame = writer_over(body, sizeof(body));

	(void)state;
	put_block(&w, 0x0a0d0d0a, section, sizeof(section));
	put_block(&w, 1, interface, sizeof(interface));
	write_u32(&frame, 0);
	write_u32(&frame, 0xffffffff);
	write_u32(&frame, 0xffffffff);
	write_u32(&frame, sizeof(packet));
	write_u32(&frame, sizeof(packet));
	write_bytes(&frame, packet, sizeof(packet));
	put_block(&w, 6, body, frame.length);
	assert_int_equal(read_back(&w, w.length, CAPTURE_OK, NULL), 1);
}

static void put_interface(struct writer *w, uint8_t link_type)
{
	const uint8_t interface[8] = {0, link_type, 0, 0, 0, 0, 0xff, 0xff};

	put_block(w, 1, interface, sizeof(interface));
}

static void put_packet(struct writer *w, uint32_t interface)
{
	uint8_t body[64];
	struct writer frame = writer_over(body, sizeof(body));

	write_u32(&frame, interface);
	write_u64(&frame, 1);
	write_u32(&frame, sizeof(packet));
	write_u32(&frame, sizeof(packet));
	write_bytes(&frame, packet, sizeof(packet));
	put_block(w, 6, body, frame.length);
}

static struct seen seen_through(const struct writer *w, const char *filter,
				enum capture_result expected)
{
	const char *name = scratch_file("x.pcapng");
	struct seen s = {.count = 0};
	struct capture *c;

	put_file(name, w->start, w->length);
	c = capture_open(&name, 1, error, sizeof(error));
	if (filter)
		capture_filter(c, filter);
	assert_int_equal(
		capture_feed_each(c, NULL, see, &s, error, sizeof(error)),
		expected);
	capture_close(c);
	unlink(name);
	return s;
}

/* Some of what is not understood, wherever that is described. */
static void test_link_types(void **state)
{
	static const uint8_t section[16] = {0x1a, 0x2b, 0x3c, 0x4d, 0, 1};
	uint8_t bytes[600];
	struct writer w = writer_over(bytes, sizeof(bytes));

	(void)state;
	put_block(&w, 0x0a0d0d0a, section, sizeof(section));
	put_interface(&w, LINKTYPE_USB);
	put_packet(&w, 0);
	assert_int_equal(seen_through(&w, NULL, CAPTURE_UNREADABLE).count, 0);
	assert_non_null(strstr(error, "link type USB_LINUX"));
	put_interface(&w, LINKTYPE_RAW);
	put_interface(&w, LINKTYPE_ETHERNET);
	put_packet(&w, 1);
	assert_int_equal(seen_through(&w, NULL, CAPTURE_OK).count, 1);
	assert_int_equal(seen_through(&w, "host 192.0.2.2", CAPTURE_OK).count,
			 1);
	assert_int_equal(seen_through(&w, "host 192.0.2.7", CAPTURE_OK).count,
			 0);
	/* Of Ethernet it makes sense, and raw IP has none of it. */
	assert_int_equal(
		seen_through(&w, "ether host 2:0:0:0:0:1", CAPTURE_OK).count,
		0);
	assert_int_equal(seen_through(&w, "host (", CAPTURE_UNREADABLE).count,
			 0);
	assert_non_null(strstr(error, "filter host (: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_nanoseconds),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_link_type),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_called_compressed),
		cmocka_unit_test(test_opened_unread),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_absurd_lengths),
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_link_types),
	};
	int failed;

	if (!mkdtemp(scratch))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(scratch);
	return failed;
}
