// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: rules of iptables-legacy and ip6tables-legacy that look at TCP
 * option 30, or change it. Tables that nobody has used are not asked for, as
 * the kernel would make them. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "probe/doctor/gather.h"
#include "probe/doctor/gather_rules.h"

/* What differs between IPv4 and IPv6. */
struct version {
	int family, level, get_info, get_entries;
	const char *program, *names;
	/* Within an entry. */
	size_t targets_at, next_at, matches_at;
	size_t conditions; /* bytes at its beginning: addresses, interfaces */
};

static const struct version versions[] = {
	{AF_INET, IPPROTO_IP, IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES,
	 "iptables-legacy", "net/ip_tables_names",
	 offsetof(struct ipt_entry, target_offset),
	 offsetof(struct ipt_entry, next_offset), sizeof(struct ipt_entry),
	 offsetof(struct ipt_entry, ip.proto)},
	{AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO, IP6T_SO_GET_ENTRIES,
	 "ip6tables-legacy", "net/ip6_tables_names",
	 offsetof(struct ip6t_entry, target_offset),
	 offsetof(struct ip6t_entry, next_offset), sizeof(struct ip6t_entry),
	 offsetof(struct ip6t_entry, ipv6.proto)},
};

/* A table that is walked. */
struct walk {
	struct facts *facts;
	const struct version *version;
	const char *table;
	struct ipt_getinfo info; /* has the same form for IPv6 */
	const char *chain;	 /* where the walk is */
	unsigned hook, number;	 /* the chain's; the rule's in it */
	bool built_in;
	struct rule_list *out;
};

static uint16_t short_at(const uint8_t *entry, size_t at)
{
	uint16_t value;

	memcpy(&value, entry + at, sizeof(value));
	return value;
}

/* Chains begin where a hook enters, or behind an entry that names them. */
static void begin_chain(struct walk *w, size_t offset)
{
	static const char *const hooks[] = {"PREROUTING", "INPUT", "FORWARD",
					    "OUTPUT", "POSTROUTING"};

	for (unsigned i = 0; i < NF_INET_NUMHOOKS; i++)
		if (w->info.valid_hooks >> i & 1 &&
		    w->info.hook_entry[i] == offset) {
			w->chain = hooks[i];
			w->hook = i;
			w->number = 0;
			w->built_in = true;
		}
}

static void take_target(struct walk *w, const uint8_t *target, size_t length,
			struct doing *d)
{
	const size_t head = sizeof(struct xt_entry_target);
	const char *name = (const char *)target + 2;
	int32_t verdict;

	if (length < head + sizeof(verdict))
		return;
	memcpy(&verdict, target + head, sizeof(verdict));
	if (!strcmp(name, XT_ERROR_TARGET)) {
		w->chain = arena_printf(w->facts->arena, "%.*s",
					(int)(length - head),
					(const char *)target + head);
		w->number = 0;
		w->built_in = false;
	} else if (*name) {
		doing_target(d, name, target + head, length - head);
	} else {
		d->drops |= verdict == -NF_DROP - 1;
		d->goes_on |= verdict >= 0;
	}
}

static void take_entry(struct walk *w, const uint8_t *entry)
{
	size_t targets = short_at(entry, w->version->targets_at);
	size_t next = short_at(entry, w->version->next_at);
	const size_t head = sizeof(struct xt_entry_match);
	struct doing d = {0};

	for (size_t i = 0; i < w->version->conditions; i++)
		d.narrow |= entry[i] != 0;
	for (size_t at = w->version->matches_at; at + head <= targets;) {
		size_t length = short_at(entry, at);

		if (length < head)
			return;
		doing_match(&d, (const char *)entry + at + 2, entry + at + head,
			    length - head);
		at += length;
	}
	w->number++;
	take_target(w, entry + targets, next - targets, &d);
	if (d.looks || d.changes)
		rule_add(w->facts, w->out,
			 &(struct fact_rule){
				 .family = w->version->program,
				 .table = w->table,
				 .chain = w->chain,
				 .handle = w->number,
				 .legacy = true,
				 .does = doing_does(&d),
				 .narrow = d.narrow,
				 .own = w->built_in,
				 .forward = w->built_in &&
					    w->hook == NF_INET_FORWARD});
}

static void walk_entries(struct walk *w, const uint8_t *entries)
{
	for (size_t at = 0; at < w->info.size;) {
		size_t next = short_at(entries + at, w->version->next_at);

		begin_chain(w, at);
		if (!next)
			return;
		take_entry(w, entries + at);
		at += next;
	}
}

/* 0, or an errno. */
static int ask_table(struct walk *w, int fd)
{
	socklen_t size = sizeof(w->info);
	struct ipt_get_entries *entries;
	int error = 0;

	memset(&w->info, 0, sizeof(w->info));
	strncpy(w->info.name, w->table, sizeof(w->info.name) - 1);
	if (getsockopt(fd, w->version->level, w->version->get_info, &w->info,
		       &size) == -1)
		return errno;
	size = (socklen_t)(sizeof(*entries) + w->info.size);
	entries = must_have(calloc(1, size));
	memcpy(entries->name, w->info.name, sizeof(entries->name));
	entries->size = w->info.size;
	if (getsockopt(fd, w->version->level, w->version->get_entries, entries,
		       &size) == -1)
		error = errno;
	else
		walk_entries(w, (const uint8_t *)entries->entrytable);
	free(entries);
	return error;
}

static int ask_tables(struct facts *f, const struct version *v, char *names,
		      struct rule_list *out)
{
	int fd = socket(v->family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	char *rest;
	int error = fd == -1 ? errno : 0;

	for (char *name = strtok_r(names, " ", &rest); name && !error;
	     name = strtok_r(NULL, " ", &rest)) {
		struct walk w = {.facts = f,
				 .version = v,
				 .table = arena_printf(f->arena, "%s", name),
				 .chain = "?",
				 .out = out};

		error = ask_table(&w, fd);
	}
	if (fd != -1)
		close(fd);
	return error;
}

/* The tables that cannot be looked into are told. */
void gather_legacy(struct facts *f, struct rule_list *out)
{
	f->legacy_known = NOT_THERE;
	for (size_t i = 0; i < 2; i++) {
		char *names = proc_text(f->arena, "/proc", versions[i].names);
		const char *all =
			names ? arena_printf(f->arena, "%s", names) : "";

		if (names)
			f->legacy_known = KNOWN;
		if (*all && ask_tables(f, &versions[i], names, out))
			f->legacy_tables = all;
	}
}
