/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hosts on which something only looks wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/doctor/checks.h"
#include "tests/host.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void as_it_is(struct host *h)
{
	(void)h;
}

static void no_blackhole_timer(struct host *h)
{
	host_unset(h, "net.mptcp.blackhole_timeout");
	host_count(h, "Blackhole", 2);
}

static void blackhole_never(struct host *h)
{
	host_set(h, "net.mptcp.blackhole_timeout", "0");
	host_count(h, "Blackhole", 2);
}

static void other_scheduler(struct host *h)
{
	host_set(h, "net.mptcp.scheduler", "burst");
}

static void mptcpd(struct host *h)
{
	host_set(h, "net.mptcp.path_manager", "userspace");
	h->facts.mptcpd = true;
	h->facts.endpoint_count = 0;
	h->facts.subflows = 0;
}

/* The first uplink's needs no subflow of its own. */
static void endpoint_of_main(struct host *h)
{
	host_endpoint(h, "10.0.1.1", 2, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void announced_and_accepted(struct host *h)
{
	host_count(h, "AddAddr", 1);
	h->facts.add_addr_accepted = 1;
}

static void fullmesh_and_accepted(struct host *h)
{
	h->endpoints[0].flags |= ENDPOINT_FULLMESH;
	h->facts.add_addr_accepted = 1;
}

static void bridge(struct host *h)
{
	host_uplink(h, 4, "docker0", "172.17.0.1", "172.17.0.2");
	h->facts.route_count--;
}

static void uplink_down(struct host *h)
{
	host_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
	h->links[3].up = false;
}

static void uplink_elsewhere(struct host *h)
{
	host_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
	h->addresses[2].bound = host_leaves_by(0);
}

static void made_by_kernel(struct host *h)
{
	host_endpoint(h, "192.0.2.7", 0, ENDPOINT_IMPLICIT);
}

static void bound_endpoint(struct host *h)
{
	h->addresses[1].anyhow = host_leaves_by(2);
}

static void strict_but_by_rules(struct host *h)
{
	h->links[2].rp_filter = 1;
}

static void loose_filter(struct host *h)
{
	h->links[2].rp_filter = 1;
	h->addresses[1].anyhow = host_leaves_by(2);
	h->links[2].rp_filter = 2;
}

static void signal_with_port(struct host *h)
{
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
	h->endpoints[0].port = 9999;
}

static void joined_elsewhere(struct host *h)
{
	host_serves(h);
	host_set(h, "net.mptcp.allow_join_initial_addr_port", "0");
}

static void client_of_no_initial(struct host *h)
{
	host_set(h, "net.mptcp.allow_join_initial_addr_port", "0");
	host_set(h, "net.mptcp.add_addr_timeout", "0");
}

static void both_listen(struct host *h)
{
	host_serves(h);
	host_listen(h, false, "sshd", 22);
	host_socket(h, false, "sshd")->accepted = true;
}

static void both_connect(struct host *h)
{
	host_socket(h, true, "curl");
	host_socket(h, false, "ssh");
	host_count(h, "MPCapableFallbackSYNACK", 3);
}

static void a_join_answered(struct host *h)
{
	host_count(h, "MPJoinSynTx", 3);
	host_count(h, "MPJoinSynAckRx", 1);
}

static void refused_as_limited(struct host *h)
{
	mptcpd(h);
	host_count(h, "MPJoinRejected", 3);
}

static void rule_looks(struct host *h)
{
	host_rule(h)->does = RULE_LOOKS;
}

static void rule_of_others(struct host *h)
{
	host_rule(h)->forward = true;
}

static void no_nftables(struct host *h)
{
	h->facts.firewall_known = NOT_THERE;
}

static void announced_to_server(struct host *h)
{
	host_serves(h);
	host_count(h, "AddAddr", 1);
}

static void announced_behind_nat(struct host *h)
{
	host_serves(h);
	host_endpoint(h, "198.51.100.7", 0, ENDPOINT_SIGNAL);
}

static void buffers_just_enough(struct host *h)
{
	h->facts.rtt_us = 50000;
	host_set(h, "net.ipv4.tcp_rmem", "4096 131072 1250000");
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 1250000");
}

/* The kernel allows no more than 8. */
static void nine_endpoints(struct host *h)
{
	static const char *const addresses[] = {
		"10.9.1.11", "10.9.1.12", "10.9.1.13", "10.9.1.14",
		"10.9.1.15", "10.9.1.16", "10.9.1.17", "10.9.1.18"};

	for (size_t i = 0; i < 8; i++) {
		h->addresses[h->facts.address_count] = h->addresses[1];
		h->addresses[h->facts.address_count++].address =
			host_address(addresses[i]);
		host_endpoint(h, addresses[i], 3, ENDPOINT_SUBFLOW);
	}
	h->facts.subflows = 8;
}

static void few_joins(struct host *h)
{
	host_count(h, "MPJoinSynTx", 3);
}

static void connected(struct host *h)
{
	host_connect(h, "192.0.2.9");
}

static void blackhole_over(struct host *h)
{
	host_count(h, "Blackhole", 2);
	host_connect(h, "192.0.2.9");
}

static void blackhole_mended(struct host *h)
{
	host_count(h, "Blackhole", 2);
	h->facts.sends = SENDS_MPTCP;
}

static void all_joined(struct host *h)
{
	host_few_joined(h);
	h->facts.connection.joined = 2;
}

/* More than the endpoints ask for, as the server announced addresses. */
static void more_tried(struct host *h)
{
	host_few_joined(h);
	h->facts.connection.expected = 1;
}

static void ipv4_endpoint_for_ipv4(struct host *h)
{
	host_both_families(h);
	h->facts.servers[0].host = true;
}

/* A connection uses those of one family. */
static void endpoints_of_both(struct host *h)
{
	host_both_families(h);
	host_endpoint(h, "2001:db8:9::1", 3, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void legacy_looks(struct host *h)
{
	host_legacy_rule(h);
	h->rules[0].does = RULE_LOOKS;
}

static void seven_endpoints(struct host *h)
{
	nine_endpoints(h);
	h->facts.endpoint_count = 7;
	h->facts.subflows = 7;
}

static void announced_to_mptcpd(struct host *h)
{
	mptcpd(h);
	host_count(h, "AddAddr", 1);
}

static void limit_hidden(struct host *h)
{
	h->facts.add_addr_accepted = -1;
	host_count(h, "AddAddr", 1);
}

static void joins_by_kernel(struct host *h)
{
	host_endpoint(h, "192.0.2.7", 0, ENDPOINT_IMPLICIT | ENDPOINT_SUBFLOW);
}

static void announced_by_device(struct host *h)
{
	host_serves(h);
	host_endpoint(h, "198.51.100.7", 3, ENDPOINT_SIGNAL);
}

static void no_server_known(struct host *h)
{
	h->endpoints[0].link = 0;
	h->addresses[1].anyhow = host_leaves_by(2);
	h->facts.servers[0] = (struct fact_server){0};
}

static void way_not_asked(struct host *h)
{
	h->addresses[1].bound.asked = false;
	h->addresses[1].bound.found = false;
}

static void strict_for_ipv4(struct host *h)
{
	h->addresses[1].address = host_address("2001:db8:9::1");
	h->endpoints[0].address = host_address("2001:db8:9::1");
	h->links[2].rp_filter = 1;
	h->addresses[1].anyhow = host_leaves_by(2);
}

static void one_scheduler(struct host *h)
{
	host_unset(h, "net.mptcp.scheduler");
}

static void buffers_not_told(struct host *h)
{
	host_unset(h, "net.ipv4.tcp_rmem");
}

static void test_none_is_wrong(void **state)
{
	static void (*const makes[])(struct host * h) = {
		as_it_is,
		no_blackhole_timer,
		blackhole_never,
		other_scheduler,
		mptcpd,
		endpoint_of_main,
		host_serves,
		announced_and_accepted,
		fullmesh_and_accepted,
		bridge,
		uplink_down,
		uplink_elsewhere,
		made_by_kernel,
		bound_endpoint,
		strict_but_by_rules,
		loose_filter,
		signal_with_port,
		joined_elsewhere,
		client_of_no_initial,
		both_listen,
		both_connect,
		a_join_answered,
		refused_as_limited,
		rule_looks,
		rule_of_others,
		no_nftables,
		announced_to_server,
		announced_behind_nat,
		buffers_just_enough,
		nine_endpoints,
		few_joins,
		connected,
		blackhole_over,
		blackhole_mended,
		all_joined,
		more_tried,
		ipv4_endpoint_for_ipv4,
		endpoints_of_both,
		legacy_looks,
		seven_endpoints,
		announced_to_mptcpd,
		limit_hidden,
		joins_by_kernel,
		announced_by_device,
		no_server_known,
		way_not_asked,
		strict_for_ipv4,
		one_scheduler,
		buffers_not_told,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(makes); i++) {
		struct host *h = host_new();
		struct checkup c;

		makes[i](h);
		c = checks_ask(&h->facts);
		if (checkup_count(&c, CHECK_OK) != c.count)
			for (size_t k = 0; k < c.count; k++)
				if (c.checks[k].state != CHECK_OK)
					fail_msg("%zu: %s: %s", i,
						 c.checks[k].id,
						 c.checks[k].text);
		host_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
