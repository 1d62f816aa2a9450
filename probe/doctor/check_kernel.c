// SPDX-License-Identifier: GPL-3.0-or-later
/* Settings of the kernel. */
#include <inttypes.h>
#include <string.h>

#include "probe/doctor/checks.h"

void check_support(struct checkup *c)
{
	const struct facts *f = c->facts;

	if (!facts_setting(f, "net.mptcp.enabled") && !f->socket_error[0])
		check_unknown(c, EFFECT_OFF,
			      "MPTCP sockets can be made, but "
			      "/proc/sys/net/mptcp is not there to be read",
			      "mount -t proc proc /proc");
	else if (!facts_setting(f, "net.mptcp.enabled"))
		check_wrong(c, EFFECT_OFF,
			    "this kernel has no MPTCP (Linux 5.6 and newer "
			    "with CONFIG_MPTCP have it)",
			    "grep MPTCP /boot/config-$(uname -r)");
	else if (facts_number(f, "net.mptcp.enabled") == 0)
		check_ok(c, "this kernel has MPTCP");
	else if (f->socket_error[0])
		check_wrong(c, EFFECT_OFF,
			    SAY(c,
				"no MPTCP socket can be made: %s (a security "
				"module or a filter of system calls)",
				strerror(f->socket_error[0])),
			    "dmesg | grep -i denied");
	else if (f->socket_error[1])
		check_ok(c, "this kernel has MPTCP, over IPv4 only");
	else
		check_ok(c, "this kernel has MPTCP, and makes its sockets");
}

void check_enabled(struct checkup *c)
{
	if (facts_number(c->facts, "net.mptcp.enabled") == 0)
		check_wrong(c, EFFECT_OFF, "net.mptcp.enabled is 0",
			    "sysctl -w net.mptcp.enabled=1");
	else
		check_ok(c, "net.mptcp.enabled is 1");
}

/* "since this host was booted" */
static const char *from_when(const struct checkup *c)
{
	return c->facts->since ? SAY(c, "since %s", c->facts->since)
			       : "since boot";
}

/* A connection of its own, or a SYN to this host itself, tells. */
static enum sends sends_now(const struct facts *f)
{
	if (f->connection.asked && !f->connection.error &&
	    !f->connection.fallback)
		return SENDS_MPTCP;
	return f->sends;
}

/* Writing the timeout, with whatever value, switches MPTCP on at once. */
void check_blackhole(struct checkup *c)
{
	const struct facts *f = c->facts;
	uint64_t found = facts_counter(f, "Blackhole");
	uint64_t plain = facts_counter(f, "MPCapableSYNTXDisabled");
	long timeout = facts_number(f, "net.mptcp.blackhole_timeout");

	if (timeout < 0)
		check_ok(c, "this kernel never stops trying MPTCP");
	else if (timeout == 0)
		check_ok(c, "net.mptcp.blackhole_timeout is 0: this kernel "
			    "never stops trying");
	else if (!found && !plain && f->sends != SENDS_PLAIN)
		check_ok(c, SAY(c, "no SYN with MP_CAPABLE was given up %s",
				from_when(c)));
	else if (sends_now(f) == SENDS_MPTCP)
		check_ok(c, SAY(c,
				"MPTCP was off for a while (blackholes: "
				"%" PRIu64 " %s), and is on now",
				found, from_when(c)));
	else if (f->sends == SENDS_PLAIN)
		check_wrong(c, EFFECT_OFF,
			    SAY(c,
				"SYNs with MP_CAPABLE went unanswered, and "
				"MPTCP is off for a while (blackholes: "
				"%" PRIu64 ", SYNs without it since: %" PRIu64
				", both %s)",
				found, plain, from_when(c)),
			    SAY(c, "sysctl -w net.mptcp.blackhole_timeout=%ld",
				timeout));
	else
		check_wrong(
			c, EFFECT_MAYBE_OFF,
			SAY(c,
			    "SYNs with MP_CAPABLE went unanswered, and "
			    "MPTCP was off for a while (blackholes: "
			    "%" PRIu64 ", SYNs without it since: %" PRIu64
			    ", both %s); whether it is off now is not known",
			    found, plain, from_when(c)),
			SAY(c, "sysctl -w net.mptcp.blackhole_timeout=%ld",
			    timeout));
}

void check_retransmissions(struct checkup *c)
{
	long before = facts_number(c->facts,
				   "net.mptcp.syn_retrans_before_tcp_fallback");

	if (before == 0)
		check_wrong(c, EFFECT_WORSE,
			    "net.mptcp.syn_retrans_before_tcp_fallback is 0: "
			    "a lost SYN is repeated without MP_CAPABLE, and "
			    "the connection is plain TCP",
			    "sysctl -w "
			    "net.mptcp.syn_retrans_before_tcp_fallback=2");
	else if (before > 0)
		check_ok(c,
			 SAY(c, "the first %ld repeated SYN%s MP_CAPABLE too",
			     before, before == 1 ? " has" : "s have"));
}

void check_checksum(struct checkup *c)
{
	long checksum = facts_number(c->facts, "net.mptcp.checksum_enabled");

	if (checksum == 1)
		check_wrong(c, EFFECT_WORSE,
			    "net.mptcp.checksum_enabled is 1: servers of Linux "
			    "before 5.14 answer this as plain TCP, and every "
			    "byte is summed up",
			    "sysctl -w net.mptcp.checksum_enabled=0");
	else if (checksum == 0)
		check_ok(c, "DSS checksums are not asked for");
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (; words; words = strchr(words, ' ')) {
		words += strspn(words, " ");
		if (!strncmp(words, word, length) && strchr(" ", words[length]))
			return true;
	}
	return false;
}

void check_scheduler(struct checkup *c)
{
	const char *name = facts_setting(c->facts, "net.mptcp.scheduler");
	const char *known =
		facts_setting(c->facts, "net.mptcp.available_schedulers");

	if (!name)
		return;
	if (known && !has_word(known, name))
		check_wrong(c, EFFECT_WORSE,
			    SAY(c,
				"the scheduler %s is not there (this kernel "
				"has: %s)",
				name, known),
			    "sysctl -w net.mptcp.scheduler=default");
	else
		check_ok(c, SAY(c, "the scheduler is %s", name));
}

/* Who adds endpoints, as far as that is to be seen. */
static const char *managers(const struct checkup *c)
{
	const struct facts *f = c->facts;
	const char *text = "";

	if (f->mptcpd)
		text = ", mptcpd";
	if (f->network_manager)
		text = SAY(c, "%s, NetworkManager", text);
	if (f->networkd)
		text = SAY(c, "%s, systemd-networkd", text);
	return *text ? SAY(c, "%s runs", text + 2)
		     : "no program adds endpoints";
}

static void no_manager(struct checkup *c)
{
	const struct facts *f = c->facts;
	const char *value = facts_setting(f, "net.mptcp.path_manager");
	const char *name = value ? "path_manager" : "pm_type";
	const char *command = SAY(c, "sysctl -w net.mptcp.%s=%s", name,
				  value ? "kernel" : "0");

	if (!value)
		value = facts_setting(f, "net.mptcp.pm_type");
	if (f->programs_hidden)
		check_unknown(c, EFFECT_PATHS,
			      SAY(c,
				  "net.mptcp.%s is %s; whether an mptcpd runs "
				  "is hidden from this user",
				  name, value),
			      "sudo mpprobe doctor");
	else
		check_wrong(c, EFFECT_PATHS,
			    SAY(c,
				"net.mptcp.%s is %s, and there is no mptcpd to "
				"add subflows",
				name, value),
			    command);
}

void check_path_manager(struct checkup *c)
{
	if (facts_kernel_manages(c->facts))
		check_ok(c, SAY(c, "the path manager is the kernel's; %s",
				managers(c)));
	else if (c->facts->mptcpd)
		check_ok(c, "the path manager is mptcpd");
	else
		no_manager(c);
}

static bool announces(const struct facts *f)
{
	for (size_t i = 0; i < f->endpoint_count; i++)
		if (f->endpoints[i].flags & ENDPOINT_SIGNAL)
			return true;
	return false;
}

/* Flag C of a server: nobody may join the address that was connected to. */
void check_initial_address(struct checkup *c)
{
	const struct facts *f = c->facts;
	long allowed =
		facts_number(f, "net.mptcp.allow_join_initial_addr_port");

	if (allowed != 0 || !facts_accepts_mptcp(f))
		return;
	if (announces(f))
		check_ok(c, "joins go to the addresses that are announced "
			    "(net.mptcp.allow_join_initial_addr_port is 0)");
	else
		check_wrong(c, EFFECT_PATHS,
			    "net.mptcp.allow_join_initial_addr_port is 0 and "
			    "no address is announced: clients can join nowhere",
			    "sysctl -w "
			    "net.mptcp.allow_join_initial_addr_port=1");
}

void check_add_addr_timeout(struct checkup *c)
{
	const struct facts *f = c->facts;

	if (!announces(f))
		return;
	if (facts_number(f, "net.mptcp.add_addr_timeout") == 0)
		check_wrong(c, EFFECT_WORSE,
			    "net.mptcp.add_addr_timeout is 0: an ADD_ADDR that "
			    "is lost is not sent again",
			    "sysctl -w net.mptcp.add_addr_timeout=120");
	else
		check_ok(c, "an ADD_ADDR that is lost is sent again");
}

void check_stale(struct checkup *c)
{
	long count = facts_number(c->facts, "net.mptcp.stale_loss_cnt");

	if (count == 0)
		check_wrong(c, EFFECT_WORSE,
			    "net.mptcp.stale_loss_cnt is 0: a subflow whose "
			    "path is dead is used on",
			    "sysctl -w net.mptcp.stale_loss_cnt=4");
	else if (count > 0)
		check_ok(c, SAY(c,
				"a subflow is set aside after %ld time-out%s "
				"without an ACK",
				count, count == 1 ? "" : "s"));
}
