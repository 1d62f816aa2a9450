// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/track/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "crafting/link.h"
#include "report/arena.h"
#include "report/filter.h"
#include "report/track/anonymous.h"
#include "report/track/observer.h"
#include "report/track/pcapng.h"
#include "report/track/reorder.h"
#include "report/track/unpack.h"

/* The filter, for frames of one link type. */
struct program {
	int link_type;
	bool compiled; /* false: none of them passes */
	struct bpf_program code;
};

struct source {
	const char *name;
	FILE *stream; /* until who reads it takes it over */
	bool unpacks; /* if it is compressed */
	pcap_t *pcap;
	struct pcapng *pcapng; /* the one or the other */
	struct program *programs;
	size_t program_count;
	bool left;		  /* there is a next frame */
	bool damaged;		  /* behind those that were read */
	struct pcapng_frame next; /* of whatever file */
	uint64_t frames;	  /* read */
};

struct capture {
	struct source *sources;
	size_t count;
	const char *filter;	     /* NULL: none */
	bool as_filed;		     /* whatever their times */
	struct anonymous *anonymous; /* NULL: frames are shown as they are */
	capture_frame_fn *each;	     /* NULL: nobody asks */
	void *each_context;
};

/* fopen takes directories, and then reads nothing from them. */
static mode_t type_of(FILE *stream)
{
	struct stat st;

	return fstat(fileno(stream), &st) ? 0 : st.st_mode & S_IFMT;
}

static FILE *open_stream(const char *file)
{
	FILE *stream;
	int fd;

	if (strcmp(file, "-") != 0)
		return fopen(file, "rbe");
	fd = dup(STDIN_FILENO);
	stream = fd == -1 ? NULL : fdopen(fd, "rb");
	if (!stream && fd != -1)
		close(fd);
	return stream;
}

/* Privileges are to be dropped before the first byte is read. NULL, or what is
 * wrong. */
static const char *open_source(struct source *s, const char *file)
{
	s->name = file;
	errno = 0;
	s->stream = open_stream(file);
	if (!s->stream && errno == ENOMEM)
		must_have(NULL);
	if (!s->stream)
		return strerror(errno);
	if (type_of(s->stream) == S_IFDIR)
		return strerror(EISDIR);
	s->unpacks = unpack_named(file) && unpack_load();
	return NULL;
}

struct capture *capture_open(const char *const *files, size_t count,
			     char *error, size_t size)
{
	struct capture *c = must_have(calloc(1, sizeof(*c)));

	c->sources = must_have(calloc(count, sizeof(*c->sources)));
	while (c->count < count) {
		const char *file = files[c->count];
		const char *wrong = open_source(&c->sources[c->count++], file);

		if (!wrong)
			continue;
		snprintf(error, size, "%s: %s", file, wrong);
		capture_close(c);
		return NULL;
	}
	return c;
}

static void close_source(struct source *s)
{
	if (s->stream)
		fclose(s->stream);
	for (size_t i = 0; i < s->program_count; i++)
		pcap_freecode(&s->programs[i].code);
	free(s->programs);
	if (s->pcap)
		pcap_close(s->pcap);
	pcapng_close(s->pcapng);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		close_source(&c->sources[i]);
	free(c->sources);
	free(c);
}

/* Times of a foreign file may be anything; an impossible one is 0. */
static int64_t microseconds(const struct timeval *t)
{
	int64_t us;

	if (__builtin_mul_overflow((int64_t)t->tv_sec, 1000000, &us) ||
	    __builtin_add_overflow(us, (int64_t)t->tv_usec, &us))
		return 0;
	return us;
}

/* ---- reading --------------------------------------------------------------
 */

/* False: there is none. */
static bool advance_pcap(struct source *s)
{
	struct pcap_pkthdr *header;
	const u_char *frame;
	int result;

	errno = 0;
	result = pcap_next_ex(s->pcap, &header, &frame);
	if (result == PCAP_ERROR && errno == ENOMEM)
		must_have(NULL); /* more is there */
	s->damaged = result != 1 && result != PCAP_ERROR_BREAK;
	if (result != 1)
		return false;
	s->next = (struct pcapng_frame){
		.name = "",
		.link_type = pcap_datalink(s->pcap),
		.time_us = microseconds(&header->ts),
		.bytes = frame,
		.captured = header->caplen,
		.length = header->len,
	};
	return true;
}

static void advance(struct source *s)
{
	enum pcapng_result result;

	if (s->pcap) {
		s->left = advance_pcap(s);
	} else {
		result = pcapng_next(s->pcapng, &s->next);
		s->left = result == PCAPNG_GOOD;
		s->damaged = result == PCAPNG_DAMAGED;
	}
	s->frames += s->left;
}

static const char *damage(const struct source *s)
{
	return s->pcap ? pcap_geterr(s->pcap) : pcapng_error(s->pcapng);
}

/* ---- beginning ------------------------------------------------------------
 */

/* The first byte, which stays there, or EOF. */
static int peek(FILE *stream)
{
	int c = getc(stream);

	if (c != EOF)
		ungetc(c, stream);
	return c;
}

/* The first byte of what may have been packed. */
static int unpacked_first(struct source *s)
{
	int first = peek(s->stream);

	if (!s->unpacks || !unpack_tool(first))
		return first;
	s->stream = unpack(s->stream);
	return s->stream ? peek(s->stream) : EOF;
}

static bool complain_of(const struct source *s, char *error, size_t size,
			const char *what, const char *detail)
{
	snprintf(error, size, "%s: %s%s%s%s", s->name, what,
		 *detail ? " (" : "", detail, *detail ? ")" : "");
	return false;
}

#define FOREIGN "not a pcap or pcapng file"

/* libpcap takes the stream over if it understands the file. */
static bool start_pcap(struct source *s, char *error, size_t size)
{
	char reason[PCAP_ERRBUF_SIZE] = "";

	errno = 0;
	s->pcap = pcap_fopen_offline(s->stream, reason);
	if (!s->pcap && errno == ENOMEM)
		must_have(NULL);
	if (!s->pcap)
		return complain_of(s, error, size, FOREIGN, reason);
	s->stream = NULL;
	advance(s);
	return true;
}

/* Interfaces are described before their packets. */
static bool start_pcapng(struct source *s, char *error, size_t size)
{
	s->pcapng = pcapng_open(s->stream);
	s->stream = NULL;
	advance(s);
	return pcapng_interfaces(s->pcapng) ||
	       complain_of(s, error, size, FOREIGN,
			   s->damaged ? damage(s)
				      : "it describes no interface");
}

static bool begin(struct source *s, char *error, size_t size)
{
	int first = unpacked_first(s);

	if (!s->stream)
		return complain_of(s, error, size, "compressed, and damaged",
				   "");
	if (first == EOF)
		return complain_of(s, error, size,
				   ferror(s->stream) ? strerror(errno)
						     : "the file is empty",
				   "");
	if (unpack_tool(first)) {
		snprintf(error, size,
			 "%s: compressed: unpack it first (%s FILE | mpprobe "
			 "read -)",
			 s->name, unpack_tool(first));
		return false;
	}
	return first == PCAPNG_FIRST ? start_pcapng(s, error, size)
				     : start_pcap(s, error, size);
}

/* ---- link types -----------------------------------------------------------
 */

/* Of pcapng, those of the interfaces that are known up to now. */
static size_t link_types(const struct source *s)
{
	return s->pcap ? 1 : pcapng_interfaces(s->pcapng);
}

static int link_type(const struct source *s, size_t i)
{
	return s->pcap ? pcap_datalink(s->pcap)
		       : pcapng_link_type(s->pcapng, i);
}

/* libpcap has another number for LINKTYPE_RAW within. */
static int of_libpcap(int type)
{
	const int linktype_raw = 101;

	return type == linktype_raw ? DLT_RAW : type;
}

/* Packets of others are nothing that is understood, and so they are ignored. */
static bool is_understood(const struct source *s, char *error, size_t size)
{
	for (size_t i = 0; i < link_types(s); i++)
		if (link_supported(link_type(s, i)))
			return true;
	snprintf(error, size, "%s: link type %s is not supported", s->name,
		 pcap_datalink_val_to_name(of_libpcap(link_type(s, 0)))
			 ?: "unknown");
	return false;
}

/* ---- the filter -----------------------------------------------------------
 */

/* The program for frames of this type; NULL and a line in `error` if the filter
 * makes no sense of them. */
static const struct bpf_program *program_for(struct source *s, int type,
					     const char *filter, char *error,
					     size_t size)
{
	const int snaplen = 262144;
	struct program *made;
	pcap_t *frames;

	for (size_t i = 0; i < s->program_count; i++)
		if (s->programs[i].link_type == type)
			return s->programs[i].compiled ? &s->programs[i].code
						       : NULL;
	s->programs = must_have(realloc(
		s->programs, (s->program_count + 1) * sizeof(*s->programs)));
	made = &s->programs[s->program_count++];
	*made = (struct program){.link_type = type};
	frames = must_have(pcap_open_dead(of_libpcap(type), snaplen));
	made->compiled = filter_compile(frames, filter, &made->code) == 0;
	if (!made->compiled)
		snprintf(error, size, "filter %s: %s", filter,
			 pcap_geterr(frames));
	pcap_close(frames);
	return made->compiled ? &made->code : NULL;
}

/* Frames of one link type may have what those of another have not; what is to
 * come may be of any. */
static bool takes_filter(struct source *s, const char *filter, char *error,
			 size_t size)
{
	bool any = false;

	for (size_t i = 0; i < link_types(s); i++) {
		if (!link_supported(link_type(s, i)))
			continue;
		if (program_for(s, link_type(s, i), filter, error, size))
			return true;
		any = true;
	}
	return !any && program_for(s, DLT_EN10MB, filter, error, size);
}

void capture_filter(struct capture *c, const char *expression)
{
	c->filter = expression;
}

static bool passes(const struct capture *c, struct source *s)
{
	const struct pcapng_frame *f = &s->next;
	struct pcap_pkthdr header = {.caplen = (bpf_u_int32)f->captured,
				     .len = (bpf_u_int32)f->length};
	const struct bpf_program *program;
	char error[PCAP_ERRBUF_SIZE];

	if (!c->filter)
		return true;
	program = link_supported(f->link_type)
			  ? program_for(s, f->link_type, c->filter, error,
					sizeof(error))
			  : NULL;
	return program && pcap_offline_filter(program, &header, f->bytes);
}

/* ---- feeding --------------------------------------------------------------
 */

static bool start(struct capture *c, struct source *s, char *error, size_t size)
{
	/* More interfaces may be described later on. */
	return begin(s, error, size) &&
	       (s->pcapng || is_understood(s, error, size)) &&
	       (!c->filter || takes_filter(s, c->filter, error, size));
}

static bool start_all(struct capture *c, char *error, size_t size)
{
	for (size_t i = 0; i < c->count; i++)
		if (!start(c, &c->sources[i], error, size))
			return false;
	return true;
}

/* The source of the next frame; NULL: all have ended. */
static struct source *earliest(struct capture *c)
{
	struct source *found = NULL;

	for (size_t i = 0; i < c->count; i++) {
		struct source *s = &c->sources[i];

		if (s->left &&
		    (!found || s->next.time_us < found->next.time_us))
			found = s;
	}
	return found;
}

void capture_as_filed(struct capture *c)
{
	c->as_filed = true;
}

void capture_anonymize(struct capture *c, struct anonymous *a)
{
	c->anonymous = a;
}

void capture_each_frame(struct capture *c, capture_frame_fn *fn, void *context)
{
	c->each = fn;
	c->each_context = context;
}

static struct capture_place place_of(const struct capture *c,
				     const struct source *s, size_t i)
{
	const char *name = s->pcap ? "" : pcapng_name(s->pcapng, i);
	struct capture_place p = {
		.file = (unsigned)(s - c->sources),
		.interface = link_types(s) > 1 ? (uint32_t)i + 1 : 0,
		.link_type = link_type(s, i),
	};
	char text[ANONYMOUS_INTERFACE];

	snprintf(p.name, sizeof(p.name), "%s",
		 anonymous_interface(c->anonymous, name, text));
	return p;
}

void capture_each_place(const struct capture *c, capture_place_fn *fn,
			void *context)
{
	for (size_t k = 0; k < c->count; k++) {
		for (size_t i = 0; i < link_types(&c->sources[k]); i++) {
			struct capture_place p = place_of(c, &c->sources[k], i);

			fn(context, &p);
		}
	}
}

static void feed_observer(struct observer *o, uint64_t number, unsigned file,
			  const struct pcapng_frame *f)
{
	if (!o)
		return;
	o->file = file;
	o->interface = f->interface;
	o->way = f->way;
	if (f->interface && *f->name)
		observer_name_interface(o, f->name);
	observer_frame(o, f->link_type, number, f->time_us, f->bytes,
		       f->captured, f->length);
}

static void feed_packet(capture_packet_fn *fn, void *context, uint64_t number,
			const struct pcapng_frame *f)
{
	const uint8_t *ip;
	size_t available;

	if (fn &&
	    link_find_ip(f->link_type, f->bytes, f->captured, &ip, &available))
		fn(context, number, f->time_us, ip, available);
}

/* Who is fed. */
struct eaters {
	struct observer *observer;
	capture_packet_fn *fn;
	void *context;
};

static void feed(const struct capture *c, const struct ordered *next,
		 const struct eaters *e)
{
	struct pcapng_frame f = next->frame;
	char name[ANONYMOUS_INTERFACE];

	f.bytes = anonymous_frame(c->anonymous, e->observer, f.link_type,
				  f.bytes, f.captured);
	f.name = anonymous_interface(c->anonymous, f.name, name);
	feed_observer(e->observer, next->number, next->file, &f);
	feed_packet(e->fn, e->context, next->number, &f);
	if (c->each)
		c->each(c->each_context, next->file, &f);
}

static void feed_due(const struct capture *c, struct reorder *r, bool all,
		     const struct eaters *e)
{
	const struct ordered *next;

	while ((next = reorder_take(r, all)))
		feed(c, next, e);
}

static void feed_all(struct capture *c, struct reorder *r,
		     const struct eaters *e)
{
	struct ordered next = {.number = 0};
	struct source *s;

	while ((s = earliest(c))) {
		next.number++;
		next.file = (unsigned)(s - c->sources);
		next.frame = s->next;
		if (passes(c, s) && c->as_filed)
			feed(c, &next, e);
		else if (passes(c, s))
			reorder_put(r, &next);
		feed_due(c, r, false, e);
		advance(s);
	}
	feed_due(c, r, true, e);
}

/* Of the first that is damaged. */
static enum capture_result end_of(const struct capture *c, char *error,
				  size_t size)
{
	for (size_t i = 0; i < c->count; i++)
		if (!is_understood(&c->sources[i], error, size))
			return CAPTURE_UNREADABLE;
	for (size_t i = 0; i < c->count; i++) {
		const struct source *s = &c->sources[i];

		if (!s->damaged)
			continue;
		snprintf(error, size, "%s: ends after frame %llu (%s)", s->name,
			 (unsigned long long)s->frames, damage(s));
		return CAPTURE_TRUNCATED;
	}
	error[0] = '\0';
	return CAPTURE_OK;
}

enum capture_result capture_feed_each(struct capture *c,
				      struct observer *observer,
				      capture_packet_fn *fn, void *context,
				      char *error, size_t size)
{
	const struct eaters e = {observer, fn, context};
	struct reorder *r;

	if (!start_all(c, error, size))
		return CAPTURE_UNREADABLE;
	r = reorder_new();
	feed_all(c, r, &e);
	reorder_free(r);
	return end_of(c, error, size);
}

enum capture_result capture_feed(struct capture *c, struct observer *observer,
				 char *error, size_t size)
{
	return capture_feed_each(c, observer, NULL, NULL, error, size);
}

enum capture_result capture_read(const char *file, struct observer *observer,
				 char *error, size_t size)
{
	struct capture *c = capture_open(&file, 1, error, size);
	enum capture_result ret = CAPTURE_UNREADABLE;

	if (c)
		ret = capture_feed(c, observer, error, size);
	capture_close(c);
	return ret;
}
