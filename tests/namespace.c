/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/namespace.h"

bool write_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd != -1 && write(fd, text, strlen(text)) != -1;

	if (fd != -1)
		close(fd);
	return ok;
}

bool set_loopback(bool up)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	request.ifr_flags = up ? IFF_UP | IFF_RUNNING : 0;
	ok = fd != -1 && !ioctl(fd, SIOCSIFFLAGS, &request);
	if (fd != -1)
		close(fd);
	return ok;
}

bool own_network(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (!uid && !unshare(CLONE_NEWNET))
		return set_loopback(true);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return false;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!write_text("/proc/self/setgroups", "deny") ||
	    !write_text("/proc/self/uid_map", map))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_text("/proc/self/gid_map", map) && set_loopback(true);
}
