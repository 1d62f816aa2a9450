/* SPDX-License-Identifier: GPL-3.0-or-later
 * One thing that is wrong, on a host where all else is as it should be; or
 * several.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/doctor/checks.h"
#include "tests/host.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void no_support(struct host *h)
{
	host_unset(h, "net.mptcp.enabled");
	h->facts.socket_error[0] = EPROTONOSUPPORT;
}

static void no_socket(struct host *h)
{
	h->facts.socket_error[0] = EACCES;
}

static void off(struct host *h)
{
	host_set(h, "net.mptcp.enabled", "0");
	h->facts.socket_error[0] = ENOPROTOOPT;
}

static void blackhole(struct host *h)
{
	host_count(h, "Blackhole", 2);
}

static void blackhole_later(struct host *h)
{
	host_count(h, "MPCapableSYNTXDisabled", 1);
	h->facts.since = "2026-11-28T12:00:00Z";
}

static void one_syn(struct host *h)
{
	host_set(h, "net.mptcp.syn_retrans_before_tcp_fallback", "0");
}

static void checksums(struct host *h)
{
	host_set(h, "net.mptcp.checksum_enabled", "1");
}

static void no_scheduler(struct host *h)
{
	host_set(h, "net.mptcp.scheduler", "burs");
}

static void no_manager(struct host *h)
{
	host_set(h, "net.mptcp.path_manager", "userspace");
}

static void no_manager_before(struct host *h)
{
	host_unset(h, "net.mptcp.path_manager");
	host_set(h, "net.mptcp.pm_type", "1");
}

static void no_subflows(struct host *h)
{
	h->facts.subflows = 0;
}

static void few_subflows(struct host *h)
{
	host_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
	host_endpoint(h, "10.9.2.1", 4, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void announced(struct host *h)
{
	host_count(h, "AddAddr", 1);
}

static void fullmesh(struct host *h)
{
	h->endpoints[0].flags |= ENDPOINT_FULLMESH;
}

static void no_endpoint(struct host *h)
{
	h->facts.endpoint_count = 0;
}

static void no_endpoint_of_one(struct host *h)
{
	host_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
}

static void server_no_endpoint(struct host *h)
{
	host_serves(h);
	h->facts.endpoint_count = 0;
}

static void foreign_address(struct host *h)
{
	host_endpoint(h, "192.0.2.7", 0, ENDPOINT_SUBFLOW);
}

static void loopback_address(struct host *h)
{
	h->addresses[h->facts.address_count++] = (struct fact_address){
		.address = host_address("127.0.0.1"), .prefix = 8, .link = 1};
	host_endpoint(h, "127.0.0.1", 1, ENDPOINT_SUBFLOW);
}

static void duplicate(struct host *h)
{
	h->addresses[1].duplicate = true;
}

static void link_down(struct host *h)
{
	h->links[2].up = false;
}

static void no_carrier(struct host *h)
{
	h->links[2].carrier = false;
}

static void other_device(struct host *h)
{
	h->endpoints[0].link = 2;
	h->endpoints[0].device = "eth0";
}

static void other_way(struct host *h)
{
	h->endpoints[0].link = 0;
	h->endpoints[0].device = NULL;
	h->addresses[1].anyhow = host_leaves_by(2);
}

static void no_route(struct host *h)
{
	h->addresses[1].bound = host_leaves_by(0);
}

static void strict_filter(struct host *h)
{
	h->links[2].rp_filter = 1;
	h->addresses[1].anyhow = host_leaves_by(2);
}

static void signal_on_client(struct host *h)
{
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
}

static void signal_and_fullmesh(struct host *h)
{
	host_serves(h);
	h->endpoints[0].flags = ENDPOINT_SIGNAL | ENDPOINT_FULLMESH;
	h->facts.add_addr_accepted = 2;
}

static void no_flag(struct host *h)
{
	h->endpoints[0].flags = 0;
}

static void joined_nowhere(struct host *h)
{
	host_serves(h);
	h->endpoints[0].flags = ENDPOINT_SUBFLOW;
	host_set(h, "net.mptcp.allow_join_initial_addr_port", "0");
}

static void said_once(struct host *h)
{
	host_serves(h);
	host_set(h, "net.mptcp.add_addr_timeout", "0");
}

static void never_stale(struct host *h)
{
	host_set(h, "net.mptcp.stale_loss_cnt", "0");
}

static void plain_listener(struct host *h)
{
	host_listen(h, false, "sshd", 22);
}

static void plain_connection(struct host *h)
{
	host_socket(h, false, "curl");
}

static void fallen_back(struct host *h)
{
	host_socket(h, true, "curl")->fallback = true;
	host_count(h, "MPCapableFallbackSYNACK", 3);
}

static void fallen_back_ipv6(struct host *h)
{
	struct doctor_socket *s = host_socket(h, true, "curl");

	s->fallback = true;
	s->remote = host_address("2001:db8::9");
}

static void no_join_answered(struct host *h)
{
	host_count(h, "MPJoinSynTx", 4);
}

static void joins_refused(struct host *h)
{
	host_serves(h);
	host_count(h, "MPJoinRejected", 3);
}

static void wrong_checksums(struct host *h)
{
	host_count(h, "DataCsumErr", 1);
}

static void small_receive_buffer(struct host *h)
{
	host_set(h, "net.ipv4.tcp_rmem", "4096 131072 1249999");
}

static void long_path(struct host *h)
{
	h->facts.rtt_us = 600999;
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 15000000");
	host_set(h, "net.ipv4.tcp_rmem", "4096 16384 14999999");
}

static void longer_path(struct host *h)
{
	h->facts.rtt_us = 1600000;
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 40000000");
}

static void small_send_buffer(struct host *h)
{
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 1249999");
}

static void fixed_buffer(struct host *h)
{
	host_set(h, "net.ipv4.tcp_moderate_rcvbuf", "0");
}

static void rule_changes(struct host *h)
{
	host_rule(h);
}

static void rule_drops(struct host *h)
{
	host_rule(h)->does = RULE_DROPS;
}

static void rule_narrow(struct host *h)
{
	host_rule(h)->narrow = true;
}

static void off_with_host(struct host *h)
{
	off(h);
	host_connect(h, "192.0.2.9")->error = ENOPROTOOPT;
}

static void connection_fell_back(struct host *h)
{
	struct fact_connection *k = host_connect(h, "2001:db8::9");

	k->fallback = true;
	k->why = "1 SYN/ACK";
}

static void blackhole_still(struct host *h)
{
	blackhole(h);
	host_connect(h, "192.0.2.9")->error = ETIMEDOUT;
	h->facts.connection.asked = false;
}

static void blackhole_now(struct host *h)
{
	blackhole(h);
	h->facts.sends = SENDS_PLAIN;
}

static void blackhole_before(struct host *h)
{
	h->facts.since = "2026-11-28T12:00:00Z";
	h->facts.sends = SENDS_PLAIN;
}

static void none_joined(struct host *h)
{
	struct fact_connection *k = host_connect(h, "2001:db8::9");

	k->expected = 1;
	k->tried = 1;
}

static void ipv4_endpoint_only(struct host *h)
{
	host_both_families(h);
}

static void ipv4_endpoint_for_ipv6(struct host *h)
{
	host_both_families(h);
	h->facts.servers[1].host = true;
}

static void neither_family(struct host *h)
{
	host_both_families(h);
	h->facts.endpoint_count = 0;
}

static void none_of_three(struct host *h)
{
	h->facts.subflows = 0;
	host_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
	host_endpoint(h, "10.9.2.1", 4, ENDPOINT_SUBFLOW);
	host_uplink(h, 5, "up3", "10.9.3.1", "10.9.3.2");
	host_endpoint(h, "10.9.3.1", 5, ENDPOINT_SUBFLOW);
}

/* One cause is said once. */
static void strict_without_route(struct host *h)
{
	no_route(h);
	h->links[2].rp_filter = 1;
	h->addresses[1].anyhow = host_leaves_by(2);
}

static void strict_other_way(struct host *h)
{
	other_way(h);
	h->links[2].rp_filter = 1;
}

static void two_fallen_back(struct host *h)
{
	fallen_back(h);
	host_socket(h, true, "curl")->fallback = true;
}

static void no_join_answered_now(struct host *h)
{
	host_socket(h, false, "wget")->remote_port = 80;
	host_socket(h, true, "curl");
	no_join_answered(h);
}

static void path_of_80_ms(struct host *h)
{
	h->facts.rtt_us = 80000;
	host_set(h, "net.ipv4.tcp_rmem", "4096 131072 1999999");
}

static void short_path(struct host *h)
{
	h->facts.rtt_us = 30000;
	host_set(h, "net.ipv4.tcp_rmem", "4096 131072 1249999");
}

static void path_of_800_ms(struct host *h)
{
	h->facts.rtt_us = 800000;
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 20000000");
}

/* `text` is part of what is said, `command` the first line of what mends it. */
static const struct {
	void (*make)(struct host *h);
	const char *id, *text, *command;
	enum check_effect effect;
} wrongs[] = {
	{no_support, "support", "no MPTCP", "grep MPTCP /boot", EFFECT_OFF},
	{no_socket, "support", "Permission denied", "dmesg", EFFECT_OFF},
	{off, "enabled", "is 0", "sysctl -w net.mptcp.enabled=1", EFFECT_OFF},
	{off_with_host, "enabled", "is 0", "sysctl -w net.mptcp.enabled=1",
	 EFFECT_OFF},
	{blackhole, "blackhole", "blackholes: 2, SYNs without it since: 0",
	 "sysctl -w net.mptcp.blackhole_timeout=3600", EFFECT_MAYBE_OFF},
	{blackhole_later, "blackhole", "both since 2026-11-28T12:00:00Z",
	 "sysctl -w net.mptcp.blackhole_timeout=3600", EFFECT_MAYBE_OFF},
	{one_syn, "retransmissions", "plain TCP",
	 "sysctl -w net.mptcp.syn_retrans_before_tcp_fallback=2", EFFECT_WORSE},
	{checksums, "checksum", "before 5.14",
	 "sysctl -w net.mptcp.checksum_enabled=0", EFFECT_WORSE},
	{no_scheduler, "scheduler", "burs is not there",
	 "sysctl -w net.mptcp.scheduler=default", EFFECT_WORSE},
	{no_manager, "path_manager", "path_manager is userspace",
	 "sysctl -w net.mptcp.path_manager=kernel", EFFECT_PATHS},
	{no_manager_before, "path_manager", "pm_type is 1",
	 "sysctl -w net.mptcp.pm_type=0", EFFECT_PATHS},
	{no_subflows, "limit.subflows", "limit of subflows is 0",
	 "ip mptcp limits set subflows 2", EFFECT_PATHS},
	{few_subflows, "limit.subflows", "1 subflow beside the first, and 2",
	 "ip mptcp limits set subflows 2", EFFECT_PATHS},
	{announced, "limit.add_addr", "1 time, and none",
	 "ip mptcp limits set add_addr_accepted 2", EFFECT_PATHS},
	{fullmesh, "limit.add_addr", "fullmesh",
	 "ip mptcp limits set add_addr_accepted 2", EFFECT_WORSE},
	{no_endpoint, "uplinks", "up1",
	 "ip mptcp endpoint add 10.9.1.1 dev up1 subflow", EFFECT_PATHS},
	{no_endpoint_of_one, "uplinks", "up2",
	 "ip mptcp endpoint add 10.9.2.1 dev up2 subflow", EFFECT_PATHS},
	{server_no_endpoint, "uplinks", "up1",
	 "ip mptcp endpoint add 10.9.1.1 dev up1 signal", EFFECT_PATHS},
	{foreign_address, "endpoint.address", "no address of this host",
	 "ip mptcp endpoint delete id 2", EFFECT_PATHS},
	{loopback_address, "endpoint.address", "cannot be reached",
	 "ip mptcp endpoint delete id 2", EFFECT_PATHS},
	{duplicate, "endpoint.address", "another host",
	 "ip address delete 10.9.1.1/24 dev up1", EFFECT_PATHS},
	{link_down, "endpoint.link", "up1, which is down",
	 "ip link set dev up1 up", EFFECT_PATHS},
	{no_carrier, "endpoint.link", "no carrier",
	 "ip -details link show dev up1", EFFECT_PATHS},
	{other_device, "endpoint.device", "bound to eth0",
	 "ip mptcp endpoint delete id 1\n"
	 "ip mptcp endpoint add 10.9.1.1 dev up1 subflow",
	 EFFECT_PATHS},
	{other_way, "endpoint.route", "leaves by eth0, not by up1",
	 "ip route add default via 10.9.1.2 dev up1 table 103\n"
	 "ip rule add from 10.9.1.1 table 103",
	 EFFECT_PATHS},
	{no_route, "endpoint.route", "no route to 192.0.2.1 by up1",
	 "ip route add default via 10.9.1.2 dev up1 table 103\n"
	 "ip rule add from 10.9.1.1 table 103",
	 EFFECT_PATHS},
	{strict_filter, "rp_filter", "the route back is by eth0",
	 "sysctl -w net.ipv4.conf.up1.rp_filter=2", EFFECT_PATHS},
	{signal_on_client, "endpoint.flags", "for servers",
	 "ip mptcp endpoint delete id 1\n"
	 "ip mptcp endpoint add 10.9.1.1 dev up1 subflow",
	 EFFECT_PATHS},
	{signal_and_fullmesh, "endpoint.flags", "exclude each other",
	 "ip mptcp endpoint delete id 1\n"
	 "ip mptcp endpoint add 10.9.1.1 dev up1 fullmesh",
	 EFFECT_PATHS},
	{no_flag, "endpoint.flags", "neither",
	 "ip mptcp endpoint delete id 1\n"
	 "ip mptcp endpoint add 10.9.1.1 dev up1 subflow",
	 EFFECT_PATHS},
	{joined_nowhere, "initial_address", "join nowhere",
	 "sysctl -w net.mptcp.allow_join_initial_addr_port=1", EFFECT_PATHS},
	{said_once, "add_addr_timeout", "not sent again",
	 "sysctl -w net.mptcp.add_addr_timeout=120", EFFECT_WORSE},
	{never_stale, "stale", "used on",
	 "sysctl -w net.mptcp.stale_loss_cnt=4", EFFECT_WORSE},
	{plain_listener, "listeners", "sshd (22)", "mptcpize run sshd",
	 EFFECT_PROGRAMS},
	{plain_connection, "programs", "curl (1)", "mptcpize run curl",
	 EFFECT_PROGRAMS},
	{fallen_back, "connections",
	 "1 of 1 MPTCP connections fell back to TCP, that to 192.0.2.9 port "
	 "443; since boot: 3 SYN/ACKs",
	 "mpprobe 192.0.2.9:443", EFFECT_FALLBACK},
	{fallen_back_ipv6, "connections", "2001:db8::9 port 443",
	 "mpprobe [2001:db8::9]:443", EFFECT_FALLBACK},
	{no_join_answered, "joins", "4 subflows were tried since boot",
	 "mpprobe HOST", EFFECT_PATHS},
	{joins_refused, "refused_joins", "3 subflows of clients",
	 "ip mptcp limits set subflows 8", EFFECT_PATHS},
	{wrong_checksums, "damage", "1 DSS checksum wrong", "mpprobe HOST",
	 EFFECT_WORSE},
	{small_receive_buffer, "receive_buffer",
	 "2 paths of 100 Mbit/s and 50 ms want 1250000",
	 "sysctl -w net.ipv4.tcp_rmem=", EFFECT_WORSE},
	{long_path, "receive_buffer",
	 "2 paths of 100 Mbit/s and 600 ms want 15000000",
	 "sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432'", EFFECT_WORSE},
	{longer_path, "receive_buffer", "1600 ms want 40000000",
	 "sysctl -w net.ipv4.tcp_rmem='4096 131072 40000000'", EFFECT_WORSE},
	{small_send_buffer, "send_buffer",
	 "2 paths of 100 Mbit/s and 50 ms want 1250000",
	 "sysctl -w net.ipv4.tcp_wmem=", EFFECT_WORSE},
	{fixed_buffer, "autotuning", "do not grow",
	 "sysctl -w net.ipv4.tcp_moderate_rcvbuf=1", EFFECT_WORSE},
	{rule_changes, "firewall", "rule 7 of inet t c",
	 "nft delete rule inet t c handle 7", EFFECT_OFF},
	{connection_fell_back, "connection",
	 "2001:db8::9 port 80 fell back to TCP: 1 SYN/ACK",
	 "mpprobe [2001:db8::9]:80", EFFECT_FALLBACK},
	{blackhole_still, "blackhole", "blackholes: 2",
	 "sysctl -w net.mptcp.blackhole_timeout=3600", EFFECT_MAYBE_OFF},
	{blackhole_now, "blackhole", "MPTCP is off for a while (blackholes: 2",
	 "sysctl -w net.mptcp.blackhole_timeout=3600", EFFECT_OFF},
	{blackhole_before, "blackhole", "MPTCP is off for a while",
	 "sysctl -w net.mptcp.blackhole_timeout=3600", EFFECT_OFF},
	{host_few_joined, "connection",
	 "but of 2 further subflows that were tried 1 joined",
	 "mpprobe -i all 192.0.2.9:80\nmpprobe 192.0.2.9:80", EFFECT_PATHS},
	{none_joined, "connection",
	 "but of 1 further subflow that was tried none joined",
	 "mpprobe -i all [2001:db8::9]:80\nmpprobe [2001:db8::9]:80",
	 EFFECT_PATHS},
	{ipv4_endpoint_only, "uplinks",
	 "up1 leads to other hosts too, and has "
	 "no endpoint of IPv6",
	 "ip mptcp endpoint add 2001:db8:9::1 dev up1 subflow", EFFECT_PATHS},
	{ipv4_endpoint_for_ipv6, "uplinks", "no endpoint of IPv6",
	 "ip mptcp endpoint add 2001:db8:9::1 dev up1 subflow", EFFECT_PATHS},
	{neither_family, "uplinks", "too, and has no endpoint",
	 "ip mptcp endpoint add 10.9.1.1 dev up1 subflow\n"
	 "ip mptcp endpoint add 2001:db8:9::1 dev up1 subflow",
	 EFFECT_PATHS},
	{host_legacy_rule, "firewall.legacy",
	 "iptables-legacy, table mangle, rule 2 of OUTPUT",
	 "iptables-legacy -t mangle -D OUTPUT 2", EFFECT_OFF},
	{rule_narrow, "firewall", "MPTCP options of some packets (rule 7",
	 "nft delete rule inet t c handle 7", EFFECT_MAYBE_OFF},
	{rule_drops, "firewall", "drops segments",
	 "nft delete rule inet t c handle 7", EFFECT_OFF},
	{none_of_three, "limit.subflows", "limit of subflows is 0",
	 "ip mptcp limits set subflows 3", EFFECT_PATHS},
	{strict_without_route, "endpoint.route", "has no route to 192.0.2.1",
	 "ip route add default", EFFECT_PATHS},
	{strict_other_way, "endpoint.route", "leaves by eth0, not by up1",
	 "ip route add default", EFFECT_PATHS},
	{two_fallen_back, "connections",
	 "2 of 2 MPTCP connections fell back to TCP, that to 192.0.2.9 port "
	 "443 for one",
	 "mpprobe 192.0.2.9:443", EFFECT_FALLBACK},
	{no_join_answered_now, "joins", "no SYN with MP_JOIN was answered",
	 "mpprobe 192.0.2.9:443", EFFECT_PATHS},
	{path_of_80_ms, "receive_buffer", "80 ms want 2000000",
	 "sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432'", EFFECT_WORSE},
	{short_path, "receive_buffer", "50 ms want 1250000",
	 "sysctl -w net.ipv4.tcp_rmem", EFFECT_WORSE},
	{path_of_800_ms, "receive_buffer", "800 ms want 20000000",
	 "sysctl -w net.ipv4.tcp_rmem='4096 131072 33554432'", EFFECT_WORSE},
};

static void test_each_wrong_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct host *h = host_new();
		const struct doctor_check *found;
		struct checkup c;

		wrongs[i].make(h);
		c = checks_ask(&h->facts);
		if (checkup_count(&c, CHECK_WRONG) != 1)
			fail_msg("%zu: %s: %zu are wrong", i, wrongs[i].id,
				 checkup_count(&c, CHECK_WRONG));
		found = checkup_first(&c, CHECK_WRONG);
		assert_string_equal(found->id, wrongs[i].id);
		if (!strstr(found->text, wrongs[i].text))
			fail_msg("%s: '%s' is not in '%s'", found->id,
				 wrongs[i].text, found->text);
		if (strncmp(found->commands, wrongs[i].command,
			    strlen(wrongs[i].command)) != 0)
			fail_msg("%s: %s", found->id, found->commands);
		assert_int_equal(found->effect, wrongs[i].effect);
		assert_int_equal(checkup_count(&c, CHECK_UNKNOWN), 0);
		assert_true(checks_ask_one(&h->facts, found->id).count <= 1);
		host_free(h);
	}
}

/* What a command that mends one thing would uncover is said at once. */
static void test_all_at_once(void **state)
{
	static const char *const ids[] = {"path_manager", "limit.subflows",
					  "endpoint.link"};
	struct host *h = host_new();
	size_t found = 0;
	struct checkup c;

	(void)state;
	few_subflows(h);
	no_manager(h);
	link_down(h);
	c = checks_ask(&h->facts);
	for (size_t i = 0; i < c.count; i++)
		if (c.checks[i].state == CHECK_WRONG) {
			assert_in_range(found, 0, COUNT(ids) - 1);
			assert_string_equal(c.checks[i].id, ids[found++]);
		}
	assert_int_equal(found, COUNT(ids));
	host_free(h);
}

/* --- the verdict --------------------------------------------------------- */

static struct doctor_verdict verdict_of(const struct host *h)
{
	struct checkup c = checks_ask(&h->facts);
	const struct doctor d = {.checks = c.checks, .check_count = c.count};

	return doctor_verdict(h->facts.arena, &d);
}

static void test_verdict(void **state)
{
	struct host *h = host_new();
	struct doctor_verdict v = verdict_of(h);

	(void)state;
	assert_int_equal(v.exit_code, 0);
	assert_string_equal(v.status, "ok");
	h->facts.firewall_known = NOT_PERMITTED;
	v = verdict_of(h);
	assert_int_equal(v.exit_code, 3);
	assert_string_equal(v.status, "unknown");
	assert_non_null(strstr(v.text, "not all could be: firewall."));
	never_stale(h);
	v = verdict_of(h);
	assert_int_equal(v.exit_code, 1);
	assert_string_equal(v.status, "worse");
	no_subflows(h);
	off(h);
	v = verdict_of(h);
	assert_string_equal(v.status, "off");
	assert_string_equal(v.text, "This host does not use MPTCP: "
				    "net.mptcp.enabled is 0 (and 2 more).");
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_wrong_alone),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
