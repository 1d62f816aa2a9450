// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/unused_uplink.h"

#include "probe/doctor/gather.h"

void unused_uplink_gather(struct facts *f, struct arena *arena)
{
	*f = (struct facts){.arena = arena};
	gather_proc(f, "/proc");
	gather_managers(f, "/proc");
	gather_endpoints(f);
}

static const struct doctor_endpoint *endpoint_of(const struct facts *f,
						 const struct address *a)
{
	for (size_t i = 0; i < f->endpoint_count; i++)
		if (!(f->endpoints[i].flags & ENDPOINT_IMPLICIT) &&
		    address_equal(&f->endpoints[i].address, a))
			return &f->endpoints[i];
	return NULL;
}

static bool makes_subflows(const struct doctor_endpoint *e)
{
	return e->flags & (ENDPOINT_SUBFLOW | ENDPOINT_FULLMESH);
}

bool uplink_has_endpoint(const struct facts *f, const struct address *address)
{
	const struct doctor_endpoint *e = endpoint_of(f, address);

	return e && makes_subflows(e);
}

static const char *addition(const struct facts *f,
			    const struct uplink_wanted *u)
{
	return arena_printf(f->arena, "ip mptcp endpoint add %s dev %s subflow",
			    arena_address(f->arena, &u->address), u->interface);
}

static bool is_limited(const struct facts *f, unsigned others)
{
	return f->subflows >= 0 && (unsigned)f->subflows < others;
}

/* With the limit raised, where that is wanted as well. */
static const char *and_limit(const struct facts *f, const char *commands,
			     unsigned others)
{
	return is_limited(f, others)
		       ? arena_printf(f->arena,
				      "%s\nip mptcp limits set subflows %u",
				      commands, others)
		       : commands;
}

const char *uplink_unused_why(const struct facts *f,
			      const struct uplink_wanted *u, unsigned others,
			      const char **commands)
{
	const struct doctor_endpoint *e = endpoint_of(f, &u->address);

	*commands = NULL;
	if (f->endpoints_known != KNOWN) {
		*commands = "ip mptcp endpoint show";
		return "whether it has an endpoint was not told";
	}
	if (!facts_endpoints_matter(f))
		return "another path manager than the kernel's is in charge "
		       "of subflows";
	if (!e) {
		*commands = and_limit(f, addition(f, u), others);
		return "no endpoint of this host has its address";
	}
	if (!makes_subflows(e)) {
		*commands = arena_printf(f->arena,
					 "ip mptcp endpoint delete id %u\n%s",
					 e->id, addition(f, u));
		*commands = and_limit(f, *commands, others);
		return "its endpoint is not for subflows";
	}
	if (is_limited(f, others)) {
		*commands = arena_printf(
			f->arena, "ip mptcp limits set subflows %u", others);
		return arena_printf(f->arena,
				    "the limit is %d subflow%s beside the "
				    "first",
				    f->subflows, f->subflows == 1 ? "" : "s");
	}
	return "it has an endpoint, and no subflow of it carried data; mpprobe "
	       "-i with these uplinks, and mpprobe doctor, tell more";
}
