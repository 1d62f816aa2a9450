/* SPDX-License-Identifier: GPL-3.0-or-later
 * What is printed of a host made by hand: golden/doctor*.txt, from the top of
 * the tree. GOLDEN_UPDATE=1 writes the files anew: read what changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/arena.h"
#include "report/print/doctor.h"
#include "report/print/json.h"
#include "report/print/text.h"
#include "tests/page.h"

static const struct doctor_check checks[] = {
	{"enabled", CHECK_OK, EFFECT_NONE, "net.mptcp.enabled is 1", NULL},
	{"stale", CHECK_WRONG, EFFECT_WORSE, "dead subflows are used on",
	 "sysctl -w net.mptcp.stale_loss_cnt=4"},
	{"endpoint.route", CHECK_WRONG, EFFECT_PATHS,
	 "what endpoint 1, 10.9.1.1, sends to 192.0.2.1 leaves by eth0, not by "
	 "up1",
	 "ip route add default via 10.9.1.2 dev up1 table 103\n"
	 "ip rule add from 10.9.1.1 table 103"},
	{"firewall", CHECK_UNKNOWN, EFFECT_OFF, "it is shown to root only",
	 "sudo mpprobe doctor"},
	{"programs", CHECK_OK, EFFECT_NONE, "MPTCP was asked for by \033[31mx",
	 NULL},
};

static const struct doctor_setting raw[] = {{"9", "00ff"}};
static const struct doctor_setting settings[] = {{"net.mptcp.enabled", "1"}};
static const struct doctor_counter counters[] = {
	{"MPCapableSYNTX", 7}, {"AddAddr", 1}, {"MPRstRx", 0}, {"NewOne", 3}};
static const struct doctor_counter differences[] = {{"MPCapableSYNTX", 1}};

static struct doctor_socket sockets[] = {
	{.mptcp = true, .listening = true, .local_port = 80, .user = 33},
	{.mptcp = true,
	 .local_port = 40000,
	 .remote_port = 443,
	 .subflows = 1,
	 .program = "cu\x1brl"},
	{.mptcp = true, .fallback = true, .program = "curl"},
	{.program = "plain"},
};

static struct doctor sample(void)
{
	static struct doctor_endpoint endpoints[2] = {
		{.id = 1,
		 .flags = ENDPOINT_SUBFLOW | ENDPOINT_BACKUP | 1U << 6,
		 .link = 3,
		 .device = "up1",
		 .raw = raw,
		 .raw_count = 1},
		{.id = 2, .port = 99, .flags = ENDPOINT_SIGNAL},
	};

	address_parse("10.9.1.1", &endpoints[0].address);
	address_parse("2001:db8::1", &endpoints[1].address);
	for (size_t i = 0; i < 4; i++) {
		address_parse(i ? "10.0.1.1" : "::", &sockets[i].local);
		address_parse("2001:db8::9", &sockets[i].remote);
	}
	return (struct doctor){
		.sockets = sockets,
		.socket_count = 4,
		.now_us = 1700000000123000,
		.checks = checks,
		.check_count = 5,
		.settings = settings,
		.setting_count = 1,
		.counters = counters,
		.counter_count = 4,
		.endpoints = endpoints,
		.endpoint_count = 2,
		.subflows = 2,
		.add_addr_accepted = -1,
		.limits_raw = raw,
		.limits_raw_count = 1,
	};
}

static void compare(const char *file, const struct doctor *d, bool verbose,
		    bool quiet)
{
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);

	page.verbose = verbose;
	page.quiet = quiet;
	assert_int_equal(text_doctor(&page, d), 0);
	page_done(&page);
	check_golden(file, text);
	free(text);
}

static void test_text(void **state)
{
	struct doctor d = sample();

	(void)state;
	compare("report/print/golden/doctor.txt", &d, false, false);
	compare("report/print/golden/doctor-v.txt", &d, true, false);
	compare("report/print/golden/doctor-q.txt", &d, false, true);
	d.since = "2023-11-14T22:13:20.123Z";
	d.differences = differences;
	d.difference_count = 1;
	compare("report/print/golden/doctor-since.txt", &d, false, false);
}

/* What is not known is kept as it is, under its number. */
static void test_raw_in_json(void **state)
{
	const struct doctor d = sample();
	char *text;
	size_t size;
	struct page page = page_in(&text, &size);
	json_t *line, *endpoint;

	(void)state;
	assert_int_equal(json_doctor(&page, &d), 0);
	page_done(&page);
	line = json_loads(text, 0, NULL);
	assert_non_null(line);
	endpoint = json_array_get(json_object_get(line, "endpoints"), 0);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(endpoint, "raw"), "9")),
			    "00ff");
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(endpoint, "flags"), 2)),
			    "flag-6");
	assert_true(json_is_null(json_object_get(
		json_object_get(line, "limits"), "add_addr_accepted")));
	assert_null(json_object_get(line, "differences"));
	json_decref(line);
	free(text);
}

static void test_counter_words(void **state)
{
	const struct doctor_counter one = {"MPJoinSynTx", 1},
				    two = {"MPJoinSynTx", 2},
				    other = {"NewOne", 3};
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(doctor_counter_text(a, &one),
			    "1 SYN with MP_JOIN sent");
	assert_string_equal(doctor_counter_text(a, &two),
			    "2 SYNs with MP_JOIN sent");
	assert_string_equal(doctor_counter_text(a, &other), "NewOne: 3");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_raw_in_json),
		cmocka_unit_test(test_counter_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
