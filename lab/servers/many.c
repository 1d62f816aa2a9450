/* SPDX-License-Identifier: GPL-3.0-or-later
 * many - one program that answers for very many addresses, each as its number
 * says: what a survey may meet, and the truth to hold it to. It runs in the
 * server's namespace, whose kernel knows nothing of these addresses but the
 * first KERNELS, which it has itself.
 *
 *     many [-n ADDRESSES] INTERFACE    prints "ready", answers until it is
 * killed many [-n ADDRESSES] -t [-0]      the truth: a line each, ADDRESS and
 * class; -0: MPTCP v0 is asked for as well
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "crafting/checksum.h"
#include "crafting/cursor.h"
#include "crafting/packet.h"
#include "crafting/segment.h"

#define KERNELS 256 /* real servers, behind a local route */
#define LATE_US 5000000
#define LATE_MAX 65536
#define RING_BYTES (32 << 20)
#define SNAPLEN 192
#define ANSWER_MAX 160
#define BATCH 64

enum answer {
	NONE,
	V1,
	V0,
	ECHO,	  /* a SYN/ACK with our MPTCP option */
	ECHO_ALL, /* with all of our options */
	CHANGED,  /* with our MPTCP option, flags changed */
	PLAIN,
	JOIN, /* with an MP_JOIN, as to a token that is known */
	RST,
	TCPRST, /* with MP_TCPRST: the token is not known */
	BARE_RST,
	WRONG_ACK,
	NET_UNREACHABLE,
	HOST_UNREACHABLE,
	PORT_UNREACHABLE,
	PROHIBITED,
	TIME_EXCEEDED,
	CHANGED_QUOTE, /* of a SYN without its MPTCP option */
};

enum syn { SYN_V1, SYN_JOIN, SYN_PLAIN, SYN_V0, SYNS };

/* How number n of them answers: row n modulo their number. */
static const struct behaviour {
	enum answer to[SYNS];
	const char *class, *class_v0; /* NULL: the same if v0 is asked for */
	bool twice, late;
} behaviours[] = {
	{.class = "v1", .to = {V1, TCPRST, PLAIN, PLAIN}},
	{.class = "v1", .to = {V1, NONE, PLAIN, PLAIN}},
	{.class = "v1", .to = {V1, JOIN, PLAIN, PLAIN}},
	{.class = "plain", .class_v0 = "v0", .to = {PLAIN, RST, PLAIN, V0}},
	{.class = "mirror", .to = {ECHO, ECHO, PLAIN, ECHO}},
	{.class = "mirror", .to = {ECHO_ALL, ECHO_ALL, ECHO_ALL, ECHO_ALL}},
	{.class = "mirror", .to = {CHANGED, CHANGED, PLAIN, CHANGED}},
	{.class = "mirror", .to = {PLAIN, ECHO, PLAIN, PLAIN}},
	{.class = "plain", .to = {PLAIN, PLAIN, PLAIN, PLAIN}},
	{.class = "plain", .to = {PLAIN, NONE, PLAIN, PLAIN}},
	{.class = "listener_behind_strip", .to = {PLAIN, TCPRST, PLAIN, PLAIN}},
	{.class = "listener_behind_strip", .to = {PLAIN, JOIN, PLAIN, PLAIN}},
	{.class = "reset", .to = {RST, RST, RST, RST}},
	{.class = "silent", .to = {NONE, NONE, NONE, NONE}},
	{.class = "v1", .late = true, .to = {V1, TCPRST, PLAIN, PLAIN}},
	{.class = "v1", .twice = true, .to = {V1, TCPRST, PLAIN, PLAIN}},
	{.class = "silent", .to = {WRONG_ACK, WRONG_ACK, WRONG_ACK, WRONG_ACK}},
	{.class = "silent", .to = {BARE_RST, BARE_RST, BARE_RST, BARE_RST}},
	{.class = "capable_dropped", .to = {NONE, PLAIN, PLAIN, NONE}},
	{.class = "capable_reset", .to = {RST, PLAIN, PLAIN, RST}},
	{.class = "icmp",
	 .to = {NET_UNREACHABLE, NET_UNREACHABLE, NET_UNREACHABLE,
		NET_UNREACHABLE}},
	{.class = "icmp",
	 .to = {HOST_UNREACHABLE, NONE, HOST_UNREACHABLE, HOST_UNREACHABLE}},
	{.class = "icmp",
	 .to = {PORT_UNREACHABLE, PORT_UNREACHABLE, PORT_UNREACHABLE,
		PORT_UNREACHABLE}},
	{.class = "icmp",
	 .to = {PROHIBITED, PROHIBITED, PROHIBITED, PROHIBITED}},
	{.class = "icmp",
	 .to = {TIME_EXCEEDED, TIME_EXCEEDED, TIME_EXCEEDED, TIME_EXCEEDED}},
	{.class = "icmp",
	 .to = {CHANGED_QUOTE, CHANGED_QUOTE, CHANGED_QUOTE, CHANGED_QUOTE}},
};

#define BEHAVIOURS (sizeof(behaviours) / sizeof(behaviours[0]))

struct out {
	uint8_t bytes[ANSWER_MAX];
	size_t length;
	struct sockaddr_ll to;
	int64_t due_us;
};

static struct {
	unsigned count; /* addresses */
	int fd;
	struct out now[BATCH], late[LATE_MAX];
	size_t now_count, late_first, late_next;
} many = {.count = 100000};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- addresses ----------------------------------------------------------- */

#define IPV4_FIRST 0x0a800000 /* 10.128.0.0 */

static const uint8_t ipv6_first[12] = {0xfd, 0, 0xff, 0xff};

static uint32_t read32(const uint8_t *at)
{
	struct cursor c = cursor_over(at, 4);

	return cursor_u32(&c);
}

/* False: it is none of them. */
static bool number_of(const struct address *a, uint32_t *out)
{
	if (a->family == 4)
		*out = read32(a->bytes) - IPV4_FIRST;
	else if (memcmp(a->bytes, ipv6_first, sizeof(ipv6_first)) == 0)
		*out = read32(a->bytes + 12);
	else
		return false;
	return *out < many.count;
}

static void print_truth(bool v0)
{
	for (uint32_t n = 0; n < many.count; n++) {
		const struct behaviour *b = &behaviours[n % BEHAVIOURS];
		uint32_t address = IPV4_FIRST + n;

		printf("%u.%u.%u.%u %s\n", address >> 24, address >> 16 & 255,
		       address >> 8 & 255, address & 255,
		       n < KERNELS	   ? "v1"
		       : v0 && b->class_v0 ? b->class_v0
					   : b->class);
	}
}

/* ---- sending ------------------------------------------------------------- */

static void flush(void)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec vectors[BATCH];

	for (size_t i = 0; i < many.now_count; i++) {
		vectors[i] =
			(struct iovec){many.now[i].bytes, many.now[i].length};
		messages[i].msg_hdr =
			(struct msghdr){.msg_name = &many.now[i].to,
					.msg_namelen = sizeof(many.now[i].to),
					.msg_iov = &vectors[i],
					.msg_iovlen = 1};
	}
	for (size_t i = 0; i < many.now_count;) {
		int sent = sendmmsg(many.fd, messages + i,
				    (unsigned)(many.now_count - i), 0);

		if (sent > 0)
			i += (size_t)sent;
		else if (errno != EINTR && errno != ENOBUFS)
			break;
	}
	many.now_count = 0;
}

static void put(const struct out *o, const struct behaviour *b)
{
	for (unsigned i = 0; i <= b->twice; i++) {
		if (!b->late) {
			many.now[many.now_count++] = *o;
			if (many.now_count == BATCH)
				flush();
			continue;
		}
		many.late[many.late_next % LATE_MAX] = *o;
		many.late[many.late_next++ % LATE_MAX].due_us =
			now_us() + LATE_US;
	}
}

/* What has waited long enough. Returns how long to wait for the next, in ms. */
static int put_late(void)
{
	int64_t now = now_us();

	for (; many.late_first < many.late_next; many.late_first++) {
		const struct out *o = &many.late[many.late_first % LATE_MAX];

		if (o->due_us > now)
			return (int)((o->due_us - now) / 1000) + 1;
		many.now[many.now_count++] = *o;
		if (many.now_count == BATCH)
			flush();
	}
	return -1;
}

/* The IP header in front of `length` bytes, which stand where they will. */
static size_t write_header(uint8_t *out, const struct address *from,
			   const struct address *to, uint8_t protocol,
			   size_t length)
{
	struct writer w = writer_over(out, 40);
	size_t size = address_length(from);

	if (from->family == 6) {
		write_u32(&w, 0x60000000);
		write_u16(&w, (uint16_t)length);
		write_u8(&w, protocol);
		write_u8(&w, 64);
	} else {
		write_u16(&w, 0x4500);
		write_u16(&w, (uint16_t)(20 + length));
		write_u32(&w, 0x00004000); /* no id, DF */
		write_u8(&w, 64);
		write_u8(&w, protocol);
		write_u16(&w, 0);
	}
	write_bytes(&w, from->bytes, size);
	write_bytes(&w, to->bytes, size);
	if (from->family == 4) {
		struct writer sum = writer_over(out + 10, 2);

		write_u16(&sum, checksum_finish(checksum_add(0, out, 20)));
	}
	return w.length;
}

static size_t header_length(const struct packet *in)
{
	return in->ip.version == 4 ? 20 : 40;
}

/* ---- TCP ----------------------------------------------------------------- */

/* Our MPTCP option, if there is room for it. */
static void echo(struct writer *w, const struct packet *in, bool changed)
{
	struct option_walk walk =
		option_walk_over(in->tcp.options, in->tcp.options_available,
				 in->tcp.options_length);
	struct tcp_option o;

	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != TCPOPT_MPTCP)
			continue;
		write_bytes(w, o.bytes, o.length);
		if (changed)
			w->start[w->length - 1] ^= 0x41;
	}
}

static void write_options(struct writer *w, enum answer answer,
			  const struct packet *in,
			  const struct tcp_options *asked)
{
	static const uint8_t v1[] = {30, 12, 1, 1, 9, 8, 7, 6, 5, 4, 3, 2};
	static const uint8_t v0[] = {30, 12, 0, 1, 9, 8, 7, 6, 5, 4, 3, 2};
	static const uint8_t join[] = {30, 16, 16, 0, 9, 8, 7, 6,
				       5,  4,  3,  2, 1, 2, 3, 4};

	if (answer == ECHO_ALL) {
		write_bytes(w, in->tcp.options, in->tcp.options_available);
		return;
	}
	write_mss(w, 1400);
	write_sack_permitted(w);
	write_timestamps(w, 12345, asked->tsval);
	write_nop(w, 1);
	write_wscale(w, 7);
	if (answer == V1)
		write_bytes(w, v1, sizeof(v1));
	else if (answer == V0)
		write_bytes(w, v0, sizeof(v0));
	else if (answer == JOIN)
		write_bytes(w, join, sizeof(join));
	else if (answer == ECHO || answer == CHANGED)
		echo(w, in, answer == CHANGED);
}

static void answer_tcp(const struct packet *in, enum answer answer,
		       const struct tcp_options *asked, struct out *o)
{
	static const uint8_t tcprst[] = {30, 4, 0x80, 1};
	bool resets = answer == RST || answer == TCPRST || answer == BARE_RST;
	uint8_t options[40], *tcp = o->bytes + header_length(in);
	struct writer w = writer_over(options, sizeof(options));
	struct tcp_segment s = {
		.source_port = in->tcp.destination_port,
		.destination_port = in->tcp.source_port,
		.sequence = resets ? 0 : in->tcp.sequence ^ 0x5a5a5a5a,
		.acknowledgment = in->tcp.sequence + 1,
		.flags = resets ? TCP_FLAG_RST | TCP_FLAG_ACK
				: TCP_FLAG_SYN | TCP_FLAG_ACK,
		.window = resets ? 0 : 65160,
		.options = options,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
	ssize_t length;

	if (!resets)
		write_options(&w, answer, in, asked);
	else if (answer == TCPRST)
		write_bytes(&w, tcprst, sizeof(tcprst));
	s.options_length = w.length;
	if (answer == WRONG_ACK)
		s.acknowledgment += 1000;
	if (answer == BARE_RST) {
		s.flags = TCP_FLAG_RST;
		s.acknowledgment = 0;
	}
	length = tcp_segment_write(&s, &in->ip.destination, &in->ip.source, tcp,
				   ANSWER_MAX - header_length(in));
	if (length == -1)
		return;
	o->length = write_header(o->bytes, &in->ip.destination, &in->ip.source,
				 IPPROTO_TCP, (size_t)length) +
		    (size_t)length;
}

/* ---- ICMP ---------------------------------------------------------------- */

/* Type and code, of ICMP and of ICMPv6. */
static const uint8_t errors[][2][2] = {
	[NET_UNREACHABLE] = {{3, 0}, {1, 0}},
	[HOST_UNREACHABLE] = {{3, 1}, {1, 3}},
	[PORT_UNREACHABLE] = {{3, 3}, {1, 4}},
	[PROHIBITED] = {{3, 13}, {1, 1}},
	[TIME_EXCEEDED] = {{11, 0}, {3, 0}},
	[CHANGED_QUOTE] = {{3, 10}, {1, 5}},
};

static void remove_mptcp(uint8_t *quote, const struct packet *in)
{
	struct option_walk walk =
		option_walk_over(in->tcp.options, in->tcp.options_available,
				 in->tcp.options_length);
	struct tcp_option o;

	while (option_next(&walk, &o) == OPTION_FOUND)
		if (o.kind == TCPOPT_MPTCP)
			memset(quote + (o.bytes - in->bytes), 1, o.length);
}

/* Ports are quoted by the target itself, the rest by a router before it. */
static void answer_icmp(const struct packet *in, enum answer answer,
			struct out *o)
{
	struct address from = in->ip.destination;
	bool six = in->ip.version == 6;
	uint8_t *icmp = o->bytes + header_length(in);
	size_t room = ANSWER_MAX - header_length(in) - 8;
	size_t quoted = in->available < room ? in->available : room;
	struct writer w = writer_over(icmp, 8), sum = writer_over(icmp + 2, 2);
	uint8_t protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

	if (answer != PORT_UNREACHABLE)
		from.bytes[address_length(&from) - 1] = 254;
	write_bytes(&w, errors[answer][six], 2);
	write_u16(&w, 0);
	write_u32(&w, 0);
	memcpy(icmp + 8, in->bytes, quoted);
	if (answer == CHANGED_QUOTE)
		remove_mptcp(icmp + 8, in);
	write_u16(&sum,
		  six ? checksum_transport(&from, &in->ip.source, protocol,
					   icmp, 8 + quoted)
		      : checksum_finish(checksum_add(0, icmp, 8 + quoted)));
	o->length = write_header(o->bytes, &from, &in->ip.source, protocol,
				 8 + quoted) +
		    8 + quoted;
}

/* ---- receiving ----------------------------------------------------------- */

static enum syn syn_of(const struct tcp_options *o)
{
	const struct mptcp_option *capable = tcp_options_mptcp(o, MP_CAPABLE);

	if (capable)
		return capable->capable.version ? SYN_V1 : SYN_V0;
	return tcp_options_mptcp(o, MP_JOIN) ? SYN_JOIN : SYN_PLAIN;
}

static void take(uint8_t *user, const struct pcap_pkthdr *header,
		 const uint8_t *frame)
{
	const struct behaviour *b;
	struct out o = {.to = *(struct sockaddr_ll *)(void *)user};
	struct tcp_options options;
	struct packet in;
	enum answer answer;
	uint32_t number;

	if (header->caplen < 14 ||
	    !packet_parse(frame + 14, header->caplen - 14, &in) ||
	    in.transport != TRANSPORT_TCP || in.tcp.available < 20 ||
	    (in.tcp.flags & (TCP_FLAG_SYN | TCP_FLAG_ACK)) != TCP_FLAG_SYN ||
	    !number_of(&in.ip.destination, &number) || number < KERNELS)
		return;
	tcp_options_read(in.tcp.options, in.tcp.options_available,
			 in.tcp.options_length, &options);
	b = &behaviours[number % BEHAVIOURS];
	answer = b->to[syn_of(&options)];
	memcpy(o.to.sll_addr, frame + 6, 6);
	o.to.sll_protocol = htons(in.ip.version == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (answer == NONE)
		return;
	if (answer < NET_UNREACHABLE)
		answer_tcp(&in, answer, &options, &o);
	else
		answer_icmp(&in, answer, &o);
	put(&o, b);
}

static pcap_t *open_ring(const char *interface)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(interface, error);

	if (!p || pcap_set_snaplen(p, SNAPLEN) ||
	    pcap_set_buffer_size(p, RING_BYTES) ||
	    pcap_set_immediate_mode(p, 1) || pcap_activate(p) < 0 ||
	    pcap_setdirection(p, PCAP_D_IN) ||
	    pcap_setnonblock(p, 1, error) == -1) {
		fprintf(stderr, "many: %s: %s\n", interface,
			p ? pcap_geterr(p) : error);
		exit(EX_OSERR);
	}
	return p;
}

static int run(const char *interface)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface),
				 .sll_halen = 6};
	pcap_t *ring = open_ring(interface);
	struct pollfd p = {.fd = pcap_get_selectable_fd(ring),
			   .events = POLLIN};
	int wait = -1;

	many.fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (many.fd == -1) {
		fprintf(stderr, "many: %s\n", strerror(errno));
		return EX_OSERR;
	}
	puts("ready");
	fflush(stdout);
	while (poll(&p, 1, wait) != -1 || errno == EINTR) {
		pcap_dispatch(ring, 1024, take, (uint8_t *)&to);
		wait = put_late();
		flush();
	}
	return EX_OSERR;
}

int main(int argc, char **argv)
{
	bool truth = false, v0 = false;
	int c;

	while ((c = getopt(argc, argv, "n:t0")) != -1) {
		if (c == 'n')
			many.count = (unsigned)strtoul(optarg, NULL, 10);
		truth |= c == 't';
		v0 |= c == '0';
		if (c == '?')
			return EX_USAGE;
	}
	if (truth) {
		print_truth(v0);
		return 0;
	}
	if (argc - optind != 1) {
		fputs("usage: many [-n ADDRESSES] INTERFACE | -t [-0]\n",
		      stderr);
		return EX_USAGE;
	}
	return run(argv[optind]);
}
