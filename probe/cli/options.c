// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/address.h"
#include "probe/cli/bits.h"
#include "probe/cli/command.h"
#include "probe/cli/nearest.h"
#include "probe/net/request.h"
#include "probe/net/ways.h"
#include "report/arena.h"

#define INTERFACE_NAME_MAX 15 /* IFNAMSIZ less NUL */
#define PROBES (COMMAND_PROBE | COMMAND_WATCHED)
#define SPAN_MAX (365 * 86400)
#define LIVE (COMMAND_PROBE | COMMAND_RUN)
#define SYNS (LIVE | COMMAND_COMPARE_LIVE)
#define FAMILIES (SYNS | COMMAND_SPEED | COMMAND_SURVEY)
#define REPORTS (COMMAND_PROBE | COMMAND_READ | COMMAND_RUN)
#define PAGES (COMMAND_PROBE | COMMAND_READ | COMMAND_COMPARE)
#define ANONYMOUS (PAGES | COMMAND_RUN | COMMAND_SPEED | COMMAND_DOCTOR)
#define RESULTS (REPORTS | COMMAND_COMPARE | COMMAND_SPEED | COMMAND_DOCTOR)
#define LINES (RESULTS | COMMAND_WATCH | COMMAND_SURVEY)
#define ANY (LINES | COMMAND_LIST | COMMAND_EXPLAIN)

struct row;

/* Takes the value (NULL if the option has none). Returns NULL, or what the
 * value must be. */
typedef const char *take_fn(struct options *o, const struct row *r,
			    const char *value);

struct row {
	const char *group;    /* heads a group of -h; NULL: the same */
	char short_name;      /* '\0': none */
	const char *name;     /* the long one */
	const char *argument; /* NULL: none */
	unsigned commands;    /* COMMAND_* that take it */
	take_fn *take;
	size_t at; /* what it sets, in struct options; 0 if `take` knows */
	const char *help;
	const char *brief; /* on the first screen of help; NULL: not there */
	const char *must;  /* be what its value is not */
	unsigned max;	   /* of a number from 1 on */
};

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

static void *place(struct options *o, const struct row *r)
{
	return (char *)o + r->at;
}

static const char *take_flag(struct options *o, const struct row *r,
			     const char *value)
{
	(void)value;
	*(bool *)place(o, r) = true;
	return NULL;
}

static const char *take_text(struct options *o, const struct row *r,
			     const char *value)
{
	if (!*value)
		return r->must;
	*(const char **)place(o, r) = value;
	return NULL;
}

static const char *take_number(struct options *o, const struct row *r,
			       const char *value)
{
	unsigned long found;

	if (!number(value, 1, r->max, &found))
		return r->must;
	*(unsigned *)place(o, r) = (unsigned)found;
	return NULL;
}

/* "90s", "5m", "1h", "30d"; seconds without a letter. */
static const char *take_span(struct options *o, const struct row *r,
			     const char *value)
{
	static const char units[] = "smhd";
	static const unsigned seconds[] = {1, 60, 3600, 86400};
	size_t digits = strspn(value, "0123456789");
	const char *unit = value[digits] ? strchr(units, value[digits]) : units;
	unsigned long found;
	char text[12] = "";

	if (!unit || (value[digits] && value[digits + 1]) || digits > 9)
		return r->must;
	memcpy(text, value, digits);
	if (!number(text, 1, SPAN_MAX / seconds[unit - units], &found))
		return r->must;
	*(unsigned *)place(o, r) = (unsigned)found * seconds[unit - units];
	return NULL;
}

/* What a word of a list must be. */
typedef bool word_fn(const char *at, size_t length);

static bool is_interface(const char *at, size_t length)
{
	(void)at;
	return length && length <= INTERFACE_NAME_MAX;
}

static bool is_address(const char *at, size_t length)
{
	char text[ADDRESS_TEXT] = "";
	struct address address;

	if (length >= sizeof(text))
		return false;
	memcpy(text, at, length);
	return address_parse(text, &address);
}

/* Whether all words of a list with commas are; `*count`: how many. */
static bool is_list_of(const char *list, word_fn *is, unsigned *count)
{
	for (*count = 0;; list++) {
		size_t length = strcspn(list, ",");

		++*count;
		if (!is(list, length))
			return false;
		list += length;
		if (!*list)
			return true;
	}
}

static bool has_twice(const char *list)
{
	for (const char *word = list; *word; word += *word == ',') {
		size_t length = strcspn(word, ",");

		for (const char *other = strchr(word, ','); other;
		     other = strchr(other, ',')) {
			other++;
			if (strcspn(other, ",") == length &&
			    !strncmp(word, other, length))
				return true;
		}
		word += length;
	}
	return false;
}

static const char *take_address(struct options *o, const struct row *r,
				const char *value)
{
	const char **source = place(o, r);
	unsigned count;

	if (!is_list_of(value, is_address, &count))
		return "the source must be a numeric IP address";
	if (count > WAYS_MAX || has_twice(value))
		return "at most 8 addresses, each once";
	if (*source && strcmp(*source, value) != 0)
		return "one source address at a time";
	*source = value;
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

/* "80" or "8000-8010". */
static bool is_ports(const char *at, size_t length, unsigned long *first,
		     unsigned long *last)
{
	char text[12] = "", *dash;

	if (length >= sizeof(text))
		return false;
	memcpy(text, at, length);
	dash = strchr(text, '-');
	if (dash)
		*dash = '\0';
	return strlen(text) < 8 && number(text, 1, 65535, first) &&
	       number(dash ? dash + 1 : text, *first, 65535, last);
}

static const char *take_ports(struct options *o, const struct row *r,
			      const char *value)
{
	static const char must[] = "ports must be between 1 and 65535, as in "
				   "80,443 or 8000-8010";
	unsigned long first, last;

	(void)r;
	for (;;) {
		size_t length = strcspn(value, ",");

		if (!is_ports(value, length, &first, &last))
			return must;
		for (; first <= last; first++)
			if (!add_port(o, (uint16_t)first))
				return "at most 64 ports at a time";
		if (!value[length])
			return NULL;
		value += length + 1;
	}
}

static const char *take_interface(struct options *o, const struct row *r,
				  const char *value)
{
	unsigned count;

	(void)r;
	if (!is_list_of(value, is_interface, &count))
		return "not the name of an interface";
	if (count > WAYS_MAX || has_twice(value))
		return "at most 8 interfaces, each once";
	if (o->where.interface && strcmp(o->where.interface, value) != 0)
		return "one interface at a time";
	o->where.interface = value;
	return NULL;
}

static const char *take_verbose(struct options *o, const struct row *r,
				const char *value)
{
	(void)r;
	(void)value;
	o->rules = o->verbose;
	o->verbose = true;
	o->quiet = false;
	return NULL;
}

static const char *take_quiet(struct options *o, const struct row *r,
			      const char *value)
{
	(void)r;
	(void)value;
	o->quiet = true;
	o->verbose = o->rules = false;
	return NULL;
}

static const char *take_help(struct options *o, const struct row *r,
			     const char *value)
{
	(void)r;
	(void)value;
	o->help++;
	return NULL;
}

static const char *take_times(struct options *o, const struct row *r,
			      const char *value)
{
	(void)r;
	(void)value;
	if (o->times == 5)
		return "five of them at most";
	o->times++;
	return NULL;
}

static const char *take_mptcp(struct options *o, const struct row *r,
			      const char *value)
{
	(void)r;
	o->mptcp_said = true;
	if (!strcmp(value, "auto"))
		o->mptcp_version = -1;
	else if (!strcmp(value, "0") || !strcmp(value, "1"))
		o->mptcp_version = *value - '0';
	else
		return "the version must be 0, 1 or auto";
	return NULL;
}

static const char *take_bandwidth(struct options *o, const struct row *r,
				  const char *value)
{
	return bits_read(value, &o->bandwidth) ? NULL : r->must;
}

/* "2/8" */
static const char *take_shard(struct options *o, const struct row *r,
			      const char *value)
{
	const char *slash = strchr(value, '/');
	unsigned long shard, shards;
	char text[12];

	if (!slash || slash - value >= (long)sizeof(text))
		return r->must;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - value), value);
	if (!number(slash + 1, 1, 1000000, &shards) ||
	    !number(text, 1, shards, &shard))
		return r->must;
	o->shard = (unsigned)shard;
	o->shards = (unsigned)shards;
	return NULL;
}

static const char *take_vantage(struct options *o, const struct row *r,
				const char *value)
{
	(void)r;
	for (enum vantage v = VANTAGE_CLIENT; v <= VANTAGE_PATH; v++) {
		if (!strcmp(value, vantage_name(v))) {
			o->vantage = v;
			return NULL;
		}
	}
	return "must be client, server or path";
}

static const char *take_say(struct options *o, const struct row *r,
			    const char *value)
{
	(void)r;
	o->say = value;
	return request_is(value) ? NULL
				 : "must be http, tls, socks5, none, or two "
				   "bytes or more in hexadecimal digits";
}

static const char *take_colour(struct options *o, const struct row *r,
			       const char *value)
{
	static const char *const names[] = {"auto", "always", "never"};

	(void)r;
	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(value, names[i])) {
			o->colour = (enum colour_choice)i;
			return NULL;
		}
	}
	return "must be auto, always or never";
}

/* Decimal, or hexadecimal after 0x. */
static const char *take_seed(struct options *o, const struct row *r,
			     const char *value)
{
	bool hex = value[0] == '0' && tolower((unsigned char)value[1]) == 'x';
	const char *digits = hex ? value + 2 : value;
	char *end;

	(void)r;
	errno = 0;
	o->seed = strtoull(digits, &end, hex ? 16 : 10);
	if (!isxdigit((unsigned char)*digits) || *end || errno || end == digits)
		return "the seed must be a number of at most 64 bits";
	o->has_seed = true;
	return NULL;
}

/* --- the table ----------------------------------------------------------- */

#define AT(member) offsetof(struct options, member)
#define FILE_MUST "a file name must follow"

static const struct row rows[] = {
	{"What to probe", '4', "ipv4", NULL,
	 FAMILIES | COMMAND_WATCHED | COMMAND_DOCTOR, take_flag, AT(where.ipv4),
	 .help = "use IPv4", .brief = "use IPv4"},
	{NULL, '6', "ipv6", NULL, FAMILIES | COMMAND_WATCHED | COMMAND_DOCTOR,
	 take_flag, AT(where.ipv6), .help = "use IPv6 (-4 -6: both families)",
	 .brief = "IPv6; -4 -6: both"},
	{NULL, 'p', "port", "PORT[,PORT...]",
	 SYNS | COMMAND_WATCHED | COMMAND_SURVEY, take_ports, 0,
	 .help = "TCP ports to probe, also 1-64 (default 80)",
	 .brief = "80,443 or 1-64"},
	{NULL, 0, "reference", "HOST[:PORT]|auto", PROBES, take_text,
	 AT(reference), .help = "probe a server known to speak MPTCP, too",
	 .must = "a host must follow"},
	{NULL, 0, "mptcp", "0|1|auto", LIVE | COMMAND_WATCHED | COMMAND_SURVEY,
	 take_mptcp, 0,
	 .help = "MPTCP version to speak (default auto: 1, then 0)"},
	{NULL, 0, "say", "http|tls|socks5|none|HEX",
	 LIVE | COMMAND_WATCHED | COMMAND_DOCTOR, take_say, 0,
	 .help = "the request that the server gets (default http)"},
	{NULL, 0, "all", NULL, PROBES, take_flag, AT(all),
	 .help = "the slower checks too", .brief = "the slower checks"},
	{NULL, 0, "sweep-only", NULL, PROBES, take_flag, AT(sweep_only),
	 .help = "only the TTL sweeps: no data, no joins"},

	{"How to send", 'i', "interface", "IFACE[,IFACE...]",
	 FAMILIES | COMMAND_WATCHED, take_interface, 0,
	 .help = "probe by this interface, by several, or \"all\"",
	 .brief = "eth0,wwan0, or all"},
	{NULL, 's', "source", "ADDRESS[,ADDRESS...]",
	 FAMILIES | COMMAND_WATCHED, take_address, AT(where.source),
	 .help = "send from this address of this host",
	 .brief = "from this address"},
	{NULL, 'f', "first-ttl", "TTL", PROBES, take_number, AT(first_ttl),
	 .help = "first TTL of the sweeps (default 1)",
	 .must = "TTL must be between 1 and 255", .max = 255},
	{NULL, 'm', "max-ttl", "TTL", PROBES, take_number, AT(max_ttl),
	 .help = "last TTL (default 30); -f 64 -m 64: no sweep",
	 .must = "TTL must be between 1 and 255", .max = 255},
	{NULL, 0, "seed", "N", SYNS | COMMAND_SURVEY, take_seed, 0,
	 .help = "reproducible keys, ports and sequence numbers"},

	{"Scenarios (mpprobe run)", 0, "replay", "CAPTURE", COMMAND_RUN,
	 take_text, AT(replay_file),
	 .help = "take the peer's answers from CAPTURE; no network",
	 .must = FILE_MUST},
	{NULL, 0, "join-source", "ADDRESS", COMMAND_RUN, take_address,
	 AT(join_source),
	 .help = "join further subflows from this address of this host"},

	{"Comparing (mpprobe compare, speed)", 0, "live", NULL, COMMAND_COMPARE,
	 take_flag, AT(live),
	 .help = "make the runs to HOST now, and compare them"},
	{NULL, 0, "save", "DIR", COMMAND_COMPARE_LIVE | COMMAND_WATCH,
	 take_text, AT(save),
	 .help = "keep the runs of --live, or of watch, in DIR",
	 .must = "the name of a directory must follow"},
	{NULL, 'c', "count", "N", COMMAND_COMPARE_LIVE | COMMAND_SPEED,
	 take_number, AT(count),
	 .help = "rounds of --live (default 5), of speed (20)",
	 .must = "the count must be between 1 and 1000", .max = 1000},
	{NULL, 'T', "time", "SECONDS", COMMAND_SPEED, take_number, AT(seconds),
	 .help = "speed: end each download after so long",
	 .must = "the time must be between 1 and 3600 seconds", .max = 3600},
	{NULL, 'k', "insecure", NULL, COMMAND_SPEED, take_flag, AT(insecure),
	 .help = "speed: do not verify certificates"},

	{"Over time (mpprobe watch)", 0, "every", "TIME", COMMAND_WATCH,
	 take_span, AT(every),
	 .help = "from run to run: 90s, 5m, 1h (default), 1d",
	 .must = "the time must be 1s to 365d, as in 90s, 5m, 1h, 1d"},
	{NULL, 0, "keep", "TIME", COMMAND_WATCH, take_span, AT(keep),
	 .help = "remove runs in DIR that are older, as 30d",
	 .must = "the time must be 1s to 365d, as in 90s, 5m, 1h, 30d"},
	{NULL, 0, "exec", "COMMAND", COMMAND_WATCH, take_text, AT(exec),
	 .help = "have the shell run COMMAND at each change",
	 .must = "a command must follow"},

	{"This host (mpprobe doctor)", 0, "since", "FILE", COMMAND_DOCTOR,
	 take_text, AT(since),
	 .help = "count what happened since FILE, of -j, was written",
	 .must = FILE_MUST},

	{"Many servers (mpprobe survey)", 'b', "blocklist", "FILE|none",
	 COMMAND_SURVEY, take_text, AT(blocklist),
	 .help = "never ask what FILE lists; none: special ranges, too",
	 .must = FILE_MUST},
	{NULL, 'r', "rate", "PPS", COMMAND_SURVEY, take_number, AT(rate),
	 .help = "packets a second (default 1000)",
	 .must = "the rate must be between 1 and 10000000 packets a second",
	 .max = 10000000},
	{NULL, 'B', "bandwidth", "BITS", COMMAND_SURVEY, take_bandwidth, 0,
	 .help = "bits a second on the link, also 10M or 1G",
	 .must = "the rate must be a number of bits a second, as 10M"},
	{NULL, 0, "shard", "I/N", COMMAND_SURVEY, take_shard, 0,
	 .help = "share I, from 1, of N of the targets",
	 .must = "the shard must be as 1/8 to 8/8"},
	{NULL, 0, "sample", "N", COMMAND_SURVEY, take_number, AT(sample),
	 .help = "a plain SYN to one in N targets (default 100), too",
	 .must = "the sample must be one in 1 to 1000000000",
	 .max = 1000000000},
	{NULL, 0, "probe", "N", COMMAND_SURVEY, take_number, AT(probes),
	 .help = "probe, N at once, those with MPTCP",
	 .must = "so many probes at once must be between 1 and 256",
	 .max = 256},
	{NULL, 0, "capable-first", NULL, COMMAND_SURVEY, take_flag,
	 AT(capable_first),
	 .help = "other SYNs only to who answers MP_CAPABLE"},
	{NULL, 0, "max-targets", "N", COMMAND_SURVEY, take_number,
	 AT(max_targets), .help = "ask no more targets than N",
	 .must = "the number of targets must be between 1 and 4000000000",
	 .max = 4000000000U},
	{NULL, 0, "max-runtime", "SECONDS", COMMAND_SURVEY, take_number,
	 AT(max_runtime), .help = "ask no longer than that",
	 .must = "the time must be between 1 and 100000000 seconds",
	 .max = 100000000},
	{NULL, 0, "cooldown", "SECONDS", COMMAND_SURVEY, take_number,
	 AT(cooldown), .help = "wait that long for answers (default 8)",
	 .must = "the time must be between 1 and 600 seconds", .max = 600},
	{NULL, 0, "status", "FILE", COMMAND_SURVEY, take_text, AT(status_file),
	 .help = "write to FILE each second how it goes", .must = FILE_MUST},
	{NULL, 0, "raw-sockets", NULL, COMMAND_SURVEY, take_flag,
	 AT(raw_sockets), .help = "have the kernel route each packet: slower"},
	{NULL, 0, "i-am-allowed", NULL, COMMAND_SURVEY, take_flag, AT(allowed),
	 .help = "more than 10000 packets a second"},
	{NULL, 0, "resume", "DIR", COMMAND_SURVEY, take_text, AT(resume),
	 .help = "go on with the survey in DIR",
	 .must = "the name of a directory must follow"},
	{NULL, 0, "report", "DIR", COMMAND_SURVEY, take_text, AT(tables),
	 .help = "print the tables of the survey in DIR",
	 .must = "the name of a directory must follow"},
	{NULL, 0, "csv", NULL, COMMAND_SURVEY, take_flag, AT(csv),
	 .help = "with --report: as comma-separated values"},
	{NULL, 0, "table", "NAME", COMMAND_SURVEY, take_text, AT(csv_table),
	 .help = "of --csv: classes (default), findings, hops...",
	 .must = "the name of a table must follow"},
	{NULL, 0, "as-table", "FILE", COMMAND_SURVEY, take_text, AT(as_table),
	 .help = "with --report: networks of hops, by FILE", .must = FILE_MUST},

	{"Output", 'n', "numeric", NULL, REPORTS | COMMAND_WATCHED, take_flag,
	 AT(numeric), .help = "do not look up names of hops",
	 .brief = "no names of hops"},
	{NULL, 'a', "as", NULL, PROBES, take_flag, AT(origins),
	 .help = "the network (AS) of each hop, by DNS",
	 .brief = "networks of the hops"},
	{NULL, 'x', "packets", NULL, COMMAND_READ, take_flag, AT(packets),
	 .help = "read: a line a packet, options decoded, no verdict"},
	{NULL, 't', "times", NULL, COMMAND_READ, take_times, 0,
	 .help = "read -x: time, as -t to -ttttt of tcpdump"},
	{NULL, 0, "filter", "EXPRESSION", COMMAND_READ, take_text, AT(filter),
	 .help = "read: only packets that pass this pcap-filter",
	 .must = "an expression must follow"},
	{NULL, 0, "at", "client|server|path", COMMAND_READ, take_vantage, 0,
	 .help = "read: where the capture was made"},
	{NULL, 'w', "write", "FILE", LIVE | COMMAND_READ, take_text,
	 AT(write_file),
	 .help = "write the capture to FILE (-: standard output)",
	 .brief = "keep the packets", .must = FILE_MUST},
	{NULL, 'j', "json", NULL, LINES, take_flag, AT(json),
	 .help = "report as JSON, one object a line",
	 .brief = "an object a line"},
	{NULL, 'o', "output", "FILE", RESULTS | COMMAND_SURVEY, take_text,
	 AT(output_file),
	 .help = "write the report to FILE, not to standard output",
	 .brief = "the report into FILE", .must = FILE_MUST},
	{NULL, 0, "html", "FILE", PAGES | COMMAND_SURVEY, take_text,
	 AT(html_file),
	 .help = "write a page to look at and to hand on as well",
	 .brief = "a page, to hand on", .must = FILE_MUST},
	{NULL, 0, "svg", "FILE", COMMAND_PROBE | COMMAND_READ, take_text,
	 AT(svg_file), .help = "write the picture of the path as well",
	 .must = FILE_MUST},
	{NULL, 0, "letter", NULL, COMMAND_PROBE | COMMAND_READ, take_flag,
	 AT(letter), .help = "a letter to the operator, not a report"},
	{NULL, 0, "anonymize", NULL, ANONYMOUS, take_flag, AT(anonymize),
	 .help = "pseudonyms for addresses and names, in -w as well"},
	{NULL, 0, "anonymize-key", "FILE", ANONYMOUS, take_text,
	 AT(anonymize_key),
	 .help = "the same ones each time, by the key in FILE",
	 .must = FILE_MUST},
	{NULL, 'v', "verbose", NULL, RESULTS, take_verbose, 0,
	 .help = "the proof ladder and connections; -vv: each rule",
	 .brief = "all; -vv: each rule"},
	{NULL, 'q', "quiet", NULL, LINES, take_quiet, 0,
	 .help = "only the verdict, one line", .brief = "the verdict, a line"},
	{NULL, 0, "color", "auto|always|never", RESULTS, take_colour, 0,
	 .help = "colours (default auto: on a terminal)"},

	{"Other", 'V', "version", NULL, ANY, take_flag, AT(version),
	 .help = "print the version and end"},
	{NULL, 'h', "help", NULL, ANY, take_help, 0,
	 .help = "a screen of help; -hh: all of this"},
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

static const char *long_name(size_t i)
{
	return i < ROWS ? rows[i].name : NULL;
}

/* "--jsn=x" */
static int unknown_option(const char *word)
{
	int length = (int)strcspn(word, "=");
	char typed[64];
	const char *near;

	snprintf(typed, sizeof(typed), "%.*s", length, word);
	near = nearest_name(typed + strspn(typed, "-"), long_name);
	if (near)
		return failure(EXIT_USAGE,
			       "unknown option %s: did you mean --%s? (mpprobe "
			       "-h lists them)",
			       typed, near);
	return failure(EXIT_USAGE,
		       "unknown option %.*s (mpprobe -h lists them)", length,
		       word);
}

/* `word` is the one that getopt_long was at. */
static int reject(int found, const char *word)
{
	const struct row *r = row_of(optopt);
	char text[24];

	if (found == ':')
		return failure(
			EXIT_USAGE,
			"%s: %s must follow (mpprobe -h lists the options)",
			r ? option_name(optopt, text, sizeof(text)) : word,
			r ? r->argument : "an argument");
	if (r && optopt >= LONG_OFFSET)
		return failure(EXIT_USAGE, "--%s takes no argument", r->name);
	if (optopt && optopt < LONG_OFFSET)
		return failure(EXIT_USAGE,
			       "unknown option -%c (mpprobe -h lists them)",
			       optopt);
	return unknown_option(word);
}

static int take(struct options *o, int found, const char *value)
{
	const struct row *r = row_of(found);
	const char *must = r->take(o, r, value);
	char text[24];

	o->given |= UINT64_C(1) << (r - rows);
	if (!must)
		return -1;
	return failure(EXIT_USAGE, "%s %.100s: %s",
		       option_name(found, text, sizeof(text)), value, must);
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
		.every = 3600,
	};
	*argument_count = 0;
	make_tables(short_options, long_options);
	opterr = 0;
	optind = 0; /* glibc: start anew */
	while (result == -1 && !out->version) {
		found = getopt_long(argc, argv, short_options, long_options,
				    NULL);
		if (found == -1)
			break;
		if (out->help) {
			out->help += found == 'h';
			continue; /* of what, the arguments say */
		}
		if (found == '?' || found == ':')
			result = reject(found, argv[optind - 1]);
		else
			result = take(out, found, optarg);
	}
	if (out->output_file && !strcmp(out->output_file, "-"))
		out->output_file = NULL;
	for (int i = optind; result == -1 && i < argc; i++)
		arguments[(*argument_count)++] = argv[i];
	return result;
}

unsigned options_commands(enum command_bit command)
{
	return command |
	       (command == COMMAND_COMPARE ? COMMAND_COMPARE_LIVE : 0) |
	       (command == COMMAND_WATCH ? COMMAND_WATCHED : 0);
}

size_t options_handed_on(struct arena *a, int argc, char **argv,
			 const char **out)
{
	char short_options[2 * ROWS + 2];
	struct option long_options[ROWS + 1];
	size_t count = 0;
	int found;

	make_tables(short_options, long_options);
	optind = 0;
	while ((found = getopt_long(argc, argv, short_options, long_options,
				    NULL)) != -1) {
		const struct row *r = row_of(found);

		if (!r || !(r->commands & COMMAND_WATCHED))
			continue;
		out[count++] = arena_printf(a, "--%s", r->name);
		if (r->argument)
			out[count++] = optarg;
	}
	return count;
}

/* --- checks of the whole ------------------------------------------------- */

bool options_given(const struct options *o, char short_name)
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
	if (options_given(o, 'm'))
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
	if (!strcmp(o->write_file, "-") && !o->output_file)
		return failure(EXIT_USAGE,
			       "-w -: the report goes to standard output too; "
			       "send it elsewhere with -o FILE");
	if (o->output_file && !strcmp(o->write_file, o->output_file))
		return failure(EXIT_USAGE, "-w and -o name the same file, %s",
			       o->write_file);
	return -1;
}

static int check_document(const struct options *o, const char *option,
			  const char *file)
{
	if (file && o->packets)
		return failure(EXIT_USAGE,
			       "%s does not go with -x: it is of a verdict",
			       option);
	if (file && !strcmp(file, "-"))
		return failure(EXIT_USAGE, "%s -: name a file", option);
	return -1;
}

static int check_documents(const struct options *o)
{
	int result = check_document(o, "--html", o->html_file);

	if (result == -1)
		result = check_document(o, "--svg", o->svg_file);
	if (result == -1 && o->letter && (o->json || o->quiet || o->packets))
		return failure(EXIT_USAGE,
			       "--letter prints no report: -j, -q and -x do "
			       "not go with it");
	return result;
}

static int check_times(const struct options *o)
{
	if (!o->times || o->packets)
		return -1;
	return failure(EXIT_USAGE, "-t goes with -x only");
}

static int check_replay(const struct options *o)
{
	if (!o->replay_file)
		return -1;
	if (!o->write_file && !o->where.interface && !o->where.source &&
	    !o->join_source && !o->say)
		return -1;
	return failure(EXIT_USAGE,
		       "--replay uses no network: -i, -s, -w, --say and "
		       "--join-source do not go with it");
}

static int check_keeping(const struct options *o)
{
	if (!o->keep || o->save)
		return -1;
	return failure(EXIT_USAGE, "--keep goes with --save DIR only");
}

/* Only probes and downloads go by several uplinks. */
static int check_uplinks(const struct options *o, enum command_bit command)
{
	bool several = o->join_source && strchr(o->join_source, ',');

	if (several ||
	    (ways_are_several(&o->where) && command != COMMAND_PROBE &&
	     command != COMMAND_WATCH && command != COMMAND_SPEED))
		return failure(
			EXIT_USAGE,
			"several uplinks (-i, -s, --join-source) are for "
			"mpprobe HOST, mpprobe watch and mpprobe speed only");
	if (ways_are_several(&o->where) && o->where.interface &&
	    o->where.source &&
	    (strchr(o->where.interface, ',') ||
	     !strcmp(o->where.interface, "all")))
		return failure(EXIT_USAGE,
			       "several interfaces (-i) choose their addresses "
			       "themselves: -s does not go with them");
	return -1;
}

static int check_command(const struct options *o, enum command_bit command,
			 const char *command_name)
{
	bool compares = command == COMMAND_COMPARE;
	unsigned bits = compares && !o->live ? (unsigned)command
					     : options_commands(command);

	for (size_t i = 0; i < ROWS; i++) {
		char text[24];

		if (!(o->given >> i & 1) || rows[i].commands & bits)
			continue;
		row_name(&rows[i], text, sizeof(text));
		if (compares && rows[i].commands & COMMAND_COMPARE_LIVE)
			return failure(EXIT_USAGE, "%s goes with --live only",
				       text);
		return failure(EXIT_USAGE, "%s is no option of mpprobe %s",
			       text, command_name);
	}
	return -1;
}

int options_accept(const struct options *o, enum command_bit command,
		   const char *command_name)
{
	int result = check_command(o, command, command_name);

	if (result == -1)
		result = check_uplinks(o, command);
	if (result == -1)
		result = check_ttls(o);
	if (result == -1)
		result = check_times(o);
	if (result == -1)
		result = check_documents(o);
	if (result == -1)
		result = check_replay(o);
	if (result == -1)
		result = check_keeping(o);
	return result == -1 ? check_files(o) : result;
}

const char *options_given_beside(const struct options *o,
				 const char *const *names, size_t count,
				 char *text, size_t size)
{
	for (size_t i = 0; i < ROWS; i++) {
		bool named = false;

		for (size_t k = 0; k < count; k++)
			named |= !strcmp(names[k], rows[i].name);
		if (o->given >> i & 1 && !named)
			return row_name(&rows[i], text, size);
	}
	return NULL;
}

/* --- help ---------------------------------------------------------------- */

static void print_row(FILE *out, const struct row *r)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s",
		 r->short_name ? '-' : ' ', r->short_name ? r->short_name : ' ',
		 r->short_name ? ',' : ' ', r->name, r->argument ? " " : "",
		 r->argument ? r->argument : "");
	if (strlen(left) > 24)
		fprintf(out, "  %s\n  %24s  %s\n", left, "", r->help);
	else
		fprintf(out, "  %-24s  %s\n", left, r->help);
}

/* "-p PORT" */
static void print_brief(FILE *out, const struct row *r, bool last)
{
	char left[32];

	snprintf(left, sizeof(left), "%s%s%s%.*s", r->short_name ? "-" : "--",
		 r->short_name ? (const char[]){r->short_name, 0} : r->name,
		 r->argument ? " " : "",
		 r->argument ? (int)strcspn(r->argument, "[:|") : 0,
		 r->argument ? r->argument : "");
	fprintf(out, last ? "  %-16s  %s\n" : "  %-14s  %-22s", left, r->brief);
}

void options_brief(FILE *out)
{
	bool last = false;

	for (size_t i = 0; i < ROWS; i++) {
		if (!rows[i].brief)
			continue;
		print_brief(out, &rows[i], last);
		last = !last;
	}
	if (last)
		fputc('\n', out);
}

void options_help(FILE *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].group)
			fprintf(out, "\n%s:\n", rows[i].group);
		print_row(out, &rows[i]);
	}
}

void options_help_of(FILE *out, enum command_bit command)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].commands & options_commands(command))
			print_row(out, &rows[i]);
}

const char *options_told(const struct options *o, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < ROWS; i++) {
		char name[24];

		if (!(o->given >> i & 1))
			continue;
		row_name(&rows[i], name, sizeof(name));
		text = arena_printf(arena, "%s%s%s%s%s", text, *text ? " " : "",
				    name, rows[i].argument ? " " : "",
				    rows[i].argument ? rows[i].argument : "");
	}
	return text;
}

bool options_row(size_t i, struct option_about *out)
{
	if (i >= ROWS)
		return false;
	*out = (struct option_about){
		.short_name = rows[i].short_name,
		.name = rows[i].name,
		.argument = rows[i].argument,
		.help = rows[i].help,
		.commands = rows[i].commands,
	};
	return true;
}
