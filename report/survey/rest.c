// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/rest.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t count_of(const json_t *meta, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(meta, name));

	return n > 0 ? (uint64_t)n : 0;
}

struct survey_rest survey_rest_of(const json_t *meta, uint64_t told)
{
	struct survey_rest r = {
		.known = json_is_object(meta),
		.complete = !json_is_false(json_object_get(meta, "complete")),
		.ended = !json_is_null(json_object_get(meta, "ended")),
		.asked = count_of(meta, "targets"),
	};

	r.untold = r.asked > told ? r.asked - told : 0;
	r.to_probe = count_of(meta, "to_probe");
	if (r.to_probe > r.untold)
		r.to_probe = r.untold;
	r.at_once = count_of(meta, "probes_at_once");
	r.sample = count_of(meta, "plain_sample");
	return r;
}

const char *survey_rest_words(const struct survey_rest *r,
			      char text[SURVEY_REST_TEXT])
{
	char waiting[64] = "";

	*text = '\0';
	if (r->to_probe)
		snprintf(waiting, sizeof(waiting),
			 ", of which %" PRIu64 " wait to be probed",
			 r->to_probe);
	if (r->untold)
		snprintf(text, SURVEY_REST_TEXT,
			 "Not complete: of %" PRIu64 " targets that were asked "
			 "%" PRIu64
			 " are not in these tables%s: all that is told is of "
			 "the others.",
			 r->asked, r->untold, waiting);
	else if (!r->complete)
		snprintf(text, SURVEY_REST_TEXT, "Not complete: %s.",
			 r->ended ? "not all targets have been asked yet"
				  : "the survey runs, or was killed, and this "
				    "is what it told so far");
	return text;
}

const char *survey_none_probed(const struct survey_rest *r,
			       char text[SURVEY_REST_TEXT])
{
	char sample[96] = "";

	*text = '\0';
	if (r->sample > 1)
		snprintf(sample, sizeof(sample),
			 ", and of plain ones only 1 in %" PRIu64
			 " is probed (--sample)",
			 r->sample);
	if (r->at_once && !r->untold)
		snprintf(text, SURVEY_REST_TEXT,
			 "none: no target speaks MPTCP or shows that it is "
			 "interfered with%s.",
			 sample);
	return text;
}
