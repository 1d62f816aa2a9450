// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool survey_name_is_good(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return length && !name[length] && length <= SURVEY_NAME_MAX;
}

void survey_names_of(const char *name, struct survey_names *out)
{
	snprintf(out->queue, SUBJECT_MAX, "mpprobe-%s-shards", name);
	snprintf(out->state, SUBJECT_MAX, "mpprobe-%s-state", name);
	snprintf(out->results, SUBJECT_MAX, "mpprobe-%s-results", name);
	snprintf(out->shard, SUBJECT_MAX, "mpprobe.%s.shard", name);
	snprintf(out->definition, SUBJECT_MAX, "mpprobe.%s.state.survey", name);
	snprintf(out->clock, SUBJECT_MAX, "mpprobe.%s.state.clock", name);
	snprintf(out->all_states, SUBJECT_MAX, "mpprobe.%s.state.>", name);
	snprintf(out->all_lines, SUBJECT_MAX, "mpprobe.%s.line.*", name);
	snprintf(out->all_claims, SUBJECT_MAX, "mpprobe.%s.state.claim.*",
		 name);
}

static void subject_of(const char *name, const char *what, uint64_t shard,
		       char out[SUBJECT_MAX])
{
	snprintf(out, SUBJECT_MAX, "mpprobe.%s.%s.%" PRIu64, name, what, shard);
}

void survey_lines_of(const char *name, uint64_t shard, char out[SUBJECT_MAX])
{
	subject_of(name, "line", shard, out);
}

void survey_done_of(const char *name, uint64_t shard, char out[SUBJECT_MAX])
{
	subject_of(name, "state.done", shard, out);
}

void survey_claim_of(const char *name, uint64_t shard, char out[SUBJECT_MAX])
{
	subject_of(name, "state.claim", shard, out);
}
