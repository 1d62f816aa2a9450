/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a target is, by its answers to the SYNs of a survey.
 */
#ifndef REPORT_SURVEY_CLASS_H
#define REPORT_SURVEY_CLASS_H

#include <stdbool.h>

#include "report/survey/answer.h"

/* Those that the report lists, in its order. */
enum survey_class {
	CLASS_V1,
	CLASS_V0,
	CLASS_MIRROR, /* our own option comes back, or one that no host sends */
	CLASS_PLAIN,
	CLASS_BEHIND_STRIP,    /* the join says MPTCP, the capable SYN not */
	CLASS_CAPABLE_DROPPED, /* only SYNs without MP_CAPABLE are answered */
	CLASS_CAPABLE_RESET,
	CLASS_RESET,
	CLASS_ICMP,
	CLASS_SILENT,
	SURVEY_CLASSES
};

/* The best answer to each kind of SYN: a segment rather than an ICMP error. */
struct survey_seen {
	struct {
		uint8_t what;  /* enum answer_what */
		uint8_t mptcp; /* enum answer_mptcp */
	} of[SYN_KINDS];
};

/* Keeps an answer. False: that kind has one already that is as good. */
bool survey_see(struct survey_seen *seen, enum syn_kind kind,
		enum answer_what what, enum answer_mptcp mptcp);

enum survey_class survey_classify(const struct survey_seen *seen);

/* Of a mirror: whether it sent our option back as it was. */
bool survey_mirror_is_exact(const struct survey_seen *seen);

/* "listener_behind_strip" */
const char *survey_class_name(enum survey_class class);

/* The class of this name; false: there is none. */
bool survey_class_named(const char *name, enum survey_class *out);

/* A few words for a table. */
const char *survey_class_text(enum survey_class class);

/* Whether a kind of SYN has no answer, though another one has a SYN/ACK or an
 * RST: it is worth to be asked again, as a packet may have been lost. */
bool survey_needs_again(const struct survey_seen *seen, enum syn_kind kind);

#endif
