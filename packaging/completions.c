// SPDX-License-Identifier: GPL-3.0-or-later
/* completions bash | zsh: what a shell must know to complete mpprobe's command
 * line. completion.bash and completion.zsh read it. It runs when the program is
 * built, and is not installed. */
#include <stdio.h>

#include "packaging/shell_words.h"
#include "probe/cli/options.h"
#include "report/findings.h"
#include "report/topics.h"

static struct shell_command commands[] = {
#define COMMAND(name, NAME, usage, argument, least, most, help, ...)           \
	{#name, COMMAND_##NAME, argument, most, help},
#include "probe/cli/commands.def"
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct shell_program program = {
	.name = "mpprobe",
	.commands = commands,
	.command_count = COMMANDS,
	.row = options_row,
};

static void print_names(void)
{
	fputs("_mpprobe_names='", stdout);
	for (size_t i = 0; i < finding_kind_count; i++)
		printf(" %s", finding_kinds[i].id);
	for (size_t i = 0; i < topic_count; i++)
		printf(" %s", topics[i].name);
	puts("'");
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++)
		commands[i].options =
			options_commands((enum command_bit)commands[i].options);
	print_names();
	return shell_words_print(&program, argc, argv);
}
