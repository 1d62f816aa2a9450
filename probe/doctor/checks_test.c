/* SPDX-License-Identifier: GPL-3.0-or-later
 * Hosts in memory: one where all is as it should be, and, for each thing that
 * can be wrong, the same with that.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/doctor/checks.h"
#include "report/arena.h"

/* --- a host -------------------------------------------------------------- */

#define ROOM 24

/* All that facts point to, to be changed. */
struct host {
	struct facts facts;
	struct doctor_setting settings[ROOM];
	struct doctor_counter counters[ROOM];
	struct doctor_endpoint endpoints[ROOM];
	struct fact_link links[ROOM];
	struct fact_address addresses[ROOM];
	struct fact_route routes[ROOM];
	struct doctor_socket sockets[ROOM];
	struct fact_rule rules[ROOM];
};

static struct address ip(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

static void set(struct host *h, const char *name, const char *value)
{
	size_t i = 0;

	while (i < h->facts.setting_count &&
	       strcmp(h->settings[i].name, name) != 0)
		i++;
	assert_in_range(i, 0, ROOM - 1);
	h->settings[i] = (struct doctor_setting){name, value};
	if (i == h->facts.setting_count)
		h->facts.setting_count++;
}

static void unset(struct host *h, const char *name)
{
	for (size_t i = 0; i < h->facts.setting_count; i++)
		if (!strcmp(h->settings[i].name, name))
			h->settings[i].name = "other";
}

static void count(struct host *h, const char *name, uint64_t value)
{
	h->counters[h->facts.counter_count++] =
		(struct doctor_counter){name, value};
}

static struct fact_lookup by(unsigned link)
{
	return (struct fact_lookup){true, link != 0, link};
}

/* With a gateway, an address, and routing by source. */
static void add_uplink(struct host *h, unsigned index, const char *name,
		       const char *address, const char *gateway)
{
	struct address a = ip(address);

	h->links[h->facts.link_count++] = (struct fact_link){
		.index = index, .name = name, .up = true, .carrier = true};
	h->addresses[h->facts.address_count++] =
		(struct fact_address){.address = a,
				      .prefix = a.family == 4 ? 24 : 64,
				      .link = index,
				      .anyhow = by(index),
				      .bound = by(index)};
	h->routes[h->facts.route_count++] =
		(struct fact_route){.to = {.family = a.family},
				    .gateway = ip(gateway),
				    .link = index,
				    .table = 254};
}

static void add_endpoint(struct host *h, const char *address, unsigned link,
			 uint32_t flags)
{
	unsigned id = (unsigned)++h->facts.endpoint_count;

	h->endpoints[id - 1] = (struct doctor_endpoint){
		.id = id,
		.address = ip(address),
		.link = link,
		.device = link ? facts_link_name(&h->facts, link) : NULL,
		.flags = flags};
}

static struct doctor_socket *add_socket(struct host *h, bool mptcp,
					const char *program)
{
	struct doctor_socket *s = &h->sockets[h->facts.socket_count++];

	*s = (struct doctor_socket){.mptcp = mptcp,
				    .local = ip("10.0.1.1"),
				    .remote = ip("192.0.2.9"),
				    .local_port = 40000,
				    .remote_port = 443,
				    .program = program};
	return s;
}

static void listen_on(struct host *h, bool mptcp, const char *program,
		      uint16_t port)
{
	struct doctor_socket *s = add_socket(h, mptcp, program);

	s->listening = true;
	s->local_port = port;
}

static void make_settings(struct host *h)
{
	set(h, "net.mptcp.enabled", "1");
	set(h, "net.mptcp.blackhole_timeout", "3600");
	set(h, "net.mptcp.syn_retrans_before_tcp_fallback", "2");
	set(h, "net.mptcp.checksum_enabled", "0");
	set(h, "net.mptcp.scheduler", "default");
	set(h, "net.mptcp.available_schedulers", "default burst");
	set(h, "net.mptcp.path_manager", "kernel");
	set(h, "net.mptcp.pm_type", "0");
	set(h, "net.mptcp.allow_join_initial_addr_port", "1");
	set(h, "net.mptcp.add_addr_timeout", "120");
	set(h, "net.mptcp.stale_loss_cnt", "4");
	set(h, "net.ipv4.tcp_rmem", "4096 131072 6291456");
	set(h, "net.ipv4.tcp_wmem", "4096 16384 4194304");
	set(h, "net.ipv4.tcp_moderate_rcvbuf", "1");
}

/* A client with two uplinks. */
static struct host *make_host(void)
{
	struct host *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	h->facts = (struct facts){
		.arena = arena_new(),
		.settings = h->settings,
		.counters = h->counters,
		.endpoints_known = KNOWN,
		.endpoints = h->endpoints,
		.subflows = 2,
		.routes_known = KNOWN,
		.links = h->links,
		.addresses = h->addresses,
		.routes = h->routes,
		.servers = {{.address = ip("192.0.2.1")}},
		.to_server = {by(2)},
		.sockets_known = KNOWN,
		.mptcp_sockets_known = KNOWN,
		.sockets = h->sockets,
		.firewall_known = KNOWN,
		.rules = h->rules,
		.legacy_known = KNOWN,
	};
	make_settings(h);
	h->links[h->facts.link_count++] = (struct fact_link){
		.index = 1, .name = "lo", .up = true, .loopback = true};
	add_uplink(h, 2, "eth0", "10.0.1.1", "10.0.1.2");
	add_uplink(h, 3, "up1", "10.9.1.1", "10.9.1.2");
	add_endpoint(h, "10.9.1.1", 3, ENDPOINT_SUBFLOW);
	return h;
}

static void free_host(struct host *h)
{
	arena_free(h->facts.arena);
	free(h);
}

/* Two uplinks, addresses announced, MPTCP accepted. */
static void make_server(struct host *h)
{
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
	listen_on(h, true, "nginx", 80);
}

/* --- what may be wrong --------------------------------------------------- */

static void no_support(struct host *h)
{
	unset(h, "net.mptcp.enabled");
	h->facts.socket_error[0] = EPROTONOSUPPORT;
}

static void no_socket(struct host *h)
{
	h->facts.socket_error[0] = EACCES;
}

static void off(struct host *h)
{
	set(h, "net.mptcp.enabled", "0");
	h->facts.socket_error[0] = ENOPROTOOPT;
}

static void blackhole(struct host *h)
{
	count(h, "Blackhole", 2);
}

static void blackhole_later(struct host *h)
{
	count(h, "MPCapableSYNTXDisabled", 1);
	h->facts.since = "2026-11-28T12:00:00Z";
}

static void one_syn(struct host *h)
{
	set(h, "net.mptcp.syn_retrans_before_tcp_fallback", "0");
}

static void checksums(struct host *h)
{
	set(h, "net.mptcp.checksum_enabled", "1");
}

static void no_scheduler(struct host *h)
{
	set(h, "net.mptcp.scheduler", "burs");
}

static void no_manager(struct host *h)
{
	set(h, "net.mptcp.path_manager", "userspace");
}

static void no_manager_before(struct host *h)
{
	unset(h, "net.mptcp.path_manager");
	set(h, "net.mptcp.pm_type", "1");
}

static void no_subflows(struct host *h)
{
	h->facts.subflows = 0;
}

static void few_subflows(struct host *h)
{
	add_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
	add_endpoint(h, "10.9.2.1", 4, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void announced(struct host *h)
{
	count(h, "AddAddr", 1);
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
	add_uplink(h, 4, "up2", "10.9.2.1", "10.9.2.2");
}

static void server_no_endpoint(struct host *h)
{
	make_server(h);
	h->facts.endpoint_count = 0;
}

static void foreign_address(struct host *h)
{
	add_endpoint(h, "192.0.2.7", 0, ENDPOINT_SUBFLOW);
}

static void loopback_address(struct host *h)
{
	h->addresses[h->facts.address_count++] = (struct fact_address){
		.address = ip("127.0.0.1"), .prefix = 8, .link = 1};
	add_endpoint(h, "127.0.0.1", 1, ENDPOINT_SUBFLOW);
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
	h->addresses[1].anyhow = by(2);
}

static void no_route(struct host *h)
{
	h->addresses[1].bound = by(0);
}

static void strict_filter(struct host *h)
{
	h->links[2].rp_filter = 1;
	h->addresses[1].anyhow = by(2);
}

static void signal_on_client(struct host *h)
{
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
}

static void signal_and_fullmesh(struct host *h)
{
	make_server(h);
	h->endpoints[0].flags = ENDPOINT_SIGNAL | ENDPOINT_FULLMESH;
	h->facts.add_addr_accepted = 2;
}

static void no_flag(struct host *h)
{
	h->endpoints[0].flags = 0;
}

static void joined_nowhere(struct host *h)
{
	make_server(h);
	h->endpoints[0].flags = ENDPOINT_SUBFLOW;
	set(h, "net.mptcp.allow_join_initial_addr_port", "0");
}

static void said_once(struct host *h)
{
	make_server(h);
	set(h, "net.mptcp.add_addr_timeout", "0");
}

static void never_stale(struct host *h)
{
	set(h, "net.mptcp.stale_loss_cnt", "0");
}

static void plain_listener(struct host *h)
{
	listen_on(h, false, "sshd", 22);
}

static void plain_connection(struct host *h)
{
	add_socket(h, false, "curl");
}

static void fallen_back(struct host *h)
{
	add_socket(h, true, "curl")->fallback = true;
	count(h, "MPCapableFallbackSYNACK", 3);
}

static void fallen_back_ipv6(struct host *h)
{
	struct doctor_socket *s = add_socket(h, true, "curl");

	s->fallback = true;
	s->remote = ip("2001:db8::9");
}

static void no_join_answered(struct host *h)
{
	count(h, "MPJoinSynTx", 4);
}

static void joins_refused(struct host *h)
{
	make_server(h);
	count(h, "MPJoinRejected", 3);
}

static void wrong_checksums(struct host *h)
{
	count(h, "DataCsumErr", 1);
}

static void small_receive_buffer(struct host *h)
{
	set(h, "net.ipv4.tcp_rmem", "4096 131072 1249999");
}

static void long_path(struct host *h)
{
	h->facts.rtt_us = 600999;
	set(h, "net.ipv4.tcp_wmem", "4096 16384 15000000");
	set(h, "net.ipv4.tcp_rmem", "4096 16384 14999999");
}

static void longer_path(struct host *h)
{
	h->facts.rtt_us = 1600000;
	set(h, "net.ipv4.tcp_wmem", "4096 16384 40000000");
}

static void small_send_buffer(struct host *h)
{
	set(h, "net.ipv4.tcp_wmem", "4096 16384 1249999");
}

static void fixed_buffer(struct host *h)
{
	set(h, "net.ipv4.tcp_moderate_rcvbuf", "0");
}

static struct fact_rule *add_rule(struct host *h)
{
	struct fact_rule *r = &h->rules[h->facts.rule_count++];

	*r = (struct fact_rule){.family = "inet",
				.table = "t",
				.chain = "c",
				.handle = 7,
				.does = RULE_CHANGES,
				.own = true};
	return r;
}

static void rule_changes(struct host *h)
{
	add_rule(h);
}

static void rule_drops(struct host *h)
{
	add_rule(h)->does = RULE_DROPS;
}

static void rule_narrow(struct host *h)
{
	add_rule(h)->narrow = true;
}

static struct fact_connection *connect_to(struct host *h, const char *address)
{
	struct fact_connection *k = &h->facts.connection;

	*k = (struct fact_connection){.asked = true,
				      .name = "server",
				      .to = ip(address),
				      .port = 80,
				      .answered = true,
				      .why = "",
				      .raw = true};
	return k;
}

static void off_with_host(struct host *h)
{
	off(h);
	connect_to(h, "192.0.2.9")->error = ENOPROTOOPT;
}

static void legacy_rule(struct host *h)
{
	struct fact_rule *r = add_rule(h);

	r->legacy = true;
	r->family = "iptables-legacy";
	r->table = "mangle";
	r->chain = "OUTPUT";
	r->handle = 2;
}

static void connection_fell_back(struct host *h)
{
	struct fact_connection *k = connect_to(h, "2001:db8::9");

	k->fallback = true;
	k->why = "1 SYN/ACK";
}

static void blackhole_still(struct host *h)
{
	blackhole(h);
	connect_to(h, "192.0.2.9")->error = ETIMEDOUT;
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

static void few_joined(struct host *h)
{
	struct fact_connection *k = connect_to(h, "192.0.2.9");

	k->expected = 2;
	k->tried = 2;
	k->joined = 1;
}

static void none_joined(struct host *h)
{
	struct fact_connection *k = connect_to(h, "2001:db8::9");

	k->expected = 1;
	k->tried = 1;
}

/* The same links, with addresses and routes of IPv6. */
static void both_families(struct host *h)
{
	h->facts.servers[1].address = ip("2001:db8::1");
	h->facts.to_server[1] = by(2);
	add_uplink(h, 2, "eth0", "2001:db8:1::1", "2001:db8:1::2");
	add_uplink(h, 3, "up1", "2001:db8:9::1", "2001:db8:9::2");
	h->facts.link_count -= 2;
}

static void ipv4_endpoint_only(struct host *h)
{
	both_families(h);
}

static void ipv4_endpoint_for_ipv6(struct host *h)
{
	both_families(h);
	h->facts.servers[1].host = true;
}

static void neither_family(struct host *h)
{
	both_families(h);
	h->facts.endpoint_count = 0;
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
	{few_joined, "connection",
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
	{legacy_rule, "firewall.legacy",
	 "iptables-legacy, table mangle, rule 2 of OUTPUT",
	 "iptables-legacy -t mangle -D OUTPUT 2", EFFECT_OFF},
	{rule_narrow, "firewall", "MPTCP options of some packets (rule 7",
	 "nft delete rule inet t c handle 7", EFFECT_MAYBE_OFF},
	{rule_drops, "firewall", "drops segments",
	 "nft delete rule inet t c handle 7", EFFECT_OFF},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static size_t count_state(const struct checkup *c, enum check_state state)
{
	size_t found = 0;

	for (size_t i = 0; i < c->count; i++)
		found += c->checks[i].state == state;
	return found;
}

static const struct doctor_check *first(const struct checkup *c,
					enum check_state state)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->checks[i].state == state)
			return &c->checks[i];
	fail_msg("there is none");
	return NULL;
}

static void test_each_wrong_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		struct host *h = make_host();
		const struct doctor_check *found;
		struct checkup c;

		wrongs[i].make(h);
		c = checks_ask(&h->facts);
		if (count_state(&c, CHECK_WRONG) != 1)
			fail_msg("%zu: %s: %zu are wrong", i, wrongs[i].id,
				 count_state(&c, CHECK_WRONG));
		found = first(&c, CHECK_WRONG);
		assert_string_equal(found->id, wrongs[i].id);
		if (!strstr(found->text, wrongs[i].text))
			fail_msg("%s: '%s' is not in '%s'", found->id,
				 wrongs[i].text, found->text);
		if (strncmp(found->commands, wrongs[i].command,
			    strlen(wrongs[i].command)) != 0)
			fail_msg("%s: %s", found->id, found->commands);
		assert_int_equal(found->effect, wrongs[i].effect);
		assert_int_equal(count_state(&c, CHECK_UNKNOWN), 0);
		free_host(h);
	}
}

/* --- what only looks wrong ----------------------------------------------- */

static void as_it_is(struct host *h)
{
	(void)h;
}

static void no_blackhole_timer(struct host *h)
{
	unset(h, "net.mptcp.blackhole_timeout");
	count(h, "Blackhole", 2);
}

static void blackhole_never(struct host *h)
{
	set(h, "net.mptcp.blackhole_timeout", "0");
	count(h, "Blackhole", 2);
}

static void other_scheduler(struct host *h)
{
	set(h, "net.mptcp.scheduler", "burst");
}

static void mptcpd(struct host *h)
{
	set(h, "net.mptcp.path_manager", "userspace");
	h->facts.mptcpd = true;
	h->facts.endpoint_count = 0;
	h->facts.subflows = 0;
}

/* The first uplink's needs no subflow of its own. */
static void endpoint_of_main(struct host *h)
{
	add_endpoint(h, "10.0.1.1", 2, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void announced_and_accepted(struct host *h)
{
	count(h, "AddAddr", 1);
	h->facts.add_addr_accepted = 1;
}

static void fullmesh_and_accepted(struct host *h)
{
	fullmesh(h);
	h->facts.add_addr_accepted = 1;
}

static void bridge(struct host *h)
{
	add_uplink(h, 4, "docker0", "172.17.0.1", "172.17.0.2");
	h->facts.route_count--;
}

static void uplink_down(struct host *h)
{
	no_endpoint_of_one(h);
	h->links[3].up = false;
}

static void uplink_elsewhere(struct host *h)
{
	no_endpoint_of_one(h);
	h->addresses[2].bound = by(0);
}

static void made_by_kernel(struct host *h)
{
	add_endpoint(h, "192.0.2.7", 0, ENDPOINT_IMPLICIT);
}

static void bound_endpoint(struct host *h)
{
	h->addresses[1].anyhow = by(2);
}

static void strict_but_by_rules(struct host *h)
{
	h->links[2].rp_filter = 1;
}

static void loose_filter(struct host *h)
{
	strict_filter(h);
	h->links[2].rp_filter = 2;
}

static void signal_with_port(struct host *h)
{
	signal_on_client(h);
	h->endpoints[0].port = 9999;
}

static void joined_elsewhere(struct host *h)
{
	make_server(h);
	set(h, "net.mptcp.allow_join_initial_addr_port", "0");
}

static void client_of_no_initial(struct host *h)
{
	set(h, "net.mptcp.allow_join_initial_addr_port", "0");
	set(h, "net.mptcp.add_addr_timeout", "0");
}

static void both_listen(struct host *h)
{
	make_server(h);
	listen_on(h, false, "sshd", 22);
	add_socket(h, false, "sshd")->accepted = true;
}

static void both_connect(struct host *h)
{
	add_socket(h, true, "curl");
	add_socket(h, false, "ssh");
	count(h, "MPCapableFallbackSYNACK", 3);
}

static void a_join_answered(struct host *h)
{
	count(h, "MPJoinSynTx", 3);
	count(h, "MPJoinSynAckRx", 1);
}

static void refused_as_limited(struct host *h)
{
	mptcpd(h);
	count(h, "MPJoinRejected", 3);
}

static void rule_looks(struct host *h)
{
	add_rule(h)->does = RULE_LOOKS;
}

static void rule_of_others(struct host *h)
{
	add_rule(h)->forward = true;
}

static void no_nftables(struct host *h)
{
	h->facts.firewall_known = NOT_THERE;
}

static void announced_to_server(struct host *h)
{
	make_server(h);
	announced(h);
}

static void announced_behind_nat(struct host *h)
{
	make_server(h);
	add_endpoint(h, "198.51.100.7", 0, ENDPOINT_SIGNAL);
}

static void buffers_just_enough(struct host *h)
{
	h->facts.rtt_us = 50000;
	set(h, "net.ipv4.tcp_rmem", "4096 131072 1250000");
	set(h, "net.ipv4.tcp_wmem", "4096 16384 1250000");
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
			ip(addresses[i]);
		add_endpoint(h, addresses[i], 3, ENDPOINT_SUBFLOW);
	}
	h->facts.subflows = 8;
}

static void few_joins(struct host *h)
{
	count(h, "MPJoinSynTx", 3);
}

static void connected(struct host *h)
{
	connect_to(h, "192.0.2.9");
}

static void blackhole_over(struct host *h)
{
	blackhole(h);
	connect_to(h, "192.0.2.9");
}

static void blackhole_mended(struct host *h)
{
	blackhole(h);
	h->facts.sends = SENDS_MPTCP;
}

static void all_joined(struct host *h)
{
	few_joined(h);
	h->facts.connection.joined = 2;
}

/* More than the endpoints ask for, as the server announced addresses. */
static void more_tried(struct host *h)
{
	few_joined(h);
	h->facts.connection.expected = 1;
}

static void ipv4_endpoint_for_ipv4(struct host *h)
{
	both_families(h);
	h->facts.servers[0].host = true;
}

/* A connection uses those of one family. */
static void endpoints_of_both(struct host *h)
{
	both_families(h);
	add_endpoint(h, "2001:db8:9::1", 3, ENDPOINT_SUBFLOW);
	h->facts.subflows = 1;
}

static void legacy_looks(struct host *h)
{
	legacy_rule(h);
	h->rules[0].does = RULE_LOOKS;
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
		make_server,
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
	};

	(void)state;
	for (size_t i = 0; i < COUNT(makes); i++) {
		struct host *h = make_host();
		struct checkup c;

		makes[i](h);
		c = checks_ask(&h->facts);
		if (count_state(&c, CHECK_OK) != c.count)
			for (size_t k = 0; k < c.count; k++)
				if (c.checks[k].state != CHECK_OK)
					fail_msg("%zu: %s: %s", i,
						 c.checks[k].id,
						 c.checks[k].text);
		free_host(h);
	}
}

/* --- what is not known --------------------------------------------------- */

static void no_proc(struct host *h)
{
	h->facts.setting_count = 0;
}

static void limits_hidden(struct host *h)
{
	h->facts.endpoints_known = NOT_THERE;
	h->facts.endpoint_count = 0;
	h->facts.subflows = -1;
}

static void routes_hidden(struct host *h)
{
	h->facts.routes_known = NOT_THERE;
	h->facts.address_count = 0;
}

static void sockets_hidden(struct host *h)
{
	h->facts.mptcp_sockets_known = NOT_THERE;
	add_socket(h, false, "curl");
}

static void firewall_hidden(struct host *h)
{
	h->facts.firewall_known = NOT_PERMITTED;
}

static void rule_goes_on(struct host *h)
{
	add_rule(h)->does = RULE_GOES_ON;
}

static void rule_in_other_chain(struct host *h)
{
	add_rule(h)->own = false;
}

static void legacy_rules(struct host *h)
{
	h->facts.legacy_tables = "mangle";
}

static void listeners_hidden(struct host *h)
{
	plain_listener(h);
	h->facts.listeners_hidden = true;
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
}

static void manager_hidden(struct host *h)
{
	no_manager(h);
	h->facts.programs_hidden = true;
}

static void connection_refused(struct host *h)
{
	connect_to(h, "192.0.2.9")->error = ECONNREFUSED;
}

static void not_answered(struct host *h)
{
	connect_to(h, "192.0.2.9")->answered = false;
}

static void not_tried(struct host *h)
{
	few_joined(h);
	h->facts.connection.tried = 1;
}

static void closed_early(struct host *h)
{
	few_joined(h);
	h->facts.connection.closed = true;
}

static void not_probed(struct host *h)
{
	connect_to(h, "192.0.2.9")->raw = false;
}

static const struct {
	void (*make)(struct host *h);
	const char *id, *command;
} unknowns[] = {
	{listeners_hidden, "listeners", "ss -tlnp"},
	{manager_hidden, "path_manager", "sudo mpprobe doctor"},
	{connection_refused, "connection", "mpprobe 192.0.2.9:80"},
	{not_answered, "connection", "mpprobe 192.0.2.9:80"},
	{not_tried, "connection",
	 "mpprobe -i all 192.0.2.9:80\nmpprobe 192.0.2.9:80"},
	{closed_early, "connection",
	 "mpprobe -i all 192.0.2.9:80\nmpprobe 192.0.2.9:80"},
	{not_probed, "path", "sudo mpprobe doctor server"},
	{no_proc, "support", "mount -t proc proc /proc"},
	{limits_hidden, "limit.subflows", "ip mptcp limits show"},
	{routes_hidden, "uplinks", "ip route show table all"},
	{sockets_hidden, "listeners", "modprobe -a tcp_diag mptcp_diag"},
	{firewall_hidden, "firewall", "sudo mpprobe doctor"},
	{rule_goes_on, "firewall", "nft -a list chain inet t c"},
	{rule_in_other_chain, "firewall", "nft -a list chain inet t c"},
	{legacy_rules, "firewall.legacy",
	 "iptables-legacy-save | grep -e TCPOPTSTRIP -e tcp-option"},
};

static void test_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unknowns); i++) {
		struct host *h = make_host();
		const struct doctor_check *found;
		struct checkup c;

		unknowns[i].make(h);
		c = checks_ask(&h->facts);
		assert_int_equal(count_state(&c, CHECK_UNKNOWN), 1);
		assert_int_equal(count_state(&c, CHECK_WRONG), 0);
		found = first(&c, CHECK_UNKNOWN);
		assert_string_equal(found->id, unknowns[i].id);
		assert_string_equal(found->commands, unknowns[i].command);
		assert_in_range(found->effect, EFFECT_OFF, EFFECT_WORSE);
		free_host(h);
	}
}

/* What a command that mends one thing would uncover is said at once. */
static void test_all_at_once(void **state)
{
	static const char *const ids[] = {"path_manager", "limit.subflows",
					  "endpoint.link"};
	struct host *h = make_host();
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
	free_host(h);
}

/* Nobody else's name stands for a program that this user may not see. */
static void test_programs_without_names(void **state)
{
	struct host *h = make_host();
	struct checkup c;

	(void)state;
	add_socket(h, false, NULL)->user = 33;
	add_socket(h, false, NULL)->user = 33;
	add_socket(h, false, NULL)->user = 34;
	add_socket(h, false, "curl");
	c = checks_ask_one(&h->facts, "programs");
	assert_int_equal(c.count, 1);
	assert_non_null(strstr(c.checks[0].text,
			       "a program of user 33 (2), a program of user 34 "
			       "(1), curl (1)"));
	assert_string_equal(c.checks[0].commands, "mptcpize run curl");
	free_host(h);
}

/* Nothing that a shell would obey comes from who names a program. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {"x;reboot", "$(reboot)", "a b",
					    "`x`",	"-x",	     ""};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct host *h = make_host();
		struct checkup c;

		add_socket(h, false, names[i]);
		c = checks_ask_one(&h->facts, "programs");
		assert_string_equal(c.checks[0].commands,
				    "mptcpize run PROGRAM");
		free_host(h);
	}
}

static void test_many_programs(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e",
					    "f", "g", "h", "i", "j"};
	struct host *h = make_host();
	struct checkup c;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		add_socket(h, false, names[i]);
	c = checks_ask_one(&h->facts, "programs");
	assert_non_null(strstr(c.checks[0].text, "h (1) and 2 more"));
	assert_null(strstr(c.checks[0].text, "i (1)"));
	free_host(h);
}

/* One port that is listened on over IPv4 and IPv6 is one. */
static void test_ports_once(void **state)
{
	struct host *h = make_host();
	struct checkup c;

	(void)state;
	listen_on(h, true, "nginx", 80);
	listen_on(h, true, "nginx", 80);
	listen_on(h, true, "nginx", 443);
	c = checks_ask_one(&h->facts, "listeners");
	assert_string_equal(c.checks[0].text,
			    "MPTCP is accepted by nginx (80, 443)");
	free_host(h);
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
	struct host *h = make_host();
	struct doctor_verdict v = verdict_of(h);

	(void)state;
	assert_int_equal(v.exit_code, 0);
	assert_string_equal(v.status, "ok");
	firewall_hidden(h);
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
	free_host(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_wrong_alone),
		cmocka_unit_test(test_none_is_wrong),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_programs_without_names),
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_many_programs),
		cmocka_unit_test(test_ports_once),
		cmocka_unit_test(test_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
