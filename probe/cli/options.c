// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/address.h"
#include "probe/cli/command.h"

#define INTERFACE_NAME_MAX 15 /* IFNAMSIZ less NUL */
#define LIVE (COMMAND_PROBE | COMMAND_RUN)
#define SYNS (LIVE | COMMAND_COMPARE)
#define FAMILIES (SYNS | COMMAND_SPEED)
#define REPORTS (COMMAND_PROBE | COMMAND_READ | COMMAND_RUN)
#define RESULTS (REPORTS | COMMAND_COMPARE | COMMAND_SPEED)
#define ANY (RESULTS | COMMAND_LIST | COMMAND_EXPLAIN)

/* Takes the value (NULL if the option has none). Returns NULL, or what the
 * value must be. */
typedef const char *take_fn(struct options *o, const char *value);

/* --- what the options do ------------------------------------------------- */

/* Decimal digits only, in a range. */
static bool number(const char *text, unsigned long low, unsigned long high,
		   unsigned long *out)
{
	const char *end = text + strspn(text, "0123456789");

	errno = 0;
	*out = strtoul(text, NULL, 10);
	return end != text && !*end && !errno && *out >= low && *out <= high;
}

static const char *take_ipv4(struct options *o, const char *value)
{
	(void)value;
	o->where.ipv4 = true;
	return NULL;
}

static const char *take_ipv6(struct options *o, const char *value)
{
	(void)value;
	o->where.ipv6 = true;
	return NULL;
}

static bool add_port(struct options *o, uint16_t port)
{
	for (unsigned i = 0; i < o->port_count; i++)
		if (o->ports[i] == port)
			return true;
	if (o->port_count == PORTS_MAX)
		return false;
	o->ports[o->port_count++] = port;
	return true;
}

static const char *take_ports(struct options *o, const char *value)
{
	static const char must[] = "ports must be between 1 and 65535, "
				   "separated by commas";
	unsigned long port;

	for (;;) {
		size_t length = strcspn(value, ",");
		char text[8] = "";

		if (length >= sizeof(text))
			return must;
		memcpy(text, value, length);
		if (!number(text, 1, 65535, &port))
			return must;
		if (!add_port(o, (uint16_t)port))
			return "at most 64 ports at a time";
		if (!value[length])
			return NULL;
		value += length + 1;
	}
}

static const char *take_interface(struct options *o, const char *value)
{
	if (!*value || strlen(value) > INTERFACE_NAME_MAX)
		return "not the name of an interface";
	if (o->where.interface && strcmp(o->where.interface, value) != 0)
		return "one interface at a time";
	o->where.interface = value;
	return NULL;
}

static const char *take_source(struct options *o, const char *value)
{
	struct address address;

	if (!address_parse(value, &address))
		return "the source must be a numeric IP address";
	if (o->where.source && strcmp(o->where.source, value) != 0)
		return "one source address at a time";
	o->where.source = value;
	return NULL;
}

static const char *take_join_source(struct options *o, const char *value)
{
	struct address address;

	if (!address_parse(value, &address))
		return "the source must be a numeric IP address";
	o->join_source = value;
	return NULL;
}

static const char *take_replay(struct options *o, const char *value)
{
	if (!*value)
		return "a file name must follow";
	o->replay_file = value;
	return NULL;
}

static const char *take_packets(struct options *o, const char *value)
{
	(void)value;
	o->packets = true;
	return NULL;
}

static const char *take_live(struct options *o, const char *value)
{
	(void)value;
	o->live = true;
	return NULL;
}

static const char *take_save(struct options *o, const char *value)
{
	if (!*value)
		return "the name of a directory must follow";
	o->save = value;
	return NULL;
}

static const char *take_count(struct options *o, const char *value)
{
	unsigned long count;

	if (!number(value, 1, 1000, &count))
		return "the count must be between 1 and 1000";
	o->count = (unsigned)count;
	return NULL;
}

static const char *take_seconds(struct options *o, const char *value)
{
	unsigned long seconds;

	if (!number(value, 1, 3600, &seconds))
		return "the time must be between 1 and 3600 seconds";
	o->seconds = (unsigned)seconds;
	return NULL;
}

static const char *take_ttl(unsigned *out, const char *value)
{
	unsigned long ttl;

	if (!number(value, 1, 255, &ttl))
		return "TTL must be between 1 and 255";
	*out = (unsigned)ttl;
	return NULL;
}

static const char *take_first_ttl(struct options *o, const char *value)
{
	return take_ttl(&o->first_ttl, value);
}

static const char *take_max_ttl(struct options *o, const char *value)
{
	return take_ttl(&o->max_ttl, value);
}

static const char *take_numeric(struct options *o, const char *value)
{
	(void)value;
	o->numeric = true;
	return NULL;
}

static const char *take_write(struct options *o, const char *value)
{
	if (!*value)
		return "a file name must follow";
	o->write_file = value;
	return NULL;
}

static const char *take_output(struct options *o, const char *value)
{
	if (!*value)
		return "a file name must follow";
	o->output_file = strcmp(value, "-") != 0 ? value : NULL;
	return NULL;
}

static const char *take_json(struct options *o, const char *value)
{
	(void)value;
	o->json = true;
	return NULL;
}

static const char *take_verbose(struct options *o, const char *value)
{
	(void)value;
	o->verbose = true;
	o->quiet = false;
	return NULL;
}

static const char *take_quiet(struct options *o, const char *value)
{
	(void)value;
	o->quiet = true;
	o->verbose = false;
	return NULL;
}

static const char *take_reference(struct options *o, const char *value)
{
	if (!*value)
		return "a host must follow";
	o->reference = value;
	return NULL;
}

static const char *take_mptcp(struct options *o, const char *value)
{
	if (!strcmp(value, "auto"))
		o->mptcp_version = -1;
	else if (!strcmp(value, "0") || !strcmp(value, "1"))
		o->mptcp_version = *value - '0';
	else
		return "the version must be 0, 1 or auto";
	return NULL;
}

static const char *take_all(struct options *o, const char *value)
{
	(void)value;
	o->all = true;
	return NULL;
}

static const char *take_sweep_only(struct options *o, const char *value)
{
	(void)value;
	o->sweep_only = true;
	return NULL;
}

static const char *take_colour(struct options *o, const char *value)
{
	static const char *const names[] = {"auto", "always", "never"};

	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(value, names[i])) {
			o->colour = (enum colour_choice)i;
			return NULL;
		}
	}
	return "must be auto, always or never";
}

/* Decimal, or hexadecimal after 0x. */
static const char *take_seed(struct options *o, const char *value)
{
	bool hex = value[0] == '0' && tolower((unsigned char)value[1]) == 'x';
	const char *digits = hex ? value + 2 : value;
	char *end;

	errno = 0;
	o->seed = strtoull(digits, &end, hex ? 16 : 10);
	if (!isxdigit((unsigned char)*digits) || *end || errno || end == digits)
		return "the seed must be a number of at most 64 bits";
	o->has_seed = true;
	return NULL;
}

static const char *take_version(struct options *o, const char *value)
{
	(void)value;
	o->version = true;
	return NULL;
}

static const char *take_help(struct options *o, const char *value)
{
	(void)value;
	o->help = true;
	return NULL;
}

/* --- the table ----------------------------------------------------------- */

struct row {
	const char *group;    /* heads a group of -h; NULL: the same */
	char short_name;      /* '\0': none */
	const char *name;     /* the long one */
	const char *argument; /* NULL: none */
	unsigned commands;    /* COMMAND_* that take it */
	take_fn *take;
	const char *help;
};

static const struct row rows[] = {
	{"What to probe", '4', "ipv4", NULL, FAMILIES, take_ipv4, "use IPv4"},
	{NULL, '6', "ipv6", NULL, FAMILIES, take_ipv6,
	 "use IPv6 (-4 -6: both families)"},
	{NULL, 'p', "port", "PORT[,PORT...]", SYNS, take_ports,
	 "TCP ports to probe (default 80)"},
	{NULL, 0, "reference", "HOST[:PORT]", COMMAND_PROBE, take_reference,
	 "probe a server known to speak MPTCP, too"},
	{NULL, 0, "mptcp", "0|1|auto", LIVE, take_mptcp,
	 "MPTCP version to speak (default auto: 1, then 0)"},
	{NULL, 0, "all", NULL, COMMAND_PROBE, take_all,
	 "the slower checks too"},
	{NULL, 0, "sweep-only", NULL, COMMAND_PROBE, take_sweep_only,
	 "only the TTL sweeps: no data, no joins"},

	{"How to send", 'i', "interface", "IFACE", SYNS, take_interface,
	 "send and capture on this interface"},
	{NULL, 's', "source", "ADDRESS", SYNS, take_source,
	 "send from this address of this host"},
	{NULL, 'f', "first-ttl", "TTL", COMMAND_PROBE, take_first_ttl,
	 "first TTL of the sweeps (default 1)"},
	{NULL, 'm', "max-ttl", "TTL", COMMAND_PROBE, take_max_ttl,
	 "last TTL (default 30); -f 64 -m 64: no sweep"},
	{NULL, 0, "seed", "N", SYNS, take_seed,
	 "reproducible keys, ports and sequence numbers"},

	{"Scenarios (mpprobe run)", 0, "replay", "CAPTURE", COMMAND_RUN,
	 take_replay, "take the peer's answers from CAPTURE; no network"},
	{NULL, 0, "join-source", "ADDRESS", COMMAND_RUN, take_join_source,
	 "join further subflows from this address of this host"},

	{"Comparing (mpprobe compare, speed)", 0, "live", NULL, COMMAND_COMPARE,
	 take_live, "make the runs to HOST now, and compare them"},
	{NULL, 0, "save", "DIR", COMMAND_COMPARE, take_save,
	 "keep the captures of --live in DIR"},
	{NULL, 'c', "count", "N", COMMAND_COMPARE | COMMAND_SPEED, take_count,
	 "rounds of --live and speed (default 5)"},
	{NULL, 'T', "time", "SECONDS", COMMAND_SPEED, take_seconds,
	 "speed: end each download after so long"},

	{"Output", 'n', "numeric", NULL, REPORTS, take_numeric,
	 "do not look up names of hops"},
	{NULL, 'x', "packets", NULL, COMMAND_READ, take_packets,
	 "read: a line a packet, options decoded, no verdict"},
	{NULL, 'w', "write", "FILE", LIVE, take_write,
	 "write the capture to FILE (-: standard output)"},
	{NULL, 'j', "json", NULL, RESULTS, take_json,
	 "report as JSON, one object a line"},
	{NULL, 'o', "output", "FILE", RESULTS, take_output,
	 "write the report to FILE, not to standard output"},
	{NULL, 'v', "verbose", NULL, RESULTS, take_verbose,
	 "the proof ladder and the connections too"},
	{NULL, 'q', "quiet", NULL, RESULTS, take_quiet,
	 "only the verdict, one line"},
	{NULL, 0, "color", "auto|always|never", RESULTS, take_colour,
	 "colours (default auto: on a terminal)"},

	{"Other", 'V', "version", NULL, ANY, take_version,
	 "print the version and end"},
	{NULL, 'h', "help", NULL, ANY, take_help, "print this help and end"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS <= 64, "one bit a row in struct options");

/* --- parsing ------------------------------------------------------------- */

/* What getopt_long needs. Long options are told by their row, plus an offset
 * that no character reaches. */
#define LONG_OFFSET 1000

static void make_tables(char *short_options, struct option *long_options)
{
	*short_options++ = ':'; /* a missing argument is not an unknown one */
	for (size_t i = 0; i < ROWS; i++) {
		*long_options++ = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument
						    : no_argument,
			.val = LONG_OFFSET + (int)i,
		};
		if (rows[i].short_name)
			*short_options++ = rows[i].short_name;
		if (rows[i].short_name && rows[i].argument)
			*short_options++ = ':';
	}
	*short_options = '\0';
	*long_options = (struct option){0};
}

static const struct row *row_of(int found)
{
	for (size_t i = 0; i < ROWS; i++)
		if (found == LONG_OFFSET + (int)i ||
		    (found && found == rows[i].short_name))
			return &rows[i];
	return NULL;
}

/* "-m" or "--mptcp", as the help has it. */
static const char *row_name(const struct row *r, char *text, size_t size)
{
	if (r->short_name)
		snprintf(text, size, "-%c", r->short_name);
	else
		snprintf(text, size, "--%s", r->name);
	return text;
}

/* As it was typed. */
static const char *option_name(int found, char *text, size_t size)
{
	if (found < LONG_OFFSET)
		snprintf(text, size, "-%c", found);
	else
		snprintf(text, size, "--%s", rows[found - LONG_OFFSET].name);
	return text;
}

/* `word` is the one that getopt_long was at. */
static int reject(int found, const char *word)
{
	const struct row *r = row_of(optopt);
	char text[24];

	if (found == ':')
		complain("%s: %s must follow (mpprobe -h lists the options)",
			 r ? option_name(optopt, text, sizeof(text)) : word,
			 r ? r->argument : "an argument");
	else if (r && optopt >= LONG_OFFSET)
		complain("--%s takes no argument", r->name);
	else if (optopt && optopt < LONG_OFFSET)
		complain("unknown option -%c (mpprobe -h lists them)", optopt);
	else
		complain("unknown option %.*s (mpprobe -h lists them)",
			 (int)strcspn(word, "="), word);
	return EXIT_USAGE;
}

static int take(struct options *o, int found, const char *value)
{
	const struct row *r = row_of(found);
	const char *must = r->take(o, value);
	char text[24];

	o->given |= UINT64_C(1) << (r - rows);
	if (!must)
		return -1;
	complain("%s %.100s: %s", option_name(found, text, sizeof(text)), value,
		 must);
	return EXIT_USAGE;
}

int options_parse(int argc, char **argv, struct options *out, char **arguments,
		  int *argument_count)
{
	char short_options[2 * ROWS + 2];
	struct option long_options[ROWS + 1];
	int found, result = -1;

	*out = (struct options){
		.first_ttl = 1,
		.max_ttl = 30,
		.mptcp_version = -1,
		.count = 5,
	};
	*argument_count = 0;
	make_tables(short_options, long_options);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while (result == -1 && !out->help && !out->version) {
		found = getopt_long(argc, argv, short_options, long_options,
				    NULL);
		if (found == -1)
			break;
		if (found == '?' || found == ':')
			result = reject(found, argv[optind - 1]);
		else
			result = take(out, found, optarg);
	}
	for (int i = optind; result == -1 && i < argc; i++)
		arguments[(*argument_count)++] = argv[i];
	return result;
}

/* --- checks of the whole ------------------------------------------------- */

static bool given(const struct options *o, char short_name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].short_name == short_name)
			return o->given >> i & 1;
	return false;
}

static int check_ttls(const struct options *o)
{
	if (o->first_ttl <= o->max_ttl)
		return -1;
	if (given(o, 'm'))
		complain("-f %u -m %u: the first TTL is above the last",
			 o->first_ttl, o->max_ttl);
	else
		complain("-f %u: above the last TTL, %u; raise it with -m",
			 o->first_ttl, o->max_ttl);
	return EXIT_USAGE;
}

static int check_files(const struct options *o)
{
	if (!o->write_file)
		return -1;
	if (!strcmp(o->write_file, "-") && !o->output_file) {
		complain("-w -: the report goes to standard output too; send "
			 "it elsewhere with -o FILE");
		return EXIT_USAGE;
	}
	if (o->output_file && !strcmp(o->write_file, o->output_file)) {
		complain("-w and -o name the same file, %s", o->write_file);
		return EXIT_USAGE;
	}
	return -1;
}

static int check_replay(const struct options *o)
{
	if (!o->replay_file)
		return -1;
	if (!o->write_file && !o->where.interface && !o->where.source &&
	    !o->join_source)
		return -1;
	complain("--replay uses no network: -i, -s, -w and --join-source do "
		 "not go with it");
	return EXIT_USAGE;
}

/* What compare sends belongs to --live. */
static int check_live(const struct options *o)
{
	static const struct {
		char short_name;
		const char *name;
	} live_only[] = {{'4', "-4"}, {'6', "-6"}, {'p', "-p"},
			 {'i', "-i"}, {'s', "-s"}, {'c', "-c"}};

	if (o->live)
		return -1;
	for (size_t i = 0; i < sizeof(live_only) / sizeof(*live_only); i++) {
		if (!given(o, live_only[i].short_name))
			continue;
		complain("%s goes with --live only", live_only[i].name);
		return EXIT_USAGE;
	}
	if (!o->save && !o->has_seed)
		return -1;
	complain("%s goes with --live only", o->save ? "--save" : "--seed");
	return EXIT_USAGE;
}

int options_accept(const struct options *o, enum command_bit command,
		   const char *command_name)
{
	int result;

	for (size_t i = 0; i < ROWS; i++) {
		char text[24];

		if (!(o->given >> i & 1) || rows[i].commands & command)
			continue;
		complain("%s is no option of mpprobe %s",
			 row_name(&rows[i], text, sizeof(text)), command_name);
		return EXIT_USAGE;
	}
	result = command == COMMAND_COMPARE ? check_live(o) : -1;
	if (result == -1)
		result = check_ttls(o);
	if (result == -1)
		result = check_replay(o);
	return result == -1 ? check_files(o) : result;
}

/* --- help ---------------------------------------------------------------- */

void options_help(FILE *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *r = &rows[i];
		char left[64];

		if (r->group)
			fprintf(out, "\n%s:\n", r->group);
		snprintf(left, sizeof(left), "%c%c%c --%s%s%s",
			 r->short_name ? '-' : ' ',
			 r->short_name ? r->short_name : ' ',
			 r->short_name ? ',' : ' ', r->name,
			 r->argument ? " " : "",
			 r->argument ? r->argument : "");
		if (strlen(left) > 24)
			fprintf(out, "  %s\n  %24s  %s\n", left, "", r->help);
		else
			fprintf(out, "  %-24s  %s\n", left, r->help);
	}
}
