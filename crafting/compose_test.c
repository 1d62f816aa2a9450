// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/address.h"
#include "crafting/checksum.h"
#include "crafting/compose.h"
#include "crafting/keys.h"
#include "crafting/mptcp.h"

static struct mptcp_host host;

static int open_host(void **state)
{
	(void)state;
	host = (struct mptcp_host){
		.keys = keys_new(),
		.version = 1,
		.flags = MPC_HMAC | MPC_CHECKSUM,
		.key = 0x0102030405060708,
		.peer_key = 0x1112131415161718,
		.checksum = true,
	};
	return host.keys ? keys_derive(host.keys, 1, host.key, NULL, &host.idsn)
			 : -1;
}

static int close_host(void **state)
{
	(void)state;
	keys_free(host.keys);
	return 0;
}

static void test_capable(void **state)
{
	struct mptcp_host v0 = host;
	struct mptcp_option o;

	(void)state;
	v0.version = 0;
	compose_capable_syn(&host, &o);
	assert_int_equal(o.capable.flags, MPC_HMAC | MPC_CHECKSUM);
	assert_false(o.capable.has_sender_key);
	compose_capable_syn(&v0, &o);
	assert_true(o.capable.has_sender_key);
	assert_false(o.capable.has_receiver_key);
	assert_true(o.capable.sender_key == host.key);
	compose_capable(&host, 0, &o);
	assert_true(o.capable.has_sender_key && o.capable.has_receiver_key);
	assert_true(o.capable.receiver_key == host.peer_key);
	assert_false(o.capable.has_data_length);
	compose_capable(&v0, 5, &o);
	assert_false(o.capable.has_data_length);
	compose_capable(&host, 5, &o);
	assert_int_equal(o.capable.data_length, 5);
	compose_checksum(&host, (const uint8_t *)"hello", 5, &o);
	assert_int_equal(
		o.capable.checksum,
		dss_checksum(host.idsn + 1, 1, 5, (const uint8_t *)"hello", 5));
}

static void test_dss(void **state)
{
	struct mptcp_option o;

	(void)state;
	compose_dss(&host, DSS_ACK | DSS_ACK8, 77, 0, 0, 0, &o);
	assert_int_equal(o.dss.data_ack, 77);
	assert_false(o.dss.has_checksum);
	compose_dss(&host, DSS_MAPPING | DSS_DSN8, 0, 100, 3, 5, &o);
	assert_true(o.dss.dsn == host.idsn + 101);
	assert_int_equal(o.dss.ssn, 3);
	compose_checksum(&host, (const uint8_t *)"hello", 5, &o);
	assert_int_equal(o.dss.checksum,
			 dss_checksum(host.idsn + 101, 3, 5,
				      (const uint8_t *)"hello", 5));
	/* An infinite mapping has none: RFC 8684 3.3.1. */
	compose_dss(&host, DSS_MAPPING, 0, 0, 0, 0, &o);
	compose_checksum(&host, NULL, 0, &o);
	assert_int_equal(o.dss.checksum, 0);
}

static void test_hmacs(void **state)
{
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};
	uint8_t hmac[32];
	uint64_t truncated;

	(void)state;
	assert_int_equal(compose_join_ack(&host, 1, 2, &o), 0);
	assert_int_equal(o.join.stage, JOIN_ACK);
	keys_join_hmac(host.keys, 1, host.key, host.peer_key, 1, 2, hmac);
	assert_memory_equal(o.join.hmac, hmac, 20);
	o = (struct mptcp_option){.subtype = MP_ADD_ADDR};
	o.add_addr.address_id = 3;
	assert_true(address_parse("10.0.0.1", &o.add_addr.address));
	assert_int_equal(compose_add_addr_hmac(&host, &o), 0);
	keys_add_addr_hmac(host.keys, host.key, host.peer_key, 3,
			   &o.add_addr.address, 0, &truncated);
	assert_true(o.add_addr.has_hmac && o.add_addr.hmac == truncated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capable),
		cmocka_unit_test(test_dss),
		cmocka_unit_test(test_hmacs),
	};

	return cmocka_run_group_tests(tests, open_host, close_host);
}
