// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/watch/watched_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/watch/folder.h"
#include "probe/watch/one_run.h"
#include "report/arena.h"
#include "report/saved/saved.h"

#define WATCHED_MAX 2048
#define RESUMED_MAX 16 /* the last reports in the folder that are read */
#define READ_MAX ((size_t)16 << 20)
#define SAID_BEFORE "mpprobe: " /* stands before what a probe complains */

/* A run whose reports are taken. */
struct taking {
	struct watched_host *host;
	int64_t time_us;
	const struct kept *kept;
	const struct teller *teller; /* NULL: what is read is old */
	bool unsure;
};

/* --- what is news --------------------------------------------------------- */

static void tell_change(const struct taking *t, struct watched_port *p,
			struct watch_change *c)
{
	c->host = t->host->name;
	c->family = t->host->both_families ? p->family : 0;
	c->port = p->port;
	c->uplink = *p->uplink ? p->uplink : NULL;
	c->unwatched = p->resumed;
	c->report = t->kept->report;
	c->capture = t->kept->capture;
	t->teller->changes(t->teller->context, c);
}

static void take(struct taking *t, struct watched_port *p,
		 const struct watched *run)
{
	struct watch_change change;
	enum news news = subject_take(&p->subject, run, &change);

	if (!t->teller) {
		p->resumed = true;
		return;
	}
	if (news == NEWS_UNSURE) {
		t->unsure = true;
		return;
	}
	if (news == NEWS_CHANGE)
		tell_change(t, p, &change);
	else if (!p->begun)
		t->teller->begins(t->teller->context, t->host, p);
	p->begun = true;
	p->resumed = false;
}

/* --- reports -------------------------------------------------------------- */

static const char *uplink_of(const struct report *r)
{
	return r->uplink && r->interface ? r->interface : "";
}

static struct watched_port *port_of(struct watched_host *h,
				    const struct report *r)
{
	struct watched_port *p;

	for (size_t i = 0; i < h->count; i++) {
		p = h->ports[i];
		if (p->port == r->port && p->family == r->target.family &&
		    !strncmp(p->uplink, uplink_of(r), sizeof(p->uplink) - 1))
			return p;
	}
	if (h->count == WATCHED_MAX)
		return NULL;
	h->ports = must_have(
		realloc(h->ports, (h->count + 1) * sizeof(*h->ports)));
	p = must_have(calloc(1, sizeof(*p)));
	p->port = r->port;
	p->family = r->target.family;
	strncpy(p->uplink, uplink_of(r), sizeof(p->uplink) - 1);
	return h->ports[h->count++] = p;
}

static void take_report(struct taking *t, const json_t *line)
{
	struct report *r = saved_report(line);
	struct watched_port *p = r->reference ? NULL : port_of(t->host, r);
	struct watched run = watched_of(r);

	if (run.time_us <= 0)
		run.time_us = t->time_us;
	if (p)
		take(t, p, &run);
	report_free(r);
}

/* How many there are. */
static size_t take_reports(struct taking *t, const char *text, size_t length)
{
	const char *at = text, *end = text + length;
	size_t count = 0;

	while (at < end) {
		json_t *line = saved_next(&at, end);

		if (saved_is_of(line, "mpprobe-report/1")) {
			take_report(t, line);
			count++;
		}
		json_decref(line);
	}
	return count;
}

/* --- what a run says besides ---------------------------------------------- */

char *first_line(struct arena *a, const char *said)
{
	if (!strncmp(said, SAID_BEFORE, strlen(SAID_BEFORE)))
		said += strlen(SAID_BEFORE);
	return arena_printf(a, "%.*s", (int)strcspn(said, "\n"), said);
}

/* Once, until it is another. */
static void pass_on(struct watched_host *h, const char *said)
{
	struct arena *a = arena_new();
	const char *line = first_line(a, said);

	if (*line && (!h->complaint || strcmp(line, h->complaint) != 0))
		complain("%s: %s", h->name, line);
	free(h->complaint);
	h->complaint = must_have(strdup(line));
	arena_free(a);
}

bool watched_host_take(struct watched_host *h, const struct one_run *run,
		       int64_t time_us, const struct kept *k,
		       const struct teller *t, bool *unsure)
{
	struct taking taking = {
		.host = h, .time_us = time_us, .kept = k, .teller = t};

	if (!take_reports(&taking, run->report, run->length))
		return false;
	h->runs++;
	h->troubled = false;
	pass_on(h, run->said);
	*unsure = taking.unsure;
	return true;
}

void watched_host_take_failure(struct watched_host *h,
			       const struct one_run *run, int64_t time_us,
			       const struct teller *t, bool *unsure)
{
	const struct kept none = {NULL, NULL, NULL};
	struct taking taking = {
		.host = h, .time_us = time_us, .kept = &none, .teller = t};
	struct arena *a = arena_new();
	const char *why = *run->said ? first_line(a, run->said)
				     : arena_printf(a, "mpprobe ended with %d",
						    run->code);
	const struct watched failed = watched_failed(time_us, why);

	if (!h->count && !h->troubled)
		complain("%s: %s", h->name, why);
	h->troubled = true;
	for (size_t i = 0; i < h->count; i++)
		take(&taking, h->ports[i], &failed);
	*unsure = taking.unsure;
	arena_free(a);
}

/* --- the folder ----------------------------------------------------------- */

static char *read_file(const char *name, size_t *length)
{
	FILE *file = fopen(name, "re");
	char *text = NULL;

	*length = 0;
	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && ftell(file) > 0 &&
	    (size_t)ftell(file) <= READ_MAX) {
		*length = (size_t)ftell(file);
		rewind(file);
		text = must_have(malloc(*length));
		*length = fread(text, 1, *length, file);
	}
	fclose(file);
	return text;
}

void watched_host_resume(struct watched_host *h, const char *directory)
{
	struct arena *a = arena_new();
	size_t count, length;
	char **names =
		folder_reports(a, directory, h->name, RESUMED_MAX, &count);

	for (size_t i = 0; i < count; i++) {
		const char *base = strrchr(names[i], '/') + 1;
		struct taking old = {.host = h,
				     .time_us = folder_time_of(base, h->name)};
		char *text = read_file(names[i], &length);

		if (text)
			take_reports(&old, text, length);
		free(text);
	}
	arena_free(a);
}

/* --- the end -------------------------------------------------------------- */

int watched_host_code(const struct watched_host *h)
{
	int code = EXIT_CLEAR;

	if (!h->runs && !h->troubled)
		return -1;
	if (!h->count)
		return EXIT_UNKNOWN;
	for (size_t i = 0; i < h->count; i++) {
		const struct report last = {
			.status = h->ports[i]->subject.known.status};

		code = exit_worst(code, report_exit_code(&last));
	}
	return code;
}

void watched_host_free(struct watched_host *h)
{
	for (size_t i = 0; i < h->count; i++)
		free(h->ports[i]);
	free(h->ports);
	free(h->complaint);
}
