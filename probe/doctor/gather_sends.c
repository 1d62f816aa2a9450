// SPDX-License-Identifier: GPL-3.0-or-later
/* gather.h: whether the blackhole timer keeps SYNs from having MP_CAPABLE. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/doctor/gather.h"
#include "probe/net/mptcp_socket.h"

/* A port that nobody can listen on: the SYN is refused, and so does not count
 * as an answer, by which the kernel would switch MPTCP on. */
static bool send_syn(void)
{
	const struct sockaddr_in nobody = {.sin_family = AF_INET,
					   .sin_port = 0,
					   .sin_addr.s_addr =
						   htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_MPTCP);

	if (fd == -1)
		return false;
	(void)connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
	close(fd);
	return true;
}

/* What another program connects meanwhile tells the same. */
void gather_sends(struct facts *f)
{
	uint64_t plain = counter_now("MPCapableSYNTXDisabled");
	uint64_t mptcp = counter_now("MPCapableSYNTX");

	if ((!plain && !counter_now("Blackhole")) || !send_syn())
		return;
	if (counter_now("MPCapableSYNTXDisabled") > plain)
		f->sends = SENDS_PLAIN;
	else if (counter_now("MPCapableSYNTX") > mptcp)
		f->sends = SENDS_MPTCP;
}
