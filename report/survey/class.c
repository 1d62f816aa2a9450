// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/class.h"

#include <string.h>

static const struct {
	const char *name, *text;
} classes[SURVEY_CLASSES] = {
	[CLASS_V1] = {"v1", "speaks MPTCP v1"},
	[CLASS_V0] = {"v0", "speaks MPTCP v0"},
	[CLASS_MIRROR] = {"mirror", "echoes our option: no MPTCP"},
	[CLASS_PLAIN] = {"plain", "plain TCP"},
	[CLASS_BEHIND_STRIP] = {"listener_behind_strip",
				"MPTCP, but MP_CAPABLE is removed"},
	[CLASS_CAPABLE_DROPPED] = {"capable_dropped",
				   "only SYNs without MP_CAPABLE are answered"},
	[CLASS_CAPABLE_RESET] =
		{"capable_reset",
		 "MP_CAPABLE is reset, other SYNs are answered"},
	[CLASS_RESET] = {"reset", "closed: RST"},
	[CLASS_ICMP] = {"icmp", "ICMP error only"},
	[CLASS_SILENT] = {"silent", "no answer that fits"},
};

const char *survey_class_name(enum survey_class class)
{
	return classes[class].name;
}

bool survey_class_named(const char *name, enum survey_class *out)
{
	for (*out = 0; *out < SURVEY_CLASSES; ++*out)
		if (!strcmp(classes[*out].name, name))
			return true;
	return false;
}

const char *survey_class_text(enum survey_class class)
{
	return classes[class].text;
}

/* What comes second is a copy, or of somebody else; but an ICMP error says less
 * than any segment. */
bool survey_see(struct survey_seen *seen, enum syn_kind kind,
		enum answer_what what, enum answer_mptcp mptcp)
{
	enum answer_what had = seen->of[kind].what;

	if (had != ANSWER_NONE && (had != ANSWER_ICMP || what == ANSWER_ICMP))
		return false;
	seen->of[kind].what = (uint8_t)what;
	seen->of[kind].mptcp = (uint8_t)mptcp;
	return true;
}

static bool any_is(const struct survey_seen *seen, enum answer_what what)
{
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (seen->of[kind].what == what)
			return true;
	return false;
}

/* In a SYN/ACK. */
static bool any_says(const struct survey_seen *seen, enum answer_mptcp mptcp)
{
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (seen->of[kind].what == ANSWER_SYN_ACK &&
		    seen->of[kind].mptcp == mptcp)
			return true;
	return false;
}

bool survey_mirror_is_exact(const struct survey_seen *seen)
{
	return any_says(seen, ANSWER_EXACT);
}

static bool join_says_mptcp(const struct survey_seen *seen)
{
	return seen->of[SYN_JOIN].mptcp == ANSWER_TCPRST ||
	       seen->of[SYN_JOIN].mptcp == ANSWER_JOINED;
}

static enum survey_class without_syn_ack(const struct survey_seen *seen)
{
	if (any_is(seen, ANSWER_RESET))
		return CLASS_RESET;
	return any_is(seen, ANSWER_ICMP) ? CLASS_ICMP : CLASS_SILENT;
}

/* Of what MP_CAPABLE alone was done to. Where the plain SYN beside it has no
 * answer either, as where a rate is limited, or none was sent any more, nothing
 * tells that it was for MP_CAPABLE. */
static enum survey_class of_capable(const struct survey_seen *seen,
				    enum answer_what what)
{
	enum answer_what plain = seen->of[SYN_PLAIN].what;

	if (what == ANSWER_RESET)
		return CLASS_CAPABLE_RESET;
	return what == ANSWER_ICMP || plain == ANSWER_SYN_ACK ||
			       plain == ANSWER_RESET
		       ? CLASS_CAPABLE_DROPPED
		       : without_syn_ack(seen);
}

/* The answers to MP_CAPABLE of both versions count, that of the version that
 * the survey always asks for first: where only version 0 is asked for, nothing
 * answers the other. */
static enum survey_class with_tcp(const struct survey_seen *seen)
{
	if (seen->of[SYN_CAPABLE].what == ANSWER_SYN_ACK ||
	    seen->of[SYN_CAPABLE_V0].what == ANSWER_SYN_ACK)
		return join_says_mptcp(seen) ? CLASS_BEHIND_STRIP : CLASS_PLAIN;
	if (seen->of[SYN_CAPABLE].what != ANSWER_NONE)
		return of_capable(seen, seen->of[SYN_CAPABLE].what);
	return of_capable(seen, seen->of[SYN_CAPABLE_V0].what);
}

enum survey_class survey_classify(const struct survey_seen *seen)
{
	if (any_says(seen, ANSWER_V1))
		return CLASS_V1;
	if (any_says(seen, ANSWER_EXACT) || any_says(seen, ANSWER_OTHER))
		return CLASS_MIRROR;
	if (any_says(seen, ANSWER_V0))
		return CLASS_V0;
	if (any_is(seen, ANSWER_SYN_ACK) || join_says_mptcp(seen))
		return with_tcp(seen);
	return without_syn_ack(seen);
}

/* Linux resets a join that it does not know, and that is an answer too. */
static bool has_segment(const struct survey_seen *seen)
{
	return any_is(seen, ANSWER_SYN_ACK) || any_is(seen, ANSWER_RESET);
}

bool survey_needs_again(const struct survey_seen *seen, enum syn_kind kind)
{
	return seen->of[kind].what == ANSWER_NONE && has_segment(seen);
}
