/* SPDX-License-Identifier: GPL-3.0-or-later
 * The inverse of print/json_legs.c.
 */
#include <string.h>

#include "report/arena.h"
#include "report/paths/legs.h"
#include "report/saved/member.h"
#include "report/saved/saved.h"

static void take_addresses(struct arena *a, const json_t *json,
			   struct address **list, size_t *count)
{
	const json_t *item;
	size_t i;

	json_array_foreach(
		json, i, item) if (*count < LEG_ADDRESSES_MAX &&
				   json_is_string(item) &&
				   !address_parse(json_string_value(item),
						  ARENA_PUSH(a, *list,
							     *count)))-- *count;
}

static enum leg_kind kind_of(const char *name)
{
	int kind = LEG_TCP;

	while (kind < LEG_UNTOLD &&
	       strcmp(leg_kind_name((enum leg_kind)kind), name) != 0)
		kind++;
	return (enum leg_kind)kind;
}

static void take_leg(struct legs *l, const json_t *json)
{
	struct leg *leg = ARENA_PUSH(l->arena, l->list, l->count);
	const json_t *subflows = json_object_get(json, "subflows");

	leg->from_host = member_flag(json, "from_host");
	leg->to_host = member_flag(json, "to_host");
	leg->in_its_place = member_flag(json, "in_its_place");
	take_addresses(l->arena, json_object_get(json, "clients"),
		       &leg->clients, &leg->client_count);
	leg->server = member_address(json, "server");
	leg->port = member_port(json, "port");
	leg->kind = kind_of(member_text(json, "protocol"));
	leg->connections = (size_t)member_count(json, "connections");
	leg->fewest = (size_t)member_count(subflows, "fewest");
	leg->most = (size_t)member_count(subflows, "most");
}

struct legs *saved_legs(const json_t *line)
{
	struct arena *a = arena_new();
	struct legs *l = arena_alloc(a, sizeof(*l));
	const json_t *json;
	size_t i;

	l->arena = a;
	l->here = member_flag(line, "here");
	l->more = member_flag(line, "more");
	take_addresses(a, json_object_get(line, "host"), &l->host,
		       &l->host_count);
	json_array_foreach(json_object_get(line, "legs"), i, json)
		take_leg(l, json);
	return l;
}
