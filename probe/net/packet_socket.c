// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/packet_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe/net/complain.h"

#define FRAME_MAX 2048 /* whole frames of any usual MTU */
#define SNAPLEN 262144 /* that of the filter: it must not cut */
#define BATCH 64
#define BATCHES 4
#define RECEIVE_BUFFER (2 << 20)

/* Where there is no Ethernet header one of LINKTYPE_LINUX_SLL tells the way of
 * the packet: type, kind of device, length of the address, address, protocol.
 * That of LINKTYPE_LINUX_SLL2 has the interface, too.
 */
#define COOKED_HEADER 16
#define TAGGED_HEADER 20

struct slot {
	struct sockaddr_ll from;
	_Alignas(struct cmsghdr)
		uint8_t control[CMSG_SPACE(sizeof(struct timeval))];
	uint8_t header[TAGGED_HEADER]; /* right before the frame */
	uint8_t frame[FRAME_MAX];
};

_Static_assert(offsetof(struct slot, frame) ==
		       offsetof(struct slot, header) + TAGGED_HEADER,
	       "the header stands right before the frame");

struct packet_socket {
	int fd;
	bool cooked;
	unsigned indexes[INTERFACES_MAX], count;
	pcap_t *pcap;
	uint64_t dropped;
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct pcap_pkthdr headers[BATCH];
	struct slot slots[BATCH];
};

/* What the frames begin with. 0, or -1 with errno set. */
static int find_link(struct packet_socket *s, const char *name, int *type)
{
	struct ifreq request = {0};

	*type = SOCK_DGRAM;
	if (s->count > 1)
		return 0;
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (ioctl(s->fd, SIOCGIFHWADDR, &request) == -1)
		return -1;
	if (request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK ||
	    request.ifr_hwaddr.sa_family == ARPHRD_ETHER)
		*type = SOCK_RAW;
	return 0;
}

/* Without memory the parser of libpcap ends the program itself, by exit(2),
 * which would mean that the server has no MPTCP. */
static bool compiling;

static void end_compiling(void)
{
	if (compiling)
		_exit(EXIT_SYSTEM);
}

static int compile_guarded(pcap_t *pcap, const char *filter,
			   struct bpf_program *out)
{
	static bool registered;
	int result;

	registered = registered || atexit(end_compiling) == 0;
	compiling = true;
	result = pcap_compile(pcap, out, filter, 1, PCAP_NETMASK_UNKNOWN);
	compiling = false;
	return result;
}

/* The kernel has the frames of a cooked socket without a header. */
static int compile(const struct packet_socket *s, const char *filter,
		   struct bpf_program *out)
{
	pcap_t *raw = s->cooked ? pcap_open_dead(DLT_RAW, SNAPLEN) : NULL;
	int result = s->cooked && !raw ? -1
				       : compile_guarded(raw ? raw : s->pcap,
							 filter, out);

	if (raw)
		pcap_close(raw);
	return result;
}

/* The same program, as libpcap and as the kernel write it. */
int packet_socket_filter(const struct packet_socket *s, const char *filter)
{
	struct sock_fprog code = {0};
	struct bpf_program program;
	int result;

	if (!filter)
		return 0;
	if (compile(s, filter, &program)) {
		errno = EINVAL;
		return -1;
	}
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

static int link_type(const struct packet_socket *s)
{
	if (s->count > 1)
		return DLT_LINUX_SLL2;
	return s->cooked ? DLT_LINUX_SLL : DLT_EN10MB;
}

/* No frame comes in before it is bound, which is last; of several interfaces,
 * to all that there are, as each of two sockets would have an order of its own.
 */
static int set_up(struct packet_socket *s, const char *name, const char *filter)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = s->count > 1 ? 0 : (int)s->indexes[0],
	};
	int type;

	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1 || find_link(s, name, &type) == -1)
		return -1;
	if (type == SOCK_DGRAM) {
		close(s->fd);
		s->fd = socket(AF_PACKET,
			       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (s->fd == -1)
			return -1;
	}
	s->cooked = type == SOCK_DGRAM;
	s->pcap = pcap_open_dead(link_type(s), SNAPLEN);
	if (!s->pcap || packet_socket_filter(s, filter) == -1)
		return -1;
	set_options(s);
	set_slots(s);
	return bind(s->fd, (struct sockaddr *)&to, sizeof(to));
}

struct packet_socket *packet_socket_open(const char *name,
					 const unsigned *indexes,
					 unsigned count, const char *filter)
{
	struct packet_socket *s = calloc(1, sizeof(*s));
	int saved;

	if (!s)
		return NULL;
	s->fd = -1;
	s->count = count;
	memcpy(s->indexes, indexes, count * sizeof(*indexes));
	if (set_up(s, name, filter) == 0)
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

pcap_t *packet_socket_pcap(const struct packet_socket *s)
{
	return s->pcap;
}

static void take_header(struct packet_socket *s, int i)
{
	struct msghdr *m = &s->messages[i].msg_hdr;
	struct pcap_pkthdr *h = &s->headers[i];

	memset(h, 0, sizeof(*h));
	h->len = s->messages[i].msg_len; /* of the frame: MSG_TRUNC */
	h->caplen = h->len < FRAME_MAX ? h->len : FRAME_MAX;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET &&
		    c->cmsg_type == SCM_TIMESTAMP)
			memcpy(&h->ts, CMSG_DATA(c), sizeof(h->ts));
}

/* A frame that came while the kernel was still turning its time stamps on has
 * the time of reading, which is later than that of the next. */
static void order_times(struct packet_socket *s, int count)
{
	for (int i = count - 1; i > 0; i--)
		if (timercmp(&s->headers[i - 1].ts, &s->headers[i].ts, >))
			s->headers[i - 1].ts = s->headers[i].ts;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static const u_char *put_cooked(uint8_t *at, const struct sockaddr_ll *from)
{
	put16(at, from->sll_pkttype);
	put16(at + 2, from->sll_hatype);
	put16(at + 4, from->sll_halen);
	memcpy(at + 6, from->sll_addr, sizeof(from->sll_addr));
	put16(at + 14, ntohs(from->sll_protocol));
	return at;
}

static const u_char *put_tagged(uint8_t *at, const struct sockaddr_ll *from)
{
	put16(at, ntohs(from->sll_protocol));
	put16(at + 2, 0);
	put16(at + 4, (unsigned)from->sll_ifindex >> 16);
	put16(at + 6, (unsigned)from->sll_ifindex);
	put16(at + 8, from->sll_hatype);
	at[10] = from->sll_pkttype;
	at[11] = from->sll_halen;
	memcpy(at + 12, from->sll_addr, sizeof(from->sll_addr));
	return at;
}

/* The frame, from its header on, which ends right before it. */
static const u_char *cook(struct packet_socket *s, int i)
{
	struct slot *slot = &s->slots[i];
	unsigned size = s->count > 1 ? TAGGED_HEADER : COOKED_HEADER;
	uint8_t *header = slot->header + TAGGED_HEADER - size;

	if (!s->cooked)
		return slot->frame;
	s->headers[i].len += size;
	s->headers[i].caplen += size;
	return s->count > 1 ? put_tagged(header, &slot->from)
			    : put_cooked(header, &slot->from);
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

/* What is sent on the loopback comes by twice; of several interfaces, frames of
 * others come by as well. */
static bool is_wanted(const struct packet_socket *s,
		      const struct sockaddr_ll *from)
{
	if (is_loopback(from) && from->sll_pkttype == PACKET_OUTGOING)
		return false;
	for (unsigned i = 0; i < s->count; i++)
		if (s->indexes[i] == (unsigned)from->sll_ifindex)
			return true;
	return s->count == 1;
}

static enum frame_way way_of(const struct sockaddr_ll *from)
{
	if (is_loopback(from))
		return WAY_BOTH;
	return from->sll_pkttype == PACKET_OUTGOING ? WAY_OUT : WAY_IN;
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
			const struct sockaddr_ll *from = &s->slots[i].from;

			if (!is_wanted(s, from))
				continue;
			fn(context, way_of(from), &s->headers[i], cook(s, i));
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
	if (s->pcap)
		pcap_close(s->pcap);
	free(s);
}
