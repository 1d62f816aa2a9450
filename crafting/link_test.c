/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every link type with its header built by hand, whole, cut, and lying.
 */
#include "link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ADDRESSES "\1\2\3\4\5\6\7\10\11\12\13\14"
#define SLL_START "\0\0\0\1\0\6\1\2\3\4\5\6\0\0"
#define SLL2_REST "\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0"

struct frame {
	const char *name;
	int link_type;
	size_t header; /* bytes before IP */
	uint8_t first; /* byte of the IP packet */
	bool found;    /* false: not an IP packet */
	const char *bytes;
};

#define FRAME(name, type, first, found, bytes)                                 \
	{                                                                      \
		name, type, sizeof(bytes) - 1, first, found, bytes             \
	}

static const struct frame frames[] = {
	FRAME("ethernet v4", 1, 0x45, true, ADDRESSES "\x08\x00"),
	FRAME("ethernet v6", 1, 0x60, true, ADDRESSES "\x86\xdd"),
	FRAME("ethernet v4 says v6", 1, 0x45, false, ADDRESSES "\x86\xdd"),
	FRAME("ethernet v6 says v4", 1, 0x60, false, ADDRESSES "\x08\x00"),
	FRAME("ethernet v5", 1, 0x50, false, ADDRESSES "\x08\x00"),
	FRAME("arp", 1, 0x45, false, ADDRESSES "\x08\x06"),
	FRAME("802.3 length", 1, 0x45, false, ADDRESSES "\x00\x40"),
	FRAME("vlan", 1, 0x45, true, ADDRESSES "\x81\x00\0\7\x08\x00"),
	FRAME("802.1ad", 1, 0x60, true,
	      ADDRESSES "\x88\xa8\0\7\x81\x00\0\x8\x86\xdd"),
	FRAME("old q-in-q", 1, 0x45, true,
	      ADDRESSES "\x91\x00\0\7\x81\x00\0\x8\x08\x00"),
	FRAME("four tags", 1, 0x45, true,
	      ADDRESSES "\x81\0\0\1\x81\0\0\2\x81\0\0\3\x81\0\0\4\x08\0"),
	FRAME("five tags", 1, 0x45, false,
	      ADDRESSES "\x81\0\0\1\x81\0\0\2\x81\0\0\3\x81\0\0\4\x81\0\0\5"
			"\x08\0"),
	FRAME("pppoe v4", 1, 0x45, true,
	      ADDRESSES "\x88\x64\x11\0\0\1\0\x2a\0\x21"),
	FRAME("pppoe v6 in a vlan", 1, 0x60, true,
	      ADDRESSES "\x81\0\0\7\x88\x64\x11\0\0\1\0\x2a\0\x57"),
	FRAME("pppoe lcp", 1, 0x45, false,
	      ADDRESSES "\x88\x64\x11\0\0\1\0\x2a\xc0\x21"),
	FRAME("mpls", 1, 0x60, true, ADDRESSES "\x88\x47\0\1\1\x40"),
	FRAME("mpls, two labels", 1, 0x45, true,
	      ADDRESSES "\x88\x47\0\1\0\x40\0\2\1\x40"),
	FRAME("mpls without an end", 1, 0x45, false,
	      ADDRESSES "\x88\x47\0\1\0\x40\0\1\0\x40\0\1\0\x40"
			"\0\1\0\x40\0\1\0\x40\0\1\0\x40\0\1\0\x40"
			"\0\1\0\x40"),
	FRAME("vlan arp", 1, 0x45, false, ADDRESSES "\x81\0\0\7\x08\x06"),
	FRAME("null little", 0, 0x45, true, "\2\0\0\0"),
	FRAME("null big", 0, 0x45, true, "\0\0\0\2"),
	FRAME("null linux v6", 0, 0x60, true, "\12\0\0\0"),
	FRAME("null openbsd v6", 0, 0x60, true, "\0\0\0\30"),
	FRAME("null freebsd v6", 0, 0x60, true, "\34\0\0\0"),
	FRAME("null macos v6", 0, 0x60, true, "\36\0\0\0"),
	FRAME("null macos v6 big", 0, 0x60, true, "\0\0\0\36"),
	FRAME("null lies", 0, 0x60, false, "\2\0\0\0"),
	FRAME("null other", 0, 0x45, false, "\7\0\0\0"),
	FRAME("null middle", 0, 0x45, false, "\0\2\0\0"),
	FRAME("loop v4", 108, 0x45, true, "\0\0\0\2"),
	FRAME("loop v6", 108, 0x60, true, "\0\0\0\30"),
	FRAME("loop little", 108, 0x45, false, "\2\0\0\0"),
	FRAME("raw 12", 12, 0x45, true, ""),
	FRAME("raw 14", 14, 0x60, true, ""),
	FRAME("raw 101 v4", 101, 0x4f, true, ""),
	FRAME("raw 101 v6", 101, 0x6f, true, ""),
	FRAME("raw 101 v0", 101, 0x00, false, ""),
	FRAME("ipv4", 228, 0x45, true, ""),
	FRAME("ipv4 lies", 228, 0x60, false, ""),
	FRAME("ipv6", 229, 0x60, true, ""),
	FRAME("ipv6 lies", 229, 0x45, false, ""),
	FRAME("sll v4", 113, 0x45, true, SLL_START "\x08\x00"),
	FRAME("sll v6", 113, 0x60, true, SLL_START "\x86\xdd"),
	FRAME("sll vlan", 113, 0x45, true, SLL_START "\x81\0\0\7\x08\x00"),
	FRAME("sll arp", 113, 0x45, false, SLL_START "\x08\x06"),
	FRAME("sll2 v4", 276, 0x45, true, "\x08\x00" SLL2_REST),
	FRAME("sll2 v6", 276, 0x60, true, "\x86\xdd" SLL2_REST),
	FRAME("sll2 vlan", 276, 0x60, true,
	      "\x81\x00" SLL2_REST "\0\7\x86\xdd"),
	FRAME("sll2 arp", 276, 0x45, false, "\x08\x06" SLL2_REST),
	FRAME("ppp hdlc v4", 9, 0x45, true, "\xff\3\0\x21"),
	FRAME("ppp hdlc v6", 9, 0x60, true, "\xff\3\0\x57"),
	FRAME("ppp bare", 9, 0x45, true, "\0\x21"),
	FRAME("ppp compressed", 9, 0x60, true, "\x57"),
	FRAME("ppp hdlc compressed", 9, 0x45, true, "\xff\3\x21"),
	FRAME("ppp lcp", 9, 0x45, false, "\xff\3\xc0\x21"),
	FRAME("ppp lies", 9, 0x45, false, "\xff\3\0\x57"),
	FRAME("unknown type", 127, 0x45, false, ""),
	FRAME("negative type", -1, 0x45, false, ""),
};

#define FRAMES (sizeof(frames) / sizeof(frames[0]))

/* `captured` bytes of the frame and a few of IP, in exactly that much. */
static bool find(const struct frame *f, size_t captured, size_t *offset,
		 size_t *length)
{
	uint8_t whole[64] = {0};
	uint8_t *exact = malloc(captured ? captured : 1);
	const uint8_t *ip = NULL;
	bool found;

	memcpy(whole, f->bytes, f->header);
	whole[f->header] = f->first;
	memcpy(exact, whole, captured);
	found = link_find_ip(f->link_type, exact, captured, &ip, length);
	*offset = found ? (size_t)(ip - exact) : 0;
	free(exact);
	return found;
}

static void test_frames(void **state)
{
	size_t i, offset, length = 0;

	(void)state;
	for (i = 0; i < FRAMES; i++) {
		bool found = find(&frames[i], frames[i].header + 9, &offset,
				  &length);

		if (found != frames[i].found)
			fail_msg("%s: found %d", frames[i].name, found);
		if (found && (offset != frames[i].header || length != 9))
			fail_msg("%s: at %zu, %zu left", frames[i].name, offset,
				 length);
	}
}

/* Cut anywhere: found as soon as the first byte of IP is there, never
 * before, and nothing behind the end is read. */
static void test_truncations(void **state)
{
	size_t i, n, offset, length = 0;

	(void)state;
	for (i = 0; i < FRAMES; i++) {
		const struct frame *f = &frames[i];

		for (n = 0; n <= f->header + 1; n++) {
			bool expected = f->found && n > f->header;

			if (find(f, n, &offset, &length) != expected)
				fail_msg("%s cut to %zu", f->name, n);
		}
	}
}

#define OTHER_WAY "\7\10\11\12\13\14\1\2\3\4\5\6"
#define SLL_OUT "\0\4\0\1\0\6\1\2\3\4\5\6\0\0"
#define SLL2_OUT "\0\0\0\0\0\2\0\1\4\6\1\2\3\4\5\6\0\0"

/* What a frame and one that comes back begin with. */
static const struct turn {
	int link_type;
	size_t size;
	const char *sent, *back;
	bool comes_back;
} turns[] = {
	{1, 12, ADDRESSES, OTHER_WAY, true},
	{1, 12, ADDRESSES, ADDRESSES, false},
	{1, 11, ADDRESSES, OTHER_WAY, false}, /* cut */
	/* as on the loopback; forwarded to where it came from; to a third */
	{1, 12, "\0\0\0\0\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\0\0\0\0\0", false},
	{1, 12, ADDRESSES, "\7\10\11\12\13\14\7\10\11\12\13\14", false},
	{1, 12, ADDRESSES, "\7\10\11\12\13\15\1\2\3\4\5\6", false},
	{113, 14, SLL_OUT, SLL_START, true},
	{113, 14, SLL_START, SLL_OUT, false},
	{113, 14, SLL_OUT, SLL_OUT, false},
	{113, 1, SLL_OUT, SLL_START, false},
	{276, 20, "\x08\0" SLL2_OUT, "\x08\0" SLL2_REST, true},
	{276, 20, "\x08\0" SLL2_REST, "\x08\0" SLL2_OUT, false},
	{276, 10, "\x08\0" SLL2_OUT, "\x08\0" SLL2_REST, false},
	{101, 12, ADDRESSES, OTHER_WAY, false},
};

static void test_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		const struct turn *t = &turns[i];
		struct link_ends sent, back;

		link_read_ends(t->link_type, (const uint8_t *)t->sent, t->size,
			       &sent);
		link_read_ends(t->link_type, (const uint8_t *)t->back, t->size,
			       &back);
		if (link_comes_back(&sent, &back) != t->comes_back)
			fail_msg("turn %zu", i);
	}
}

static void test_supported(void **state)
{
	static const int known[] = {0,	 1,   9,   12,	14, 101,
				    108, 113, 228, 229, 276};
	size_t i;
	int type, count = 0;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_true(link_supported(known[i]));
	for (type = -300; type < 600; type++)
		count += link_supported(type);
	assert_int_equal(count, sizeof(known) / sizeof(known[0]));
}

static void test_fuzz(void **state)
{
	unsigned seed = 1;
	int round;

	(void)state;
	for (round = 0; round < 200000; round++) {
		size_t captured = (size_t)rand_r(&seed) % 40, i, length;
		uint8_t *frame = malloc(captured ? captured : 1);
		const uint8_t *ip;

		for (i = 0; i < captured; i++)
			frame[i] = (uint8_t)rand_r(&seed);
		if (link_find_ip(rand_r(&seed) % 300, frame, captured, &ip,
				 &length)) {
			assert_true(ip >= frame && length >= 1);
			assert_ptr_equal(ip + length, frame + captured);
		}
		free(frame);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_truncations),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_supported),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
