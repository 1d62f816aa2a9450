/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/captures.h"

#include <glob.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/track/observer.h"

#define FRAMES_MAX 1024

static struct frame *add_frame(struct capture_bytes *c)
{
	if (c->count % 64 == 0)
		c->frames = realloc(c->frames,
				    (c->count + 64) * sizeof(*c->frames));
	if (!c->frames)
		abort();
	return &c->frames[c->count++];
}

static void add(struct capture_bytes *c, const struct pcapng_frame *from)
{
	struct frame *f = add_frame(c);

	*f = (struct frame){
		.link_type = from->link_type,
		.interface = from->interface,
		.way = from->way,
		.time_us = from->time_us,
		.length = from->captured < sizeof(f->bytes) ? from->captured
							    : sizeof(f->bytes),
	};
	if (from->name)
		snprintf(f->name, sizeof(f->name), "%s", from->name);
	memcpy(f->bytes, from->bytes, f->length);
}

static void load_pcapng(struct capture_bytes *c, FILE *file)
{
	struct pcapng *p = pcapng_open(file);
	struct pcapng_frame f;

	while (c->count < FRAMES_MAX && pcapng_next(p, &f) == PCAPNG_GOOD)
		add(c, &f);
	pcapng_close(p);
}

static void load_pcap(struct capture_bytes *c, FILE *file)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_fopen_offline(file, error);
	struct pcap_pkthdr *h;
	const u_char *bytes;

	if (!p)
		abort();
	while (c->count < FRAMES_MAX && pcap_next_ex(p, &h, &bytes) == 1)
		add(c,
		    &(struct pcapng_frame){
			    .link_type = pcap_datalink(p),
			    .time_us = h->ts.tv_sec * 1000000LL + h->ts.tv_usec,
			    .bytes = bytes,
			    .captured = h->caplen,
		    });
	pcap_close(p);
}

static void load(struct capture_bytes *c, const char *name)
{
	FILE *file = fopen(name, "rb");

	if (!file)
		abort();
	*c = (struct capture_bytes){.file = strdup(name)};
	if (strstr(name, ".pcapng"))
		load_pcapng(c, file);
	else
		load_pcap(c, file);
}

struct captures captures_load(void)
{
	struct captures all = {0};
	glob_t found;

	if (glob("pcaps/*/*.pcap", 0, NULL, &found) != 0 ||
	    glob("pcaps/*/*.pcapng", GLOB_APPEND, NULL, &found) != 0)
		abort();
	all.list = calloc(found.gl_pathc, sizeof(*all.list));
	if (!all.list)
		abort();
	while (all.count < found.gl_pathc) {
		load(&all.list[all.count], found.gl_pathv[all.count]);
		all.count++;
	}
	globfree(&found);
	return all;
}

void captures_free(struct captures *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free((char *)c->list[i].file);
		free(c->list[i].frames);
	}
	free(c->list);
}

void feed_frame(struct observer *o, const struct frame *f)
{
	uint8_t *copy = malloc(f->length ? f->length : 1);

	if (!copy)
		abort();
	memcpy(copy, f->bytes, f->length);
	o->interface = f->interface;
	o->way = f->way;
	if (f->interface && *f->name)
		observer_name_interface(o, f->name);
	observer_frame(o, f->link_type, o->frames + 1, f->time_us, copy,
		       f->length, f->length);
	free(copy);
}
