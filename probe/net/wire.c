// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/wire.h"

#include <errno.h>
#include <libnet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crafting/fragment.h"
#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/net/packet_socket.h"
#include "probe/net/savefile.h"
#include "probe/net/sockaddr.h"

#define SEND_BUFFER (4 << 20)
#define SEND_PATIENCE_MS 2000 /* for a full device queue */

struct wire {
	char interface[IFNAMSIZ];
	unsigned index; /* of the interface */
	libnet_t *net;	/* builds packets; sends none */
	int raw4, raw6;
	struct address sources[2]; /* watched; family 0: none */
	struct packet_socket *capture;
	int control; /* a datagram socket to ask about the interface */
	struct savefile *file;
	const char *file_name;
	uint64_t frames;
	wire_frame_fn *fn; /* during wire_poll */
	void *context;
	int exit_code;
	char error[320];
};

/* The first error stays: it is the cause of those that follow. */
static int __attribute__((format(printf, 3, 4)))
fail(struct wire *w, int exit_code, const char *format, ...)
{
	va_list args;

	if (w->exit_code)
		return -1;
	va_start(args, format);
	vsnprintf(w->error, sizeof(w->error), format, args);
	va_end(args);
	w->exit_code = exit_code;
	return -1;
}

/* What a user without privilege needs to know, in one line. */
static int fail_privilege(struct wire *w, const char *what)
{
	char path[160];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n < 0 ? 0 : n] = '\0';
	if (!geteuid())
		return fail(w, EXIT_PRIVILEGE,
			    "%s: not permitted, as this root lacks "
			    "CAP_NET_RAW; `mpprobe read` works without",
			    what);
#ifdef PROGRAM_WITH_RIGHTS
	return fail(w, EXIT_PRIVILEGE,
		    "%s: not permitted; run with sudo, or join the group that "
		    "may execute %s ; `mpprobe read` works without",
		    what, PROGRAM_WITH_RIGHTS);
#else
	return fail(w, EXIT_PRIVILEGE,
		    "%s: not permitted; run with sudo, or allow it once: sudo "
		    "setcap cap_net_raw+ep %s ; `mpprobe read` works without",
		    what, n < 0 ? "mpprobe" : path);
#endif
}

/* --- the interface ------------------------------------------------------ */

enum interface_state { STATE_UP, STATE_DOWN, STATE_GONE, STATE_UNKNOWN };

static enum interface_state interface_state(const struct wire *w)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, w->interface, sizeof(request.ifr_name));
	if (ioctl(w->control, SIOCGIFFLAGS, &request) == -1)
		return errno == ENODEV || errno == ENXIO ? STATE_GONE
							 : STATE_UNKNOWN;
	return request.ifr_flags & IFF_UP ? STATE_UP : STATE_DOWN;
}

/* What is removed goes down a moment before. */
static int fail_down(struct wire *w)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < 10 && interface_state(w) == STATE_DOWN; i++)
		nanosleep(&pause, NULL);
	return fail(w, EXIT_INTERFACE,
		    interface_state(w) == STATE_GONE ? "%s is gone"
						     : "%s went down",
		    w->interface);
}

static int bind_to(const struct wire *w, int fd, const struct address *source)
{
	struct sockaddr_storage to;
	socklen_t length = sockaddr_make(source, 0, w->index, &to);

	return bind(fd, (struct sockaddr *)&to, length);
}

static bool has_address(const struct wire *w, const struct address *source)
{
	int fd = socket(source->family == 4 ? AF_INET : AF_INET6,
			SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool gone;

	if (fd == -1)
		return true;
	gone = bind_to(w, fd, source) == -1 && errno == EADDRNOTAVAIL;
	close(fd);
	return !gone;
}

/* Raw sockets go on sending from an address that was removed, and no answer
 * comes: that is not the path's doing. */
static int check_sources(struct wire *w)
{
	char text[ADDRESS_TEXT];

	for (unsigned i = 0; i < 2; i++) {
		const struct address *source = &w->sources[i];

		if (source->family && !has_address(w, source))
			return fail(w, EXIT_INTERRUPTED,
				    "%s is no longer an address of this host",
				    address_text(source, text));
	}
	return 0;
}

/* Not in a VRF, whose addresses other sockets do not have. */
static void watch_source(struct wire *w, unsigned i,
			 const struct address *source)
{
	if (source->family && has_address(w, source))
		w->sources[i] = *source;
}

/* libpcap is silent when an interface goes down, so it is asked for. */
static int check_interface(struct wire *w)
{
	switch (interface_state(w)) {
	case STATE_UP:
		return check_sources(w);
	case STATE_DOWN:
	case STATE_GONE:
		return fail_down(w);
	case STATE_UNKNOWN:
		break;
	}
	return fail(w, EXIT_SYSTEM, "%s: %s", w->interface, strerror(errno));
}

/* The interface may be up again already, but packets have been lost on it. */
static void explain_capture_error(struct wire *w, int error)
{
	if (check_interface(w) == -1 || !error)
		return;
	if (error == ENETDOWN)
		fail_down(w);
	else
		fail(w, EXIT_SYSTEM, "capture on %s: %s", w->interface,
		     strerror(error));
}

static void take_socket_error(struct wire *w)
{
	socklen_t length = sizeof(int);
	int error = 0;

	getsockopt(packet_socket_fd(w->capture), SOL_SOCKET, SO_ERROR, &error,
		   &length);
	explain_capture_error(w, error);
}

static int find_interface(struct wire *w, const char *name)
{
	enum interface_state state;

	if (strlen(name) >= sizeof(w->interface))
		return fail(w, EXIT_INTERFACE, "no such interface: %s", name);
	memcpy(w->interface, name, strlen(name));
	w->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (w->control == -1)
		return fail(w, EXIT_SYSTEM, "socket: %s", strerror(errno));
	w->index = if_nametoindex(name);
	state = interface_state(w);
	if (!w->index || state == STATE_GONE)
		return fail(w, EXIT_INTERFACE, "no such interface: %s", name);
	if (state == STATE_DOWN)
		return fail(w, EXIT_INTERFACE, "interface %s is down", name);
	return 0;
}

/* --- opening ------------------------------------------------------------ */

static int open_file(struct wire *w, const char *name)
{
	if (!name)
		return 0;
	w->file_name = name;
	w->file = savefile_open(name);
	if (!w->file)
		return fail(w, EXIT_OUTPUT, "cannot write %s: %s", name,
			    strerror(errno));
	return 0;
}

static int bind_source(struct wire *w, int fd, const struct address *source)
{
	if (source->family && bind_to(w, fd, source) == -1)
		return fail(w, EXIT_SYSTEM, "raw socket: bind: %s",
			    strerror(errno));
	return 0;
}

static int set_up_socket(struct wire *w, int fd, bool bind_interface,
			 const struct address *source)
{
	int size = SEND_BUFFER, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* Connection tracking of this host would put fragments together again;
	 * sockets of IPv6 have no such option. */
	setsockopt(fd, IPPROTO_IP, IP_NODEFRAG, &on, sizeof(on));
	if (bind_interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, w->interface,
		       (socklen_t)strlen(w->interface)) == -1) {
		if (errno == EPERM)
			return fail_privilege(w, "binding to an interface");
		return fail(w, EXIT_INTERFACE, "interface %s: %s", w->interface,
			    strerror(errno));
	}
	return bind_source(w, fd, source);
}

/* By hand: libnet tries 6,500 sizes of the send buffer, which takes 4 ms. */
static int open_raw(struct wire *w, int family, bool bind_interface,
		    const struct address *source, int *fd)
{
	*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd != -1)
		return set_up_socket(w, *fd, bind_interface, source);
	if (errno == EPERM || errno == EACCES)
		return fail_privilege(w, "raw sockets");
	return fail(w, EXIT_SYSTEM, "raw socket: %s", strerror(errno));
}

static int open_sockets(struct wire *w, const struct wire_config *c)
{
	char error[LIBNET_ERRBUF_SIZE] = "";

	if (c->ipv4 && open_raw(w, AF_INET, c->bind_interface, &c->source4,
				&w->raw4) == -1)
		return -1;
	if (c->ipv6 && open_raw(w, AF_INET6, c->bind_interface, &c->source6,
				&w->raw6) == -1)
		return -1;
	watch_source(w, 0, &c->source4);
	watch_source(w, 1, &c->source6);
	w->net = libnet_init(LIBNET_NONE, NULL, error);
	if (!w->net)
		return fail(w, EXIT_SYSTEM, "%.*s", (int)strcspn(error, "\n"),
			    error);
	return 0;
}

static int open_capture(struct wire *w, const char *filter)
{
	w->capture = packet_socket_open(w->interface, w->index, filter);
	if (w->capture)
		return 0;
	switch (errno) {
	case EPERM:
	case EACCES:
		return fail_privilege(w, "capturing");
	case ENODEV:
	case ENXIO:
		return fail(w, EXIT_INTERFACE, "no such interface: %s",
			    w->interface);
	case ENETDOWN:
		return fail(w, EXIT_INTERFACE, "interface %s is down",
			    w->interface);
	default:
		return fail(w, EXIT_SYSTEM, "capture on %s: %s", w->interface,
			    strerror(errno));
	}
}

int wire_filter(struct wire *w, const char *filter)
{
	return packet_socket_filter(w->capture, filter);
}

static int start_file(struct wire *w)
{
	if (w->file &&
	    savefile_start(w->file, packet_socket_pcap(w->capture)) == -1)
		return fail(w, EXIT_OUTPUT, "cannot write %s: %s", w->file_name,
			    strerror(errno));
	return 0;
}

struct wire *wire_open(const struct wire_config *config, char *error,
		       size_t size, int *exit_code)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (!w) {
		snprintf(error, size, "no memory");
		*exit_code = EXIT_SYSTEM;
		return NULL;
	}
	w->raw4 = w->raw6 = w->control = -1;
	if (find_interface(w, config->interface) == -1 ||
	    open_sockets(w, config) == -1 ||
	    open_file(w, config->write_file) == -1 ||
	    open_capture(w, config->filter) == -1 || start_file(w) == -1) {
		snprintf(error, size, "%s", w->error);
		*exit_code = w->exit_code;
		savefile_abandon(w->file);
		w->file = NULL;
		wire_close(w);
		return NULL;
	}
	*exit_code = 0;
	return w;
}

/* --- out ---------------------------------------------------------------- */

static int raw_socket(const struct wire *w, const struct address *to)
{
	return to->family == 4 ? w->raw4 : w->raw6;
}

static ssize_t transmit(struct wire *w, const struct address *to,
			const uint8_t *packet, size_t length)
{
	struct sockaddr_storage where;
	socklen_t size = sockaddr_make(to, 0, w->index, &where);

	return sendto(raw_socket(w, to), packet, length, 0,
		      (struct sockaddr *)&where, size);
}

static bool worth_waiting(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == EINTR ||
	       error == ENOMEM;
}

static int transmit_patiently(struct wire *w, const struct address *to,
			      const uint8_t *packet, size_t length)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int waited = 0; waited < SEND_PATIENCE_MS; waited++) {
		if (transmit(w, to, packet, length) == (ssize_t)length)
			return 0;
		if (!worth_waiting(errno))
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* Routes vanish with their interface or address: ask for these first. */
static void explain_send_error(struct wire *w, const struct address *to)
{
	char text[ADDRESS_TEXT];
	int saved = errno;

	if (saved != EPERM && saved != EMSGSIZE)
		check_interface(w);
	if (!w->exit_code && saved == EMSGSIZE)
		snprintf(w->error, sizeof(w->error),
			 "the MTU of %s was lowered below the size of a probe",
			 w->interface);
	else if (!w->exit_code)
		snprintf(w->error, sizeof(w->error), "sending to %s: %s",
			 address_text(to, text), strerror(saved));
	errno = saved;
}

static long carry(struct wire *w, const struct ip_envelope *envelope,
		  const uint8_t *payload, size_t length, uint8_t *packet,
		  size_t capacity)
{
	const struct address *to = &envelope->destination;
	ssize_t size;

	if (raw_socket(w, to) == -1) {
		errno = EAFNOSUPPORT;
		explain_send_error(w, to);
		return -1;
	}
	size = packet_carry(w->net, envelope, payload, length, packet,
			    capacity);
	if (size == -1) {
		const char *reason = libnet_geterror(w->net);

		snprintf(w->error, sizeof(w->error), "crafting: %.*s",
			 (int)strcspn(reason, "\n"), reason);
		errno = EINVAL;
		return -1;
	}
	return (long)size;
}

long wire_send(struct wire *w, const struct ip_envelope *envelope,
	       const uint8_t *payload, size_t length, uint8_t *packet,
	       size_t capacity)
{
	const struct address *to = &envelope->destination;
	long size = carry(w, envelope, payload, length, packet, capacity);

	if (size == -1)
		return -1;
	if (transmit_patiently(w, to, packet, (size_t)size) == -1) {
		explain_send_error(w, to);
		return -1;
	}
	return size;
}

#define FRAGMENTED_MAX 1600

int wire_send_fragments(struct wire *w, const struct ip_envelope *envelope,
			uint32_t id, const uint8_t *payload, size_t length,
			size_t size)
{
	const struct address *to = &envelope->destination;
	uint8_t packet[FRAGMENTED_MAX], fragment[FRAGMENTED_MAX];
	long whole =
		carry(w, envelope, payload, length, packet, sizeof(packet));

	if (whole == -1)
		return -1;
	for (size_t offset = 0; offset < length; offset += size) {
		size_t left = length - offset;
		ssize_t cut = fragment_write(packet, (size_t)whole, id, offset,
					     left < size ? left : size,
					     fragment, sizeof(fragment));

		if (cut == -1) {
			snprintf(w->error, sizeof(w->error),
				 "crafting: no fragment of %zu bytes", size);
			errno = EINVAL;
			return -1;
		}
		if (transmit_patiently(w, to, fragment, (size_t)cut) == -1) {
			explain_send_error(w, to);
			return -1;
		}
	}
	return 0;
}

/* --- in ----------------------------------------------------------------- */

static int64_t microseconds(const struct timeval *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_usec;
}

static void take_frame(void *context, enum frame_way way,
		       const struct pcap_pkthdr *header, const u_char *frame)
{
	struct wire *w = context;

	if (w->exit_code)
		return;
	if (w->file && savefile_add(w->file, header, frame) == -1) {
		fail(w, EXIT_OUTPUT, "%s: %s", w->file_name, strerror(errno));
		return;
	}
	w->frames++;
	w->fn(w->context, way, pcap_datalink(packet_socket_pcap(w->capture)),
	      w->frames, microseconds(&header->ts), frame, header->caplen,
	      header->len);
}

static int dispatch(struct wire *w)
{
	uint64_t before = w->frames;
	int result = packet_socket_read(w->capture, take_frame, w);

	if (result == -1)
		explain_capture_error(w, errno);
	if (w->file && savefile_flush(w->file) == -1)
		fail(w, EXIT_OUTPUT, "%s: %s", w->file_name, strerror(errno));
	return (int)(w->frames - before);
}

int wire_poll(struct wire *w, int timeout_ms, wire_frame_fn *fn, void *context)
{
	struct pollfd p = {.fd = packet_socket_fd(w->capture),
			   .events = POLLIN};
	int ready, count = 0;

	if (w->exit_code)
		return -1;
	ready = poll(&p, 1, timeout_ms);
	if (ready == -1)
		return errno == EINTR ? 0
				      : fail(w, EXIT_SYSTEM, "poll: %s",
					     strerror(errno));
	if (ready == 0)
		return check_interface(w);
	if (p.revents & POLLIN) {
		w->fn = fn;
		w->context = context;
		count = dispatch(w);
	}
	if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
		take_socket_error(w);
	return w->exit_code && !count ? -1 : count;
}

const char *wire_error(const struct wire *w)
{
	return w->error;
}

int wire_exit_code(const struct wire *w)
{
	return w->exit_code;
}

uint64_t wire_dropped(const struct wire *w)
{
	return packet_socket_dropped(w->capture);
}

/* --- closing ------------------------------------------------------------ */

int wire_finish_file(struct wire *w)
{
	struct savefile *file = w->file;

	w->file = NULL;
	if (savefile_close(file) == -1)
		return fail(w, EXIT_OUTPUT, "%s: %s", w->file_name,
			    strerror(errno));
	return 0;
}

static void close_socket(int fd)
{
	if (fd != -1)
		close(fd);
}

void wire_close(struct wire *w)
{
	if (!w)
		return;
	savefile_close(w->file);
	packet_socket_close(w->capture);
	if (w->net)
		libnet_destroy(w->net);
	close_socket(w->raw4);
	close_socket(w->raw6);
	close_socket(w->control);
	free(w);
}
