/* SPDX-License-Identifier: GPL-3.0-or-later
 * The MPTCP options that are right for a host to send: made of what it knows
 * of its connection. Who wants wrong ones changes them afterwards.
 */
#ifndef CRAFTING_COMPOSE_H
#define CRAFTING_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keys;
struct mptcp_option;

/* One end of a connection. */
struct mptcp_host {
	struct keys *keys;
	unsigned version;
	uint8_t flags;	    /* of its MP_CAPABLE: MPC_* */
	uint64_t key, idsn; /* its own */
	uint64_t peer_key;
	bool checksum; /* DSS checksums are in use */
};

/* MP_CAPABLE of a SYN (RFC 8684 3.1; RFC 6824 3.1: version 0 has the key). */
void compose_capable_syn(const struct mptcp_host *h, struct mptcp_option *out);

/* MP_CAPABLE with both keys: of the third ACK, or in version 1 of the first
 * data, whose `length` bytes it maps (without the checksum). */
void compose_capable(const struct mptcp_host *h, size_t length,
		     struct mptcp_option *out);

/* MP_JOIN of the third ACK, with the HMAC (RFC 8684 3.2). 0, or -1: OpenSSL
 * failed. */
int compose_join_ack(const struct mptcp_host *h, uint32_t nonce,
		     uint32_t peer_nonce, struct mptcp_option *out);

/* DSS with these flags (DSS_*): `data_ack`, and the mapping of `length` bytes
 * from `offset` of the connection's data on (without the checksum), which
 * stand at `ssn` of the subflow (RFC 8684 3.3). */
void compose_dss(const struct mptcp_host *h, uint8_t flags, uint64_t data_ack,
		 uint64_t offset, uint32_t ssn, size_t length,
		 struct mptcp_option *out);

/* Sets the checksum of a mapping as it stands, over these bytes, if it is to
 * have one. */
void compose_checksum(const struct mptcp_host *h, const uint8_t *payload,
		      size_t length, struct mptcp_option *option);

/* Gives an ADD_ADDR of version 1 its HMAC (RFC 8684 3.4.1). 0, or -1: OpenSSL
 * failed. */
int compose_add_addr_hmac(const struct mptcp_host *h,
			  struct mptcp_option *option);

#endif
