/* SPDX-License-Identifier: GPL-3.0-or-later
 * What shells must know to complete a program's command line, made of its own
 * tables; the rest stands in completion.* here.
 */
#ifndef PACKAGING_SHELL_WORDS_H
#define PACKAGING_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct option_about;

struct shell_command {
	const char *name;
	unsigned options;     /* those with one of these bits */
	const char *argument; /* NULL: it takes none */
	int most;	      /* arguments; 0: any number */
	const char *help;
};

struct shell_program {
	const char
		*name; /* with '_' before it, of its functions and variables */
	const struct shell_command *commands;
	size_t command_count;
	bool (*row)(size_t i, struct option_about *out);
};

/* Prints it for the shell that argv[1] names, "bash" or "zsh": the exit code.
 */
int shell_words_print(const struct shell_program *p, int argc, char **argv);

#endif
