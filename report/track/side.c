// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/side.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/packet.h"
#include "crafting/segment.h"
#include "report/arena.h"

/* --- bytes ---------------------------------------------------------------- */

/* Beyond what there is room for, late bytes count as sent again. */
static void add_gap(struct stream *s, size_t index, uint32_t from, uint32_t to)
{
	if (!s->gaps)
		s->gaps = must_have(calloc(GAPS_MAX, sizeof(*s->gaps)));
	if (s->gap_count == GAPS_MAX)
		return;
	memmove(&s->gaps[index + 1], &s->gaps[index],
		(s->gap_count - index) * sizeof(*s->gaps));
	s->gaps[index] = (struct gap){from, to};
	s->gap_count++;
}

static void remove_gap(struct stream *s, size_t index)
{
	s->gap_count--;
	memmove(&s->gaps[index], &s->gaps[index + 1],
		(s->gap_count - index) * sizeof(*s->gaps));
}

static bool overlaps(const struct gap *g, uint32_t from, uint32_t to)
{
	return seq_diff(from, g->to) < 0 && seq_diff(to, g->from) > 0;
}

/* How much of it falls into gaps, which it fills. */
static uint32_t fill_gaps(struct stream *s, uint32_t from, uint32_t to)
{
	uint32_t fresh = 0;

	for (size_t i = s->gap_count; i-- > 0;) {
		struct gap g = s->gaps[i];
		bool left = seq_diff(g.from, from) < 0;
		bool right = seq_diff(g.to, to) > 0;

		if (!overlaps(&g, from, to))
			continue;
		fresh += (right ? to : g.to) - (left ? from : g.from);
		remove_gap(s, i);
		if (right)
			add_gap(s, i, to, g.to);
		if (left)
			add_gap(s, i, g.from, from);
	}
	return fresh;
}

uint32_t stream_add(struct stream *s, uint32_t from, uint32_t length)
{
	uint32_t to = from + length, fresh = 0;

	if (!s->begun) {
		s->begun = true;
		s->low = s->next = from;
	}
	if (!length)
		return 0;
	if (seq_diff(from, s->next) >= 0 || seq_diff(to, s->low) <= 0 ||
	    s->gap_count)
		fresh = fill_gaps(s, from, to);
	if (seq_diff(from, s->next) > 0)
		add_gap(s, s->gap_count, s->next, from);
	if (seq_diff(to, s->next) > 0) {
		uint32_t above = (uint32_t)seq_diff(to, s->next);

		fresh += above < length ? above : length;
		s->next = to;
	}
	if (seq_diff(from, s->low) < 0) {
		uint32_t below = (uint32_t)seq_diff(s->low, from);

		fresh += below < length ? below : length;
		if (seq_diff(to, s->low) < 0)
			add_gap(s, 0, to, s->low);
		s->low = from;
	}
	s->bytes += fresh;
	s->bytes_again += length - fresh;
	return fresh;
}

bool stream_lacks(const struct stream *s, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < s->gap_count; i++)
		if (overlaps(&s->gaps[i], from, to))
			return true;
	return false;
}

uint32_t stream_front(const struct stream *s)
{
	return s->gap_count ? s->gaps[0].from : s->next;
}

void side_free(struct side *s)
{
	free(s->stream.gaps);
	free(s->sums);
	free(s->curve);
}

bool side_sequence(struct side *s, const struct tcp_view *tcp, uint64_t frame,
		   int64_t time_us)
{
	uint32_t length = (uint32_t)tcp->payload_length;
	uint32_t fresh;

	s->packets++;
	s->last_dss = 0;
	if (tcp->flags & TCP_FLAG_RST) {
		s->reset_frame = s->reset_frame ? s->reset_frame : frame;
		return false;
	}
	if (tcp->flags & TCP_FLAG_SYN) {
		s->syn = s->has_isn = true;
		s->isn = tcp->sequence;
		stream_add(&s->stream, tcp->sequence + 1, 0);
		return false;
	}
	s->acked |= (tcp->flags & TCP_FLAG_ACK) != 0;
	s->fin |= (tcp->flags & TCP_FLAG_FIN) != 0;
	fresh = stream_add(&s->stream, tcp->sequence, length);
	if (!length)
		return false;
	if (!fresh) {
		s->retransmitted++;
		return false;
	}
	if (!s->first_us)
		s->first_us = time_us;
	s->last_us = time_us;
	return true;
}

double side_rate(const struct side *s)
{
	if (s->stream.bytes < 10000 || s->last_us - s->first_us < 1000)
		return -1;
	return (double)s->stream.bytes * 8 / (double)(s->last_us - s->first_us);
}

/* --- mappings ------------------------------------------------------------- */

/* Without the SYN the sequence number of the first byte is told by any
 * mapping: its SSN is relative. */
static void infer_isn(struct side *s, const struct mapping *m,
		      const struct tcp_view *tcp)
{
	if (s->has_isn || !m->ssn || !m->length ||
	    tcp->payload_length != m->length)
		return;
	s->isn = tcp->sequence - m->ssn;
	s->has_isn = true;
}

static bool same_mapping(const struct mapping *a, const struct mapping *b)
{
	return a->dsn == b->dsn && a->ssn == b->ssn && a->length == b->length &&
	       a->checksum == b->checksum && a->data_fin == b->data_fin;
}

/* Every segment of a mapping may state it. */
static void begin_sum(struct side *s, const struct mapping *m)
{
	if (!m->has_checksum)
		return;
	if (!s->sums)
		s->sums = must_have(calloc(SUMS_MAX, sizeof(*s->sums)));
	for (unsigned i = 0; i < SUMS_MAX; i++)
		if (same_mapping(&s->sums[i].mapping, m))
			return;
	mapping_sum_begin(&s->sums[s->next_sum], m);
	s->next_sum = (s->next_sum + 1) % SUMS_MAX;
}

/* What was not captured of a segment leaves its mapping unknown. */
static enum mapping_state add_sums(struct side *s, const struct tcp_view *tcp,
				   uint64_t frame)
{
	size_t length = tcp->payload_available < tcp->payload_length
				? tcp->payload_available
				: tcp->payload_length;
	enum mapping_state ret = MAPPING_OPEN;

	for (unsigned i = 0; s->sums && i < SUMS_MAX; i++) {
		enum mapping_state state =
			mapping_sum_add(&s->sums[i], tcp->sequence - s->isn,
					tcp->payload, length);

		s->sums_right += state == MAPPING_RIGHT;
		s->sums_wrong += state == MAPPING_WRONG;
		if (state == MAPPING_WRONG && !s->wrong_frame)
			s->wrong_frame = frame;
		if (state != MAPPING_OPEN && ret != MAPPING_WRONG)
			ret = state;
	}
	return ret;
}

/* What a capture lacks may have stated a mapping for what is behind it. */
static void see_unmapped(struct side *s, const struct tcp_view *tcp,
			 uint64_t frame)
{
	uint32_t mapped = s->isn + s->mapped_end;
	uint32_t end = tcp->sequence + (uint32_t)tcp->payload_length;

	if (seq_diff(end, mapped) <= 0 ||
	    stream_lacks(&s->stream, mapped, tcp->sequence))
		return;
	s->unmapped_frame = frame;
}

static void note_mapping(struct side *s, const struct mapping *m)
{
	uint32_t end = m->ssn + mapping_payload(m);

	if (m->ssn && (!s->mapped || seq_diff(end, s->mapped_end) > 0))
		s->mapped_end = end;
	if (m->ssn)
		s->mapping = *m;
	s->mapped = true;
}

enum mapping_state side_mapping(struct side *s, const struct mapping *m,
				const struct tcp_view *tcp, bool news,
				uint64_t frame)
{
	enum mapping_state ret = MAPPING_OPEN;

	if (m && m->data_fin && !s->data_fin_frame)
		s->data_fin_frame = frame;
	if (m && !m->length) {
		s->infinite_frame =
			s->infinite_frame ? s->infinite_frame : frame;
		return ret;
	}
	if (m) {
		infer_isn(s, m, tcp);
		note_mapping(s, m);
		if (news || !tcp->payload_length)
			begin_sum(s, m);
	}
	if (!s->has_isn)
		return ret;
	ret = add_sums(s, tcp, frame);
	if (news && s->mapped && !s->unmapped_frame && !s->infinite_frame)
		see_unmapped(s, tcp, frame);
	return ret;
}
