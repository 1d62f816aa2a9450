/* SPDX-License-Identifier: GPL-3.0-or-later
 * The legs of a capture on a proxy or gateway: report/schemas/legs.json.
 */
#include "report/paths/legs.h"
#include "report/print/json.h"
#include "report/print/json_value.h"

static json_t *address(const struct address *a)
{
	return json_address(a);
}

JSON_ARRAY_OF(addresses, struct address, address)

static json_t *one_leg(const struct leg *l)
{
	return JSON_OBJECT(
		{"from_host", json_flag(l->from_host)},
		{"clients", addresses(l->clients, l->client_count)},
		{"to_host", json_flag(l->to_host)},
		{"in_its_place", json_flag(l->in_its_place)},
		{"server", json_address(&l->server)},
		{"port", json_count(l->port)},
		{"protocol", json_text(leg_kind_name(l->kind))},
		{"connections", json_count(l->connections)},
		{"subflows", JSON_OBJECT({"fewest", json_count(l->fewest)},
					 {"most", json_count(l->most)})});
}

JSON_ARRAY_OF(legs, struct leg, one_leg)

int json_legs(const struct page *p, const struct legs *l)
{
	return JSON_LINE(p, "mpprobe-legs/1", {"here", json_flag(l->here)},
			 {"host", addresses(l->host, l->host_count)},
			 {"legs", legs(l->list, l->count)},
			 {"more", json_flag(l->more)});
}
