// SPDX-License-Identifier: GPL-3.0-or-later
/* completions bash | zsh: what a shell must know to complete mpprobe's command
 * line, made of the program's own tables. completion.bash and completion.zsh
 * read it. It runs when the program is built, and is not installed. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "probe/cli/options.h"
#include "report/findings.h"
#include "report/topics.h"

struct command {
	const char *name;
	unsigned options;     /* COMMAND_*: those with one of these bits */
	const char *argument; /* NULL: it takes none */
	int most;
	const char *help;
};

static const struct command commands[] = {
#define COMMAND(name, NAME, usage, argument, least, most, help, ...)           \
	{#name, COMMAND_##NAME, argument, most, help},
#include "probe/cli/commands.def"
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static unsigned options_of(const struct command *c)
{
	return options_commands((enum command_bit)c->options);
}

/* Within single quotes; before `signs` of the shell's own goes a backslash. */
static void put_quoted(const char *text, const char *signs)
{
	for (; *text; text++) {
		if (strchr(signs, *text))
			putchar('\\');
		if (*text == '\'')
			fputs("'\\'", stdout);
		putchar(*text);
	}
}

/* What an argument is: its first word in capitals, FILE, or what may stand
 * there, "0 1 auto". */
static const char *kind_of(const char *argument)
{
	static char kind[40];
	bool choice = argument && strchr(argument, '|');
	size_t length =
		!argument ? 0
		: choice  ? strlen(argument)
			  : strspn(argument, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	snprintf(kind, sizeof(kind), "%.*s", (int)length,
		 argument ? argument : "");
	for (char *bar = kind; (bar = strchr(bar, '|'));)
		*bar = ' ';
	return kind;
}

static void print_names(void)
{
	fputs("_mpprobe_names='", stdout);
	for (size_t i = 0; i < finding_kind_count; i++)
		printf(" %s", finding_kinds[i].id);
	for (size_t i = 0; i < topic_count; i++)
		printf(" %s", topics[i].name);
	puts("'");
}

/* --- bash ---------------------------------------------------------------- */

static void print_words(const struct command *c)
{
	struct option_about o;

	printf("\t%s)\n\t\toptions='", c->name);
	for (size_t i = 0; options_row(i, &o); i++) {
		if (!(o.commands & options_of(c)))
			continue;
		if (o.short_name)
			printf("-%c ", o.short_name);
		printf("--%s ", o.name);
	}
	printf("'\n\t\tkind='%s' most=%d ;;\n", kind_of(c->argument),
	       c->argument ? c->most : -1);
}

static void print_argument(const struct option_about *o)
{
	putchar('\t');
	if (o->short_name)
		printf("-%c | ", o->short_name);
	printf("--%s) kind='%s' ;;\n", o->name, kind_of(o->argument));
}

static void print_bash(void)
{
	struct option_about o;

	printf("_mpprobe_commands='");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	puts("'");
	print_names();
	puts("_mpprobe_command() {\n\tcase $1 in");
	for (size_t i = 0; i < COMMANDS; i++)
		print_words(&commands[i]);
	puts("\tesac\n}\n_mpprobe_argument() {\n\tcase $1 in");
	for (size_t i = 0; options_row(i, &o); i++)
		if (o.argument)
			print_argument(&o);
	puts("\t*) kind= ;;\n\tesac\n}");
}

/* --- zsh ----------------------------------------------------------------- */

/* For _arguments: '(-p --port)'{-p+,--port=}'[help]:message:action' */
static void print_spec(const struct option_about *o)
{
	fputs("\t\t\t", stdout);
	if (o->short_name)
		printf("'(-%c --%s)'{-%c%s,--%s%s}'[", o->short_name, o->name,
		       o->short_name, o->argument ? "+" : "", o->name,
		       o->argument ? "=" : "");
	else
		printf("'--%s%s[", o->name, o->argument ? "=" : "");
	put_quoted(o->help, ":[]\\");
	putchar(']');
	if (o->argument) {
		putchar(':');
		put_quoted(o->argument, ":\\");
		printf(": _mpprobe_kind %s", kind_of(o->argument));
	}
	puts("'");
}

static void print_specs(const struct command *c)
{
	struct option_about o;

	printf("\t%s)\n\t\tkind='%s' most=%d\n\t\tspecs=(\n", c->name,
	       kind_of(c->argument), c->argument ? c->most : -1);
	for (size_t i = 0; options_row(i, &o); i++)
		if (o.commands & options_of(c))
			print_spec(&o);
	puts("\t\t) ;;");
}

static void print_zsh(void)
{
	puts("_mpprobe_commands=(");
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("\t'%s:", commands[i].name);
		put_quoted(commands[i].help, ":");
		puts("'");
	}
	puts(")");
	print_names();
	puts("_mpprobe_command() {\n\tcase $1 in");
	for (size_t i = 0; i < COMMANDS; i++)
		print_specs(&commands[i]);
	puts("\tesac\n}");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "bash"))
		print_bash();
	else if (argc == 2 && !strcmp(argv[1], "zsh"))
		print_zsh();
	else
		return 64;
	return fflush(stdout) ? 74 : 0;
}
