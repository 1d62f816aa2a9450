/* SPDX-License-Identifier: GPL-3.0-or-later
 * box QUEUE BEHAVIOUR [KEY=VALUE]... - a middlebox in user space.
 *
 * Takes packets toward the server from netfilter queue QUEUE and those
 * toward the client from QUEUE + 1, does to them what BEHAVIOUR says, and
 * prints "ready" when it is active.
 *
 *   way=forward|return|both   the direction that is interfered with
 *   on=syn,synack,rest        the segments meant, by default all
 *   subtype=N                 only MPTCP options of this subtype
 *   after=N                   not in the first N data segments
 *   value=N                   percent, milliseconds, an option kind...
 *   address=A                 of the NAT; once for each family
 *   seed=N                    of the dice
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/boxes/box.h"

#define HELD_MAX 1024
#define RECEIVE_BUFFER (8 << 20)

/* One row, and one function. */
static const struct behaviour behaviours[] = {
	/* name, function, forward, return, sees all, value */
	{"cut", remove_cut, {true, true}, false, 0},
	{"nop", remove_nop, {true, true}, false, 0},
	{"eol", remove_eol, {true, true}, false, 0},
	{"unknown", remove_unknown, {true, true}, false, 0},
	{"remove", remove_kind, {true, false}, false, 0},
	{"version", clear_version, {true, false}, false, 0},
	{"key", alter_key, {false, true}, false, 0},
	{"hmac", alter_hmac, {false, true}, false, 0},
	{"dsn", alter_dsn, {true, false}, false, 0},
	{"ssn", raise_ssn, {true, false}, false, 0},
	{"data-ack", raise_data_ack, {true, false}, false, 8192},
	{"data-ack-less", lower_data_ack, {false, true}, false, 0},
	{"data-ack-frozen", freeze_data_ack, {false, true}, false, 0},
	{"address", alter_address, {true, false}, false, 0},
	{"mirror", mirror, {false, true}, false, 0},
	{"mirror-all", mirror_all, {false, true}, false, 0},
	{"mss-add", add_mss, {true, false}, false, 1300},
	{"drop", drop_option, {true, true}, false, 0},
	{"reset", reset_option, {true, false}, false, 1},
	{"reset-data", reset_data, {true, false}, false, 1},
	{"isn", rewrite_isn, {true, true}, true, 0},
	{"relay", relay, {true, true}, true, 0},
	{"timestamps", rewrite_timestamps, {true, false}, true, 0},
	{"window", rewrite_window, {true, false}, false, 8192},
	{"ecn-flags", clear_ecn_flags, {true, false}, false, 0},
	{"urgent", clear_urgent, {true, false}, false, 0},
	{"id", rewrite_id, {true, false}, false, 0},
	{"payload", change_payload, {true, false}, false, 0},
	{"alg", grow_payload, {true, false}, true, 0},
	{"split", split_data, {true, false}, false, 1000},
	{"coalesce", coalesce_data, {true, false}, false, 5},
	{"ack-early", ack_early, {true, false}, false, 0},
	{"hole", block_hole, {true, false}, false, 0},
	{"changed", drop_changed, {true, false}, false, 0},
	{"loss", lose, {true, true}, false, 1},
	{"reorder", reorder, {true, true}, false, 10},
	{"duplicate", duplicate, {true, true}, false, 10},
	{"delay", delay, {true, false}, false, 200},
	{"nat", nat, {true, true}, false, 0},
	{"quote-short", quote_short, {true, true}, false, 8},
	{"quote-extended", quote_extended, {true, true}, false, 0},
	{"without-checksums", without_checksums, {true, true}, false, 0},
	{"storm", storm, {false, true}, false, 50},
	{"random-options", random_options, {false, true}, false, 0},
	{"random-mptcp", random_mptcp, {false, true}, false, 0},
	{"no-window", no_window, {true, true}, false, 0},
	{"announce-many", announce_many, {true, true}, false, 400},
};

struct held {
	struct nfq_q_handle *queue;
	int64_t due_us;
	struct passing *p;
	uint8_t *bytes;
};

static struct held held[HELD_MAX];
static size_t held_count;
static struct nfq_q_handle *queues[WAYS];

static void die(const char *what)
{
	printf("box: %s: %s\n", what, strerror(errno));
	exit(71);
}

static void bad_usage(const char *what)
{
	printf("box: bad argument: %s\n", what);
	exit(64);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

uint32_t box_random(struct box *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 17;
	b->random ^= b->random << 5;
	return b->random;
}

bool box_chance(struct box *b, long percent)
{
	return box_random(b) % 10000 < (unsigned long)percent * 100;
}

/* ---- held packets ------------------------------------------------------- */

static void judge_packet(struct nfq_q_handle *queue, const struct passing *p,
			 bool drop)
{
	uint8_t out[PASSING_MAX];
	size_t length = drop ? 0 : passing_write(p, out);

	nfq_set_verdict(queue, p->id, drop ? NF_DROP : NF_ACCEPT,
			(uint32_t)length, length ? out : NULL);
}

static void forget_held(size_t index)
{
	free(held[index].p);
	free(held[index].bytes);
	held_count--;
	memmove(&held[index], &held[index + 1],
		(held_count - index) * sizeof(held[0]));
}

struct passing *box_held(uint32_t id)
{
	for (size_t i = 0; i < held_count; i++)
		if (held[i].p->id == id)
			return held[i].p;
	return NULL;
}

void box_release(struct box *b, struct passing *p, bool drop)
{
	(void)b;
	for (size_t i = 0; i < held_count; i++) {
		if (held[i].p != p)
			continue;
		judge_packet(held[i].queue, p, drop);
		forget_held(i);
		return;
	}
}

/* The packet's bytes and views move into memory of their own. */
static bool hold(struct box *b, const struct passing *p, const uint8_t *bytes,
		 size_t length)
{
	struct held *h = &held[held_count];

	if (held_count == HELD_MAX)
		return false;
	h->queue = queues[p->way];
	h->due_us = now_us() + b->hold_us;
	h->p = malloc(sizeof(*h->p));
	h->bytes = malloc(length);
	if (!h->p || !h->bytes)
		die("memory");
	memcpy(h->bytes, bytes, length);
	passing_read(b, h->p, p->way, h->bytes, length);
	h->p->id = p->id;
	held_count++;
	return true;
}

static void release_due(struct box *b)
{
	int64_t now = now_us();

	for (size_t i = 0; i < held_count;)
		if (held[i].due_us <= now)
			box_release(b, held[i].p, false);
		else
			i++;
}

static int poll_wait_ms(void)
{
	int64_t first = -1;

	for (size_t i = 0; i < held_count; i++)
		if (first < 0 || held[i].due_us < first)
			first = held[i].due_us;
	if (first < 0)
		return -1;
	first -= now_us();
	return first <= 0 ? 0 : (int)(first / 1000 + 1);
}

/* ---- the queue ---------------------------------------------------------- */

static int on_packet(struct nfq_q_handle *queue, struct nfgenmsg *message,
		     struct nfq_data *data, void *context)
{
	static struct passing p;
	struct box *b = context;
	struct nfqnl_msg_packet_hdr *header = nfq_get_msg_packet_hdr(data);
	enum way way = queue == queues[FORWARD] ? FORWARD : RETURN;
	unsigned char *bytes;
	int length = nfq_get_payload(data, &bytes);
	enum fate fate = PASS;

	(void)message;
	if (!header)
		return 0;
	if (length <= 0 || length > PASSING_MAX - 64) {
		nfq_set_verdict(queue, ntohl(header->packet_id), NF_ACCEPT, 0,
				NULL);
		return 0;
	}
	passing_read(b, &p, way, bytes, (size_t)length);
	p.id = ntohl(header->packet_id);
	if (b->edits[way] || b->behaviour->sees_all)
		fate = b->behaviour->behave(b, &p);
	if (fate != HOLD || !hold(b, &p, bytes, (size_t)length))
		judge_packet(queue, &p, fate == DROP);
	return 0;
}

static struct nfq_handle *open_queues(struct box *b, uint16_t number)
{
	struct nfq_handle *h = nfq_open();
	const int room = RECEIVE_BUFFER;

	if (!h)
		die("nfq_open");
	for (uint16_t way = 0; way < WAYS; way++) {
		queues[way] = nfq_create_queue(h, number + way, on_packet, b);
		if (!queues[way] ||
		    nfq_set_mode(queues[way], NFQNL_COPY_PACKET, 0xffff) < 0)
			die("netfilter queue");
		nfq_set_queue_maxlen(queues[way], 4096);
	}
	/* Without the right to it the usual size must do. */
	setsockopt(nfq_fd(h), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	return h;
}

static void serve(struct box *b, struct nfq_handle *h)
{
	static char buffer[65536 + 4096];
	struct pollfd fd = {.fd = nfq_fd(h), .events = POLLIN};

	for (;;) {
		ssize_t length;

		poll(&fd, 1, poll_wait_ms());
		release_due(b);
		/* An overrun is an error until it is read, with nothing else
		 * there; the kernel drops all that passes until then. */
		if (!(fd.revents & (POLLIN | POLLERR)))
			continue;
		length = recv(fd.fd, buffer, sizeof(buffer), 0);
		if (length > 0)
			nfq_handle_packet(h, buffer, (int)length);
		else if (errno != ENOBUFS && errno != EINTR)
			die("recv");
	}
}

#define OWN_MARK 1

/* What it sends itself does not come by again, where that leaves the host that
 * it stands on. */
static int open_raw(int family)
{
	int fd = socket(family, SOCK_RAW, IPPROTO_RAW), mark = OWN_MARK;

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		die("raw socket");
	return fd;
}

/* ---- arguments ---------------------------------------------------------- */

static long number_of(const char *text, long limit)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < 0 || value > limit)
		bad_usage(text);
	return value;
}

static void parse_on(struct box *b, char *text)
{
	b->on = 0;
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ","))
		if (strcmp(word, "syn") == 0)
			b->on |= ON_SYN;
		else if (strcmp(word, "synack") == 0)
			b->on |= ON_SYN_ACK;
		else if (strcmp(word, "rest") == 0)
			b->on |= ON_REST;
		else
			bad_usage(word);
}

static void parse_way(struct box *b, const char *text)
{
	bool both = strcmp(text, "both") == 0;

	b->edits[FORWARD] = both || strcmp(text, "forward") == 0;
	b->edits[RETURN] = both || strcmp(text, "return") == 0;
	if (!b->edits[FORWARD] && !b->edits[RETURN])
		bad_usage(text);
}

static void parse_address(struct box *b, const char *text)
{
	struct address a;

	if (!address_parse(text, &a))
		bad_usage(text);
	b->address[a.family == 6] = a;
}

static void parse_key(struct box *b, char *argument)
{
	char *value = strchr(argument, '=');

	if (!value)
		bad_usage(argument);
	*value++ = '\0';
	if (strcmp(argument, "way") == 0)
		parse_way(b, value);
	else if (strcmp(argument, "on") == 0)
		parse_on(b, value);
	else if (strcmp(argument, "subtype") == 0)
		b->subtype = (int)number_of(value, 15);
	else if (strcmp(argument, "after") == 0)
		b->after = (unsigned)number_of(value, 1000000);
	else if (strcmp(argument, "value") == 0)
		b->value = number_of(value, 1000000);
	else if (strcmp(argument, "address") == 0)
		parse_address(b, value);
	else if (strcmp(argument, "seed") == 0)
		b->random = (uint32_t)number_of(value, 1000000) | 1;
	else
		bad_usage(argument);
}

static const struct behaviour *find_behaviour(const char *name)
{
	for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++)
		if (strcmp(behaviours[i].name, name) == 0)
			return &behaviours[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct box b = {.on = ON_SYN | ON_SYN_ACK | ON_REST, .subtype = -1};
	struct nfq_handle *h;

	if (argc < 3)
		bad_usage("box QUEUE BEHAVIOUR [KEY=VALUE]...");
	b.behaviour = find_behaviour(argv[2]);
	if (!b.behaviour)
		bad_usage(argv[2]);
	memcpy(b.edits, b.behaviour->edits, sizeof(b.edits));
	b.value = b.behaviour->value;
	b.random = (uint32_t)now_us() | 1;
	for (int i = 3; i < argc; i++)
		parse_key(&b, argv[i]);
	b.raw4 = open_raw(AF_INET);
	b.raw6 = open_raw(AF_INET6);
	h = open_queues(&b, (uint16_t)number_of(argv[1], 65534));
	puts("ready");
	fflush(stdout);
	serve(&b, h);
}
