// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/uplink.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/complain.h"
#include "probe/net/sockaddr.h"

#define SEND_BUFFER (4 << 20)
#define SEND_PATIENCE_MS 2000 /* for a full device queue */

int wire_fail(struct wire_failure *f, int exit_code, const char *format, ...)
{
	va_list args;

	if (f->exit_code)
		return -1;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	f->exit_code = exit_code;
	return -1;
}

/* What a user without privilege needs to know, in one line. */
int wire_fail_privilege(struct wire_failure *f, const char *what)
{
	char path[160];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n < 0 ? 0 : n] = '\0';
	if (!geteuid())
		return wire_fail(f, EXIT_PRIVILEGE,
				 "%s: not permitted, as this root lacks "
				 "CAP_NET_RAW; `mpprobe read` works without",
				 what);
#ifdef PROGRAM_WITH_RIGHTS
	return wire_fail(
		f, EXIT_PRIVILEGE,
		"%s: not permitted; run with sudo, or join the group that "
		"may execute %s ; `mpprobe read` works without",
		what, PROGRAM_WITH_RIGHTS);
#else
	return wire_fail(
		f, EXIT_PRIVILEGE,
		"%s: not permitted; run with sudo, or allow it once: sudo "
		"setcap cap_net_raw+ep %s ; `mpprobe read` works without",
		what, n < 0 ? "mpprobe" : path);
#endif
}

/* --- the interface ------------------------------------------------------ */

enum interface_state { STATE_UP, STATE_DOWN, STATE_GONE, STATE_UNKNOWN };

static enum interface_state interface_state(const struct uplink *u)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, u->interface, sizeof(request.ifr_name));
	if (ioctl(u->control, SIOCGIFFLAGS, &request) == -1)
		return errno == ENODEV || errno == ENXIO ? STATE_GONE
							 : STATE_UNKNOWN;
	return request.ifr_flags & IFF_UP ? STATE_UP : STATE_DOWN;
}

/* What is removed goes down a moment before. */
int uplink_fail_down(struct uplink *u)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < 10 && interface_state(u) == STATE_DOWN; i++)
		nanosleep(&pause, NULL);
	return wire_fail(u->failure, EXIT_INTERFACE,
			 interface_state(u) == STATE_GONE ? "%s is gone"
							  : "%s went down",
			 u->interface);
}

static int bind_to(const struct uplink *u, int fd, const struct address *source)
{
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(source, 0, u->index, &to);

	return bind(fd, (struct sockaddr *)&to, length);
}

static bool has_address(const struct uplink *u, const struct address *source)
{
	int fd = socket(source->family == 4 ? AF_INET : AF_INET6,
			SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool gone;

	if (fd == -1)
		return true;
	gone = bind_to(u, fd, source) == -1 && errno == EADDRNOTAVAIL;
	close(fd);
	return !gone;
}

/* An address of the probes that this host no longer has, or NULL. */
static const struct address *lost_source(const struct uplink *u)
{
	for (unsigned i = 0; i < 2; i++)
		if (u->watched[i].family && !has_address(u, &u->watched[i]))
			return &u->watched[i];
	return NULL;
}

/* Raw sockets go on sending from an address that was removed, and no answer
 * comes: that is not the path's doing. */
static int fail_source(struct uplink *u, const struct address *source)
{
	char text[ADDRESS_TEXT];

	return wire_fail(u->failure, EXIT_INTERRUPTED,
			 "%s is no longer an address of this host",
			 address_text(source, text));
}

/* Not in a VRF, whose addresses other sockets do not have. */
static void watch_sources(struct uplink *u)
{
	for (unsigned i = 0; i < 2; i++)
		if (u->own[i].family && has_address(u, &u->own[i]))
			u->watched[i] = u->own[i];
}

/* libpcap is silent when an interface goes down, so it is asked for. After its
 * addresses, as they go with it. */
int uplink_check(struct uplink *u)
{
	const struct address *lost = lost_source(u);

	switch (interface_state(u)) {
	case STATE_UP:
		return lost ? fail_source(u, lost) : 0;
	case STATE_DOWN:
	case STATE_GONE:
		return uplink_fail_down(u);
	case STATE_UNKNOWN:
		break;
	}
	return wire_fail(u->failure, EXIT_SYSTEM, "%s: %s", u->interface,
			 strerror(errno));
}

static int find_interface(struct uplink *u, const char *name)
{
	enum interface_state state;

	if (strlen(name) >= sizeof(u->interface))
		return wire_fail(u->failure, EXIT_INTERFACE,
				 "no such interface: %s", name);
	memcpy(u->interface, name, strlen(name));
	u->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (u->control == -1)
		return wire_fail(u->failure, EXIT_SYSTEM, "socket: %s",
				 strerror(errno));
	u->index = if_nametoindex(name);
	state = interface_state(u);
	if (!u->index || state == STATE_GONE)
		return wire_fail(u->failure, EXIT_INTERFACE,
				 "no such interface: %s", name);
	if (state == STATE_DOWN)
		return wire_fail(u->failure, EXIT_INTERFACE,
				 "interface %s is down", name);
	return 0;
}

/* --- opening ------------------------------------------------------------ */

static int bind_source(struct uplink *u, int fd, const struct address *source)
{
	if (source->family && bind_to(u, fd, source) == -1)
		return wire_fail(u->failure, EXIT_SYSTEM,
				 "raw socket: bind: %s", strerror(errno));
	return 0;
}

static int set_up_socket(struct uplink *u, int fd, bool bind_interface,
			 const struct address *source)
{
	int size = SEND_BUFFER, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* Connection tracking of this host would put fragments together again;
	 * sockets of IPv6 have no such option. */
	setsockopt(fd, IPPROTO_IP, IP_NODEFRAG, &on, sizeof(on));
	if (bind_interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, u->interface,
		       (socklen_t)strlen(u->interface)) == -1) {
		if (errno == EPERM)
			return wire_fail_privilege(u->failure,
						   "binding to an interface");
		return wire_fail(u->failure, EXIT_INTERFACE, "interface %s: %s",
				 u->interface, strerror(errno));
	}
	return bind_source(u, fd, source);
}

/* By hand: libnet tries 6,500 sizes of the send buffer, which takes 4 ms. */
static int new_raw(int family)
{
	return socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
}

static int fail_raw(struct wire_failure *failure)
{
	if (errno == EPERM || errno == EACCES)
		return wire_fail_privilege(failure, "raw sockets");
	return wire_fail(failure, EXIT_SYSTEM, "raw socket: %s",
			 strerror(errno));
}

static int open_raw(struct uplink *u, int family, bool bind_interface,
		    const struct address *source, int *fd)
{
	*fd = new_raw(family);
	return *fd == -1 ? fail_raw(u->failure)
			 : set_up_socket(u, *fd, bind_interface, source);
}

int uplink_may_send(struct wire_failure *failure)
{
	int fd = new_raw(AF_INET);

	if (fd == -1)
		return errno == EPERM || errno == EACCES ? fail_raw(failure)
							 : 0;
	close(fd);
	return 0;
}

int uplink_open(struct uplink *u, const struct uplink_config *c,
		struct wire_failure *failure)
{
	u->failure = failure;
	if (find_interface(u, c->interface) == -1 ||
	    (c->ipv4 && open_raw(u, AF_INET, c->bind_interface, &c->source4,
				 &u->raw4) == -1) ||
	    (c->ipv6 && open_raw(u, AF_INET6, c->bind_interface, &c->source6,
				 &u->raw6) == -1))
		return -1;
	u->own[0] = c->source4;
	u->own[1] = c->source6;
	watch_sources(u);
	return 0;
}

/* --- out ---------------------------------------------------------------- */

static int raw_socket(const struct uplink *u, unsigned family)
{
	return family == 4 ? u->raw4 : u->raw6;
}

bool uplink_has_family(const struct uplink *u, unsigned family)
{
	return raw_socket(u, family) != -1;
}

static ssize_t transmit(struct uplink *u, const struct address *to,
			const uint8_t *packet, size_t length)
{
	struct sockaddr_storage where;
	socklen_t size = sockaddr_make(to, 0, u->index, &where);

	return sendto(raw_socket(u, to->family), packet, length, 0,
		      (struct sockaddr *)&where, size);
}

static bool worth_waiting(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == EINTR ||
	       error == ENOMEM;
}

int uplink_transmit(struct uplink *u, const struct address *to,
		    const uint8_t *packet, size_t length)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int waited = 0; waited < SEND_PATIENCE_MS; waited++) {
		if (transmit(u, to, packet, length) == (ssize_t)length)
			return 0;
		if (!worth_waiting(errno))
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* Routes vanish with their interface or address: ask for these first. */
void uplink_explain_send(struct uplink *u, const struct address *to)
{
	char text[ADDRESS_TEXT];
	int saved = errno;

	if (saved != EPERM && saved != EMSGSIZE)
		uplink_check(u);
	if (!u->failure->exit_code && saved == EMSGSIZE)
		snprintf(u->failure->text, sizeof(u->failure->text),
			 "the MTU of %s was lowered below the size of a probe",
			 u->interface);
	else if (!u->failure->exit_code)
		snprintf(u->failure->text, sizeof(u->failure->text),
			 "sending to %s: %s", address_text(to, text),
			 strerror(saved));
	errno = saved;
}

/* --- closing ------------------------------------------------------------ */

static void close_socket(int fd)
{
	if (fd != -1)
		close(fd);
}

void uplink_close(struct uplink *u)
{
	close_socket(u->raw4);
	close_socket(u->raw6);
	close_socket(u->control);
}
