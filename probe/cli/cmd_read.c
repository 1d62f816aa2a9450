// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe read: judges a capture, and lists the MPTCP connections of one that
 * is not mpprobe's own; or prints it packet by packet. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crafting/packet.h"
#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/cli/report_file.h"
#include "probe/cli/reports.h"
#include "probe/cli/resave.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "report/arena.h"
#include "report/judge/judge.h"
#include "report/paths/legs.h"
#include "report/paths/paths.h"
#include "report/print/text.h"
#include "report/report.h"
#include "report/track/capture.h"
#include "report/track/observer.h"

/* A connection in the list. */
struct listed {
	uint64_t number;
	off_t begin;
	size_t length;
};

struct reading {
	const struct options *options;
	const char *name;	  /* of the file, or of all of them */
	const char *const *files; /* their names; NULL: there is one */
	struct capture *capture;
	FILE *report; /* the same file, if mpprobe may have written it; NULL */
	struct output *out;
	struct observer *observer;
	struct resave *copy; /* of -w; or NULL */
	FILE *list; /* of the connections that are over, as they are printed */
	struct listed *listed;
	size_t listed_count;
	int list_error; /* errno of what of it could not be kept; 0: none */
	int64_t first_us, previous_us; /* of the packets that were printed */
	bool any;
	struct arena *arena;
};

/* --- judging ------------------------------------------------------------- */

static int report_group(const struct reading *r,
			const struct judge_target *targets, size_t count,
			bool *reference)
{
	struct report **reports = must_have(calloc(count, sizeof(*reports)));
	const struct paths_group group = {.reports = reports, .count = count};
	int code;

	for (size_t i = 0; i < count; i++)
		reports[i] = judge(r->observer, &targets[i]);
	*reference = reports[0]->reference;
	code = reports_print(r->out, r->observer, &group);
	for (size_t i = 0; i < count; i++)
		report_free(reports[i]);
	free(reports);
	return code;
}

static int report_all(const struct reading *r, struct judge_target *targets,
		      size_t count)
{
	int ret = EXIT_CLEAR;
	bool first = true;

	for (size_t i = 0, used; i < count; i += used) {
		bool reference;
		int code;

		used = paths_take_group(&targets[i], count - i);
		code = report_group(r, &targets[i], used, &reference);
		if (!reference) {
			ret = first ? code : exit_worst(ret, code);
			first = false;
		}
	}
	return ret;
}

/* Whether both ends of any of its connections are seen to send. */
static bool has_both_ways(const struct observer *o)
{
	for (size_t i = 0; i < o->middle_count; i++)
		if (o->middles[i]->sides[0].packets &&
		    o->middles[i]->sides[1].packets)
			return true;
	return false;
}

/* Joins that are in it have their SYNs: it is their connection that is not. */
static bool has_joins(const struct observer *o)
{
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->joins)
			return true;
	return false;
}

/* "it begins in the middle of its connections" */
static const char *what_is_missing(const struct observer *o)
{
	if (has_both_ways(o))
		return "it begins in the middle of its connections";
	if (has_joins(o))
		return "it has joins only, and the connections that they "
		       "belong to (their first subflows) are not in it";
	return "it has no SYN, and only one direction of its connections";
}

/* A capture without the beginning of any connection can be listed only.
 * `cut` says where a truncated capture ends; empty if it is whole. */
static int judge_all(const struct reading *r, const char *cut)
{
	size_t count = judge_targets(r->observer, NULL, 0);
	struct judge_target *targets;
	int ret;

	if (!count && r->observer->connections.count)
		return failure(EXIT_UNKNOWN,
			       "%s: %s: they are listed, not judged", r->name,
			       what_is_missing(r->observer));
	if (*cut)
		complain("%s; judged as far as it goes", cut);
	if (!count) {
		complain("%s: no TCP connection begins in it", r->name);
		return EXIT_INPUT;
	}
	targets = must_have(calloc(count, sizeof(*targets)));
	judge_targets(r->observer, targets, count);
	ret = report_all(r, targets, count);
	free(targets);
	return ret;
}

/* --- legs ---------------------------------------------------------------- */

/* The probes of mpprobe are in its report. */
static bool is_own(const struct observer *o)
{
	for (size_t i = 0; i < o->flow_count; i++)
		if (o->flows[i]->purpose == PURPOSE_CONTROL ||
		    flow_swept(o->flows[i], SEGMENT_SYN))
			return true;
	return false;
}

static void print_legs(const struct reading *r)
{
	struct legs *l = legs_find(r->observer);

	if (l->count)
		print_beside_report(r->out, list_legs_print, l);
	legs_free(l);
}

/* --- listing ------------------------------------------------------------- */

/* They end in any order, and are listed in that of their beginning. */
static void list_connection(void *context, const struct mptcp_connection *c)
{
	struct reading *r = context;
	struct page page = output_page(r->out);
	struct listed *l;

	output_beside(r->out, list_connection_print, c);
	if (!r->list)
		return;
	l = ARENA_PUSH(r->arena, r->listed, r->listed_count);
	page.out = r->list;
	page.arena = arena_new();
	l->number = c->number;
	l->begin = ftello(r->list);
	errno = 0;
	if (output_format(r->out)->connection(&page, c) == 0 &&
	    fflush(r->list) == 0 && !ferror(r->list))
		l->length = (size_t)(ftello(r->list) - l->begin);
	else if (!r->list_error)
		r->list_error = errno ? errno : ENOMEM;
	arena_free(page.arena);
}

static int by_number(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void print_listed(const struct reading *r, const struct listed *l)
{
	const struct page *page = output_begin(r->out);
	char *text = arena_alloc(page->arena, l->length);
	bool whole = fseeko(r->list, l->begin, SEEK_SET) == 0 &&
		     fread(text, l->length, 1, r->list) == 1;

	if (whole)
		fwrite(text, l->length, 1, page->out);
	output_end(r->out, whole ? 0 : -1);
}

/* 0, or the exit code after a complaint. */
static int print_list(struct reading *r)
{
	const struct mptcp_connections *all = &r->observer->connections;
	const struct format *format = output_format(r->out);
	bool own = is_own(r->observer);

	if (!all->count || (own && !r->options->verbose) ||
	    (r->options->quiet && !output_has_documents(r->out)))
		return 0;
	if (!own) /* mpprobe's own are listed on no document */
		output_beside(r->out, list_heading_print, NULL);
	observe_end_frozen(r->observer, INT64_MAX);
	for (const struct mptcp_connection *c = all->oldest; c; c = c->newer)
		list_connection(r, c);
	if (!r->list)
		return 0;
	qsort(r->listed, r->listed_count, sizeof(*r->listed), by_number);
	output_end(r->out,
		   list_heading_print(format, output_begin(r->out), NULL));
	for (size_t i = 0; i < r->listed_count; i++)
		if (r->listed[i].length)
			print_listed(r, &r->listed[i]);
	if (!r->list_error)
		return 0;
	return failure(r->list_error == ENOMEM ? EXIT_SYSTEM : EXIT_OUTPUT,
		       "the list of connections, in a temporary file: %s",
		       strerror(r->list_error));
}

/* --- feeding ------------------------------------------------------------- */

/* What page->times counts from. */
static int64_t time_shown(struct reading *r, int64_t time_us)
{
	int64_t from = 0;

	if (!r->any)
		r->first_us = r->previous_us = time_us;
	r->any = true;
	if (r->options->json)
		return time_us;
	if (r->options->times == 3)
		from = r->previous_us;
	else if (r->options->times == 5)
		from = r->first_us;
	r->previous_us = time_us;
	return time_us - from;
}

static void print_packet(void *context, uint64_t number, int64_t time_us,
			 const uint8_t *ip, size_t available)
{
	struct reading *r = context;
	const struct page *page = output_begin(r->out);
	struct packet p;
	int printed = 0;

	if (packet_parse(ip, available, &p) && packet_is_listed(&p))
		printed = output_format(r->out)->packet(page, &p, number,
							time_shown(r, time_us));
	output_end(r->out, printed);
}

static int feed_and_judge(struct reading *r)
{
	char error[400] = "";
	int ret, listed;

	if (capture_feed(r->capture, r->observer, error, sizeof(error)) ==
	    CAPTURE_UNREADABLE)
		return failure(EXIT_INPUT, "%s", error);
	ret = judge_all(r, error);
	if (!is_own(r->observer))
		print_legs(r);
	listed = print_list(r);
	return listed ? listed : ret;
}

static int print_packets(struct reading *r)
{
	char error[400] = "";
	/* Who is to be covered is followed: that tells of keys. */
	struct observer *o = r->options->anonymous ? r->observer : NULL;
	enum capture_result result;

	capture_as_filed(r->capture);
	result = capture_feed_each(r->capture, o, print_packet, r, error,
				   sizeof(error));
	if (*error)
		complain("%s", error);
	return result == CAPTURE_UNREADABLE ? EXIT_INPUT : EXIT_CLEAR;
}

/* What a report says was written with the addresses in it. */
static int print_report_file(const struct reading *r)
{
	if (r->options->anonymous || r->copy)
		return failure(EXIT_INPUT,
			       "%s: a report: --anonymize and -w take the "
			       "capture that it is of",
			       r->name);
	return report_file_print(r->report, r->name, r->out);
}

/* Everything is open: from here on strangers' bytes are read. */
static int drop_and_read(struct reading *r)
{
	tzset(); /* reads a file */
	if (privileges_drop() != 0)
		return EXIT_SYSTEM;
	if (r->options->packets)
		return print_packets(r);
	if (report_file_is(r->report))
		return print_report_file(r);
	return feed_and_judge(r);
}

/* On disk, as there may be millions; afterwards no file is made. False: no
 * memory. */
static bool open_list(struct reading *r)
{
	if (r->options->quiet || r->options->packets ||
	    !output_format(r->out)->connection)
		return true;
	r->list = tmpfile();
	if (!r->list && errno != ENOMEM)
		complain("no list: no temporary file: %s", strerror(errno));
	return r->list || errno != ENOMEM;
}

static int read_capture(struct reading *r)
{
	int ret;

	r->observer = observer_new();
	if (r->observer && open_list(r)) {
		r->observer->vantage = r->options->vantage;
		r->observer->files = r->files;
		r->observer->connections.drawn = output_has_documents(r->out);
		r->observer->ended = list_connection;
		r->observer->ended_context = r;
		ret = drop_and_read(r);
	} else {
		ret = failure(EXIT_SYSTEM, "no memory, or OpenSSL failed");
	}
	observer_free(r->observer);
	if (r->list)
		fclose(r->list);
	return ret;
}

/* How captures are called in what is said of them. */
static const char *const *shown_names(const struct options *o, int argc,
				      char **argv, struct arena *arena)
{
	const char **names;

	if (argc == 1)
		return NULL;
	if (!o->anonymous)
		return (const char *const *)argv;
	names = arena_alloc(arena, (size_t)argc * sizeof(*names));
	for (int i = 0; i < argc; i++)
		names[i] = arena_printf(arena, "capture %d", i + 1);
	return names;
}

/* False after a complaint. */
static bool open_copy(struct reading *r, bool several)
{
	if (!r->options->write_file)
		return true;
	r->copy = resave_open(r->options->write_file, r->capture, several);
	if (r->copy)
		capture_each_frame(r->capture, resave_frame, r->copy);
	return r->copy != NULL;
}

int cmd_read(const struct options *o, struct output *out, int argc, char **argv)
{
	struct reading r = {.options = o, .out = out};
	char error[400];
	int ret, saved;

	r.name = argc == 1 ? argv[0] : "these captures";
	r.arena = arena_new();
	r.files = shown_names(o, argc, argv, r.arena);
	r.capture = capture_open((const char *const *)argv, (size_t)argc, error,
				 sizeof(error));
	if (!r.capture) {
		arena_free(r.arena);
		return failure(EXIT_INPUT, "%s", error);
	}
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-") == 0)
			signals_leave_to_writer();
	capture_filter(r.capture, o->filter);
	capture_anonymize(r.capture, o->anonymous);
	if (argc == 1)
		r.report = report_file_open(argv[0]);
	for (int i = 0; i < argc; i++)
		output_capture(out, argv[i]);
	ret = open_copy(&r, argc > 1) ? read_capture(&r) : EXIT_OUTPUT;
	saved = resave_close(r.copy);
	if (saved && ret < EXIT_USAGE)
		ret = saved;
	capture_close(r.capture);
	arena_free(r.arena);
	if (r.report)
		fclose(r.report);
	return ret;
}
