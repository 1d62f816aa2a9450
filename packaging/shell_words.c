// SPDX-License-Identifier: GPL-3.0-or-later
#include "packaging/shell_words.h"

#include <stdio.h>
#include <string.h>

#include "probe/cli/options.h"

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

/* --- bash ---------------------------------------------------------------- */

static void print_words(const struct shell_program *p,
			const struct shell_command *c)
{
	struct option_about o;

	printf("\t%s)\n\t\toptions='", c->name);
	for (size_t i = 0; p->row(i, &o); i++) {
		if (!(o.commands & c->options))
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

static void print_bash(const struct shell_program *p)
{
	struct option_about o;

	printf("_%s_commands='", p->name);
	for (size_t i = 0; i < p->command_count; i++)
		printf("%s%s", i ? " " : "", p->commands[i].name);
	printf("'\n_%s_command() {\n\tcase $1 in\n", p->name);
	for (size_t i = 0; i < p->command_count; i++)
		print_words(p, &p->commands[i]);
	printf("\tesac\n}\n_%s_argument() {\n\tcase $1 in\n", p->name);
	for (size_t i = 0; p->row(i, &o); i++)
		if (o.argument)
			print_argument(&o);
	puts("\t*) kind= ;;\n\tesac\n}");
}

/* --- zsh ----------------------------------------------------------------- */

/* For _arguments: '(-p --port)'{-p+,--port=}'[help]:message:action' */
static void print_spec(const struct shell_program *p,
		       const struct option_about *o)
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
		printf(": _%s_kind %s", p->name, kind_of(o->argument));
	}
	puts("'");
}

static void print_specs(const struct shell_program *p,
			const struct shell_command *c)
{
	struct option_about o;

	printf("\t%s)\n\t\tkind='%s' most=%d\n\t\tspecs=(\n", c->name,
	       kind_of(c->argument), c->argument ? c->most : -1);
	for (size_t i = 0; p->row(i, &o); i++)
		if (o.commands & c->options)
			print_spec(p, &o);
	puts("\t\t) ;;");
}

static void print_zsh(const struct shell_program *p)
{
	printf("_%s_commands=(\n", p->name);
	for (size_t i = 0; i < p->command_count; i++) {
		printf("\t'%s:", p->commands[i].name);
		put_quoted(p->commands[i].help, ":");
		puts("'");
	}
	printf(")\n_%s_command() {\n\tcase $1 in\n", p->name);
	for (size_t i = 0; i < p->command_count; i++)
		print_specs(p, &p->commands[i]);
	/* what zsh calls first is the whole file */
	printf("\tesac\n}\n\n_%s \"$@\"\n", p->name);
}

/* --- all ----------------------------------------------------------------- */

int shell_words_print(const struct shell_program *p, int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "bash"))
		print_bash(p);
	else if (argc == 2 && !strcmp(argv[1], "zsh"))
		print_zsh(p);
	else
		return 64;
	return fflush(stdout) ? 74 : 0;
}
