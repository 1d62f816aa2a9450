// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/memory_capture.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/net/wire.h"
#include "report/arena.h"

#define SNAPLEN 262144

struct memory_capture {
	FILE *memory;
	char *bytes;
	size_t length; /* as of the latest fflush() */
	size_t kept;   /* bytes of frames */
	pcap_t *pcap;  /* NULL: no frame yet */
	pcap_dumper_t *dumper;
	bool too_long;
};

struct memory_capture *memory_capture_new(void)
{
	struct memory_capture *c = must_have(calloc(1, sizeof(*c)));

	c->memory = must_have(open_memstream(&c->bytes, &c->length));
	return c;
}

void memory_capture_free(struct memory_capture *c)
{
	if (c->dumper)
		pcap_dump_close(c->dumper); /* and the memory's stream */
	else
		fclose(c->memory);
	if (c->pcap)
		pcap_close(c->pcap);
	free(c->bytes);
	free(c);
}

static void begin(struct memory_capture *c, int link_type)
{
	c->pcap = must_have(pcap_open_dead(link_type, SNAPLEN));
	c->dumper = must_have(pcap_dump_fopen(c->pcap, c->memory));
}

void memory_capture_add(struct memory_capture *c, const struct wire_frame *f)
{
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = f->time_us / 1000000,
		       .tv_usec = f->time_us % 1000000},
		.caplen = (bpf_u_int32)f->captured,
		.len = (bpf_u_int32)f->length,
	};

	if (!c->pcap)
		begin(c, f->link_type);
	c->too_long |= c->kept > CAPTURE_MAX;
	if (c->too_long)
		return;
	c->kept += f->captured;
	pcap_dump((u_char *)c->dumper, &header, f->bytes);
}

const void *memory_capture_bytes(struct memory_capture *c, size_t *length)
{
	fflush(c->memory);
	*length = c->length;
	return c->too_long ? NULL : c->bytes;
}
