// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/subflow_bytes.h"

#include <linux/tcp.h>
#include <string.h>

#include "probe/net/mptcp_socket.h"
#include "probe/net/sockaddr.h"

/* Asks for an array, of which the kernel fills in as many as there are. */
#define ANSWER(type)                                                           \
	struct {                                                               \
		struct mptcp_subflow_data about;                               \
		type all[SUBFLOW_BYTES_MAX];                                   \
	}

typedef ANSWER(struct mptcp_subflow_addrs) addresses_t;
typedef ANSWER(struct tcp_info) infos_t;

/* Returns how many there are; 0: none, more than there is room for, or this
 * kernel does not tell. */
static unsigned ask(int socket, int option, struct mptcp_subflow_data *answer,
		    size_t size, size_t element)
{
	socklen_t length = (socklen_t)size;

	memset(answer, 0, size);
	answer->size_subflow_data = sizeof(*answer);
	answer->size_user = (uint32_t)element;
	if (getsockopt(socket, SOL_MPTCP, option, answer, &length) == -1 ||
	    answer->num_subflows > SUBFLOW_BYTES_MAX)
		return 0;
	return answer->num_subflows;
}

static unsigned ask_addresses(int socket, addresses_t *a)
{
	return ask(socket, MPTCP_SUBFLOW_ADDRS, &a->about, sizeof(*a),
		   sizeof(a->all[0]));
}

/* Both are in the order of the connection's list: which has not changed in
 * between if the addresses are the same before and behind. */
static unsigned ask_both(int socket, addresses_t *a, infos_t *infos)
{
	addresses_t again;
	unsigned count = ask_addresses(socket, a);
	bool same = ask(socket, MPTCP_TCPINFO, &infos->about, sizeof(*infos),
			sizeof(infos->all[0])) == count &&
		    ask_addresses(socket, &again) == count;

	for (unsigned i = 0; same && i < count; i++)
		/* No kernel leaves gaps: NOLINTNEXTLINE(bugprone-*,cert-*) */
		same = !memcmp(&a->all[i], &again.all[i], sizeof(a->all[i]));
	return same ? count : 0;
}

static void take(struct subflow_bytes *s, const struct sockaddr *from,
		 uint64_t received)
{
	uint16_t port = 0;
	struct address local = sockaddr_read(from, &port);
	unsigned i = 0;

	while (i < s->count && !(s->all[i].port == port &&
				 address_equal(&s->all[i].local, &local)))
		i++;
	if (i == SUBFLOW_BYTES_MAX)
		return;
	if (i == s->count)
		s->count++;
	s->all[i].local = local;
	s->all[i].port = port;
	s->all[i].received = received;
}

void subflow_bytes_look(struct subflow_bytes *s, int socket)
{
	addresses_t addresses;
	infos_t infos;
	unsigned count = ask_both(socket, &addresses, &infos);

	s->told |= count > 0;
	for (unsigned i = 0; i < count; i++)
		take(s, &addresses.all[i].sa_local,
		     infos.all[i].tcpi_bytes_received);
}
