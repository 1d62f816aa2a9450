// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/net/outfile.h"
#include "report/print/json.h"
#include "report/print/text.h"

struct output {
	FILE *stream;	     /* standard output, or into `text` */
	struct outfile file; /* of -o */
	char *text;	     /* collected for the file */
	size_t length;
	bool json;
	struct text_style style;
	unsigned reports;
	int error; /* errno of the first failure; 0: none */
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

struct output *output_open(const struct options *o)
{
	struct output *out = calloc(1, sizeof(*out));

	if (!out) {
		complain("no memory");
		return NULL;
	}
	out->json = o->json;
	out->style = (struct text_style){
		.colour = wants_colour(o),
		.verbose = o->verbose,
		.quiet = o->quiet,
	};
	out->file.fd = -1;
	out->stream = stdout;
	if (!o->output_file)
		return out;
	if (outfile_open(&out->file, o->output_file) == -1) {
		complain("cannot write %s: %s", o->output_file,
			 strerror(errno));
		free(out);
		return NULL;
	}
	outfile_guard(&out->file);
	out->stream = open_memstream(&out->text, &out->length);
	if (!out->stream) {
		complain("no memory");
		outfile_abandon(&out->file);
		free(out);
		return NULL;
	}
	return out;
}

void output_report(struct output *out, const struct report *r)
{
	if (out->error)
		return;
	errno = 0;
	if (out->json) {
		json_report(out->stream, r);
	} else {
		if (out->reports && !out->style.quiet)
			putc('\n', out->stream);
		text_report(out->stream, r, &out->style);
	}
	if (fflush(out->stream) || ferror(out->stream))
		out->error = errno ? errno : EIO;
	out->reports++;
}

FILE *output_begin(struct output *out)
{
	errno = 0;
	return out->stream;
}

void output_end(struct output *out)
{
	if (!out->error && (fflush(out->stream) || ferror(out->stream)))
		out->error = errno ? errno : EIO;
	out->reports++;
}

static void close_file(struct output *out)
{
	if (fclose(out->stream) && !out->error)
		out->error = errno;
	if (!out->reports) {
		outfile_abandon(&out->file);
		return;
	}
	if (!out->error &&
	    outfile_replace(&out->file, out->text, out->length) == -1)
		out->error = errno;
	if (out->error) {
		outfile_abandon(&out->file);
		return;
	}
	if (outfile_close(&out->file) == -1)
		out->error = errno;
}

int output_close(struct output *out)
{
	const char *name = "standard output";
	int ret = EXIT_CLEAR;

	if (out->file.fd != -1) {
		name = out->file.name;
		close_file(out);
	}
	if (out->error) {
		complain("%s: %s", name, strerror(out->error));
		ret = EXIT_OUTPUT;
	}
	free(out->text);
	free(out);
	return ret;
}
