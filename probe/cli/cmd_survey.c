// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe survey: asks many servers whether they speak MPTCP. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/scenario_list.h"
#include "probe/cli/survey_complaints.h"
#include "probe/cli/survey_report.h"
#include "probe/cli/survey_targets.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/asking.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/files.h"
#include "probe/survey/header.h"
#include "probe/survey/journal.h"
#include "probe/survey/meta.h"
#include "probe/survey/modest.h"
#include "probe/survey/probing.h"
#include "probe/survey/sources.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"
#include "report/arena.h"

#define RATE_DEFAULT 1000
#define COOLDOWN_DEFAULT 8
#define SAMPLE_DEFAULT 100

/* All of a survey, new or resumed. */
struct surveying {
	const struct options *o;
	struct output *out;   /* of the tables at its end */
	struct options first; /* of one that goes on: how it began */
	struct survey survey;
	struct survey_header header;
	struct survey_files files;
	struct journal_state before;
	struct blocklist blocklist;
	struct sources sources;
	struct wire_failure failure;
	struct scenario_list *scenarios; /* that know stacks; or NULL */
	char started[32];
};

static const uint16_t port_default[] = {80};

/* --- targets ------------------------------------------------------------- */

static int add_targets(struct surveying *y, int argc, char **argv)
{
	const struct options *o = y->o;
	const struct targets_config c = {
		.ports = o->port_count ? o->ports : port_default,
		.port_count = o->port_count ? o->port_count : 1,
		.ipv4 = true,
		.ipv6 = true,
		.seed = y->header.seed,
		.shard = o->shards ? o->shard - 1 : 0,
		.shards = o->shards ? o->shards : 1,
	};
	int code = 0;

	y->survey.targets = targets_new(&c);
	for (int i = 0; i < argc && !code; i++)
		code = survey_target_add(y->survey.targets, &y->header, o,
					 argv[i]);
	return code;
}

/* --- settings ------------------------------------------------------------ */

static unsigned kinds_of(const struct options *o)
{
	const unsigned v1 = 1 << SYN_CAPABLE | 1 << SYN_JOIN;
	const unsigned v0 = 1 << SYN_CAPABLE_V0;

	if (!o->mptcp_said || o->mptcp_version == 1)
		return v1;
	return o->mptcp_version ? v0 | v1 : v0;
}

/* With --capable-first all but the first of them. */
static unsigned later_of(const struct options *o)
{
	unsigned kinds = kinds_of(o);

	return o->capable_first ? kinds & (kinds - 1) : 0;
}

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

/* 0: bits alone are limited. */
static double pps_of(const struct options *o)
{
	return o->rate || o->bandwidth ? o->rate : RATE_DEFAULT;
}

static void configure(struct surveying *y)
{
	const struct options *o = y->o;
	struct survey *s = &y->survey;

	s->config = (struct survey_config){
		.kinds = kinds_of(o),
		.later = later_of(o),
		.sample = or_else(o->sample, SAMPLE_DEFAULT),
		.pps = pps_of(o),
		.bits = (double)o->bandwidth,
		.max_targets = o->max_targets,
		.max_runtime_s = o->max_runtime,
		.cooldown_s = or_else(o->cooldown, COOLDOWN_DEFAULT),
		.probes = o->probes,
		.results = y->files.results,
		.status = y->files.status,
		.stream = !y->files.directory,
	};
	s->before = &y->before;
	memcpy(s->counts, y->before.position.counts, sizeof(s->counts));
	s->failure = &y->failure;
	memcpy(s->identity.secret, y->header.secret, SIPHASH_KEY);
	memcpy(s->identity.ports, y->header.ports, sizeof(y->header.ports));
}

static int check_rate(const struct surveying *y)
{
	const struct options *o = y->o;
	if (rate_is_modest(pps_of(o), (double)o->bandwidth) || o->allowed ||
	    targets_are_private(y->survey.targets))
		return 0;
	return rate_refuse();
}

/* -j and "-o -": lines to standard output, and nothing on the disk. */
static bool is_stream(const struct options *o)
{
	return !o->output_file && (o->json || options_given(o, 'o'));
}

static int check_options(const struct options *o, int argc)
{
	if (o->json && o->output_file)
		return failure(EXIT_USAGE,
			       "-j writes the lines to standard output, -o DIR "
			       "into DIR: one of them");
	if (!o->output_file && !is_stream(o))
		return failure(EXIT_USAGE,
			       "-o DIR is missing: where results go; -j writes "
			       "them to standard output");
	if (!argc)
		return failure(EXIT_USAGE, "no TARGETS given (mpprobe survey "
					   "-h shows how)");
	return 0;
}

/* --- meta.json ----------------------------------------------------------- */

static void utc_now(char text[32])
{
	time_t now = time(NULL);
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* `ended`: NULL while it runs. */
static void write_meta(const struct surveying *y, const char *ended)
{
	const struct survey_meta meta = {.fd = y->files.meta,
					 .survey = &y->survey,
					 .header = &y->header,
					 .interface = y->sources.interface,
					 .started = y->started,
					 .ended = ended};

	if (y->files.directory && survey_meta_write(&meta) == -1)
		complain("%s/meta.json: %s", y->files.directory,
			 strerror(errno));
}

/* --- the run ------------------------------------------------------------- */

/* From its beginning; NULL: it cannot be. */
static FILE *reopened(int fd)
{
	int copy = dup(fd);
	FILE *file = copy == -1 ? NULL : fdopen(copy, "r");

	if (file)
		rewind(file);
	return file;
}

/* Of the file that is open: its name may be out of reach by now. */
static void print_own_tables(const struct surveying *y)
{
	FILE *results = reopened(y->files.results);
	FILE *meta = reopened(y->files.meta);

	if (results)
		survey_report_own(y->out, results, meta, y->scenarios);
	if (results)
		fclose(results);
	if (meta)
		fclose(meta);
}

static int run(struct surveying *y)
{
	bool tables = !y->o->quiet && y->files.directory;
	char ended[32];
	int code;

	y->scenarios = tables ? scenario_list_load() : NULL;
	code = privileges_drop();
	if (code)
		return code;
	code = survey_run(&y->survey);
	if (!code)
		code = survey_complain_of_lists(&y->survey);
	y->survey.complete &= !code;
	utc_now(ended);
	write_meta(y, ended);
	survey_complain_of_lines(&y->survey);
	if (!y->survey.complete)
		survey_complain_of_rest(&y->survey, y->files.directory, code);
	if (tables)
		print_own_tables(y);
	return code;
}

#define NOTHING_TO_DO (-1)

/* A filter that gets nothing has done it. */
static int complain_of_nobody(const struct surveying *y)
{
	uint64_t first;
	int code = survey_complain_of_lists(&y->survey);

	if (signals_interrupted())
		return EXIT_INTERRUPTED;
	if (code)
		return code;
	survey_complain_of_lines(&y->survey);
	if (is_stream(y->o) && !targets_bad_lines(y->survey.targets, &first))
		return NOTHING_TO_DO;
	return failure(EXIT_INPUT, "there is nobody to ask");
}

/* Of a list that may take long to come. */
static int check_right(struct surveying *y)
{
	if (!targets_are_unread(y->survey.targets) ||
	    uplink_may_send(&y->failure) == 0)
		return 0;
	return failure(y->failure.exit_code, "%s", y->failure.text);
}

/* Who is the first decides by which interface all are asked. */
static int know_targets(struct surveying *y, int argc, char **argv)
{
	int code = add_targets(y, argc, argv);

	if (!code)
		code = check_rate(y);
	if (!code)
		code = check_right(y);
	signals_install();
	if (!code && !targets_await(y->survey.targets))
		code = complain_of_nobody(y);
	return code;
}

static void count_sent(void *context, size_t length)
{
	asking_spend(context, length);
}

static int open_probing(struct surveying *y)
{
	struct survey *s = &y->survey;
	const struct survey_identity *identity = &s->identity;
	struct probing_config c = {
		.at_once = y->o->probes,
		.mptcp_version = y->o->mptcp_version,
		.interface = y->sources.interface,
		.bind_interface = y->o->where.interface,
		.sources = {identity->sources[0], identity->sources[1]},
		.mtu = {y->sources.mtu[0], y->sources.mtu[1]},
		.blocklist = s->blocklist,
		.done = survey_probed,
		.sent = count_sent,
		.context = s,
	};
	int code = y->files.directory ? survey_files_evidence(&y->files) : 0;

	if (code)
		return code;
	c.evidence = y->files.evidence;
	sources_ports(identity, &c.first_port, &c.last_port);
	s->probing = probing_open(&c, &code);
	return code;
}

/* What both a new survey and one that goes on open, in their order. */
static int open_all(struct surveying *y)
{
	struct survey *s = &y->survey;
	int code = survey_blocklist(&y->blocklist, y->o->blocklist,
				    y->files.directory);

	s->blocklist = &y->blocklist;
	if (code)
		return code;
	configure(y);
	code = sources_open(&y->sources, &y->o->where, y->o->raw_sockets,
			    s->targets, &s->identity, &y->failure);
	if (!code && y->o->probes)
		code = open_probing(y);
	s->air = y->sources.air;
	return code;
}

static void close_all(struct surveying *y)
{
	targets_free(y->survey.targets);
	probing_close(y->survey.probing);
	blocklist_free(&y->blocklist);
	journal_free(y->survey.journal);
	journal_state_free(&y->before);
	sources_close(&y->sources);
	survey_files_close(&y->files);
	scenario_list_free(y->scenarios);
	survey_header_free_targets(&y->header);
}

/* --seed is of the order alone: who knows it must not know the secret. */
static int make_header(struct surveying *y)
{
	struct survey_header *h = &y->header;

	if (getrandom(h->secret, sizeof(h->secret), 0) != sizeof(h->secret) ||
	    getrandom(&h->seed, sizeof(h->seed), 0) != sizeof(h->seed))
		return failure(EXIT_SYSTEM, "no random numbers: %s",
			       strerror(errno));
	if (y->o->has_seed)
		h->seed = y->o->seed;
	h->line = y->o->line;
	while (h->line[h->line_count])
		h->line_count++;
	return 0;
}

static int begin_journal(struct surveying *y)
{
	json_t *header;
	int code;

	memcpy(y->header.ports, y->survey.identity.ports,
	       sizeof(y->header.ports));
	y->header.ipv4 = y->survey.identity.sources[0].family;
	y->header.ipv6 = y->survey.identity.sources[1].family;
	header = survey_header_write(&y->header);
	code = survey_files_begin(&y->files, header);
	json_decref(header);
	y->survey.journal = journal_new(y->files.journal, y->header.secret);
	return code;
}

static int open_files(struct surveying *y)
{
	const struct options *o = y->o;

	return is_stream(o) ? survey_files_stream(&y->files, o->status_file)
			    : survey_files_make(&y->files, o->output_file,
						o->status_file);
}

/* A signal finds no files yet, or a survey that is begun and ended. */
static int survey_new(const struct options *o, struct output *out, int argc,
		      char **argv)
{
	struct surveying y = {.o = o, .out = out, .files = SURVEY_FILES_NONE};
	int code = check_options(o, argc);

	if (code)
		return code;
	utc_now(y.started);
	code = make_header(&y);
	if (!code)
		code = know_targets(&y, argc, argv);
	if (!code)
		code = open_files(&y);
	if (!code)
		code = open_all(&y);
	if (!code && y.files.directory)
		code = begin_journal(&y);
	if (code)
		survey_files_remove(&y.files);
	if (!code) {
		write_meta(&y, NULL);
		code = run(&y);
	}
	close_all(&y);
	return code == NOTHING_TO_DO ? 0 : code;
}

/* --- going on ------------------------------------------------------------ */

static int load_journal(struct surveying *y, FILE *file)
{
	long begins = ftell(file);

	journal_load(file, y->header.secret, &y->before);
	y->survey.journal = journal_new(y->files.journal, y->header.secret);
	return survey_files_cut(&y->files, begins + (long)y->before.length,
				(long)y->before.position.results_bytes);
}

static int parse_line(struct survey_header *h, struct options *o,
		      char **arguments, int *count)
{
	int code = options_parse(h->line_count, h->line, o, arguments, count);

	if (code != -1 || !*count || strcmp(arguments[0], "survey") != 0)
		return failure(EXIT_INPUT, "the journal is of another command");
	return options_accept(o, COMMAND_SURVEY, "survey");
}

/* What may be said anew. */
static void take_over(struct options *first, const struct options *now)
{
	if (now->rate || now->bandwidth) {
		first->rate = now->rate;
		first->bandwidth = now->bandwidth;
	}
	if (now->max_targets)
		first->max_targets = now->max_targets;
	if (now->max_runtime)
		first->max_runtime = now->max_runtime;
	first->allowed |= now->allowed;
	first->raw_sockets |= now->raw_sockets;
	first->quiet |= now->quiet;
}

static int resume_open(struct surveying *y, const struct options *o,
		       json_t *header, FILE *journal)
{
	struct survey_header noted;
	struct options *first = &y->first;
	char **arguments;
	int count, code;

	if (!survey_header_read(header, &y->header))
		return failure(EXIT_INPUT, "%s/journal: not a journal",
			       o->resume);
	noted = y->header;
	y->header.targets = NULL; /* they are noted again */
	y->header.target_count = 0;
	arguments = must_have(
		calloc((size_t)y->header.line_count + 1, sizeof(*arguments)));
	code = parse_line(&y->header, first, arguments, &count);
	take_over(first, o);
	first->where.ipv4 = y->header.ipv4;
	first->where.ipv6 = y->header.ipv6;
	y->o = first;
	if (code == -1)
		code = survey_files_status(&y->files,
					   o->status_file ? o->status_file
							  : first->status_file);
	if (!code)
		code = load_journal(y, journal);
	if (!code)
		code = know_targets(y, noted.target_count, noted.targets);
	if (!code)
		code = open_all(y);
	if (!code) {
		write_meta(y, NULL);
		code = run(y);
	}
	survey_header_free_targets(&noted);
	free(arguments);
	return code;
}

static int check_resume(const struct options *o, int argc)
{
	static const char *const may[] = {
		"resume",      "rate",	      "bandwidth", "max-targets",
		"max-runtime", "quiet",	      "status",	   "raw-sockets",
		"color",       "i-am-allowed"};
	char text[32];
	const char *other = options_given_beside(
		o, may, sizeof(may) / sizeof(may[0]), text, sizeof(text));

	if (is_stream(o))
		return failure(EXIT_USAGE,
			       "--resume DIR goes on in DIR: neither -j nor -o "
			       "- goes with it");
	if (argc || o->output_file)
		return failure(EXIT_USAGE,
			       "--resume DIR knows the targets and where "
			       "results go");
	if (other)
		return failure(EXIT_USAGE,
			       "%s: a survey that goes on keeps what it began "
			       "with",
			       other);
	return 0;
}

static int survey_resume(const struct options *o, struct output *out, int argc)
{
	struct surveying y = {.o = o, .out = out};
	json_t *header = NULL;
	FILE *journal = NULL;
	int code = check_resume(o, argc);

	if (code)
		return code;
	utc_now(y.started);
	code = survey_files_open(&y.files, o->resume, &header, &journal);
	if (!code)
		code = resume_open(&y, o, header, journal);
	json_decref(header);
	if (journal)
		fclose(journal);
	survey_header_free_line(&y.header);
	close_all(&y);
	return code;
}

/* --- the command --------------------------------------------------------- */

/* Of those that say how tables are printed; or NULL. */
static const char *report_only(const struct options *o)
{
	return o->html_file   ? "--html"
	       : o->csv	      ? "--csv"
	       : o->csv_table ? "--table"
	       : o->as_table  ? "--as-table"
			      : NULL;
}

int cmd_survey(const struct options *o, struct output *out, int argc,
	       char **argv)
{
	if (o->tables)
		return survey_report(o, out, argc, argv);
	if (report_only(o))
		return failure(EXIT_USAGE, "%s goes with --report only",
			       report_only(o));
	return o->resume ? survey_resume(o, out, argc)
			 : survey_new(o, out, argc, argv);
}
