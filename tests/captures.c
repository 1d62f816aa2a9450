/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/captures.h"

#include <glob.h>
#include <pcap/pcap.h>
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

static void load(struct capture_bytes *c, const char *file)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(file, error);
	struct pcap_pkthdr *h;
	const u_char *bytes;

	if (!p)
		abort();
	*c = (struct capture_bytes){.file = strdup(file)};
	while (c->count < FRAMES_MAX && pcap_next_ex(p, &h, &bytes) == 1) {
		struct frame *f = add_frame(c);

		f->link_type = pcap_datalink(p);
		f->time_us = h->ts.tv_sec * 1000000LL + h->ts.tv_usec;
		f->length = h->caplen < sizeof(f->bytes) ? h->caplen
							 : sizeof(f->bytes);
		memcpy(f->bytes, bytes, f->length);
	}
	pcap_close(p);
}

struct captures captures_load(void)
{
	struct captures all = {0};
	glob_t found;

	if (glob("pcaps/*/*.pcap", 0, NULL, &found) != 0)
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
	observer_frame(o, f->link_type, o->frames + 1, f->time_us, copy,
		       f->length, f->length);
	free(copy);
}
