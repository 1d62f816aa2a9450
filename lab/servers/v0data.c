/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/servers/v0data.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/checksum.h"

/* RFC 6824 3.3.4: the number nearest to what is expected. */
static uint64_t widen(uint64_t low, uint64_t expected)
{
	int32_t ahead = (int32_t)((uint32_t)low - (uint32_t)expected);

	return expected + (uint64_t)(int64_t)ahead;
}

/* What does not fit is lost, and with it the request. */
static void deliver(struct v0_connection *c, const uint8_t *bytes,
		    size_t length)
{
	size_t room = sizeof(c->request) - c->request_length;

	if (length > room)
		length = room;
	memcpy(c->request + c->request_length, bytes, length);
	c->request_length += length;
}

static size_t payload_of(const struct v0_mapping *m)
{
	return m->length - (m->data_fin ? 1u : 0u);
}

/* A DATA_FIN on its own has SSN 0 (RFC 6824 3.3.3). */
static bool fits_subflow(const struct v0_mapping *m, uint32_t ssn)
{
	if (payload_of(m) == 0)
		return true;
	return m->ssn == ssn;
}

static bool same_mapping(const struct v0_mapping *m,
			 const struct mptcp_option *dss, uint64_t dsn)
{
	return m->dsn == dsn && m->ssn == dss->dss.ssn &&
	       m->length == dss->dss.data_level_length;
}

static void end_mappings(struct v0_connection *c)
{
	c->infinite = true;
	c->failing = false;
}

static bool make_room(struct v0_mapping *m)
{
	uint8_t *bytes = realloc(m->bytes, m->length);

	if (bytes)
		m->bytes = bytes;
	return bytes != NULL;
}

/* Begins the mapping that an option states, or goes on with it. False: the
 * subflow must be reset. */
static bool begin_mapping(struct v0_connection *c, struct v0_mapping *m,
			  const struct mptcp_option *dss, uint32_t ssn)
{
	uint64_t dsn = dss->dss.dsn;

	if (!(dss->dss.flags & DSS_DSN8))
		dsn = widen(dsn, c->receive_next);
	if (!dss->dss.has_checksum)
		return false;
	if (m->active)
		return same_mapping(m, dss, dsn);
	m->active = true;
	m->data_fin = dss->dss.flags & DSS_DATA_FIN;
	m->dsn = dsn;
	m->ssn = dss->dss.ssn;
	m->length = dss->dss.data_level_length;
	m->checksum = dss->dss.checksum;
	m->have = 0;
	return make_room(m) && fits_subflow(m, ssn);
}

/* All of its data is there. What is not next is dropped, though TCP has
 * acknowledged it: so does the kernel. */
static void finish_mapping(struct v0_connection *c, struct v0_mapping *m)
{
	size_t length = payload_of(m);

	m->active = false;
	if (dss_checksum(m->dsn, m->ssn, m->length, m->bytes, length) !=
	    m->checksum) {
		c->failing = true;
		c->fail_dsn = m->dsn;
		return;
	}
	c->in_use = true;
	if (c->failing || m->dsn != c->receive_next)
		return;
	deliver(c, m->bytes, length);
	c->receive_next += m->length;
	c->data_fin |= m->data_fin;
}

static void collect(struct v0_connection *c, struct v0_mapping *m,
		    const uint8_t *payload, size_t length)
{
	size_t wanted = payload_of(m) - m->have;
	size_t taken = length < wanted ? length : wanted;

	if (taken)
		memcpy(m->bytes + m->have, payload, taken);
	m->have += taken;
	if (m->have == payload_of(m))
		finish_mapping(c, m);
}

static enum v0_taken take_unmapped(struct v0_connection *c,
				   const uint8_t *payload, size_t length)
{
	deliver(c, payload, length);
	c->receive_next += length;
	return V0_TAKEN;
}

enum v0_taken v0_data_take(struct v0_connection *c, struct v0_mapping *m,
			   const struct tcp_options *options, uint32_t ssn,
			   const uint8_t *payload, size_t length)
{
	const struct mptcp_option *dss = tcp_options_mptcp(options, MP_DSS);

	if (dss && !(dss->dss.flags & DSS_MAPPING))
		dss = NULL;
	if (!c->mptcp || c->infinite)
		return length ? take_unmapped(c, payload, length) : V0_TAKEN;
	if (dss && dss->dss.data_level_length == 0) {
		end_mappings(c);
		return take_unmapped(c, payload, length);
	}
	if (!dss && !m->active) {
		if (!length || c->in_use)
			return V0_PURGED;
		c->mptcp = false;
		return take_unmapped(c, payload, length);
	}
	if (dss && !begin_mapping(c, m, dss, ssn))
		return V0_RESET;
	collect(c, m, payload, length);
	return c->failing ? V0_PURGED : V0_TAKEN;
}

bool v0_data_request(struct v0_connection *c)
{
	static const char end[] = "\r\n\r\n";
	const char *found = memmem(c->request, c->request_length, end, 4);
	size_t used = found ? (size_t)(found + 4 - c->request) : 0;

	memmove(c->request, c->request + used, c->request_length - used);
	c->request_length -= used;
	return found != NULL;
}

bool v0_data_joinable(const struct v0_connection *c)
{
	return c->mptcp && !c->closed && !c->infinite && !c->failing;
}
