// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/air.h"

#include <errno.h>
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
#include "report/arena.h"

#define BATCH 64
#define RING_BYTES (32 << 20)
#define RING_SNAPLEN 256
#define RING_WAIT_MS 5 /* that a block of the ring may fill */
#define RECEIVED_MAX 4096
#define FULL_WAIT_NS 100000 /* when the queue of the interface is full */

/* Packets of one family that go out together. */
struct batch {
	int fd; /* raw socket; -1: none */
	unsigned count;
	struct sockaddr_storage to[BATCH];
	uint8_t bytes[BATCH][SYN_MAX];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
};

struct air {
	struct uplink uplink;
	pcap_t *ring;
	int link_type;
	struct batch batches[2];
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
	a->batches[0].fd = a->uplink.raw4;
	a->batches[1].fd = a->uplink.raw6;
	return 0;
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
	if (pcap_compile(a->ring, &program, text, 1, PCAP_NETMASK_UNKNOWN))
		return -1;
	result = pcap_setfilter(a->ring, &program);
	pcap_freecode(&program);
	return result;
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
	if (!link_supported(a->link_type))
		return wire_fail(failure, EXIT_INTERFACE,
				 "%s: its frames are of no kind that is known",
				 c->interface);
	pcap_setdirection(a->ring, PCAP_D_IN);
	if (filter_ring(a, c) || pcap_setnonblock(a->ring, 1, error))
		return fail_ring(a, failure, PCAP_ERROR);
	return 0;
}

struct air *air_open(const struct air_config *c, struct wire_failure *failure)
{
	struct air *a = must_have(calloc(1, sizeof(*a)));

	if (open_uplink(a, c, failure) == -1 ||
	    open_ring(a, c, failure) == -1) {
		air_close(a);
		return NULL;
	}
	return a;
}

void air_close(struct air *a)
{
	if (!a)
		return;
	if (a->ring)
		pcap_close(a->ring);
	uplink_close(&a->uplink);
	free(a);
}

bool air_is_up(struct air *a)
{
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

uint8_t *air_packet(struct air *a, const struct address *to, size_t length)
{
	struct batch *b = &a->batches[to->family == 6];
	struct msghdr *m;
	unsigned i;

	if (b->count == BATCH)
		send_batch(a, b);
	i = b->count++;
	m = &b->messages[i].msg_hdr;
	b->vectors[i] = (struct iovec){b->bytes[i], length};
	*m = (struct msghdr){.msg_name = &b->to[i],
			     .msg_iov = &b->vectors[i],
			     .msg_iovlen = 1};
	m->msg_namelen = sockaddr_make(to, 0, a->uplink.index, &b->to[i]);
	return b->bytes[i];
}

void air_flush(struct air *a)
{
	send_batch(a, &a->batches[0]);
	send_batch(a, &a->batches[1]);
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
