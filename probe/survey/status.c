// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/survey/air.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"
#include "probe/survey/window.h"
#include "report/arena.h"

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

int status_replace(int fd, const json_t *content)
{
	char *text = must_have(json_dumps(content, JSON_INDENT(1)));
	size_t length = strlen(text);
	ssize_t n;

	text[length++] = '\n'; /* where NUL stood */
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
	status_replace(s->config.status, object);
	json_decref(object);
}

/* "12,000 targets, 1,003 pps: 14 v1, 2 mirror, 160 plain" */
void status_ticker(const void *survey, char *text, size_t size)
{
	const struct survey *s = survey;
	const uint64_t *classes = s->counts + COUNT_CLASSES;
	double seconds = survey_elapsed(s);

	snprintf(text, size,
		 "%" PRIu64 " targets%s, %.0f pps: %" PRIu64 " v1, %" PRIu64
		 " v0, %" PRIu64 " mirror, %" PRIu64 " plain",
		 s->counts[COUNT_TARGETS],
		 s->all_asked ? ", all asked: waiting for answers" : "",
		 seconds > 0 ? (double)(s->counts[COUNT_PACKETS]) / seconds : 0,
		 classes[CLASS_V1], classes[CLASS_V0], classes[CLASS_MIRROR],
		 classes[CLASS_PLAIN]);
}
