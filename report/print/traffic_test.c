/* SPDX-License-Identifier: GPL-3.0-or-later
 * The connections of recorded captures: whole, as their expected lists
 * (report/print/golden/traffic-*.txt; GOLDEN_UPDATE=1 writes them anew), and
 * snapped, one-sided and cut in front, when nothing may be called wrong that
 * is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "crafting/packet.h"
#include "report/print/text.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/frames.h"
#include "tests/page.h"

/* How a capture is looked at. */
struct look {
	struct observer *observer;
	const struct page *page; /* to print them on */
	uint64_t skip;		 /* frames */
	size_t snap;		 /* bytes; 0: all */
	uint64_t drop;		 /* this frame only */
	int64_t pause_us;	 /* between packets, besides their own */
	int only;	  /* 0, 1: packets from the smaller or greater port */
	uint64_t wrong;	  /* what was found to be so */
	unsigned strange; /* HMACs and DSNs that do not fit */
	unsigned tcp;	  /* connections that are none of MPTCP any more */
};

static void take(void *context, const struct mptcp_connection *c)
{
	struct look *l = context;

	if (l->page)
		text_connection(l->page, c);
	for (const struct flow *f = c->flows; f; f = f->sibling) {
		l->wrong += f->sides[0].sums_wrong + f->sides[1].sums_wrong;
		l->strange += f->join.hmac == KNOWN_NO;
		l->strange += f->join.ack_hmac == KNOWN_NO;
	}
	l->tcp += mptcp_fallback(c) != NULL;
	for (size_t i = 0; i < c->address_count; i++)
		l->strange += c->addresses[i].hmac == KNOWN_NO;
	l->strange += c->other_keys_frame != 0;
	l->strange += c->hosts[0].first_dsn == KNOWN_NO;
	l->strange += c->hosts[1].first_dsn == KNOWN_NO;
}

static void each(void *context, uint64_t number, int64_t time_us,
		 const uint8_t *ip, size_t available)
{
	struct look *l = context;
	struct packet p;

	if (number <= l->skip || number == l->drop)
		return;
	if (l->snap && available > l->snap)
		available = l->snap;
	if (!packet_parse(ip, available, &p))
		return;
	if (l->only >= 0 && p.transport == TRANSPORT_TCP &&
	    (p.tcp.source_port > p.tcp.destination_port) != l->only)
		return;
	observer_frame(l->observer, LINK_RAW, number,
		       time_us + (int64_t)number * l->pause_us, ip, available,
		       available);
}

static struct look look_at(const char *file, struct look l)
{
	struct capture *c;
	char error[400];

	l.observer = observer_new();
	c = capture_open(&file, 1, error, sizeof(error));
	assert_non_null(l.observer);
	l.observer->ended = take;
	l.observer->ended_context = &l;
	assert_non_null(c);
	assert_int_equal(
		capture_feed_each(c, NULL, each, &l, error, sizeof(error)),
		CAPTURE_OK);
	for (const struct mptcp_connection *m = l.observer->connections.oldest;
	     m; m = m->newer)
		take(&l, m);
	observer_free(l.observer);
	capture_close(c);
	return l;
}

static const struct {
	const char *name, *file;
} whole[] = {
	{"bad-checksum", "pcaps/v0/bad-dss-checksum.pcap"},
	{"infinite", "pcaps/v0/infinite-mapping.pcap"},
	{"v0-ipv6", "pcaps/v0-ipv6/compliant.pcap"},
	{"answers", "pcaps/v1/lab-6.18-t1.pcap"},
	{"join", "pcaps/v1/lab-6.18-t3-join.pcap"},
	{"join-checksum", "pcaps/v1/lab-6.18-t3-joincsum.pcap"},
	{"fallback", "pcaps/compare/drop-mptcp.pcap"},
	{"curl", "pcaps/compare/clean-mptcp.pcap"},
	{"out-of-order", "pcaps/read/out-of-order.pcap"},
	{"joins-before", "pcaps/read/joins-before.pcap"},
	{"join-alone", "pcaps/read/join-alone.pcap"},
	{"other-keys", "pcaps/read/other-keys.pcap"},
	{"failover", "pcaps/read/failover.pcap"},
	{"stalled", "pcaps/read/stalled.pcap"},
	{"wrong-then-right", "pcaps/checksums/wrong-then-right.pcap"},
};

static void check_list(const char *name, const char *capture)
{
	char file[200], *seen = NULL;
	size_t size;
	struct page page = page_in(&seen, &size);

	look_at(capture, (struct look){.page = &page, .only = -1});
	page_done(&page);
	snprintf(file, sizeof(file), "report/print/golden/traffic-%s.txt",
		 name);
	check_golden(file, seen);
	free(seen);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		check_list(whole[i].name, whole[i].file);
}

/* What is not there is not wrong. */
static void check_partial(const char *file)
{
	struct look all = look_at(file, (struct look){.only = -1});

	for (uint64_t skip = 0; skip < 60; skip++) {
		struct look l =
			look_at(file, (struct look){.skip = skip, .only = -1});

		if (l.wrong > all.wrong)
			fail_msg("%s: wrong %d skip %d snap %d only %d", file,
				 (int)l.wrong, (int)l.skip, (int)l.snap,
				 l.only);
		assert_true(l.strange <= all.strange);
	}
	for (size_t snap = 20; snap < 120; snap += 4) {
		struct look l =
			look_at(file, (struct look){.snap = snap, .only = -1});

		if (l.wrong > all.wrong)
			fail_msg("%s: wrong %d skip %d snap %d only %d", file,
				 (int)l.wrong, (int)l.skip, (int)l.snap,
				 l.only);
		assert_true(l.strange <= all.strange);
	}
	for (int only = 0; only < 2; only++) {
		struct look l = look_at(file, (struct look){.only = only});

		if (l.wrong > all.wrong)
			fail_msg("%s: wrong %d skip %d snap %d only %d", file,
				 (int)l.wrong, (int)l.skip, (int)l.snap,
				 l.only);
		assert_true(l.strange <= all.strange);
	}
}

static void test_partial(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/v*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_partial(found.gl_pathv[i]);
	globfree(&found);
}

/* A frame that the capture has lost accuses nobody, nor what was snapped. */
static void test_lost(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/read/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *file = found.gl_pathv[i];
		struct look all = look_at(file, (struct look){.only = -1});

		for (uint64_t drop = 1; drop < 50; drop++) {
			struct look l = look_at(
				file, (struct look){.drop = drop, .only = -1});

			assert_true(l.wrong <= all.wrong);
			assert_true(l.strange <= all.strange);
			if (l.tcp > all.tcp)
				fail_msg("%s: TCP without frame %d", file,
					 (int)drop);
		}
		for (size_t snap = 20; snap < 120; snap++) {
			struct look l = look_at(
				file, (struct look){.snap = snap, .only = -1});

			if (l.tcp > all.tcp)
				fail_msg("%s: TCP when snapped at %d", file,
					 (int)snap);
		}
	}
	globfree(&found);
}

/* What was forgotten meanwhile begins in the middle. */
static void test_pauses(void **state)
{
	static const int64_t seconds[] = {1, 29, 31, 3601};
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		for (size_t k = 0; k < 4; k++)
			look_at(found.gl_pathv[i],
				(struct look){.pause_us = seconds[k] * 1000000,
					      .only = -1});
	globfree(&found);
}

static void line(void *context, uint64_t number, int64_t time_us,
		 const uint8_t *ip, size_t available)
{
	struct packet p;

	for (size_t snap = 0; snap <= available; snap++)
		if (packet_parse(ip, snap, &p))
			text_packet(context, &p, number, time_us);
}

/* MP_CAPABLE of 24 bytes, in full; and every packet cut anywhere. */
static void test_lines(void **state)
{
	char *text = NULL, error[400];
	size_t size;
	struct page page = page_in(&text, &size);
	const char *file = "pcaps/v1/lab-6.18-t3-csum.pcap";
	struct capture *c = capture_open(&file, 1, error, sizeof(error));

	(void)state;
	assert_int_equal(
		capture_feed_each(c, NULL, line, &page, error, sizeof(error)),
		CAPTURE_OK);
	page_done(&page);
	capture_close(c);
	assert_non_null(strstr(text, "MP_CAPABLE v1 flags AH key "));
	assert_non_null(strstr(text, "peer key "));
	assert_non_null(strstr(text, " csum 0x"));
	assert_non_null(strstr(text, "cut short]"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_partial),
		cmocka_unit_test(test_lost),  cmocka_unit_test(test_pauses),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
