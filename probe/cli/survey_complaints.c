// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/survey_complaints.h"

#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"

void survey_complain_of_lines(const struct survey *s)
{
	uint64_t first, bad = targets_bad_lines(s->targets, &first);
	uint64_t other = targets_other_family(s->targets);
	uint64_t blocked = s->counts[COUNT_BLOCKED];
	uint64_t unsent = s->counts[COUNT_NOT_SENT];
	uint64_t twice = s->counts[COUNT_DUPLICATES];

	if (blocked && !s->counts[COUNT_TARGETS])
		complain("all targets are on the blocklist, or special-purpose "
			 "addresses: none was asked");
	if (unsent)
		complain("%llu %s not sent, as this host has no route or "
			 "neighbour there, or a firewall: who is silent may "
			 "not have been asked",
			 (unsigned long long)unsent,
			 unsent == 1 ? "packet was" : "packets were");
	if (bad)
		complain("%llu %s, the first is line %llu of its list; names "
			 "are not looked up there",
			 (unsigned long long)bad,
			 bad == 1 ? "line is no target"
				  : "lines are no targets",
			 (unsigned long long)first);
	if (twice)
		complain("%llu %s left out: a target that is being asked came "
			 "again",
			 (unsigned long long)twice,
			 twice == 1 ? "duplicate was" : "duplicates were");
	if (other)
		complain("%llu %s of a family that is not asked",
			 (unsigned long long)other,
			 other == 1 ? "target is" : "targets are");
}

static const char *what_is_left(const struct survey *s)
{
	if (!s->exhausted || targets_read_error(s->targets))
		return "not all is asked";
	return survey_to_probe(s) ? "all is asked, but not all is probed"
				  : "all is asked, but not all answers were "
				    "waited for";
}

/* What is left to do, and how. A worker of mpprobe-fleet does so by itself. */
static void complain_of_rest(const struct survey *s, const char *directory,
			     int code)
{
	uint64_t most = s->config.max_targets;

	if (getenv("MPPROBE_RESUMED"))
		return;
	if (!code && most && s->counts[COUNT_TARGETS] >= most &&
	    !survey_untold(s))
		complain("%llu targets are asked, as --max-targets says: more "
			 "are with mpprobe survey --resume %s --max-targets N, "
			 "of an N above %llu",
			 (unsigned long long)most, directory,
			 (unsigned long long)most);
	else
		complain("%s: go on with mpprobe survey --resume %s",
			 what_is_left(s), directory);
}

/* The same of one that nobody can go on with. A reader that has gone wants to
 * know nothing more. */
static void complain_of_lines_missing(const struct survey *s, int code)
{
	if (code == EXIT_OUTPUT)
		return;
	if (survey_untold(s))
		complain("%s: %llu that were asked have no line",
			 what_is_left(s), (unsigned long long)survey_untold(s));
	else
		complain("%s", what_is_left(s));
}

void survey_complain_of_rest(const struct survey *s, const char *directory,
			     int code)
{
	if (directory)
		complain_of_rest(s, directory, code);
	else
		complain_of_lines_missing(s, code);
}

int survey_complain_of_lists(const struct survey *s)
{
	int error = targets_read_error(s->targets);

	return error ? failure(EXIT_INPUT,
			       "a list could not be read to its end: %s",
			       strerror(error))
		     : 0;
}
