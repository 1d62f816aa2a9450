// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/own_mptcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_in(const char *proc, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return fopen(path, "re");
}

/* Of net.mptcp; -1: there is none. */
static long setting(const char *proc, const char *name)
{
	char path[64];
	long value = -1;
	FILE *in;

	snprintf(path, sizeof(path), "sys/net/mptcp/%s", name);
	in = open_in(proc, path);
	if (!in)
		return -1;
	if (fscanf(in, "%ld", &value) != 1)
		value = -1;
	fclose(in);
	return value;
}

/* Two lines: the names, and as many values. */
static unsigned long pick(char *names, char *values, const char *name)
{
	char *rest[2];
	const char *n = strtok_r(names, " \n", &rest[0]);
	const char *v = strtok_r(values, " \n", &rest[1]);

	while (n && v && strcmp(n, name) != 0) {
		n = strtok_r(NULL, " \n", &rest[0]);
		v = strtok_r(NULL, " \n", &rest[1]);
	}
	return n && v ? strtoul(v, NULL, 10) : 0;
}

/* How often something happened to the kernel's MPTCP; 0 where it does not
 * count that. */
static unsigned long counter(const char *proc, const char *name)
{
	FILE *in = open_in(proc, "net/netstat");
	char *lines[2] = {0};
	size_t sizes[2] = {0};
	unsigned long value = 0;

	while (in && getline(&lines[0], &sizes[0], in) > 0 &&
	       getline(&lines[1], &sizes[1], in) > 0)
		if (strncmp(lines[0], "MPTcpExt:", 9) == 0)
			value = pick(lines[0], lines[1], name);
	free(lines[0]);
	free(lines[1]);
	if (in)
		fclose(in);
	return value;
}

/* Whether MPTCP is off now the kernel does not say, only that it was; writing
 * the timeout, with whatever value, switches it on at once. */
bool own_mptcp_off(const char *proc, char *text, size_t size)
{
	unsigned long found = counter(proc, "Blackhole");
	unsigned long plain = counter(proc, "MPCapableSYNTXDisabled");
	long timeout = setting(proc, "blackhole_timeout");

	if (setting(proc, "enabled") == 0) {
		snprintf(text, size,
			 "this host's own MPTCP is switched off: sysctl -w "
			 "net.mptcp.enabled=1");
		return true;
	}
	if ((!found && !plain) || timeout <= 0)
		return false;
	snprintf(text, size,
		 "this host's own MPTCP may be off for a while: its SYNs with "
		 "MP_CAPABLE went unanswered (blackholes: %lu; SYNs without "
		 "it since: %lu). At once on again: sysctl -w "
		 "net.mptcp.blackhole_timeout=%ld",
		 found, plain, timeout);
	return true;
}
