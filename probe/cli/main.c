// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe: does Multipath TCP work on this path, and if not, which device
 * breaks it? A table of commands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/cli/anonymity.h"
#include "probe/cli/command.h"
#include "probe/cli/memory.h"
#include "probe/cli/nearest.h"
#include "probe/cli/output.h"
#include "probe/net/outfile.h"
#include "probe/net/ticker.h"
#include "report/arena.h"
#include "report/track/anonymous.h"

struct command {
	const char *name;
	enum command_bit bit;
	const char *usage;
	const char *argument; /* in a complaint; NULL: none */
	int least, most;      /* arguments; 0: any number */
	const char *help;
	const char *examples[2];
	int (*run)(const struct options *o, struct output *out, int argc,
		   char **argv);
};

static const struct command commands[] = {
#define COMMAND(name, NAME, usage, argument, least, most, help, ...)           \
	{#name, COMMAND_##NAME, usage,	       argument,  least,               \
	 most,	help,		{__VA_ARGS__}, cmd_##name},
#include "probe/cli/commands.def"
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* One screen of 24 lines, or all options. */
static int help(bool all)
{
	puts("Does Multipath TCP work on this path, and if not, which device "
	     "breaks it?\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  mpprobe %-27s  %s\n", commands[i].usage,
		       commands[i].help);
	if (all) {
		options_help(stdout);
	} else {
		puts("");
		options_brief(stdout);
	}
	puts("\nExit status: 0 MPTCP works, 1 interference, 2 the server has "
	     "no MPTCP,\n3 undetermined or unreachable; others: "
	     "mpprobe explain N.");
	if (!all)
		puts("All options: mpprobe -hh, and mpprobe(1).");
	return EXIT_CLEAR;
}

static int help_of(const struct command *c)
{
	printf("mpprobe %s: %s\n\n", c->usage, c->help);
	options_help_of(stdout, c->bit);
	puts("\nFor example:");
	for (size_t i = 0; i < 2; i++)
		printf("  %s\n", c->examples[i]);
	puts("mpprobe(1) has more of each.");
	return EXIT_CLEAR;
}

/* What -h is asked of: the command whose name stands there, or all. */
static int help_on(int argc, char **argv, bool all)
{
	const struct command *c = argc ? find_command(argv[0]) : NULL;

	return c ? help_of(c) : help(all);
}

static int version(void)
{
	return puts("mpprobe " MPPROBE_VERSION) < 0 ? EXIT_OUTPUT : 0;
}

static const char *command_name(size_t i)
{
	return i < COMMANDS ? commands[i].name : NULL;
}

/* With another word behind it, NULL if none, it may have been a HOST. */
static int unknown_command(const char *name, const char *other)
{
	const char *near = nearest_name(name, command_name);

	if (near)
		return failure(
			EXIT_USAGE,
			"unknown command %.60s: did you mean mpprobe %s? "
			"(mpprobe -h)",
			name, near);
	return failure(EXIT_USAGE, "unknown command %s%s%s (mpprobe -h)", name,
		       other ? ", or one HOST too many: " : "",
		       other ? other : "");
}

static void suggest_command(const char *host)
{
	const char *near = nearest_name(host, command_name);

	if (near)
		complain("did you mean mpprobe %s?", near);
}

static int check_count(const struct command *c, int argc, char **argv)
{
	if (argc < c->least)
		return failure(EXIT_USAGE, "no %s given (mpprobe -h shows how)",
			       c->argument);
	if (argc == 0 || (c->argument && (!c->most || argc <= c->most)))
		return -1;
	if (c->argument)
		return failure(EXIT_USAGE, "%s: only one %s at a time", argv[1],
			       c->argument);
	return failure(EXIT_USAGE, "%s: mpprobe %s takes no argument", argv[0],
		       c->name);
}

/* Files are opened with the privilege of this process, so it must be no more
 * than the user's own; CAP_NET_RAW opens none. */
static int check_owner(void)
{
	if (geteuid() == getuid() && getegid() == getgid())
		return -1;
	return failure(EXIT_PRIVILEGE, "set-user-ID is not supported; use "
				       "setcap cap_net_raw+ep");
}

/* Some users may execute a copy of this program that has CAP_NET_RAW, as
 * Debian's package installs it. For what sends raw packets that one goes on
 * from here; for others than them execv fails. */
static void take_rights(const struct options *o, enum command_bit command,
			int arguments, char **argv)
{
#ifdef PROGRAM_WITH_RIGHTS
	bool sends = command == COMMAND_PROBE || command == COMMAND_WATCH ||
		     (command == COMMAND_DOCTOR && arguments) ||
		     (command == COMMAND_RUN && !o->replay_file) ||
		     (command == COMMAND_SURVEY && !o->tables) ||
		     (command == COMMAND_COMPARE && o->live);

	if (!sends || !geteuid() || !strcmp(argv[0], PROGRAM_WITH_RIGHTS))
		return;
	argv[0] = (char *)PROGRAM_WITH_RIGHTS; /* it is at this place now */
	execv(PROGRAM_WITH_RIGHTS, argv);
#else
	(void)o;
	(void)command;
	(void)arguments;
	(void)argv;
#endif
}

/* Files that are read: captures, reports, scripts named as files. */
static bool is_input(const struct options *o, enum command_bit command,
		     const char *argument)
{
	const char *dot = strrchr(argument, '.');

	return command == COMMAND_READ ||
	       (command == COMMAND_COMPARE && !o->live) ||
	       (command == COMMAND_RUN && dot && !strcmp(dot, ".lua"));
}

static bool same(const char *output, const char *other, const char *standard)
{
	return other &&
	       outfile_same(output, strcmp(other, "-") ? other : standard);
}

/* What the report or a document would replace; NULL: nothing. */
static const char *replaced_input(const struct options *o,
				  enum command_bit command, const char *output,
				  int argc, char **argv)
{
	if (same(output, o->replay_file, "/dev/stdin"))
		return o->replay_file;
	if (same(output, o->since, "/dev/stdin"))
		return o->since;
	for (int i = 0; i < argc; i++)
		if (is_input(o, command, argv[i]) &&
		    same(output, argv[i], "/dev/stdin"))
			return argv[i];
	return NULL;
}

struct named_file {
	const char *option, *name; /* NULL: it was not given */
};

static int check_output(const struct options *o, enum command_bit command,
			const struct named_file *output, int argc, char **argv)
{
	const char *input;

	if (same(output->name, o->write_file, "/dev/stdout"))
		return failure(EXIT_USAGE, "-w and %s name the same file, %s",
			       output->option, output->name);
	input = replaced_input(o, command, output->name, argc, argv);
	return input ? failure(EXIT_USAGE, "%s %s would replace the input, %s",
			       output->option, output->name, input)
		     : -1;
}

/* One file under two names: nothing is open yet that could be destroyed. */
static int check_outputs(const struct options *o, enum command_bit command,
			 int argc, char **argv)
{
	const struct named_file files[] = {{"-o", o->output_file},
					   {"--html", o->html_file},
					   {"--svg", o->svg_file}};
	const char *input;
	int result = -1;

	if (o->write_file &&
	    (input = replaced_input(o, command, o->write_file, argc, argv)))
		return failure(EXIT_USAGE, "-w %s would replace the input, %s",
			       o->write_file, input);
	for (size_t i = 0; i < 3 && result == -1; i++) {
		if (!files[i].name)
			continue;
		result = check_output(o, command, &files[i], argc, argv);
		for (size_t k = 0; k < i && result == -1; k++)
			if (same(files[i].name, files[k].name, "/dev/stdout"))
				result = failure(
					EXIT_USAGE,
					"%s and %s name the same file, %s",
					files[k].option, files[i].option,
					files[i].name);
	}
	return result;
}

static int run_with_output(const struct command *c, const struct options *o,
			   int argc, char **argv)
{
	struct options where = *o;
	struct output *out;
	int code;

	if (c->bit == COMMAND_SURVEY)
		where.output_file = NULL; /* it is the name of a directory */
	out = output_open(&where);

	if (!out)
		return EXIT_OUTPUT;
	ticker_begin(!o->quiet);
	code = c->run(o, out, argc, argv);
	ticker_wipe();
	return output_close(out, code);
}

/* The command line, with pseudonyms: what it names is left out. */
static const char *told_line(const struct command *c, const struct options *o,
			     struct arena *arena)
{
	return arena_printf(arena, "mpprobe%s%s %s %s",
			    c == commands ? "" : " ",
			    c == commands ? "" : c->name,
			    options_told(o, arena), c->argument);
}

static int run_covered(const struct command *c, const struct options *given,
		       int argc, char **argv)
{
	struct options o = *given;
	int code = anonymity_open(given, &o.anonymous);
	struct arena *arena = o.anonymous ? arena_new() : NULL;

	if (arena)
		o.told = told_line(c, &o, arena);
	if (code == 0)
		code = run_with_output(c, &o, argc, argv);
	arena_free(arena);
	anonymous_free(o.anonymous);
	return code;
}

static int run_command(const struct options *o, int argc, char **argv,
		       char **line)
{
	const struct command *named = argc ? find_command(argv[0]) : NULL;
	const struct command *c = named;
	int result;

	if (!c && argc && !strcmp(argv[0], "help"))
		return argc > 1 && !find_command(argv[1])
			       ? unknown_command(argv[1], NULL)
			       : help_on(argc - 1, argv + 1, false);
	if (!c && argc == 1 && !strcmp(argv[0], "version"))
		return version();
	if (!c && argc > 1)
		return unknown_command(argv[0], argv[1]);
	if (c) {
		argc--;
		argv++;
	} else {
		c = &commands[0];
	}
	result = options_accept(o, c->bit, c->name);
	if (result == -1)
		result = check_count(c, argc, argv);
	if (result == -1)
		result = check_owner();
	if (result == -1)
		result = check_outputs(o, c->bit, argc, argv);
	if (result == -1)
		take_rights(o, c->bit, argc, line);
	if (result != -1)
		return result;
	result = run_covered(c, o, argc, argv);
	if (result == EXIT_NO_HOST && !named)
		suggest_command(argv[0]);
	return result;
}

/* A closed standard stream must not become the capture file. Writing to the
 * substitute fails, as it would have. */
static void keep_streams_apart(void)
{
	while (1) {
		int fd = open("/dev/null", O_RDONLY);

		if (fd > STDERR_FILENO)
			close(fd);
		if (fd == -1 || fd > STDERR_FILENO)
			return;
	}
}

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* The last word on standard output: a report that was not written is worth
 * no other exit code. Who reads a pipe may leave when he has seen enough. */
static int finish_output(int result)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return result;
	if (result != EXIT_OUTPUT && !is_pipe(STDOUT_FILENO))
		complain("standard output: %s",
			 errno ? strerror(errno) : "not written in full");
	return EXIT_OUTPUT;
}

int main(int argc, char **argv)
{
	struct options options;
	char **arguments =
		must_have(calloc((size_t)argc + 1, sizeof(*arguments)));
	char **line = must_have(calloc((size_t)argc + 1, sizeof(*line)));
	int count, result = EXIT_SYSTEM;

	prctl(PR_SET_NAME, "mpprobe"); /* watch starts it by another */
	keep_streams_apart();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* writing fails instead */
	memory_must_last();
	memcpy(line, argv, (size_t)argc * sizeof(*line));
	result = options_parse(argc, argv, &options, arguments, &count);
	options.line = line; /* getopt moves what is in argv */
	if (result == -1 && options.help)
		result = help_on(count, arguments, options.help > 1);
	else if (result == -1 && options.version)
		result = version();
	else if (result == -1)
		result = run_command(&options, count, arguments, argv);
	free(arguments);
	free(line);
	return finish_output(result);
}
