// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: the in-kernel path manager, by generic netlink. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp.h>
#include <net/if.h>
#include <string.h>

#include "probe/doctor/gather.h"
#include "probe/doctor/gather_netlink.h"

struct endpoints {
	struct facts *facts;
	struct doctor_endpoint *all;
	size_t count;
	struct doctor_setting *raw; /* of the limits */
	size_t raw_count;
};

static int take_family(const struct nlmsghdr *header, void *context)
{
	uint16_t *id = context;
	const struct nlattr *a;

	mnl_attr_for_each (a, header, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*id = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

/* 0, or an errno. */
static int find_family(uint16_t *id)
{
	struct question q;
	struct genlmsghdr *g =
		question_begin(&q, GENL_ID_CTRL, false, sizeof(*g));

	*id = 0;
	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	mnl_attr_put_strz(q.header, CTRL_ATTR_FAMILY_NAME, MPTCP_PM_NAME);
	return question_ask(&q, NETLINK_GENERIC, take_family, id);
}

static void take_attribute(struct endpoints *all, struct doctor_endpoint *e,
			   const struct nlattr *a)
{
	struct doctor_setting *raw = (struct doctor_setting *)e->raw;
	char name[IFNAMSIZ];

	switch (mnl_attr_get_type(a)) {
	case MPTCP_PM_ADDR_ATTR_FAMILY:
		break; /* the address says so, too */
	case MPTCP_PM_ADDR_ATTR_ID:
		e->id = mnl_attr_get_u8(a);
		break;
	case MPTCP_PM_ADDR_ATTR_ADDR4:
	case MPTCP_PM_ADDR_ATTR_ADDR6:
		e->address = attribute_address(a);
		break;
	case MPTCP_PM_ADDR_ATTR_PORT:
		e->port = mnl_attr_get_u16(a);
		break;
	case MPTCP_PM_ADDR_ATTR_FLAGS:
		e->flags = mnl_attr_get_u32(a);
		break;
	case MPTCP_PM_ADDR_ATTR_IF_IDX:
		e->link = mnl_attr_get_u32(a);
		if (e->link && if_indextoname(e->link, name))
			e->device = arena_printf(all->facts->arena, "%s", name);
		break;
	default:
		raw_add(all->facts->arena, &raw, &e->raw_count, a);
		e->raw = raw;
	}
}

static int take_endpoint(const struct nlmsghdr *header, void *context)
{
	struct endpoints *all = context;
	const struct nlattr *outer, *a;

	mnl_attr_for_each (outer, header, sizeof(struct genlmsghdr)) {
		struct doctor_endpoint e = {0};

		if (mnl_attr_get_type(outer) != MPTCP_PM_ATTR_ADDR)
			continue;
		mnl_attr_for_each_nested (a, outer)
			take_attribute(all, &e, a);
		*ARENA_PUSH(all->facts->arena, all->all, all->count) = e;
	}
	return MNL_CB_OK;
}

static int take_limits(const struct nlmsghdr *header, void *context)
{
	struct endpoints *all = context;
	const struct nlattr *a;

	mnl_attr_for_each (a, header, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) == MPTCP_PM_ATTR_SUBFLOWS)
			all->facts->subflows = (int)mnl_attr_get_u32(a);
		else if (mnl_attr_get_type(a) == MPTCP_PM_ATTR_RCV_ADD_ADDRS)
			all->facts->add_addr_accepted =
				(int)mnl_attr_get_u32(a);
		else
			raw_add(all->facts->arena, &all->raw, &all->raw_count,
				a);
	}
	return MNL_CB_OK;
}

static int ask(uint16_t family, uint8_t command, bool dump, mnl_cb_t take,
	       struct endpoints *all)
{
	struct question q;
	struct genlmsghdr *g = question_begin(&q, family, dump, sizeof(*g));

	g->cmd = command;
	g->version = MPTCP_PM_VER;
	return question_ask(&q, NETLINK_GENERIC, take, all);
}

void gather_endpoints(struct facts *f)
{
	struct endpoints all = {.facts = f};
	uint16_t family;
	int error = find_family(&family);

	f->subflows = f->add_addr_accepted = -1;
	if (!error)
		error = ask(family, MPTCP_PM_CMD_GET_LIMITS, false, take_limits,
			    &all);
	if (!error)
		error = ask(family, MPTCP_PM_CMD_GET_ADDR, true, take_endpoint,
			    &all);
	f->endpoints_known = known_by(error);
	f->endpoints = all.all;
	f->endpoint_count = all.count;
	f->limits_raw = all.raw;
	f->limits_raw_count = all.raw_count;
}
