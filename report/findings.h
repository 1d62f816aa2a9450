/* SPDX-License-Identifier: GPL-3.0-or-later
 * The one table of findings: id, effect, title, explanation, RFC section,
 * advice. `mpprobe list`, `mpprobe explain`, the JSON report and the man
 * page's check read it.
 */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include <stddef.h>

#include "report/names.h"

#define EFFECTS(X)                                                             \
	X(EFFECT_BLOCKS, "blocks")                                             \
	X(EFFECT_IMPAIRS, "impairs")                                           \
	X(EFFECT_HARMLESS, "harmless")

enum effect { EFFECTS(ENUM_VALUE) };

struct finding_kind {
	const char *id; /* "mp_capable.removed" */
	enum effect effect;
	const char *title;    /* "MP_CAPABLE is removed" : a clause */
	const char *meaning;  /* what it means, for `explain` */
	const char *proof;    /* how mpprobe proves it */
	const char *culprits; /* who is known to do it, or NULL */
	const char *rfc;      /* "RFC 8684 3.1, 3.7" */
	const char *advice;   /* what to do */
};

extern const struct finding_kind finding_kinds[];
extern const size_t finding_kind_count;

/* NULL if there is no such id. */
const struct finding_kind *finding_kind(const char *id);

const char *effect_name(enum effect e);

#endif
