// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/gather.h"

#include <time.h>

void facts_gather(struct facts *f, struct arena *arena,
		  const struct address *host)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*f = (struct facts){
		.arena = arena,
		.now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
	};
	gather_proc(f, "/proc");
	gather_sends(f);
	gather_managers(f, "/proc");
	gather_routes(f, host);
	gather_endpoints(f);
	gather_sockets(f);
	gather_firewall(f);
}
