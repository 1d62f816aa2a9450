// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/modest.h"

#include "probe/net/complain.h"

#define RATE_MODEST 10000 /* packets a second; more need permission */
#define PACKET_BITS 900	  /* of the link, about, for one of them */

bool rate_is_modest(double pps, double bits)
{
	return (pps && pps <= RATE_MODEST) ||
	       (bits && bits <= RATE_MODEST * PACKET_BITS);
}

int rate_refuse(void)
{
	return failure(EXIT_USAGE,
		       "more than %d packets a second may be too much for "
		       "networks that you do not know: --i-am-allowed says "
		       "that who runs yours agrees (mpprobe(1), SURVEYS)",
		       RATE_MODEST);
}
