/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the headers of older systems lack of the kernel's MPTCP sockets; the
 * numbers are those of linux/mptcp.h, linux/in.h and linux/socket.h.
 */
#ifndef PROBE_NET_MPTCP_SOCKET_H
#define PROBE_NET_MPTCP_SOCKET_H

#include <linux/mptcp.h>
#include <netinet/in.h>
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

#endif
