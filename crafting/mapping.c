// SPDX-License-Identifier: GPL-3.0-or-later
#include "mapping.h"

#include <string.h>

#include "checksum.h"
#include "mptcp.h"
#include "tcp_options.h"

uint64_t dsn_widen(uint64_t low, uint64_t expected)
{
	int32_t ahead = (int32_t)((uint32_t)low - (uint32_t)expected);

	return expected + (uint64_t)(int64_t)ahead;
}

static void read_capable(const struct mptcp_option *o, uint64_t first,
			 struct mapping *out)
{
	*out = (struct mapping){
		.dsn = first,
		.dsn8 = true,
		.dsn_known = first != 0,
		.ssn = 1,
		.length = o->capable.data_length,
		.has_checksum = o->capable.has_checksum,
		.checksum = o->capable.checksum,
	};
}

bool mapping_read(const struct tcp_options *options, uint64_t first,
		  uint64_t expected, struct mapping *out)
{
	const struct mptcp_option *o = tcp_options_mptcp(options, MP_CAPABLE);

	if (o && o->capable.has_data_length) {
		read_capable(o, first, out);
		return true;
	}
	o = tcp_options_mptcp(options, MP_DSS);
	if (!o || !(o->dss.flags & DSS_MAPPING))
		return false;
	*out = (struct mapping){
		.dsn = o->dss.dsn,
		.dsn8 = o->dss.flags & DSS_DSN8,
		.dsn_known = o->dss.flags & DSS_DSN8 || expected,
		.ssn = o->dss.ssn,
		.length = o->dss.data_level_length,
		.data_fin = o->dss.flags & DSS_DATA_FIN,
		.has_checksum = o->dss.has_checksum,
		.checksum = o->dss.checksum,
	};
	if (!out->dsn8 && expected)
		out->dsn = dsn_widen(out->dsn, expected);
	return true;
}

uint32_t mapping_payload(const struct mapping *m)
{
	return m->length - (m->data_fin && m->length ? 1u : 0u);
}

void mapping_sum_begin(struct mapping_sum *s, const struct mapping *m)
{
	*s = (struct mapping_sum){.mapping = *m};
	s->open = m->has_checksum && m->dsn_known && m->length;
}

/* RFC 1071 2 (B): bytes that begin at an odd place are summed up swapped. */
static void add_bytes(struct mapping_sum *s, uint32_t at, const uint8_t *bytes,
		      uint32_t length)
{
	uint32_t sum = checksum_add(0, bytes, length);

	if (at & 1)
		sum = (sum >> 8 | sum << 8) & 0xffff;
	s->sum = checksum_add(s->sum + sum, NULL, 0);
}

/* Whether there was room for it. */
static bool add_piece(struct mapping_sum *s, unsigned index, uint32_t from,
		      uint32_t to)
{
	if (index && s->pieces[index - 1].to == from) {
		s->pieces[index - 1].to = to;
	} else if (s->piece_count < MAPPING_PIECES) {
		memmove(&s->pieces[index + 1], &s->pieces[index],
			(s->piece_count - index) * sizeof(*s->pieces));
		s->pieces[index].from = from;
		s->pieces[index++].to = to;
		s->piece_count++;
	} else {
		return false;
	}
	if (index < s->piece_count && s->pieces[index].from == to) {
		s->pieces[index - 1].to = s->pieces[index].to;
		s->piece_count--;
		memmove(&s->pieces[index], &s->pieces[index + 1],
			(s->piece_count - index) * sizeof(*s->pieces));
	}
	return true;
}

/* Adds what is new of `from` to `to`; `bytes` begin at `from`. */
static bool add_new(struct mapping_sum *s, const uint8_t *bytes, uint32_t from,
		    uint32_t to)
{
	uint32_t at = from;

	while (at < to) {
		uint32_t end = to;
		unsigned i = 0;

		while (i < s->piece_count && s->pieces[i].to <= at)
			i++;
		if (i < s->piece_count && s->pieces[i].from <= at) {
			at = s->pieces[i].to;
			continue;
		}
		if (i < s->piece_count && s->pieces[i].from < end)
			end = s->pieces[i].from;
		add_bytes(s, at, bytes + (at - from), end - at);
		if (!add_piece(s, i, at, end))
			return false;
		at = end;
	}
	return true;
}

/* RFC 8684 3.3.1: the pseudo-header is DSN, SSN, length and zeros. */
static enum mapping_state finish(struct mapping_sum *s)
{
	const struct mapping *m = &s->mapping;
	uint16_t head = dss_checksum(m->dsn, m->ssn, m->length, NULL, 0);

	s->open = false;
	return checksum_finish((uint32_t)(uint16_t)~head + s->sum) ==
			       m->checksum
		       ? MAPPING_RIGHT
		       : MAPPING_WRONG;
}

enum mapping_state mapping_sum_add(struct mapping_sum *s, uint32_t ssn,
				   const uint8_t *payload, size_t length)
{
	uint32_t all = mapping_payload(&s->mapping);
	int64_t from = (int32_t)(ssn - s->mapping.ssn), skipped = 0;
	int64_t to = from + (int64_t)length;

	if (!s->open)
		return MAPPING_OPEN;
	if (from < 0) {
		skipped = -from;
		from = 0;
	}
	if (to > all)
		to = all;
	if (from < to &&
	    !add_new(s, payload + skipped, (uint32_t)from, (uint32_t)to))
		s->open = false; /* too many pieces: it stays unknown */
	if (s->open && (!all || (s->piece_count == 1 && !s->pieces[0].from &&
				 s->pieces[0].to == all)))
		return finish(s);
	return MAPPING_OPEN;
}
