/* SPDX-License-Identifier: GPL-3.0-or-later
 * A change between two runs of watch: report/schemas/watch.json.
 */
#include "report/arena.h"
#include "report/print/json.h"
#include "report/print/json_value.h"
#include "report/watch/phrases.h"
#include "report/watch/watched.h"

static json_t *place(const struct place *p)
{
	if (!p->known)
		return json_null();
	return JSON_OBJECT({"ttl", json_count(p->ttl)},
			   {"address", json_address(&p->address)});
}

static json_t *one_finding(const struct watched_finding *f)
{
	return JSON_OBJECT({"id", json_text(f->kind->id)},
			   {"after", place(&f->after)}, {"at", place(&f->at)});
}

static json_t *one_address(const struct address *a)
{
	return json_address(a);
}

JSON_ARRAY_OF(findings, struct watched_finding, one_finding)
JSON_ARRAY_OF(addresses, struct address, one_address)

static json_t *one_hop(const struct watched_hop *h)
{
	return addresses(h->seen, h->count);
}

JSON_ARRAY_OF(hops, struct watched_hop, one_hop)

/* Up to the last that answered. */
static json_t *path(const struct watched *w)
{
	size_t count = WATCHED_HOPS;

	while (count > 0 && !w->hops[count - 1].count)
		count--;
	return hops(w->hops, count);
}

static json_t *state(const struct watched *w)
{
	return JSON_OBJECT(
		{"status", json_text(status_name(w->status))},
		{"why", json_text(*w->why ? w->why : NULL)},
		{"findings", findings(w->findings, w->finding_count)},
		{"path", path(w)},
		{"hops", json_count_or_null(w->length ? (int)w->length : -1)});
}

static json_t *changed(const struct watch_change *c)
{
	static const char *const names[] = {"verdict", "findings", "place",
					    "path"};
	json_t *list = json_array();

	for (unsigned i = 0; i < 4; i++)
		if (c->what >> i & 1)
			list = json_appended(list, json_text(names[i]));
	return list;
}

int json_watch(const struct page *p, const struct watch_change *c)
{
	return JSON_LINE(
		p, "mpprobe-watch/1", {"time", json_time(c->now.time_us, 3)},
		{"since", json_time(c->since_us, 3)},
		{"target",
		 JSON_OBJECT({"name", json_text(c->host)},
			     {"address", json_address(&c->now.target)},
			     {"port", json_count(c->port)})},
		{"uplink", json_text(c->uplink)}, {"changed", changed(c)},
		{"was", state(&c->was)}, {"now", state(&c->now)},
		{"text", json_text(change_phrase(p->arena, c))},
		{"report", json_text(c->report)},
		{"capture", json_text(c->capture)});
}
