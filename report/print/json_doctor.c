/* SPDX-License-Identifier: GPL-3.0-or-later
 * What keeps this host from using MPTCP: mpprobe-doctor/1.
 */
#include <stdio.h>
#include <string.h>

#include "report/arena.h"
#include "report/print/doctor.h"
#include "report/print/json.h"
#include "report/print/json_value.h"

static const char *const states[] = {[CHECK_OK] = "ok",
				     [CHECK_WRONG] = "wrong",
				     [CHECK_UNKNOWN] = "unknown"};

static const char *const effects[] = {
	[EFFECT_OFF] = "off",		[EFFECT_MAYBE_OFF] = "maybe_off",
	[EFFECT_FALLBACK] = "fallback", [EFFECT_PROGRAMS] = "programs",
	[EFFECT_PATHS] = "paths",	[EFFECT_WORSE] = "worse",
	[EFFECT_NONE] = NULL,
};

static json_t *commands(const char *text)
{
	json_t *array = json_array();

	while (text && *text) {
		size_t length = strcspn(text, "\n");

		array = json_appended(array, json_stringn(text, length));
		text += length + (text[length] == '\n');
	}
	return array;
}

static json_t *one_check(const struct doctor_check *c)
{
	return JSON_OBJECT({"id", json_text(c->id)},
			   {"state", json_text(states[c->state])},
			   {"effect", json_text(effects[c->effect])},
			   {"text", json_text(c->text)},
			   {"commands", commands(c->commands)});
}

JSON_ARRAY_OF(checks, struct doctor_check, one_check)

/* An object of name and value. */
static json_t *settings(const struct doctor_setting *all, size_t count)
{
	json_t *object = json_object();
	bool whole = object != NULL;

	for (size_t i = 0; i < count; i++)
		if (json_object_set_new(object, all[i].name,
					json_text(all[i].value)) != 0)
			whole = false;
	if (whole)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *counters(const struct doctor_counter *all, size_t count)
{
	json_t *object = json_object();
	bool whole = object != NULL;

	for (size_t i = 0; i < count; i++)
		if (json_object_set_new(object, all[i].name,
					json_count(all[i].value)) != 0)
			whole = false;
	if (whole)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *flags(uint32_t bits)
{
	json_t *array = json_array();

	for (unsigned bit = 0; bit < 32; bit++)
		if (bits >> bit & 1)
			array = json_appended(
				array,
				endpoint_flag_name(bit)
					? json_text(endpoint_flag_name(bit))
					: json_sprintf("flag-%u", bit));
	return array;
}

static json_t *one_endpoint(const struct doctor_endpoint *e)
{
	return JSON_OBJECT(
		{"id", json_count(e->id)},
		{"address", json_address(&e->address)},
		{"port", e->port ? json_count(e->port) : json_null()},
		{"device", json_text(e->device)}, {"flags", flags(e->flags)},
		{"raw", settings(e->raw, e->raw_count)});
}

JSON_ARRAY_OF(endpoints, struct doctor_endpoint, one_endpoint)

static json_t *one_socket(const struct doctor_socket *s)
{
	return JSON_OBJECT(
		{"mptcp", json_flag(s->mptcp)},
		{"listening", json_flag(s->listening)},
		{"fallback", json_flag(s->fallback)},
		{"subflows", s->mptcp ? json_count(s->subflows) : json_null()},
		{"local", json_address(&s->local)},
		{"local_port", json_count(s->local_port)},
		{"remote",
		 s->listening ? json_null() : json_address(&s->remote)},
		{"remote_port",
		 s->listening ? json_null() : json_count(s->remote_port)},
		{"program", json_text(s->program)},
		{"user", json_count(s->user)});
}

JSON_ARRAY_OF(sockets, struct doctor_socket, one_socket)

static json_t *limits(const struct doctor *d)
{
	return JSON_OBJECT(
		{"subflows", json_count_or_null(d->subflows)},
		{"add_addr_accepted", json_count_or_null(d->add_addr_accepted)},
		{"raw", settings(d->limits_raw, d->limits_raw_count)});
}

static json_t *verdict(const struct doctor_verdict *v)
{
	return JSON_OBJECT({"status", json_text(v->status)},
			   {"text", json_text(v->text)});
}

int json_doctor(const struct page *p, const struct doctor *d)
{
	const struct doctor_verdict v = doctor_verdict(p->arena, d);

	return JSON_LINE(
		p, "mpprobe-doctor/1", {"time", json_time(d->now_us, 3)},
		{"host", json_text(d->host)}, {"verdict", verdict(&v)},
		{"checks", checks(d->checks, d->check_count)},
		{"settings", settings(d->settings, d->setting_count)},
		{"limits", limits(d)},
		{"endpoints", endpoints(d->endpoints, d->endpoint_count)},
		{"sockets", sockets(d->sockets, d->socket_count)},
		{"counters", counters(d->counters, d->counter_count)},
		{"since", json_text(d->since)},
		{d->since ? "differences" : "",
		 d->since ? counters(d->differences, d->difference_count)
			  : NULL});
}
