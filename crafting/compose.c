// SPDX-License-Identifier: GPL-3.0-or-later
#include "compose.h"

#include <string.h>

#include "checksum.h"
#include "keys.h"
#include "mptcp.h"

void compose_capable_syn(const struct mptcp_host *h, struct mptcp_option *out)
{
	*out = (struct mptcp_option){.subtype = MP_CAPABLE};
	out->capable.version = (uint8_t)h->version;
	out->capable.flags = h->flags;
	out->capable.has_sender_key = h->version == 0;
	out->capable.sender_key = h->key;
}

void compose_capable(const struct mptcp_host *h, size_t length,
		     struct mptcp_option *out)
{
	compose_capable_syn(h, out);
	out->capable.has_sender_key = out->capable.has_receiver_key = true;
	out->capable.receiver_key = h->peer_key;
	if (!length || h->version == 0)
		return;
	out->capable.has_data_length = true;
	out->capable.data_length = (uint16_t)length;
	out->capable.has_checksum = h->checksum;
}

int compose_join_ack(const struct mptcp_host *h, uint32_t nonce,
		     uint32_t peer_nonce, struct mptcp_option *out)
{
	uint8_t hmac[32];

	*out = (struct mptcp_option){.subtype = MP_JOIN};
	out->join.stage = JOIN_ACK;
	if (keys_join_hmac(h->keys, h->version, h->key, h->peer_key, nonce,
			   peer_nonce, hmac) != 0)
		return -1;
	memcpy(out->join.hmac, hmac, sizeof(out->join.hmac));
	return 0;
}

void compose_dss(const struct mptcp_host *h, uint8_t flags, uint64_t data_ack,
		 uint64_t offset, uint32_t ssn, size_t length,
		 struct mptcp_option *out)
{
	*out = (struct mptcp_option){.subtype = MP_DSS};
	out->dss.flags = flags;
	out->dss.data_ack = data_ack;
	if (!(flags & DSS_MAPPING))
		return;
	out->dss.dsn = h->idsn + 1 + offset;
	out->dss.ssn = ssn;
	out->dss.data_level_length = (uint16_t)length;
	out->dss.has_checksum = h->checksum;
}

void compose_checksum(const struct mptcp_host *h, const uint8_t *payload,
		      size_t length, struct mptcp_option *option)
{
	if (option->subtype == MP_CAPABLE && option->capable.has_checksum)
		option->capable.checksum = dss_checksum(
			h->idsn + 1, 1, option->capable.data_length, payload,
			length);
	else if (option->subtype == MP_DSS && option->dss.has_checksum &&
		 option->dss.data_level_length)
		option->dss.checksum = dss_checksum(
			option->dss.dsn, option->dss.ssn,
			option->dss.data_level_length, payload, length);
}

int compose_add_addr_hmac(const struct mptcp_host *h,
			  struct mptcp_option *option)
{
	option->add_addr.has_hmac = true;
	return keys_add_addr_hmac(
		h->keys, h->key, h->peer_key, option->add_addr.address_id,
		&option->add_addr.address, option->add_addr.port,
		&option->add_addr.hmac);
}
