// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_ROOM 32768 /* the kernel sends no more at once */

void *netlink_begin(struct netlink_question *q, uint16_t type, bool dump,
		    size_t size)
{
	*q = (struct netlink_question){
		.header = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
			   .nlmsg_type = type,
			   .nlmsg_flags =
				   NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0)}};
	return NLMSG_DATA(&q->header);
}

void netlink_add(struct netlink_question *q, uint16_t type, const void *value,
		 size_t length)
{
	size_t at = NLMSG_ALIGN(q->header.nlmsg_len);
	struct rtattr header = {
		.rta_len = (unsigned short)RTA_LENGTH(length),
		.rta_type = type,
	};

	memcpy((char *)q + at, &header, sizeof(header));
	memcpy((char *)q + at + RTA_LENGTH(0), value, length);
	q->header.nlmsg_len = (uint32_t)(at + RTA_ALIGN(header.rta_len));
}

static int error_of(const struct nlmsghdr *message)
{
	struct nlmsgerr error;

	memcpy(&error, NLMSG_DATA(message), sizeof(error));
	return error.error ? -error.error : EPROTO;
}

/* What is being heard. */
struct hearing {
	uint32_t sequence;
	netlink_fn *take;
	void *context;
	bool over, changed;
	int error;
};

/* An answer to a question that was given up has another number. */
static void hear(struct hearing *h, const struct nlmsghdr *message)
{
	if (message->nlmsg_seq != h->sequence)
		return;
	h->changed |= !!(message->nlmsg_flags & NLM_F_DUMP_INTR);
	h->over = !(message->nlmsg_flags & NLM_F_MULTI) ||
		  message->nlmsg_type == NLMSG_DONE;
	if (message->nlmsg_type == NLMSG_ERROR)
		h->error = error_of(message);
	else if (message->nlmsg_type != NLMSG_DONE)
		h->take(h->context, message);
}

static int receive(int fd, struct hearing *h)
{
	union {
		struct nlmsghdr header;
		char bytes[ANSWER_ROOM];
	} answer;
	const struct nlmsghdr *message = &answer.header;
	ssize_t n = recv(fd, &answer, sizeof(answer), 0);
	size_t left = n > 0 ? (size_t)n : 0;

	if (n == -1)
		return errno == EINTR ? 0 : errno;
	if (!NLMSG_OK(message, left))
		return EPROTO;
	for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left))
		hear(h, message);
	return 0;
}

int netlink_ask(int fd, struct netlink_question *q, netlink_fn *take,
		void *context)
{
	static uint32_t last;
	struct hearing h = {
		.sequence = last + 1, .take = take, .context = context};
	int result = 0;

	last = h.sequence;
	q->header.nlmsg_seq = h.sequence;
	if (send(fd, q, q->header.nlmsg_len, 0) == -1)
		return errno;
	while (!h.over && !result)
		result = receive(fd, &h);
	if (!result)
		result = h.error;
	return !result && h.changed ? EAGAIN : result;
}

uint32_t netlink_number(const struct rtattr *a)
{
	uint32_t number = 0;

	if (RTA_PAYLOAD(a) >= sizeof(number))
		memcpy(&number, RTA_DATA(a), sizeof(number));
	return number;
}

struct address netlink_address(const struct rtattr *a)
{
	return address_from(RTA_DATA(a), RTA_PAYLOAD(a));
}
