// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/meta.h"

#include <jansson.h>

#include "probe/survey/header.h"
#include "probe/survey/status.h"
#include "probe/survey/survey.h"
#include "report/survey/line.h"

static json_t *line_of(const struct survey_header *h)
{
	json_t *line = json_array();

	for (int i = 0; i < h->line_count; i++)
		json_array_append_new(line, json_string(h->line[i]));
	return line;
}

static void set_sources(json_t *meta, const struct survey_identity *s)
{
	json_t *sources = json_array();
	char text[ADDRESS_TEXT];

	for (unsigned i = 0; i < 2; i++)
		if (s->sources[i].family)
			json_array_append_new(sources,
					      json_string(address_text(
						      &s->sources[i], text)));
	json_object_set_new(meta, "sources", sources);
}

static json_t *names_of(unsigned kinds)
{
	json_t *names = json_array();

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (kinds >> kind & 1)
			json_array_append_new(
				names, json_string(survey_kind_name(kind)));
	return names;
}

static void set_asked(json_t *meta, const struct survey_config *c)
{
	json_object_set_new(meta, "asked", names_of(c->kinds));
	json_object_set_new(meta, "asked_if_answered", names_of(c->later));
	json_object_set_new(meta, "plain_sample", json_integer(c->sample));
	if (c->pps)
		json_object_set_new(meta, "pps", json_real(c->pps));
	if (c->bits)
		json_object_set_new(meta, "bits_per_second",
				    json_real(c->bits));
	json_object_set_new(meta, "cooldown_s", json_integer(c->cooldown_s));
	json_object_set_new(meta, "probes_at_once", json_integer(c->probes));
}

int survey_meta_write(const struct survey_meta *m)
{
	const struct survey *s = m->survey;
	json_t *meta = json_object(), *counts = status_counts(s);
	int result;

	json_object_set_new(meta, "schema",
			    json_string("mpprobe-survey-meta/1"));
	json_object_set_new(meta, "version", json_string(MPPROBE_VERSION));
	json_object_set_new(meta, "line", line_of(m->header));
	json_object_set_new(meta, "started", json_string(m->started));
	json_object_set_new(meta, "ended",
			    m->ended ? json_string(m->ended) : json_null());
	json_object_set_new(meta, "complete", json_boolean(s->complete));
	json_object_set_new(meta, "to_probe",
			    json_integer((json_int_t)survey_to_probe(s)));
	json_object_set_new(meta, "interface", json_string(m->interface));
	set_sources(meta, &s->identity);
	json_object_set_new(
		meta, "seed",
		json_sprintf("%llx", (unsigned long long)m->header->seed));
	set_asked(meta, &s->config);
	json_object_update(meta, counts);
	result = status_replace(m->fd, meta);
	json_decref(counts);
	json_decref(meta);
	return result;
}
