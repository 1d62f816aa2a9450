/* SPDX-License-Identifier: GPL-3.0-or-later
 * Crypto-PAn by the sample that its authors published, and what is kept of
 * addresses and names that become others.
 */
#include "pseudonym.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of the sample, as its traces. */
static const uint8_t key[PSEUDONYM_KEY] = {
	21,  34, 23,  141, 51, 164, 207, 128, 19,  10,	91,
	22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
	101, 39, 98,  87,  76, 45,  42,	 132, 34,  2};

static const char *const sample[][2] = {
	{"128.11.68.132", "135.242.180.132"},
	{"129.118.74.4", "134.136.186.123"},
	{"130.132.252.244", "133.68.164.234"},
	{"141.223.7.43", "141.167.8.160"},
	{"141.233.145.108", "141.129.237.235"},
	{"152.163.225.39", "151.140.114.167"},
	{"156.29.3.236", "147.225.12.42"},
	{"165.247.96.84", "162.9.99.234"},
	{"166.107.77.190", "160.132.178.185"},
	{"192.102.249.13", "252.138.62.131"},
	{"212.120.124.31", "228.135.163.231"},
	{"24.0.250.221", "100.15.198.226"},
	{"38.15.67.68", "64.3.66.187"},
	{"63.97.7.140", "95.97.9.123"},
	{"64.39.15.238", "0.219.7.41"},
	{"10.185.25.118", "117.161.29.118"},
	/* Not of the authors: what other programs make of these. */
	{"::1", "78ff:f001:9fc0:20df:8380:b1f1:704:ed"},
	{"::2", "78ff:f001:9fc0:20df:8380:b1f1:704:ef"},
	{"::ffff", "78ff:f001:9fc0:20df:8380:b1f1:704:f838"},
	{"2001:db8::1", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e"},
	{"2001:db8::2", "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c"},
};

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

static void test_sample(void **state)
{
	struct pseudonyms *p = pseudonyms_new(key);
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(sample) / sizeof(sample[0]); i++) {
		struct address a = address_of(sample[i][0]);

		a = pseudonym_crypto_pan(p, &a);
		assert_string_equal(address_text(&a, text), sample[i][1]);
	}
	pseudonyms_free(p);
}

/* Of such kinds: prefixes that stay; a null pointer is the whole address. */
static const struct {
	const char *address, *prefix;
	unsigned bits;
} kinds[] = {
	{"0.0.0.0", "0.0.0.0", 32},
	{"127.0.0.1", "127.0.0.1", 32},
	{"127.1.2.3", "127.1.2.3", 32},
	{"10.1.2.3", "10.0.0.0", 8},
	{"172.16.0.1", "172.16.0.0", 12},
	{"172.31.255.254", "172.16.0.0", 12},
	{"192.168.178.20", "192.168.0.0", 16},
	{"100.64.0.1", "100.64.0.0", 10},
	{"169.254.7.9", "169.254.0.0", 16},
	{"224.0.0.251", "224.0.0.251", 32},
	{"255.255.255.255", "255.255.255.255", 32},
	{"240.1.2.3", "240.0.0.0", 4},
	{"::", "::", 128},
	{"::1", "::1", 128},
	{"fd12:3456::1", "fd00::", 8},
	{"fe80::5054:ff:fe12:3456", "fe80::", 64},
	{"ff02::1:ff12:3456", "ff02::", 16},
	{"64:ff9b::c000:221", "64:ff9b::", 96},
	{"::ffff:8.8.8.8", "::ffff:0:0", 96},
	{"2002:808:808::1", "2002::", 16},
	{"2a01:4f8::1", "2000::", 3},
};

static unsigned common_bits(const struct address *a, const struct address *b)
{
	unsigned bits = 0;

	while (bits < address_length(a) * 8 &&
	       ((a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (7 - bits % 8) &
		1) == 0)
		bits++;
	return bits;
}

static void test_kinds(void **state)
{
	struct pseudonyms *p = pseudonyms_new(key);

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct address a = address_of(kinds[i].address);
		struct address prefix = address_of(kinds[i].prefix);
		struct address b = pseudonym_address(p, &a);

		assert_int_equal(b.family, a.family);
		assert_true(common_bits(&b, &prefix) >= kinds[i].bits);
		assert_int_equal(address_equal(&a, &b),
				 kinds[i].bits == address_length(&a) * 8);
		b = pseudonym_original(p, &b);
		assert_true(address_equal(&a, &b));
	}
	pseudonyms_free(p);
}

/* By a generator of its own: the same in each run. */
static uint32_t next_number(void)
{
	static uint64_t state = 1;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static struct address some_address(size_t length)
{
	uint8_t bytes[16];

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)next_number();
	return address_from(bytes, length);
}

/* What is private or not stays so, and the way back leads to it. */
static void test_any_address(void **state)
{
	struct pseudonyms *p = pseudonyms_new(key);

	(void)state;
	for (int i = 0; i < 400; i++) {
		struct address a = some_address(i % 8 ? 4 : 16);
		struct address b = pseudonym_address(p, &a);
		struct address c = pseudonym_original(p, &b);

		assert_true(address_equal(&a, &c));
		assert_int_equal(address_is_private(&a),
				 address_is_private(&b));
		if (a.family == 4) /* multicast */
			assert_int_equal(a.bytes[0] >> 4 == 14,
					 b.bytes[0] >> 4 == 14);
	}
	pseudonyms_free(p);
}

/* In 10.0.0.0/8 and in global addresses of IPv6, with so many bits alike. */
static void test_prefixes(void **state)
{
	static const char *const bases[] = {"10.77.66.55", "192.168.7.8",
					    "2a01:4f8:1:2:3:4:5:6",
					    "fd00:1:2::3"};
	struct pseudonyms *p = pseudonyms_new(key);

	(void)state;
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct address a = address_of(bases[i]);
		struct address shown = pseudonym_address(p, &a);

		for (unsigned bit = 16; bit < address_length(&a) * 8; bit++) {
			struct address b = a;

			b.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			b = pseudonym_address(p, &b);
			assert_int_equal(common_bits(&shown, &b), bit);
		}
	}
	pseudonyms_free(p);
}

/* An IPv4 address within one of IPv6 is called what it is called outside. */
static void test_embedded(void **state)
{
	static const uint8_t google[] = {8, 8, 8, 8};
	struct pseudonyms *p = pseudonyms_new(key);
	struct address ipv4 = address_from(google, 4), other;
	struct address nat64 = address_of("64:ff9b::8.8.8.8");
	struct address six_to_four = address_of("2002:808:808::1");

	(void)state;
	ipv4 = pseudonym_address(p, &ipv4);
	nat64 = pseudonym_address(p, &nat64);
	six_to_four = pseudonym_address(p, &six_to_four);
	assert_memory_equal(nat64.bytes + 12, ipv4.bytes, 4);
	assert_memory_equal(six_to_four.bytes + 2, ipv4.bytes, 4);
	other = (struct address){0};
	other = pseudonym_address(p, &other);
	assert_int_equal(other.family, 0);
	pseudonyms_free(p);
}

static void test_other_key(void **state)
{
	uint8_t other_key[PSEUDONYM_KEY];
	struct pseudonyms *p = pseudonyms_new(key), *q, *again;
	struct address a = address_of("10.1.2.3"), b, c, d;

	(void)state;
	memcpy(other_key, key, sizeof(key));
	other_key[31] ^= 1;
	q = pseudonyms_new(other_key);
	again = pseudonyms_new(key);
	b = pseudonym_address(p, &a);
	c = pseudonym_address(q, &a);
	d = pseudonym_address(again, &a);
	assert_false(address_equal(&b, &c));
	assert_true(address_equal(&b, &d));
	assert_int_not_equal(pseudonym_number(p, "host", "a", 1),
			     pseudonym_number(q, "host", "a", 1));
	assert_int_not_equal(pseudonym_number(p, "host", "a", 1),
			     pseudonym_number(p, "name", "a", 1));
	pseudonyms_free(p);
	pseudonyms_free(q);
	pseudonyms_free(again);
}

static void expect_link(struct pseudonyms *p, const char *from, size_t length,
			bool same)
{
	uint8_t out[8];

	pseudonym_link(p, (const uint8_t *)from, length, out);
	assert_int_equal(memcmp(out, from, length) == 0, same);
	assert_int_equal(out[0] & 1, from[0] & 1);
	assert_true(same || out[0] & 2);
}

static void test_link(void **state)
{
	struct pseudonyms *p = pseudonyms_new(key);
	uint8_t six[6], eight[8];

	(void)state;
	expect_link(p, "\x52\x54\0\1\2\3", 6, false);
	expect_link(p, "\x00\x1b\x21\1\2\3", 6, false);
	expect_link(p, "\x33\x33\xff\1\2\3", 6, false);
	expect_link(p, "\xff\xff\xff\xff\xff\xff", 6, true);
	expect_link(p, "\0\0\0\0\0\0", 6, true);
	/* Cooked headers have room for eight. */
	pseudonym_link(p, (const uint8_t *)"\x52\x54\0\1\2\3", 6, six);
	pseudonym_link(p, (const uint8_t *)"\x52\x54\0\1\2\3\0\0", 8, eight);
	assert_memory_equal(six, eight, 6);
	assert_memory_equal(eight + 6, "\0\0", 2);
	pseudonyms_free(p);
}

/* What begins alike goes on alike, up to the first byte that differs. */
static void test_payload(void **state)
{
	struct pseudonyms *p = pseudonyms_new(key);
	uint8_t one[] = "GET / HTTP/1.1\r\nHost: a.example\r\n";
	uint8_t two[] = "GET / HTTP/1.1\r\nHost: b.example\r\n";
	uint8_t cut[] = "GET / HT";
	const char *host = strstr((char *)one, "a.example");
	size_t alike = (size_t)(host - (char *)one), same = 0;

	(void)state;
	pseudonym_payload(p, one, sizeof(one) - 1);
	pseudonym_payload(p, two, sizeof(two) - 1);
	pseudonym_payload(p, cut, sizeof(cut) - 1);
	pseudonym_payload(p, NULL, 0);
	assert_memory_equal(one, two, alike);
	assert_memory_equal(one, cut, sizeof(cut) - 1);
	for (size_t i = alike; i < sizeof(one) - 1; i++)
		same += one[i] == two[i];
	assert_true(one[alike] != two[alike] && same < 3);
	assert_null(strstr((char *)one, "Host"));
	pseudonyms_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_any_address),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
