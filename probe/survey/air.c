// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/air.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crafting/link.h"
#include "crafting/syn_template.h"
#include "probe/net/complain.h"
#include "probe/net/sockaddr.h"
#include "probe/net/uplink.h"
#include "probe/survey/next_hops.h"
#include "report/arena.h"
#include "report/filter.h"

#define BATCH 64
#define SEND_BUFFER (4 << 20)
#define RING_BYTES (32 << 20)
#define RING_SNAPLEN 256
#define RING_WAIT_MS 5 /* that a block of the ring may fill */
#define RECEIVED_MAX 4096
#define FULL_WAIT_NS 100000 /* when the queue of the interface is full */

enum { OF_IPV4, OF_IPV6, OF_FRAMES, BATCHES };

/* Packets that go out together: by a raw socket those of one family, by a
 * packet socket whole frames of both. */
struct batch {
	int fd; /* -1: none */
	unsigned count;
	struct sockaddr_storage to[BATCH]; /* of a raw socket */
	uint8_t bytes[BATCH][ETHERNET_HEADER + SYN_MAX];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
};

struct air {
	struct uplink uplink;
	pcap_t *ring;
	int link_type;
	struct next_hops *next_hops; /* NULL: all goes by raw sockets */
	struct batch batches[BATCHES];
	uint64_t not_sent, dropped;
	air_fn *fn; /* during air_receive */
	void *context;
};

/* --- opening ------------------------------------------------------------- */

static int open_uplink(struct air *a, const struct air_config *c,
		       struct wire_failure *failure)
{
	const struct uplink_config config = {
		.interface = c->interface,
		.bind_interface = c->bind_interface,
		.ipv4 = c->sources[0].family,
		.ipv6 = c->sources[1].family,
		.source4 = c->sources[0],
		.source6 = c->sources[1],
	};

	a->uplink.raw4 = a->uplink.raw6 = a->uplink.control = -1;
	if (uplink_open(&a->uplink, &config, failure) == -1)
		return -1;
	a->batches[OF_IPV4].fd = a->uplink.raw4;
	a->batches[OF_IPV6].fd = a->uplink.raw6;
	return 0;
}

/* Bound to no protocol, it receives nothing. The queues of the interface stay
 * in use, so that its rules and who captures there see what is sent. */
static int packet_socket(unsigned interface)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_ifindex = (int)interface};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int size = SEND_BUFFER;

	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void open_frames(struct air *a, const struct air_config *c)
{
	const struct next_hops_config config = {
		.interface = a->uplink.index,
		.bound = c->bind_interface,
		.families = {c->sources[0].family, c->sources[1].family},
	};
	struct batch *b = &a->batches[OF_FRAMES];

	if (c->raw_sockets)
		return;
	b->fd = packet_socket(a->uplink.index);
	if (b->fd != -1)
		a->next_hops = next_hops_open(&config);
	for (unsigned i = 0; i < BATCH; i++)
		b->messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &b->vectors[i], .msg_iovlen = 1};
}

static int fail_ring(struct air *a, struct wire_failure *failure, int error)
{
	if (error == PCAP_ERROR_PERM_DENIED)
		return wire_fail_privilege(failure, "capturing");
	return wire_fail(failure, EXIT_SYSTEM, "capture on %s: %s",
			 a->uplink.interface, pcap_geterr(a->ring));
}

/* SYN/ACKs and RSTs to our ports, and ICMP errors. */
static int filter_ring(struct air *a, const struct air_config *c)
{
	struct bpf_program program;
	char text[200];
	int result;

	snprintf(text, sizeof(text),
		 "(tcp dst portrange %u-%u and (ip6 or tcp[13] & 6 != 0)) or "
		 "icmp or icmp6",
		 c->first_port, c->last_port);
	if (filter_compile(a->ring, text, &program))
		return -1;
	result = pcap_setfilter(a->ring, &program);
	pcap_freecode(&program);
	return result;
}

/* libpcap would leave out what this host sends when it reads the ring; the
 * kernel, since Linux 4.20, does not look at it at all. */
static void ignore_own(struct air *a)
{
	int on = 1;

	pcap_setdirection(a->ring, PCAP_D_IN);
	setsockopt(pcap_fileno(a->ring), SOL_PACKET, PACKET_IGNORE_OUTGOING,
		   &on, sizeof(on));
}

static int open_ring(struct air *a, const struct air_config *c,
		     struct wire_failure *failure)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	int result;

	a->ring = pcap_create(c->interface, error);
	if (!a->ring)
		return wire_fail(failure, EXIT_SYSTEM, "capture: %s", error);
	pcap_set_snaplen(a->ring, RING_SNAPLEN);
	pcap_set_buffer_size(a->ring, RING_BYTES);
	pcap_set_timeout(a->ring, RING_WAIT_MS);
	result = pcap_activate(a->ring);
	if (result < 0)
		return fail_ring(a, failure, result);
	a->link_type = pcap_datalink(a->ring);
	/* Linux has no such frames, but libpcap (1.10.3) that had no memory to
	 * look for a switch's tags says so, and would find nothing. */
	if (a->link_type == DLT_NULL)
		return fail_ring(a, failure, PCAP_ERROR);
	if (!link_supported(a->link_type))
		return wire_fail(failure, EXIT_INTERFACE,
				 "%s: its frames are of no kind that is known",
				 c->interface);
	ignore_own(a);
	if (filter_ring(a, c) || pcap_setnonblock(a->ring, 1, error))
		return fail_ring(a, failure, PCAP_ERROR);
	return 0;
}

struct air *air_open(const struct air_config *c, struct wire_failure *failure)
{
	struct air *a = must_have(calloc(1, sizeof(*a)));

	a->batches[OF_FRAMES].fd = -1;
	if (open_uplink(a, c, failure) == -1 ||
	    open_ring(a, c, failure) == -1) {
		air_close(a);
		return NULL;
	}
	open_frames(a, c);
	return a;
}

void air_close(struct air *a)
{
	if (!a)
		return;
	if (a->ring)
		pcap_close(a->ring);
	if (a->batches[OF_FRAMES].fd != -1)
		close(a->batches[OF_FRAMES].fd);
	next_hops_free(a->next_hops);
	uplink_close(&a->uplink);
	free(a);
}

bool air_is_up(struct air *a)
{
	if (a->next_hops)
		next_hops_refresh(a->next_hops);
	return uplink_check(&a->uplink) == 0;
}

/* --- out ----------------------------------------------------------------- */

static bool is_full(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == EINTR ||
	       error == ENOMEM;
}

/* What is refused for its target's sake is left out. */
static void send_batch(struct air *a, struct batch *b)
{
	const struct timespec pause = {.tv_nsec = FULL_WAIT_NS};

	for (unsigned at = 0; at < b->count;) {
		int sent = sendmmsg(b->fd, b->messages + at, b->count - at, 0);

		if (sent > 0) {
			at += (unsigned)sent;
		} else if (is_full(errno)) {
			nanosleep(&pause, NULL);
		} else {
			a->not_sent++;
			at++;
		}
	}
	b->count = 0;
}

/* A place for a packet of so many bytes. */
static uint8_t *next_place(struct air *a, struct batch *b, size_t length)
{
	if (b->count == BATCH)
		send_batch(a, b);
	b->vectors[b->count].iov_base = b->bytes[b->count];
	b->vectors[b->count].iov_len = length;
	return b->bytes[b->count];
}

static uint8_t *frame_of(struct air *a, const uint8_t header[ETHERNET_HEADER],
			 size_t length)
{
	struct batch *b = &a->batches[OF_FRAMES];
	uint8_t *place = next_place(a, b, ETHERNET_HEADER + length);

	memcpy(place, header, ETHERNET_HEADER);
	b->count++;
	return place + ETHERNET_HEADER;
}

static uint8_t *packet_of(struct air *a, const struct address *to,
			  size_t length)
{
	struct batch *b = &a->batches[to->family == 6 ? OF_IPV6 : OF_IPV4];
	uint8_t *place = next_place(a, b, length);
	unsigned i = b->count++;
	struct msghdr *m = &b->messages[i].msg_hdr;

	*m = (struct msghdr){.msg_name = &b->to[i],
			     .msg_iov = &b->vectors[i],
			     .msg_iovlen = 1};
	m->msg_namelen = sockaddr_make(to, 0, a->uplink.index, &b->to[i]);
	return place;
}

uint8_t *air_packet(struct air *a, const struct address *to, size_t length)
{
	uint8_t header[ETHERNET_HEADER];

	if (a->next_hops && next_hops_header(a->next_hops, to, header))
		return frame_of(a, header, length);
	return packet_of(a, to, length);
}

void air_flush(struct air *a)
{
	for (unsigned i = 0; i < BATCHES; i++)
		send_batch(a, &a->batches[i]);
}

uint64_t air_not_sent(const struct air *a)
{
	return a->not_sent;
}

/* --- in ------------------------------------------------------------------ */

static void take(uint8_t *user, const struct pcap_pkthdr *header,
		 const uint8_t *frame)
{
	struct air *a = (struct air *)(void *)user;
	const uint8_t *ip;
	size_t length;

	if (link_find_ip(a->link_type, frame, header->caplen, &ip, &length))
		a->fn(a->context, ip, length,
		      (int64_t)header->ts.tv_sec * 1000000 +
			      header->ts.tv_usec);
}

int air_receive(struct air *a, air_fn *fn, void *context)
{
	int count;

	a->fn = fn;
	a->context = context;
	count = pcap_dispatch(a->ring, RECEIVED_MAX, take,
			      (uint8_t *)(void *)a);
	return count > 0 ? count : 0;
}

int air_fd(const struct air *a)
{
	return pcap_get_selectable_fd(a->ring);
}

uint64_t air_dropped(struct air *a)
{
	struct pcap_stat stats;

	if (pcap_stats(a->ring, &stats) == 0)
		a->dropped = stats.ps_drop;
	return a->dropped;
}
