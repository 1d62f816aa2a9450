// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/run/departures.h"

#include <stdlib.h>
#include <string.h>

#include "crafting/packet.h"
#include "report/arena.h"

struct departure {
	size_t length;
	int64_t sent_us;
	uint8_t bytes[PACKET_MAX];
};

/* What the kernel fills in itself (raw(7)): IPv4 total length, checksum. */
static void mask_kernel_fields(uint8_t *packet)
{
	if (packet[0] >> 4 == 4) {
		memset(packet + 2, 0, 2);
		memset(packet + 10, 0, 2);
	}
}

void departures_add(struct departures *d, const uint8_t *packet, size_t length,
		    int64_t now_us)
{
	struct departure *one;

	d->list =
		must_have(realloc(d->list, (d->count + 1) * sizeof(*d->list)));
	one = &d->list[d->count++];
	one->length = length;
	one->sent_us = now_us;
	memcpy(one->bytes, packet, length);
	mask_kernel_fields(one->bytes);
}

/* --- is it one of ours --------------------------------------------------- */

static bool same_payload(const struct udp_view *a, const struct udp_view *b)
{
	return a->payload_available == b->payload_available &&
	       !memcmp(a->payload, b->payload, a->payload_available);
}

/* A number that a firewall leaves as it is where it changes the other: source
 * NAT may give another port, a proxy other sequence numbers. */
static bool same_numbers(const struct packet *a, const struct packet *b)
{
	if (a->transport != b->transport)
		return false;
	switch (a->transport) {
	case TRANSPORT_TCP:
		return a->tcp.source_port == b->tcp.source_port ||
		       a->tcp.sequence == b->tcp.sequence;
	case TRANSPORT_UDP:
		return a->udp.source_port == b->udp.source_port ||
		       same_payload(&a->udp, &b->udp);
	case TRANSPORT_ICMP_ECHO_REQUEST:
		return a->echo_id == b->echo_id;
	default:
		return false;
	}
}

static bool same_segment(const struct packet *a, const struct packet *b)
{
	return a->transport == TRANSPORT_TCP && b->transport == TRANSPORT_TCP &&
	       a->ip.ttl == b->ip.ttl &&
	       a->tcp.source_port == b->tcp.source_port &&
	       a->tcp.sequence == b->tcp.sequence &&
	       a->tcp.flags == b->tcp.flags;
}

/* An identification has 16 bits: other programs send to the target, too, other
 * runs of this one among them. */
static bool same_probe(const struct packet *a, const struct packet *b)
{
	if (!address_equal(&a->ip.destination, &b->ip.destination))
		return false;
	if (a->ip.version == 4 && a->ip.id != b->ip.id)
		return false;
	/* A target on this host sends packets with such IDs, too. */
	if (a->ip.version == 4 &&
	    !address_equal(&a->ip.source, &a->ip.destination))
		return same_numbers(a, b);
	return same_segment(a, b);
}

/* Whether only what stands before the payload length (IPv6) and at the hop
 * limit differs: of an IPv6 sweep nothing else tells one probe from another. */
static bool same_but_hop_limit(const struct departure *d, const uint8_t *copy,
			       size_t length)
{
	return d->length == length && copy[0] >> 4 == 6 &&
	       !memcmp(d->bytes + 4, copy + 4, 3) &&
	       !memcmp(d->bytes + 8, copy + 8, length - 8);
}

static bool is_changed_copy(const struct departure *d, const uint8_t *copy,
			    size_t length, const struct packet *p)
{
	struct packet crafted;

	return same_but_hop_limit(d, copy, length) ||
	       (packet_parse(d->bytes, d->length, &crafted) &&
		same_probe(&crafted, p));
}

static size_t first_difference(const struct departure *d, const uint8_t *copy,
			       size_t length)
{
	size_t at = 0;

	while (at < length && at < d->length && copy[at] == d->bytes[at])
		at++;
	return at;
}

enum sight_of_probe departures_see(struct departures *d, const uint8_t *ip,
				   size_t length, size_t *at)
{
	uint8_t copy[PACKET_MAX];
	struct packet p;

	if (!d->count || length > sizeof(copy) ||
	    !packet_parse(ip, length, &p) || p.ip.more_fragments ||
	    p.ip.fragment_offset)
		return PROBE_OF_OTHERS;
	length = p.available;
	memcpy(copy, ip, length);
	mask_kernel_fields(copy);
	for (size_t i = 0; i < d->count; i++)
		if (d->list[i].length == length &&
		    memcmp(d->list[i].bytes, copy, length) == 0) {
			d->list[i] = d->list[--d->count];
			return PROBE_AS_SENT;
		}
	for (size_t i = 0; i < d->count; i++)
		if (is_changed_copy(&d->list[i], copy, length, &p)) {
			*at = first_difference(&d->list[i], copy, length);
			d->changed = i;
			return PROBE_CHANGED;
		}
	return PROBE_OF_OTHERS;
}

static size_t oldest(const struct departures *d)
{
	size_t first = 0;

	for (size_t i = 1; i < d->count; i++)
		if (d->list[i].sent_us < d->list[first].sent_us)
			first = i;
	return first;
}

int64_t departures_since(const struct departures *d)
{
	return d->count ? d->list[oldest(d)].sent_us : INT64_MAX;
}

struct address departures_source(const struct departures *d, bool changed)
{
	size_t i = changed ? d->changed : oldest(d);
	struct packet p;

	return i < d->count && packet_parse(d->list[i].bytes, d->list[i].length,
					    &p)
		       ? p.ip.source
		       : (struct address){0};
}

void departures_free(struct departures *d)
{
	free(d->list);
	*d = (struct departures){0};
}
