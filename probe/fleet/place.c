// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/fleet/definition.h"
#include "probe/fleet/options.h"
#include "probe/net/complain.h"
#include "probe/net/outfile.h"
#include "probe/survey/targets.h"
#include "report/arena.h"

/* --- files --------------------------------------------------------------- */

static const char *path_in(const struct place *p, const char *name,
			   char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s/%s", p->path, name);
	return out;
}

static int make_directory(const char *path)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return failure(EXIT_OUTPUT, "%s: %s", path, strerror(errno));
}

/* Replaces it whole: a kill leaves the old one or the new one. */
static int write_file(const struct place *p, const char *name,
		      const char *content)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	size_t length = strlen(content);
	int fd, code = 0;

	path_in(p, "fresh", fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || write_all(fd, content, length) || fsync(fd) ||
	    rename(fresh, path_in(p, name, path)))
		code = failure(EXIT_OUTPUT, "%s/%s: %s", p->path, name,
			       strerror(errno));
	if (fd != -1)
		close(fd);
	return code;
}

/* Its journal has its first line. */
static bool is_begun(const struct place *p)
{
	char path[PATH_MAX];
	FILE *journal = fopen(path_in(p, "survey/journal", path), "re");
	int c = EOF;

	while (journal && (c = getc(journal)) != EOF && c != '\n')
		continue;
	if (journal)
		fclose(journal);
	return c == '\n';
}

/* --- the command line ---------------------------------------------------- */

static bool add(struct place *p, size_t *count, const char *word)
{
	if (!word || *count + 1 >= PLACE_ARGUMENTS)
		return false;
	p->argv[(*count)++] = word;
	p->argv[*count] = NULL;
	return true;
}

static bool add_all(struct place *p, size_t *count, const json_t *words)
{
	const json_t *word;
	size_t i;

	json_array_foreach(
		words, i,
		word) if (!add(p, count, json_string_value(word))) return false;
	return true;
}

/* Who may write to the queue must not write files here, so only the options
 * that serve takes. */
static bool add_options(struct place *p, size_t *count, const json_t *words)
{
	for (size_t i = 0; i < json_array_size(words);) {
		const char *word = json_string_value(json_array_get(words, i));
		const char *value =
			json_string_value(json_array_get(words, i + 1));
		unsigned length = word ? fleet_option_passed(word) : 0;

		if (word && value && !strcmp(word, "--blocklist") &&
		    !strcmp(value, "none"))
			length = 2;
		if (!length || !add(p, count, word) ||
		    (length == 2 && !add(p, count, value)))
			return false;
		i += length;
	}
	return true;
}

static bool are_targets(const json_t *words)
{
	const json_t *word;
	struct prefix prefix;
	uint16_t port;
	size_t i;

	json_array_foreach(words, i, word)
	{
		const char *text = json_string_value(word);

		if (!text || target_line_read(text, strlen(text), &prefix,
					      &port) != LINE_TARGET)
			return false;
	}
	return true;
}

/* Of two limits, of which 0 is none. */
static uint64_t lower(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* All limits hold: those of the survey, and those of this host. */
static bool add_rates(struct place *p, size_t *count,
		      const struct fleet_options *o, const struct definition *d)
{
	uint64_t pps = lower(d->rate, o->rate);
	uint64_t bits = lower(d->bits, o->bandwidth);

	snprintf(p->rate, sizeof(p->rate), "%" PRIu64, pps);
	snprintf(p->bits, sizeof(p->bits), "%" PRIu64, bits);
	return (!pps || (add(p, count, "--rate") && add(p, count, p->rate))) &&
	       (!bits ||
		(add(p, count, "--bandwidth") && add(p, count, p->bits)));
}

/* It is started in another directory. */
static const char *program_of(struct place *p, const struct fleet_options *o)
{
	if (!o->program)
		return "mpprobe";
	if (!strchr(o->program, '/') || !realpath(o->program, p->program))
		return o->program;
	return p->program;
}

/* What a survey that goes on is told, too. */
static bool begin_line(struct place *p, size_t *count,
		       const struct fleet_options *o,
		       const struct definition *d)
{
	return add(p, count, program_of(p, o)) && add(p, count, "survey") &&
	       add(p, count, "--quiet") && add_rates(p, count, o, d) &&
	       add(p, count, "--status") && add(p, count, "status");
}

static bool add_targets(struct place *p, size_t *count, const json_t *shard,
			const struct definition *d)
{
	json_int_t part, parts;

	if (json_object_get(shard, "list"))
		return add(p, count, "list");
	if (json_unpack((json_t *)shard, "{s:[I, I]}", "part", &part, &parts))
		return false;
	snprintf(p->part, sizeof(p->part),
		 "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, part, parts);
	return !d->seed[strspn(d->seed, "0123456789")] &&
	       are_targets(json_object_get(shard, "targets")) &&
	       add(p, count, "--seed") && add(p, count, d->seed) &&
	       add(p, count, "--shard") && add(p, count, p->part) &&
	       add(p, count, "--") &&
	       add_all(p, count, json_object_get(shard, "targets"));
}

static bool new_line(struct place *p, size_t *count,
		     const struct fleet_options *o, const json_t *shard,
		     const struct definition *d)
{
	return add(p, count, "-o") && add(p, count, "survey") &&
	       (!o->interface ||
		(add(p, count, "-i") && add(p, count, o->interface))) &&
	       add_options(p, count, d->options) &&
	       add_targets(p, count, shard, d);
}

static int make_line(struct place *p, const struct fleet_options *o,
		     const json_t *shard, const struct definition *d)
{
	size_t count = 0;
	bool good = begin_line(p, &count, o, d);

	if (good && is_begun(p))
		good = add(p, &count, "--resume") && add(p, &count, "survey");
	else if (good)
		good = new_line(p, &count, o, shard, d);
	return good ? 0
		    : failure(EXIT_INPUT, "what the server says of a shard "
					  "makes no command line");
}

/* --- all ----------------------------------------------------------------- */

/* What is left of one that was killed before it began. */
static void remove_unbegun(const struct place *p)
{
	static const char *const names[] = {
		"survey/journal", "survey/results.jsonl", "survey/meta.json"};
	char path[PATH_MAX];

	for (unsigned i = 0; i < 3; i++)
		unlink(path_in(p, names[i], path));
}

/* Who is never asked by the whole survey, and from this host. */
static int write_optout(const struct place *p, const struct definition *d,
			const char *own)
{
	char *all = NULL;
	int code;

	if (asprintf(&all, "%s%s", d->blocklist, own) == -1)
		all = NULL;
	code = write_file(p, "survey/optout", must_have(all));
	free(all);
	return code;
}

static int make_files(struct place *p, const char *directory,
		      const json_t *shard, const struct definition *d,
		      const char *own)
{
	const char *list = json_string_value(json_object_get(shard, "list"));
	char survey[PATH_MAX];
	int code = make_directory(directory);

	if (!code)
		code = make_directory(p->path);
	if (!code)
		code = make_directory(path_in(p, "survey", survey));
	if (!code && list)
		code = write_file(p, "list", list);
	if (!code)
		code = write_optout(p, d, own);
	return code;
}

int place_make(struct place *p, const struct fleet_options *o,
	       const char *survey, const json_t *shard,
	       const struct definition *d, const char *own_blocklist)
{
	json_int_t number = json_integer_value(json_object_get(shard, "shard"));
	char directory[PATH_MAX / 2];
	int code;

	*p = (struct place){0};
	if (o->directory)
		snprintf(directory, sizeof(directory), "%s", o->directory);
	else
		snprintf(directory, sizeof(directory), "fleet-%s", survey);
	snprintf(p->path, sizeof(p->path), "%s/%s.%" JSON_INTEGER_FORMAT,
		 directory, survey, number);
	path_in(p, "survey/results.jsonl", p->results);
	unlink(path_in(p, "status", p->status)); /* of one that goes on */
	code = make_files(p, directory, shard, d, own_blocklist);
	if (!code && !is_begun(p))
		remove_unbegun(p);
	return code ? code : make_line(p, o, shard, d);
}

json_t *place_meta(const struct place *p)
{
	char path[PATH_MAX];

	return json_load_file(path_in(p, "survey/meta.json", path), 0, NULL);
}

struct place_said place_said(const struct place *p)
{
	json_t *status = json_load_file(p->status, 0, NULL);
	const json_t *targets = json_object_get(status, "targets");
	struct place_said said = {
		.targets = (uint64_t)json_integer_value(targets),
		.all_sent = json_is_true(json_object_get(status, "all_sent"))};

	json_decref(status);
	return said;
}

void place_remove(const struct place *p)
{
	static const char *const names[] = {"survey/journal",
					    "survey/results.jsonl",
					    "survey/meta.json",
					    "survey/evidence",
					    "survey/optout",
					    "survey",
					    "list",
					    "status",
					    "fresh"};
	char path[PATH_MAX];

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(path_in(p, names[i], path));
	rmdir(p->path);
}
