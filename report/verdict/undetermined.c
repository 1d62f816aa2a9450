/* SPDX-License-Identifier: GPL-3.0-or-later
 * The verdict where nothing is decided: what is missing, the first that is.
 */
#include "crafting/segment.h"
#include "report/arena.h"
#include "report/evidence/loss.h"
#include "report/verdict/verdict.h"

static bool version_tried(const struct judgement *j, int version)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    (int)j->flows[i]->mptcp.version == version)
			return true;
	return false;
}

/* One version only was tried, and answered as plain TCP: nothing is wrong
 * with a path to a server of the other. */
static const char *other_version_untried(const struct judgement *j)
{
	const struct kept *reset = random_token_reset(j);
	bool v1 = plainly_answered(j, 1) && !version_tried(j, 0);
	bool v0 = plainly_answered(j, 0) && !version_tried(j, 1);

	if (!v0 && !v1)
		return NULL;
	if (v0 && reset && tcp_options_mptcp(&reset->options, MP_TCPRST))
		return "the server speaks MPTCP v1, as its RST to an unknown "
		       "token shows, and only v0 was tried";
	if (v0)
		return reset ? "the server answers MPTCP v0 as plain TCP, but "
			       "knows MP_JOIN: it may speak only v1, which was "
			       "not tried"
			     : "the server does not speak MPTCP v0, or its "
			       "option is removed where no hop shows it; v1 "
			       "was not tried";
	return reset ? "the server answers MPTCP v1 as plain TCP, but knows "
		       "MP_JOIN: it may speak only v0, which was not tried"
		     : "the server does not speak MPTCP v1, or its option is "
		       "removed where no hop shows it; v0 was not tried";
}

/* As kernels do that find no way to connect with MPTCP. */
static bool gave_up(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && !j->negotiated; i++)
		if (j->flows[i]->mptcp.gave_up && flow_syn_ack(j->flows[i]))
			return true;
	return false;
}

static bool data_sent(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    flow_sent_count(j->flows[i], SEGMENT_DATA, 0))
			return true;
	return false;
}

static bool stalls(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count && j->negotiated; i++)
		if (flow_stalls(j->flows[i]))
			return true;
	return false;
}

/* The client acknowledges SYN/ACKs, and the capture has none of them. */
static const char *unshown_answers(const struct judgement *j)
{
	if (!j->unshown || j->tcp_answered)
		return NULL;
	return j->unshown->sides[1].packets
		       ? "SYN/ACKs that the client acknowledges are missing "
			 "in the capture"
		       : "the capture has only what the client sent, not what "
			 "came back";
}

/* No SYN without the option, and none that has it is answered. */
static const char *only_with_option(const struct judgement *j)
{
	bool reset = false, waited = had_time_to_answer(j);

	if (j->tcp_tried || j->tcp_answered)
		return NULL;
	for (size_t i = 0; i < j->flow_count; i++)
		reset |= !flow_joins(j->flows[i]) && flow_reset(j->flows[i]);
	if (reset)
		return "SYNs with MP_CAPABLE are refused (RST), and none "
		       "without it was sent: the port may be closed, or a "
		       "device refuses MPTCP";
	return waited ? "SYNs with MP_CAPABLE are not answered, and none "
			"without it was sent: the server may be silent, or a "
			"device drops MPTCP"
		      : NULL;
}

static bool syns_in_vain(const struct judgement *j)
{
	for (size_t i = 0; i < j->flow_count; i++)
		if (flow_is(j->flows[i], PURPOSE_MP_CAPABLE) &&
		    !flow_reset(j->flows[i]) &&
		    unanswered_syns(j, j->flows[i]) >= SYNS_IN_VAIN_MIN)
			return true;
	return false;
}

/* Whether the last answer but for RSTs does; false if there is none. */
static bool offers_window(const struct flow *f)
{
	for (size_t i = f->received_count; i-- > 0;)
		if (!(f->received[i]->packet.tcp.flags & TCP_FLAG_RST))
			return f->received[i]->packet.tcp.window;
	return false;
}

/* Nothing of what was sent was acknowledged, nor is there room for it. */
static bool offers_no_window(const struct judgement *j)
{
	bool sent = false;

	for (size_t i = 0; i < j->flow_count && j->negotiated; i++) {
		const struct flow *f = j->flows[i];

		if (!f->sides[0].first_us)
			continue;
		if (flow_tcp_acked(f) || offers_window(f))
			return false;
		sent = true;
	}
	return sent;
}

/* Behind their handshake, and before all that was sent was acknowledged. */
static bool resets_what_it_took(const struct judgement *j, enum purpose purpose)
{
	for (size_t i = 0; i < j->flow_count; i++) {
		const struct flow *f = j->flows[i];

		if (flow_is(f, purpose) && f->established && flow_reset(f) &&
		    !flow_data_acked(f) && f->sides[0].first_us)
			return true;
	}
	return false;
}

/* Where the capture was not made at the client: what is seen to leave one end
 * need not arrive at the other. */
static const char *seen_at_server(const struct judgement *j)
{
	if (gave_up(j))
		return "SYNs with MP_CAPABLE arrive at the server, where the "
		       "capture was made, and go unanswered, and the plain SYN "
		       "after them is answered";
	if (nothing_tried(j))
		return "the SYNs arrive without MPTCP at the server, where the "
		       "capture was made: they were sent so, or the option "
		       "was removed on the path";
	if (j->negotiated)
		return "the server, where the capture was made, answers with "
		       "MP_CAPABLE, and no data with MPTCP follows: that "
		       "option may not arrive at the client, or DSS not here";
	return "SYNs with MP_CAPABLE arrive at the server, where the capture "
	       "was made, and it answers as plain TCP";
}

static const char *seen_on_path(const struct judgement *j)
{
	if (gave_up(j))
		return "SYNs with MP_CAPABLE pass where the capture was made, "
		       "between client and server, and no answer to them "
		       "does, while the plain SYN after them was answered: "
		       "they were dropped behind, or their answers, or lost";
	if (nothing_tried(j))
		return "the SYNs pass without MPTCP where the capture was "
		       "made, between client and server: they were sent so, "
		       "or the option was removed before";
	if (j->negotiated)
		return "a SYN/ACK with MP_CAPABLE passes where the capture was "
		       "made, between client and server, and no data with "
		       "MPTCP follows: that option may not arrive at the "
		       "client, or DSS not here";
	return "SYNs with MP_CAPABLE pass where the capture was made, between "
	       "client and server, and SYN/ACKs without come back: the server "
	       "lacks MPTCP, or the option is removed behind, either way";
}

static bool is_answered(const struct flow *f)
{
	return flow_is(f, PURPOSE_MP_CAPABLE) && flow_syn_ack(f);
}

static const char *seen_elsewhere(const struct judgement *j)
{
	if (!j->tcp_answered ||
	    (!nothing_tried(j) && !flow_first(j, is_answered)))
		return NULL;
	switch (j->r->vantage) {
	case VANTAGE_SERVER:
		return seen_at_server(j);
	case VANTAGE_PATH:
		return seen_on_path(j);
	default:
		return NULL;
	}
}

/* ---- what is missing ----------------------------------------------------- */

static bool was_snapped(const struct judgement *j)
{
	return j->snapped;
}

static bool is_blurred(const struct judgement *j)
{
	return j->blurred;
}

static bool came_back(const struct judgement *j)
{
	return j->negotiated;
}

static bool denies_checksums(const struct judgement *j)
{
	return !j->negotiated && flow_first(j, flow_denied_checksums) &&
	       !plainly_answered(j, 1);
}

static bool has_several_keys(const struct judgement *j)
{
	return j->negotiated && flow_has_several_keys(j->negotiated);
}

static bool joined_by_key(const struct judgement *j)
{
	return j->negotiated && flow_joined_by_key(j->negotiated);
}

static bool resets_all(const struct judgement *j)
{
	return j->negotiated && resets_what_it_took(j, PURPOSE_TCP) &&
	       resets_what_it_took(j, PURPOSE_MP_CAPABLE);
}

static bool acknowledges(const struct judgement *j)
{
	return j->negotiated && flow_data_acked(j->negotiated);
}

static bool sends_no_data(const struct judgement *j)
{
	return j->negotiated && !data_sent(j);
}

static bool loses_some(const struct judgement *j)
{
	return sends_no_data(j) && syns_in_vain(j);
}

static bool lacks_mptcp(const struct judgement *j)
{
	return plainly_answered(j, 1);
}

/* SYNs without MPTCP, and all with it. */
static bool refuses_some(const struct judgement *j)
{
	return j->tcp_answered && !j->negotiated &&
	       j->plain.reset >= PLAIN_REFUSED_MIN;
}

static bool is_all(const struct judgement *j)
{
	return j;
}

#define PROBE_THE_PATH "Probe the path: mpprobe HOST."

/* What would decide it depends on what is missing: the first that is. */
static const struct missing {
	bool (*is)(const struct judgement *j);
	/* Instead of that: it says what it is; or NULL. */
	const char *(*tell)(const struct judgement *j);
	const char *what;
	const char *advice; /* NULL: that of most */
} list[] = {
	{was_snapped, NULL,
	 "the packets were not captured whole (snapped), so that TCP options "
	 "are missing",
	 "Capture all bytes: tcpdump -s 0."},
	{is_blurred, NULL,
	 "packets were captured in two places, the SYN in only one of them",
	 "Read one of the captures alone, or capture in both places from "
	 "before the connection begins."},
	{NULL, unshown_answers, NULL,
	 "Capture both directions, and from before the connection begins: "
	 "tcpdump -s 0 host ADDRESS."},
	{NULL, only_with_option, NULL, PROBE_THE_PATH},
	{NULL, seen_elsewhere, NULL,
	 "A capture at the client would decide it; or probe the path: mpprobe "
	 "HOST."},
	{gave_up, NULL,
	 "SYNs with MP_CAPABLE went unanswered, and the plain SYN after them "
	 "was answered: they were dropped, or lost",
	 PROBE_THE_PATH},
	{NULL, other_version_untried, NULL,
	 "Probe for both versions: mpprobe --mptcp auto HOST."},
	{denies_checksums, NULL,
	 "SYNs that ask for DSS checksums (flag A) are answered as plain TCP, "
	 "as Linux before 5.14 does, and none without flag A was answered",
	 PROBE_THE_PATH},
	{nothing_tried, NULL, "no connection with MPTCP was tried",
	 PROBE_THE_PATH},
	{stalls, NULL,
	 "the server acknowledges data by TCP but not at the MPTCP level "
	 "(DATA_ACK): its mapping is modified where no hop shows it, or the "
	 "server holds it back",
	 NULL},
	{has_several_keys, NULL,
	 "the SYN/ACKs of one connection bring different keys: the server is "
	 "broken, or several answer at its address",
	 NULL},
	{offers_no_window, NULL,
	 "the server takes no data, with MPTCP or without: the window that it "
	 "offers is 0",
	 "The server, or a device before it, may be overloaded: probe again, "
	 "or another port (-p)."},
	{joined_by_key, NULL,
	 "a second subflow joined with the server's key, but data on the first "
	 "does not prove that MPTCP works",
	 "A port whose server answers data would decide it (-p)."},
	{resets_all, NULL,
	 "connections are reset behind their handshake, with MPTCP and without "
	 "it: the server takes none, or several that do not know each other's "
	 "connections answer at its address",
	 NULL},
	{acknowledges, NULL,
	 "the server speaks MPTCP and acknowledges data, but none of its own "
	 "came that would prove its key",
	 "A port whose server answers data would decide it (-p)."},
	{loses_some, NULL,
	 "some SYNs with MP_CAPABLE are answered with it, and some are not "
	 "answered: loss, or one of several paths (load balancing) drops them",
	 "Probe again; if loss is high, later."},
	{sends_no_data, NULL,
	 "MP_CAPABLE came back, but no data was sent that would prove it",
	 "Probe to the end and with data: mpprobe HOST, without --sweep-only."},
	{came_back, NULL,
	 "MP_CAPABLE came back, but no data was acknowledged at the MPTCP "
	 "level (DATA_ACK)",
	 NULL},
	{answered_next_door, NULL,
	 "what answers is the next hop: the target itself, or a user-mode NAT "
	 "beside this host that ends TCP",
	 "If the target is not on this link, probe from outside the virtual "
	 "machine or container."},
	{lacks_mptcp, NULL,
	 "the server lacks MPTCP, or its option is removed where no hop shows "
	 "it",
	 NULL},
	{refuses_some, NULL,
	 "SYNs are answered at first or now and then, and the others by a RST, "
	 "with MPTCP or without it: the server, or a device before it, limits "
	 "how many there may be",
	 "Wait a minute and probe again."},
	{is_all, NULL, "too few answers came",
	 "Probe again; if loss is high, later."},
};

static const char *what_is(const struct judgement *j, const struct missing *m)
{
	if (m->tell)
		return m->tell(j);
	return m->is(j) ? m->what : NULL;
}

void say_undetermined(struct judgement *j)
{
	const struct missing *m = list;
	const char *what;

	while (!(what = what_is(j, m)))
		m++;
	say_verdict(j, STATUS_UNDETERMINED, CONFIDENCE_LIKELY,
		    "Undetermined: %s.", what);
	j->r->advice = m->advice ? m->advice
				 : "Another port (-p 443), another server, or "
				   "a server known to speak MPTCP on the same "
				   "path (--reference) would decide it.";
}
