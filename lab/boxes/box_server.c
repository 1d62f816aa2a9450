/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behaviours of servers, in front of their own stack: an old one, and broken
 * ones (lab/servers/servers.sh).
 */
#include <string.h>

#include "crafting/compose.h"
#include "crafting/cursor.h"
#include "crafting/keys.h"
#include "lab/boxes/box.h"

static bool is_syn_ack(const struct passing *p)
{
	return p->is_tcp && p->way == RETURN && p->segment.flags & TCP_FLAG_SYN;
}

/* ---- Linux 5.10 ---------------------------------------------------------- */

/* The RST of a listener that does not know the token of an MP_JOIN. */
static bool refuses_join(const struct passing *p)
{
	const struct connection *c = p->connection;
	struct tcp_options syn;

	if (!c || !(p->segment.flags & TCP_FLAG_ACK))
		return false; /* not of a SYN */
	tcp_options_read(c->options[FORWARD], c->options_length[FORWARD],
			 c->options_length[FORWARD], &syn);
	return tcp_options_mptcp(&syn, MP_JOIN) != NULL;
}

static void accept_join(struct box *b, struct passing *p)
{
	struct mptcp_option join = {.subtype = MP_JOIN};
	struct writer w = writer_over(p->options, sizeof(p->options));

	join.join.stage = JOIN_SYN_ACK; /* its HMAC and nonce are 0 */
	write_mss(&w, 1460);
	mptcp_encode(&w, &join);
	p->segment.options_length = w.length;
	p->segment.flags = TCP_FLAG_SYN | TCP_FLAG_ACK;
	p->segment.sequence = box_random(b);
	p->segment.window = 64240;
}

/* It knows no DSS checksums: who asks for them gets plain TCP. It takes an
 * MP_JOIN with whatever token, as if it had an HMAC of its own, and knows no
 * MP_TCPRST. */
enum fate without_checksums(struct box *b, struct passing *p)
{
	const struct mptcp_option *o = tcp_options_mptcp(&p->read, MP_CAPABLE);

	if (!p->is_tcp)
		return PASS;
	if (p->way == FORWARD)
		return p->segment.flags & TCP_FLAG_SYN && o &&
				       o->capable.flags & MPC_CHECKSUM
			       ? remove_cut(b, p)
			       : PASS;
	if (!(p->segment.flags & TCP_FLAG_RST))
		return PASS;
	p->edited = true;
	p->segment.options_length = 0;
	if (refuses_join(p))
		accept_join(b, p);
	return PASS;
}

/* ---- broken -------------------------------------------------------------- */

/* Every SYN/ACK comes `value` times more. */
enum fate storm(struct box *b, struct passing *p)
{
	for (long i = 0; is_syn_ack(p) && i < b->value; i++)
		passing_send_copy(b, p);
	return PASS;
}

/* Options of random kinds and lengths, one of them of MPTCP, in the place of
 * its own. */
enum fate random_options(struct box *b, struct passing *p)
{
	struct writer w = writer_over(p->options, sizeof(p->options));

	if (!p->is_tcp || p->way != RETURN)
		return PASS;
	for (unsigned i = 0; i < 3; i++) {
		uint32_t dice = box_random(b);

		write_u8(&w, i == 1 ? TCPOPT_MPTCP : (uint8_t)(dice >> 8));
		write_u8(&w, (uint8_t)(3 + dice % 10));
		for (unsigned k = 0; k <= dice % 10; k++)
			write_u8(&w, (uint8_t)box_random(b));
	}
	p->segment.options_length = w.length;
	p->edited = true;
	return PASS;
}

/* Forms that MPTCP options have, behind the handshake (RFC 8684 3). */
static const uint8_t forms[][3] = {
	/* bytes of the option, the first two behind its length */
	{8, 0x20, 0x01},		    /* DSS: DATA_ACK */
	{12, 0x20, 0x03},		    /* 64-bit */
	{26, 0x20, 0x0f},		    /* and a mapping */
	{28, 0x20, 0x0f},		    /* and a checksum */
	{18, 0x20, 0x05}, {16, 0x30, 0x01}, /* ADD_ADDR */
	{4, 0x40, 0x01},		    /* REMOVE_ADDR */
	{4, 0x50, 0x01},		    /* MP_PRIO */
	{12, 0x60, 0x00},		    /* MP_FAIL */
	{12, 0x70, 0x00},		    /* MP_FASTCLOSE */
};
static const uint8_t syn_ack_forms[][3] = {
	{12, 0x01, 0x01}, {12, 0x01, 0x81}, {12, 0x00, 0x01},
	{4, 0x01, 0x01},  {16, 0x10, 0x01}, {12, 0x10, 0x01},
};

/* One MPTCP option, well formed and of random content, beside the others. */
enum fate random_mptcp(struct box *b, struct passing *p)
{
	bool syn = is_syn_ack(p);
	uint32_t dice = box_random(b) >> 8;
	const uint8_t *form =
		syn ? syn_ack_forms[dice % (sizeof(syn_ack_forms) / 3)]
		    : forms[dice % (sizeof(forms) / 3)];
	struct writer w = writer_over(p->options, sizeof(p->options));

	if (!p->is_tcp || p->way != RETURN)
		return PASS;
	w.length = p->segment.options_length;
	if (w.length + form[0] > sizeof(p->options))
		w.length = 0;
	write_u8(&w, TCPOPT_MPTCP);
	for (unsigned i = 0; i < 3; i++)
		write_u8(&w, form[i]);
	for (unsigned i = 4; i < form[0]; i++)
		write_u8(&w, (uint8_t)(box_random(b) >> 8));
	p->segment.options_length = w.length;
	p->edited = true;
	return PASS;
}

/* It offers no window, and takes no data. */
enum fate no_window(struct box *b, struct passing *p)
{
	struct tcp_segment again = {.flags = TCP_FLAG_ACK};

	if (!p->is_tcp)
		return PASS;
	if (p->way == RETURN) {
		p->edited = true;
		p->segment.window = 0;
		return PASS;
	}
	if (!p->segment.payload_length)
		return PASS;
	again.sequence = p->segment.acknowledgment;
	again.acknowledgment = p->segment.sequence;
	passing_answer(b, p, true, &again);
	return DROP;
}

/* An ADD_ADDR with a right HMAC for an address that nobody has. */
static void announce(const struct box *b, const struct passing *p, unsigned i,
		     struct keys *keys)
{
	const struct connection *c = p->connection;
	struct mptcp_host host = {.keys = keys,
				  .version = 1,
				  .key = c->keys[RETURN],
				  .peer_key = c->keys[FORWARD]};
	struct mptcp_option o = {.subtype = MP_ADD_ADDR};
	struct passing copy = *p;
	struct writer w = writer_over(copy.options, sizeof(copy.options));

	o.add_addr.version = 1;
	o.add_addr.address_id = (uint8_t)(i + 1);
	o.add_addr.address = c->server;
	o.add_addr.address.bytes[2] = (uint8_t)(100 + i / 200);
	o.add_addr.address.bytes[3] = (uint8_t)(i % 200 + 20);
	if (compose_add_addr_hmac(&host, &o))
		return;
	if (p->read.has_timestamps)
		write_timestamps(&w, p->read.tsval, p->read.tsecr);
	mptcp_encode(&w, &o);
	copy.segment.options = copy.options;
	copy.segment.options_length = w.length;
	copy.segment.payload_length = 0;
	copy.edited = true;
	passing_send_copy(b, &copy);
}

/* Before each of its segments: so many addresses as `value` says. */
enum fate announce_many(struct box *b, struct passing *p)
{
	static struct keys *keys;
	const struct mptcp_option *o = tcp_options_mptcp(&p->read, MP_CAPABLE);
	struct connection *c = p->connection;

	if (!p->is_tcp || !c)
		return PASS;
	if (p->way == FORWARD && o && o->capable.has_receiver_key) {
		c->keys[FORWARD] = o->capable.sender_key;
		c->keys[RETURN] = o->capable.receiver_key;
	}
	if (!keys)
		keys = keys_new();
	if (p->way == FORWARD || !keys || !c->keys[RETURN] ||
	    p->segment.flags & (TCP_FLAG_SYN | TCP_FLAG_RST))
		return PASS;
	for (unsigned i = 0; i < (unsigned long)b->value; i++)
		announce(b, p, i, keys);
	return PASS;
}
