// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/survey_targets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/cli/options.h"
#include "probe/net/complain.h"
#include "probe/net/infile.h"
#include "probe/net/target.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/header.h"
#include "probe/survey/targets.h"

/* --- targets ------------------------------------------------------------- */

static int add_list(struct targets *t, const char *name)
{
	int fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC)
				   : dup(STDIN_FILENO);

	if (fd == -1)
		return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
	targets_add_list(t, fd);
	return 0;
}

static int add_prefix(struct targets *t, const struct prefix *p, uint16_t port,
		      const char *text)
{
	return targets_add(t, p, port)
		       ? 0
		       : failure(EXIT_USAGE,
				 "%s: too many addresses for one survey", text);
}

static void note_address(struct survey_header *h, const struct address *a,
			 uint16_t port)
{
	char address[ADDRESS_TEXT], text[ADDRESS_TEXT + 8];

	address_text(a, address);
	if (port)
		snprintf(text, sizeof(text), "%s %u", address, port);
	else
		snprintf(text, sizeof(text), "%s", address);
	survey_header_add(h, text);
}

/* A zone is of all, by -i; and what was an address of old, as 10.1 or 010.0.0.1
 * (which is 8.0.0.1), is hardly meant so, nor one in a list. */
static int check_host(const struct options *o, const struct target_name *name,
		      const char *text)
{
	const char *interface = o->where.interface;
	struct address a;
	struct in_addr old;

	if (name->zone[0] && (!interface || strcmp(interface, name->zone) != 0))
		return failure(EXIT_USAGE,
			       "%s: all leave by one interface: name it by -i",
			       text);
	if (!address_parse(name->host, &a) && inet_aton(name->host, &old))
		return failure(EXIT_USAGE,
			       "%s: an address is four numbers, without zeros "
			       "before them",
			       text);
	return 0;
}

/* A name is looked up now, once. */
static int add_host(struct targets *t, struct survey_header *h,
		    const struct options *o, const char *text)
{
	struct address found[2];
	struct target_name name;
	char error[200];
	unsigned count;
	int code = 0;

	if (target_parse(text, &name, error, sizeof(error)) == -1)
		return failure(EXIT_USAGE, "%s", error);
	code = check_host(o, &name, text);
	if (code)
		return code;
	count = (unsigned)target_resolve(name.host, o->where.ipv4,
					 o->where.ipv6, found, error,
					 sizeof(error));
	if (!count)
		return failure(EXIT_NO_HOST, "%s", error);
	for (unsigned i = 0; i < count && !code; i++) {
		const struct prefix one = {
			found[i], (unsigned)address_length(&found[i]) * 8};

		code = add_prefix(t, &one, name.port, text);
		note_address(h, &found[i], name.port);
	}
	return code;
}

static bool is_file(const char *name)
{
	struct stat st;

	return !strcmp(name, "-") || (!stat(name, &st) && !S_ISDIR(st.st_mode));
}

int survey_target_add(struct targets *t, struct survey_header *h,
		      const struct options *o, const char *text)
{
	struct prefix p;
	uint16_t port;
	bool address =
		target_line_read(text, strlen(text), &p, &port) == LINE_TARGET;

	if (!address && !is_file(text) && !strchr(text, '/'))
		return add_host(t, h, o, text);
	survey_header_add(h, text);
	if (address)
		return add_prefix(t, &p, port, text);
	if (is_file(text))
		return add_list(t, text);
	return failure(EXIT_INPUT,
		       "%s: neither a prefix, whose last bits are 0, nor a "
		       "file",
		       text);
}

/* --- blocklist ----------------------------------------------------------- */

static int read_blocklist(struct blocklist *b, FILE *file, const char *name)
{
	int code;

	if (!file)
		return failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
	code = blocklist_load(b, file, name);
	fclose(file);
	return code;
}

/* Without it nobody has asked; one that cannot be read may say who did. */
static int read_optout(struct blocklist *b, const char *directory)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/optout", directory);
	if (lstat(path, &st) == -1 && errno == ENOENT)
		return 0;
	return read_blocklist(b, infile_open(path), path);
}

int survey_blocklist(struct blocklist *b, const char *name,
		     const char *directory)
{
	bool none = name && !strcmp(name, "none");
	int code = 0;

	blocklist_begin(b, !none);
	if (name && !none)
		code = read_blocklist(b, infile_open(name), name);
	if (directory && !code)
		code = read_optout(b, directory);
	blocklist_sort(b);
	return code;
}
