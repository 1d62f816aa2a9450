// SPDX-License-Identifier: GPL-3.0-or-later
/* completions_fleet bash | zsh: the same as completions, of mpprobe-fleet. */
#include "packaging/shell_words.h"
#include "probe/fleet/options.h"

static const struct shell_command commands[] = {
#define COMMAND(name, NAME, function, usage, argument, help)                   \
	{#name, FLEET_##NAME, argument, 0, help},
#include "probe/fleet/commands.def"
};

int main(int argc, char **argv)
{
	const struct shell_program program = {
		.name = "mpprobe_fleet",
		.commands = commands,
		.command_count = sizeof(commands) / sizeof(commands[0]),
		.row = fleet_option_row,
	};

	return shell_words_print(&program, argc, argv);
}
