// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/own_mptcp.h"

#include <stdio.h>

#include "probe/doctor/checks.h"
#include "probe/doctor/gather.h"

bool own_mptcp_off(const char *proc, char *text, size_t size)
{
	static const char *const ids[] = {"enabled", "blackhole"};
	struct facts f = {.arena = arena_new()};
	bool off = false;

	gather_proc(&f, proc);
	for (size_t i = 0; i < 2 && !off; i++) {
		struct checkup c = checks_ask_one(&f, ids[i]);

		off = c.count && c.checks[0].state == CHECK_WRONG;
		if (off)
			snprintf(text, size,
				 "this host's own MPTCP: %s: %s; mpprobe "
				 "doctor tells more",
				 c.checks[0].text, c.checks[0].commands);
	}
	arena_free(f.arena);
	return off;
}
