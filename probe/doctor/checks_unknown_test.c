/* SPDX-License-Identifier: GPL-3.0-or-later
 * What this host does not tell.
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
	host_socket(h, false, "curl");
}

static void firewall_hidden(struct host *h)
{
	h->facts.firewall_known = NOT_PERMITTED;
}

static void rule_goes_on(struct host *h)
{
	host_rule(h)->does = RULE_GOES_ON;
}

static void rule_in_other_chain(struct host *h)
{
	host_rule(h)->own = false;
}

static void legacy_rules(struct host *h)
{
	h->facts.legacy_tables = "mangle";
}

static void listeners_hidden(struct host *h)
{
	host_listen(h, false, "sshd", 22);
	h->facts.listeners_hidden = true;
	h->endpoints[0].flags = ENDPOINT_SIGNAL;
}

static void manager_hidden(struct host *h)
{
	host_set(h, "net.mptcp.path_manager", "userspace");
	h->facts.programs_hidden = true;
}

static void connection_refused(struct host *h)
{
	host_connect(h, "192.0.2.9")->error = ECONNREFUSED;
}

static void not_answered(struct host *h)
{
	host_connect(h, "192.0.2.9")->answered = false;
}

static void not_tried(struct host *h)
{
	host_few_joined(h);
	h->facts.connection.tried = 1;
}

static void closed_early(struct host *h)
{
	host_few_joined(h);
	h->facts.connection.closed = true;
}

static void not_probed(struct host *h)
{
	host_connect(h, "192.0.2.9")->raw = false;
}

static void endpoints_hidden(struct host *h)
{
	h->facts.endpoints_known = NOT_THERE;
}

static void subflows_hidden(struct host *h)
{
	h->facts.subflows = -1;
}

static void tcp_hidden(struct host *h)
{
	h->facts.sockets_known = NOT_THERE;
	host_socket(h, false, "curl");
}

static void legacy_goes_on(struct host *h)
{
	host_legacy_rule(h);
	h->rules[0].does = RULE_GOES_ON;
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
	{endpoints_hidden, "limit.subflows", "ip mptcp limits show"},
	{subflows_hidden, "limit.subflows", "ip mptcp limits show"},
	{tcp_hidden, "listeners", "modprobe -a tcp_diag mptcp_diag"},
	{legacy_goes_on, "firewall.legacy", "iptables-legacy -t mangle -S"},
};

static void test_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unknowns); i++) {
		struct host *h = host_new();
		const struct doctor_check *found;
		struct checkup c;

		unknowns[i].make(h);
		c = checks_ask(&h->facts);
		assert_int_equal(checkup_count(&c, CHECK_UNKNOWN), 1);
		assert_int_equal(checkup_count(&c, CHECK_WRONG), 0);
		found = checkup_first(&c, CHECK_UNKNOWN);
		assert_string_equal(found->id, unknowns[i].id);
		assert_string_equal(found->commands, unknowns[i].command);
		assert_in_range(found->effect, EFFECT_OFF, EFFECT_WORSE);
		assert_true(checks_ask_one(&h->facts, found->id).count <= 1);
		host_free(h);
	}
}

/* What is connected with MPTCP is not told, either. */
static void test_connections_hidden(void **state)
{
	struct host *h = host_new();

	(void)state;
	sockets_hidden(h);
	assert_int_equal(checks_ask_one(&h->facts, "connections").count, 0);
	host_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_connections_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
