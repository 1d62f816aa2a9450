// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/speed_ways.h"

#include <stdio.h>
#include <string.h>

#include "probe/doctor/unused_uplink.h"

/* ---- which there are ----------------------------------------------------- */

/* "HOST:PORT" of a URL, without a user. */
static void host_of(const char *url, char *out, size_t size)
{
	const char *begin = strstr(url, "://") + 3;
	size_t length = strcspn(begin, "/?#");
	const char *user = memchr(begin, '@', length);
	const char *port = *begin == '[' ? strstr(begin, "]:")
					 : memchr(begin, ':', length);

	if (user) {
		length -= (size_t)(user + 1 - begin);
		begin = user + 1;
		port = *begin == '[' ? strstr(begin, "]:")
				     : memchr(begin, ':', length);
	}
	snprintf(out, size, "%.*s%s", (int)length, begin,
		 port && port < begin + length ? ""
		 : !strncmp(url, "https", 5)   ? ":443"
					       : ":80");
}

static bool shares_interface(const struct speed_ways *w, unsigned i)
{
	for (unsigned k = 0; k < w->count; k++)
		if (k != i && !strcmp(w->targets[k].route.interface,
				      w->targets[i].route.interface))
			return true;
	return false;
}

static void name_uplinks(struct speed_ways *w)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct route *r = &w->targets[i].route;

		address_text(&r->source, w->sources[i]);
		w->uplinks[i] = (struct speed_uplink){
			.name = shares_interface(w, i) ? w->sources[i]
						       : r->interface,
			.interface = r->interface,
			.address = r->source,
		};
	}
}

/* All downloads are from one address. */
static void pin(struct speed_ways *w)
{
	const struct target *t = &w->targets[0];
	char address[ADDRESS_TEXT];
	struct address unused;

	w->pinned[0] = '\0';
	if (address_parse(t->name.host, &unused))
		return;
	address_text(&t->address, address);
	snprintf(w->pinned, sizeof(w->pinned), "%s:%u:%s", t->name.host,
		 t->name.port, address);
}

static void take_left_out(struct speed_ways *w)
{
	for (unsigned i = 0; i < w->left_out.count; i++)
		if (w->left_out.all[i].family == w->targets[0].address.family)
			w->gone[w->gone_count++] =
				(struct speed_left_out){w->left_out.all[i].name,
							w->left_out.all[i].why};
}

int speed_ways_find(struct speed_ways *w, const struct target_wanted *wanted,
		    const char *url)
{
	struct target all[2 * WAYS_MAX];
	char host[300];
	unsigned count;
	int code = 0;

	*w = (struct speed_ways){0};
	if (!ways_are_several(wanted))
		return 0;
	host_of(url, host, sizeof(host));
	count = ways_find(host, wanted, all, &w->left_out, &code);
	for (unsigned i = 0; i < count; i++)
		if (all[i].address.family == all[0].address.family)
			w->targets[w->count++] = all[i];
	if (code || !count)
		return code;
	name_uplinks(w);
	pin(w);
	take_left_out(w);
	unused_uplink_gather(&w->facts, arena_new());
	return 0;
}

void speed_ways_free(struct speed_ways *w)
{
	if (w->facts.arena)
		arena_free(w->facts.arena);
}

const char *speed_way_interface(const struct speed_ways *w, size_t way)
{
	return w->targets[way].bound ? w->targets[way].route.interface : NULL;
}

const char *speed_way_source(const struct speed_ways *w, size_t way)
{
	return w->targets[way].bound ? NULL : w->sources[way];
}

int speed_way_of(const struct speed_ways *w, const struct address *local)
{
	char owner[16];

	for (unsigned i = 0; i < w->count; i++)
		if (address_equal(&w->uplinks[i].address, local))
			return (int)i;
	route_owner(local, owner);
	for (unsigned i = 0; i < w->count && owner[0]; i++)
		if (!strcmp(w->uplinks[i].interface, owner))
			return (int)i;
	return -1;
}

/* ---- what the kernel makes of them --------------------------------------- */

/* Of the others, with a connection opened there. */
static unsigned subflows_from(const struct speed_ways *w, size_t opener)
{
	unsigned count = 0;

	for (unsigned i = 0; i < w->count; i++)
		count += i != opener &&
			 uplink_has_endpoint(&w->facts, &w->uplinks[i].address);
	return count;
}

size_t speed_way_opener(const struct speed_ways *w,
			const struct speed_round *first)
{
	size_t best = 0;
	int most = -1;

	for (unsigned i = 0; i < w->count; i++) {
		int subflows = (int)subflows_from(w, i);

		if (!first->tcp[i].done || subflows <= most)
			continue;
		most = subflows;
		best = i;
	}
	return best;
}

static bool any_by_tcp(const struct speed *s, size_t way)
{
	for (size_t i = 0; i < s->round_count; i++)
		if (s->rounds[i].tcp[way].done)
			return true;
	return false;
}

void speed_ways_explain(struct speed_ways *w, const struct speed *s)
{
	for (size_t i = 0; i < w->count; i++) {
		struct speed_uplink *u = &w->uplinks[i];
		struct uplink_wanted about = {u->name, u->interface,
					      u->address};

		if (i == s->opener || speed_share(s, i) > 0 ||
		    !speed_runs(s, false))
			continue;
		if (!any_by_tcp(s, i)) {
			u->idle = "nothing came by TCP either";
			continue;
		}
		u->idle = uplink_unused_why(&w->facts, &about, w->count - 1,
					    &u->commands);
	}
}
