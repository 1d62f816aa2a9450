// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/answer.h"

#include <stdio.h>
#include <string.h>

#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/changes.h"
#include "report/survey/identity.h"
#include "report/track/observer.h"

#define QUOTE_LEAST 8 /* bytes of TCP: ports and sequence number */

const char *answer_fit_name(enum answer_fit fit)
{
	static const char *const names[FITS] = {
		[FIT_NOT] = "other",	       [FIT_ANSWER] = "answer",
		[FIT_BAD_ACK] = "bad_ack",     [FIT_BAD_PORT] = "bad_port",
		[FIT_BAD_FLAGS] = "bad_flags", [FIT_BAD_QUOTE] = "bad_quote",
	};

	return names[fit];
}

static bool is_to_us(const struct survey_identity *s, const struct address *to)
{
	return address_equal(to, &s->sources[0]) ||
	       address_equal(to, &s->sources[1]);
}

/* --- what it says of MPTCP ----------------------------------------------- */

/* The SYN that it answers, as it was sent. */
struct asked {
	uint8_t bytes[SYN_MAX];
	struct packet packet;
};

static void ask_again(const struct survey_identity *s,
		      const struct survey_answer *answer, struct asked *out)
{
	const struct syn_template *t =
		survey_template(s, &answer->target, answer->kind);

	syn_template_fill(t, &answer->numbers, out->bytes);
	packet_parse(out->bytes, t->length, &out->packet);
}

/* The first option of MPTCP; false: there is none. */
static bool find_mptcp(const struct tcp_view *tcp, struct tcp_option *out)
{
	struct option_walk walk = option_walk_over(
		tcp->options, tcp->options_available, tcp->options_length);

	while (option_next(&walk, out) == OPTION_FOUND)
		if (out->kind == TCPOPT_MPTCP)
			return true;
	return false;
}

static bool is_echo(const struct survey_identity *s,
		    const struct survey_answer *answer,
		    const struct tcp_option *found)
{
	struct tcp_option sent;
	struct asked asked;

	ask_again(s, answer, &asked);
	return find_mptcp(&asked.packet.tcp, &sent) &&
	       sent.length == found->length &&
	       !memcmp(sent.bytes, found->bytes, sent.length);
}

/* A key of its own: RFC 8684 3.1, RFC 6824 3.1. */
static enum answer_mptcp read_capable(const struct mptcp_option *o,
				      uint64_t our_key)
{
	if (!o->capable.sender_key || o->capable.sender_key == our_key ||
	    o->capable.has_receiver_key || o->capable.version > 1)
		return ANSWER_OTHER;
	return o->capable.version ? ANSWER_V1 : ANSWER_V0;
}

static enum answer_mptcp read_syn_ack(const struct survey_identity *s,
				      const struct survey_answer *answer,
				      const struct tcp_options *o,
				      const struct tcp_option *found)
{
	const struct mptcp_option *first = &o->mptcp[0];
	enum syn_kind kind = answer->kind;

	if (is_echo(s, answer, found))
		return ANSWER_EXACT;
	if (o->mptcp_count != 1 || o->mptcp_bad)
		return ANSWER_OTHER;
	if (first->subtype == MP_JOIN)
		return kind == SYN_JOIN && first->join.stage == JOIN_SYN_ACK
			       ? ANSWER_JOINED
			       : ANSWER_OTHER;
	if (first->subtype != MP_CAPABLE || kind == SYN_JOIN ||
	    kind == SYN_PLAIN)
		return ANSWER_OTHER;
	return read_capable(first,
			    kind == SYN_CAPABLE_V0 ? answer->numbers.key : 0);
}

static void read_options(const struct survey_identity *s,
			 const struct tcp_view *tcp, struct survey_answer *out)
{
	struct tcp_options o;
	struct tcp_option found;

	tcp_options_read(tcp->options, tcp->options_available,
			 tcp->options_length, &o);
	out->timestamp = !o.has_timestamps || o.tsecr == out->numbers.tsval;
	out->mptcp = ANSWER_NO_MPTCP;
	if (!find_mptcp(tcp, &found))
		return;
	out->option_length = found.length < ANSWER_OPTION_MAX
				     ? found.length
				     : ANSWER_OPTION_MAX;
	memcpy(out->option, found.bytes, out->option_length);
	if (out->what == ANSWER_SYN_ACK)
		out->mptcp = read_syn_ack(s, out, &o, &found);
	else
		out->mptcp = tcp_options_mptcp(&o, MP_TCPRST) ? ANSWER_TCPRST
							      : ANSWER_OTHER;
}

/* --- TCP ----------------------------------------------------------------- */

/* A RST to a SYN acknowledges it (RFC 9293 3.10.7.1). */
static bool read_flags(const struct tcp_view *tcp, struct survey_answer *out)
{
	const uint8_t of_interest =
		TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST | TCP_FLAG_FIN;
	uint8_t flags = tcp->flags & of_interest;

	out->what = flags == (TCP_FLAG_RST | TCP_FLAG_ACK)   ? ANSWER_RESET
		    : flags == (TCP_FLAG_SYN | TCP_FLAG_ACK) ? ANSWER_SYN_ACK
							     : ANSWER_NONE;
	return out->what != ANSWER_NONE;
}

static enum answer_fit read_tcp(const struct survey_identity *s,
				const struct packet *p,
				struct survey_answer *out)
{
	const struct syn_numbers *numbers = &out->numbers;

	if (p->tcp.available < 20 || !p->tcp.data_offset ||
	    !survey_kind_of_port(s, p->tcp.destination_port, &out->kind))
		return FIT_NOT;
	out->target = p->ip.source;
	out->port = p->tcp.source_port;
	survey_numbers(s, &out->target, out->port, out->kind, &out->numbers);
	if (!read_flags(&p->tcp, out))
		return FIT_BAD_FLAGS;
	if (numbers->source_port != p->tcp.destination_port)
		return FIT_BAD_PORT;
	if (p->tcp.acknowledgment != numbers->isn + 1)
		return FIT_BAD_ACK;
	out->ttl = p->ip.ttl;
	out->server_isn = p->tcp.sequence;
	read_options(s, &p->tcp, out);
	return FIT_ANSWER;
}

/* --- ICMP ---------------------------------------------------------------- */

struct text {
	char *at;
	size_t length, size;
};

/* Behind the others, if there is room. */
static void write_change(struct text *t, const struct change *change)
{
	const char *sent = change->sent, *quoted = change->quoted;
	size_t left = t->size - t->length;
	int length = snprintf(t->at + t->length, left,
			      "%s{\"field\":\"%s\",\"sent\":%s%s%s,"
			      "\"quoted\":%s%s%s}",
			      t->length ? "," : "", change->field,
			      sent ? "\"" : "", sent ? sent : "null",
			      sent ? "\"" : "", quoted ? "\"" : "",
			      quoted ? quoted : "null", quoted ? "\"" : "");

	if ((size_t)length < left)
		t->length += (size_t)length;
	else
		t->at[t->length] = '\0';
}

/* First those of MPTCP's option, by which it is decided whom to probe. */
static void write_changes(const struct comparison *c, char *out, size_t size)
{
	struct text t = {out, 0, size};

	*out = '\0';
	for (unsigned turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < c->count; i++)
			if ((c->items[i].field == FIELD_OPTION_MPTCP) == !turn)
				write_change(&t, &c->items[i].change);
}

static void compare_quote(const struct asked *asked,
			  const struct packet *quoted,
			  struct survey_answer *out)
{
	struct arena *arena = arena_new();
	const struct kept sent = {.packet = asked->packet};
	struct comparison c;

	compare_packets(arena, &sent, quoted, &c);
	write_changes(&c, out->changes, sizeof(out->changes));
	arena_free(arena);
}

static enum answer_fit read_icmp(const struct survey_identity *s,
				 const struct packet *p,
				 struct survey_answer *out)
{
	const struct syn_numbers *numbers = &out->numbers;
	struct asked asked;
	struct packet quoted;

	if (!packet_parse_quote(p->icmp.quote, p->icmp.quote_length, &quoted) ||
	    quoted.tcp.available < QUOTE_LEAST ||
	    !is_to_us(s, &quoted.ip.source) ||
	    !survey_kind_of_port(s, quoted.tcp.source_port, &out->kind))
		return FIT_NOT;
	out->target = quoted.ip.destination;
	out->port = quoted.tcp.destination_port;
	survey_numbers(s, &out->target, out->port, out->kind, &out->numbers);
	if (numbers->source_port != quoted.tcp.source_port ||
	    numbers->isn != quoted.tcp.sequence)
		return FIT_BAD_QUOTE;
	out->what = ANSWER_ICMP;
	out->mptcp = ANSWER_NO_MPTCP;
	out->ttl = p->ip.ttl;
	out->from = p->ip.source;
	out->icmp_type = p->icmp.type;
	out->icmp_code = p->icmp.code;
	ask_again(s, out, &asked);
	compare_quote(&asked, &quoted, out);
	return FIT_ANSWER;
}

enum answer_fit survey_answer_read(const struct survey_identity *s,
				   const uint8_t *bytes, size_t available,
				   struct survey_answer *out)
{
	struct packet p;

	*out = (struct survey_answer){0};
	if (!packet_parse(bytes, available, &p) ||
	    !is_to_us(s, &p.ip.destination))
		return FIT_NOT;
	if (p.transport == TRANSPORT_TCP)
		return read_tcp(s, &p, out);
	if (p.transport == TRANSPORT_ICMP_ERROR)
		return read_icmp(s, &p, out);
	return FIT_NOT;
}
