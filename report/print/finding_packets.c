// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/print/finding_packets.h"

const struct report_packet *packet_of(const struct report *r, uint64_t frame)
{
	for (size_t i = 0; i < r->packet_count && frame; i++)
		if (r->packets[i].frame == frame)
			return &r->packets[i];
	return NULL;
}

/* A quote by this hop of a segment of this kind; `connection` 0: of any. */
static const struct report_packet *quote_by(const struct report *r,
					    const struct finding *f,
					    const struct place *at,
					    unsigned connection)
{
	for (size_t i = 0; i < r->packet_count && at->known; i++) {
		const struct report_packet *k = &r->packets[i];

		if (k->quotes && k->hop == at->ttl &&
		    k->segment == f->segment &&
		    (!connection || k->connection == connection))
			return k;
	}
	return NULL;
}

/* The evidence that is told with its packet: at the place, or any. */
static const struct report_packet *evidence_packet(const struct report *r,
						   const struct finding *f)
{
	unsigned ttl = f->at.known ? f->at.ttl : 0;
	const struct report_packet *any = NULL;

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct report_packet *k =
			packet_of(r, f->evidence[i].frame);

		if (k && k->quotes && ttl && k->hop == ttl)
			return k;
		if (k && !any)
			any = k;
	}
	return any;
}

static void add(struct finding_packets *p, const struct report_packet *seen)
{
	if (seen && seen->length)
		p->seen[p->count++] = seen;
}

struct finding_packets finding_packets(const struct report *r,
				       const struct finding *f)
{
	const struct report_packet *seen = evidence_packet(r, f), *after;
	struct finding_packets p = {0};

	if (!seen)
		return p;
	if (!seen->quotes && !seen->received) {
		after = quote_by(r, f, &f->after, 0);
		seen = after ? after : seen;
	} else if (seen->hop != f->after.ttl) {
		add(&p, quote_by(r, f, &f->after, seen->connection));
	}
	add(&p, seen);
	return p;
}
