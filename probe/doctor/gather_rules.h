/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a rule of a firewall does with TCP option 30, whichever tables it is of.
 */
#ifndef PROBE_DOCTOR_GATHER_RULES_H
#define PROBE_DOCTOR_GATHER_RULES_H

#include "probe/doctor/facts.h"

struct doing {
	bool looks, changes, drops, goes_on, narrow;
	bool asks_presence; /* the comparison that follows tells of what */
};

/* A match or a target of iptables, its name and data. */
void doing_match(struct doing *d, const char *name, const uint8_t *info,
		 size_t length);
void doing_target(struct doing *d, const char *name, const uint8_t *info,
		  size_t length);
enum rule_does doing_does(const struct doing *d);

struct rule_list {
	struct fact_rule *all;
	size_t count;
};

void rule_add(struct facts *f, struct rule_list *list,
	      const struct fact_rule *rule);

/* Those of iptables-legacy; sets what f says of it. */
void gather_legacy(struct facts *f, struct rule_list *out);

#endif
