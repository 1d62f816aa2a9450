/* SPDX-License-Identifier: GPL-3.0-or-later
 * The packets of each connection, between this host, the hops that matter to it
 * and the server.
 */
#include <string.h>

#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/print/html/markup.h"
#include "report/print/html/parts.h"
#include "report/print/html/talk.h"

#define CONNECTIONS_MAX 60
#define OPEN_OF_FINDING 2 /* connections that need no click */
#define OPEN_OF_LADDER 3
#define WORDS_MAX 110
#define ROWS_AT_ONCE 24
#define SWEEP_TTL_MAX 63

#define HOST_AT 0.5
#define SERVER_AT 99.5

struct exchange {
	const struct page *page;
	const struct report *report;
	const struct report_connection *connection; /* may be NULL */
	const struct report_packet *packets;
	size_t count;
	struct talk talk;
	unsigned target; /* its TTL */
	size_t next;	 /* packet to be shown */
	size_t rows;	 /* that are shown */
	/* of expired segments that are told together: */
	unsigned first_ttl, last_ttl, expired, quoted;
	double folded_ms;
	uint64_t folded_frame;
};

/* --- words ---------------------------------------------------------------- */

static const char *flags_words(const struct page *p, const struct packet *k)
{
	uint8_t flags = k->tcp.flags;

	if (flags & TCP_FLAG_RST)
		return "RST";
	if (flags & TCP_FLAG_SYN)
		return flags & TCP_FLAG_ACK ? "SYN/ACK" : "SYN";
	if (k->tcp.payload_length)
		return arena_printf(p->arena, "%zu bytes%s",
				    k->tcp.payload_length,
				    flags & TCP_FLAG_FIN ? ", FIN" : "");
	return flags & TCP_FLAG_FIN ? "FIN" : "ACK";
}

/* Every MPTCP option, in full; NULL: it has none. */
static const char *mptcp_words(const struct page *p, const struct packet *k)
{
	struct option_walk walk =
		option_walk_over(k->tcp.options, k->tcp.options_available,
				 k->tcp.options_length);
	const char *words = NULL;
	struct mptcp_option mptcp;
	struct tcp_option o;
	char text[256];

	while (option_next(&walk, &o) == OPTION_FOUND) {
		if (o.kind != TCPOPT_MPTCP)
			continue;
		if (mptcp_decode(o.bytes, o.length, &mptcp))
			mptcp_text(&mptcp, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "malformed MPTCP option");
		words = arena_printf(p->arena, "%s%s%.*s", words ? words : "",
				     words ? ", " : "", WORDS_MAX, text);
	}
	return words;
}

static bool parse(const struct report_packet *k, struct packet *out)
{
	return packet_parse_quote(k->bytes, k->length, out) &&
	       out->transport == TRANSPORT_TCP;
}

static bool is_syn(const struct packet *k)
{
	return k->tcp.flags & TCP_FLAG_SYN;
}

static const char *packet_words(const struct page *p, const struct packet *k)
{
	const char *mptcp = mptcp_words(p, k);

	return arena_printf(p->arena, "%s%s%s", flags_words(p, k),
			    mptcp	? ": "
			    : is_syn(k) ? ", without MPTCP"
					: "",
			    mptcp ? mptcp : "");
}

/* --- lanes ---------------------------------------------------------------- */

static bool names(const struct finding *f, unsigned connection)
{
	for (size_t i = 0; i < f->connection_count; i++)
		if (f->connections[i] == connection)
			return true;
	return false;
}

static double place_of(const struct exchange *e, unsigned ttl)
{
	return HOST_AT +
	       (SERVER_AT - HOST_AT) * (double)ttl / (double)e->target;
}

static void add_lane(struct exchange *e, double at, const char *name,
		     const char *address)
{
	struct talk *t = &e->talk;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->lanes[i].at == at)
			return;
	if (t->count == TALK_LANES)
		return;
	for (i = t->count++; i > 0 && t->lanes[i - 1].at > at; i--)
		t->lanes[i] = t->lanes[i - 1];
	t->lanes[i] = (struct talk_lane){at, name, address};
}

static void add_hop_lane(struct exchange *e, const struct place *at)
{
	if (at->known && at->ttl && at->ttl < e->target)
		add_lane(e, place_of(e, at->ttl),
			 arena_printf(e->page->arena, "hop %u", at->ttl), "");
}

static bool matters(const struct finding *f)
{
	return f->effect != EFFECT_HARMLESS;
}

static bool is_lane(const struct exchange *e, unsigned ttl)
{
	for (size_t i = 0; i < e->talk.count; i++)
		if (ttl && e->talk.lanes[i].at == place_of(e, ttl))
			return true;
	return false;
}

static unsigned target_ttl(const struct report *r)
{
	for (size_t i = 0; i < r->path_length; i++)
		if (r->path[i].is_target && r->path[i].ttl)
			return r->path[i].ttl;
	return (unsigned)r->path_length + 1;
}

/* The address of the client, or the server: of a join they may be others than
 * those of the report. */
static const char *end_words(const struct exchange *e, bool server)
{
	struct packet p;

	if (e->packets->quotes || !parse(e->packets, &p))
		return "";
	return address_words(e->page, e->packets->received == server
					      ? &p.ip.source
					      : &p.ip.destination);
}

static void make_lanes(struct exchange *e)
{
	const struct report *r = e->report;

	e->talk.count = 0;
	e->target = target_ttl(r);
	add_lane(e, HOST_AT, "client", end_words(e, false));
	add_lane(e, SERVER_AT, "server", end_words(e, true));
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];

		if (!matters(f) || !names(f, e->packets->connection))
			continue;
		add_hop_lane(e, &f->after);
		add_hop_lane(e, &f->at);
	}
}

/* --- rows ----------------------------------------------------------------- */

static const char *ms(const struct exchange *e, double value)
{
	return value < 0 ? ""
			 : arena_printf(e->page->arena,
					value < 1000 ? "%.2f" : "%.0f", value);
}

static const char *frame(const struct exchange *e, uint64_t number)
{
	return arena_printf(e->page->arena, "%llu", (unsigned long long)number);
}

static void show_row(struct exchange *e, const struct talk_row *r)
{
	talk_row(&e->talk, r);
	e->rows++;
}

/* The finding by which segments of this kind get lost on the way; or NULL. */
static const struct finding *loss_of(const struct exchange *e,
				     const struct report_packet *k)
{
	const struct report *r = e->report;

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *f = &r->findings[i];
		const char *what = strchr(f->kind->id, '.');

		if (matters(f) && f->segment == k->segment && what &&
		    !strcmp(what, ".dropped") && names(f, k->connection))
			return f;
	}
	return NULL;
}

static const struct report_packet *quote_of(const struct exchange *e,
					    const struct report_packet *k)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->packets[i].quotes == k->frame)
			return &e->packets[i];
	return NULL;
}

/* A SYN that nothing came back for. */
static bool is_unanswered(const struct exchange *e, const struct packet *p)
{
	return is_syn(p) && e->connection && !e->connection->syn_ack &&
	       !e->connection->reset;
}

static double lost_at(const struct exchange *e, const struct finding *f)
{
	double from = f && f->after.known ? place_of(e, f->after.ttl) : HOST_AT;
	double to = f && f->at.known ? place_of(e, f->at.ttl) : SERVER_AT;

	if (to > SERVER_AT)
		to = SERVER_AT;
	return f ? (from + to) / 2 : SERVER_AT - 12;
}

/* What was sent with a TTL that is too small; false: it was not. */
static bool expires(const struct exchange *e, const struct report_packet *k,
		    const struct packet *p, unsigned *ttl)
{
	const struct report_packet *quote = quote_of(e, k);
	int reach = e->connection ? e->connection->reach_ttl : -1;

	*ttl = p->ip.ttl;
	return (quote && quote->hop) || (reach > 0 && (int)*ttl < reach) ||
	       *ttl < e->target;
}

static void sent_row(struct exchange *e, const struct report_packet *k,
		     const struct packet *p)
{
	const struct finding *loss = loss_of(e, k);
	unsigned ttl;
	bool short_of = expires(e, k, p, &ttl);
	bool lost = !short_of && (loss || is_unanswered(e, p));
	double to = short_of ? place_of(e, ttl) : SERVER_AT;

	if (short_of && loss && !quote_of(e, k)) {
		lost = true;
		to = lost_at(e, loss);
	}
	show_row(e, &(struct talk_row){
			    .from = HOST_AT,
			    .to = lost && !short_of ? lost_at(e, loss) : to,
			    .lost = lost,
			    .bare = !mptcp_words(e->page, p),
			    .time = ms(e, k->ms),
			    .words = arena_printf(
				    e->page->arena, "%s%s%s",
				    short_of ? arena_printf(e->page->arena,
							    "TTL %u, ", ttl)
					     : "",
				    packet_words(e->page, p),
				    lost ? " (no answer)" : ""),
			    .frame = frame(e, k->frame),
			    .severity = loss ? severity_of_effect(loss->effect)
					     : NULL,
		    });
}

static void received_row(struct exchange *e, const struct report_packet *k,
			 const struct packet *p)
{
	show_row(e, &(struct talk_row){
			    .from = SERVER_AT,
			    .to = HOST_AT,
			    .bare = !mptcp_words(e->page, p),
			    .time = ms(e, k->ms),
			    .words = packet_words(e->page, p),
			    .frame = frame(e, k->frame),
		    });
}

static void quote_row(struct exchange *e, const struct report_packet *k,
		      const struct packet *p)
{
	show_row(e,
		 &(struct talk_row){
			 .from = k->hop ? place_of(e, k->hop) : SERVER_AT,
			 .to = HOST_AT,
			 .bare = !mptcp_words(e->page, p),
			 .time = ms(e, k->ms),
			 .words = arena_printf(
				 e->page->arena, "%s quotes %s",
				 k->hop ? arena_printf(e->page->arena, "hop %u",
						       k->hop)
					: address_words(e->page, &k->responder),
				 packet_words(e->page, p)),
			 .frame = frame(e, k->frame),
		 });
}

/* --- sweeps --------------------------------------------------------------- */

static const char *folded_words(const struct exchange *e)
{
	struct arena *a = e->page->arena;
	const char *ttls =
		e->first_ttl == e->last_ttl
			? arena_printf(a, "TTL %u", e->first_ttl)
			: arena_printf(a, "%u with TTL %u to %u", e->expired,
				       e->first_ttl, e->last_ttl);

	if (!e->quoted)
		return ttls;
	if (e->quoted == e->expired)
		return arena_printf(a, "%s, quoted", ttls);
	return arena_printf(a, "%s, %u of them quoted", ttls, e->quoted);
}

static void unfold(struct exchange *e)
{
	unsigned last = e->last_ttl < e->target ? e->last_ttl : e->target;

	if (!e->expired)
		return;
	show_row(e, &(struct talk_row){
			    .from = HOST_AT,
			    .to = last == e->target ? SERVER_AT
						    : place_of(e, last),
			    .time = ms(e, e->folded_ms),
			    .words = folded_words(e),
			    .frame = frame(e, e->folded_frame),
		    });
	e->expired = e->quoted = 0;
}

static void fold(struct exchange *e, const struct report_packet *k,
		 unsigned ttl)
{
	if (!e->expired) {
		e->first_ttl = e->last_ttl = ttl;
		e->folded_ms = k->ms;
		e->folded_frame = k->frame;
	}
	e->first_ttl = ttl < e->first_ttl ? ttl : e->first_ttl;
	e->last_ttl = ttl > e->last_ttl ? ttl : e->last_ttl;
	e->expired++;
	e->quoted += quote_of(e, k) != NULL;
}

/* The rest of a sweep, with TTLs that reach the server; one as any host uses
 * is an attempt of its own. */
static bool is_swept_further(const struct exchange *e, const struct packet *p)
{
	return e->connection && e->connection->swept && is_syn(p) &&
	       p->ip.ttl > e->target && p->ip.ttl <= SWEEP_TTL_MAX;
}

static void row(struct exchange *e, const struct report_packet *k)
{
	struct packet p;
	unsigned ttl;

	if (!parse(k, &p))
		return;
	if (k->quotes) {
		if (k->hop && !is_lane(e, k->hop))
			return; /* its segment is told */
		unfold(e);
		quote_row(e, k, &p);
	} else if (k->received) {
		unfold(e);
		received_row(e, k, &p);
	} else if ((expires(e, k, &p, &ttl) && !is_lane(e, ttl)) ||
		   is_swept_further(e, &p)) {
		fold(e, k, ttl);
	} else {
		unfold(e);
		sent_row(e, k, &p);
	}
}

/* --- connections ---------------------------------------------------------- */

static const char *title(const struct exchange *e)
{
	static const char *const words[] = {
		[PURPOSE_TCP] = "TCP without MPTCP",
		[PURPOSE_MP_CAPABLE] = "MPTCP",
		[PURPOSE_MP_JOIN] = "a second subflow",
		[PURPOSE_MP_JOIN_RANDOM] = "a join to no connection",
		[PURPOSE_UNKNOWN_OPTION] = "an unknown option instead of MPTCP",
		[PURPOSE_CONTROL] = "a control",
	};
	const struct report_connection *c = e->connection;
	unsigned id = e->packets->connection;

	if (!c)
		return arena_printf(e->page->arena, "Connection %u", id);
	return arena_printf(
		e->page->arena, "Connection %u: %s%s, port %u to %u", id,
		words[c->purpose], c->swept ? ", with each TTL" : "",
		c->source_port, c->port);
}

static const struct report_connection *connection_of(const struct report *r,
						     unsigned id)
{
	for (size_t i = 0; i < r->connection_count; i++)
		if (r->connections[i].id == id)
			return &r->connections[i];
	return NULL;
}

/* What takes a click more: long transfers. */
static void rest(struct exchange *e)
{
	if (e->next == e->count)
		return;
	markup(e->page->out, "<details><summary>%zu packets more</summary>\n",
	       e->count - e->next);
	talk_begin(&e->talk, "The rest of it");
	while (e->next < e->count)
		row(e, &e->packets[e->next++]);
	unfold(e);
	talk_end(&e->talk);
	markup(e->page->out, "</details>\n");
}

static void diagram(struct exchange *e, bool open)
{
	markup(e->page->out, "<details%s><summary>%s</summary>\n",
	       open ? " open" : "", title(e));
	make_lanes(e);
	talk_begin(&e->talk, title(e));
	for (e->rows = e->next = 0;
	     e->next < e->count && e->rows < ROWS_AT_ONCE; e->next++)
		row(e, &e->packets[e->next]);
	unfold(e);
	talk_end(&e->talk);
	rest(e);
	markup(e->page->out, "</details>\n");
}

static bool is_of_findings(const struct report *r, unsigned id)
{
	for (size_t i = 0; i < r->finding_count; i++)
		for (size_t k = 0;
		     k < r->findings[i].connection_count && k < OPEN_OF_FINDING;
		     k++)
			if (matters(&r->findings[i]) &&
			    r->findings[i].connections[k] == id)
				return true;
	return false;
}

static bool is_of_ladder(const struct exchange *e)
{
	for (size_t i = RUNG_SYN_ACK_OPTION; i < RUNG_COUNT; i++)
		for (size_t k = 0; k < e->report->ladder[i].frame_count; k++)
			for (size_t n = 0; n < e->count; n++)
				if (e->report->ladder[i].frames[k] ==
				    e->packets[n].frame)
					return true;
	return false;
}

void part_exchange(const struct page *p, const struct report *r)
{
	struct exchange e = {.page = p, .report = r, .talk = {.out = p->out}};
	size_t shown = 0, open = 0;

	if (!r->packet_count)
		return;
	markup(p->out,
	       "<section>\n<h2>Who sent what</h2>\n<p class=\"note\">Time runs "
	       "down, in milliseconds since the first frame; on the right the "
	       "number of the frame. A dotted line is a packet without MPTCP, "
	       "a cross one that got lost.</p>\n");
	for (size_t i = 0; i < r->packet_count; i += e.count) {
		bool wanted;

		e.packets = &r->packets[i];
		e.count = 1;
		while (i + e.count < r->packet_count &&
		       e.packets[e.count].connection == e.packets->connection)
			e.count++;
		e.connection = connection_of(r, e.packets->connection);
		wanted = is_of_findings(r, e.packets->connection) ||
			 (open < OPEN_OF_LADDER && is_of_ladder(&e));
		open += wanted;
		if (wanted || shown < CONNECTIONS_MAX)
			diagram(&e, wanted);
		shown++;
	}
	markup(p->out, "</section>\n");
}
