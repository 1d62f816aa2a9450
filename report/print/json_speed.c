/* SPDX-License-Identifier: GPL-3.0-or-later
 * What downloads by TCP and MPTCP say together: report/schemas/speed.json.
 */
#include "report/evidence/loss.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/print/speed.h"

static json_t *download(const struct speed_run *r)
{
	bool mptcp = r->mptcp && !r->fallback;

	if (!r->done)
		return JSON_OBJECT({"done", json_false()},
				   {"error", json_text(r->error)});
	return JSON_OBJECT(
		{"done", json_true()}, {"downloads", json_count(r->downloads)},
		{"seconds", json_decimal(r->seconds)},
		{"bytes", json_count(r->bytes)},
		{"mbit_s", json_decimal(r->rate)},
		{"rtt_ms", json_decimal(r->rtt_ms)},
		{"retransmitted", json_count(r->retransmitted)},
		{"mptcp", json_flag(mptcp)},
		{"subflows", json_count(mptcp ? r->subflows + 1 : 1)});
}

JSON_ARRAY_OF(downloads, struct speed_run, download)

/* Bytes by uplink; null where this kernel does not tell. */
static json_t *shares(const struct speed *s, const struct speed_run *r)
{
	json_t *array = r->shares_known ? json_array() : json_null();

	for (size_t i = 0; r->shares_known && i < s->uplink_count; i++)
		array = json_appended(array, json_count(r->shares[i]));
	return array;
}

/* "tcp": by the best uplink. */
static json_t *round_of(const struct speed *s, const struct speed_round *r)
{
	json_t *tcp = download(&r->tcp[speed_best(s)]);
	json_t *mptcp = download(&r->mptcp);

	if (!s->uplink_count)
		return JSON_OBJECT({"tcp", tcp}, {"mptcp", mptcp});
	return JSON_OBJECT({"tcp", tcp}, {"mptcp", mptcp},
			   {"uplinks", downloads(r->tcp, s->uplink_count)},
			   {"shares", shares(s, &r->mptcp)});
}

static json_t *rounds(const struct speed *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->round_count; i++)
		array = json_appended(array, round_of(s, &s->rounds[i]));
	return array;
}

static json_t *uplink(const struct speed *s, size_t i)
{
	const struct speed_uplink *u = &s->uplinks[i];

	return JSON_OBJECT({"name", json_text(u->name)},
			   {"address", json_address(&u->address)},
			   {"interface", json_text(u->interface)},
			   {"tcp_mbit_s", json_decimal(speed_median_tcp(s, i))},
			   {"share", json_decimal(speed_share(s, i))},
			   {"opened", json_flag(i == s->opener)},
			   {"best", json_flag(i == speed_best(s))},
			   {"text", json_text(u->idle)},
			   {"commands", json_text(u->commands)});
}

static json_t *uplinks(const struct speed *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->uplink_count; i++)
		array = json_appended(array, uplink(s, i));
	return array;
}

static json_t *left_out(const struct speed_left_out *l)
{
	return JSON_OBJECT({"name", json_text(l->name)},
			   {"text", json_text(l->why)});
}

JSON_ARRAY_OF(all_left_out, struct speed_left_out, left_out)

int json_speed(const struct page *p, const struct speed *s)
{
	size_t best = speed_best(s);
	struct speed_ratio r = speed_ratio(s, best);
	const struct speed_verdict *v = speed_verdict(s);
	double ratio = r.rounds ? r.ratio : -1,
	       low = r.rounds >= ROUNDS_MIN ? r.low : -1;

	return JSON_LINE(
		p, "mpprobe-speed/1", {"url", json_text(s->url)},
		{"verdict", JSON_OBJECT({"status", json_text(v->name)},
					{"text", json_text(v->text)})},
		{"uplinks", uplinks(s)},
		{"elsewhere", json_decimal(speed_elsewhere(s))},
		{"left_out", all_left_out(s->left_out, s->left_out_count)},
		{"tcp_mbit_s", json_decimal(speed_median_tcp(s, best))},
		{"mptcp_mbit_s", json_decimal(speed_median_mptcp(s))},
		{"ratio", json_decimal(ratio)},
		{"ratio_low", json_decimal(low)},
		{"ratio_high", json_decimal(r.high)},
		{"processors", json_decimal(s->processors)},
		{"compared", json_count(r.rounds)},
		{"fallbacks", json_count(speed_runs(s, true))},
		{"blackhole", json_flag(s->blackhole)},
		{"unanswered", json_count(s->unanswered)},
		{"rounds", rounds(s)});
}
