// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/gather.h"
#include "probe/net/clock.h"

void facts_gather(struct facts *f, struct arena *arena,
		  const struct address *host)
{
	*f = (struct facts){
		.arena = arena,
		.now_us = clock_us(CLOCK_REALTIME),
	};
	gather_proc(f, "/proc");
	gather_sends(f);
	gather_managers(f, "/proc");
	gather_routes(f, host);
	gather_endpoints(f);
	gather_sockets(f);
	gather_firewall(f);
}
