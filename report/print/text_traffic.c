/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/text_page.h"

#include "crafting/mptcp.h"
#include "report/track/traffic.h"

const char *const traffic_hosts[] = {"client", "server"};

static void print_end(FILE *out, const struct address *a, uint16_t port)
{
	char text[ADDRESS_TEXT];

	fprintf(out, a->family == 6 ? "[%s]:%u" : "%s:%u",
		address_text(a, text), port);
}

static const char *known_word(enum known k)
{
	return k == KNOWN_YES ? "right" : k == KNOWN_NO ? "WRONG" : "unknown";
}

/* "10.2 MB" */
static const char *amount(uint64_t bytes, char *text, size_t size)
{
	if (bytes < 10000)
		snprintf(text, size, "%llu bytes", (unsigned long long)bytes);
	else if (bytes < 10000000)
		snprintf(text, size, "%.1f kB", (double)bytes / 1e3);
	else
		snprintf(text, size, "%.1f MB", (double)bytes / 1e6);
	return text;
}

static void print_side(FILE *out, const char *what,
		       const struct traffic_side *s)
{
	double rate = traffic_rate(s);
	char text[32];

	fprintf(out, ", %s %s", what, amount(s->bytes, text, sizeof(text)));
	if (rate >= 0)
		fprintf(out, " at %.3g Mbit/s", rate);
	if (s->retransmitted)
		fprintf(out, " (%llu retransmitted)",
			(unsigned long long)s->retransmitted);
}

static unsigned long long number(uint64_t frame)
{
	return frame;
}

/* What went wrong, or ended it, on one side of a subflow. */
static void print_events(FILE *out, const struct traffic_subflow *s,
			 unsigned side)
{
	const struct traffic_side *from = &s->sides[side];
	const char *who = traffic_hosts[s->reversed ? 1 - side : side];

	if (from->checksums_good || from->checksums_bad)
		fprintf(out, "     %s: %llu DSS checksum%s right, %llu wrong",
			who, number(from->checksums_good),
			from->checksums_good == 1 ? "" : "s",
			number(from->checksums_bad));
	if (from->checksums_bad)
		fprintf(out, " (first: frame %llu)", number(from->bad_frame));
	if (from->checksums_good || from->checksums_bad)
		fputc('\n', out);
	if (from->fail_frame)
		fprintf(out, "     %s: MP_FAIL, frame %llu, DSN %016llx\n", who,
			number(from->fail_frame), number(from->fail_dsn));
	if (from->infinite_frame)
		fprintf(out, "     %s: infinite mapping, frame %llu\n", who,
			number(from->infinite_frame));
	if (from->fastclose_frame)
		fprintf(out, "     %s: MP_FASTCLOSE, frame %llu\n", who,
			number(from->fastclose_frame));
	if (!from->reset_frame)
		return;
	fprintf(out, "     %s: RST, frame %llu", who,
		number(from->reset_frame));
	if (from->reset_reason >= 0)
		fprintf(out, ", reason %d: %s", from->reset_reason,
			mptcp_reset_reason((uint8_t)from->reset_reason));
	fputc('\n', out);
}

static void print_join(FILE *out, const struct traffic_connection *c,
		       const struct traffic_subflow *s)
{
	if (!s->joins)
		return;
	fprintf(out, "     MP_JOIN%s", s->backup ? " (backup)" : "");
	if (s->has_nonce[0])
		fprintf(out, ", token %08x%s", s->token,
			c->subflows != s || c->has_key[0] || c->has_key[1]
				? ""
				: " of no connection here");
	if (s->has_nonce[1])
		fprintf(out, ", HMAC of SYN/ACK %s", known_word(s->hmacs[1]));
	if (s->ack_option)
		fprintf(out, ", %sof ACK %s", s->has_nonce[1] ? "" : "HMAC ",
			known_word(s->hmacs[0]));
	if (s->syn && !s->syn_ack && s->ack_option)
		fputs(", the answer is not in the capture", out);
	else if (s->syn && !s->syn_ack)
		fprintf(out, "%s%s",
			s->sides[1].reset_frame ? ", refused" : ", no answer",
			c->subflows != s && traffic_fallback(c)
				? " after the fallback"
				: "");
	else if (s->syn_ack && !s->syn_ack_option && !s->snapped)
		fputs(", SYN/ACK without MP_JOIN", out);
	fputc('\n', out);
}

static void print_subflow(FILE *out, const struct traffic_connection *c,
			  const struct traffic_subflow *s)
{
	fputs("   ", out);
	print_end(out, &s->initiator, s->initiator_port);
	fputs(" > ", out);
	print_end(out, &s->responder, s->responder_port);
	print_side(out, "sent", &s->sides[0]);
	print_side(out, "received", &s->sides[1]);
	fputc('\n', out);
	print_join(out, c, s);
	for (unsigned side = 0; side < 2; side++)
		print_events(out, s, side);
}

static void print_keys(FILE *out, const struct traffic_connection *c)
{
	for (unsigned host = 0; host < 2; host++)
		if (c->has_key[host])
			fprintf(out,
				"   %s key %016llx, token %08x, IDSN %016llx"
				"%s\n",
				traffic_hosts[host], number(c->keys[host]),
				c->tokens[host], number(c->idsns[host]),
				c->dsn[host] == KNOWN_YES ? ", first DSN fits"
				: c->dsn[host] == KNOWN_NO
					? ", first DSN DOES NOT FIT"
					: "");
}

static void print_addresses(FILE *out, const struct traffic_connection *c)
{
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < c->address_count; i++) {
		const struct traffic_address *a = &c->addresses[i];

		fprintf(out, "   %s: ADD_ADDR %s id %u", traffic_hosts[a->side],
			address_text(&a->address, text), a->id);
		if (a->has_port)
			fprintf(out, " port %u", a->port);
		fprintf(out, ", frame %llu", number(a->frame));
		if (c->version == 1)
			fprintf(out, ", HMAC %s", known_word(a->hmac));
		if (a->echo_frame)
			fprintf(out, ", echoed in frame %llu",
				number(a->echo_frame));
		else if (c->version == 1)
			fputs(", no echo", out);
		if (a->removed_frame)
			fprintf(out, ", removed in frame %llu",
				number(a->removed_frame));
		fputc('\n', out);
	}
}

const char *traffic_state(const struct traffic_connection *c)
{
	const struct traffic_subflow *s = c->subflows;

	if (s && s->joins)
		return "subflow of a connection that is not here";
	if (traffic_fallback(c))
		return traffic_fallback(c);
	if (s && s->syn && !s->syn_ack && !s->ack_option && !c->negotiated)
		return s->sides[1].reset_frame ? "refused" : "no answer";
	if (s && !s->syn)
		return "begun before the capture";
	if (!c->negotiated && s && s->snapped)
		return "options were not captured whole";
	return c->negotiated ? "negotiated" : "unknown";
}

int text_list(const struct page *p)
{
	fputs("\nMPTCP connections\n", p->out);
	return 0;
}

int text_connection(const struct page *p, const struct traffic_connection *c)
{
	FILE *out = p->out;
	const struct traffic_subflow *s = c->subflows;

	fprintf(out, "\n%3llu", number(c->number));
	if (c->version >= 0)
		fprintf(out, " MPTCP v%d", c->version);
	else
		fputs(" MPTCP", out);
	fprintf(out, ", frame %llu, %zu subflow%s, %s: %s%s\n",
		number(s ? s->first_frame : 0), c->subflow_count,
		c->subflow_count == 1 ? "" : "s",
		c->checksum ? "checksums" : "no checksums",
		traffic_fallback(c) ? "TCP, " : "", traffic_state(c));
	print_keys(out, c);
	for (; s; s = s->sibling)
		print_subflow(out, c, s);
	print_addresses(out, c);
	return 0;
}
