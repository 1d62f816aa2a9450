// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tunnel NAMESPACE NAMESPACE NAME - a link of raw IP between two network
 * namespaces: an interface NAME in each, and what is sent by one comes out of
 * the other. Prints "ready" when both are there.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PACKET_MAX 65536

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || setns(fd, CLONE_NEWNET) == -1)
		err(71, "%s", path);
	close(fd);
}

static int open_end(const char *path, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd;

	enter(path);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd == -1)
		err(71, "/dev/net/tun");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) == -1)
		err(71, "%s in %s", name, path);
	return fd;
}

/* An end that is down takes nothing: that packet is lost. */
static void carry(int from, int to)
{
	static char packet[PACKET_MAX];
	ssize_t length = read(from, packet, sizeof(packet));

	if (length == -1 && errno != EINTR && errno != EIO)
		err(71, "read");
	if (length > 0 && write(to, packet, (size_t)length) == -1 &&
	    errno != EIO && errno != EINVAL && errno != ENOBUFS)
		err(71, "write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc != 4)
		errx(64, "usage: tunnel NAMESPACE NAMESPACE NAME");
	for (int i = 0; i < 2; i++)
		ends[i].fd = open_end(argv[1 + i], argv[3]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (poll(ends, 2, -1) == -1 && errno != EINTR)
			err(71, "poll");
		for (int i = 0; i < 2; i++)
			if (ends[i].revents & POLLIN)
				carry(ends[i].fd, ends[!i].fd);
	}
}
