// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t sockaddr_make(const struct address *a, uint16_t port, unsigned scope,
			struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port)};

	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		memcpy(&v4.sin_addr, a->bytes, sizeof(v4.sin_addr));
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, a->bytes, sizeof(v6.sin6_addr));
	if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
		v6.sin6_scope_id = scope;
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

struct address sockaddr_read(const struct sockaddr *from, uint16_t *port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	uint16_t found = 0;
	struct address a = {0};

	if (from->sa_family == AF_INET) {
		memcpy(&v4, from, sizeof(v4));
		a = address_from((const uint8_t *)&v4.sin_addr, 4);
		found = ntohs(v4.sin_port);
	} else if (from->sa_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		a = address_from((const uint8_t *)&v6.sin6_addr, 16);
		found = ntohs(v6.sin6_port);
	}
	if (port)
		*port = found;
	return a;
}
