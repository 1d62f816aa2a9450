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
#include "probe/cli/survey_targets.h"
#include "probe/net/privileges.h"
#include "probe/net/signals.h"
#include "probe/net/uplink.h"
#include "probe/survey/air.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/files.h"
#include "probe/survey/header.h"
#include "probe/survey/journal.h"
#include "probe/survey/meta.h"
#include "probe/survey/sources.h"
#include "probe/survey/survey.h"
#include "probe/survey/targets.h"
#include "report/arena.h"
#include "report/survey/tally.h"

#define RATE_DEFAULT 1000
#define RATE_MODEST 10000 /* packets a second; more need permission */
#define PACKET_BITS 900	  /* of the link, about, for one of them */
#define COOLDOWN_DEFAULT 8
#define SAMPLE_DEFAULT 100

/* All of a survey, new or resumed. */
struct surveying {
	const struct options *o;
	struct survey survey;
	struct survey_header header;
	struct survey_files files;
	struct journal_state before;
	struct blocklist blocklist;
	struct sources sources;
	struct wire_failure failure;
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

/* --- blocklist ----------------------------------------------------------- */

static int read_blocklist(struct surveying *y, FILE *file, const char *name)
{
	unsigned long wrong;

	if (!file)
		return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
	wrong = blocklist_read(&y->blocklist, file);
	fclose(file);
	return wrong ? failure(EXIT_INPUT,
			       "%s:%lu: neither a prefix, whose last bits are "
			       "0, nor an address",
			       name, wrong)
		     : 0;
}

static int make_blocklist(struct surveying *y)
{
	const char *name = y->o->blocklist;
	bool none = name && !strcmp(name, "none");
	FILE *optout = survey_file_read(y->files.directory, "optout");
	int code = 0;

	blocklist_begin(&y->blocklist, !none);
	if (name && !none)
		code = read_blocklist(y, fopen(name, "re"), name);
	if (optout && !code)
		code = read_blocklist(y, optout, "optout");
	else if (optout)
		fclose(optout);
	blocklist_sort(&y->blocklist);
	y->survey.blocklist = &y->blocklist;
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

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static void configure(struct surveying *y)
{
	const struct options *o = y->o;
	struct survey *s = &y->survey;

	s->config = (struct survey_config){
		.kinds = kinds_of(o),
		.sample = or_else(o->sample, SAMPLE_DEFAULT),
		.rate = o->bandwidth ? (double)o->bandwidth
				     : or_else(o->rate, RATE_DEFAULT),
		.bits = o->bandwidth,
		.max_targets = o->max_targets,
		.max_runtime_s = o->max_runtime,
		.cooldown_s = or_else(o->cooldown, COOLDOWN_DEFAULT),
		.results = y->files.results,
		.status = y->files.status,
	};
	s->before = &y->before;
	s->failure = &y->failure;
	memcpy(s->identity.secret, y->header.secret, SIPHASH_KEY);
	memcpy(s->identity.ports, y->header.ports, sizeof(y->header.ports));
}

static int check_rate(const struct surveying *y)
{
	const struct options *o = y->o;
	double pps = o->bandwidth ? (double)o->bandwidth / PACKET_BITS
				  : or_else(o->rate, RATE_DEFAULT);

	if (pps <= RATE_MODEST || o->allowed ||
	    targets_are_private(y->survey.targets))
		return 0;
	return failure(EXIT_USAGE,
		       "more than %d packets a second may be too much for "
		       "networks that you do not know: --i-am-allowed says "
		       "that who runs yours agrees (mpprobe(1), SURVEYS)",
		       RATE_MODEST);
}

static int check_options(const struct options *o, int argc)
{
	if (o->rate && o->bandwidth)
		return failure(EXIT_USAGE, "-r and -B: name one rate");
	if (o->csv)
		return failure(EXIT_USAGE, "--csv goes with --report only");
	if (!o->output_file)
		return failure(EXIT_USAGE,
			       "-o DIR is missing: where results go");
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

	if (survey_meta_write(&meta) == -1)
		complain("%s/meta.json: %s", y->files.directory,
			 strerror(errno));
}

/* --- the run ------------------------------------------------------------- */

static void complain_of_lines(const struct surveying *y)
{
	uint64_t first, bad = targets_bad_lines(y->survey.targets, &first);
	uint64_t other = targets_other_family(y->survey.targets);

	if (bad)
		complain("%llu lines are no targets, the first is line %llu "
			 "of its list; names are not looked up there",
			 (unsigned long long)bad, (unsigned long long)first);
	if (other)
		complain("%llu targets are of a family that is not asked",
			 (unsigned long long)other);
}

static void print_tables(FILE *results, bool csv)
{
	struct survey_tally tally = {0};

	tally_read(&tally, results);
	(csv ? tally_print_csv : tally_print)(&tally, stdout);
	if (tally.bad_lines)
		complain("results.jsonl: %llu lines are none of a survey",
			 (unsigned long long)tally.bad_lines);
	tally_free(&tally);
}

/* Of the file that is open: its name may be out of reach by now. */
static void print_own_tables(const struct surveying *y)
{
	int fd = dup(y->files.results);
	FILE *results = fd == -1 ? NULL : fdopen(fd, "r");

	if (!results)
		return;
	rewind(results);
	print_tables(results, false);
	fclose(results);
}

static int run(struct surveying *y)
{
	char ended[32];
	int code;

	signals_install();
	code = privileges_drop();
	if (code)
		return code;
	code = survey_run(&y->survey);
	utc_now(ended);
	write_meta(y, ended);
	complain_of_lines(y);
	if (!y->survey.complete || code)
		complain("not all is asked: go on with mpprobe survey "
			 "--resume %s",
			 y->files.directory);
	if (!y->o->quiet)
		print_own_tables(y);
	return code;
}

/* What both a new survey and one that goes on open, in their order. */
static int open_all(struct surveying *y, int argc, char **argv)
{
	char error[LIBNET_ERRBUF_SIZE];
	struct survey *s = &y->survey;
	int code = add_targets(y, argc, argv);

	if (!code)
		code = check_rate(y);
	if (!code)
		code = make_blocklist(y);
	if (code)
		return code;
	configure(y);
	code = sources_open(&y->sources, &y->o->where, s->targets, &s->identity,
			    &y->failure);
	if (code)
		return code;
	s->air = y->sources.air;
	s->net = libnet_init(LIBNET_NONE, NULL, error);
	return s->net ? 0 : failure(EXIT_SYSTEM, "%s", error);
}

static void close_all(struct surveying *y)
{
	targets_free(y->survey.targets);
	blocklist_free(&y->blocklist);
	journal_free(y->survey.journal);
	journal_state_free(&y->before);
	if (y->survey.net)
		libnet_destroy(y->survey.net);
	sources_close(&y->sources);
	survey_files_close(&y->files);
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

static int survey_new(const struct options *o, int argc, char **argv)
{
	struct surveying y = {.o = o};
	int code = check_options(o, argc);

	if (code)
		return code;
	utc_now(y.started);
	y.files.directory = o->output_file;
	code = make_header(&y);
	if (!code)
		code = survey_files_make(&y.files, o->output_file,
					 o->status_file);
	if (!code)
		code = open_all(&y, argc, argv);
	if (!code)
		code = begin_journal(&y);
	if (code)
		survey_files_remove(&y.files);
	if (!code) {
		write_meta(&y, NULL);
		code = run(&y);
	}
	close_all(&y);
	return code;
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
	first->quiet |= now->quiet;
}

static int resume_open(struct surveying *y, const struct options *o,
		       json_t *header, FILE *journal)
{
	struct survey_header noted;
	struct options first;
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
	code = parse_line(&y->header, &first, arguments, &count);
	take_over(&first, o);
	first.where.ipv4 = y->header.ipv4;
	first.where.ipv6 = y->header.ipv6;
	y->o = &first;
	if (code == -1)
		code = survey_files_status(&y->files,
					   o->status_file ? o->status_file
							  : first.status_file);
	if (!code)
		code = load_journal(y, journal);
	if (!code)
		code = open_all(y, noted.target_count, noted.targets);
	if (!code)
		code = run(y);
	survey_header_free_targets(&noted);
	free(arguments);
	return code;
}

static int survey_resume(const struct options *o, int argc)
{
	struct surveying y = {.o = o};
	json_t *header = NULL;
	FILE *journal = NULL;
	int code;

	if (argc || o->output_file)
		return failure(EXIT_USAGE,
			       "--resume DIR knows the targets and where "
			       "results go");
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

/* --- tables -------------------------------------------------------------- */

static int survey_tables(const struct options *o, int argc)
{
	FILE *file;
	int code;

	if (argc || o->output_file || o->resume)
		return failure(EXIT_USAGE,
			       "--report DIR prints what is there: no TARGETS, "
			       "-o or --resume go with it");
	file = survey_file_read(o->tables, "results.jsonl");
	if (!file)
		return failure(EXIT_INPUT, "%s/results.jsonl: %s", o->tables,
			       strerror(errno));
	code = privileges_drop();
	if (!code)
		print_tables(file, o->csv);
	fclose(file);
	return code;
}

int cmd_survey(const struct options *o, struct output *out, int argc,
	       char **argv)
{
	(void)out;
	if (o->tables)
		return survey_tables(o, argc);
	return o->resume ? survey_resume(o, argc) : survey_new(o, argc, argv);
}
