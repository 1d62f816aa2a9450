// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/wire.h"

#include <errno.h>
#include <libnet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "crafting/fragment.h"
#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/net/packet_socket.h"
#include "probe/net/savefile.h"

struct wire {
	struct uplink uplinks[UPLINKS_MAX];
	unsigned uplink_count;
	struct packet_socket *capture;
	char names[INTERFACES_MAX][IF_NAMESIZE]; /* that it captures */
	unsigned count;
	libnet_t *net; /* builds packets; sends none */
	struct savefile *file;
	const char *file_name;
	const struct wire_cover *cover;
	uint64_t frames;
	wire_frame_fn *fn; /* during wire_poll */
	void *context;
	struct wire_failure failure;
};

/* --- opening ------------------------------------------------------------ */

static int open_file(struct wire *w, const char *name)
{
	if (!name)
		return 0;
	w->file_name = name;
	w->file = savefile_open(name);
	if (!w->file)
		return wire_fail(&w->failure, EXIT_OUTPUT,
				 "cannot write %s: %s", name, strerror(errno));
	return 0;
}

static int open_uplinks(struct wire *w, const struct wire_config *c)
{
	w->uplink_count = c->uplink_count;
	for (unsigned i = 0; i < w->uplink_count; i++)
		w->uplinks[i].raw4 = w->uplinks[i].raw6 =
			w->uplinks[i].control = -1;
	for (unsigned i = 0; i < w->uplink_count; i++)
		if (uplink_open(&w->uplinks[i], &c->uplinks[i], &w->failure) ==
		    -1)
			return -1;
	return 0;
}

static int open_builder(struct wire *w)
{
	char error[LIBNET_ERRBUF_SIZE] = "";

	w->net = libnet_init(LIBNET_NONE, NULL, error);
	if (!w->net)
		return wire_fail(&w->failure, EXIT_SYSTEM, "%.*s",
				 (int)strcspn(error, "\n"), error);
	return 0;
}

static int explain_capture(struct wire *w, int error)
{
	const char *name = w->uplinks[0].interface;

	switch (error) {
	case EPERM:
	case EACCES:
		return wire_fail_privilege(&w->failure, "capturing");
	case ENODEV:
	case ENXIO:
		return wire_fail(&w->failure, EXIT_INTERFACE,
				 "no such interface: %s", name);
	case ENETDOWN:
		return wire_fail(&w->failure, EXIT_INTERFACE,
				 "interface %s is down", name);
	default:
		return wire_fail(&w->failure, EXIT_SYSTEM, "capture on %s: %s",
				 name, strerror(error));
	}
}

static void add_interface(struct wire *w, unsigned *indexes, unsigned index)
{
	for (unsigned i = 0; i < w->count; i++)
		if (indexes[i] == index)
			return;
	if (w->count < INTERFACES_MAX &&
	    if_indextoname(index, w->names[w->count]))
		indexes[w->count++] = index;
}

static int open_capture(struct wire *w, const struct wire_config *c)
{
	unsigned indexes[INTERFACES_MAX] = {0};

	for (unsigned i = 0; i < w->uplink_count; i++)
		add_interface(w, indexes, w->uplinks[i].index);
	for (unsigned i = 0; i < c->owner_count; i++)
		add_interface(w, indexes, if_nametoindex(c->owners[i]));
	if (!w->count)
		return explain_capture(w, ENODEV);
	w->capture = packet_socket_open(indexes, w->count, c->filter);
	return w->capture ? 0 : explain_capture(w, errno);
}

const char *wire_interface_name(const struct wire *w, unsigned interface)
{
	return w->names[interface ? interface - 1 : 0];
}

int wire_filter(struct wire *w, const char *filter)
{
	return packet_socket_filter(w->capture, filter);
}

static int start_file(struct wire *w)
{
	struct saved_interface interfaces[INTERFACES_MAX];
	char names[INTERFACES_MAX][IF_NAMESIZE];

	for (unsigned i = 0; i < w->count; i++)
		interfaces[i] = (struct saved_interface){
			w->cover ? w->cover->name(w->cover->context,
						  w->names[i], names[i])
				 : w->names[i],
			packet_socket_link_type(w->capture, i)};
	if (w->file && savefile_start(w->file, interfaces, w->count) == -1)
		return wire_fail(&w->failure, EXIT_OUTPUT,
				 "cannot write %s: %s", w->file_name,
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
	w->cover = config->cover;
	if (open_uplinks(w, config) == -1 || open_builder(w) == -1 ||
	    open_file(w, config->write_file) == -1 ||
	    open_capture(w, config) == -1 || start_file(w) == -1) {
		snprintf(error, size, "%s", w->failure.text);
		*exit_code = w->failure.exit_code;
		savefile_abandon(w->file);
		w->file = NULL;
		wire_close(w);
		return NULL;
	}
	*exit_code = 0;
	return w;
}

/* --- what has become of the interfaces ---------------------------------- */

static int check_uplinks(struct wire *w)
{
	for (unsigned i = 0; i < w->uplink_count; i++)
		if (uplink_check(&w->uplinks[i]) == -1)
			return -1;
	return 0;
}

/* The interface may be up again already, but packets have been lost on it. */
static void explain_capture_error(struct wire *w, int error)
{
	if (check_uplinks(w) == -1 || !error)
		return;
	if (error == ENETDOWN)
		uplink_fail_down(&w->uplinks[0]);
	else
		explain_capture(w, error);
}

static void take_socket_error(struct wire *w)
{
	socklen_t length = sizeof(int);
	int error = 0;

	getsockopt(packet_socket_fd(w->capture), SOL_SOCKET, SO_ERROR, &error,
		   &length);
	explain_capture_error(w, error);
}

/* No route leads there as well when an interface has been down meanwhile. */
static int explain_send(struct wire *w, struct uplink *u,
			const struct address *to)
{
	int saved = errno;

	if (saved == ENETUNREACH || saved == EHOSTUNREACH)
		take_socket_error(w);
	errno = saved;
	uplink_explain_send(u, to);
	return -1;
}

/* --- out ---------------------------------------------------------------- */

/* The one whose address it is sent from; or the first. */
static struct uplink *uplink_of(struct wire *w, const struct address *source)
{
	for (unsigned i = 1; i < w->uplink_count; i++)
		for (unsigned k = 0; k < 2; k++)
			if (address_equal(&w->uplinks[i].own[k], source))
				return &w->uplinks[i];
	return &w->uplinks[0];
}

static long carry(struct wire *w, const struct ip_envelope *envelope,
		  const uint8_t *payload, size_t length, uint8_t *packet,
		  size_t capacity)
{
	const struct address *to = &envelope->destination;
	struct uplink *u = uplink_of(w, &envelope->source);
	ssize_t size;

	if (!uplink_has_family(u, to->family)) {
		errno = EAFNOSUPPORT;
		uplink_explain_send(u, to);
		return -1;
	}
	size = packet_carry(w->net, envelope, payload, length, packet,
			    capacity);
	if (size == -1) {
		const char *reason = libnet_geterror(w->net);

		snprintf(w->failure.text, sizeof(w->failure.text),
			 "crafting: %.*s", (int)strcspn(reason, "\n"), reason);
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
	struct uplink *u = uplink_of(w, &envelope->source);
	long size = carry(w, envelope, payload, length, packet, capacity);

	if (size == -1)
		return -1;
	if (uplink_transmit(u, to, packet, (size_t)size) == -1)
		return explain_send(w, u, to);
	return size;
}

#define FRAGMENTED_MAX 1600

int wire_send_fragments(struct wire *w, const struct ip_envelope *envelope,
			uint32_t id, const uint8_t *payload, size_t length,
			size_t size)
{
	const struct address *to = &envelope->destination;
	struct uplink *u = uplink_of(w, &envelope->source);
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
			snprintf(w->failure.text, sizeof(w->failure.text),
				 "crafting: no fragment of %zu bytes", size);
			errno = EINVAL;
			return -1;
		}
		if (uplink_transmit(u, to, fragment, (size_t)cut) == -1)
			return explain_send(w, u, to);
	}
	return 0;
}

/* --- in ----------------------------------------------------------------- */

static int save(struct wire *w, const struct socket_frame *f,
		const uint8_t *bytes)
{
	static const enum link_way ways[] = {[WAY_IN] = LINK_WAY_IN,
					     [WAY_OUT] = LINK_WAY_OUT,
					     [WAY_BOTH] = LINK_WAY_UNKNOWN};

	return savefile_add(w->file, &(struct saved_frame){
					     .interface = f->interface,
					     .way = ways[f->way],
					     .time_us = f->time_us,
					     .bytes = bytes,
					     .captured = f->captured,
					     .length = f->length,
				     });
}

static void take_frame(void *context, const struct socket_frame *f)
{
	struct wire *w = context;
	const struct wire_frame frame = {
		.way = f->way,
		.interface = w->count > 1 ? f->interface + 1 : 0,
		.link_type = packet_socket_link_type(w->capture, f->interface),
		.number = w->frames + 1,
		.time_us = f->time_us,
		.bytes = f->bytes,
		.captured = f->captured,
		.length = f->length,
	};
	const uint8_t *bytes = f->bytes;

	if (w->failure.exit_code)
		return;
	if (w->cover)
		bytes = w->cover->frame(w->cover->context, &frame);
	if (w->file && save(w, f, bytes) == -1) {
		wire_fail(&w->failure, EXIT_OUTPUT, "%s: %s", w->file_name,
			  strerror(errno));
		return;
	}
	w->frames++;
	w->fn(w->context, &frame);
}

static int dispatch(struct wire *w)
{
	uint64_t before = w->frames;
	int result = packet_socket_read(w->capture, take_frame, w);

	if (result == -1)
		explain_capture_error(w, errno);
	if (w->file && savefile_flush(w->file) == -1)
		wire_fail(&w->failure, EXIT_OUTPUT, "%s: %s", w->file_name,
			  strerror(errno));
	return (int)(w->frames - before);
}

int wire_poll(struct wire *w, int timeout_ms, wire_frame_fn *fn, void *context)
{
	struct pollfd p = {.fd = packet_socket_fd(w->capture),
			   .events = POLLIN};
	int ready, count = 0;

	if (w->failure.exit_code)
		return -1;
	ready = poll(&p, 1, timeout_ms);
	if (ready == -1)
		return errno == EINTR ? 0
				      : wire_fail(&w->failure, EXIT_SYSTEM,
						  "poll: %s", strerror(errno));
	if (ready == 0)
		return check_uplinks(w);
	if (p.revents & POLLIN) {
		w->fn = fn;
		w->context = context;
		count = dispatch(w);
	}
	if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
		take_socket_error(w);
	return w->failure.exit_code && !count ? -1 : count;
}

int wire_fd(const struct wire *w)
{
	return packet_socket_fd(w->capture);
}

const char *wire_error(const struct wire *w)
{
	return w->failure.text;
}

int wire_exit_code(const struct wire *w)
{
	return w->failure.exit_code;
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
		return wire_fail(&w->failure, EXIT_OUTPUT, "%s: %s",
				 w->file_name, strerror(errno));
	return 0;
}

void wire_close(struct wire *w)
{
	if (!w)
		return;
	savefile_close(w->file);
	packet_socket_close(w->capture);
	for (unsigned i = 0; i < w->uplink_count; i++)
		uplink_close(&w->uplinks[i]);
	if (w->net)
		libnet_destroy(w->net);
	free(w);
}
