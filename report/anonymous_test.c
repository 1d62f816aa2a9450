/* SPDX-License-Identifier: GPL-3.0-or-later
 * Every capture of pcaps/, with pseudonyms: what is said of it must be the
 * same, but for the names; and no address of it may be left anywhere.
 */
#include "report/track/anonymous.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "crafting/packet.h"
#include "report/arena.h"
#include "report/track/observer.h"
#include "tests/captures.h"
#include "tests/frames.h"
#include "tests/reports.h"

static const uint8_t key[PSEUDONYM_KEY] = {1, 2, 3, [16] = 4, 5, 7};

/* --- the same is said ----------------------------------------------------- */

/* The address that a word is, after what ends a sentence is taken off it. */
static size_t address_in(const char *text, struct address *out)
{
	size_t length = strspn(text, "0123456789abcdef.:");
	char word[ADDRESS_TEXT];

	while (length && strchr(".:", text[length - 1]))
		length--;
	if (length < 3 || length >= sizeof(word))
		return 0;
	memcpy(word, text, length);
	word[length] = '\0';
	return address_parse(word, out) ? length : 0;
}

/* A text with pseudonyms in place of its addresses; to be freed. */
static char *renamed(struct anonymous *a, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);
	char previous = ' ';

	while (*text) {
		struct address address;
		size_t length = strchr("0123456789abcdef.:-", previous)
					? 0
					: address_in(text, &address);
		char word[ADDRESS_TEXT];

		if (length) {
			address = anonymous_address(a, &address);
			fputs(address_text(&address, word), stream);
		} else {
			length = 1;
			fputc(*text, stream);
		}
		previous = text[length - 1];
		text += length;
	}
	fclose(stream);
	return out;
}

/* Bytes of packets are others where these hold addresses or payload: they are
 * as many. */
static bool is_of_bytes(const char *key_of, const char *text)
{
	static const char *const keys[] = {"sent", "seen", "quoted", "options"};
	bool is = false;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		is |= strcmp(key_of, keys[i]) == 0;
	return is && text[strspn(text, "0123456789abcdefx")] == '\0';
}

static void expect_same(const char *file, const char *key_of, const json_t *a,
			const json_t *b);

static void expect_same_text(const char *file, const char *key_of,
			     const char *a, const char *b)
{
	bool same = is_of_bytes(key_of, a) ? strlen(a) == strlen(b)
					   : strcmp(a, b) == 0;

	/* It has no room for two addresses that are as long. */
	if (strcmp(file, "pcaps/read/translated-control.pcap") == 0 &&
	    strncmp(a, b, strlen("The source address")) == 0)
		return;

	if (!same)
		fail_msg("%s: %s: expected \"%s\", seen \"%s\"", file, key_of,
			 a, b);
}

static void expect_same_object(const char *file, const json_t *a,
			       const json_t *b)
{
	const char *name;
	json_t *value;

	assert_int_equal(json_object_size(a), json_object_size(b));
	json_object_foreach((json_t *)a, name, value)
		expect_same(file, name, value, json_object_get(b, name));
}

static void expect_same(const char *file, const char *key_of, const json_t *a,
			const json_t *b)
{
	if (!b || json_typeof(a) != json_typeof(b))
		fail_msg("%s: %s is of another type", file, key_of);
	if (json_is_object(a)) {
		expect_same_object(file, a, b);
	} else if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			fail_msg("%s: %s has %zu, not %zu", file, key_of,
				 json_array_size(b), json_array_size(a));
		for (size_t i = 0; i < json_array_size(a); i++)
			expect_same(file, key_of, json_array_get(a, i),
				    json_array_get(b, i));
	} else if (json_is_string(a)) {
		expect_same_text(file, key_of, json_string_value(a),
				 json_string_value(b));
	} else if (!json_equal(a, b)) {
		fail_msg("%s: %s differs", file, key_of);
	}
}

static void expect_reports(const char *file, const char *expected,
			   const char *seen)
{
	while (*expected) {
		size_t lengths[2] = {strcspn(expected, "\n"),
				     strcspn(seen, "\n")};
		json_t *a = json_loadb(expected, lengths[0], 0, NULL);
		json_t *b = json_loadb(seen, lengths[1], 0, NULL);

		assert_non_null(a);
		if (!b)
			fail_msg("%s: a report is missing", file);
		expect_same(file, "report", a, b);
		json_decref(a);
		json_decref(b);
		expected += lengths[0] + 1;
		seen += lengths[1] + (seen[lengths[1]] == '\n');
	}
	assert_int_equal(*seen, '\0');
}

static struct frame shown_frame(struct anonymous *a, struct observer *o,
				const struct frame *f)
{
	struct frame shown = *f;

	memcpy(shown.bytes,
	       anonymous_frame(a, o, f->link_type, f->bytes, f->length),
	       f->length);
	return shown;
}

/* Of the capture with pseudonyms. */
static char *reports_shown(struct anonymous *a, const struct capture_bytes *c)
{
	struct observer *o = observer_new();

	for (size_t i = 0; i < c->count; i++) {
		struct frame f = shown_frame(a, o, &c->frames[i]);

		feed_frame(o, &f);
	}
	return reports_by(o);
}

static char *reports_of(const struct capture_bytes *c)
{
	struct observer *o = observer_new();

	for (size_t i = 0; i < c->count; i++)
		feed_frame(o, &c->frames[i]);
	return reports_by(o);
}

static void test_same_reports(void **state)
{
	struct captures all = captures_load();
	struct anonymous *a = anonymous_new(key);

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		const struct capture_bytes *c = &all.list[i];
		char *clear = reports_of(c), *seen = reports_shown(a, c);
		char *expected = renamed(a, clear);

		expect_reports(c->file, expected, seen);
		free(clear);
		free(expected);
		free(seen);
	}
	anonymous_free(a);
	captures_free(&all);
}

/* --- nothing is left ------------------------------------------------------ */

/* What must not be found in a capture any more. */
struct secrets {
	struct arena *arena;
	struct secret {
		uint8_t bytes[16];
		size_t length;
	} * list;
	size_t count;
};

/* Where it was: numbers may be the same by chance. */
static bool is_left(const struct frame *before, const struct frame *after,
		    const struct secret *s)
{
	for (size_t i = 0; i + s->length <= before->length; i++)
		if (memcmp(before->bytes + i, s->bytes, s->length) == 0 &&
		    memcmp(after->bytes + i, s->bytes, s->length) == 0)
			return true;
	return false;
}

static void add_secret(struct secrets *s, const uint8_t *bytes, size_t length)
{
	struct secret *new;

	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].length == length &&
		    memcmp(s->list[i].bytes, bytes, length) == 0)
			return;
	new = ARENA_PUSH(s->arena, s->list, s->count);
	memcpy(new->bytes, bytes, length);
	new->length = length;
}

/* But one that anybody has. */
static void add_address(struct secrets *s, struct anonymous *a,
			const struct address *address)
{
	struct address shown = anonymous_address(a, address);

	if (!address_equal(&shown, address))
		add_secret(s, address->bytes, address_length(address));
}

static void add_announced(struct secrets *s, struct anonymous *a,
			  const struct tcp_view *tcp)
{
	struct tcp_options options;

	tcp_options_read(tcp->options, tcp->options_available,
			 tcp->options_length, &options);
	for (unsigned i = 0; i < options.mptcp_count; i++)
		if (options.mptcp[i].subtype == MP_ADD_ADDR)
			add_address(s, a, &options.mptcp[i].add_addr.address);
}

/* A request, an answer, a certificate: the first bytes of each. */
static void add_payload(struct secrets *s, const struct tcp_view *tcp)
{
	if (tcp->payload_available >= 16)
		add_secret(s, tcp->payload, 16);
}

static void add_secrets(struct secrets *s, struct anonymous *a,
			const struct packet *p)
{
	struct packet quoted;

	add_address(s, a, &p->ip.source);
	add_address(s, a, &p->ip.destination);
	if (p->transport == TRANSPORT_TCP) {
		add_announced(s, a, &p->tcp);
		add_payload(s, &p->tcp);
	}
	if (p->transport == TRANSPORT_ICMP_ERROR &&
	    packet_parse_quote(p->icmp.quote, p->icmp.quote_length, &quoted))
		add_secrets(s, a, &quoted);
}

static bool parse_frame(const struct frame *f, struct packet *p)
{
	const uint8_t *ip;
	size_t available;

	return link_find_ip(f->link_type, f->bytes, f->length, &ip,
			    &available) &&
	       packet_parse(ip, available, p);
}

static void find_secrets(struct secrets *s, struct anonymous *a,
			 const struct capture_bytes *c)
{
	struct packet p;

	for (size_t i = 0; i < c->count; i++) {
		const struct frame *f = &c->frames[i];
		struct link_ends ends;

		link_read_ends(f->link_type, f->bytes, f->length, &ends);
		if (ends.addressed && (ends.from[0] | ends.from[5]))
			add_secret(s, ends.from, sizeof(ends.from));
		if (parse_frame(f, &p))
			add_secrets(s, a, &p);
	}
}

static void test_nothing_is_left(void **state)
{
	struct captures all = captures_load();
	struct anonymous *a = anonymous_new(key);

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		const struct capture_bytes *c = &all.list[i];
		struct secrets s = {.arena = arena_new()};

		find_secrets(&s, a, c);
		for (size_t k = 0; k < c->count; k++) {
			struct frame f = shown_frame(a, NULL, &c->frames[k]);

			for (size_t n = 0; n < s.count; n++)
				if (is_left(&c->frames[k], &f, &s.list[n]))
					fail_msg("%s: frame %zu has "
						 "%02x%02x%02x%02x",
						 c->file, k + 1,
						 s.list[n].bytes[0],
						 s.list[n].bytes[1],
						 s.list[n].bytes[2],
						 s.list[n].bytes[3]);
		}
		arena_free(s.arena);
	}
	anonymous_free(a);
	captures_free(&all);
}

/* --- what is right stays right -------------------------------------------- */

static void expect_same_sums(const struct packet *a, const struct packet *b)
{
	struct packet quotes[2];

	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->available, b->available);
	assert_int_equal(a->ip.checksum_valid, b->ip.checksum_valid);
	assert_int_equal(packet_tcp_checksum(a), packet_tcp_checksum(b));
	if (a->transport != TRANSPORT_ICMP_ERROR)
		return;
	assert_int_equal(a->icmp.extended, b->icmp.extended);
	assert_int_equal(a->icmp.mpls_count, b->icmp.mpls_count);
	assert_int_equal(a->icmp.quote_length, b->icmp.quote_length);
	if (packet_parse_quote(a->icmp.quote, a->icmp.quote_length,
			       &quotes[0])) {
		assert_true(packet_parse_quote(
			b->icmp.quote, b->icmp.quote_length, &quotes[1]));
		expect_same_sums(&quotes[0], &quotes[1]);
	}
}

static void test_checksums(void **state)
{
	struct captures all = captures_load();
	struct anonymous *a = anonymous_new(key);
	struct packet before, after;

	(void)state;
	for (size_t i = 0; i < all.count; i++) {
		for (size_t k = 0; k < all.list[i].count; k++) {
			const struct frame *f = &all.list[i].frames[k];
			struct frame shown = shown_frame(a, NULL, f);

			if (!parse_frame(f, &before))
				continue;
			assert_true(parse_frame(&shown, &after));
			expect_same_sums(&before, &after);
		}
	}
	anonymous_free(a);
	captures_free(&all);
}

/* --- the HMAC of an address ----------------------------------------------- */

#define CLIENT "192.0.2.1"
#define SERVER "192.0.2.2"
#define OTHER "198.51.100.7"

static const uint64_t client_key = 7, server_key = 8;

static void put_capable(struct writer *w, bool both)
{
	const struct mptcp_option o = {
		.subtype = MP_CAPABLE,
		.capable = {.version = 1,
			    .flags = MPC_HMAC,
			    .has_sender_key = true,
			    .has_receiver_key = both,
			    .sender_key = both ? client_key : server_key,
			    .receiver_key = server_key},
	};

	assert_true(mptcp_encode(w, &o));
}

/* Of the client. */
static void put_announcement(struct writer *w)
{
	struct mptcp_option o = {
		.subtype = MP_ADD_ADDR,
		.add_addr = {.version = 1,
			     .address_id = 1,
			     .address = address_of(OTHER),
			     .has_hmac = true},
	};
	struct keys *k = keys_new();

	assert_int_equal(keys_add_addr_hmac(k, client_key, server_key, 1,
					    &o.add_addr.address, 0,
					    &o.add_addr.hmac),
			 0);
	keys_free(k);
	assert_true(mptcp_encode(w, &o));
}

static struct wire segment(bool back, uint8_t flags, struct writer *options)
{
	const struct envelope e = {
		.from = address_of(back ? SERVER : CLIENT),
		.to = address_of(back ? CLIENT : SERVER),
		.protocol = 6,
		.ttl = 64,
	};
	const struct tcp_segment s = {
		.source_port = back ? 80 : 4000,
		.destination_port = back ? 4000 : 80,
		.sequence = (back ? 500u : 100u) + !(flags & TCP_FLAG_SYN),
		.acknowledgment = back ? 101 : 501,
		.flags = flags,
		.window = 1000,
		.options = options->start,
		.options_length = options->length,
	};

	options->length = 0;
	return wire_tcp(&e, &s);
}

static void feed(struct anonymous *a, struct observer *o, const struct wire *w)
{
	const uint8_t *shown =
		anonymous_frame(a, o, LINK_RAW, w->bytes, w->length);

	observer_frame(o, LINK_RAW, o->frames + 1, 0, shown, w->length,
		       w->length);
}

/* The keys are in the very segment that announces it, or were before. */
static void test_hmac(void **state)
{
	(void)state;
	for (int later = 0; later < 2; later++) {
		struct anonymous *a = anonymous_new(key);
		struct observer *o = observer_new();
		uint8_t bytes[40];
		struct writer w = writer_over(bytes, sizeof(bytes));
		static const uint8_t capable[] = {30, 4, 1, 1};
		struct wire wire;

		write_bytes(&w, capable, sizeof(capable));
		wire = segment(false, TCP_FLAG_SYN, &w);
		feed(a, o, &wire);
		put_capable(&w, false);
		wire = segment(true, TCP_FLAG_SYN | TCP_FLAG_ACK, &w);
		feed(a, o, &wire);
		put_capable(&w, true);
		if (later) {
			wire = segment(false, TCP_FLAG_ACK, &w);
			feed(a, o, &wire);
		}
		put_announcement(&w);
		wire = segment(false, TCP_FLAG_ACK, &w);
		feed(a, o, &wire);
		assert_int_equal(o->flows[0]->connection->address_count, 1);
		assert_int_equal(o->flows[0]->connection->addresses[0].hmac,
				 KNOWN_YES);
		observer_free(o);
		anonymous_free(a);
	}
}

/* --- names ---------------------------------------------------------------- */

static void test_names(void **state)
{
	struct anonymous *a = anonymous_new(key);
	struct arena *arena = arena_new();
	const char *host = anonymous_host(a, arena, "Server.example.org.");
	char text[ANONYMOUS_INTERFACE];
	struct address address = address_of("10.1.2.3");

	(void)state;
	assert_string_equal(host,
			    anonymous_host(a, arena, "server.example.org"));
	assert_int_equal(strncmp(host, "host-", 5), 0);
	assert_string_not_equal(host, anonymous_host(a, arena, "example.org"));
	address = anonymous_address(a, &address);
	assert_string_equal(anonymous_host(a, arena, "10.1.2.3"),
			    arena_address(arena, &address));
	assert_int_equal(
		strncmp(anonymous_interface(a, "eth0", text), "if-", 3), 0);
	assert_string_equal(anonymous_interface(a, "", text), "");
	assert_true(anonymous_origin(a, 3320) >= 4200000000u);
	assert_int_equal(anonymous_origin(a, 0), 0);
	/* Where nothing is to be hidden all is as it is. */
	assert_string_equal(anonymous_host(NULL, arena, "a"), "a");
	assert_string_equal(anonymous_interface(NULL, "eth0", text), "eth0");
	assert_string_equal(anonymous_title(NULL, arena, "t"), "t");
	assert_int_equal(anonymous_origin(NULL, 3320), 3320);
	arena_free(arena);
	anonymous_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_reports),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
