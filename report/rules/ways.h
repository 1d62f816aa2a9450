/* SPDX-License-Identifier: GPL-3.0-or-later
 * Rows on SYNs with an option that are dropped on one of several ways; of: the
 * class of these SYNs.
 */
#ifndef REPORT_RULES_WAYS_H
#define REPORT_RULES_WAYS_H

#include "report/rules/rules.h"

enum why dropped_on_a_way(const struct judgement *j, struct said *s);
void say_dropped_on_a_way(struct judgement *j, struct finding *f,
			  const struct said *s);

#endif
