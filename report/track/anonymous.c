/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/track/anonymous.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/keys.h"
#include "crafting/packet.h"
#include "crafting/rewrite.h"
#include "report/arena.h"
#include "report/track/frozen.h"
#include "report/track/observe.h"

struct anonymous {
	struct pseudonyms *pseudonyms;
	struct observer *observer; /* during one frame */
	struct rewrite_sum sums[REWRITE_SUMS];
	uint8_t *frame;
	size_t room;
};

struct anonymous *anonymous_new(const uint8_t key[PSEUDONYM_KEY])
{
	struct anonymous *a = must_have(calloc(1, sizeof(*a)));

	a->pseudonyms = must_have(pseudonyms_new(key));
	return a;
}

void anonymous_free(struct anonymous *a)
{
	if (!a)
		return;
	pseudonyms_free(a->pseudonyms);
	free(a->frame);
	free(a);
}

/* --- what is known of its connection -------------------------------------- */

/* `*host`: which one sends. */
static const struct mptcp_connection *
connection_of(const struct anonymous *a, const struct packet *p, unsigned *host)
{
	const struct address *from = &p->ip.source, *to = &p->ip.destination;
	uint16_t ports[2] = {p->tcp.source_port, p->tcp.destination_port};
	const struct flow *f = NULL;

	for (unsigned side = 0; side < 2 && a->observer; side++) {
		f = side ? observer_flow(a->observer, to, ports[1], from,
					 ports[0], IPPROTO_TCP)
			 : observer_flow(a->observer, from, ports[0], to,
					 ports[1], IPPROTO_TCP);
		*host = f && f->reversed ? 1 - side : side;
		if (f && f->connection)
			return f->connection;
	}
	return NULL;
}

/* One that was packed away comes back with this packet anyway. */
static const struct mptcp_connection *find_connection(const struct anonymous *a,
						      const struct packet *p,
						      unsigned *host)
{
	const struct mptcp_connection *c = connection_of(a, p, host);

	if (!c && a->observer && observe_thaw(a->observer, p))
		c = connection_of(a, p, host);
	return c;
}

/* The keys of who sends, and of the other: of the connection, or of the third
 * ACK that this is. */
static bool find_keys(const struct anonymous *a, const struct packet *p,
		      uint64_t keys[2])
{
	unsigned host;
	const struct mptcp_connection *c = find_connection(a, p, &host);
	const struct mptcp_option *capable;
	struct tcp_options options;

	if (c && mptcp_own_key(c, 0) && mptcp_own_key(c, 1)) {
		keys[0] = c->hosts[host].key;
		keys[1] = c->hosts[1 - host].key;
		return true;
	}
	tcp_options_read(p->tcp.options, p->tcp.options_available,
			 p->tcp.options_length, &options);
	capable = tcp_options_mptcp(&options, MP_CAPABLE);
	if (!capable || !capable->capable.has_receiver_key)
		return false;
	keys[0] = capable->capable.sender_key;
	keys[1] = capable->capable.receiver_key;
	return true;
}

static bool hmac_of(struct keys *k, const uint64_t keys[2],
		    const struct mptcp_option *o, const struct address *address,
		    uint64_t *out)
{
	return keys_add_addr_hmac(
		       k, keys[0], keys[1], o->add_addr.address_id, address,
		       o->add_addr.has_port ? o->add_addr.port : 0, out) == 0;
}

static bool right_hmac(void *context, const struct packet *p,
		       const struct mptcp_option *o,
		       const struct address *other, uint64_t *out)
{
	const struct anonymous *a = context;
	uint64_t keys[2], own;

	return find_keys(a, p, keys) &&
	       hmac_of(a->observer->connections.keys, keys, o,
		       &o->add_addr.address, &own) &&
	       own == o->add_addr.hmac &&
	       hmac_of(a->observer->connections.keys, keys, o, other, out);
}

static bool is_summed(void *context, const struct packet *p)
{
	unsigned host;
	const struct mptcp_connection *c = find_connection(context, p, &host);

	return c && c->checksum;
}

/* --- controls ------------------------------------------------------------- */

/* '#' is a digit, '%' one of sixteen. */
static bool fits(const char *form, const uint8_t *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool fit = form[i] == '#'   ? isdigit(text[i])
			   : form[i] == '%' ? isxdigit(text[i])
					    : form[i] == (char)text[i];

		if (!form[i] || !fit)
			return false;
	}
	return true;
}

/* Of mpprobe itself: nothing but the form of a control is left as it is. */
static bool is_control(const uint8_t *payload, size_t length)
{
	static const char *const forms[] = {
#define FORM CONTROL_MARK "### %%%%%%%%%%%%%%%%"
		FORM UPLINK_MARK,
		FORM REFERENCE_MARK "#####" UPLINK_MARK,
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (fits(forms[i], payload, length))
			return true;
	return false;
}

/* --- frames --------------------------------------------------------------- */

static const struct rewrite_facts facts = {
	.hmac = right_hmac, .summed = is_summed, .plain = is_control};

const uint8_t *anonymous_frame(struct anonymous *a, struct observer *o,
			       int link_type, const uint8_t *frame,
			       size_t captured)
{
	struct rewriter r = {.facts = &facts, .context = a};

	if (!a)
		return frame;
	r.pseudonyms = a->pseudonyms;
	r.sums = a->sums;
	if (captured > a->room || !a->frame) {
		a->frame = must_have(realloc(a->frame, captured + 1));
		a->room = captured;
	}
	a->observer = o;
	rewrite_frame(&r, link_type, frame, captured, a->frame);
	a->observer = NULL;
	return a->frame;
}

/* --- names ---------------------------------------------------------------- */

struct address anonymous_address(struct anonymous *a,
				 const struct address *address)
{
	return a ? pseudonym_address(a->pseudonyms, address) : *address;
}

struct address anonymous_original(struct anonymous *a,
				  const struct address *address)
{
	return a ? pseudonym_original(a->pseudonyms, address) : *address;
}

static unsigned number_of(struct anonymous *a, const char *kind,
			  const char *name)
{
	return (unsigned)pseudonym_number(a->pseudonyms, kind, name,
					  strlen(name));
}

/* Names of hosts are the same in capitals, and with a dot at the end. */
static char *same_name(struct arena *arena, const char *name)
{
	char *text = arena_printf(arena, "%s", name);
	size_t length = strlen(text);

	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (length && text[length - 1] == '.')
		text[length - 1] = '\0';
	return text;
}

const char *anonymous_host(struct anonymous *a, struct arena *arena,
			   const char *name)
{
	struct address address;

	if (!a || !name)
		return name;
	if (address_parse(name, &address)) {
		address = anonymous_address(a, &address);
		return arena_address(arena, &address);
	}
	return arena_printf(arena, "host-%08x.example",
			    number_of(a, "host", same_name(arena, name)));
}

const char *anonymous_interface(struct anonymous *a, const char *name,
				char text[ANONYMOUS_INTERFACE])
{
	if (!a || !name || !*name)
		return name;
	snprintf(text, ANONYMOUS_INTERFACE, "if-%04x",
		 number_of(a, "interface", name) & 0xffff);
	return text;
}

const char *anonymous_link(struct anonymous *a, struct arena *arena,
			   const uint8_t address[6])
{
	uint8_t shown[6];

	pseudonym_link(a->pseudonyms, address, sizeof(shown), shown);
	return arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", shown[0],
			    shown[1], shown[2], shown[3], shown[4], shown[5]);
}

#define PRIVATE_FIRST 4200000000u
#define PRIVATE_COUNT 94967295u

uint32_t anonymous_origin(struct anonymous *a, uint32_t number)
{
	if (!a || !number)
		return number;
	return PRIVATE_FIRST +
	       (uint32_t)(pseudonym_number(a->pseudonyms, "origin", &number,
					   sizeof(number)) %
			  PRIVATE_COUNT);
}

const char *anonymous_title(struct anonymous *a, struct arena *arena,
			    const char *title)
{
	return a && title ? arena_printf(arena, "network-%08x",
					 number_of(a, "title", title))
			  : title;
}
