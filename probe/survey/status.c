// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/survey/air.h"
#include "probe/survey/probing.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"
#include "probe/survey/window.h"
#include "report/arena.h"

#define BLANKS_MAX 4096

static void set(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *unfit_counts(const struct survey *s)
{
	json_t *object = json_object();

	for (enum answer_fit fit = FIT_BAD_ACK; fit < FITS; fit++)
		set(object, answer_fit_name(fit), s->counts[COUNT_UNFIT + fit]);
	return object;
}

static json_t *class_counts(const struct survey *s)
{
	json_t *object = json_object();

	for (enum survey_class class = 0; class < SURVEY_CLASSES; class ++)
		set(object, survey_class_name(class),
		    s->counts[COUNT_CLASSES + class]);
	return object;
}

json_t *status_counts(const struct survey *s)
{
	static const struct {
		const char *name;
		enum survey_count count;
	} rows[] = {
		{"targets", COUNT_TARGETS},  {"blocked", COUNT_BLOCKED},
		{"packets", COUNT_PACKETS},  {"not_sent", COUNT_NOT_SENT},
		{"sent_again", COUNT_AGAIN}, {"answers", COUNT_ANSWERS},
		{"copies", COUNT_COPIES},    {"late", COUNT_LATE},
		{"probed", COUNT_PROBED},    {"duplicates", COUNT_DUPLICATES},
	};
	json_t *object = json_object();
	uint64_t first;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		set(object, rows[i].name, s->counts[rows[i].count]);
	set(object, "not_captured", air_dropped(s->air));
	set(object, "bad_lines", targets_bad_lines(s->targets, &first));
	set(object, "other_family", targets_other_family(s->targets));
	json_object_set_new(object, "unfit", unfit_counts(s));
	json_object_set_new(object, "classes", class_counts(s));
	return object;
}

/* So that it is no shorter than what it replaces: else who reads it between two
 * calls, or after a kill there, finds the end of that behind it. */
static size_t blanks_behind(int fd, size_t length)
{
	struct stat st;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size <= (off_t)length ||
	    st.st_size - (off_t)length > BLANKS_MAX)
		return 0;
	return (size_t)st.st_size - length;
}

int status_replace(int fd, const json_t *content)
{
	char *text = must_have(json_dumps(content, JSON_INDENT(1)));
	size_t length = strlen(text), blanks = blanks_behind(fd, length + 1);
	ssize_t n;

	text = must_have(realloc(text, length + blanks + 1));
	memset(text + length, ' ', blanks);
	length += blanks;
	text[length++] = '\n';
	n = pwrite(fd, text, length, 0);
	free(text);
	if (n != (ssize_t)length)
		return -1;
	return ftruncate(fd, (off_t)length);
}

void status_write(const struct survey *s)
{
	json_t *object;

	if (s->config.status == -1)
		return;
	object = status_counts(s);
	json_object_set_new(object, "elapsed_s", json_real(survey_elapsed(s)));
	set(object, "open", window_next(s->window) - window_first(s->window));
	json_object_set_new(object, "all_asked", json_boolean(s->all_asked));
	json_object_set_new(object, "all_sent", json_boolean(s->all_sent));
	if (s->probing) {
		set(object, "probing", probing_running(s->probing));
		set(object, "to_probe", probing_waiting(s->probing));
	}
	status_replace(s->config.status, object);
	json_decref(object);
}

/* "12000 targets, 1003 pps: 14 v1, 0 v0, 2 mirror, 160 plain", or what it does
 * instead of sending: of 80 columns the last class at most is cut. */
void status_ticker(const void *survey, char *text, size_t size)
{
	const struct survey *s = survey;
	const uint64_t *classes = s->counts + COUNT_CLASSES;
	double seconds = survey_elapsed(s);
	char doing[80];

	if (survey_to_probe(s))
		snprintf(doing, sizeof(doing),
			 "probing: %u of %" PRIu64 ", %u wait",
			 probing_running(s->probing), survey_to_probe(s),
			 probing_waiting(s->probing));
	else if (s->all_asked)
		snprintf(doing, sizeof(doing),
			 "all asked: waiting for answers");
	else if (s->input != -1)
		snprintf(doing, sizeof(doing), "waiting for more");
	else
		snprintf(doing, sizeof(doing), "%.0f pps",
			 seconds > 0
				 ? (double)s->counts[COUNT_PACKETS] / seconds
				 : 0);
	snprintf(text, size,
		 "%" PRIu64 " targets, %s: %" PRIu64 " v1, %" PRIu64
		 " v0, %" PRIu64 " mirror, %" PRIu64 " plain",
		 s->counts[COUNT_TARGETS], doing, classes[CLASS_V1],
		 classes[CLASS_V0], classes[CLASS_MIRROR],
		 classes[CLASS_PLAIN]);
}
