/* SPDX-License-Identifier: GPL-3.0-or-later
 * Several uplinks together: report/schemas/paths.json.
 */
#include "report/paths/paths.h"
#include "report/print/json.h"
#include "report/print/json_value.h"

static json_t *uplink(const struct path_uplink *u)
{
	const struct report *r = u->report;

	return JSON_OBJECT({"name", json_text(u->name)},
			   {"address", json_address(&r->source)},
			   {"interface", json_text(r->interface)},
			   {"status", json_text(status_name(r->status))},
			   {"hops", json_count_or_null(u->hops)},
			   {"rtt_ms", json_decimal(u->rtt_ms)},
			   {"answers_by", json_text(u->answers_by)});
}

static json_t *finding(const struct path_finding *f)
{
	return JSON_OBJECT(
		{"id", json_text("path.join_refused")},
		{"effect", json_text(effect_name(EFFECT_IMPAIRS))},
		{"opened", json_text(f->opened)}, {"from", json_text(f->from)},
		{"confidence", json_text(confidence_name(f->confidence))},
		{"text", json_text(f->text)},
		{"connection", json_count(f->connection)},
		{"frame", json_frame(f->frame)});
}

static json_t *one_advice(const struct path_advice *a)
{
	return JSON_OBJECT({"text", json_text(a->text)},
			   {"command", json_text(a->command)});
}

static json_t *left_out(const struct path_left_out *const *l)
{
	return JSON_OBJECT({"name", json_text((*l)->name)},
			   {"text", json_text((*l)->why)},
			   {"named", json_flag((*l)->named)});
}

JSON_ARRAY_OF(uplinks, struct path_uplink, uplink)
JSON_ARRAY_OF(all_left_out, struct path_left_out *, left_out)
JSON_ARRAY_OF(findings, struct path_finding, finding)
JSON_ARRAY_OF(advice, struct path_advice, one_advice)

static json_t *takeover(const struct path_takeover *t)
{
	if (t->result == TAKEOVER_UNTRIED)
		return json_null();
	return JSON_OBJECT(
		{"result",
		 json_text(t->result == TAKEOVER_TAKEN ? "taken" : "never")},
		{"ms", json_decimal(t->ms)},
		{"back_ms", json_decimal(t->back_ms)},
		{"bytes_twice", json_count(t->twice)},
		{"bytes_missing", json_count(t->missing)});
}

static json_t *join(const struct paths *all, size_t opened, size_t from)
{
	const struct path_join *j = paths_join(all, opened, from);

	return JSON_OBJECT({"opened", json_text(all->uplinks[opened].name)},
			   {"from", json_text(all->uplinks[from].name)},
			   {"result", json_text(joining_name(j->joining))},
			   {"cause", json_text(cause_name(j->cause))},
			   {"text", json_text(j->why)},
			   {"reason", json_count_or_null(j->reason)},
			   {"connection", json_frame(j->connection)},
			   {"frame", json_frame(j->frame)},
			   {"takeover_ms", json_decimal(j->takeover.ms)},
			   {"takeover", takeover(&j->takeover)});
}

static json_t *joins(const struct paths *all)
{
	json_t *array = json_array();

	for (size_t i = 0; i < all->count; i++)
		for (size_t k = 0; k < all->count; k++)
			array = json_appended(array, join(all, i, k));
	return array;
}

int json_paths(const struct page *p, const struct paths *all)
{
	const struct report *r = all->first;

	return JSON_LINE(
		p, "mpprobe-paths/1",
		{"target", JSON_OBJECT({"name", json_text(r->target_name)},
				       {"address", json_address(&r->target)},
				       {"port", json_count(r->port)})},
		{"verdict",
		 JSON_OBJECT({"status", json_text(status_name(all->status))},
			     {"text", json_text(all->text)})},
		{"uplinks", uplinks(all->uplinks, all->count)},
		{"left_out", all_left_out(all->left_out, all->left_out_count)},
		{"joins", joins(all)},
		{"findings", findings(all->findings, all->finding_count)},
		{"advice", advice(all->advice, all->advice_count)});
}
