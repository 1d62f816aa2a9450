// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: rules of nf_tables that look at TCP option 30, or change it; those
 * of iptables-nft among them. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probe/doctor/gather.h"
#include "probe/doctor/gather_netlink.h"
#include "probe/doctor/gather_rules.h"

#define MPTCP_OPTION 30
#define NF_INET_FORWARD_HOOK 2

struct chain {
	unsigned family;
	const char *table, *name;
	int hook; /* < 0: entered from other chains only */
};

struct tables {
	struct facts *facts;
	struct chain *chains;
	size_t chain_count;
	struct rule_list rules;
};

static const char *family_name(unsigned family)
{
	static const char *const names[] = {
		[NFPROTO_INET] = "inet",     [NFPROTO_IPV4] = "ip",
		[NFPROTO_ARP] = "arp",	     [NFPROTO_NETDEV] = "netdev",
		[NFPROTO_BRIDGE] = "bridge", [NFPROTO_IPV6] = "ip6",
	};

	return family < sizeof(names) / sizeof(names[0]) && names[family]
		       ? names[family]
		       : "?";
}

static const char *copied(struct tables *t, const struct nlattr *a)
{
	return arena_printf(t->facts->arena, "%s", mnl_attr_get_str(a));
}

static uint32_t number(const struct nlattr *a)
{
	return ntohl(mnl_attr_get_u32(a));
}

/* --- chains -------------------------------------------------------------- */

static int hook_of(const struct nlattr *nest)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested (a, nest)
		if (mnl_attr_get_type(a) == NFTA_HOOK_HOOKNUM)
			return (int)number(a);
	return -1;
}

static int take_chain(const struct nlmsghdr *header, void *context)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(header);
	struct tables *t = context;
	struct chain c = {.family = about->nfgen_family, .hook = -1};
	const struct nlattr *a;

	mnl_attr_for_each (a, header, sizeof(*about)) {
		if (mnl_attr_get_type(a) == NFTA_CHAIN_TABLE)
			c.table = copied(t, a);
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_NAME)
			c.name = copied(t, a);
		else if (mnl_attr_get_type(a) == NFTA_CHAIN_HOOK)
			c.hook = hook_of(a);
	}
	if (c.table && c.name)
		*ARENA_PUSH(t->facts->arena, t->chains, t->chain_count) = c;
	return MNL_CB_OK;
}

static int find_hook(const struct tables *t, unsigned family,
		     const struct fact_rule *r)
{
	for (size_t i = 0; i < t->chain_count; i++)
		if (t->chains[i].family == family &&
		    !strcmp(t->chains[i].table, r->table) &&
		    !strcmp(t->chains[i].name, r->chain))
			return t->chains[i].hook;
	return -1;
}

/* --- what a rule does ---------------------------------------------------- */

/* Attributes of an expression, by type. */
#define ATTRIBUTES_MOST 16
typedef const struct nlattr *attributes[ATTRIBUTES_MOST];

static void sort_out(const struct nlattr *nest, attributes out)
{
	const struct nlattr *a;

	memset(out, 0, sizeof(attributes));
	if (!nest)
		return;
	mnl_attr_for_each_nested (a, nest)
		if (mnl_attr_get_type(a) < ATTRIBUTES_MOST)
			out[mnl_attr_get_type(a)] = a;
}

/* Reads it into a register, writes a register to it, or removes it. */
static void take_option(struct doing *d, attributes a)
{
	if (!a[NFTA_EXTHDR_OP] || !a[NFTA_EXTHDR_TYPE] ||
	    number(a[NFTA_EXTHDR_OP]) != NFT_EXTHDR_OP_TCPOPT ||
	    mnl_attr_get_u8(a[NFTA_EXTHDR_TYPE]) != MPTCP_OPTION)
		return;
	if (!a[NFTA_EXTHDR_DREG]) {
		d->changes = true;
		return;
	}
	d->looks = true;
	d->asks_presence = a[NFTA_EXTHDR_FLAGS] &&
			   number(a[NFTA_EXTHDR_FLAGS]) & NFT_EXTHDR_F_PRESENT;
	d->narrow |= !d->asks_presence; /* a subtype */
}

/* "missing" is what has no MPTCP. */
static void take_comparison(struct doing *d, attributes a)
{
	const struct nlattr *value;
	bool equal, one;

	if (!d->asks_presence || !a[NFTA_CMP_OP] || !a[NFTA_CMP_DATA])
		return;
	value = mnl_attr_get_payload(a[NFTA_CMP_DATA]);
	equal = number(a[NFTA_CMP_OP]) == NFT_CMP_EQ;
	one = mnl_attr_get_payload_len(value) >= 1 &&
	      *(const uint8_t *)mnl_attr_get_payload(value) == 1;
	d->looks = equal == one;
	d->asks_presence = false;
}

static void take_verdict(struct doing *d, attributes a)
{
	attributes data, verdict;
	int32_t code;

	sort_out(a[NFTA_IMMEDIATE_DATA], data);
	sort_out(data[NFTA_DATA_VERDICT], verdict);
	if (!verdict[NFTA_VERDICT_CODE])
		return;
	code = (int32_t)number(verdict[NFTA_VERDICT_CODE]);
	d->drops |= code == NF_DROP;
	d->goes_on |= code == NFT_JUMP || code == NFT_GOTO;
}

/* struct xt_tcp: option and inverted flags at these places, 0x08 that it must
 * not be there. */
void doing_match(struct doing *d, const char *name, const uint8_t *info,
		 size_t length)
{
	static const uint8_t all_ports[8] = {0, 0, 0xff, 0xff,
					     0, 0, 0xff, 0xff};

	if (strcmp(name, "tcp") != 0 || length < 12) {
		d->narrow = true;
		return;
	}
	d->looks |= info[8] == MPTCP_OPTION && !(info[11] & 0x08);
	d->narrow |= memcmp(info, all_ports, sizeof(all_ports)) != 0 || info[9];
}

/* struct xt_tcpoptstrip_target_info: a bit for each option. */
void doing_target(struct doing *d, const char *name, const uint8_t *info,
		  size_t length)
{
	uint32_t bits = 0;

	if (length >= sizeof(bits))
		memcpy(&bits, info, sizeof(bits));
	if (!strcmp(name, "TCPOPTSTRIP"))
		d->changes |= bits >> MPTCP_OPTION & 1;
	d->drops |= !strcmp(name, "REJECT") || !strcmp(name, "DROP");
	d->goes_on |= !strcmp(name, "NFQUEUE");
}

enum rule_does doing_does(const struct doing *d)
{
	if (d->changes)
		return RULE_CHANGES;
	if (d->drops)
		return RULE_DROPS;
	return d->goes_on ? RULE_GOES_ON : RULE_LOOKS;
}

static void take_match(struct doing *d, attributes a)
{
	if (a[NFTA_MATCH_NAME] && a[NFTA_MATCH_INFO])
		doing_match(d, mnl_attr_get_str(a[NFTA_MATCH_NAME]),
			    mnl_attr_get_payload(a[NFTA_MATCH_INFO]),
			    mnl_attr_get_payload_len(a[NFTA_MATCH_INFO]));
}

static void take_target(struct doing *d, attributes a)
{
	if (a[NFTA_TARGET_NAME] && a[NFTA_TARGET_INFO])
		doing_target(d, mnl_attr_get_str(a[NFTA_TARGET_NAME]),
			     mnl_attr_get_payload(a[NFTA_TARGET_INFO]),
			     mnl_attr_get_payload_len(a[NFTA_TARGET_INFO]));
}

/* Of which version and protocol a packet is narrows nothing down. */
static void take_meta(struct doing *d, attributes a)
{
	uint32_t key = a[NFTA_META_KEY] ? number(a[NFTA_META_KEY]) : 0;

	d->narrow |= key != NFT_META_L4PROTO && key != NFT_META_NFPROTO;
}

static void take_condition(struct doing *d, attributes a)
{
	(void)a;
	d->narrow = true;
}

static void take_reject(struct doing *d, attributes a)
{
	(void)a;
	d->drops = true;
}

static void take_queue(struct doing *d, attributes a)
{
	(void)a;
	d->goes_on = true;
}

static void take_expression(struct doing *d, const struct nlattr *element)
{
	static const struct {
		const char *name;
		void (*take)(struct doing *d, attributes a);
	} kinds[] = {
		{"exthdr", take_option},     {"cmp", take_comparison},
		{"immediate", take_verdict}, {"match", take_match},
		{"target", take_target},     {"reject", take_reject},
		{"queue", take_queue},	     {"meta", take_meta},
		{"payload", take_condition}, {"ct", take_condition},
		{"fib", take_condition},     {"lookup", take_condition},
		{"limit", take_condition},   {"socket", take_condition},
		{"numgen", take_condition},  {"rt", take_condition},
		{"quota", take_condition},
	};
	attributes outer, inner;

	sort_out(element, outer);
	if (!outer[NFTA_EXPR_NAME])
		return;
	sort_out(outer[NFTA_EXPR_DATA], inner);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(mnl_attr_get_str(outer[NFTA_EXPR_NAME]),
			    kinds[i].name))
			kinds[i].take(d, inner);
}

static struct doing read_expressions(const struct nlattr *list)
{
	struct doing d = {0};
	const struct nlattr *element;

	if (list)
		mnl_attr_for_each_nested (element, list)
			take_expression(&d, element);
	return d;
}

/* --- rules --------------------------------------------------------------- */

void rule_add(struct facts *f, struct rule_list *list,
	      const struct fact_rule *rule)
{
	*ARENA_PUSH(f->arena, list->all, list->count) = *rule;
}

static int take_rule(const struct nlmsghdr *header, void *context)
{
	const struct nfgenmsg *about = mnl_nlmsg_get_payload(header);
	struct tables *t = context;
	struct fact_rule r = {.family = family_name(about->nfgen_family)};
	const struct nlattr *a, *expressions = NULL;
	struct doing d;
	int hook;

	mnl_attr_for_each (a, header, sizeof(*about)) {
		if (mnl_attr_get_type(a) == NFTA_RULE_TABLE)
			r.table = copied(t, a);
		else if (mnl_attr_get_type(a) == NFTA_RULE_CHAIN)
			r.chain = copied(t, a);
		else if (mnl_attr_get_type(a) == NFTA_RULE_HANDLE)
			r.handle = be64toh(mnl_attr_get_u64(a));
		else if (mnl_attr_get_type(a) == NFTA_RULE_EXPRESSIONS)
			expressions = a;
	}
	d = read_expressions(expressions);
	if ((!d.looks && !d.changes) || !r.table || !r.chain)
		return MNL_CB_OK;
	hook = find_hook(t, about->nfgen_family, &r);
	r.own = hook >= 0;
	r.forward = hook == NF_INET_FORWARD_HOOK &&
		    about->nfgen_family != NFPROTO_NETDEV;
	r.does = doing_does(&d);
	r.narrow = d.narrow;
	rule_add(t->facts, &t->rules, &r);
	return MNL_CB_OK;
}

static int dump(struct tables *t, unsigned command, mnl_cb_t take)
{
	struct question q;
	struct nfgenmsg *about = question_begin(
		&q, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | command), true,
		sizeof(*about));

	about->nfgen_family = NFPROTO_UNSPEC;
	about->version = NFNETLINK_V0;
	return question_ask(&q, NETLINK_NETFILTER, take, t);
}

void gather_firewall(struct facts *f)
{
	struct tables t = {.facts = f};
	int error = dump(&t, NFT_MSG_GETCHAIN, take_chain);

	if (!error)
		error = dump(&t, NFT_MSG_GETRULE, take_rule);
	f->firewall_known = known_by(error);
	gather_legacy(f, &t.rules);
	f->rules = t.rules.all;
	f->rule_count = t.rules.count;
}
