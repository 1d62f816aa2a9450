/* SPDX-License-Identifier: GPL-3.0-or-later
 * Captures of both ends, of lab/: what changed between them, and what did not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/evidence/judgement.h"
#include "report/judge/judge.h"
#include "report/track/capture.h"

#define SKEW_US 300000

/* What a packet is made where it is seen at the server (IPv4). */
typedef void change_fn(uint8_t *ip, bool from_client);

/* The server's capture comes by a clock that is so much ahead. */
struct skewed {
	struct observer *o;
	int64_t us;
	unsigned file;
	change_fn *change;
};

#define CLIENT "\x0a\x00\x01\x01"

static void feed(void *context, uint64_t number, int64_t time_us,
		 const uint8_t *ip, size_t available)
{
	const struct skewed *s = context;
	const int raw = 101;
	uint8_t copy[2000];

	memcpy(copy, ip, available);
	if (s->change && s->file == 1)
		s->change(copy, !memcmp(ip + 12, CLIENT, 4));
	s->o->file = s->file;
	observer_frame(s->o, raw, number, time_us + s->us, copy, available,
		       available);
}

/* No router is in between. */
static void take_ttl(uint8_t *ip, bool from_client)
{
	ip[8] = from_client ? 64 : 61;
}

/* The client has another address and other ports. */
static void translate(uint8_t *ip, bool from_client)
{
	memcpy(ip + (from_client ? 12 : 16), "\xc0\x00\x02\x01", 4);
	ip[from_client ? 20 : 22] ^= 0x10;
}

/* So has the server. */
static void translate_both(uint8_t *ip, bool from_client)
{
	translate(ip, from_client);
	memcpy(ip + (from_client ? 16 : 12), "\xc6\x33\x64\x01", 4);
	ip[from_client ? 23 : 21] ^= 0x0f;
}

/* A firewall in between has other sequence numbers for the client. */
static void rewrite(uint8_t *ip, bool from_client)
{
	ip[from_client ? 24 : 28] += 0x55;
}

static void rewrite_and_translate(uint8_t *ip, bool from_client)
{
	translate(ip, from_client);
	rewrite(ip, from_client);
	ip[from_client ? 28 : 24] += 0x77; /* the server's as well */
}

/* Behind a proxy, which has numbers of its own. */
static void end_connection(uint8_t *ip, bool from_client)
{
	translate(ip, from_client);
	ip[from_client ? 24 : 28] ^= 0x55;
	ip[5] ^= 0x55; /* and IDs */
}

/* Only the same sequence numbers. */
static void take_id(uint8_t *ip, bool from_client)
{
	translate(ip, from_client);
	ip[5] ^= 0x55;
}

static struct report *judge_first(struct observer *o)
{
	struct judge_target target;

	assert_true(judge_targets(o, &target, 1) >= 1);
	return judge(o, &target);
}

/* As read has both files. */
static struct report *read_ends(struct observer *o, const char *stem)
{
	static char names[2][100];
	static const char *files[2] = {names[0], names[1]};
	char error[400];
	struct capture *c;

	snprintf(names[0], sizeof(names[0]), "pcaps/ends/%s-client.pcap", stem);
	snprintf(names[1], sizeof(names[1]), "pcaps/ends/%s-server.pcap", stem);
	o->files = files;
	c = capture_open(files, 2, error, sizeof(error));
	assert_non_null(c);
	assert_int_equal(capture_feed(c, o, error, sizeof(error)), CAPTURE_OK);
	capture_close(c);
	return judge_first(o);
}

/* One behind the other: the clocks of the ends are far apart. */
static struct report *read_changed(struct observer *o, const char *stem,
				   bool server_first, change_fn *change)
{
	static const char *const files[] = {"client.pcap", "server.pcap"};
	char name[100], error[400];

	o->files = files;
	for (int i = 0; i < 2; i++) {
		struct skewed s = {.o = o, .us = i * SKEW_US, .change = change};
		const char *file;
		struct capture *c;

		s.file = server_first ? 1 - i : i;
		snprintf(name, sizeof(name), "pcaps/ends/%s-%s", stem,
			 files[s.file]);
		file = name;
		c = capture_open(&file, 1, error, sizeof(error));
		assert_non_null(c);
		assert_int_equal(capture_feed_each(c, NULL, feed, &s, error,
						   sizeof(error)),
				 CAPTURE_OK);
		capture_close(c);
	}
	return judge_first(o);
}

static struct report *read_apart(struct observer *o, const char *stem,
				 bool server_first)
{
	return read_changed(o, stem, server_first, NULL);
}

static const struct {
	const char *stem, *id; /* id NULL: nothing changed */
	enum status status;
	enum direction direction;
	enum segment_kind segment;
	const char *missed; /* what is said of such; NULL: nothing */
} ends[] = {
	{"clean", NULL, STATUS_CLEAR, 0, 0, NULL},
	{"join", NULL, STATUS_CLEAR, 0, 0, NULL},
	{"drop-data", NULL, STATUS_UNDETERMINED, 0, 0,
	 " 10 more were seen only where they passed first"},
	/* one of them ends early: what it lacks may have arrived */
	{"cut", NULL, STATUS_CLEAR, 0, 0, NULL},
	/* two segments that a network card puts together */
	{"merged", NULL, STATUS_UNDETERMINED, 0, 0, NULL},
	{"strip", "mp_capable.removed", STATUS_BLOCKED, DIRECTION_FORWARD,
	 SEGMENT_SYN, NULL},
	{"key", "mp_capable.modified", STATUS_BLOCKED, DIRECTION_RETURN,
	 SEGMENT_SYN_ACK, NULL},
	{"hmac", "mp_join.modified", STATUS_IMPAIRED, DIRECTION_RETURN,
	 SEGMENT_JOIN_SYN_ACK, NULL},
	{"payload-return", "payload.modified", STATUS_IMPAIRED,
	 DIRECTION_RETURN, SEGMENT_DATA, NULL},
};

#define ENDS (sizeof(ends) / sizeof(*ends))

static void check(const struct report *r, size_t i, bool status)
{
	const struct finding *f = r->findings;

	assert_non_null(r->seen_twice);
	assert_int_equal(r->finding_count, ends[i].id != NULL);
	assert_int_equal(strstr(r->seen_twice, " more ") != NULL,
			 ends[i].missed != NULL);
	if (ends[i].missed)
		assert_non_null(strstr(r->seen_twice, ends[i].missed));
	if (status)
		assert_int_equal(r->status, ends[i].status);
	if (!ends[i].id) {
		assert_non_null(strstr(r->seen_twice, "unchanged"));
		return;
	}
	assert_string_equal(f->kind->id, ends[i].id);
	assert_int_equal(f->direction, ends[i].direction);
	assert_int_equal(f->segment, ends[i].segment);
	assert_int_equal(f->confidence, CONFIDENCE_PROVEN);
	assert_null(strstr(r->seen_twice, "unchanged"));
}

static void test_both_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < ENDS; i++) {
		struct observer *o = observer_new();
		struct report *r = read_ends(o, ends[i].stem);

		check(r, i, true);
		report_free(r);
		observer_free(o);
	}
}

/* What is nearer to the sender is told by the TTL, and not by the clock. */
static void test_clocks_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ENDS; i++) {
		struct observer *o = observer_new();
		struct report *r = read_apart(o, ends[i / 2].stem, i % 2);

		check(r, i / 2, i % 2 == 0);
		report_free(r);
		observer_free(o);
	}
}

/* Which of two places on one link is nearer to the client, the time tells that
 * is between a SYN and its answer. */
static void test_one_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ENDS; i++) {
		struct observer *o = observer_new();
		struct report *r =
			read_changed(o, ends[i / 2].stem, i % 2, take_ttl);

		check(r, i / 2, false);
		report_free(r);
		observer_free(o);
	}
}

/* Two interfaces of one pcapng file, with names. */
static void test_interfaces(void **state)
{
	struct observer *o = observer_new();
	struct report *r;
	char error[400];

	(void)state;
	assert_int_equal(capture_read("pcaps/ends/strip-both.pcapng", o, error,
				      sizeof(error)),
			 CAPTURE_OK);
	r = judge_first(o);
	assert_int_equal(r->finding_count, 1);
	assert_non_null(strstr(r->findings->text, "between eth0 and eth1: 1 "));
	report_free(r);
	observer_free(o);
}

/* A translator's finding is the last, and harmless. */
static void check_translated(struct report *r, size_t i, const char *text)
{
	const struct finding *f = &r->findings[r->finding_count - 1];

	assert_true(r->finding_count > 0);
	assert_string_equal(f->kind->id, "ip.translated");
	assert_int_equal(f->effect, EFFECT_HARMLESS);
	assert_non_null(strstr(f->text, text));
	r->finding_count--;
	check(r, i, false);
}

static void test_translated(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * ENDS; i++) {
		struct observer *o = observer_new();
		struct report *r =
			read_changed(o, ends[i / 4].stem, i / 2 % 2,
				     i % 2 ? translate_both : translate);

		if (!ends[i / 4].id)
			assert_non_null(
				strstr(r->seen_twice,
				       ", unchanged but for addresses or "
				       "ports."));
		check_translated(r, i / 4, "at server.pcap");
		assert_int_equal(o->middle_count, 0);
		report_free(r);
		observer_free(o);
	}
}

static const struct finding *find(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		if (!strcmp(r->findings[i].kind->id, id))
			return &r->findings[i];
	return NULL;
}

/* Data that did not come is not told then. */
static void test_rewritten(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * ENDS; i++) {
		struct observer *o = observer_new();
		size_t row = i / 4;
		bool both = i % 2;
		struct report *r =
			read_changed(o, ends[row].stem, i / 2 % 2,
				     both ? rewrite_and_translate : rewrite);

		if (!strcmp(ends[row].stem, "merged")) { /* no timestamps */
			assert_null(r->seen_twice);
		} else {
			assert_non_null(r->seen_twice);
			assert_null(strstr(r->seen_twice, " more "));
			if (!ends[row].id)
				assert_non_null(
					strstr(r->seen_twice,
					       both ? "addresses or ports, and "
						      "sequence numbers."
						    : "for sequence "
						      "numbers."));
			assert_non_null(find(r, "tcp.sequence_rewritten"));
			assert_int_equal(find(r, "ip.translated") != NULL,
					 both);
			assert_int_equal(r->finding_count,
					 (ends[row].id != NULL) +
						 (both ? 3 : 1));
			if (ends[row].id)
				assert_string_equal(r->findings->kind->id,
						    ends[row].id);
		}
		report_free(r);
		observer_free(o);
	}
}

/* Another connection is none of it, if only its numbers are the same. */
static void test_another(void **state)
{
	static change_fn *const changes[] = {end_connection, take_id};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct observer *o = observer_new();
		struct report *r = read_changed(o, "clean", false, changes[i]);

		assert_null(r->seen_twice);
		assert_int_equal(o->flow_count, 4); /* two in each */
		report_free(r);
		observer_free(o);
	}
}

/* ---- one begins late ------------------------------------------------------
 */

#define HEAD 24	  /* bytes of a pcap file before its first frame */
#define RECORD 16 /* before each frame */

/* A copy without these frames. */
static void cut(const char *name, const char *copy, unsigned first,
		unsigned frames)
{
	FILE *from = fopen(name, "r"), *to = fopen(copy, "w");
	uint8_t bytes[HEAD];
	uint32_t length;
	int c;

	assert_non_null(from);
	assert_non_null(to);
	assert_int_equal(fread(bytes, 1, HEAD, from), HEAD);
	fwrite(bytes, 1, HEAD, to);
	for (unsigned i = 0; i < first + frames; i++) {
		assert_int_equal(fread(bytes, 1, RECORD, from), RECORD);
		memcpy(&length, bytes + 8, sizeof(length));
		if (i < first)
			fwrite(bytes, 1, RECORD, to);
		while (length--) {
			c = getc(from);
			if (i < first)
				putc(c, to);
		}
	}
	while ((c = getc(from)) != EOF)
		putc(c, to);
	fclose(from);
	fclose(to);
}

/* Both ends; one of them lacks some frames. */
static struct report *read_cut(struct observer *o, const char *stem,
			       bool server, unsigned first, unsigned frames)
{
	char names[2][100], late[] = "/tmp/mpprobe-test-XXXXXX";
	const char *files[2] = {names[0], names[1]};
	struct report *r;
	char error[400];
	struct capture *c;

	close(mkstemp(late));
	for (int i = 0; i < 2; i++)
		snprintf(names[i], sizeof(names[i]), "pcaps/ends/%s-%s.pcap",
			 stem, i ? "server" : "client");
	cut(names[server], late, first, frames);
	files[server] = late;
	o->files = files;
	c = capture_open(files, 2, error, sizeof(error));
	unlink(late);
	assert_non_null(c);
	assert_int_equal(capture_feed(c, o, error, sizeof(error)), CAPTURE_OK);
	capture_close(c);
	r = judge_first(o);
	o->files = NULL;
	return r;
}

/* Nothing tells then of which place a packet is that comes first. */
static void test_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < 6 * ENDS; i++) {
		struct observer *o = observer_new();
		struct report *r =
			read_cut(o, ends[i / 6].stem, i % 2, 0, 1 + i / 2 % 3);

		assert_int_equal(r->status, STATUS_UNDETERMINED);
		assert_non_null(strstr(r->verdict, "captured in two places"));
		report_free(r);
		observer_free(o);
	}
}

/* Its numbers are those of the data behind it. */
static void test_lost_syn_ack(void **state)
{
	int all = 0;

	(void)state;
	for (unsigned lost = 0; lost < 2; lost++) {
		struct observer *o = observer_new();
		struct report *r = read_cut(o, "clean", true, 1, lost);

		assert_non_null(r->seen_twice);
		if (!lost)
			all = atoi(r->seen_twice);
		assert_int_equal(atoi(r->seen_twice), all - (int)lost);
		report_free(r);
		observer_free(o);
	}
}

/* Nothing is counted twice. */
static void test_counted_once(void **state)
{
	struct observer *both = observer_new(), *one = observer_new();
	char error[400];

	(void)state;
	report_free(read_ends(both, "join"));
	assert_int_equal(capture_read("pcaps/ends/join-client.pcap", one, error,
				      sizeof(error)),
			 CAPTURE_OK);
	assert_int_equal(both->flow_count, one->flow_count);
	for (size_t i = 0; i < one->flow_count; i++)
		for (int side = 0; side < 2; side++) {
			const struct side *a = &both->flows[i]->sides[side];
			const struct side *b = &one->flows[i]->sides[side];

			assert_int_equal(a->packets, b->packets);
			assert_int_equal(a->retransmitted, b->retransmitted);
			assert_int_equal(a->stream.bytes, b->stream.bytes);
		}
	observer_free(both);
	observer_free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ends),
		cmocka_unit_test(test_clocks_apart),
		cmocka_unit_test(test_one_link),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_lost_syn_ack),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_another),
		cmocka_unit_test(test_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
