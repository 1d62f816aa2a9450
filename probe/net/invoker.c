// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/invoker.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static bool take_id(const char *name, uint32_t *id)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value >= UINT32_MAX)
		return false;
	*id = (uint32_t)value;
	return true;
}

bool invoker_of_sudo(uid_t *uid, gid_t *gid)
{
	uint32_t user, group;

	if (geteuid() != 0 || !take_id("SUDO_UID", &user) ||
	    !take_id("SUDO_GID", &group))
		return false;
	*uid = user;
	*gid = group;
	return true;
}
