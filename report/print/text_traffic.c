/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/text_page.h"

#include "crafting/mptcp.h"
#include "report/evidence/loss.h"
#include "report/track/observer.h"

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

static void print_side(FILE *out, const char *what, const struct side *s)
{
	double rate = side_rate(s);
	char text[32];

	fprintf(out, ", %s %s", what,
		amount(s->stream.bytes, text, sizeof(text)));
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
static void print_events(FILE *out, const struct flow *s, unsigned side)
{
	const struct side *from = &s->sides[side];
	const char *who = traffic_hosts[s->reversed ? 1 - side : side];

	if (from->sums_right || from->sums_wrong)
		fprintf(out, "     %s: %llu DSS checksum%s right, %llu wrong",
			who, number(from->sums_right),
			from->sums_right == 1 ? "" : "s",
			number(from->sums_wrong));
	if (from->sums_wrong)
		fprintf(out, " (first: frame %llu)", number(from->wrong_frame));
	if (from->sums_right || from->sums_wrong)
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

static void print_join(FILE *out, const struct mptcp_connection *c,
		       const struct flow *s)
{
	if (!s->joins)
		return;
	fprintf(out, "     MP_JOIN%s", s->join.backup ? " (backup)" : "");
	if (s->join.syn)
		fprintf(out, ", token %08x%s", s->join.token,
			c->flows != s || c->hosts[0].has_key ||
					c->hosts[1].has_key
				? ""
				: " of no connection here");
	if (s->join.has_server_nonce)
		fprintf(out, ", HMAC of SYN/ACK %s", known_word(s->join.hmac));
	if (s->ack_option)
		fprintf(out, ", %sof ACK %s",
			s->join.has_server_nonce ? "" : "HMAC ",
			known_word(s->join.ack_hmac));
	if (s->sides[0].syn && !s->sides[1].syn && s->ack_option)
		fputs(", the answer is not in the capture", out);
	else if (s->sides[0].syn && !s->sides[1].syn)
		fprintf(out, "%s%s",
			s->sides[1].reset_frame ? ", refused" : ", no answer",
			c->flows != s && mptcp_fallback(c)
				? " after the fallback"
				: "");
	else if (s->sides[1].syn && !s->syn_ack_option && !s->snapped)
		fputs(", SYN/ACK without MP_JOIN", out);
	fputc('\n', out);
}

static void print_subflow(FILE *out, const struct mptcp_connection *c,
			  const struct flow *s)
{
	fputs("   ", out);
	print_end(out, &s->client, s->client_port);
	fputs(" > ", out);
	print_end(out, &s->server, s->server_port);
	print_side(out, "sent", &s->sides[0]);
	print_side(out, "received", &s->sides[1]);
	fputc('\n', out);
	print_join(out, c, s);
	for (unsigned side = 0; side < 2; side++)
		print_events(out, s, side);
}

static void print_keys(FILE *out, const struct mptcp_connection *c)
{
	for (unsigned host = 0; host < 2; host++)
		if (c->hosts[host].has_key)
			fprintf(out,
				"   %s key %016llx, token %08x, IDSN "
				"%016llx%s\n",
				traffic_hosts[host], number(c->hosts[host].key),
				c->hosts[host].token,
				number(c->hosts[host].idsn),
				c->hosts[host].first_dsn == KNOWN_YES
					? ", first DSN fits"
				: c->hosts[host].first_dsn == KNOWN_NO
					? ", first DSN DOES NOT FIT"
					: "");
	if (c->other_keys_frame)
		fprintf(out,
			"   frame %llu has OTHER KEYS than the SYN and "
			"SYN/ACK\n",
			number(c->other_keys_frame));
}

static void print_stall(FILE *out, const struct mptcp_connection *c,
			unsigned host)
{
	const struct stall *stall = &c->hosts[host].stall;
	int64_t began_us = c->flows->first_us;
	bool silent = false;

	fprintf(out, "   %s's data stalled for %.2f s, until frame %llu\n",
		traffic_hosts[host], (double)stall->us / 1e6,
		number(stall->frame));
	for (const struct flow *f = c->flows; f; f = f->sibling) {
		unsigned side = f->reversed ? 1 - host : host;

		if (!mptcp_fell_silent(f, host))
			continue;
		silent = true;
		fputs("     ", out);
		print_end(out, &f->client, f->client_port);
		fprintf(out, " sent nothing after %.2f s\n",
			(double)(f->sides[side].last_us - began_us) / 1e6);
	}
	if (!silent)
		return;
	fputs("     ", out);
	print_end(out, &stall->resumed->client, stall->resumed->client_port);
	fprintf(out, " took over after %.2f s\n",
		(double)(stall->end_us - began_us) / 1e6);
}

static void print_progress(FILE *out, const struct mptcp_connection *c,
			   unsigned host)
{
	int64_t stalled_us = mptcp_stalled_us(c, host);
	uint64_t again = mptcp_bytes_again(c, host);
	char text[32];

	if (c->hosts[host].stall.us >= STALL_TOLD_US)
		print_stall(out, c, host);
	if (again)
		fprintf(out, "   %s's data: %s sent again by other mappings\n",
			traffic_hosts[host], amount(again, text, sizeof(text)));
	if (stalled_us >= STALLED_TOLD_US)
		fprintf(out,
			"   %s's data stalled for the last %.2f s: no "
			"DATA_ACK\n",
			traffic_hosts[host], (double)stalled_us / 1e6);
}

static void print_addresses(FILE *out, const struct mptcp_connection *c)
{
	char text[ADDRESS_TEXT];

	for (size_t i = 0; i < c->address_count; i++) {
		const struct announced *a = &c->addresses[i];

		if (!a->frame) {
			fprintf(out, "   %s: REMOVE_ADDR id %u, frame %llu\n",
				traffic_hosts[a->host], a->id,
				number(a->removed_frame));
			continue;
		}
		fprintf(out, "   %s: ADD_ADDR %s id %u", traffic_hosts[a->host],
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

const char *traffic_state(const struct mptcp_connection *c)
{
	const struct flow *s = c->flows;

	if (c->state)
		return c->state;
	if (s && s->joins)
		return "subflow of a connection that is not here";
	if (mptcp_fallback(c))
		return mptcp_fallback(c);
	if (s && s->sides[0].syn && !s->sides[1].syn && !s->ack_option &&
	    !c->negotiated)
		return s->sides[1].reset_frame ? "refused" : "no answer";
	if (s && !s->sides[0].syn)
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

int text_list_rest(const struct page *p, uint64_t left_out)
{
	fprintf(p->out, "\n%llu more are not on the page.\n", number(left_out));
	return 0;
}

int text_connection(const struct page *p, const struct mptcp_connection *c)
{
	FILE *out = p->out;
	const struct flow *s = c->flows;

	fprintf(out, "\n%3llu", number(c->number));
	if (c->version >= 0)
		fprintf(out, " MPTCP v%d", c->version);
	else
		fputs(" MPTCP", out);
	fprintf(out, ", frame %llu, %zu subflow%s, %s: %s%s\n",
		number(s->first_frame), c->flow_count,
		c->flow_count == 1 ? "" : "s",
		c->checksum ? "checksums" : "no checksums",
		mptcp_fallback(c) ? "TCP, " : "",
		page_clean(p, traffic_state(c)));
	print_keys(out, c);
	for (; s; s = s->sibling)
		print_subflow(out, c, s);
	for (unsigned host = 0; host < 2; host++)
		print_progress(out, c, host);
	print_addresses(out, c);
	return 0;
}
