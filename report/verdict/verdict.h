/* SPDX-License-Identifier: GPL-3.0-or-later
 * The cases of the verdict's table (verdict.c) that have files of their own.
 */
#ifndef REPORT_VERDICT_VERDICT_H
#define REPORT_VERDICT_VERDICT_H

#include "report/evidence/judgement.h"

/* Puts the verdict into the report. */
void say_verdict(struct judgement *j, enum status status,
		 enum confidence confidence, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A SYN went unanswered so often that its answer is not only missing in the
 * capture. */
bool had_time_to_answer(const struct judgement *j);
/* No connection asked for MPTCP. */
bool nothing_tried(const struct judgement *j);

/* works.c: MPTCP works, and what the capture shows of it is explained or not.
 */
bool is_doubted(const struct judgement *j);
void say_doubted(struct judgement *j);
void say_clear(struct judgement *j);
/* "whether it is the target that answers ... is not known: ..."; or NULL. */
const char *target_doubt(const struct judgement *j);

/* others.c: what befell other connections than the one that works, in sentences
 * with a space before each; "" if nothing did. And what to do about that. */
const char *others_phrase(const struct judgement *j);
const char *others_advice(const struct judgement *j);
/* "5 of 16 connections with MP_CAPABLE, however, were answered as plain TCP:
 * ...", beside those that work, of which there are some. */
const char *plain_beside_phrase(const struct judgement *j, const char *however);

/* undetermined.c: what is missing, and would decide it. */
void say_undetermined(struct judgement *j);

#endif
