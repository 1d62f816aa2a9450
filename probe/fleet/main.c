// SPDX-License-Identifier: GPL-3.0-or-later
/* mpprobe-fleet: one survey by many hosts, which share it by a NATS server. It
 * needs no right and has none; what asks is mpprobe survey, its child. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "probe/fleet/commands.h"
#include "probe/fleet/names.h"
#include "probe/fleet/options.h"
#include "probe/net/complain.h"
#include "probe/net/signals.h"

static const struct command {
	const char *name, *usage, *help;
	enum fleet_command bit;
	fleet_command_fn *run;
} commands[] = {
#define COMMAND(name, NAME, function, usage, argument, help)                   \
	{#name, usage, help, FLEET_##NAME, function},
#include "probe/fleet/commands.def"
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
	puts("One survey (mpprobe survey) by many hosts, each target once.\n");
	for (size_t i = 0; i < COMMANDS; i++)
		printf("  mpprobe-fleet %-32s  %s\n", commands[i].usage,
		       commands[i].help);
	fleet_options_help(stdout);
	puts("\nFor example:\n"
	     "  mpprobe-fleet serve -p 443 census hosts.txt\n"
	     "  mpprobe-fleet work -s nats://192.0.2.1 census\n"
	     "  mpprobe-fleet gather -o census census && "
	     "mpprobe survey --report census\n"
	     "mpprobe-fleet(1) has more of each.");
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct fleet_options o = {0};
	int count = fleet_options_parse(&o, c->bit, argc, argv);

	if (count == -1)
		return EXIT_USAGE;
	if (o.help)
		return help();
	if (!count)
		return failure(EXIT_USAGE,
			       "no NAME of a survey given (mpprobe-fleet -h)");
	if (!survey_name_is_good(argv[0]))
		return failure(EXIT_USAGE,
			       "%s: a NAME is of letters, digits, - and _",
			       argv[0]);
	if (c->bit != FLEET_SERVE && count > 1)
		return failure(EXIT_USAGE, "%s: only one NAME at a time",
			       argv[1]);
	signals_install();
	signals_hold();
	signal(SIGPIPE, SIG_IGN);
	return c->run(&o, argv[0], count - 1, argv + 1);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "-h";
	const struct command *c = find_command(word);

	complain_as("mpprobe-fleet");
	if (c)
		return run(c, argc - 1, argv + 1);
	if (!strcmp(word, "-h") || !strcmp(word, "--help") ||
	    !strcmp(word, "help"))
		return help();
	if (!strcmp(word, "-V") || !strcmp(word, "--version"))
		return puts("mpprobe-fleet " MPPROBE_VERSION) < 0 ? EXIT_OUTPUT
								  : 0;
	return failure(EXIT_USAGE, "unknown command %s (mpprobe-fleet -h)",
		       word);
}
