// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/places.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/origin_table.h"
#include "report/report.h"

#define KEY_TEXT 300

/* --- counting ------------------------------------------------------------ */

static void count(json_t **counts, const char *key)
{
	json_int_t had;

	if (!*counts)
		*counts = must_have(json_object());
	had = json_integer_value(json_object_get(*counts, key));
	if (json_object_set_new(*counts, key, json_integer(had + 1)))
		must_have(NULL);
}

static json_int_t counted(const json_t *counts, const char *key)
{
	return json_integer_value(json_object_get(counts, key));
}

/* A word of letters, digits and what addresses have; else "". */
static const char *text_of(const json_t *object, const char *name)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789._:";
	const char *text = json_string_value(json_object_get(object, name));

	return text && !text[strspn(text, known)] ? text : "";
}

/* "10.0.3.2", "target", or "" where nobody answered, and for this host. */
static const char *address_of(const json_t *finding, const char *name,
			      const char *target)
{
	const json_t *place = json_object_get(finding, name);
	const char *address = text_of(place, "address");

	if (!*address || !json_integer_value(json_object_get(place, "ttl")))
		return "";
	return strcmp(address, target) ? address : "target";
}

/* "AS64500"; "" where it is not known. */
#define NETWORK_TEXT 16
static const char *network_of(const struct survey_places *p,
			      const char *address, char text[NETWORK_TEXT])
{
	uint32_t number = origin_table_find_text(p->origins, address);

	*text = '\0';
	if (number)
		snprintf(text, NETWORK_TEXT, "AS%" PRIu32, number);
	return text;
}

static bool has_bounds(const json_t *finding, enum bounds bounds)
{
	return !strcmp(text_of(finding, "bounds"), bounds_name(bounds));
}

bool places_is_answerer(const json_t *finding)
{
	return has_bounds(finding, BOUNDS_ANSWERER);
}

bool places_is_of_last_hop(const json_t *finding)
{
	return has_bounds(finding, BOUNDS_LAST_HOP);
}

/* That of the target is that of its own address. A place whose network is not
 * known is no place that is not known. */
#define NOT_LISTED "?"
static const char *network_at(const struct survey_places *p,
			      const char *address, const char *target,
			      char text[NETWORK_TEXT])
{
	bool is_target = !strcmp(address, "target");

	network_of(p, is_target ? target : address, text);
	if (*text || !*address)
		return text;
	return is_target ? "target" : NOT_LISTED;
}

/* "ID DIRECTION AFTER AT" */
static void count_key(struct place_counts *c, const json_t *finding,
		      const char *after, const char *at)
{
	char key[KEY_TEXT];

	snprintf(key, sizeof(key), "%s %s %s %s", text_of(finding, "id"),
		 text_of(finding, "direction"), after, at);
	count(&c->findings, key);
}

static bool is_listed(const char *place)
{
	return *place && strcmp(place, NOT_LISTED) != 0;
}

/* A path goes there that goes by both, as far as they are known. */
static const char *way_key(const char *after, const char *at,
			   char key[KEY_TEXT])
{
	const char *first = is_listed(after) ? after : "";
	const char *last = is_listed(at) && strcmp(first, at) != 0 ? at : "";

	snprintf(key, KEY_TEXT, "%s%s%s", first, *first && *last ? " " : "",
		 last);
	return key;
}

static void count_one(struct place_counts *c, const char *place)
{
	if (is_listed(place) && strcmp(place, "target") != 0)
		count(&c->ways, place);
}

/* A path goes by a hop, and by it and the next that is known; by the target
 * alone is none. */
static void count_way(struct place_counts *c, const char *after, const char *at)
{
	char key[KEY_TEXT];

	count_one(c, after);
	count_one(c, at);
	if (is_listed(after) && is_listed(at))
		count(&c->ways, way_key(after, at, key));
}

static void add_way(struct survey_places *own, const char *after,
		    const char *at, const char *target)
{
	char networks[2][NETWORK_TEXT];

	count_way(&own->by_hop, after, at);
	if (own->origins)
		count_way(&own->by_network,
			  network_at(own, after, target, networks[0]),
			  network_at(own, at, target, networks[1]));
}

/* That right before the target; "": it is not known. */
static const char *last_hop(const json_t *path)
{
	const char *before = "";
	const json_t *hop;
	size_t i;

	json_array_foreach(path, i, hop)
	{
		if (json_is_true(json_object_get(hop, "is_target")))
			return before;
		before = text_of(hop, "address");
	}
	return "";
}

static const char *after_of(const json_t *finding, const char *target,
			    const json_t *path)
{
	if (places_is_answerer(finding))
		return "";
	if (places_is_of_last_hop(finding))
		return last_hop(path);
	return address_of(finding, "after", target);
}

/* What the finding tells of its path counts, where routers share the load and
 * another of them answered the sweep. */
static void add_finding(struct survey_places *own, const json_t *finding,
			const char *target, const json_t *path)
{
	const char *after = after_of(finding, target, path);
	const char *at = address_of(finding, "at", target);
	char networks[2][NETWORK_TEXT];

	count_key(&own->by_hop, finding, after, at);
	if (own->origins)
		count_key(&own->by_network, finding,
			  network_at(own, after, target, networks[0]),
			  network_at(own, at, target, networks[1]));
	add_way(own, after, at, target);
}

static void add_path(struct survey_places *own, const json_t *path,
		     const char *target)
{
	const char *before = "";
	const json_t *hop;
	size_t i;

	json_array_foreach(path, i, hop)
	{
		bool is_target =
			json_is_true(json_object_get(hop, "is_target"));
		const char *address =
			is_target ? "target" : text_of(hop, "address");

		if (!*address)
			continue;
		add_way(own, before, address, target);
		before = address;
	}
}

/* Each once, however often it is there. */
static void count_each(json_t **counts, json_t *of_one)
{
	const char *key;
	json_t *value;

	json_object_foreach(of_one, key, value) count(counts, key);
}

static void count_places(struct place_counts *c, const struct place_counts *own)
{
	count_each(&c->ways, own->ways);
	count_each(&c->findings, own->findings);
}

static bool has_untested(const json_t *verdict, const char *what)
{
	const json_t *untested;
	size_t i;

	json_array_foreach(json_object_get(verdict, "untested"), i,
			   untested) if (!strcmp(text_of(untested, "what"),
						 what)) return true;
	return false;
}

/* No sweep told how far what answers is, nor does it seem to be the target. */
static bool is_unsure(const json_t *probe)
{
	const json_t *verdict = json_object_get(probe, "verdict");

	return !strcmp(text_of(verdict, "status"), status_name(STATUS_CLEAR)) &&
	       has_untested(verdict, rung_name(RUNG_DISTANCE)) &&
	       !json_is_true(json_object_get(probe, "as_far"));
}

/* One target shows a finding at a place once, however many of its connections
 * do. */
void places_add(struct survey_places *p, const json_t *line)
{
	const json_t *probe = json_object_get(line, "probe");
	const char *target =
		text_of(json_object_get(line, "target"), "address");
	struct survey_places own = {.origins = p->origins};
	json_t *finding;
	size_t i;

	if (!json_is_object(probe))
		return;
	p->probed++;
	p->unsure += is_unsure(probe);
	count(&p->statuses,
	      text_of(json_object_get(probe, "verdict"), "status"));
	add_path(&own, json_object_get(probe, "path"), target);
	json_array_foreach(json_object_get(probe, "findings"), i, finding)
		add_finding(&own, finding, target,
			    json_object_get(probe, "path"));
	count_places(&p->by_hop, &own.by_hop);
	count_places(&p->by_network, &own.by_network);
	places_free(&own);
}

static void counts_free(struct place_counts *c)
{
	json_decref(c->ways);
	json_decref(c->findings);
}

void places_free(struct survey_places *p)
{
	json_decref(p->statuses);
	counts_free(&p->by_hop);
	counts_free(&p->by_network);
	*p = (struct survey_places){0};
}

/* --- in words ------------------------------------------------------------ */

/* A key, cut into its words, wherever the row stands. */
struct key_words {
	const char *id, *direction, *after, *at;
};

static char *cut(char *text)
{
	char *blank = strchr(text, ' ');

	if (!blank)
		return text + strlen(text);
	*blank = '\0';
	return blank + 1;
}

static struct key_words words_of(struct arena *a, const char *key)
{
	struct key_words w;
	char *at = arena_printf(a, "%s", key);

	w.id = at;
	w.direction = at = cut(at);
	w.after = at = cut(at);
	w.at = cut(at);
	return w;
}

/* "AS64500 EXAMPLE" */
static const char *named(struct arena *a, uint32_t number, const char *name)
{
	return arena_printf(a, "AS%" PRIu32 "%s%.*s", number, *name ? " " : "",
			    (int)strcspn(name, " ,"), name);
}

/* "hop 192.0.2.1 (AS64500 EXAMPLE)" */
static const char *hop_text(const struct origin_table *origins, struct arena *a,
			    const char *address)
{
	const char *name;
	struct address parsed;
	uint32_t number;

	if (!address_parse(address, &parsed))
		return *address ? "the target" : "";
	number = origin_table_find(origins, &parsed, &name);
	return number ? arena_printf(a, "hop %s (%s)", address,
				     named(a, number, name))
		      : arena_printf(a, "hop %s", address);
}

static const char *nowhere(const struct key_words *w)
{
	return strcmp(w->direction, "return") ? "where is not known"
					      : "on the return path";
}

const char *places_where(const struct origin_table *origins, struct arena *a,
			 const char *after, const char *at)
{
	after = hop_text(origins, a, after);
	at = hop_text(origins, a, at);
	if (*after && *at)
		return arena_printf(a, "at or between %s and %s", after, at);
	return *after ? arena_printf(a, "at %s or beyond it", after)
		      : arena_printf(a, "at %s or before it", at);
}

/* Where the direction is not known. */
static const char *or_back(const struct key_words *w)
{
	return strcmp(w->direction, "unknown") ? "" : ", or on the return path";
}

static const char *hop_where(const struct survey_places *p, struct arena *a,
			     const struct key_words *w)
{
	return *w->after || *w->at ? arena_printf(a, "%s%s",
						  places_where(p->origins, a,
							       w->after, w->at),
						  or_back(w))
				   : nowhere(w);
}

/* "AS64500 EXAMPLE" */
static const char *network_text(const struct survey_places *p, struct arena *a,
				const char *network)
{
	if (!strcmp(network, "target"))
		return "the target's network";
	if (!strcmp(network, NOT_LISTED))
		return "a network that the table does not have";
	if (strncmp(network, "AS", 2) != 0)
		return "";
	return named(
		a, (uint32_t)strtoul(network + 2, NULL, 10),
		origin_table_name(p->origins,
				  (uint32_t)strtoul(network + 2, NULL, 10)));
}

/* Either may be it, as may what joins them. */
static const char *network_where(const struct survey_places *p, struct arena *a,
				 const struct key_words *w)
{
	const char *after = network_text(p, a, w->after);
	const char *at = network_text(p, a, w->at);

	if (!*after && !*at)
		return nowhere(w);
	if (!strcmp(w->after, w->at))
		return arena_printf(a, "%s%s", after, or_back(w));
	if (*after && *at)
		return arena_printf(a, "%s or %s%s", after, at, or_back(w));
	return *after ? arena_printf(a, "%s or beyond it%s", after, or_back(w))
		      : arena_printf(a, "%s or before it%s", at, or_back(w));
}

static int compare_rows(const void *a, const void *b)
{
	const struct place_row *x = a, *y = b;
	int order;

	if (x->targets != y->targets)
		return x->targets < y->targets ? 1 : -1;
	order = strcmp(x->id, y->id);
	return order ? order : strcmp(x->where, y->where);
}

typedef const char *where_fn(const struct survey_places *p, struct arena *a,
			     const struct key_words *w);

static struct place_row row_of(const struct survey_places *p,
			       const struct place_counts *c, struct arena *a,
			       const struct key_words *w, where_fn *where)
{
	char network[NETWORK_TEXT], key[KEY_TEXT];

	return (struct place_row){
		.id = w->id,
		.direction = w->direction,
		.after = w->after,
		.at = w->at,
		.after_network =
			arena_printf(a, "%s", network_of(p, w->after, network)),
		.at_network =
			arena_printf(a, "%s", network_of(p, w->at, network)),
		.where = where(p, a, w),
		.paths = (uint64_t)counted(c->ways,
					   way_key(w->after, w->at, key)),
	};
}

static struct place_row *rows_of(const struct survey_places *p,
				 const struct place_counts *c, struct arena *a,
				 where_fn *where, size_t *count)
{
	size_t size = json_object_size(c->findings);
	struct place_row *rows = arena_alloc(a, (size + 1) * sizeof(*rows));
	const char *key;
	json_t *value;

	*count = 0;
	json_object_foreach(c->findings, key, value)
	{
		struct key_words w = words_of(a, key);

		rows[*count] = row_of(p, c, a, &w, where);
		rows[(*count)++].targets = (uint64_t)json_integer_value(value);
	}
	qsort(rows, *count, sizeof(*rows), compare_rows);
	return rows;
}

struct place_row *places_rows(const struct survey_places *p, struct arena *a,
			      size_t *count)
{
	return rows_of(p, &p->by_hop, a, hop_where, count);
}

struct place_row *places_network_rows(const struct survey_places *p,
				      struct arena *a, size_t *count)
{
	return rows_of(p, &p->by_network, a, network_where, count);
}

const char *places_statuses(const struct survey_places *p, struct arena *a)
{
	const char *text = arena_printf(a, "%" PRIu64 " target%s", p->probed,
					p->probed == 1 ? "" : "s");
	const char *status, *comma = ": ";
	json_t *value;

	json_object_foreach(p->statuses, status, value)
	{
		text = arena_printf(a, "%s%s%" JSON_INTEGER_FORMAT " %s", text,
				    comma, json_integer_value(value), status);
		comma = ", ";
	}
	return text;
}

const char *places_hindered(const struct survey_places *p, struct arena *a)
{
	json_int_t n = counted(p->statuses, status_name(STATUS_BLOCKED)) +
		       counted(p->statuses, status_name(STATUS_IMPAIRED));

	if (!n)
		return "";
	return arena_printf(a,
			    "Towards %" JSON_INTEGER_FORMAT " of %" PRIu64
			    " targets that were probed MPTCP is blocked or "
			    "impaired.",
			    n, p->probed);
}

const char *places_unsure(const struct survey_places *p, struct arena *a)
{
	if (!p->unsure)
		return "";
	return arena_printf(
		a,
		"%" PRIu64
		" of the clear ones may be answered by a device that ends TCP "
		"connections and speaks MPTCP itself: the distance of what "
		"answers was not tested (mpprobe HOST tests it).",
		p->unsure);
}

/* Paths are asked for where something is found; where others go is not known,
 * so that these are not all. */
const char *places_words(struct arena *a, const struct place_row *r)
{
	bool others = r->paths > r->targets;
	uint64_t last = others ? r->paths : r->targets;
	const char *of =
		others ? arena_printf(a, " of %" PRIu64, r->paths) : "";

	return arena_printf(a, "%s: towards %" PRIu64 "%s target%s%s", r->where,
			    r->targets, of, last == 1 ? "" : "s",
			    others     ? " whose path was seen to go there"
			    : r->paths ? "; no other path was seen to go there"
				       : "");
}
