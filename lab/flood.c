/* SPDX-License-Identifier: GPL-3.0-or-later
 * flood - junk to a client, as fast as it is told: for tests, in a lab only. It
 * runs on a router of the path, where it sees which ports the client uses; of
 * their numbers it makes no use, since who floods from elsewhere does not see
 * them. It begins with the first packet of the client and ends when killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tests/frames.h"

#define BATCH 50
#define SEEN_MAX 64

static const char usage[] =
	"usage: flood [-k KIND] [-r PACKETS-A-SECOND] [-n PACKETS] CLIENT "
	"SERVER\n";

static struct {
	struct address client, server;
	struct wire seen[SEEN_MAX]; /* the latest TCP packets of the client */
	size_t seen_count;
	struct sockaddr_ll to; /* the client, on its link */
	int fd;
	uint64_t random;
} flood;

static uint64_t draw(void)
{
	uint64_t z = flood.random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static struct wire *any_seen(void)
{
	size_t count =
		flood.seen_count < SEEN_MAX ? flood.seen_count : SEEN_MAX;

	return &flood.seen[draw() % count];
}

/* ---- kinds --------------------------------------------------------------- */

static struct envelope envelope(void)
{
	return (struct envelope){
		.from = flood.server,
		.to = flood.client,
		.protocol = IPPROTO_TCP,
		.ttl = (uint8_t)(32 + draw() % 200),
		.id = (uint16_t)draw(),
	};
}

static struct wire segment(uint8_t flags, uint16_t from_port)
{
	static const uint8_t capable[] = {30, 12, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8};
	const struct packet p = wire_parse(any_seen());
	struct envelope e = envelope();
	bool options = draw() & 1, payload = draw() & 1;
	struct tcp_segment s = {
		.source_port = from_port ? from_port : p.tcp.destination_port,
		.destination_port = p.tcp.source_port,
		.sequence = (uint32_t)draw(),
		.acknowledgment = (uint32_t)draw(),
		.flags = flags,
		.window = (uint16_t)draw(),
		.options = capable,
		.options_length = options ? sizeof(capable) : 0,
		.payload = (const uint8_t *)"HTTP/1.1 403 No\r\n\r\n",
		.payload_length = payload ? 19 : 0,
	};

	return wire_tcp(&e, &s);
}

static struct wire syn(void)
{
	return segment(TCP_FLAG_SYN, 0);
}

static struct wire syn_from_any(void)
{
	return segment(TCP_FLAG_SYN, (uint16_t)(1024 + draw() % 60000));
}

static struct wire syn_ack(void)
{
	return segment(TCP_FLAG_SYN | TCP_FLAG_ACK, 0);
}

static struct wire ack(void)
{
	return segment(TCP_FLAG_ACK, 0);
}

static struct wire rst(void)
{
	return segment(TCP_FLAG_RST, 0);
}

static struct wire rst_ack(void)
{
	return segment(TCP_FLAG_RST | TCP_FLAG_ACK, 0);
}

static struct wire no_ack(void)
{
	return segment(TCP_FLAG_PSH, 0);
}

static struct wire any_flags(void)
{
	return segment((uint8_t)draw(), 0);
}

/* A quote with the right addresses and ports, of a segment never sent. */
static struct wire icmp(void)
{
	struct envelope e = envelope();
	struct wire w = *any_seen();
	uint8_t *tcp = wire_tcp_header(&w);

	for (int i = 0; i < 4; i++)
		tcp[4 + i] = (uint8_t)draw();
	option_fill(&w, TCPOPT_MPTCP, TCPOPT_KIND_NOP);
	option_fill(&w, TCPOPT_KIND_TIMESTAMPS, TCPOPT_KIND_NOP);
	set_id(&w, (uint16_t)draw());
	return wire_icmp(&e, (enum icmp_error)(draw() % 3), &w,
			 draw() & 1 ? 28 : 576);
}

static struct wire bounced(void)
{
	struct wire w = *any_seen();
	unsigned ttl = wire_parse(&w).ip.ttl;

	set_ttl(&w, ttl > 2 ? ttl - 2 : 1);
	return w;
}

static struct wire any(void);

static const struct kind {
	const char *name;
	struct wire (*make)(void);
} kinds[] = {
	{"syn", syn},	{"syn-ack", syn_ack},	     {"ack", ack},
	{"rst", rst},	{"rst-ack", rst_ack},	     {"no-ack", no_ack},
	{"icmp", icmp}, {"any-flags", any_flags},    {"bounced", bounced},
	{"all", any},	{"syn-ports", syn_from_any},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define SINGLE 9 /* of them, before "all" */

static struct wire any(void)
{
	return kinds[draw() % SINGLE].make();
}

/* ---- the link ------------------------------------------------------------ */

/* What the client sends tells its ports and where it is. */
static void look(int flags)
{
	struct wire w;
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	struct packet p;
	ssize_t n = recvfrom(flood.fd, w.bytes, sizeof(w.bytes), flags,
			     (struct sockaddr *)&from, &size);

	if (n <= 0 || from.sll_pkttype == PACKET_OUTGOING ||
	    !packet_parse(w.bytes, (size_t)n, &p) ||
	    p.transport != TRANSPORT_TCP || p.tcp.available < 20 ||
	    !address_equal(&p.ip.source, &flood.client) ||
	    !address_equal(&p.ip.destination, &flood.server))
		return;
	w.length = p.available;
	flood.to = from;
	flood.seen[flood.seen_count++ % SEEN_MAX] = w;
}

static void send_some(const struct kind *kind, unsigned count)
{
	static struct wire wires[BATCH];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec vectors[BATCH];

	for (unsigned i = 0; i < count; i++) {
		wires[i] = kind->make();
		vectors[i] = (struct iovec){wires[i].bytes, wires[i].length};
		messages[i].msg_hdr.msg_name = &flood.to;
		messages[i].msg_hdr.msg_namelen = sizeof(flood.to);
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sendmmsg(flood.fd, messages, count, 0);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As many as are due; what could not be sent in time is not made up for. */
static void run(const struct kind *kind, double rate, unsigned long left)
{
	const struct timespec pause = {.tv_nsec = 200000};
	double due = seconds();

	while (left) {
		double now = seconds();
		unsigned long count = BATCH < left ? BATCH : left;

		look(MSG_DONTWAIT);
		if (now < due) {
			nanosleep(&pause, NULL);
			continue;
		}
		send_some(kind, (unsigned)count);
		left -= count;
		due += (double)count / rate;
		if (due < now - 0.01)
			due = now;
	}
}

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool open_link(void)
{
	struct sockaddr_ll all = {.sll_family = AF_PACKET};
	int on = 1;

	all.sll_protocol =
		htons(flood.client.family == 4 ? ETH_P_IP : ETH_P_IPV6);
	flood.fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return flood.fd != -1 &&
	       setsockopt(flood.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
			  sizeof(on)) == 0 &&
	       bind(flood.fd, (struct sockaddr *)&all, sizeof(all)) == 0;
}

int main(int argc, char **argv)
{
	const struct kind *kind = kind_named("all");
	double rate = 100000;
	unsigned long count = (unsigned long)-1;
	int c;

	while ((c = getopt(argc, argv, "k:r:n:")) != -1)
		if (c == 'k')
			kind = kind_named(optarg);
		else if (c == 'r')
			rate = strtod(optarg, NULL);
		else if (c == 'n')
			count = strtoul(optarg, NULL, 10);
		else
			kind = NULL;
	if (!kind || argc - optind != 2 || rate <= 0) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	flood.client = address_of(argv[optind]);
	flood.server = address_of(argv[optind + 1]);
	if (getrandom(&flood.random, sizeof(flood.random), 0) < 0 ||
	    !open_link()) {
		fprintf(stderr, "flood: %s\n", strerror(errno));
		return EX_OSERR;
	}
	puts("ready");
	fflush(stdout);
	while (!flood.seen_count)
		look(0);
	run(kind, rate, count);
	return 0;
}
