// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/survey_targets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/cli/options.h"
#include "probe/net/complain.h"
#include "probe/net/target.h"
#include "probe/survey/header.h"
#include "probe/survey/targets.h"

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
