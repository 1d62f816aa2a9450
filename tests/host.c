/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/arena.h"
#include "tests/host.h"

struct address host_address(const char *text)
{
	struct address a;

	assert_true(address_parse(text, &a));
	return a;
}

void host_set(struct host *h, const char *name, const char *value)
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

void host_unset(struct host *h, const char *name)
{
	for (size_t i = 0; i < h->facts.setting_count; i++)
		if (!strcmp(h->settings[i].name, name))
			h->settings[i].name = "other";
}

void host_count(struct host *h, const char *name, uint64_t value)
{
	h->counters[h->facts.counter_count++] =
		(struct doctor_counter){name, value};
}

struct fact_lookup host_leaves_by(unsigned link)
{
	return (struct fact_lookup){true, link != 0, link};
}

void host_uplink(struct host *h, unsigned index, const char *name,
		 const char *address, const char *gateway)
{
	struct address a = host_address(address);

	h->links[h->facts.link_count++] = (struct fact_link){
		.index = index, .name = name, .up = true, .carrier = true};
	h->addresses[h->facts.address_count++] =
		(struct fact_address){.address = a,
				      .prefix = a.family == 4 ? 24 : 64,
				      .link = index,
				      .anyhow = host_leaves_by(index),
				      .bound = host_leaves_by(index)};
	h->routes[h->facts.route_count++] =
		(struct fact_route){.to = {.family = a.family},
				    .gateway = host_address(gateway),
				    .link = index,
				    .table = 254};
}

static const char *name_of(const struct host *h, unsigned link)
{
	for (size_t i = 0; i < h->facts.link_count; i++)
		if (h->links[i].index == link)
			return h->links[i].name;
	return NULL;
}

void host_endpoint(struct host *h, const char *address, unsigned link,
		   uint32_t flags)
{
	unsigned id = (unsigned)++h->facts.endpoint_count;

	h->endpoints[id - 1] =
		(struct doctor_endpoint){.id = id,
					 .address = host_address(address),
					 .link = link,
					 .device = name_of(h, link),
					 .flags = flags};
}

struct doctor_socket *host_socket(struct host *h, bool mptcp,
				  const char *program)
{
	struct doctor_socket *s = &h->sockets[h->facts.socket_count++];

	*s = (struct doctor_socket){.mptcp = mptcp,
				    .local = host_address("10.0.1.1"),
				    .remote = host_address("192.0.2.9"),
				    .local_port = 40000,
				    .remote_port = 443,
				    .program = program};
	return s;
}

void host_listen(struct host *h, bool mptcp, const char *program, uint16_t port)
{
	struct doctor_socket *s = host_socket(h, mptcp, program);

	s->listening = true;
	s->local_port = port;
}

static void make_settings(struct host *h)
{
	host_set(h, "net.mptcp.enabled", "1");
	host_set(h, "net.mptcp.blackhole_timeout", "3600");
	host_set(h, "net.mptcp.syn_retrans_before_tcp_fallback", "2");
	host_set(h, "net.mptcp.checksum_enabled", "0");
	host_set(h, "net.mptcp.scheduler", "default");
	host_set(h, "net.mptcp.available_schedulers", "default burst");
	host_set(h, "net.mptcp.path_manager", "kernel");
	host_set(h, "net.mptcp.pm_type", "0");
	host_set(h, "net.mptcp.allow_join_initial_addr_port", "1");
	host_set(h, "net.mptcp.add_addr_timeout", "120");
	host_set(h, "net.mptcp.stale_loss_cnt", "4");
	host_set(h, "net.ipv4.tcp_rmem", "4096 131072 6291456");
	host_set(h, "net.ipv4.tcp_wmem", "4096 16384 4194304");
	host_set(h, "net.ipv4.tcp_moderate_rcvbuf", "1");
}

struct host *host_new(void)
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
		.servers = {{.address = host_address("192.0.2.1")}},
		.to_server = {host_leaves_by(2)},
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
	host_uplink(h, 2, "eth0", "10.0.1.1", "10.0.1.2");
	host_uplink(h, 3, "up1", "10.9.1.1", "10.9.1.2");
	host_endpoint(h, "10.9.1.1", 3, ENDPOINT_SUBFLOW);
	return h;
}

void host_free(struct host *h)
{
	arena_free(h->facts.arena);
	free(h);
}

void host_serves(struct host *h)
{
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
	host_listen(h, true, "nginx", 80);
}

struct fact_rule *host_rule(struct host *h)
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

struct fact_connection *host_connect(struct host *h, const char *address)
{
	struct fact_connection *k = &h->facts.connection;

	*k = (struct fact_connection){.asked = true,
				      .name = "server",
				      .to = host_address(address),
				      .port = 80,
				      .answered = true,
				      .why = "",
				      .raw = true};
	return k;
}

void host_legacy_rule(struct host *h)
{
	struct fact_rule *r = host_rule(h);

	r->legacy = true;
	r->family = "iptables-legacy";
	r->table = "mangle";
	r->chain = "OUTPUT";
	r->handle = 2;
}

void host_few_joined(struct host *h)
{
	struct fact_connection *k = host_connect(h, "192.0.2.9");

	k->expected = 2;
	k->tried = 2;
	k->joined = 1;
}

/* The same links, with addresses and routes of IPv6. */
void host_both_families(struct host *h)
{
	h->facts.servers[1].address = host_address("2001:db8::1");
	h->facts.to_server[1] = host_leaves_by(2);
	host_uplink(h, 2, "eth0", "2001:db8:1::1", "2001:db8:1::2");
	host_uplink(h, 3, "up1", "2001:db8:9::1", "2001:db8:9::2");
	h->facts.link_count -= 2;
}

size_t checkup_count(const struct checkup *c, enum check_state state)
{
	size_t found = 0;

	for (size_t i = 0; i < c->count; i++)
		found += c->checks[i].state == state;
	return found;
}

const struct doctor_check *checkup_first(const struct checkup *c,
					 enum check_state state)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->checks[i].state == state)
			return &c->checks[i];
	fail_msg("there is none");
	return NULL;
}
