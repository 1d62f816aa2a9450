// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/net/outfile.h"
#include "report/arena.h"
#include "report/print/format.h"

struct output {
	const struct format *format;
	struct page page;
	struct outfile file; /* of -o, or standard output */
	const char *name;    /* of -o, in complaints */
	bool collects;	     /* until it is closed: of -o */
	char *text;	     /* what page.out holds */
	size_t length;
	off_t begun; /* where the thing that is being printed begins in it */
	int error;   /* errno of the first failure; 0: none */
};

static bool wants_colour(const struct options *o)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (o->colour != COLOUR_AUTO)
		return o->colour == COLOUR_ALWAYS;
	if (o->output_file || (no_color && *no_color))
		return false;
	return term && strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO);
}

static bool open_file(struct output *out, const char *name)
{
	out->name = name ? name : "standard output";
	if (outfile_open_whole(&out->file, name ? name : "-") == -1) {
		complain("cannot write %s: %s", out->name, strerror(errno));
		return false;
	}
	out->page.out = must_have(open_memstream(&out->text, &out->length));
	return true;
}

struct output *output_open(const struct options *o)
{
	struct output *out = must_have(calloc(1, sizeof(*out)));

	out->format = format_named(o->json ? "json" : "text");
	out->collects = o->output_file != NULL;
	out->page = (struct page){
		.width = PAGE_WIDTH,
		.colour = wants_colour(o),
		.verbose = o->verbose,
		.rules = o->rules,
		.quiet = o->quiet,
		.times = o->times,
	};
	if (open_file(out, o->output_file))
		return out;
	free(out);
	return NULL;
}

void output_several(struct output *out)
{
	out->page.several = true;
}

const struct format *output_format(const struct output *out)
{
	return out->format;
}

struct page output_page(const struct output *out)
{
	return out->page;
}

const struct page *output_begin(struct output *out)
{
	out->begun = ftello(out->page.out);
	out->page.arena = arena_new();
	return &out->page;
}

/* All that is in the memory, in one write. */
static int hand_out(struct output *out)
{
	if (fflush(out->page.out) ||
	    outfile_append(&out->file, out->text, out->length) == -1)
		return -1;
	return fseeko(out->page.out, 0, SEEK_SET);
}

void output_end(struct output *out, int printed)
{
	arena_free(out->page.arena);
	out->page.arena = NULL;
	out->page.printed++;
	if (out->error)
		return;
	errno = 0;
	if (printed == -1 || ferror(out->page.out)) {
		out->error = ENOMEM;
		fseeko(out->page.out, out->begun, SEEK_SET);
	} else if (!out->collects && hand_out(out) == -1) {
		out->error = errno ? errno : EIO;
	}
}

static void close_file(struct output *out)
{
	if (!out->page.printed || out->error) {
		outfile_abandon(&out->file);
		return;
	}
	if (out->collects &&
	    outfile_replace(&out->file, out->text, out->length) == -1) {
		out->error = errno;
		outfile_abandon(&out->file);
	} else if (outfile_close(&out->file) == -1) {
		out->error = errno;
	}
}

int output_close(struct output *out, int code)
{
	if (fclose(out->page.out) && !out->error)
		out->error = errno;
	close_file(out);
	if (out->error) {
		if (out->error != EPIPE) /* as tools that SIGPIPE ends */
			complain("%s: %s", out->name, strerror(out->error));
		if (code < EXIT_USAGE)
			code = out->error == ENOMEM ? EXIT_SYSTEM : EXIT_OUTPUT;
	}
	free(out->text);
	free(out);
	return code;
}
