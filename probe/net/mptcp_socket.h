/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the headers of older systems lack of the kernel's MPTCP sockets; the
 * numbers are those of linux/mptcp.h, linux/in.h and linux/socket.h.
 */
#ifndef PROBE_NET_MPTCP_SOCKET_H
#define PROBE_NET_MPTCP_SOCKET_H

#include <linux/mptcp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
#ifndef MPTCP_INFO
#define MPTCP_INFO 1
#endif
#ifndef MPTCP_INFO_FLAG_FALLBACK
#define MPTCP_INFO_FLAG_FALLBACK 1
#endif

#ifndef MPTCP_SUBFLOW_ADDRS
#define MPTCP_TCPINFO 2
#define MPTCP_SUBFLOW_ADDRS 3

struct mptcp_subflow_data {
	uint32_t size_subflow_data, num_subflows, size_kernel, size_user;
} __attribute__((aligned(8)));

struct mptcp_subflow_addrs {
	union {
		sa_family_t sa_family;
		struct sockaddr sa_local;
		struct sockaddr_storage ss_local;
	};
	union {
		struct sockaddr sa_remote;
		struct sockaddr_storage ss_remote;
	};
};
#endif

#endif
