// SPDX-License-Identifier: GPL-3.0-or-later
/* The wire and the port guard, on the loopback interface of a network
 * namespace of its own. Skipped where none can be had. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "crafting/segment.h"
#include "probe/net/complain.h"
#include "probe/net/guard.h"
#include "probe/net/privileges.h"
#include "probe/net/wire.h"
#include "report/track/pcapng.h"
#include "tests/namespace.h"

#define LINKTYPE_RAW 101

static const struct address loopback4 = {.family = 4, .bytes = {127, 0, 0, 1}};
static const struct address loopback6 = {.family = 6, .bytes = {[15] = 1}};

/* What came by. */
struct seen {
	unsigned frames, syns, syn_acks, resets;
	uint16_t guarded; /* resets from this port are the kernel's own */
	unsigned in, out; /* that are told apart */
	int link_type;
	unsigned kind;
	unsigned interface;
	uint64_t last_number;
	uint8_t bytes[200];
	size_t length; /* of the first packet */
};

static void see(void *context, const struct wire_frame *f)
{
	struct seen *s = context;
	struct packet p;
	const uint8_t *ip;
	size_t size;

	s->in += f->way == WAY_IN;
	s->out += f->way == WAY_OUT;
	s->link_type = f->link_type;
	s->kind = f->bytes[1]; /* of a cooked header */
	s->interface = f->interface;
	assert_true(f->time_us > 0 && f->captured <= f->length);
	assert_int_equal(f->number, s->last_number + 1);
	s->last_number = f->number;
	assert_true(
		link_find_ip(f->link_type, f->bytes, f->captured, &ip, &size));
	assert_true(packet_parse(ip, size, &p));
	assert_int_equal(p.transport, TRANSPORT_TCP);
	if (!s->frames++) {
		s->length = p.available;
		memcpy(s->bytes, ip, p.available);
	}
	if (p.tcp.flags == TCP_FLAG_SYN)
		s->syns++;
	if (p.tcp.flags == (TCP_FLAG_SYN | TCP_FLAG_ACK))
		s->syn_acks++;
	if (p.tcp.flags & TCP_FLAG_RST && p.tcp.source_port == s->guarded)
		s->resets++;
}

static struct wire *open_wire(const char *file, int *exit_code)
{
	const struct wire_config config = {
		.uplinks = {{.interface = "lo",
			     .ipv4 = true,
			     .ipv6 = true,
			     .source4 = loopback4}},
		.uplink_count = 1,
		.filter = "tcp",
		.write_file = file,
	};
	char error[400] = "";
	struct wire *w = wire_open(&config, error, sizeof(error), exit_code);

	assert_true(!w == (*exit_code != 0));
	assert_true(!w == (error[0] != '\0'));
	return w;
}

static struct wire *must_open(const char *file)
{
	int exit_code;
	struct wire *w = open_wire(file, &exit_code);

	assert_non_null(w);
	return w;
}

/* A SYN; returns the packet's length. */
static long send_between(struct wire *w, const struct address *source,
			 const struct address *target, uint16_t from,
			 uint16_t to, uint8_t *packet, size_t capacity)
{
	const struct tcp_segment syn = {
		.source_port = from,
		.destination_port = to,
		.sequence = 1000,
		.flags = TCP_FLAG_SYN,
		.window = 64240,
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
	const struct ip_envelope envelope = {
		.source = *source,
		.destination = *target,
		.protocol = IPPROTO_TCP,
		.ttl = 9,
		.traffic_class = 0x28,
		.id = 4711,
		.dont_fragment = true,
		.flow_label = 0x12345,
	};
	uint8_t segment[64];
	ssize_t length = tcp_segment_write(&syn, source, target, segment,
					   sizeof(segment));

	assert_true(length > 0);
	return wire_send(w, &envelope, segment, (size_t)length, packet,
			 capacity);
}

static long send_syn(struct wire *w, const struct address *a, uint16_t from,
		     uint16_t to, uint8_t *packet, size_t capacity)
{
	return send_between(w, a, a, from, to, packet, capacity);
}

static int listener(const struct address *a, uint16_t *port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(a->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
	struct sockaddr *sa = a->family == 4 ? (struct sockaddr *)&v4
					     : (struct sockaddr *)&v6;
	socklen_t length = a->family == 4 ? sizeof(v4) : sizeof(v6);

	assert_int_equal(bind(fd, sa, length), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, sa, &length), 0);
	*port = ntohs(a->family == 4 ? v4.sin_port : v6.sin6_port);
	return fd;
}

/* Until nothing more comes. */
static void gather(struct wire *w, struct seen *s)
{
	int count = 1;

	while (count > 0)
		count = wire_poll(w, 300, see, s);
	assert_int_equal(count, 0);
}

/* A SYN draws a SYN/ACK, and the local kernel keeps its peace. */
static void check_silence(const struct address *a, bool guarded)
{
	struct seen s = {0};
	struct guard *g = guard_new("lo");
	struct wire *w = must_open(NULL);
	uint8_t packet[200];
	uint16_t port;
	int server = listener(a, &port);
	long length;

	s.guarded = guarded ? guard_port(g, a, 40000) : 41000;
	assert_true(s.guarded);
	length = send_syn(w, a, s.guarded, port, packet, sizeof(packet));
	assert_true(length > 0);
	gather(w, &s);
	assert_int_equal(s.syns, 1);
	assert_true(s.syn_acks >= 1);
	assert_int_equal(s.resets > 0, !guarded);
	assert_int_equal(s.length, length);
	/* as it was sent, but for what the kernel fills in (style.md) */
	assert_memory_equal(s.bytes + 12, packet + 12, (size_t)length - 12);
	assert_int_equal(wire_dropped(w), 0);
	guard_free(g);
	wire_close(w);
	close(server);
}

static void test_guard(void **state)
{
	(void)state;
	check_silence(&loopback4, true);
	check_silence(&loopback6, true);
}

static void test_no_guard(void **state)
{
	(void)state;
	check_silence(&loopback4, false);
	check_silence(&loopback6, false);
}

struct fragments_seen {
	unsigned first, last, syn_acks;
};

static void see_fragments(void *context, const struct wire_frame *f)
{
	struct fragments_seen *s = context;
	struct packet p;
	const uint8_t *ip;
	size_t size;

	assert_true(
		link_find_ip(f->link_type, f->bytes, f->captured, &ip, &size));
	assert_true(packet_parse(ip, size, &p));
	s->first += p.ip.more_fragments && p.tcp.flags == TCP_FLAG_SYN;
	s->last += p.ip.fragment_offset == 24 && !p.ip.more_fragments;
	s->syn_acks += p.tcp.flags == (TCP_FLAG_SYN | TCP_FLAG_ACK);
}

/* A SYN in two fragments, which the kernel puts together and answers. */
static void check_fragments(const struct address *a)
{
	static const uint8_t nops[12] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	struct fragments_seen s = {0};
	struct guard *g = guard_new("lo");
	struct wire *w = must_open(NULL);
	uint16_t port;
	int server = listener(a, &port);
	const struct tcp_segment syn = {
		.source_port = guard_port(g, a, 40000),
		.destination_port = port,
		.flags = TCP_FLAG_SYN,
		.window = 64240,
		.options = nops,
		.options_length = sizeof(nops),
		.data_offset = SEGMENT_AUTO,
		.checksum = SEGMENT_AUTO,
	};
	const struct ip_envelope envelope = {
		.source = *a,
		.destination = *a,
		.protocol = IPPROTO_TCP,
		.ttl = 64,
	};
	uint8_t segment[64];
	ssize_t length =
		tcp_segment_write(&syn, a, a, segment, sizeof(segment));

	assert_int_equal(length, 32);
	assert_int_equal(wire_send_fragments(w, &envelope, 0x12345, segment,
					     (size_t)length, 24),
			 0);
	for (int i = 0; i < 3; i++)
		assert_true(wire_poll(w, 100, see_fragments, &s) >= 0);
	assert_int_equal(s.first, 1);
	assert_int_equal(s.last, 1);
	assert_true(s.syn_acks >= 1);
	assert_int_equal(wire_send_fragments(w, &envelope, 1, segment,
					     (size_t)length, 20),
			 -1);
	guard_free(g);
	wire_close(w);
	close(server);
}

static void test_fragments(void **state)
{
	(void)state;
	check_fragments(&loopback4);
	check_fragments(&loopback6);
}

/* A guard that is set up without any capability is as silent. */
static void test_guard_without_privilege(void **state)
{
	struct seen s = {0};
	struct wire *w = must_open(NULL);
	uint16_t port;
	int server = listener(&loopback4, &port), status;
	uint8_t packet[200];
	pid_t pid = fork();

	(void)state;
	assert_true(pid != -1);
	if (!pid) {
		struct guard *g = guard_new(NULL);

		_exit(privileges_drop() ||
				      guard_port(g, &loopback4, 40000) !=
					      40000 ||
				      send_syn(w, &loopback4, 40000, port,
					       packet, sizeof(packet)) <= 0 ||
				      poll(NULL, 0, 200)
			      ? 1
			      : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s.guarded = 40000;
	gather(w, &s);
	assert_true(s.syn_acks >= 1);
	assert_int_equal(s.resets, 0);
	wire_close(w);
	close(server);
}

static void test_guard_ports(void **state)
{
	struct guard *g = guard_new(NULL), *h = guard_new(NULL);
	struct address other = {.family = 4, .bytes = {192, 0, 2, 1}};

	(void)state;
	assert_int_equal(guard_port(g, &loopback4, 50000), 50000);
	assert_int_equal(guard_port(h, &loopback4, 50000), 50001);
	assert_int_equal(guard_port(g, &loopback6, 50000), 50000);
	assert_int_equal(guard_udp_port(g, &loopback4, 50000), 50000);
	assert_int_equal(guard_port(g, &loopback4, 60999), 60999);
	assert_int_equal(guard_port(h, &loopback4, 60999), 32768);
	assert_true(guard_port(h, &loopback4, 0));
	assert_int_equal(guard_port(g, &other, 0), 0);
	assert_int_equal(errno, EADDRNOTAVAIL);
	guard_free(g);
	assert_int_equal(guard_port(h, &loopback4, 50000), 50000);
	guard_free(h);
	guard_free(NULL);
}

static void test_interface(void **state)
{
	struct seen s = {0};
	struct wire *w = must_open(NULL);
	int exit_code;

	(void)state;
	assert_true(set_loopback(false));
	assert_int_equal(wire_poll(w, 50, see, &s), -1);
	assert_int_equal(wire_exit_code(w), EXIT_INTERFACE);
	assert_string_equal(wire_error(w), "lo went down");
	assert_int_equal(wire_poll(w, 50, see, &s), -1);
	wire_close(w);
	assert_null(open_wire(NULL, &exit_code));
	assert_int_equal(exit_code, EXIT_INTERFACE);
	assert_true(set_loopback(true));
}

/* Down and up again between two looks: packets were lost all the same. */
static void test_flap(void **state)
{
	struct seen s = {0};
	struct wire *w = must_open(NULL);

	(void)state;
	assert_true(set_loopback(false));
	assert_true(set_loopback(true));
	assert_int_equal(wire_poll(w, 50, see, &s), -1);
	assert_int_equal(wire_exit_code(w), EXIT_INTERFACE);
	wire_close(w);
}

/* The same before a packet for which it has left no route. */
static void test_flap_before_sending(void **state)
{
	static const struct address away = {.family = 4,
					    .bytes = {192, 0, 2, 1}};
	struct wire *w = must_open(NULL);
	uint8_t packet[200];

	(void)state;
	assert_int_equal(send_between(w, &loopback4, &away, 40000, 9, packet,
				      sizeof(packet)),
			 -1);
	assert_int_equal(wire_exit_code(w), 0);
	assert_true(set_loopback(false));
	assert_true(set_loopback(true));
	assert_int_equal(send_between(w, &loopback4, &away, 40000, 9, packet,
				      sizeof(packet)),
			 -1);
	assert_int_equal(wire_exit_code(w), EXIT_INTERFACE);
	wire_close(w);
}

static void test_early_frames(void **state)
{
	struct seen s = {0};
	struct wire *first = must_open(NULL), *second;
	uint8_t packet[200];

	(void)state;
	assert_true(send_syn(first, &loopback4, 40000, 9, packet,
			     sizeof(packet)) > 0);
	second = must_open(NULL);
	assert_int_equal(wire_poll(second, 100, see, &s), 0);
	wire_close(first);
	wire_close(second);
}

/* Packet sockets of this namespace: the lines of the table below its head. */
static int count_sockets(void)
{
	FILE *f = fopen("/proc/self/net/packet", "re");
	char line[200];
	int lines = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		lines++;
	fclose(f);
	return lines;
}

/* The kernel lets go of them soon after, without anybody waiting for it. */
static void test_close(void **state)
{
	struct wire *first, *second;
	int rounds = 1000;

	(void)state;
	while (count_sockets() > 0 && rounds--) /* of the tests before */
		poll(NULL, 0, 10);
	first = must_open(NULL);
	second = must_open(NULL);
	assert_int_equal(count_sockets(), 2);
	wire_close(first);
	wire_close(second);
	for (rounds = 1000; count_sockets() > 0 && rounds; rounds--)
		poll(NULL, 0, 10);
	assert_int_equal(count_sockets(), 0);
}

/* A device whose packets have no link header; -1 where there can be none. */
static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&request.ifr_addr;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	assert_int_equal(ioctl(fd, TUNSETIFF, &request), 0);
	memset(&request.ifr_ifru, 0, sizeof(request.ifr_ifru));
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	assert_int_equal(ioctl(control, SIOCSIFADDR, &request), 0);
	request.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &request), 0);
	close(control);
	return fd;
}

static void test_raw_ip(void **state)
{
	const struct address near = {.family = 4, .bytes = {192, 0, 2, 1}};
	const struct wire_config config = {
		.uplinks = {{.interface = "tun7",
			     .ipv4 = true,
			     .source4 = near,
			     .bind_interface = true}},
		.uplink_count = 1,
		.filter = "tcp and host 192.0.2.9",
	};
	struct address far = near;
	struct seen s = {0};
	uint8_t packet[200], answer[200];
	int tun = open_tun(config.uplinks[0].interface), exit_code;
	char error[400];
	struct wire *w;
	long length, got;

	(void)state;
	if (tun == -1)
		skip();
	far.bytes[3] = 9;
	w = wire_open(&config, error, sizeof(error), &exit_code);
	assert_non_null(w);
	length = send_syn(w, &far, 40000, 80, packet, sizeof(packet));
	assert_true(length > 0);
	gather(w, &s);
	assert_int_equal(s.frames, 1);
	assert_int_equal(s.length, length);
	assert_memory_equal(s.bytes + 12, packet + 12, (size_t)length - 12);
	assert_true(s.out == 1 && s.in == 0);
	assert_int_equal(s.link_type, DLT_LINUX_SLL);
	assert_int_equal(s.kind, PACKET_OUTGOING);
	/* and what comes in; the kernel may send IPv6 of its own there */
	do
		got = read(tun, answer, sizeof(answer));
	while (got > 0 && answer[0] >> 4 == 6);
	assert_int_equal(got, length);
	assert_int_equal(write(tun, answer, (size_t)length), length);
	gather(w, &s);
	assert_int_equal(s.frames, 2);
	assert_true(s.out == 1 && s.in == 1);
	assert_int_equal(s.kind, PACKET_HOST);
	wire_close(w);
	close(tun);
}

static char scratch[] = "/tmp/wire_test.XXXXXX";

static const char *in_scratch(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", scratch, name);
	return path;
}

/* What was written of both, in this order. */
static void check_pcapng(const char *name, const struct seen *s)
{
	static const struct {
		const char *name;
		int link_type;
		enum link_way way;
	} right[] = {
		{"lo", DLT_EN10MB, LINK_WAY_UNKNOWN},
		{"tun7", LINKTYPE_RAW, LINK_WAY_OUT},
		{"tun7", LINKTYPE_RAW, LINK_WAY_IN},
	};
	struct pcapng *p = pcapng_open(fopen(name, "rb"));
	struct pcapng_frame f;
	size_t at = 0, frames = 0;

	while (pcapng_next(p, &f) == PCAPNG_GOOD) {
		frames++;
		at += at < 2 && (strcmp(f.name, right[at].name) != 0 ||
				 f.way != right[at].way);
		assert_string_equal(f.name, right[at].name);
		assert_int_equal(f.link_type, right[at].link_type);
		assert_int_equal(f.way, right[at].way);
		assert_int_equal(f.bytes[f.link_type == DLT_EN10MB ? 14 : 0],
				 0x45);
		assert_true(f.time_us > 0 && f.captured == f.length);
	}
	assert_int_equal(at, 2);
	assert_int_equal(frames, s->frames);
	assert_string_equal(pcapng_error(p), "");
	pcapng_close(p);
}

/* One interface with Ethernet headers and one without: by which a packet leaves
 * its source says, and each frame names it. What others send is not seen. */
static void test_two_uplinks(void **state)
{
	const struct address own = {.family = 4, .bytes = {192, 0, 2, 1}};
	char path[100];
	const struct wire_config config = {
		.uplinks = {{.interface = "lo",
			     .ipv4 = true,
			     .source4 = loopback4},
			    {.interface = "tun7",
			     .ipv4 = true,
			     .source4 = own,
			     .bind_interface = true}},
		.uplink_count = 2,
		.filter = "tcp and (port 4000 or port 4001)",
		.write_file = in_scratch("two.pcapng", path, sizeof(path)),
	};
	const struct wire_config third = {
		.uplinks = {{.interface = "tun8",
			     .ipv4 = true,
			     .source4 = own,
			     .bind_interface = true}},
		.uplink_count = 1,
	};
	const struct address far = {.family = 4, .bytes = {192, 0, 2, 9}};
	const struct address *const sources[] = {&loopback4, &own};
	struct seen s = {0};
	int tun = open_tun("tun7"), other = open_tun("tun8"), exit_code;
	struct wire *w, *elsewhere;
	unsigned seen;
	uint8_t packet[200];
	char error[400];
	long length = 0;

	(void)state;
	if (tun == -1 || other == -1)
		skip();
	w = wire_open(&config, error, sizeof(error), &exit_code);
	assert_non_null(w);
	for (unsigned i = 0; i < 2; i++) {
		const char *interface = config.uplinks[i].interface;
		struct address target = *sources[i];
		unsigned before = s.frames;

		target.bytes[3] = 9;
		length = send_between(w, sources[i], &target, 4000, 80, packet,
				      sizeof(packet));
		assert_true(length > 0);
		gather(w, &s);
		assert_true(s.frames > before);
		assert_int_equal(s.link_type, i ? LINKTYPE_RAW : DLT_EN10MB);
		assert_int_equal(s.interface, i + 1);
		assert_string_equal(wire_interface_name(w, s.interface),
				    interface);
	}
	assert_true(s.out == 1 && s.in == 0);
	assert_int_equal(write(tun, packet, (size_t)length), length);
	gather(w, &s);
	assert_true(s.out == 1 && s.in == 1);
	check_pcapng(path, &s); /* as it is after each poll */
	elsewhere = wire_open(&third, error, sizeof(error), &exit_code);
	assert_non_null(elsewhere);
	seen = s.frames;
	assert_true(send_between(elsewhere, &own, &far, 4001, 80, packet,
				 sizeof(packet)) > 0);
	gather(w, &s);
	assert_int_equal(s.frames, seen);
	wire_close(elsewhere);
	assert_int_equal(wire_finish_file(w), 0);
	check_pcapng(path, &s);
	wire_close(w);
	unlink(path);
	close(tun);
	close(other);
}

/* The file is whole after every poll, and says what was seen. */
static void test_file(void **state)
{
	struct seen s = {0};
	char path[100];
	const char *name = in_scratch("x.pcap", path, sizeof(path));
	struct wire *w = must_open(name);
	uint8_t packet[200];
	struct stat st;

	(void)state;
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_size, 24);
	for (int i = 0; i < 10; i++)
		assert_true(send_syn(w, &loopback4, 40000, 9, packet,
				     sizeof(packet)) > 0);
	gather(w, &s);
	assert_int_equal(s.frames, 20); /* each draws a RST */
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_size, 24 + 20 * (16 + 14 + 40));
	assert_int_equal(wire_finish_file(w), 0);
	wire_close(w);
	unlink(name);
}

static void test_bad_files(void **state)
{
	char path[100], *bad[] = {"/dev/full", "/nonexistent/x.pcap", "/tmp"};
	int exit_code;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(open_wire(bad[i], &exit_code));
		assert_int_equal(exit_code, EXIT_OUTPUT);
	}
	in_scratch("y.pcap", path, sizeof(path));
	assert_true(set_loopback(false));
	assert_null(open_wire(path, &exit_code));
	assert_int_equal(access(path, F_OK), -1);
	assert_true(set_loopback(true));
}

/* Without privilege: 77, no file left behind, an old one untouched. */
static int open_unprivileged(const char *path)
{
	char error[400];
	int exit_code = 0;
	const struct wire_config config = {
		.uplinks = {{.interface = "lo", .ipv4 = true}},
		.uplink_count = 1,
		.write_file = path,
	};

	if (privileges_drop() ||
	    wire_open(&config, error, sizeof(error), &exit_code))
		return 1;
	return exit_code;
}

static void test_no_privilege(void **state)
{
	char path[100];
	int status;
	pid_t pid;

	(void)state;
	in_scratch("z.pcap", path, sizeof(path));
	pid = fork();
	assert_true(pid != -1);
	if (!pid)
		_exit(open_unprivileged(path));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_PRIVILEGE);
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_no_guard),
		cmocka_unit_test(test_guard_without_privilege),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_guard_ports),
		cmocka_unit_test(test_interface),
		cmocka_unit_test(test_flap),
		cmocka_unit_test(test_flap_before_sending),
		cmocka_unit_test(test_early_frames),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_raw_ip),
		cmocka_unit_test(test_two_uplinks),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_no_privilege),
	};
	int failed;

	if (!own_network() || !mkdtemp(scratch)) {
		puts("wire_test: skipped: no network namespace to be had");
		return 0;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(scratch);
	return failed;
}
