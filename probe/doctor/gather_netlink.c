// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/doctor/gather_netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void *question_begin(struct question *q, uint16_t type, bool dump, size_t size)
{
	memset(&q->message, 0, sizeof(q->message));
	q->header = mnl_nlmsg_put_header(&q->message);
	q->header->nlmsg_type = type;
	q->header->nlmsg_flags =
		NLM_F_REQUEST | (dump ? NLM_F_DUMP : NLM_F_ACK);
	q->header->nlmsg_seq = 1;
	return mnl_nlmsg_put_extra_header(q->header, size);
}

static int take_answers(struct mnl_socket *socket, mnl_cb_t take, void *context)
{
	static char buffer[32768]; /* as MNL_SOCKET_DUMP_SIZE */
	unsigned port = mnl_socket_get_portid(socket);
	int result = MNL_CB_OK;

	while (result == MNL_CB_OK) {
		ssize_t length =
			mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (length == -1 && errno == EINTR)
			continue;
		if (length == -1)
			return errno;
		result = mnl_cb_run(buffer, (size_t)length, 1, port, take,
				    context);
	}
	return result == MNL_CB_ERROR ? errno : 0;
}

int question_ask(struct question *q, int family, mnl_cb_t take, void *context)
{
	struct mnl_socket *socket = mnl_socket_open2(family, SOCK_CLOEXEC);
	int result;

	if (!socket && errno == ENOMEM)
		must_have(NULL);
	if (!socket)
		return errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == -1 ||
	    mnl_socket_sendto(socket, q->header, q->header->nlmsg_len) == -1)
		result = errno;
	else
		result = take_answers(socket, take, context);
	mnl_socket_close(socket);
	return result;
}

void raw_add(struct arena *a, struct doctor_setting **all, size_t *count,
	     const struct nlattr *attribute)
{
	struct doctor_setting *slot = ARENA_PUSH(a, *all, *count);

	slot->name = arena_printf(a, "%u", mnl_attr_get_type(attribute));
	slot->value = arena_hex(a, mnl_attr_get_payload(attribute),
				mnl_attr_get_payload_len(attribute));
}

/* IPv4 in the form of IPv6, as sockets have it, is IPv4. */
struct address attribute_address(const struct nlattr *attribute)
{
	size_t length = mnl_attr_get_payload_len(attribute);

	if (length != 4 && length != 16)
		return (struct address){0};
	return address_from(mnl_attr_get_payload(attribute), length);
}

enum known known_by(int error)
{
	if (!error)
		return KNOWN;
	return error == EPERM || error == EACCES ? NOT_PERMITTED : NOT_THERE;
}
