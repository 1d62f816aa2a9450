/* SPDX-License-Identifier: GPL-3.0-or-later
 * Behaviours that edit, or act on, TCP options.
 */
#include <string.h>

#include "crafting/cursor.h"
#include "lab/boxes/box.h"

static unsigned segment_class(const struct passing *p)
{
	unsigned flags = p->segment.flags;

	if (!(flags & TCP_FLAG_SYN))
		return ON_REST;
	return flags & TCP_FLAG_ACK ? ON_SYN_ACK : ON_SYN;
}

bool passing_wanted(const struct box *b, const struct passing *p)
{
	if (!p->is_tcp || !b->edits[p->way] || !(b->on & segment_class(p)))
		return false;
	return b->after == 0 ||
	       (p->connection && p->connection->data_segments > b->after);
}

/* ---- walking and rewriting ---------------------------------------------- */

typedef bool meant_fn(const struct box *b, const struct tcp_option *o);

static bool is_mptcp(const struct box *b, const struct tcp_option *o)
{
	return o->kind == TCPOPT_MPTCP && o->length > 2 &&
	       (b->subtype < 0 || o->bytes[2] >> 4 == b->subtype);
}

static bool is_unknown(const struct box *b, const struct tcp_option *o)
{
	(void)b;
	return o->kind > TCPOPT_KIND_SACK && o->kind != TCPOPT_KIND_TIMESTAMPS;
}

static bool is_kind(const struct box *b, const struct tcp_option *o)
{
	return o->kind == b->value;
}

static struct option_walk walk_over(const struct passing *p)
{
	return option_walk_over(p->segment.options, p->segment.options_length,
				p->segment.options_length);
}

static bool find_meant(const struct box *b, const struct passing *p,
		       meant_fn *meant, struct tcp_option *o)
{
	struct option_walk walk = walk_over(p);

	while (option_next(&walk, o) == OPTION_FOUND)
		if (meant(b, o))
			return true;
	return false;
}

/* Writes `fill` over every option meant. */
static enum fate overwrite(struct box *b, struct passing *p, meant_fn *meant,
			   uint8_t fill)
{
	struct option_walk walk = walk_over(p);
	struct tcp_option o;

	if (!passing_wanted(b, p))
		return PASS;
	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (!meant(b, &o))
			continue;
		memset(p->options + o.offset, fill, o.length);
		p->edited = true;
		if (fill == TCPOPT_KIND_EOL)
			break;
	}
	return PASS;
}

/* Moves what follows up, so that the header gets shorter. */
static enum fate cut(struct box *b, struct passing *p, meant_fn *meant)
{
	struct tcp_option o;

	if (!passing_wanted(b, p))
		return PASS;
	while (find_meant(b, p, meant, &o)) {
		size_t end = o.offset + o.length;

		memmove(p->options + o.offset, p->options + end,
			p->segment.options_length - end);
		p->segment.options_length -= o.length;
		p->edited = true;
	}
	return PASS;
}

static bool append(struct passing *p, const uint8_t *bytes, size_t length)
{
	if (p->segment.options_length + length > sizeof(p->options))
		return false;
	memcpy(p->options + p->segment.options_length, bytes, length);
	p->segment.options_length += length;
	p->edited = true;
	return true;
}

/* ---- options removed ---------------------------------------------------- */

enum fate remove_cut(struct box *b, struct passing *p)
{
	return cut(b, p, is_mptcp);
}

enum fate remove_nop(struct box *b, struct passing *p)
{
	return overwrite(b, p, is_mptcp, TCPOPT_KIND_NOP);
}

enum fate remove_eol(struct box *b, struct passing *p)
{
	return overwrite(b, p, is_mptcp, TCPOPT_KIND_EOL);
}

enum fate remove_unknown(struct box *b, struct passing *p)
{
	return overwrite(b, p, is_unknown, TCPOPT_KIND_NOP);
}

enum fate remove_kind(struct box *b, struct passing *p)
{
	return overwrite(b, p, is_kind, TCPOPT_KIND_NOP);
}

/* ---- options altered ---------------------------------------------------- */

/* XORs a byte of the MPTCP option of one subtype. */
static enum fate alter(struct box *b, struct passing *p, unsigned subtype,
		       size_t at, uint8_t bits)
{
	struct option_walk walk = walk_over(p);
	struct tcp_option o;

	if (!passing_wanted(b, p))
		return PASS;
	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != TCPOPT_MPTCP || o.length <= at ||
		    (unsigned)o.bytes[2] >> 4 != subtype)
			continue;
		p->options[o.offset + at] ^= bits;
		p->edited = true;
	}
	return PASS;
}

/* RFC 8684 3.1: the version is the low nibble of the third byte. */
enum fate clear_version(struct box *b, struct passing *p)
{
	return alter(b, p, MP_CAPABLE, 2, 0x01);
}

enum fate alter_key(struct box *b, struct passing *p)
{
	return p->segment.flags & TCP_FLAG_SYN
		       ? alter(b, p, MP_CAPABLE, 7, 0x5a)
		       : PASS;
}

/* RFC 8684 3.2: in the SYN/ACK and in the third ACK, not in the SYN. */
enum fate alter_hmac(struct box *b, struct passing *p)
{
	return segment_class(p) == ON_SYN ? PASS
					  : alter(b, p, MP_JOIN, 7, 0x5a);
}

enum fate alter_address(struct box *b, struct passing *p)
{
	return alter(b, p, MP_ADD_ADDR, 7, 0x5a);
}

/* RFC 8684 3.3: the data sequence number stands behind the DATA_ACK. 0: there
 * is none. */
static size_t dsn_at(const struct passing *p)
{
	const struct mptcp_option *o = tcp_options_mptcp(&p->read, MP_DSS);

	if (!p->is_tcp || !o || !(o->dss.flags & DSS_MAPPING))
		return 0;
	return !(o->dss.flags & DSS_ACK) ? 4 : o->dss.flags & DSS_ACK8 ? 12 : 8;
}

enum fate alter_dsn(struct box *b, struct passing *p)
{
	size_t at = dsn_at(p);

	return at ? alter(b, p, MP_DSS, at + 3, 0x5a) : PASS;
}

/* The subflow sequence number stands behind that: one more. */
enum fate raise_ssn(struct box *b, struct passing *p)
{
	const struct mptcp_option *o = tcp_options_mptcp(&p->read, MP_DSS);
	size_t at = dsn_at(p);
	uint32_t bits;

	if (!at)
		return PASS;
	at += o->dss.flags & DSS_DSN8 ? 8 : 4;
	bits = (o->dss.ssn + 1) ^ o->dss.ssn;
	for (unsigned byte = 0; byte < 4; byte++)
		alter(b, p, MP_DSS, at + 3 - byte, (uint8_t)(bits >> 8 * byte));
	return PASS;
}

/* The DSS with a DATA_ACK (RFC 8684 3.3); or NULL. */
static const struct mptcp_option *data_ack_of(const struct passing *p)
{
	const struct mptcp_option *o = tcp_options_mptcp(&p->read, MP_DSS);

	return p->is_tcp && o && o->dss.flags & DSS_ACK ? o : NULL;
}

/* Its lower 32 bits. */
static enum fate set_data_ack(struct box *b, struct passing *p, uint64_t value)
{
	const struct mptcp_option *o = data_ack_of(p);
	size_t at = o->dss.flags & DSS_ACK8 ? 11 : 7;
	uint64_t bits = value ^ o->dss.data_ack;

	for (unsigned byte = 0; byte < 4; byte++)
		alter(b, p, MP_DSS, at - byte, (uint8_t)(bits >> 8 * byte));
	return PASS;
}

/* `value` more, which is behind all requests. */
enum fate raise_data_ack(struct box *b, struct passing *p)
{
	const struct mptcp_option *o = data_ack_of(p);

	return o ? set_data_ack(b, p, o->dss.data_ack + (uint64_t)b->value)
		 : PASS;
}

enum fate lower_data_ack(struct box *b, struct passing *p)
{
	const struct mptcp_option *o = data_ack_of(p);

	return o ? set_data_ack(b, p, o->dss.data_ack - 1) : PASS;
}

/* As it was first on this subflow, in this direction. */
enum fate freeze_data_ack(struct box *b, struct passing *p)
{
	const struct mptcp_option *o = data_ack_of(p);
	uint64_t *first =
		p->connection ? &p->connection->data_acks[p->way] : NULL;

	if (!o || !first)
		return PASS;
	if (!*first)
		*first = o->dss.data_ack;
	return set_data_ack(b, p, *first);
}

/* ---- options added ------------------------------------------------------ */

/* Options of the SYN that a SYN/ACK without them gets. */
static enum fate echo(struct box *b, struct passing *p, meant_fn *meant)
{
	struct connection *c = p->connection;
	struct option_walk walk;
	struct tcp_option o, there;

	if (!passing_wanted(b, p) || !c || segment_class(p) != ON_SYN_ACK)
		return PASS;
	walk = option_walk_over(c->options[FORWARD], c->options_length[FORWARD],
				c->options_length[FORWARD]);
	while (option_next(&walk, &o) == OPTION_FOUND)
		if (meant(b, &o) && !find_meant(b, p, meant, &there))
			append(p, o.bytes, o.length);
	return PASS;
}

enum fate mirror(struct box *b, struct passing *p)
{
	return echo(b, p, is_mptcp);
}

enum fate mirror_all(struct box *b, struct passing *p)
{
	return echo(b, p, is_unknown);
}

/* An MSS where there is none; else the one there is lowered. */
enum fate add_mss(struct box *b, struct passing *p)
{
	const uint8_t mss[] = {TCPOPT_KIND_MSS, 4, (uint8_t)(b->value >> 8),
			       (uint8_t)b->value};

	if (passing_wanted(b, p) && segment_class(p) == ON_SYN &&
	    !p->read.has_mss)
		append(p, mss, sizeof(mss));
	return PASS;
}

/* ---- options that are not let through ----------------------------------- */

enum fate drop_option(struct box *b, struct passing *p)
{
	struct tcp_option o;

	return passing_wanted(b, p) && find_meant(b, p, is_mptcp, &o) ? DROP
								      : PASS;
}

/* A RST to the client, from the box itself; with value 2 to both ends. The
 * segment passes. */
enum fate reset_option(struct box *b, struct passing *p)
{
	struct tcp_segment to_client = {.flags = TCP_FLAG_RST | TCP_FLAG_ACK,
					.acknowledgment =
						p->segment.sequence + 1};
	struct tcp_segment to_server = {.flags = TCP_FLAG_RST,
					.sequence = p->segment.sequence + 1};
	struct tcp_option o;

	if (!passing_wanted(b, p) || segment_class(p) != ON_SYN ||
	    !find_meant(b, p, is_mptcp, &o))
		return PASS;
	passing_answer(b, p, true, &to_client);
	if (b->value > 1) {
		passing_send_copy(b, p);
		passing_answer(b, p, false, &to_server);
		return DROP;
	}
	return PASS;
}
