// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/checks.h"

#include <string.h>

/* In the order in which a connection meets them. */
static const struct {
	const char *id;
	check_fn *ask;
} rows[] = {
	{"support", check_support},
	{"enabled", check_enabled},
	{"blackhole", check_blackhole},
	{"retransmissions", check_retransmissions},
	{"checksum", check_checksum},
	{"scheduler", check_scheduler},
	{"path_manager", check_path_manager},
	{"limit.subflows", check_limit_subflows},
	{"limit.add_addr", check_limit_add_addr},
	{"uplinks", check_uplinks},
	{"endpoint.address", check_endpoint_address},
	{"endpoint.link", check_endpoint_link},
	{"endpoint.device", check_endpoint_device},
	{"endpoint.route", check_endpoint_route},
	{"endpoint.flags", check_endpoint_flags},
	{"rp_filter", check_rp_filter},
	{"initial_address", check_initial_address},
	{"add_addr_timeout", check_add_addr_timeout},
	{"stale", check_stale},
	{"listeners", check_listeners},
	{"programs", check_programs},
	{"connections", check_connections},
	{"connection", check_connection},
	{"path", check_path},
	{"joins", check_joins},
	{"refused_joins", check_refused_joins},
	{"damage", check_damage},
	{"receive_buffer", check_receive_buffer},
	{"autotuning", check_autotuning},
	{"send_buffer", check_send_buffer},
	{"firewall", check_firewall},
	{"firewall.legacy", check_legacy_firewall},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void add(struct checkup *c, const struct doctor_check *check)
{
	struct doctor_check *slot =
		ARENA_PUSH(c->facts->arena, c->checks, c->count);

	*slot = *check;
	slot->id = c->id;
}

void check_ok(struct checkup *c, const char *text)
{
	const struct doctor_check check = {
		.state = CHECK_OK, .effect = EFFECT_NONE, .text = text};

	add(c, &check);
}

void check_wrong(struct checkup *c, enum check_effect effect, const char *text,
		 const char *commands)
{
	const struct doctor_check check = {.state = CHECK_WRONG,
					   .effect = effect,
					   .text = text,
					   .commands = commands};

	add(c, &check);
}

void check_unknown(struct checkup *c, enum check_effect effect,
		   const char *text, const char *commands)
{
	const struct doctor_check check = {.state = CHECK_UNKNOWN,
					   .effect = effect,
					   .text = text,
					   .commands = commands};

	add(c, &check);
}

/* Without MPTCP in the kernel there is nothing else to look at. */
static bool has_mptcp(const struct facts *f)
{
	return facts_setting(f, "net.mptcp.enabled") != NULL;
}

struct checkup checks_ask(const struct facts *f)
{
	struct checkup c = {.facts = f};

	for (size_t i = 0; i < ROWS; i++) {
		c.id = rows[i].id;
		if (i == 0 || has_mptcp(f))
			rows[i].ask(&c);
	}
	return c;
}

struct checkup checks_ask_one(const struct facts *f, const char *id)
{
	struct checkup c = {.facts = f, .id = id};

	for (size_t i = 0; i < ROWS && has_mptcp(f); i++)
		if (!strcmp(rows[i].id, id))
			rows[i].ask(&c);
	return c;
}
