// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "probe/cli/bits.h"
#include "probe/cli/options.h"
#include "probe/net/complain.h"

#define LONG_OFFSET 256 /* above any short option */
#define AT(field) offsetof(struct fleet_options, field)

enum value { FLAG, TEXT, NUMBER, BITS };

struct row {
	const char *group; /* heads a group of -h; NULL: the same */
	char short_name;   /* '\0': none */
	const char *name, *argument;
	unsigned commands;
	enum value value;
	size_t at;   /* what it sets; 0: nothing, it is only passed on */
	bool passed; /* to mpprobe survey */
	unsigned least, most;
	const char *help;
};

static const struct row rows[] = {
	{"The survey (serve), as of mpprobe survey", 'p', "port", "LIST",
	 FLEET_SERVE, TEXT, AT(ports), true, 0, 0, "ports, as 80,443"},
	{NULL, 'r', "rate", "PPS", FLEET_SERVE | FLEET_WORK, NUMBER, AT(rate),
	 false, 1, 100000000,
	 "packets a second of each worker (default 1000); work: at most"},
	{NULL, 'B', "bandwidth", "BITS", FLEET_SERVE | FLEET_WORK, BITS,
	 AT(bandwidth), false, 0, 0,
	 "bits a second of its link, also 10M or 1G; work: at most"},
	{NULL, 'b', "blocklist", "FILE|none", FLEET_SERVE | FLEET_WORK, TEXT,
	 AT(blocklist), false, 0, 0,
	 "who is never asked, beside special-purpose ranges"},
	{NULL, '4', "ipv4", NULL, FLEET_SERVE, FLAG, 0, true, 0, 0,
	 "IPv4 only"},
	{NULL, '6', "ipv6", NULL, FLEET_SERVE, FLAG, 0, true, 0, 0,
	 "IPv6 only; both options: both"},
	{NULL, 0, "mptcp", "0|1|auto", FLEET_SERVE, TEXT, 0, true, 0, 0,
	 "which version is asked for"},
	{NULL, 0, "sample", "N", FLEET_SERVE, NUMBER, 0, true, 1, 1000000000,
	 "a plain SYN to one in N targets, too"},
	{NULL, 0, "probe", "N", FLEET_SERVE, NUMBER, 0, true, 1, 256,
	 "probe who speaks MPTCP, too, N at once"},
	{NULL, 0, "cooldown", "SECONDS", FLEET_SERVE, NUMBER, 0, true, 1, 3600,
	 "wait that long for answers"},
	{NULL, 0, "seed", "N", FLEET_SERVE, TEXT, AT(seed), false, 0, 0,
	 "the order of prefixes (default: random)"},
	{NULL, 0, "i-am-allowed", NULL, FLEET_SERVE, FLAG, AT(allowed), true, 0,
	 0, "more than 10,000 packets a second and worker"},
	{"Shards (serve)", 0, "per-shard", "N", FLEET_SERVE, NUMBER,
	 AT(per_shard), false, 1, 100000000,
	 "targets of a shard (default 50000)"},
	{NULL, 0, "at-once", "N", FLEET_SERVE, NUMBER, AT(at_once), false, 1,
	 1000000, "no more shards at once: N times the rate in all"},
	{NULL, 0, "ack-wait", "SECONDS", FLEET_SERVE, NUMBER, AT(ack_wait),
	 false, 10, 86400,
	 "whose worker is silent that long is handed on (default 30)"},
	{NULL, 0, "window", "SECONDS", FLEET_SERVE, NUMBER, AT(window), false,
	 1, 86400, "the server drops doubles that long (default 120)"},
	{NULL, 0, "replicas", "N", FLEET_SERVE, NUMBER, AT(replicas), false, 1,
	 5, "NATS servers that each keep all of it (default 1)"},
	{"Watching (watch; serve with --stay)", 0, "status", "FILE",
	 FLEET_SERVE | FLEET_WATCH, TEXT, AT(status), false, 0, 0,
	 "how far it is, as JSON, each second"},
	{"Working (work)", 'd', "directory", "DIR", FLEET_WORK, TEXT,
	 AT(directory), false, 0, 0,
	 "where shards are worked on (default fleet-NAME)"},
	{NULL, 'i', "interface", "IFACE", FLEET_WORK, TEXT, AT(interface),
	 false, 0, 0, "the interface to ask from"},
	{NULL, 0, "mpprobe", "PROGRAM", FLEET_WORK, TEXT, AT(program), false, 0,
	 0, "the program to start (default mpprobe)"},
	{NULL, 0, "stay", NULL, FLEET_WORK | FLEET_SERVE, FLAG, AT(stay), false,
	 0, 0, "do not end when nothing is left; serve: not before"},
	{"Gathering (gather)", 'o', "output", "DIR", FLEET_GATHER, TEXT,
	 AT(output), false, 0, 0, "write results.jsonl and meta.json there"},
	{"The NATS server", 's', "server", "URL", FLEET_ALL, TEXT, AT(server),
	 false, 0, 0,
	 "default $NATS_URL, or nats://127.0.0.1:4222; several: with commas"},
	{NULL, 0, "creds", "FILE", FLEET_ALL, TEXT, AT(creds), false, 0, 0,
	 "credentials of its user"},
	{NULL, 0, "tls", NULL, FLEET_ALL, FLAG, AT(tls), false, 0, 0,
	 "TLS, by the certificates of this system"},
	{NULL, 0, "tls-ca", "FILE", FLEET_ALL, TEXT, AT(tls_ca), false, 0, 0,
	 "TLS, by this authority"},
	{NULL, 0, "tls-cert", "FILE", FLEET_ALL, TEXT, AT(tls_cert), false, 0,
	 0, "a certificate of our own"},
	{NULL, 0, "tls-key", "FILE", FLEET_ALL, TEXT, AT(tls_key), false, 0, 0,
	 "and its key"},
	{"General", 'h', "help", NULL, FLEET_ALL, FLAG, AT(help), false, 0, 0,
	 "this help"},
	{NULL, 'V', "version", NULL, FLEET_ALL, FLAG, AT(version), false, 0, 0,
	 "the version"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool number(const char *text, const struct row *r, unsigned *out)
{
	const char *end = text + strspn(text, "0123456789");
	unsigned long value;

	errno = 0;
	value = strtoul(text, NULL, 10);
	*out = (unsigned)value;
	return end != text && !*end && !errno && value >= r->least &&
	       value <= r->most;
}

static bool take(struct fleet_options *o, const struct row *r,
		 const char *value)
{
	void *place = (char *)o + r->at;
	unsigned found = 0;

	if (r->value == NUMBER && !number(value, r, &found)) {
		complain("--%s: %s is not %u to %u", r->name, value, r->least,
			 r->most);
		return false;
	}
	if (r->value == BITS && !bits_read(value, place)) {
		complain("--%s: %s is not as 500K, 10M or 1G", r->name, value);
		return false;
	}
	if (r->at && r->value == NUMBER)
		*(unsigned *)place = found;
	else if (r->at && r->value == TEXT)
		*(const char **)place = value;
	else if (r->at && r->value == FLAG)
		*(bool *)place = true;
	return true;
}

static bool pass_on(struct fleet_options *o, const struct row *r,
		    const char *value)
{
	static char names[ROWS][24];
	char *name = names[r - rows];

	if (!r->passed)
		return true;
	if (o->passed_count + 2 > PASSED_MAX) {
		complain("too many options");
		return false;
	}
	snprintf(name, sizeof(names[0]), "--%s", r->name);
	o->passed[o->passed_count++] = name;
	if (value)
		o->passed[o->passed_count++] = value;
	return true;
}

static void fill_tables(char *brief, struct option *all)
{
	*brief++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		all[i] = (struct option){rows[i].name,
					 rows[i].argument ? required_argument
							  : no_argument,
					 NULL, LONG_OFFSET + (int)i};
		if (rows[i].short_name)
			*brief++ = rows[i].short_name;
		if (rows[i].short_name && rows[i].argument)
			*brief++ = ':';
	}
	*brief = '\0';
	all[ROWS] = (struct option){0};
}

static const struct row *find_row(int found)
{
	if (found >= LONG_OFFSET)
		return &rows[found - LONG_OFFSET];
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].short_name == found)
			return &rows[i];
	return NULL;
}

int fleet_options_parse(struct fleet_options *o, enum fleet_command command,
			int argc, char **argv)
{
	char brief[2 * ROWS + 2];
	struct option all[ROWS + 1];
	const struct row *r;
	int found;

	fill_tables(brief, all);
	opterr = 0;
	while ((found = getopt_long(argc, argv, brief, all, NULL)) != -1) {
		if (found == '?' || found == ':') {
			complain("%s: %s (mpprobe-fleet -h)", argv[optind - 1],
				 found == '?' ? "unknown option"
					      : "an argument is missing");
			return -1;
		}
		r = find_row(found);
		if (!(r->commands & command)) {
			complain("--%s is no option of this command", r->name);
			return -1;
		}
		if (!take(o, r, optarg) || !pass_on(o, r, optarg))
			return -1;
	}
	memmove(argv, argv + optind,
		(size_t)(argc - optind + 1) * sizeof(*argv));
	return argc - optind;
}

unsigned fleet_option_passed(const char *word)
{
	if (strncmp(word, "--", 2) != 0)
		return 0;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].passed && !strcmp(rows[i].name, word + 2))
			return rows[i].argument ? 2 : 1;
	return 0;
}

bool fleet_option_row(size_t i, struct option_about *out)
{
	if (i >= ROWS)
		return false;
	*out = (struct option_about){.short_name = rows[i].short_name,
				     .name = rows[i].name,
				     .argument = rows[i].argument,
				     .help = rows[i].help,
				     .commands = rows[i].commands};
	return true;
}

void fleet_options_help(FILE *out)
{
	char left[64];

	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];

		if (r->group)
			fprintf(out, "\n%s:\n", r->group);
		snprintf(left, sizeof(left), "%c%c%c --%s%s%s",
			 r->short_name ? '-' : ' ',
			 r->short_name ? r->short_name : ' ',
			 r->short_name ? ',' : ' ', r->name,
			 r->argument ? " " : "",
			 r->argument ? r->argument : "");
		fprintf(out,
			strlen(left) > 24 ? "  %s\n%27s %s\n"
					  : "  %-24s %s%s\n",
			left, "", r->help);
	}
}
