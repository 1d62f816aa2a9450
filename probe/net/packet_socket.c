// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report/filter.h"

#define FRAME_MAX 2048 /* whole frames of any usual MTU */
#define SNAPLEN 262144 /* that of the filter: it must not cut */
#define BATCH 64
#define BATCHES 4
#define RECEIVE_BUFFER (2 << 20)

/* Where a single interface has no Ethernet header one of LINKTYPE_LINUX_SLL
 * tells the way of the packet: type, kind of device, length of the address,
 * address, protocol. */
#define COOKED_HEADER 16

#define LINKTYPE_RAW 101 /* in a file; DLT_RAW is another number */

struct slot {
	struct sockaddr_ll from;
	_Alignas(struct cmsghdr)
		uint8_t control[CMSG_SPACE(sizeof(struct timeval)) +
				CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	uint8_t header[COOKED_HEADER]; /* right before the frame */
	uint8_t frame[FRAME_MAX];
	int64_t time_us;
	unsigned ip; /* where the packet begins in the frame */
};

_Static_assert(offsetof(struct slot, frame) ==
		       offsetof(struct slot, header) + COOKED_HEADER,
	       "the header stands right before the frame");

struct packet_socket {
	int fd;
	unsigned indexes[INTERFACES_MAX], count;
	int link_types[INTERFACES_MAX];
	uint64_t dropped;
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct slot slots[BATCH];
};

/* What its frames begin with. 0, or -1 with errno set. */
static int find_link_type(struct packet_socket *s, unsigned interface)
{
	struct ifreq request = {0};
	int *type = &s->link_types[interface];

	if (!if_indextoname(s->indexes[interface], request.ifr_name) ||
	    ioctl(s->fd, SIOCGIFHWADDR, &request) == -1)
		return -1;
	if (request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK ||
	    request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		*type = DLT_EN10MB;
	else
		*type = s->count > 1 ? LINKTYPE_RAW : DLT_LINUX_SLL;
	return 0;
}

static bool is_cooked(const struct packet_socket *s)
{
	return s->link_types[0] == DLT_LINUX_SLL;
}

/* Of an IP packet, wherever it begins: the frames of a cooked socket have no
 * header, those of several interfaces have several kinds. */
static void look_behind_link(const struct bpf_program *program)
{
	for (unsigned i = 0; i < program->bf_len; i++) {
		struct bpf_insn *at = &program->bf_insns[i];
		unsigned class = BPF_CLASS(at->code), mode = BPF_MODE(at->code);

		if ((class == BPF_LD && (mode == BPF_ABS || mode == BPF_IND)) ||
		    (class == BPF_LDX && mode == BPF_MSH))
			at->k += (bpf_u_int32)SKF_NET_OFF;
	}
}

/* 0, or -1 with errno set. */
static int compile(const struct packet_socket *s, const char *filter,
		   struct bpf_program *out)
{
	bool behind = s->count > 1 || is_cooked(s);
	pcap_t *frames = pcap_open_dead(behind ? DLT_RAW : DLT_EN10MB, SNAPLEN);
	int result = frames ? filter_compile(frames, filter, out) : -1;

	if (frames)
		pcap_close(frames);
	if (result) {
		errno = EINVAL;
		return -1;
	}
	if (behind)
		look_behind_link(out);
	return 0;
}

/* The same program, as libpcap and as the kernel write it. */
int packet_socket_filter(const struct packet_socket *s, const char *filter)
{
	struct sock_fprog code = {0};
	struct bpf_program program;
	int result;

	if (!filter)
		return 0;
	if (compile(s, filter, &program) == -1)
		return -1;
	_Static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn),
		       "the layout of a BPF instruction");
	code.len = (unsigned short)program.bf_len;
	code.filter = (struct sock_filter *)(void *)program.bf_insns;
	result = setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &code,
			    sizeof(code));
	pcap_freecode(&program);
	return result;
}

static void set_options(const struct packet_socket *s)
{
	int size = RECEIVE_BUFFER, on = 1;

	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on));
	if (s->count > 1)
		setsockopt(s->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
}

static void set_slots(struct packet_socket *s)
{
	for (int i = 0; i < BATCH; i++) {
		s->vectors[i] = (struct iovec){s->slots[i].frame, FRAME_MAX};
		s->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &s->slots[i].from,
			.msg_iov = &s->vectors[i],
			.msg_iovlen = 1,
			.msg_control = s->slots[i].control,
		};
	}
}

static int open_socket(struct packet_socket *s, int type)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = socket(AF_PACKET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return s->fd;
}

/* No frame comes in before it is bound, which is last; of several interfaces,
 * to all that there are, as each of two sockets would have an order of its own.
 */
static int set_up(struct packet_socket *s, const char *filter)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = s->count > 1 ? 0 : (int)s->indexes[0],
	};

	if (open_socket(s, SOCK_RAW) == -1)
		return -1;
	for (unsigned i = 0; i < s->count; i++)
		if (find_link_type(s, i) == -1)
			return -1;
	if ((is_cooked(s) && open_socket(s, SOCK_DGRAM) == -1) ||
	    packet_socket_filter(s, filter) == -1)
		return -1;
	set_options(s);
	set_slots(s);
	return bind(s->fd, (struct sockaddr *)&to, sizeof(to));
}

struct packet_socket *packet_socket_open(const unsigned *indexes,
					 unsigned count, const char *filter)
{
	struct packet_socket *s = calloc(1, sizeof(*s));
	int saved;

	if (!s)
		return NULL;
	s->fd = -1;
	s->count = count;
	memcpy(s->indexes, indexes, count * sizeof(*indexes));
	if (set_up(s, filter) == 0)
		return s;
	saved = errno;
	packet_socket_close(s);
	errno = saved;
	return NULL;
}

int packet_socket_fd(const struct packet_socket *s)
{
	return s->fd;
}

int packet_socket_link_type(const struct packet_socket *s, unsigned interface)
{
	return s->link_types[interface];
}

static int64_t microseconds(const struct cmsghdr *c)
{
	struct timeval t;

	memcpy(&t, CMSG_DATA(c), sizeof(t));
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static unsigned ip_begins(const struct cmsghdr *c)
{
	struct tpacket_auxdata about;

	memcpy(&about, CMSG_DATA(c), sizeof(about));
	return about.tp_net < FRAME_MAX ? about.tp_net : 0;
}

static void take_header(struct packet_socket *s, int i)
{
	struct msghdr *m = &s->messages[i].msg_hdr;
	struct slot *slot = &s->slots[i];

	slot->time_us = 0;
	slot->ip = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMP)
			slot->time_us = microseconds(c);
		if (c->cmsg_level == SOL_PACKET &&
		    c->cmsg_type == PACKET_AUXDATA)
			slot->ip = ip_begins(c);
	}
}

/* A frame that came while the kernel was still turning its time stamps on has
 * the time of reading, which is later than that of the next. */
static void order_times(struct packet_socket *s, int count)
{
	for (int i = count - 1; i > 0; i--)
		if (s->slots[i - 1].time_us > s->slots[i].time_us)
			s->slots[i - 1].time_us = s->slots[i].time_us;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_cooked(uint8_t *at, const struct sockaddr_ll *from)
{
	put16(at, from->sll_pkttype);
	put16(at + 2, from->sll_hatype);
	put16(at + 4, from->sll_halen);
	memcpy(at + 6, from->sll_addr, sizeof(from->sll_addr));
	put16(at + 14, ntohs(from->sll_protocol));
}

static int read_batch(struct packet_socket *s)
{
	for (int i = 0; i < BATCH; i++) {
		s->messages[i].msg_hdr.msg_namelen = sizeof(s->slots[i].from);
		s->messages[i].msg_hdr.msg_controllen =
			sizeof(s->slots[i].control);
	}
	return recvmmsg(s->fd, s->messages, BATCH, MSG_DONTWAIT | MSG_TRUNC,
			NULL);
}

static bool is_loopback(const struct sockaddr_ll *from)
{
	return from->sll_hatype == ARPHRD_LOOPBACK;
}

/* The place of a frame's interface. False: what is sent on the loopback comes
 * by twice; of several interfaces, frames of others come by as well. */
static bool find_interface(const struct packet_socket *s,
			   const struct sockaddr_ll *from, unsigned *interface)
{
	if (is_loopback(from) && from->sll_pkttype == PACKET_OUTGOING)
		return false;
	*interface = 0;
	while (s->count > 1 && *interface < s->count &&
	       s->indexes[*interface] != (unsigned)from->sll_ifindex)
		++*interface;
	return *interface < s->count;
}

static enum frame_way way_of(const struct sockaddr_ll *from)
{
	if (is_loopback(from))
		return WAY_BOTH;
	return from->sll_pkttype == PACKET_OUTGOING ? WAY_OUT : WAY_IN;
}

/* The frame, from its header on: a cooked one ends right before it, and one
 * that nobody knows is left out. */
static struct socket_frame frame_of(struct packet_socket *s, int i,
				    unsigned interface)
{
	struct slot *slot = &s->slots[i];
	struct socket_frame f = {
		.way = way_of(&slot->from),
		.interface = interface,
		.time_us = slot->time_us,
		.bytes = slot->frame,
		.length = s->messages[i].msg_len, /* MSG_TRUNC */
	};

	f.captured = f.length < FRAME_MAX ? f.length : FRAME_MAX;
	if (is_cooked(s)) {
		put_cooked(slot->header, &slot->from);
		f.bytes = slot->header;
		f.captured += COOKED_HEADER;
		f.length += COOKED_HEADER;
	} else if (s->link_types[interface] == LINKTYPE_RAW &&
		   slot->ip < f.captured) {
		f.bytes += slot->ip;
		f.captured -= slot->ip;
		f.length -= slot->ip;
	}
	return f;
}

int packet_socket_read(struct packet_socket *s, packet_socket_fn *fn,
		       void *context)
{
	int total = 0, count = BATCH;

	for (int batch = 0; batch < BATCHES && count == BATCH; batch++) {
		count = read_batch(s);
		if (count == -1 && (errno == EAGAIN || errno == EINTR))
			break;
		if (count == -1)
			return total ? total : -1;
		for (int i = 0; i < count; i++)
			take_header(s, i);
		order_times(s, count);
		for (int i = 0; i < count; i++) {
			struct socket_frame f;
			unsigned interface;

			if (!find_interface(s, &s->slots[i].from, &interface))
				continue;
			f = frame_of(s, i, interface);
			fn(context, &f);
			total++;
		}
	}
	return total;
}

uint64_t packet_socket_dropped(struct packet_socket *s)
{
	struct tpacket_stats stats = {0};
	socklen_t length = sizeof(stats);

	/* reading the counter clears it */
	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &length) ==
	    0)
		s->dropped += stats.tp_drops;
	return s->dropped;
}

void packet_socket_close(struct packet_socket *s)
{
	if (!s)
		return;
	if (s->fd != -1)
		close(s->fd);
	free(s);
}
