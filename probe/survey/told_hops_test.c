/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include "probe/net/netlink.h"
#include "probe/survey/told_hops.h"

#define OURS 2 /* the index of the interface */

static const uint8_t own[] = {2, 0, 0, 0, 0, 1}, theirs[] = {2, 0, 0, 0, 0, 9};

static struct address address(const char *text)
{
	struct address a = {0};

	assert_true(address_parse(text, &a));
	return a;
}

/* --- the interface ------------------------------------------------------- */

static bool is_ethernet(unsigned short type, unsigned flags, size_t length)
{
	const uint8_t bytes[20] = {2, 0, 0, 0, 0, 1};
	struct told_hops t = {0};
	struct netlink_question q;
	struct ifinfomsg *link =
		netlink_begin(&q, RTM_NEWLINK, false, sizeof(*link));

	link->ifi_type = type;
	link->ifi_flags = flags;
	netlink_add(&q, IFLA_IFNAME, "eth0", 5);
	netlink_add(&q, IFLA_ADDRESS, bytes, length);
	netlink_add(&q, IFLA_BROADCAST, theirs, sizeof(theirs));
	told_link(&t, &q.header);
	if (t.ethernet)
		assert_memory_equal(t.own, own, sizeof(own));
	return t.ethernet;
}

static void test_link(void **state)
{
	(void)state;
	assert_true(is_ethernet(ARPHRD_ETHER, IFF_UP, 6));
	assert_false(is_ethernet(ARPHRD_LOOPBACK, IFF_UP, 6));
	assert_false(is_ethernet(ARPHRD_ETHER, IFF_UP | IFF_NOARP, 6));
	assert_false(is_ethernet(ARPHRD_ETHER, IFF_UP, 5));
	assert_false(is_ethernet(ARPHRD_ETHER, IFF_UP, 20));
}

/* --- rules --------------------------------------------------------------- */

/* A rule of the kernel's own but for what is here, with one attribute more. */
static bool is_simple(struct fib_rule_hdr rule, uint16_t type, uint32_t value)
{
	const uint32_t table = rule.table;
	struct told_hops t = {.simple = true};
	struct netlink_question q;

	rule.family = AF_INET;
	*(struct fib_rule_hdr *)netlink_begin(&q, RTM_NEWRULE, false,
					      sizeof(rule)) = rule;
	netlink_add(&q, FRA_TABLE, &table, sizeof(table));
	netlink_add(&q, type, &value, sizeof(value));
	told_rule(&t, &q.header);
	return t.simple;
}

static void test_rules(void **state)
{
	const struct fib_rule_hdr usual = {.action = FR_ACT_TO_TBL,
					   .table = RT_TABLE_DEFAULT};
	struct fib_rule_hdr rule = usual;

	(void)state;
	assert_true(is_simple(usual, FRA_PRIORITY, 32766));
	assert_true(is_simple(usual, FRA_PROTOCOL, 2));
	assert_true(is_simple(usual, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX));
	assert_false(is_simple(usual, FRA_SUPPRESS_PREFIXLEN, 0));
	assert_false(is_simple(usual, FRA_FWMARK, 1));
	rule.table = RT_TABLE_DEFAULT - 1;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
	rule.table = RT_TABLE_LOCAL;
	assert_true(is_simple(rule, FRA_PRIORITY, 1));
	rule.action = FR_ACT_BLACKHOLE;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
	rule = usual;
	rule.src_len = 8;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
	rule = usual;
	rule.dst_len = 8;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
	rule = usual;
	rule.tos = 8;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
	rule = usual;
	rule.flags = FIB_RULE_INVERT;
	assert_false(is_simple(rule, FRA_PRIORITY, 1));
}

/* What a rule before it has said stands. */
static void test_rules_before(void **state)
{
	const struct fib_rule_hdr usual = {.action = FR_ACT_TO_TBL,
					   .table = RT_TABLE_MAIN};
	struct told_hops t = {.simple = false};
	struct netlink_question q;

	(void)state;
	*(struct fib_rule_hdr *)netlink_begin(&q, RTM_NEWRULE, false,
					      sizeof(usual)) = usual;
	told_rule(&t, &q.header);
	assert_false(t.simple);
}

/* --- routes -------------------------------------------------------------- */

/* A route to all addresses, if nothing else is said. */
struct route {
	struct rtmsg header;
	uint32_t interface, table, metric;
	const char *to, *by;
	uint16_t more; /* an attribute; 0: none */
};

static const struct route usual = {.header = {.rtm_family = AF_INET,
					      .rtm_type = RTN_UNICAST,
					      .rtm_table = RT_TABLE_MAIN},
				   .interface = OURS,
				   .by = "10.0.0.1"};

static void add_address(struct netlink_question *q, uint16_t type,
			const char *text)
{
	const struct address a = address(text);

	netlink_add(q, type, a.bytes, address_length(&a));
}

static void tell(struct told_hops *t, const struct route *r)
{
	struct netlink_question q;

	*(struct rtmsg *)netlink_begin(&q, RTM_NEWROUTE, false,
				       sizeof(r->header)) = r->header;
	if (r->to)
		add_address(&q, RTA_DST, r->to);
	if (r->by)
		add_address(&q, RTA_GATEWAY, r->by);
	if (r->table)
		netlink_add(&q, RTA_TABLE, &r->table, sizeof(r->table));
	if (r->metric)
		netlink_add(&q, RTA_PRIORITY, &r->metric, sizeof(r->metric));
	if (r->more)
		netlink_add(&q, r->more, "\0\0\0\0", 4);
	netlink_add(&q, RTA_OIF, &r->interface, sizeof(r->interface));
	told_route(t, &q.header);
}

/* The router that packets to 192.0.2.1 go by, behind a default route to
 * 10.0.0.9. */
static const char *way(const struct route *r, bool bound)
{
	static char text[ADDRESS_TEXT];
	struct told_hops t = {.config = {.interface = OURS, .bound = bound}};
	const struct address to = address("192.0.2.1");
	struct route last = usual;
	int router;

	last.by = "10.0.0.9";
	last.metric = 1000;
	tell(&t, &last);
	tell(&t, r);
	routes_sort(&t.routes);
	router = routes_router(&t.routes, &to);
	text[0] = '\0';
	if (router != -1)
		address_text(&t.routes.routers[router], text);
	routes_free(&t.routes);
	return text;
}

static void test_routes(void **state)
{
	struct route r = usual;

	(void)state;
	assert_string_equal(way(&r, false), "10.0.0.1");
	r.metric = 1001;
	assert_string_equal(way(&r, false), "10.0.0.9");
	r.to = "192.0.2.0";
	r.header.rtm_dst_len = 24;
	assert_string_equal(way(&r, false), "10.0.0.1");
	r.to = "192.0.3.0";
	assert_string_equal(way(&r, false), "10.0.0.9");
	r = usual;
	r.by = NULL; /* a network of our own */
	assert_string_equal(way(&r, false), "");
	r.header.rtm_type = RTN_LOCAL;
	r.table = RT_TABLE_LOCAL;
	assert_string_equal(way(&r, true), "");
	r = usual;
	r.table = 100; /* no rule leads there */
	assert_string_equal(way(&r, false), "10.0.0.9");
	r = usual;
	r.header.rtm_flags = RTM_F_CLONED;
	assert_string_equal(way(&r, false), "10.0.0.9");
}

/* By another interface: with -i as if it were not there. */
static void test_routes_of_others(void **state)
{
	struct route r = usual;

	(void)state;
	r.interface = OURS + 1;
	assert_string_equal(way(&r, false), "");
	assert_string_equal(way(&r, true), "10.0.0.9");
	r.more = RTA_MULTIPATH; /* one of them may be ours */
	assert_string_equal(way(&r, true), "");
	r = usual;
	r.interface = OURS + 1;
	r.header.rtm_type = RTN_BLACKHOLE;
	assert_string_equal(way(&r, true), "");
}

/* What is not one router, or not for all packets, is left to the kernel. */
static void test_routes_of_the_kernel(void **state)
{
	static const uint16_t attributes[] = {RTA_VIA, RTA_MULTIPATH,
					      RTA_ENCAP};
	struct route r = usual;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		r.more = attributes[i];
		assert_string_equal(way(&r, false), "");
	}
	r.more = RTA_PREFSRC;
	assert_string_equal(way(&r, false), "10.0.0.1");
	r = usual;
	r.header.rtm_tos = 8;
	assert_string_equal(way(&r, false), "");
	r = usual;
	r.header.rtm_src_len = 8;
	assert_string_equal(way(&r, false), "");
	r = usual;
	r.header.rtm_flags = RTNH_F_DEAD;
	assert_string_equal(way(&r, false), "");
	r.header.rtm_flags = RTNH_F_LINKDOWN;
	assert_string_equal(way(&r, false), "");
	r.header.rtm_flags = RTNH_F_ONLINK;
	assert_string_equal(way(&r, false), "10.0.0.1");
}

/* One more than are kept shows that there are too many. */
static void test_too_many_routes(void **state)
{
	struct told_hops t = {.config = {.interface = OURS}};

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		tell(&t, &usual);
	assert_false(told_too_many(&t));
	for (unsigned i = 0; i < 3; i++)
		tell(&t, &usual);
	assert_true(told_too_many(&t));
	assert_int_equal(t.routes.count, 257);
	routes_free(&t.routes);
}

/* --- neighbours ---------------------------------------------------------- */

static bool is_known(uint16_t state, size_t length)
{
	struct neighbour b = {0};
	struct netlink_question q;
	struct ndmsg *header =
		netlink_begin(&q, RTM_NEWNEIGH, false, sizeof(*header));

	header->ndm_state = state;
	add_address(&q, NDA_DST, "10.0.0.1");
	netlink_add(&q, NDA_LLADDR, theirs, length);
	told_neighbour(&b, &q.header);
	if (b.known)
		assert_memory_equal(b.address, theirs, sizeof(theirs));
	return b.known;
}

static void test_neighbour(void **state)
{
	(void)state;
	assert_true(is_known(NUD_REACHABLE, 6));
	assert_true(is_known(NUD_STALE, 6));
	assert_true(is_known(NUD_PERMANENT, 6));
	assert_false(is_known(NUD_INCOMPLETE, 6));
	assert_false(is_known(NUD_FAILED, 6));
	assert_false(is_known(NUD_REACHABLE, 5));
}

/* --- frames -------------------------------------------------------------- */

/* The first packet to each router is the kernel's to send. */
static void test_header(void **state)
{
	static const uint8_t frame[] = {2, 0, 0, 0, 0, 9, 2,
					0, 0, 0, 0, 1, 8, 0};
	const struct address four = address("192.0.2.1"),
			     six = address("2001:db8::1"),
			     none = address("2002::1");
	struct told_hops t = {.config = {.interface = OURS}, .ethernet = true};
	struct route r = usual;
	uint8_t out[ETHERNET_HEADER];

	(void)state;
	memcpy(t.own, own, sizeof(own));
	tell(&t, &r);
	r.header.rtm_family = AF_INET6;
	r.header.rtm_dst_len = 16;
	r.to = "2001::";
	r.by = "fe80::1";
	tell(&t, &r);
	routes_sort(&t.routes);
	assert_false(told_header(&t, &none, out));
	assert_false(told_header(&t, &four, out));
	for (unsigned i = 0; i < 2; i++) {
		t.neighbours[i].known = t.neighbours[i].kernels_turn = true;
		memcpy(t.neighbours[i].address, theirs, sizeof(theirs));
	}
	assert_false(told_header(&t, &four, out));
	assert_true(told_header(&t, &four, out));
	assert_memory_equal(out, frame, sizeof(frame));
	assert_false(told_header(&t, &six, out));
	assert_true(told_header(&t, &six, out));
	assert_memory_equal(out, frame, 12);
	assert_int_equal(out[12] << 8 | out[13], 0x86dd);
	routes_free(&t.routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rules_before),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_routes_of_others),
		cmocka_unit_test(test_routes_of_the_kernel),
		cmocka_unit_test(test_too_many_routes),
		cmocka_unit_test(test_neighbour),
		cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
