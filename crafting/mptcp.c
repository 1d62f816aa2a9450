/* SPDX-License-Identifier: GPL-3.0-or-later
 * The MPTCP option: every subtype of both versions, bytes <-> meaning.
 *
 * One table of subtypes holds a name and three functions each. A decoder
 * reads from the subtype byte to the end of the option; the option has a
 * length that its subtype allows if nothing is missing and nothing is left.
 */
#include "mptcp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cursor.h"

enum {
	HEADER = 2,	 /* kind and length */
	OPTION_MAX = 40, /* all options of a TCP header */
	HMAC = 8,
};

/* Text that is cut where the room ends. */
struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t,
						      const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(t->at, t->left, format, arguments);
	va_end(arguments);
	if (n < 0 || !t->left)
		return;
	if ((size_t)n >= t->left)
		n = (int)t->left - 1;
	t->at += n;
	t->left -= (size_t)n;
}

static void put_hex(struct text *t, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(t, "%02x", bytes[i]);
}

struct flag {
	uint8_t bit;
	char letter;
};

/* RFC 8684 3.1: the flags are lettered A to H, from the highest bit down. */
static const struct flag capable_flags[] = {
	{MPC_CHECKSUM, 'A'},
	{MPC_EXTENSIBILITY, 'B'},
	{MPC_DENY_JOIN_ID0, 'C'},
	{0x10, 'D'},
	{0x08, 'E'},
	{0x04, 'F'},
	{0x02, 'G'},
	{MPC_HMAC, 'H'},
	{0, 0},
};

/* RFC 8684 3.6 */
static const struct flag tcprst_flags[] = {
	{0x08, 'U'}, {0x04, 'V'}, {0x02, 'W'}, {0x01, 'T'}, {0, 0},
};

static void put_flags(struct text *t, const struct flag *table, uint8_t flags)
{
	put(t, " flags ");
	for (const struct flag *f = table; f->bit; f++)
		if (flags & f->bit)
			put(t, "%c", f->letter);
	if (!flags)
		put(t, "none");
}

/* RFC 8684 3.1: 4 (SYN), 12 (SYN/ACK), 20 (ACK), 22 and 24 (ACK with data,
 * and with a checksum). RFC 6824 3.1: 12 (SYN, SYN/ACK), 20 (ACK). */
/* Version 0 has two bits more for algorithms (RFC 6824 3.1). */
bool mptcp_flags_valid(unsigned version, uint8_t flags)
{
	uint8_t algorithms = version == 0 ? 0x3f : 0x1f;

	return (flags & (algorithms | MPC_EXTENSIBILITY)) == MPC_HMAC;
}

static bool decode_capable(struct cursor *c, struct mptcp_option *o)
{
	o->capable.version = cursor_u8(c) & 0x0f;
	o->capable.flags = cursor_u8(c);
	if (c->left >= 8) {
		o->capable.has_sender_key = true;
		o->capable.sender_key = cursor_u64(c);
	}
	if (c->left >= 8) {
		o->capable.has_receiver_key = true;
		o->capable.receiver_key = cursor_u64(c);
	}
	if (o->capable.has_receiver_key && c->left >= 2) {
		o->capable.has_data_length = true;
		o->capable.data_length = cursor_u16(c);
	}
	if (o->capable.has_data_length && c->left >= 2) {
		o->capable.has_checksum = true;
		o->capable.checksum = cursor_u16(c);
	}
	return true;
}

static bool encode_capable(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, MP_CAPABLE << 4 | (o->capable.version & 0x0f));
	write_u8(w, o->capable.flags);
	if (o->capable.has_sender_key)
		write_u64(w, o->capable.sender_key);
	if (o->capable.has_receiver_key)
		write_u64(w, o->capable.receiver_key);
	if (o->capable.has_data_length)
		write_u16(w, o->capable.data_length);
	if (o->capable.has_checksum)
		write_u16(w, o->capable.checksum);
	return true;
}

static void text_capable(struct text *t, const struct mptcp_option *o)
{
	put(t, " v%u", o->capable.version);
	put_flags(t, capable_flags, o->capable.flags);
	if (o->capable.has_sender_key)
		put(t, " key %016" PRIx64, o->capable.sender_key);
	if (o->capable.has_receiver_key)
		put(t, " peer key %016" PRIx64, o->capable.receiver_key);
	if (o->capable.has_data_length)
		put(t, " len %u", o->capable.data_length);
	if (o->capable.has_checksum)
		put(t, " csum 0x%04x", o->capable.checksum);
}

static const char *const join_stage_names[] = {
	[JOIN_SYN] = "syn",
	[JOIN_SYN_ACK] = "syn/ack",
	[JOIN_ACK] = "ack",
};

/* RFC 8684 3.2, RFC 6824 3.2: 12 (SYN), 16 (SYN/ACK), 24 (third ACK, where
 * the bits that would be B and the address ID are reserved). */
static bool decode_join(struct cursor *c, struct mptcp_option *o)
{
	uint8_t flags = cursor_u8(c), address_id = cursor_u8(c);
	const uint8_t *hmac;
	size_t hmac_length;

	switch (o->length) {
	case 12:
		o->join.stage = JOIN_SYN;
		o->join.token = cursor_u32(c);
		break;
	case 16:
		o->join.stage = JOIN_SYN_ACK;
		break;
	case 24:
		o->join.stage = JOIN_ACK;
		break;
	default:
		return false;
	}
	if (o->join.stage != JOIN_SYN) {
		hmac_length = o->join.stage == JOIN_ACK ? 20 : HMAC;
		hmac = cursor_take(c, hmac_length);
		if (hmac)
			memcpy(o->join.hmac, hmac, hmac_length);
	}
	if (o->join.stage != JOIN_ACK) {
		o->join.backup = flags & 1;
		o->join.address_id = address_id;
		o->join.nonce = cursor_u32(c);
	}
	return true;
}

static bool encode_join(struct writer *w, const struct mptcp_option *o)
{
	bool is_ack = o->join.stage == JOIN_ACK;

	write_u8(w, MP_JOIN << 4 | (!is_ack && o->join.backup));
	write_u8(w, is_ack ? 0 : o->join.address_id);
	switch (o->join.stage) {
	case JOIN_SYN:
		write_u32(w, o->join.token);
		break;
	case JOIN_SYN_ACK:
		write_bytes(w, o->join.hmac, HMAC);
		break;
	case JOIN_ACK:
		write_bytes(w, o->join.hmac, sizeof(o->join.hmac));
		return true;
	default:
		return false;
	}
	write_u32(w, o->join.nonce);
	return true;
}

static void text_join(struct text *t, const struct mptcp_option *o)
{
	enum mp_join_stage stage = o->join.stage;

	if (stage < JOIN_SYN || stage > JOIN_ACK)
		return;
	put(t, " %s", join_stage_names[stage]);
	if (stage != JOIN_ACK)
		put(t, "%s id %u", o->join.backup ? " backup" : "",
		    o->join.address_id);
	if (stage == JOIN_SYN) {
		put(t, " token %08" PRIx32, o->join.token);
	} else {
		put(t, " hmac ");
		put_hex(t, o->join.hmac,
			stage == JOIN_ACK ? sizeof(o->join.hmac) : HMAC);
	}
	if (stage != JOIN_ACK)
		put(t, " nonce %08" PRIx32, o->join.nonce);
}

static uint64_t read_wide(struct cursor *c, bool eight)
{
	return eight ? cursor_u64(c) : cursor_u32(c);
}

static void write_wide(struct writer *w, uint64_t v, bool eight)
{
	if (eight)
		write_u64(w, v);
	else
		write_u32(w, (uint32_t)v);
}

static int wide_digits(bool eight)
{
	return eight ? 16 : 8;
}

/* RFC 8684 3.3, RFC 6824 3.3: the flags say what there is, except for the
 * checksum, which the length says. a and m mean nothing without A and M. */
static bool decode_dss(struct cursor *c, struct mptcp_option *o)
{
	cursor_u8(c);
	o->dss.flags = cursor_u8(c);
	if (o->dss.flags & DSS_ACK)
		o->dss.data_ack = read_wide(c, o->dss.flags & DSS_ACK8);
	if (!(o->dss.flags & DSS_MAPPING))
		return true;
	o->dss.dsn = read_wide(c, o->dss.flags & DSS_DSN8);
	o->dss.ssn = cursor_u32(c);
	o->dss.data_level_length = cursor_u16(c);
	if (c->left) {
		o->dss.has_checksum = true;
		o->dss.checksum = cursor_u16(c);
	}
	return true;
}

static bool encode_dss(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, MP_DSS << 4);
	write_u8(w, o->dss.flags);
	if (o->dss.flags & DSS_ACK)
		write_wide(w, o->dss.data_ack, o->dss.flags & DSS_ACK8);
	if (!(o->dss.flags & DSS_MAPPING))
		return true;
	write_wide(w, o->dss.dsn, o->dss.flags & DSS_DSN8);
	write_u32(w, o->dss.ssn);
	write_u16(w, o->dss.data_level_length);
	if (o->dss.has_checksum)
		write_u16(w, o->dss.checksum);
	return true;
}

/* The digits of a number tell whether it has four or eight bytes; flags that
 * nothing else in the line tells stand at its end. */
static void text_dss(struct text *t, const struct mptcp_option *o)
{
	uint8_t flags = o->dss.flags, told = DSS_DATA_FIN;

	if (flags & DSS_DATA_FIN)
		put(t, " fin");
	if (flags & DSS_ACK) {
		told |= DSS_ACK | DSS_ACK8;
		put(t, " ack %0*" PRIx64, wide_digits(flags & DSS_ACK8),
		    o->dss.data_ack);
	}
	if (flags & DSS_MAPPING) {
		told |= DSS_MAPPING | DSS_DSN8;
		put(t, " dsn %0*" PRIx64 " ssn %" PRIu32 " len %u",
		    wide_digits(flags & DSS_DSN8), o->dss.dsn, o->dss.ssn,
		    o->dss.data_level_length);
		if (o->dss.has_checksum)
			put(t, " csum 0x%04x", o->dss.checksum);
	}
	if (flags & ~told)
		put(t, " flags 0x%02x", flags & ~told);
}

/* RFC 8684 3.4.1: the low nibble has the flag E, and an echo has no HMAC.
 * RFC 6824 3.4.1: it is the IP version, and there is no HMAC at all. The rest
 * is the address, and a port where two more bytes are there. */
static bool decode_add_addr(struct cursor *c, struct mptcp_option *o)
{
	uint8_t nibble = cursor_u8(c) & 0x0f;
	size_t hmac_length = nibble == 0 ? HMAC : 0;
	size_t address_length;
	const uint8_t *address;

	if (nibble != 0 && nibble != 1 && nibble != 4 && nibble != 6)
		return false;
	o->add_addr.version = nibble < 4;
	o->add_addr.echo = nibble == 1;
	o->add_addr.address_id = cursor_u8(c);
	address_length = c->left < 16 + hmac_length ? 4 : 16;
	address = cursor_take(c, address_length);
	if (!address)
		return false;
	o->add_addr.address = address_from(address, address_length);
	if (nibble >= 4 && nibble != o->add_addr.address.family)
		return false;
	if (c->left > hmac_length) {
		o->add_addr.has_port = true;
		o->add_addr.port = cursor_u16(c);
	}
	if (hmac_length) {
		o->add_addr.has_hmac = true;
		o->add_addr.hmac = cursor_u64(c);
	}
	return true;
}

static bool encode_add_addr(struct writer *w, const struct mptcp_option *o)
{
	const struct address *address = &o->add_addr.address;
	uint8_t nibble =
		o->add_addr.version ? o->add_addr.echo : address->family;

	if (!address_length(address))
		return false;
	write_u8(w, MP_ADD_ADDR << 4 | nibble);
	write_u8(w, o->add_addr.address_id);
	write_bytes(w, address->bytes, address_length(address));
	if (o->add_addr.has_port)
		write_u16(w, o->add_addr.port);
	if (o->add_addr.has_hmac)
		write_u64(w, o->add_addr.hmac);
	return true;
}

static void text_add_addr(struct text *t, const struct mptcp_option *o)
{
	char address[ADDRESS_TEXT];

	put(t, " v%u%s id %u %s", o->add_addr.version,
	    o->add_addr.echo ? " echo" : "", o->add_addr.address_id,
	    address_text(&o->add_addr.address, address));
	if (o->add_addr.has_port)
		put(t, " port %u", o->add_addr.port);
	if (o->add_addr.has_hmac)
		put(t, " hmac %016" PRIx64, o->add_addr.hmac);
}

/* RFC 8684 3.4.2, RFC 6824 3.4.2 */
static bool decode_remove_addr(struct cursor *c, struct mptcp_option *o)
{
	size_t count;
	const uint8_t *ids;

	cursor_u8(c);
	count = c->left;
	if (count < 1 || count > sizeof(o->remove_addr.ids))
		return false;
	ids = cursor_take(c, count);
	o->remove_addr.count = (uint8_t)count;
	memcpy(o->remove_addr.ids, ids, count);
	return true;
}

static bool encode_remove_addr(struct writer *w, const struct mptcp_option *o)
{
	if (o->remove_addr.count > sizeof(o->remove_addr.ids))
		return false;
	write_u8(w, MP_REMOVE_ADDR << 4);
	write_bytes(w, o->remove_addr.ids, o->remove_addr.count);
	return true;
}

static void text_remove_addr(struct text *t, const struct mptcp_option *o)
{
	size_t count = o->remove_addr.count;

	for (size_t i = 0; i < count && i < sizeof(o->remove_addr.ids); i++)
		put(t, "%s%u", i ? "," : " id ", o->remove_addr.ids[i]);
}

/* RFC 8684 3.3.8: 3 bytes. RFC 6824 3.3.8: 3, or 4 with an address ID. */
static bool decode_prio(struct cursor *c, struct mptcp_option *o)
{
	o->prio.backup = cursor_u8(c) & 1;
	if (c->left) {
		o->prio.has_address_id = true;
		o->prio.address_id = cursor_u8(c);
	}
	return true;
}

static bool encode_prio(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, MP_PRIO << 4 | o->prio.backup);
	if (o->prio.has_address_id)
		write_u8(w, o->prio.address_id);
	return true;
}

static void text_prio(struct text *t, const struct mptcp_option *o)
{
	if (o->prio.backup)
		put(t, " backup");
	if (o->prio.has_address_id)
		put(t, " id %u", o->prio.address_id);
}

/* RFC 8684 3.7, RFC 6824 3.6 */
static bool decode_fail(struct cursor *c, struct mptcp_option *o)
{
	cursor_u16(c);
	o->fail.dsn = cursor_u64(c);
	return true;
}

static bool encode_fail(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, MP_FAIL << 4);
	write_u8(w, 0);
	write_u64(w, o->fail.dsn);
	return true;
}

static void text_fail(struct text *t, const struct mptcp_option *o)
{
	put(t, " dsn %016" PRIx64, o->fail.dsn);
}

/* RFC 8684 3.5, RFC 6824 3.5 */
static bool decode_fastclose(struct cursor *c, struct mptcp_option *o)
{
	cursor_u16(c);
	o->fastclose.receiver_key = cursor_u64(c);
	return true;
}

static bool encode_fastclose(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, MP_FASTCLOSE << 4);
	write_u8(w, 0);
	write_u64(w, o->fastclose.receiver_key);
	return true;
}

static void text_fastclose(struct text *t, const struct mptcp_option *o)
{
	put(t, " key %016" PRIx64, o->fastclose.receiver_key);
}

/* RFC 8684 3.6 */
static bool decode_tcprst(struct cursor *c, struct mptcp_option *o)
{
	o->tcprst.flags = cursor_u8(c) & 0x0f;
	o->tcprst.reason = cursor_u8(c);
	return true;
}

static bool encode_tcprst(struct writer *w, const struct mptcp_option *o)
{
	write_u8(w, (uint8_t)(MP_TCPRST << 4 | (o->tcprst.flags & 0x0f)));
	write_u8(w, o->tcprst.reason);
	return true;
}

static void text_tcprst(struct text *t, const struct mptcp_option *o)
{
	put_flags(t, tcprst_flags, o->tcprst.flags & 0x0f);
	put(t, " reason %u (%s)", o->tcprst.reason,
	    mptcp_reset_reason(o->tcprst.reason));
}

/* The IANA registry of MPTCP option subtypes. A row without functions is a
 * subtype that nobody has given a meaning. Decoders get a cursor from the
 * subtype byte on and may leave the check for missing and surplus bytes to
 * the caller; they, and encoders, return false for what has no form. */
static const struct subtype {
	const char *name;
	bool (*decode)(struct cursor *c, struct mptcp_option *out);
	bool (*encode)(struct writer *w, const struct mptcp_option *option);
	void (*text)(struct text *t, const struct mptcp_option *option);
} subtypes[16] = {
	[MP_CAPABLE] = {"MP_CAPABLE", decode_capable, encode_capable,
			text_capable},
	[MP_JOIN] = {"MP_JOIN", decode_join, encode_join, text_join},
	[MP_DSS] = {"DSS", decode_dss, encode_dss, text_dss},
	[MP_ADD_ADDR] = {"ADD_ADDR", decode_add_addr, encode_add_addr,
			 text_add_addr},
	[MP_REMOVE_ADDR] = {"REMOVE_ADDR", decode_remove_addr,
			    encode_remove_addr, text_remove_addr},
	[MP_PRIO] = {"MP_PRIO", decode_prio, encode_prio, text_prio},
	[MP_FAIL] = {"MP_FAIL", decode_fail, encode_fail, text_fail},
	[MP_FASTCLOSE] = {"MP_FASTCLOSE", decode_fastclose, encode_fastclose,
			  text_fastclose},
	[MP_TCPRST] = {"MP_TCPRST", decode_tcprst, encode_tcprst, text_tcprst},
	[9] = {.name = "subtype 9"},
	[10] = {.name = "subtype 10"},
	[11] = {.name = "subtype 11"},
	[12] = {.name = "subtype 12"},
	[13] = {.name = "subtype 13"},
	[14] = {.name = "subtype 14"},
	[15] = {.name = "subtype 15"},
};

/* `c` runs from the subtype byte to the end of the option. */
static bool decode_body(struct cursor *c, struct mptcp_option *o)
{
	const struct subtype *s = &subtypes[o->subtype];

	if (!s->decode)
		return true;
	return s->decode(c, o) && !c->failed && !c->left;
}

bool mptcp_decode(const uint8_t *option, size_t length,
		  struct mptcp_option *out)
{
	struct cursor c = cursor_over(option, length), body;
	uint8_t kind = cursor_u8(&c);

	memset(out, 0, sizeof(*out));
	if (kind != TCPOPT_MPTCP)
		return false;
	out->length = cursor_u8(&c);
	body = c;
	out->subtype = cursor_u8(&c) >> 4;
	if (c.failed || out->length <= HEADER)
		return false;
	body = cursor_slice(&body, out->length - HEADER);
	if (!body.failed && decode_body(&body, out))
		return true;
	*out = (struct mptcp_option){.length = out->length,
				     .subtype = out->subtype};
	return false;
}

/* All of the option or nothing is written. What has no form on the wire (a
 * join without a stage, an ADD_ADDR without an address, more IDs than there is
 * room for) fails as what does not fit. */
bool mptcp_encode(struct writer *w, const struct mptcp_option *option)
{
	const struct subtype *s = &subtypes[option->subtype & 0x0f];
	uint8_t bytes[OPTION_MAX - HEADER];
	struct writer body = writer_over(bytes, sizeof(bytes));

	if (!s->encode)
		write_u8(&body, (uint8_t)(option->subtype << 4));
	else if (!s->encode(&body, option))
		body.failed = true;
	if (w->failed || body.failed ||
	    w->capacity - w->length < HEADER + body.length) {
		w->failed = true;
		return false;
	}
	write_u8(w, TCPOPT_MPTCP);
	write_u8(w, option->length ? option->length
				   : (uint8_t)(HEADER + body.length));
	write_bytes(w, bytes, body.length);
	return true;
}

const char *mptcp_subtype_name(uint8_t subtype)
{
	return subtype < 16 ? subtypes[subtype].name : "unknown subtype";
}

/* RFC 8684 3.6 */
const char *mptcp_reset_reason(uint8_t reason)
{
	static const char *const reasons[] = {
		"Unspecified error",	     "MPTCP-specific error",
		"Lack of resources",	     "Administratively prohibited",
		"Too much outstanding data", "Unacceptable performance",
		"Middlebox interference",
	};

	return reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[reason]
							     : "unknown reason";
}

const char *mptcp_text(const struct mptcp_option *option, char *text,
		       size_t size)
{
	struct text t = {.at = text, .left = size};

	put(&t, "%s", mptcp_subtype_name(option->subtype));
	if (option->subtype < 16 && subtypes[option->subtype].text)
		subtypes[option->subtype].text(&t, option);
	return text;
}
