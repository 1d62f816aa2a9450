// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe watch: probes again and again, and tells what changes. Each run is a
 * process of its own; this one keeps the right to start it, and reads nothing
 * of strangers but its report. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/output.h"
#include "probe/net/clock.h"
#include "probe/net/outfile.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/ways.h"
#include "probe/watch/commands.h"
#include "probe/watch/folder.h"
#include "probe/watch/one_run.h"
#include "probe/watch/turns.h"
#include "probe/watch/waiting.h"
#include "probe/watch/watched_host.h"
#include "report/arena.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

#define SECOND_US INT64_C(1000000)

struct watching {
	const struct options *o;
	struct output *out;
	struct watched_host *hosts;
	size_t count;
	const char **words; /* what each run gets, from its options on */
	size_t word_count;
	struct commands commands;
	bool unkept; /* it was told that runs cannot be kept */
};

static uint32_t any_number(void)
{
	uint32_t number = 0;

	return getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0 ? 0
								     : number;
}

/* --- what is told --------------------------------------------------------- */

/* What it begins with is a message: results are changes only. */
static void tell_begin(void *context, const struct watched_host *h,
		       const struct watched_port *p)
{
	const struct watching *w = context;
	const struct watched *now = &p->subject.known;
	struct arena *a = arena_new();

	if (!w->o->quiet)
		complain("%s%s port %u%s%s: %s%s", h->name,
			 family_phrase(h->both_families ? p->family : 0),
			 p->port, *p->uplink ? " by " : "", p->uplink,
			 watched_phrase(a, now),
			 now->length ? arena_printf(a, ", %u hops away",
						    now->length)
				     : "");
	arena_free(a);
}

static int print_change(const struct format *f, const struct page *p,
			const void *change)
{
	return f->watch(p, change);
}

static void tell_change(void *context, const struct watch_change *c)
{
	struct watching *w = context;
	struct arena *a = arena_new();

	output_print(w->out, print_change, c);
	if (w->o->exec)
		commands_run(&w->commands, w->o->exec, c,
			     arena_printf(a, "%s\n", change_line(a, c)));
	arena_free(a);
}

/* --- the folder ----------------------------------------------------------- */

static void tell_unkept(struct watching *w, const char *why)
{
	if (!w->unkept)
		complain("%s; watching goes on", why);
	w->unkept = true;
}

static void keep(struct arena *a, struct watching *w, struct kept *k,
		 const struct one_run *run)
{
	if (!k->stem)
		return;
	if (folder_keep(k->stem, run->report, run->length) == -1) {
		tell_unkept(w, arena_printf(a, "cannot write %s: %s", k->report,
					    strerror(errno)));
		k->report = NULL;
		return;
	}
	if (w->unkept && k->capture)
		complain("--save %s: runs are kept again", w->o->save);
	if (k->capture)
		w->unkept = false;
}

static void forget(struct watching *w)
{
	if (!w->o->keep)
		return;
	for (size_t i = 0; i < w->count; i++)
		folder_forget(w->o->save, w->hosts[i].name,
			      clock_us(CLOCK_REALTIME) -
				      w->o->keep * SECOND_US);
}

/* --- one run -------------------------------------------------------------- */

/* "mpprobe probe -j -w FILE --port 80 -- HOST" */
static char **make_line(struct arena *a, const struct watching *w,
			const struct watched_host *h, const struct kept *k)
{
	size_t most = w->word_count + 8, count = 0;
	char **line = arena_alloc(a, most * sizeof(*line));

	line[count++] = w->o->line[0];
	line[count++] = (char *)"probe";
	line[count++] = (char *)"-j";
	if (k->capture) {
		line[count++] = (char *)"-w";
		line[count++] = k->capture;
	}
	for (size_t i = 0; i < w->word_count; i++)
		line[count++] = (char *)w->words[i];
	line[count++] = (char *)"--";
	line[count++] = (char *)h->name;
	return line;
}

static struct kept choose_names(struct arena *a, const struct watching *w,
				const struct watched_host *h, int64_t time_us)
{
	struct kept k = {NULL, NULL, NULL};

	if (!w->o->save)
		return k;
	k.stem = folder_stem(a, w->o->save, h->name, time_us);
	k.report = arena_printf(a, "%s.json", k.stem);
	k.capture = arena_printf(a, "%s.%s", k.stem,
				 ways_are_several(&w->o->where) ? "pcapng"
								: "pcap");
	return k;
}

/* Where the capture cannot be written, once more without. */
static struct one_run run_and_keep(struct arena *a, struct watching *w,
				   const struct watched_host *h, struct kept *k)
{
	struct one_run run = one_run(make_line(a, w, h, k));

	if (run.code == EXIT_OUTPUT && k->capture && !signals_interrupted()) {
		tell_unkept(w, first_line(a, run.said));
		unlink(k->capture);
		k->capture = NULL;
		free(run.report);
		run = one_run(make_line(a, w, h, k));
	}
	if (k->capture && (!run.length || signals_interrupted()))
		unlink(k->capture);
	if (run.length && !signals_interrupted())
		keep(a, w, k, &run);
	return run;
}

/* What no later run will mend. */
static bool is_fatal(const struct watching *w, const struct watched_host *h,
		     int code)
{
	return !h->runs && (code == EXIT_PRIVILEGE ||
			    (code == EXIT_USAGE && w->count == 1));
}

/* 0, or the exit code with which to end. A run that a signal ended shows
 * nothing. */
static int run_once(struct watching *w, struct watched_host *h, bool *unsure)
{
	const struct teller teller = {tell_begin, tell_change, w};
	struct arena *a = arena_new();
	int64_t time_us = clock_us(CLOCK_REALTIME);
	struct kept k = choose_names(a, w, h, time_us);
	struct one_run run = run_and_keep(a, w, h, &k);
	int code = 0;

	*unsure = false;
	if (signals_interrupted() ||
	    watched_host_take(h, &run, time_us, &k, &teller, unsure))
		code = 0;
	else if (is_fatal(w, h, run.code))
		code = failure(run.code, "%s", first_line(a, run.said));
	else
		watched_host_take_failure(h, &run, time_us, &teller, unsure);
	free(run.report);
	arena_free(a);
	return code;
}

/* What one run shows otherwise, another one must show, too. */
static int take_turn(struct watching *w, struct watched_host *h)
{
	bool unsure;
	int code = run_once(w, h, &unsure);

	if (code == 0 && unsure && !signals_interrupted())
		code = run_once(w, h, &unsure);
	h->due_us = turn_next(h->due_us, waiting_now_us(),
			      w->o->every * SECOND_US, any_number());
	forget(w);
	return code;
}

/* --- watching ------------------------------------------------------------- */

static struct watched_host *next_host(const struct watching *w)
{
	struct watched_host *next = &w->hosts[0];

	for (size_t i = 1; i < w->count; i++)
		if (w->hosts[i].due_us < next->due_us)
			next = &w->hosts[i];
	return next;
}

static int watch(struct watching *w)
{
	int code = 0;

	while (code == 0 && !signals_interrupted() && !output_failed(w->out)) {
		struct watched_host *h = next_host(w);
		int64_t look_us = commands_look(&w->commands);

		if (waiting_now_us() >= h->due_us)
			code = take_turn(w, h);
		else
			waiting_for(NULL, 0,
				    look_us < h->due_us ? look_us : h->due_us);
	}
	commands_end(&w->commands);
	return code;
}

/* What is known at the end, of all hosts the worst. */
static int last_code(const struct watching *w)
{
	int code = -1;

	for (size_t i = 0; i < w->count; i++) {
		int one = watched_host_code(&w->hosts[i]);

		if (one != -1)
			code = code == -1 ? one : exit_worst(code, one);
	}
	return code == -1 ? EXIT_INTERRUPTED : code;
}

static void free_hosts(struct watching *w)
{
	for (size_t i = 0; i < w->count; i++)
		watched_host_free(&w->hosts[i]);
	free(w->hosts);
}

/* All with the right of the start; then, with what is left, whether it does. */
static int open_folder(const struct options *o)
{
	if (o->save && outfile_directory(o->save) == -1)
		return failure(EXIT_OUTPUT, "--save %s: %s", o->save,
			       strerror(errno));
	return 0;
}

static int check_folder(const struct options *o)
{
	if (o->save && access(o->save, R_OK | W_OK | X_OK) == -1)
		return failure(EXIT_OUTPUT, "--save %s: %s", o->save,
			       strerror(errno));
	return 0;
}

static void begin(struct watching *w, struct arena *a, char **names)
{
	int words = 0;

	while (w->o->line[words])
		words++;
	w->words = arena_alloc(a, 2 * (size_t)words * sizeof(*w->words));
	w->word_count = options_handed_on(a, words, w->o->line, w->words);
	w->hosts = must_have(calloc(w->count, sizeof(*w->hosts)));
	for (size_t i = 0; i < w->count; i++) {
		struct watched_host *h = &w->hosts[i];

		h->name = names[i];
		h->both_families = w->o->where.ipv4 && w->o->where.ipv6;
		h->due_us = turn_first(waiting_now_us(),
				       w->o->every * SECOND_US, any_number());
		if (w->o->save)
			watched_host_resume(h, w->o->save);
	}
}

int cmd_watch(const struct options *o, struct output *out, int argc,
	      char **argv)
{
	struct watching w = {.o = o, .out = out, .count = (size_t)argc};
	struct arena *a = arena_new();
	int code = open_folder(o);

	tzset(); /* reads a file */
	waiting_begin();
	if (code == 0)
		code = privileges_keep_starting();
	if (code == 0)
		code = check_folder(o);
	if (code == 0) {
		begin(&w, a, argv);
		code = watch(&w);
		if (code == 0)
			code = last_code(&w);
		free_hosts(&w);
	}
	arena_free(a);
	return code;
}
