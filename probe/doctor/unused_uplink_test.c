/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/doctor/unused_uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct doctor_setting kernel = {"net.mptcp.path_manager", "kernel"};
static struct uplink_wanted uplink = {"eth1", "eth1", {0}};

/* A host with one endpoint, of eth1. */
struct host {
	struct doctor_endpoint endpoint;
	struct facts facts;
};

static struct host *host(const char *address, uint32_t flags, int limit)
{
	static struct host h;

	h.endpoint = (struct doctor_endpoint){.id = 3, .flags = flags};
	assert_true(address_parse(address, &h.endpoint.address));
	assert_true(address_parse("10.72.1.1", &uplink.address));
	h.facts = (struct facts){
		.arena = arena_new(),
		.settings = &kernel,
		.setting_count = 1,
		.endpoints_known = KNOWN,
		.endpoints = &h.endpoint,
		.endpoint_count = 1,
		.subflows = limit,
	};
	return &h;
}

static void expect(struct host *h, const char *why, const char *wanted)
{
	const char *commands;
	const char *text = uplink_unused_why(&h->facts, &uplink, 2, &commands);

	assert_non_null(strstr(text, why));
	if (wanted)
		assert_string_equal(commands, wanted);
	else
		assert_null(commands);
	arena_free(h->facts.arena);
}

static void test_reasons(void **state)
{
	static const char add[] =
		"ip mptcp endpoint add 10.72.1.1 dev eth1 subflow";
	struct host *h = host("10.72.1.1", ENDPOINT_SUBFLOW, 2);

	(void)state;
	assert_true(uplink_has_endpoint(&h->facts, &uplink.address));
	expect(h, "no subflow of it carried data", NULL);
	h = host("10.72.1.9", ENDPOINT_SUBFLOW, 2);
	assert_false(uplink_has_endpoint(&h->facts, &uplink.address));
	expect(h, "no endpoint of this host", add);
	/* One that the kernel made of a connection is none of the user's. */
	expect(host("10.72.1.1", ENDPOINT_SUBFLOW | ENDPOINT_IMPLICIT, 2),
	       "no endpoint of this host", add);
	h = host("10.72.1.1", ENDPOINT_SIGNAL, 2);
	assert_false(uplink_has_endpoint(&h->facts, &uplink.address));
	expect(h, "is not for subflows",
	       "ip mptcp endpoint delete id 3\n"
	       "ip mptcp endpoint add 10.72.1.1 dev eth1 subflow");
	expect(host("10.72.1.1", ENDPOINT_FULLMESH, 1),
	       "the limit is 1 subflow", "ip mptcp limits set subflows 2");
	expect(host("10.72.1.9", ENDPOINT_SUBFLOW, 1), "no endpoint",
	       "ip mptcp endpoint add 10.72.1.1 dev eth1 subflow\n"
	       "ip mptcp limits set subflows 2");
}

/* What is not known is not accused. */
static void test_unknown(void **state)
{
	struct host *h = host("10.72.1.9", ENDPOINT_SUBFLOW, -1);

	(void)state;
	expect(h, "no endpoint of this host",
	       "ip mptcp endpoint add 10.72.1.1 dev eth1 subflow");
	h = host("10.72.1.9", ENDPOINT_SUBFLOW, 2);
	h->facts.endpoints_known = NOT_THERE;
	expect(h, "was not told", "ip mptcp endpoint show");
	h = host("10.72.1.9", ENDPOINT_SUBFLOW, 2);
	kernel.value = "userspace";
	h->facts.mptcpd = true;
	expect(h, "another path manager", NULL);
	kernel.value = "kernel";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
