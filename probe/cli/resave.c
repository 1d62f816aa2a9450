// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/cli/resave.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/net/savefile.h"
#include "report/arena.h"
#include "report/track/capture.h"

#define LINKTYPE_RAW 101 /* what libpcap calls DLT_RAW within */

struct resave {
	const char *name;
	const struct capture *capture;
	struct savefile *file;
	bool several, started, pcapng;
	int error; /* errno; 0: none */
	struct arena *arena;
	struct capture_place *places; /* its interfaces */
	size_t count;
};

struct resave *resave_open(const char *name, const struct capture *capture,
			   bool several)
{
	struct savefile *file = savefile_open(name);
	struct resave *r;

	if (!file) {
		complain("cannot write %s: %s", name, strerror(errno));
		return NULL;
	}
	r = must_have(calloc(1, sizeof(*r)));
	r->name = name;
	r->file = file;
	r->capture = capture;
	r->several = several;
	r->arena = arena_new();
	return r;
}

static bool is_place(const struct capture_place *p, unsigned file,
		     const struct pcapng_frame *f)
{
	return p->file == file && p->interface == f->interface &&
	       p->link_type == f->link_type;
}

static void write_place(void *context, const struct capture_place *p)
{
	struct resave *r = context;
	const struct saved_interface new = {
		p->name, p->link_type == DLT_RAW ? LINKTYPE_RAW : p->link_type};

	*ARENA_PUSH(r->arena, r->places, r->count) = *p;
	if (savefile_interface(r->file, &new) == -1)
		r->error = errno;
}

/* pcap has one link type, and no interfaces. Who reads pcapng is told of all of
 * these first, if they are known. */
static int start(struct resave *r, const struct pcapng_frame *f)
{
	const struct saved_interface one = {"", f->link_type};

	r->started = true;
	r->pcapng = r->several || f->interface;
	if (savefile_start(r->file, &one, r->pcapng ? 0 : 1) == -1)
		return -1;
	if (r->pcapng)
		capture_each_place(r->capture, write_place, r);
	return 0;
}

/* Its number in the file. */
static unsigned find_place(struct resave *r, unsigned file,
			   const struct pcapng_frame *f)
{
	struct capture_place late = {.file = file,
				     .interface = f->interface,
				     .link_type = f->link_type};
	unsigned number = 0;

	while (number < r->count && !is_place(&r->places[number], file, f))
		number++;
	if (number == r->count) {
		snprintf(late.name, sizeof(late.name), "%s", f->name);
		write_place(r, &late);
	}
	return number;
}

static int save(struct resave *r, unsigned file, const struct pcapng_frame *f)
{
	if (!r->started && start(r, f) == -1)
		return -1;
	return savefile_add(
		r->file,
		&(struct saved_frame){
			.interface = r->pcapng ? find_place(r, file, f) : 0,
			.way = f->way,
			.time_us = f->time_us,
			.bytes = f->bytes,
			.captured = f->captured,
			.length = f->length,
		});
}

void resave_frame(void *context, unsigned file, const struct pcapng_frame *f)
{
	struct resave *r = context;

	errno = 0;
	if (!r->error && save(r, file, f) == -1)
		r->error = errno ? errno : EIO;
}

int resave_close(struct resave *r)
{
	int code = 0;

	if (!r)
		return 0;
	if (!r->started)
		savefile_abandon(r->file);
	else if (savefile_close(r->file) == -1 && !r->error)
		r->error = errno;
	if (r->error)
		code = failure(EXIT_OUTPUT, "%s: %s", r->name,
			       strerror(r->error));
	arena_free(r->arena);
	free(r);
	return code;
}
