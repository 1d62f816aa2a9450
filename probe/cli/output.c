// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe/cli/command.h"
#include "probe/cli/cover.h"
#include "probe/cli/origin.h"
#include "probe/net/outfile.h"
#include "probe/net/ticker.h"
#include "report/arena.h"
#include "report/print/format.h"

/* A file, or standard output, and the form of what is written there. */
struct sink {
	const struct format *format;
	const struct options *options; /* that its width follows; NULL: none */
	struct page page;
	struct outfile file;
	const char *name; /* in complaints */
	bool collects;	  /* until it is closed */
	char *text;	  /* what page.out holds */
	size_t length;
	size_t lines; /* of a screen that went out */
	off_t begun;  /* where the thing that is being printed begins in it */
	int error;    /* errno of the first failure; 0: none */
};

/* The verdicts once more: they follow at the end if what is printed is longer
 * than the screen, so that they are still there. */
struct again {
	bool wanted;	  /* there is a screen */
	struct page page; /* .out NULL: nothing yet */
	char *text;
	size_t length;
};

#define SINKS_MAX 3

struct output {
	struct sink sinks[SINKS_MAX]; /* the report, then the documents */
	size_t count;
	struct again again;
	struct origin *origin; /* NULL: no document needs it */
	struct cover *cover;   /* NULL: nothing is covered */
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

/* --- the screen ---------------------------------------------------------- */

static struct winsize find_screen(const struct options *o)
{
	struct winsize screen = {0};

	if (!o->output_file && isatty(STDOUT_FILENO))
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen);
	return screen;
}

/* What the user says (COLUMNS), or the screen. */
static unsigned find_width(const struct options *o)
{
	const char *said = getenv("COLUMNS");
	unsigned long width = said ? strtoul(said, NULL, 10) : 0;

	if (!width)
		width = find_screen(o).ws_col ?: PAGE_WIDTH;
	if (width < PAGE_WIDTH_MIN)
		return PAGE_WIDTH_MIN;
	return width > PAGE_WIDTH_MAX ? PAGE_WIDTH_MAX : (unsigned)width;
}

/* --- one of them --------------------------------------------------------- */

static bool sink_open(struct sink *s, const char *name)
{
	s->name = name ? name : "standard output";
	if (outfile_open_whole(&s->file, name ? name : "-") == -1) {
		complain("cannot write %s: %s", s->name, strerror(errno));
		return false;
	}
	s->page.out = must_have(open_memstream(&s->text, &s->length));
	return true;
}

static const struct page *sink_begin(struct sink *s)
{
	s->begun = ftello(s->page.out);
	if (s->options) /* it may have been resized */
		s->page.width = find_width(s->options);
	s->page.arena = arena_new();
	return &s->page;
}

/* A longer one takes several. Colours take no room, but do not matter. */
static size_t count_lines(const struct sink *s)
{
	size_t lines = 0, column = 0;

	for (size_t i = 0; i < s->length; i++) {
		column++;
		if (s->text[i] == '\n') {
			lines += column > s->page.width + 1 ? 2 : 1;
			column = 0;
		}
	}
	return lines;
}

/* All that is in the memory, in one write. */
static int hand_out(struct sink *s)
{
	ticker_wipe();
	if (fflush(s->page.out) ||
	    outfile_append(&s->file, s->text, s->length) == -1)
		return -1;
	s->lines += count_lines(s);
	return fseeko(s->page.out, 0, SEEK_SET);
}

static void sink_end(struct sink *s, int printed)
{
	arena_free(s->page.arena);
	s->page.arena = NULL;
	s->page.printed++;
	if (s->error)
		return;
	errno = 0;
	if (printed == -1 || ferror(s->page.out)) {
		s->error = ENOMEM;
		fseeko(s->page.out, s->begun, SEEK_SET);
	} else if (!s->collects && hand_out(s) == -1) {
		s->error = errno ? errno : EIO;
	}
}

/* What stands around all that was printed. */
static void finish_document(struct sink *s)
{
	struct page whole = s->page;
	char *text = NULL;
	size_t length;
	int printed;

	if (fflush(s->page.out) && !s->error)
		s->error = errno;
	whole.out = must_have(open_memstream(&text, &length));
	whole.arena = arena_new();
	printed = s->format->close(&whole, s->text, s->length);
	arena_free(whole.arena);
	if ((fclose(whole.out) || printed == -1) && !s->error)
		s->error = ENOMEM;
	fclose(s->page.out);
	free(s->text);
	s->text = text;
	s->length = length;
}

static void close_file(struct sink *s)
{
	if (!s->page.printed || s->error) {
		outfile_abandon(&s->file);
		return;
	}
	if (s->collects &&
	    outfile_replace(&s->file, s->text, s->length) == -1) {
		s->error = errno;
		outfile_abandon(&s->file);
	} else if (outfile_close(&s->file) == -1) {
		s->error = errno;
	}
}

static int sink_close(struct sink *s, int code)
{
	if (s->page.document)
		finish_document(s);
	else if (fclose(s->page.out) && !s->error)
		s->error = errno;
	close_file(s);
	if (s->error) {
		if (s->error != EPIPE) /* as tools that SIGPIPE ends */
			complain("%s: %s", s->name, strerror(s->error));
		if (code < EXIT_USAGE)
			code = s->error == ENOMEM ? EXIT_SYSTEM : EXIT_OUTPUT;
	}
	free(s->text);
	return code;
}

/* --- the verdicts again -------------------------------------------------- */

static bool is_for_people(const struct format *f)
{
	return strcmp(f->name, "text") == 0;
}

void output_cover(struct output *out, struct cover *cover)
{
	out->cover = cover;
}

/* What was written since then; `text` is where the stream has it. */
static void cover_since(struct output *out, FILE *stream, char **text,
			off_t begun)
{
	size_t length;
	char *covered;

	if (!out->cover || fflush(stream))
		return;
	covered = cover_text(out->cover, *text + begun,
			     (size_t)(ftello(stream) - begun), &length);
	fseeko(stream, begun, SEEK_SET);
	fwrite(covered, 1, length, stream);
	free(covered);
}

static void print_again(struct output *out, output_print_fn *print,
			const void *thing)
{
	struct again *a = &out->again;
	FILE *file = a->page.out;
	off_t begun;

	if (!a->wanted)
		return;
	a->page = out->sinks[0].page;
	a->page.out = file ?: must_have(open_memstream(&a->text, &a->length));
	a->page.quiet = a->page.again = true;
	a->page.arena = arena_new();
	begun = ftello(a->page.out);
	print(out->sinks[0].format, &a->page, thing);
	cover_since(out, a->page.out, &a->text, begun);
	arena_free(a->page.arena);
}

/* One line of the screen is the prompt's. */
static void say_again(struct again *a, struct sink *s)
{
	if (!a->page.out)
		return;
	fclose(a->page.out);
	if (a->length && s->lines >= find_screen(s->options).ws_row &&
	    !s->error &&
	    (outfile_append(&s->file, "\n", 1) == -1 ||
	     outfile_append(&s->file, a->text, a->length) == -1))
		s->error = errno;
	free(a->text);
}

/* --- all of them --------------------------------------------------------- */

/* `file`: NULL is standard output. */
static bool add_sink(struct output *out, const struct options *o,
		     const char *format, const char *file)
{
	struct sink *s = &out->sinks[out->count];

	s->format = format_named(format);
	s->collects = file || s->format->open;
	s->options = is_for_people(s->format) ? o : NULL;
	s->page = (struct page){
		.width = s->options ? find_width(o) : PAGE_WIDTH,
		.colour = wants_colour(o),
		.verbose = o->verbose,
		.rules = o->rules,
		.quiet = o->quiet,
		.times = o->times,
	};
	if (!sink_open(s, file))
		return false;
	if (s->format->tells_origin && !out->origin)
		out->origin = origin_new(o->line, o->told);
	s->page.origin = out->origin;
	if (s->format->open)
		s->page.document = s->format->open();
	out->count++;
	return true;
}

static bool add_sinks(struct output *out, const struct options *o)
{
	const char *report = o->letter ? "letter" : o->json ? "json" : "text";

	return add_sink(out, o, report, o->output_file) &&
	       (!o->html_file || add_sink(out, o, "html", o->html_file)) &&
	       (!o->svg_file || add_sink(out, o, "svg", o->svg_file));
}

struct output *output_open(const struct options *o)
{
	struct output *out = must_have(calloc(1, sizeof(*out)));

	if (add_sinks(out, o)) {
		out->again.wanted = is_for_people(out->sinks[0].format) &&
				    !o->quiet && find_screen(o).ws_row;
		return out;
	}
	output_close(out, EXIT_OUTPUT);
	return NULL;
}

void output_capture(struct output *out, const char *name)
{
	if (out->origin)
		origin_capture(out->origin, name);
}

static void print_from(struct output *out, size_t first, output_print_fn *print,
		       const void *thing)
{
	if (out->origin)
		origin_digest(out->origin);
	for (size_t i = first; i < out->count; i++) {
		struct sink *s = &out->sinks[i];
		int printed = print(s->format, sink_begin(s), thing);

		cover_since(out, s->page.out, &s->text, s->begun);
		sink_end(s, printed);
	}
}

void output_print(struct output *out, output_print_fn *print, const void *thing)
{
	print_from(out, 0, print, thing);
	print_again(out, print, thing);
}

bool output_has_documents(const struct output *out)
{
	return out->count > 1;
}

void output_beside(struct output *out, output_print_fn *print,
		   const void *thing)
{
	print_from(out, 1, print, thing);
}

const struct format *output_format(const struct output *out)
{
	return out->sinks[0].format;
}

struct page output_page(const struct output *out)
{
	return out->sinks[0].page;
}

const struct page *output_begin(struct output *out)
{
	return sink_begin(&out->sinks[0]);
}

void output_end(struct output *out, int printed)
{
	sink_end(&out->sinks[0], printed);
}

bool output_failed(const struct output *out)
{
	return out->sinks[0].error != 0;
}

int output_close(struct output *out, int code)
{
	say_again(&out->again, &out->sinks[0]);
	for (size_t i = 0; i < out->count; i++)
		code = sink_close(&out->sinks[i], code);
	origin_free(out->origin);
	free(out);
	return code;
}
