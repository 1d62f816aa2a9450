// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/contrast.h"

#include <stdlib.h>
#include <string.h>

#include "report/arena.h"
#include "report/survey/places.h"

#define ROOM_FIRST 1024 /* a power of two */

/* --- the targets ---------------------------------------------------------- */

static size_t slot_of(const struct address *a, uint16_t port, size_t room)
{
	uint64_t h = port;

	for (size_t i = 0; i < sizeof(a->bytes); i++)
		h = (h ^ a->bytes[i]) * 0x100000001b3u;
	return (size_t)((h ^ h >> 29) & (room - 1));
}

/* Its slot, or the empty one where it would be. */
static struct contrast_target *find(struct contrast *c, const struct address *a,
				    uint16_t port)
{
	size_t at = slot_of(a, port, c->room);

	while (c->slots[at].address.family &&
	       (c->slots[at].port != port ||
		!address_equal(&c->slots[at].address, a)))
		at = (at + 1) & (c->room - 1);
	return &c->slots[at];
}

static void grow(struct contrast *c)
{
	struct contrast old = *c;

	c->room = old.room ? 2 * old.room : ROOM_FIRST;
	c->slots = must_have(calloc(c->room, sizeof(*c->slots)));
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].address.family)
			*find(c, &old.slots[i].address, old.slots[i].port) =
				old.slots[i];
	free(old.slots);
}

/* NULL: it is not kept. */
static struct contrast_target *keep(struct contrast *c, const struct address *a,
				    uint16_t port, size_t vantage,
				    enum survey_class class)
{
	struct contrast_target *t;

	if (2 * c->count >= c->room)
		grow(c);
	t = find(c, a, port);
	if (!t->address.family) {
		if (class == CLASS_SILENT)
			return NULL;
		c->count++;
		t->address = *a;
		t->port = port;
		memset(t->classes, CLASS_UNASKED, sizeof(t->classes));
	}
	t->classes[vantage] = (uint8_t) class;
	return t;
}

/* --- what a probe said ---------------------------------------------------- */

/* Its TTL; 0: it is not known. 0 hops from here is this host. */
static unsigned place_has(const json_t *finding, const char *name,
			  struct address *out)
{
	const json_t *place = json_object_get(finding, name);
	const char *text = json_string_value(json_object_get(place, "address"));
	json_int_t ttl = json_integer_value(json_object_get(place, "ttl"));

	return text && ttl > 0 && ttl <= UINT8_MAX && address_parse(text, out)
		       ? (unsigned)ttl
		       : 0;
}

static void read_place(struct contrast_finding *f, const json_t *finding,
		       const struct address *target)
{
	struct contrast_place *p = &f->place;
	struct address a;
	unsigned ttl = place_has(finding, "after", &a);

	if (ttl)
		p->after = a;
	f->ttl = ttl;
	ttl = place_has(finding, "at", &a);
	if (!ttl)
		return;
	if (places_is_answerer(finding))
		p->after = (struct address){0};
	p->at_target = address_equal(&a, target);
	if (!p->at_target)
		p->at = a;
	if (!f->ttl)
		f->ttl = ttl;
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
	const char *found = json_string_value(json_object_get(object, name));

	return found && !strcmp(found, text);
}

/* What is done on the way back has no place that one end can tell. */
static void add_finding(struct contrast *c, struct contrast_probe *p,
			const json_t *f, const struct address *target)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyz0123456789._";
	const char *id = json_string_value(json_object_get(f, "id"));
	struct contrast_finding *new;

	if (!id || id[strspn(id, known)] || is_text(f, "effect", "harmless") ||
	    is_text(f, "direction", "return"))
		return;
	new = arena_alloc(c->arena, sizeof(*new));
	snprintf(new->id, sizeof(new->id), "%s", id);
	new->last_hop = places_is_of_last_hop(f);
	read_place(new, f, target);
	new->next = p->findings;
	p->findings = new;
}

static void add_hop(struct contrast *c, struct contrast_probe *p,
		    const char *text, const struct address *a)
{
	json_t **hops = &c->hops[p->vantage];

	*ARENA_PUSH(c->arena, p->path, p->path_length) = *a;
	if (!*hops)
		*hops = must_have(json_object());
	json_object_set_new(*hops, text, json_true());
}

static void add_path(struct contrast *c, struct contrast_probe *p,
		     const json_t *path)
{
	struct address before = {0};
	const json_t *hop;
	size_t i;

	json_array_foreach(path, i, hop)
	{
		const char *text =
			json_string_value(json_object_get(hop, "address"));
		struct address a = {0};

		if (json_is_true(json_object_get(hop, "is_target"))) {
			p->last = before;
			p->target_ttl = (unsigned)i + 1; /* from hop 1 on */
		} else if (text && address_parse(text, &a))
			add_hop(c, p, text, &a);
		before = a;
	}
}

const struct contrast_probe *contrast_probe_of(const struct contrast_target *t,
					       size_t vantage)
{
	for (const struct contrast_probe *p = t->probes; p; p = p->next)
		if (p->vantage == vantage)
			return p;
	return NULL;
}

static void keep_probe(struct contrast *c, struct contrast_target *t,
		       size_t vantage, const json_t *probe)
{
	struct contrast_probe *p;
	const json_t *one;
	size_t i;

	if (!json_is_object(probe) || contrast_probe_of(t, vantage))
		return;
	p = arena_alloc(c->arena, sizeof(*p));
	p->vantage = (uint8_t)vantage;
	c->probed[vantage] = true;
	p->clear =
		is_text(json_object_get(probe, "verdict"), "status", "clear");
	json_array_foreach(json_object_get(probe, "findings"), i, one)
		add_finding(c, p, one, &t->address);
	add_path(c, p, json_object_get(probe, "path"));
	p->next = t->probes;
	t->probes = p;
}

/* --- reading -------------------------------------------------------------- */

/* What silent is is only of interest of who is not, from elsewhere. */
static void read_line(struct contrast *c, size_t vantage, const char *line)
{
	struct contrast_target *t;
	struct survey_result r;

	if (!survey_result_read(line, &r, &c->faults[vantage]))
		return;
	c->told[vantage]++;
	t = keep(c, &r.address, r.port, vantage, r.class);
	if (t)
		keep_probe(c, t, vantage, json_object_get(r.object, "probe"));
	json_decref(r.object);
}

static void read_file(struct contrast *c, size_t vantage, FILE *file)
{
	size_t capacity = 0;
	char *line = NULL;

	rewind(file);
	c->told[vantage] = 0;
	c->faults[vantage] = (struct result_faults){0};
	while (must_getline(&line, &capacity, file) != -1)
		read_line(c, vantage, line);
	free(line);
}

void contrast_read(struct contrast *c, const char *const *names,
		   FILE *const *files, size_t vantages)
{
	*c = (struct contrast){.vantages = vantages, .arena = arena_new()};
	for (size_t i = 0; i < vantages; i++)
		c->names[i] = names[i];
	for (unsigned turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < vantages; i++)
			read_file(c, i, files[i]);
}

void contrast_rest(struct contrast *c, size_t vantage, const json_t *meta)
{
	c->rest[vantage] = survey_rest_of(meta, c->told[vantage]);
}

void contrast_free(struct contrast *c)
{
	for (size_t i = 0; i < c->vantages; i++)
		json_decref(c->hops[i]);
	arena_free(c->arena);
	free(c->slots);
	*c = (struct contrast){0};
}

/* --- what they show ------------------------------------------------------- */

static bool speaks(unsigned class)
{
	return class == CLASS_V1 || class == CLASS_V0;
}

/* From this class alone. */
static bool is_interfered(unsigned class)
{
	return class == CLASS_BEHIND_STRIP || class == CLASS_CAPABLE_DROPPED ||
	       class == CLASS_CAPABLE_RESET;
}

bool contrast_speaks(const struct contrast_target *t, size_t vantage)
{
	return speaks(t->classes[vantage]);
}

bool contrast_is_interfered(const struct contrast_target *t, size_t vantage)
{
	return is_interfered(t->classes[vantage]);
}

static bool speaks_elsewhere(const struct contrast *c,
			     const struct contrast_target *t, size_t vantage)
{
	for (size_t i = 0; i < c->vantages; i++)
		if (i != vantage && speaks(t->classes[i]))
			return true;
	return false;
}

uint64_t contrast_count(const struct contrast *c, size_t vantage,
			uint64_t classes[SURVEY_CLASSES])
{
	uint64_t total = 0;

	memset(classes, 0, SURVEY_CLASSES * sizeof(*classes));
	for (size_t i = 0; i < c->room; i++) {
		const struct contrast_target *t = &c->slots[i];

		if (!t->address.family ||
		    t->classes[vantage] == CLASS_UNASKED ||
		    !speaks_elsewhere(c, t, vantage))
			continue;
		classes[t->classes[vantage]]++;
		total++;
	}
	return total;
}

/* Who is known to speak MPTCP and looks like plain TCP, or like a mirror, shows
 * it as well; a server that is silent or closed may just have been that. */
bool contrast_is_near(const struct contrast *c, size_t vantage,
		      enum survey_class *class)
{
	uint64_t classes[SURVEY_CLASSES];
	uint64_t total = contrast_count(c, vantage, classes);

	for (*class = 0; *class < SURVEY_CLASSES; ++*class)
		if (classes[*class] == total)
			break;
	return total >= NEAR_LEAST &&
	       (is_interfered(*class) || *class == CLASS_PLAIN ||
		*class == CLASS_MIRROR);
}
