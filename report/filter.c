// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/filter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

/* Without memory the parser of libpcap ends the program itself, by exit(2),
 * which would mean that the server has no MPTCP. */
static bool compiling;

static void end_compiling(void)
{
	if (compiling)
		_exit(EX_OSERR);
}

int filter_compile(pcap_t *pcap, const char *text, struct bpf_program *out)
{
	static bool registered;
	int result;

	registered = registered || atexit(end_compiling) == 0;
	compiling = true;
	result = pcap_compile(pcap, out, text, 1, PCAP_NETMASK_UNKNOWN);
	compiling = false;
	return result;
}
