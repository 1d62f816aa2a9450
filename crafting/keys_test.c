/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "address.h"
#include "keys.h"

static int setup(void **state)
{
	*state = keys_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	keys_free(*state);
	return 0;
}

static void test_derive(void **state)
{
	static const struct {
		unsigned version;
		uint64_t key;
		uint32_t token;
		uint64_t idsn;
	} rows[] = {
		/* captured v1 connections; their DSNs begin at idsn + 1 */
		{1, 0x29a6c86981ad933c, 0xa35d6d82, 0xa28e87fddd1d30f1},
		{1, 0x1fdb5df328bc3def, 0x239fbdb0, 0xc8072fb90edab04d},
		{1, 0x73bb150358a0aecb, 0x5f3f5591, 0xa896f3fe7a8dc02d},
		{1, 0x8f0c7c64a6a32ac1, 0x2e1abded, 0xee83a616c38765c4},
		/* captured v0 connections */
		{0, 0x9c9eabd1e46a33b2, 0xaf9706eb, 0x9851b565d52abec9},
		{0, 0x967d2770b6960552, 0xe47f0142, 0xe47ef57dd1b9748f},
		{0, 0x1000000000000000, 0xb2e53df9, 0x8710f99bfb4e435c},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t token;
		uint64_t idsn;

		assert_int_equal(keys_derive(*state, rows[i].version,
					     rows[i].key, &token, &idsn),
				 0);
		assert_int_equal(token, rows[i].token);
		assert_true(idsn == rows[i].idsn);
	}
}

static void test_derive_one_of_two(void **state)
{
	uint32_t token = 0;
	uint64_t idsn = 0;

	assert_int_equal(
		keys_derive(*state, 1, 0x29a6c86981ad933c, &token, NULL), 0);
	assert_int_equal(token, 0xa35d6d82);
	assert_int_equal(
		keys_derive(*state, 1, 0x29a6c86981ad933c, NULL, &idsn), 0);
	assert_true(idsn == 0xa28e87fddd1d30f1);
	assert_int_equal(keys_derive(*state, 0, 0x29a6c86981ad933c, NULL, NULL),
			 0);
}

/* Eight characters as the number that they are on the wire. */
static uint64_t number(const char *text, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (uint8_t)text[i];
	return v;
}

static void check_hex(const uint8_t *bytes, const char *expected)
{
	char hex[65] = "";

	for (size_t i = 0; i < strlen(expected) / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	assert_string_equal(hex, expected);
}

/* Vectors of the Linux kernel: characters taken as bytes */
static void test_join_hmac_v1(void **state)
{
	static const struct {
		const char *keys, *nonces, *hmac;
	} rows[] = {
		{"0b0b0b0b0b0b0b0b", "48692054",
		 "8385e24fb4235ac37556b6b886db1062"
		 "84a1da671699f46db1f235ec622dcafa"},
		{"aaaaaaaaaaaaaaaa", "dddddddd",
		 "2c5e219164ff1dca1c4a92318d847bb6"
		 "b9d44492984e1eb71aff9022f71046e9"},
		{"0102030405060708", "cdcdcdcd",
		 "e73b9ba9969969cefb04aa0d6df18ec2"
		 "fcc075b6f23b4d8c4da736a5dbbc6e7d"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *keys = rows[i].keys, *nonces = rows[i].nonces;
		uint8_t out[32];

		assert_int_equal(keys_join_hmac(*state, 1, number(keys, 8),
						number(keys + 8, 8),
						(uint32_t)number(nonces, 4),
						(uint32_t)number(nonces + 4, 4),
						out),
				 0);
		check_hex(out, rows[i].hmac);
	}
}

/* A captured v0 join: the SYN/ACK has the first 8 bytes of the server's HMAC,
 * the third ACK the whole of the client's. */
static void test_join_hmac_v0(void **state)
{
	const uint64_t client = 0x9c9eabd1e46a33b2, server = 0x967d2770b6960552;
	uint8_t out[32];

	memset(out, 0xee, sizeof(out));
	assert_int_equal(keys_join_hmac(*state, 0, server, client, 0x33abe9d5,
					0x1b665a18, out),
			 0);
	check_hex(out, "5ab680c7884af03d5834f6a6f4b59072ea18842f");
	assert_int_equal(out[20], 0xee);
	assert_int_equal(keys_join_hmac(*state, 0, client, server, 0x1b665a18,
					0x33abe9d5, out),
			 0);
	check_hex(out, "cb7b87f5e5f0502f43b535fb70ef6607df2e6c7a");
	assert_int_equal(out[20], 0xee);
}

/* A context that keeps its key must not keep anything else. */
static void test_same_key_again(void **state)
{
	const uint64_t own = 0x29a6c86981ad933c, other = 0x1fdb5df328bc3def;
	uint8_t fresh[32], again[32], between[32];
	uint32_t token;

	for (uint32_t i = 0; i < 8; i++) {
		struct keys *k = keys_new();

		assert_non_null(k);
		assert_int_equal(keys_join_hmac(k, 1, own, other, i, ~i, fresh),
				 0);
		keys_free(k);
		assert_int_equal(
			keys_join_hmac(*state, 1, own, other, i, ~i, again), 0);
		assert_memory_equal(fresh, again, sizeof(fresh));
		if (i % 2)
			continue;
		assert_int_equal(
			keys_join_hmac(*state, 1, other, own, i, ~i, between),
			0);
		assert_memory_not_equal(between, again, sizeof(again));
		assert_int_equal(keys_derive(*state, 1, own, &token, NULL), 0);
		assert_int_equal(
			keys_join_hmac(*state, 0, own, other, i, ~i, between),
			0);
	}
}

static void test_add_addr_hmac(void **state)
{
	static const struct {
		uint64_t sender, receiver;
		uint8_t id;
		const char *address;
		uint16_t port;
		uint64_t hmac;
	} rows[] = {
		/* captured; a v1 kernel echoed the address */
		{0xdd93123da9c44d65, 0x9d09faaf475d2da0, 5, "10.9.0.11", 0,
		 0x8c06a71d40ee2bf6},
		/* computed with another implementation of HMAC */
		{0x29a6c86981ad933c, 0x1fdb5df328bc3def, 3, "10.9.0.1", 0,
		 0xb422bc4228eb57b2},
		{0x29a6c86981ad933c, 0x1fdb5df328bc3def, 3, "10.9.0.1", 8080,
		 0x00f0a4a0727efaf3},
		{0x29a6c86981ad933c, 0x1fdb5df328bc3def, 3, "fd00::1", 0,
		 0xd9f1fa9c4e4e69b9},
		{0x29a6c86981ad933c, 0x1fdb5df328bc3def, 3, "fd00::1", 443,
		 0x6d87f39e473c30cb},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address address;
		uint64_t hmac;

		assert_true(address_parse(rows[i].address, &address));
		assert_int_equal(keys_add_addr_hmac(*state, rows[i].sender,
						    rows[i].receiver,
						    rows[i].id, &address,
						    rows[i].port, &hmac),
				 0);
		assert_true(hmac == rows[i].hmac);
	}
}

static void test_errors_leave_outputs_alone(void **state)
{
	struct address none = {0};
	uint8_t out[32] = {0xee};
	uint32_t token = 1;
	uint64_t idsn = 2, hmac = 3;

	assert_int_equal(keys_derive(*state, 2, 0, &token, &idsn), -1);
	assert_int_equal(token, 1);
	assert_true(idsn == 2);
	assert_int_equal(keys_join_hmac(*state, 2, 0, 0, 0, 0, out), -1);
	assert_int_equal(out[0], 0xee);
	assert_int_equal(keys_add_addr_hmac(*state, 0, 0, 1, &none, 0, &hmac),
			 -1);
	assert_true(hmac == 3);
}

static void test_free_all(void **state)
{
	(void)state;
	keys_free(NULL);
	keys_free(keys_new());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_derive_one_of_two),
		cmocka_unit_test(test_join_hmac_v1),
		cmocka_unit_test(test_join_hmac_v0),
		cmocka_unit_test(test_same_key_again),
		cmocka_unit_test(test_add_addr_hmac),
		cmocka_unit_test(test_errors_leave_outputs_alone),
		cmocka_unit_test(test_free_all),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
