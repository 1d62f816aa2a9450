// SPDX-License-Identifier: GPL-3.0-or-later
/* Rules of this host's own firewall that act on TCP option 30. */
#include <inttypes.h>

#include "probe/doctor/checks.h"

static const char *place_of(const struct checkup *c, const struct fact_rule *r)
{
	if (r->legacy)
		return SAY(c, "%s, table %s, rule %" PRIu64 " of %s", r->family,
			   r->table, r->handle, r->chain);
	return SAY(c, "rule %" PRIu64 " of %s %s %s", r->handle, r->family,
		   r->table, r->chain);
}

static const char *removal(const struct checkup *c, const struct fact_rule *r)
{
	if (r->legacy)
		return SAY(c, "%s -t %s -D %s %" PRIu64, r->family, r->table,
			   r->chain, r->handle);
	return SAY(c, "nft delete rule %s %s %s handle %" PRIu64, r->family,
		   r->table, r->chain, r->handle);
}

static const char *listing(const struct checkup *c, const struct fact_rule *r)
{
	if (r->legacy)
		return SAY(c, "%s -t %s -S", r->family, r->table);
	return SAY(c, "nft -a list chain %s %s %s", r->family, r->table,
		   r->chain);
}

/* In a chain that is entered from others only, nobody knows what comes here. */
static void judge_rule(struct checkup *c, const struct fact_rule *r)
{
	bool acts = r->does == RULE_DROPS || r->does == RULE_CHANGES;

	if (r->forward || r->does == RULE_LOOKS)
		return;
	if (acts && r->own)
		check_wrong(c, r->narrow ? EFFECT_MAYBE_OFF : EFFECT_OFF,
			    SAY(c, "the firewall %s%s (%s)",
				r->does == RULE_DROPS
					? "drops segments with MPTCP options"
					: "changes or removes MPTCP options",
				r->narrow ? " of some packets" : "",
				place_of(c, r)),
			    removal(c, r));
	else
		check_unknown(c, EFFECT_OFF,
			      SAY(c,
				  "the firewall looks for MPTCP options (%s), "
				  "and what becomes of them depends on other "
				  "chains",
				  place_of(c, r)),
			      listing(c, r));
}

/* Rules of both kinds of tables are one list. */
static void judge_rules(struct checkup *c, bool legacy)
{
	const struct facts *f = c->facts;

	for (size_t i = 0; i < f->rule_count; i++)
		if (f->rules[i].legacy == legacy)
			judge_rule(c, &f->rules[i]);
}

void check_firewall(struct checkup *c)
{
	const struct facts *f = c->facts;
	size_t before = c->count;

	switch (f->firewall_known) {
	case NOT_ASKED:
		return;
	case NOT_PERMITTED:
		check_unknown(c, EFFECT_OFF,
			      "the kernel shows the rules of the firewall "
			      "(nf_tables) to root only",
			      "sudo mpprobe doctor");
		return;
	case NOT_THERE:
		check_ok(c, "this kernel has no nf_tables");
		return;
	case KNOWN:
		break;
	}
	judge_rules(c, false);
	if (c->count == before)
		check_ok(c, "no rule of nf_tables acts on MPTCP options of "
			    "this host");
}

void check_legacy_firewall(struct checkup *c)
{
	const struct facts *f = c->facts;

	judge_rules(c, true);
	if (f->legacy_known == KNOWN && f->legacy_tables)
		check_unknown(c, EFFECT_OFF,
			      SAY(c,
				  "the tables of iptables-legacy, %s, cannot "
				  "be looked into",
				  f->legacy_tables),
			      "iptables-legacy-save | grep -e TCPOPTSTRIP -e "
			      "tcp-option");
}
