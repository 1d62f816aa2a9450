/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cursor.h"
#include "mptcp.h"

enum { TEXT = 256 };

/* Every form of every option, as bytes and as text. */
static const struct form {
	const char *hex, *text;
} forms[] = {
	/* RFC 8684 3.1 */
	{"1e040101", "MP_CAPABLE v1 flags H"},
	{"1e0401ff", "MP_CAPABLE v1 flags ABCDEFGH"},
	{"1e040000", "MP_CAPABLE v0 flags none"},
	{"1e040f81", "MP_CAPABLE v15 flags AH"},
	{"1e0c010129a6c86981ad933c",
	 "MP_CAPABLE v1 flags H key 29a6c86981ad933c"},
	{"1e0c00811000000000000000",
	 "MP_CAPABLE v0 flags AH key 1000000000000000"},
	{"1e1401211fdb5df328bc3def29a6c86981ad933c",
	 "MP_CAPABLE v1 flags CH key 1fdb5df328bc3def peer key "
	 "29a6c86981ad933c"},
	{"1e1601011fdb5df328bc3def29a6c86981ad933c0048",
	 "MP_CAPABLE v1 flags H key 1fdb5df328bc3def peer key "
	 "29a6c86981ad933c len 72"},
	{"1e1801811fdb5df328bc3def29a6c86981ad933c004803ca",
	 "MP_CAPABLE v1 flags AH key 1fdb5df328bc3def peer key "
	 "29a6c86981ad933c len 72 csum 0x03ca"},
	/* RFC 8684 3.2 */
	{"1e0c1002a35d6d821b665a18",
	 "MP_JOIN syn id 2 token a35d6d82 nonce 1b665a18"},
	{"1e0c11ff0000000100000000",
	 "MP_JOIN syn backup id 255 token 00000001 nonce 00000000"},
	{"1e1010005ab680c7884af03d33abe9d5",
	 "MP_JOIN syn/ack id 0 hmac 5ab680c7884af03d nonce 33abe9d5"},
	{"1e1011075ab680c7884af03d33abe9d5",
	 "MP_JOIN syn/ack backup id 7 hmac 5ab680c7884af03d nonce "
	 "33abe9d5"},
	{"1e181000cb7b87f5e5f0502f43b535fb70ef6607df2e6c7a",
	 "MP_JOIN ack hmac cb7b87f5e5f0502f43b535fb70ef6607df2e6c7a"},
	/* RFC 8684 3.3 */
	{"1e042000", "DSS"},
	{"1e082001fb4e43a5", "DSS ack fb4e43a5"},
	{"1e0c20038710f99bfb4e43a5", "DSS ack 8710f99bfb4e43a5"},
	{"1e0e2004fb4e435d000000010048", "DSS dsn fb4e435d ssn 1 len 72"},
	{"1e102004fb4e435d0000000100483aca",
	 "DSS dsn fb4e435d ssn 1 len 72 csum 0x3aca"},
	{"1e12200c8710f99bfb4e435d000000010048",
	 "DSS dsn 8710f99bfb4e435d ssn 1 len 72"},
	{"1e14200c8710f99bfb4e435d0000000100483aca",
	 "DSS dsn 8710f99bfb4e435d ssn 1 len 72 csum 0x3aca"},
	{"1e122005fb4e43a5883fddc9000000010138",
	 "DSS ack fb4e43a5 dsn 883fddc9 ssn 1 len 312"},
	{"1e142005fb4e43a5883fddc90000000101385508",
	 "DSS ack fb4e43a5 dsn 883fddc9 ssn 1 len 312 csum 0x5508"},
	{"1e16200769191d74e953352ad40e183900000001000a",
	 "DSS ack 69191d74e953352a dsn d40e1839 ssn 1 len 10"},
	{"1e18200769191d74e953352ad40e183900000001000a0000",
	 "DSS ack 69191d74e953352a dsn d40e1839 ssn 1 len 10 csum "
	 "0x0000"},
	{"1e16200de953352a0926f637d40e183900000001000a",
	 "DSS ack e953352a dsn 0926f637d40e1839 ssn 1 len 10"},
	{"1e18200de953352a0926f637d40e183900000001000affff",
	 "DSS ack e953352a dsn 0926f637d40e1839 ssn 1 len 10 csum "
	 "0xffff"},
	{"1e1a200f69191d74e953352a0926f637d40e183900000001000a",
	 "DSS ack 69191d74e953352a dsn 0926f637d40e1839 ssn 1 len 10"},
	{"1e1c200f69191d74e953352a0926f637d40e183900000001000a1234",
	 "DSS ack 69191d74e953352a dsn 0926f637d40e1839 ssn 1 len 10 csum "
	 "0x1234"},
	{"1e12201c8710f99bfb4e435dffffffff0001",
	 "DSS fin dsn 8710f99bfb4e435d ssn 4294967295 len 1"},
	{"1e082011fb4e43a5", "DSS fin ack fb4e43a5"},
	{"1e04200a", "DSS flags 0x0a"}, /* m and a mean nothing */
	{"1e0820e9fb4e43a5", "DSS ack fb4e43a5 flags 0xe8"},
	/* RFC 6824 3.4.1 */
	{"1e0834020a090001", "ADD_ADDR v0 id 2 10.9.0.1"},
	{"1e0a34020a0900011f90", "ADD_ADDR v0 id 2 10.9.0.1 port 8080"},
	{"1e143603fd000000000000000000000000000001",
	 "ADD_ADDR v0 id 3 fd00::1"},
	{"1e163603fd00000000000000000000000000000101bb",
	 "ADD_ADDR v0 id 3 fd00::1 port 443"},
	/* RFC 8684 3.4.1 */
	{"1e1030050a09000b8c06a71d40ee2bf6",
	 "ADD_ADDR v1 id 5 10.9.0.11 hmac 8c06a71d40ee2bf6"},
	{"1e1230050a09000b1f908c06a71d40ee2bf6",
	 "ADD_ADDR v1 id 5 10.9.0.11 port 8080 hmac 8c06a71d40ee2bf6"},
	{"1e1c3005fd0000000000000000000000000000018c06a71d40ee2bf6",
	 "ADD_ADDR v1 id 5 fd00::1 hmac 8c06a71d40ee2bf6"},
	{"1e1e3005fd0000000000000000000000000000011f908c06a71d40ee2bf6",
	 "ADD_ADDR v1 id 5 fd00::1 port 8080 hmac 8c06a71d40ee2bf6"},
	{"1e0831050a09000b", "ADD_ADDR v1 echo id 5 10.9.0.11"},
	{"1e0a31050a09000b1f90", "ADD_ADDR v1 echo id 5 10.9.0.11 port 8080"},
	{"1e143105fd000000000000000000000000000001",
	 "ADD_ADDR v1 echo id 5 fd00::1"},
	{"1e163105fd0000000000000000000000000000011f90",
	 "ADD_ADDR v1 echo id 5 fd00::1 port 8080"},
	/* RFC 8684 3.4.2 */
	{"1e044005", "REMOVE_ADDR id 5"},
	{"1e064001ff02", "REMOVE_ADDR id 1,255,2"},
	{"1e28400102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	 "202122232425",
	 "REMOVE_ADDR id 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
	 "21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37"},
	/* RFC 8684 3.3.8, RFC 6824 3.3.8 */
	{"1e0350", "MP_PRIO"},
	{"1e0351", "MP_PRIO backup"},
	{"1e045009", "MP_PRIO id 9"},
	{"1e045109", "MP_PRIO backup id 9"},
	/* RFC 8684 3.7, 3.5, 3.6 */
	{"1e0c60008710f99bfb4e435d", "MP_FAIL dsn 8710f99bfb4e435d"},
	{"1e0c700029a6c86981ad933c", "MP_FASTCLOSE key 29a6c86981ad933c"},
	{"1e048000", "MP_TCPRST flags none reason 0 (Unspecified error)"},
	{"1e048101", "MP_TCPRST flags T reason 1 (MPTCP-specific error)"},
	{"1e048f06", "MP_TCPRST flags UVWT reason 6 (Middlebox interference)"},
	{"1e0480ff", "MP_TCPRST flags none reason 255 (unknown reason)"},
	/* without a meaning */
	{"1e0390", "subtype 9"},
	{"1e03f0", "subtype 15"},
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

/* In memory of its own, so that the sanitizer sees a read past it. */
static bool decode_alone(const uint8_t *bytes, size_t length,
			 struct mptcp_option *out)
{
	uint8_t *alone = malloc(length ? length : 1);
	bool ok;

	assert_non_null(alone);
	memcpy(alone, bytes, length);
	ok = mptcp_decode(length ? alone : NULL, length, out);
	free(alone);
	return ok;
}

static void check_text(const struct mptcp_option *option, const char *expected)
{
	char text[TEXT];

	assert_ptr_equal(mptcp_text(option, text, sizeof(text)), text);
	assert_string_equal(text, expected);
}

static void test_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[40], out[40];
		size_t length = from_hex(forms[i].hex, bytes);
		struct mptcp_option o;
		struct writer w = writer_over(out, sizeof(out));

		assert_int_equal(bytes[1], length);
		if (!decode_alone(bytes, length, &o))
			fail_msg("%s is not decoded", forms[i].hex);
		assert_int_equal(o.length, length);
		assert_int_equal(o.subtype, bytes[2] >> 4);
		check_text(&o, forms[i].text);
		assert_true(mptcp_encode(&w, &o));
		assert_int_equal(w.length, length);
		assert_memory_equal(out, bytes, length);
	}
}

static void test_encode_finds_the_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[40], out[80];
		size_t length = from_hex(forms[i].hex, bytes);
		struct mptcp_option o;
		struct writer w = writer_over(out, sizeof(out));

		assert_true(mptcp_decode(bytes, length, &o));
		o.length = 0;
		write_u8(&w, 1);
		assert_true(mptcp_encode(&w, &o));
		assert_int_equal(w.length, 1 + length);
		assert_memory_equal(out + 1, bytes, length);
	}
}

static void test_wrong_length_on_purpose(void **state)
{
	static const uint8_t wrong[] = {1, 2, 7, 41, 255};

	(void)state;
	for (size_t i = 0; i < FORMS * sizeof(wrong); i++) {
		uint8_t bytes[40], out[40];
		size_t length = from_hex(forms[i / sizeof(wrong)].hex, bytes);
		struct mptcp_option o;
		struct writer w = writer_over(out, sizeof(out));

		assert_true(mptcp_decode(bytes, length, &o));
		o.length = wrong[i % sizeof(wrong)];
		assert_true(mptcp_encode(&w, &o));
		bytes[1] = o.length;
		assert_int_equal(w.length, length);
		assert_memory_equal(out, bytes, length);
	}
}

static void test_encode_what_does_not_fit(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[40], out[40], untouched[40];
		size_t length = from_hex(forms[i].hex, bytes);
		struct mptcp_option o;

		assert_true(mptcp_decode(bytes, length, &o));
		memset(untouched, 0xee, sizeof(untouched));
		for (size_t room = 0; room < length; room++) {
			struct writer w = writer_over(out, room);

			memset(out, 0xee, sizeof(out));
			assert_false(mptcp_encode(&w, &o));
			assert_true(w.failed);
			assert_int_equal(w.length, 0);
			assert_memory_equal(out, untouched, sizeof(out));
		}
	}
}

static void test_encode_after_a_failure(void **state)
{
	uint8_t out[40];
	struct writer w = writer_over(out, sizeof(out));
	struct mptcp_option o = {.subtype = MP_PRIO};

	(void)state;
	w.failed = true;
	assert_false(mptcp_encode(&w, &o));
	assert_int_equal(w.length, 0);
}

static void test_encode_what_has_no_form(void **state)
{
	static const struct mptcp_option options[] = {
		{.subtype = MP_JOIN},
		{.subtype = MP_JOIN, .join.stage = (enum mp_join_stage)4},
		{.subtype = MP_ADD_ADDR, .add_addr.version = 1},
		{.subtype = MP_REMOVE_ADDR, .remove_addr.count = 38},
	};
	char text[TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		uint8_t out[40];
		struct writer w = writer_over(out, sizeof(out));

		assert_false(mptcp_encode(&w, &options[i]));
		assert_true(w.failed);
		assert_int_equal(w.length, 0);
		mptcp_text(&options[i], text, sizeof(text));
	}
}

/* What stands behind the option is not looked at. */
static void test_more_bytes_than_the_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[80];
		size_t length = from_hex(forms[i].hex, bytes);
		struct mptcp_option o;

		memset(bytes + length, 0x5a, sizeof(bytes) - length);
		assert_true(decode_alone(bytes, sizeof(bytes), &o));
		check_text(&o, forms[i].text);
	}
}

static void check_refused(const uint8_t *bytes, size_t length)
{
	struct mptcp_option o, bare = {0};

	memset(&o, 0xee, sizeof(o));
	assert_false(decode_alone(bytes, length, &o));
	if (length > 1)
		bare.length = bytes[1];
	if (length > 2)
		bare.subtype = bytes[2] >> 4;
	assert_int_equal(o.length, bare.length);
	assert_int_equal(o.subtype, bare.subtype);
	assert_false(o.capable.has_sender_key);
	assert_int_equal(o.capable.flags, 0);
}

static void test_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[40];
		size_t length = from_hex(forms[i].hex, bytes);

		for (size_t cut = 0; cut < length; cut++)
			check_refused(bytes, cut);
	}
}

static void test_length_byte_lies(void **state)
{
	static const uint8_t lies[] = {0, 1, 2, 255};

	(void)state;
	for (size_t i = 0; i < FORMS * sizeof(lies); i++) {
		uint8_t bytes[40];
		size_t length = from_hex(forms[i / sizeof(lies)].hex, bytes);

		bytes[1] = lies[i % sizeof(lies)];
		check_refused(bytes, length);
	}
}

static void test_other_kinds(void **state)
{
	uint8_t bytes[] = {30, 4, 0x01, 0x01};
	struct mptcp_option o;

	(void)state;
	for (unsigned kind = 0; kind < 256; kind++) {
		bytes[0] = (uint8_t)kind;
		assert_int_equal(decode_alone(bytes, sizeof(bytes), &o),
				 kind == TCPOPT_MPTCP);
	}
}

/* The lengths of RFC 8684 and RFC 6824, written down once more and in another
 * way than in mptcp.c. */
static bool length_allowed(uint8_t subtype, uint8_t nibble, uint8_t flags,
			   unsigned length)
{
	static const uint8_t ack[] = {0, 4, 0, 8};
	unsigned bare, mapping = flags & 8 ? 14 : 10;

	switch (subtype) {
	case MP_CAPABLE:
		return length == 4 || length == 12 || length == 20 ||
		       length == 22 || length == 24;
	case MP_JOIN:
		return length == 12 || length == 16 || length == 24;
	case MP_DSS:
		bare = 4u + ack[flags & 1 ? flags & 3 : 0];
		if (!(flags & 4))
			return length == bare;
		return length == bare + mapping || length == bare + mapping + 2;
	case MP_ADD_ADDR:
		if (nibble == 0)
			return length == 16 || length == 18 || length == 28 ||
			       length == 30;
		return ((nibble == 1 || nibble == 4) &&
			(length == 8 || length == 10)) ||
		       ((nibble == 1 || nibble == 6) &&
			(length == 20 || length == 22));
	case MP_REMOVE_ADDR:
		return length >= 4 && length <= 40;
	case MP_PRIO:
		return length == 3 || length == 4;
	case MP_FAIL:
	case MP_FASTCLOSE:
		return length == 12;
	case MP_TCPRST:
		return length == 4;
	default:
		return length >= 3;
	}
}

/* Decodes; what is accepted must also make text and encode again. */
static bool decode_and_use(const uint8_t *bytes, size_t length)
{
	struct mptcp_option o, again;
	uint8_t out[40];
	struct writer w = writer_over(out, sizeof(out));
	char text[TEXT], text_again[TEXT];

	if (!mptcp_decode(bytes, length, &o))
		return false;
	o.length = 0;
	assert_true(mptcp_encode(&w, &o));
	mptcp_text(&o, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text) - 1);
	if (o.subtype > MP_TCPRST)
		return true;
	assert_int_equal(w.length, bytes[1]);
	assert_true(mptcp_decode(out, w.length, &again));
	assert_string_equal(mptcp_text(&again, text_again, TEXT), text);
	return true;
}

static void test_every_subtype_and_length(void **state)
{
	(void)state;
	for (unsigned length = 0; length < 256; length++) {
		uint8_t *bytes = malloc(length < 4 ? 4 : length);

		assert_non_null(bytes);
		for (unsigned i = 4; i < length; i++)
			bytes[i] = (uint8_t)(i * 37);
		bytes[0] = TCPOPT_MPTCP;
		bytes[1] = (uint8_t)length;
		for (unsigned i = 0; i < 256 * 64; i++) {
			uint8_t flags = i >> 8;

			bytes[2] = i & 0xff;
			bytes[3] = flags;
			assert_int_equal(
				decode_and_use(bytes, length < 3 ? 3 : length),
				length >= 3 && length_allowed(bytes[2] >> 4,
							      bytes[2] & 0xf,
							      flags, length));
		}
		free(bytes);
	}
}

/* xorshift32: the same bytes in every run */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void test_random_bytes(void **state)
{
	uint32_t seed = 8684;
	unsigned accepted = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		size_t length = next_random(&seed) % 44;
		uint8_t *bytes = malloc(length + 1);
		uint8_t *at = bytes + 1; /* not aligned */

		assert_non_null(bytes);
		for (size_t i = 0; i < length; i++)
			at[i] = (uint8_t)next_random(&seed);
		if (length)
			at[0] = TCPOPT_MPTCP;
		if (length > 1 && round % 4)
			at[1] = (uint8_t)(length - round % 4 + 1);
		accepted += decode_and_use(at, length);
		free(bytes);
	}
	assert_in_range(accepted, 20000, 180000);
}

static void test_text_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		uint8_t bytes[40];
		size_t length = from_hex(forms[i].hex, bytes);
		size_t full = strlen(forms[i].text);
		struct mptcp_option o;

		assert_true(mptcp_decode(bytes, length, &o));
		for (size_t size = 1; size <= full + 1; size++) {
			char *text = malloc(size);

			assert_non_null(text);
			mptcp_text(&o, text, size);
			assert_int_equal(strlen(text), size - 1);
			assert_memory_equal(text, forms[i].text, size - 1);
			free(text);
		}
		assert_null(mptcp_text(&o, NULL, 0));
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(mptcp_subtype_name(MP_DSS), "DSS");
	assert_string_equal(mptcp_subtype_name(12), "subtype 12");
	assert_string_equal(mptcp_subtype_name(16), "unknown subtype");
	for (unsigned i = 0; i < 256; i++) {
		assert_non_null(mptcp_subtype_name((uint8_t)i));
		assert_non_null(mptcp_reset_reason((uint8_t)i));
	}
	assert_string_equal(mptcp_reset_reason(3),
			    "Administratively prohibited");
	assert_string_equal(mptcp_reset_reason(7), "unknown reason");
}

/* Fields, not only text: one of each kind of number. */
static void test_fields(void **state)
{
	uint8_t bytes[40];
	struct mptcp_option o;

	(void)state;
	assert_true(mptcp_decode(
		bytes,
		from_hex("1e1801811fdb5df328bc3def29a6c86981ad933c00483aca",
			 bytes),
		&o));
	assert_int_equal(o.capable.version, 1);
	assert_int_equal(o.capable.flags, MPC_CHECKSUM | MPC_HMAC);
	assert_true(o.capable.has_sender_key && o.capable.has_receiver_key);
	assert_true(o.capable.has_data_length && o.capable.has_checksum);
	assert_true(o.capable.sender_key == 0x1fdb5df328bc3def);
	assert_true(o.capable.receiver_key == 0x29a6c86981ad933c);
	assert_int_equal(o.capable.data_length, 72);
	assert_int_equal(o.capable.checksum, 0x3aca);
	assert_true(mptcp_decode(
		bytes,
		from_hex("1e142005fb4e43a5883fddc90000000101385508", bytes),
		&o));
	assert_int_equal(o.dss.flags, DSS_ACK | DSS_MAPPING);
	assert_true(o.dss.data_ack == 0xfb4e43a5 && o.dss.dsn == 0x883fddc9);
	assert_int_equal(o.dss.data_level_length, 312);
	assert_true(o.dss.has_checksum);
	assert_true(mptcp_decode(
		bytes, from_hex("1e0c11ffa35d6d821b665a18", bytes), &o));
	assert_int_equal(o.join.stage, JOIN_SYN);
	assert_true(o.join.backup);
	assert_int_equal(o.join.address_id, 255);
	assert_int_equal(o.join.token, 0xa35d6d82);
	assert_int_equal(o.join.nonce, 0x1b665a18);
}

/* RFC 8684 3.1, RFC 6824 3.1: what Linux takes, too. */
static void test_flags(void **state)
{
	(void)state;
	assert_true(mptcp_flags_valid(1, MPC_HMAC));
	assert_true(mptcp_flags_valid(0, MPC_HMAC | MPC_CHECKSUM));
	assert_true(mptcp_flags_valid(1, MPC_HMAC | MPC_CHECKSUM |
						 MPC_DENY_JOIN_ID0));
	assert_false(mptcp_flags_valid(0, MPC_HMAC | MPC_DENY_JOIN_ID0));
	assert_false(mptcp_flags_valid(1, 0));
	assert_false(mptcp_flags_valid(1, MPC_CHECKSUM));
	assert_false(mptcp_flags_valid(1, MPC_HMAC | MPC_EXTENSIBILITY));
	for (uint8_t algorithm = 2; algorithm <= 16; algorithm <<= 1)
		assert_false(mptcp_flags_valid(1, MPC_HMAC | algorithm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_encode_finds_the_length),
		cmocka_unit_test(test_wrong_length_on_purpose),
		cmocka_unit_test(test_encode_what_does_not_fit),
		cmocka_unit_test(test_encode_after_a_failure),
		cmocka_unit_test(test_encode_what_has_no_form),
		cmocka_unit_test(test_more_bytes_than_the_option),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_length_byte_lies),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_every_subtype_and_length),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_text_is_cut),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
