/* SPDX-License-Identifier: GPL-3.0-or-later
 * The legs of captures on proxies and gateways, and of none.
 */
#include "report/paths/legs.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crafting/segment.h"
#include "report/arena.h"
#include "report/track/capture.h"
#include "report/track/observer.h"
#include "tests/captures.h"
#include "tests/frames.h"

/* ---- in words -------------------------------------------------------------
 */

static void put(char *text, size_t size, const char *more)
{
	strncat(text, more, size - strlen(text) - 1);
}

/* "10.0.1.1>host:80 tcp 2x1; " */
static void put_leg(char *text, size_t size, const struct legs *l,
		    const struct leg *leg)
{
	char part[100];

	for (size_t i = 0; i < leg->client_count; i++) {
		put(text, size, i ? "," : "");
		put(text, size, arena_address(l->arena, &leg->clients[i]));
	}
	snprintf(part, sizeof(part), "%s>%s%s:%u %s %zux%zu",
		 leg->from_host ? "(host)" : "",
		 arena_address(l->arena, &leg->server),
		 leg->to_host	     ? "(host)"
		 : leg->in_its_place ? "(in its place)"
				     : "",
		 leg->port, leg_kind_name(leg->kind), leg->connections,
		 leg->most);
	put(text, size, part);
	if (leg->fewest != leg->most)
		put(text, size, "-");
	put(text, size, "; ");
}

static const char *words(const struct observer *o)
{
	static char text[2000];
	struct legs *l = legs_find(o);

	*text = '\0';
	if (l->count)
		put(text, sizeof(text), l->here ? "here: " : "there: ");
	for (size_t i = 0; i < l->count; i++)
		put_leg(text, sizeof(text), l, &l->list[i]);
	legs_free(l);
	return text;
}

/* ---- captures -------------------------------------------------------------
 */

static const char *words_of(const char *const *files, size_t count)
{
	struct observer *o = observer_new();
	char error[400];
	struct capture *c = capture_open(files, count, error, sizeof(error));
	const char *text;

	assert_non_null(c);
	assert_int_equal(capture_feed(c, o, error, sizeof(error)), CAPTURE_OK);
	capture_close(c);
	text = words(o);
	observer_free(o);
	return text;
}

static void test_captures(void **state)
{
	static const struct {
		const char *files[2], *words;
	} captures[] = {
		{{"pcaps/legs/redirected.pcap"},
		 "here: 10.0.1.1>10.0.4.2(in its place):80 tcp 2x1; "
		 "127.0.0.1(host)>127.0.0.1(host):1080 tcp 2x1; "
		 "10.0.3.1,10.0.2.2(host)>10.0.4.2:80 mptcp 2x2-; "},
		{{"pcaps/legs/socks.pcap"},
		 "here: 10.0.1.1>10.0.2.2(host):1081 tcp 2x1; "
		 "10.0.3.1,10.0.2.2(host)>10.0.4.2:80 mptcp 2x2; "},
		{{"pcaps/legs/arm-lan.pcap", "pcaps/legs/arm-wan.pcap"},
		 "there: 10.0.1.1>10.0.3.1(host):1081 tcp 2x1; "
		 "10.0.3.1,10.0.2.2(host)>10.0.4.2:80 mptcp 2x2; "},
		{{"pcaps/legs/arm-lan.pcap"}, ""},
		{{"pcaps/legs/arm-wan.pcap"}, ""},
		{{"pcaps/legs/nat.pcap"}, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		assert_string_equal(words_of(captures[i].files,
					     captures[i].files[1] ? 2 : 1),
				    captures[i].words);
}

/* No other capture is of a proxy, also those of routers and of both ends. */
static void test_none(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("pcaps/*/*.pcap", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *file = found.gl_pathv[i];

		if (!strstr(file, "/legs/") && *words_of(&file, 1))
			fail_msg("%s: %s", file, words_of(&file, 1));
	}
	globfree(&found);
}

static const char *words_of_frames(const struct capture_bytes *c, size_t drop,
				   size_t snap)
{
	struct observer *o = observer_new();
	const char *text;

	for (size_t i = 0; i < c->count; i++) {
		struct frame f = c->frames[i];

		if (f.length > snap)
			f.length = snap;
		if (i != drop)
			feed_frame(o, &f);
	}
	text = words(o);
	observer_free(o);
	return text;
}

/* Frames that were lost, and options that were not captured: less is told, and
 * nothing wrong. */
static void test_lost(void **state)
{
	struct captures all = captures_load();

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		const struct capture_bytes *c = &all.list[i];

		if (!strstr(c->file, "/legs/socks"))
			continue;
		for (size_t k = 0; k < c->count; k++)
			assert_null(strstr(words_of_frames(c, k, 1600),
					   "4.2:80 tcp"));
		for (size_t snap = 20; snap < 120; snap++) {
			const char *text = words_of_frames(c, c->count, snap);

			if (strstr(text, "4.2:80 tcp") ||
			    strstr(text, "answered_as_tcp"))
				fail_msg("snapped at %zu: %s", snap, text);
		}
	}
	captures_free(&all);
}

/* ---- packets by hand ------------------------------------------------------
 */

#define LINK_COOKED 113 /* DLT_LINUX_SLL */
#define LINK_RAW 12

enum way { UNTOLD, IN, OUT };

static void see(struct observer *o, enum way way, const struct wire *w)
{
	uint8_t frame[1700] = {[1] = way == OUT ? 4 : 0, [3] = 1, [14] = 8};
	size_t head = way == UNTOLD ? 0 : 16;
	int64_t now = 1000000 + 1000 * (int64_t)o->frames;

	memcpy(frame + head, w->bytes, w->length);
	observer_frame(o, head ? LINK_COOKED : LINK_RAW, o->frames + 1, now,
		       frame, head + w->length, head + w->length);
}

/* One of the two segments that begin a connection. */
static void segment(struct observer *o, const char *from, const char *to,
		    uint16_t from_port, uint16_t to_port, uint8_t flags,
		    uint32_t isn, uint32_t ack, unsigned ttl, enum way way)
{
	struct envelope e = {.from = address_of(from),
			     .to = address_of(to),
			     .protocol = 6,
			     .ttl = (uint8_t)ttl,
			     .id = (uint16_t)(o->frames + 1)};
	struct tcp_segment t = {.source_port = from_port,
				.destination_port = to_port,
				.sequence = isn,
				.acknowledgment = ack,
				.flags = flags,
				.window = 1000,
				.data_offset = SEGMENT_AUTO,
				.checksum = SEGMENT_AUTO};
	struct wire w = wire_tcp(&e, &t);

	see(o, way, &w);
}

/* A connection as it is seen: the ways and TTLs of SYN and SYN/ACK. */
struct passing {
	const char *client, *server;
	uint32_t isn;
	enum way syn, answer;
	unsigned syn_ttl, answer_ttl;
};

static uint16_t port = 1000;

static void open_it(struct observer *o, const struct passing *p)
{
	port++;
	segment(o, p->client, p->server, port, 80, TCP_FLAG_SYN, p->isn, 0,
		p->syn_ttl, p->syn);
	segment(o, p->server, p->client, 80, port, TCP_FLAG_SYN | TCP_FLAG_ACK,
		77, p->isn + 1, p->answer_ttl, p->answer);
}

static void close_it(struct observer *o, const struct passing *p)
{
	segment(o, p->client, p->server, port, 80, TCP_FLAG_RST, p->isn + 1, 0,
		p->syn_ttl, p->syn);
}

static const char *words_of_two(const struct passing *first,
				const struct passing *second, bool meanwhile)
{
	struct observer *o = observer_new();
	uint16_t of_first;
	const char *text;

	open_it(o, first);
	of_first = port;
	if (!meanwhile)
		close_it(o, first);
	open_it(o, second);
	port = of_first;
	if (meanwhile)
		close_it(o, first);
	port += 2;
	text = words(o);
	observer_free(o);
	return text;
}

static void test_pairs(void **state)
{
	static const struct passing
		comes = {"192.0.2.1", "192.0.2.9", 5000, IN, OUT, 63, 64},
		goes = {"192.0.2.9", "198.51.100.1", 9000, OUT, IN, 64, 60},
		both_come = {"192.0.2.1", "192.0.2.9", 5000, IN, IN, 63, 64},
		forwarded = {"192.0.2.1", "192.0.2.9", 5000, IN, OUT, 63, 62},
		same_isn = {"192.0.2.9", "198.51.100.1", 5000, OUT, IN, 64, 60},
		untold_comes = {"192.0.2.1", "192.0.2.9", 5000, UNTOLD,
				UNTOLD,	     63,	  64},
		untold_goes = {"192.0.2.9", "198.51.100.1", 9000,
			       UNTOLD,	    UNTOLD,	    64,
			       60},
		other_goes = {"192.0.2.8", "198.51.100.1", 9000,
			      UNTOLD,	   UNTOLD,	   64,
			      60},
		far_goes = {"192.0.2.9", "198.51.100.1", 9000,
			    UNTOLD,	 UNTOLD,	 63,
			    60},
		local = {"127.0.0.1", "127.0.0.1", 6000, IN, IN, 64, 64},
		local_too = {"127.0.0.1", "127.0.0.1", 6001, IN, IN, 64, 64};
	static const struct {
		const struct passing *first, *second;
		const char *words;
	} pairs[] = {
		{&comes, &goes,
		 "here: 192.0.2.1>192.0.2.9(host):80 tcp 1x1; "
		 "192.0.2.9(host)>198.51.100.1:80 tcp 1x1; "},
		{&goes, &comes, ""},
		{&both_come, &goes, ""},
		{&forwarded, &goes, ""},
		{&comes, &same_isn, ""},
		{&untold_comes, &untold_goes,
		 "there: 192.0.2.1>192.0.2.9(host):80 tcp 1x1; "
		 "192.0.2.9(host)>198.51.100.1:80 tcp 1x1; "},
		{&untold_comes, &other_goes, ""},
		{&untold_comes, &far_goes, ""},
		{&comes, &local,
		 "here: 192.0.2.1>192.0.2.9(in its place):80 tcp 1x1; "
		 "127.0.0.1(host)>127.0.0.1(host):80 tcp 1x1; "},
		{&local, &goes,
		 "here: 127.0.0.1(host)>127.0.0.1(host):80 tcp 1x1; "
		 "192.0.2.9(host)>198.51.100.1:80 tcp 1x1; "},
		{&local, &local_too, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_string_equal(
			words_of_two(pairs[i].first, pairs[i].second, true),
			pairs[i].words);
		assert_string_equal(
			words_of_two(pairs[i].first, pairs[i].second, false),
			"");
	}
}

/* Whom it serves, and where it goes: no end of either. */
static void test_many(void **state)
{
	struct observer *o = observer_new();
	struct legs *l;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		char client[20], server[20];
		struct passing in = {
			client, "192.0.2.9", 70000 * (i + 1), IN, OUT, 63, 64};
		struct passing out = {"192.0.2.9", server, 70000 * (i + 1) + 9,
				      OUT,	   IN,	   64,
				      60};

		snprintf(client, sizeof(client), "10.9.%u.%u", i / 256,
			 i % 256);
		snprintf(server, sizeof(server), "10.8.%u.%u", i / 256,
			 i % 256);
		open_it(o, &in);
		open_it(o, &out);
		port--;
		close_it(o, &in);
		port++;
	}
	l = legs_find(o);
	assert_int_equal(l->count, 256);
	assert_true(l->more);
	assert_int_equal(l->list[0].client_count, LEG_ADDRESSES_MAX);
	assert_int_equal(l->list[0].connections, 300);
	assert_int_equal(l->list[1].connections, 1);
	legs_free(l);
	observer_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures), cmocka_unit_test(test_none),
		cmocka_unit_test(test_lost),	 cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
