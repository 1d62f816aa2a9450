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
#include "report/track/observer.h"
#include "report/track/pcapng.h"
#include "report/track/unpack.h"

struct source {
	const char *name;
	FILE *stream; /* until libpcap takes it over */
	bool unpacks; /* if it is compressed */
	pcap_t *pcap;
	struct bpf_program filter;
	struct pcap_pkthdr *header; /* of the next frame; NULL: none is left */
	const u_char *frame;
	uint64_t frames;      /* read */
	struct pcapng blocks; /* of the same file; none if it is no pcapng */
	uint32_t interface;   /* of the next frame */
};

struct capture {
	struct source *sources;
	size_t count;
	const char *filter; /* NULL: none */
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
	if (type_of(s->stream) == S_IFREG && strcmp(file, "-") != 0)
		s->blocks.file = fopen(file, "rbe");
	if (!s->blocks.file && errno == ENOMEM)
		must_have(NULL);
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

void capture_close(struct capture *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		if (c->sources[i].stream)
			fclose(c->sources[i].stream);
		if (c->sources[i].blocks.file)
			fclose(c->sources[i].blocks.file);
		pcap_freecode(&c->sources[i].filter);
		if (c->sources[i].pcap)
			pcap_close(c->sources[i].pcap);
	}
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

/* The first byte, which stays there, or EOF. */
static int peek(FILE *stream)
{
	int c = getc(stream);

	if (c != EOF)
		ungetc(c, stream);
	return c;
}

/* The first byte of what may have been packed. */
static int begin(struct source *s)
{
	int first = peek(s->stream);

	if (!s->unpacks || !unpack_tool(first))
		return first;
	s->stream = unpack(s->stream);
	return s->stream ? peek(s->stream) : EOF;
}

/* libpcap takes the stream over if it understands the file. */
static bool start(struct source *s, char *error, size_t size)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int first = begin(s);

	if (!s->stream) {
		snprintf(error, size, "%s: compressed, and damaged", s->name);
		return false;
	}
	if (first == EOF) {
		snprintf(error, size, "%s: %s", s->name,
			 ferror(s->stream) ? strerror(errno)
					   : "the file is empty");
		return false;
	}
	if (unpack_tool(first)) {
		snprintf(error, size,
			 "%s: compressed: unpack it first (%s FILE | mpprobe "
			 "read -)",
			 s->name, unpack_tool(first));
		return false;
	}
	if (first != PCAPNG_FIRST && s->blocks.file) {
		fclose(s->blocks.file);
		s->blocks.file = NULL;
	}
	errno = 0;
	s->pcap = pcap_fopen_offline(s->stream, reason);
	if (!s->pcap && errno == ENOMEM)
		must_have(NULL);
	if (!s->pcap) {
		snprintf(error, size, "%s: not a pcap or pcapng file (%s)",
			 s->name, reason);
		return false;
	}
	s->stream = NULL;
	if (link_supported(pcap_datalink(s->pcap)))
		return true;
	snprintf(error, size, "%s: link type %s is not supported", s->name,
		 pcap_datalink_val_to_name(pcap_datalink(s->pcap))
			 ?: "unknown");
	return false;
}

static bool start_all(struct capture *c, char *error, size_t size)
{
	for (size_t i = 0; i < c->count; i++) {
		struct source *s = &c->sources[i];

		if (!start(s, error, size))
			return false;
		if (!c->filter || pcap_compile(s->pcap, &s->filter, c->filter,
					       1, PCAP_NETMASK_UNKNOWN) == 0)
			continue;
		snprintf(error, size, "filter %s: %s", c->filter,
			 pcap_geterr(s->pcap));
		return false;
	}
	return true;
}

void capture_filter(struct capture *c, const char *expression)
{
	c->filter = expression;
}

static bool passes(const struct capture *c, const struct source *s)
{
	return !c->filter ||
	       pcap_offline_filter(&s->filter, s->header, s->frame);
}

/* Reads on. False and a line in `error` if the file is damaged here. */
static bool advance(struct source *s, char *error, size_t size)
{
	int result;

	errno = 0;
	result = pcap_next_ex(s->pcap, &s->header, &s->frame);
	if (result == PCAP_ERROR && errno == ENOMEM)
		must_have(NULL); /* more is there */
	if (result == 1) {
		s->frames++;
		s->interface = pcapng_next(&s->blocks);
		return true;
	}
	s->header = NULL;
	if (result == PCAP_ERROR_BREAK)
		return true;
	if (!*error)
		snprintf(error, size, "%s: ends after frame %llu (%s)", s->name,
			 (unsigned long long)s->frames, pcap_geterr(s->pcap));
	return false;
}

/* The source of the next frame; NULL: all have ended. */
static struct source *earliest(struct capture *c)
{
	struct source *found = NULL;

	for (size_t i = 0; i < c->count; i++) {
		struct source *s = &c->sources[i];

		if (s->header &&
		    (!found || timercmp(&s->header->ts, &found->header->ts, <)))
			found = s;
	}
	return found;
}

static void feed_observer(struct observer *o, uint64_t number, unsigned file,
			  const struct source *s)
{
	if (!o)
		return;
	o->file = file;
	o->interface = s->interface;
	if (pcapng_name(&s->blocks, s->interface))
		observer_name_interface(o,
					pcapng_name(&s->blocks, s->interface));
	observer_frame(o, pcap_datalink(s->pcap), number,
		       microseconds(&s->header->ts), s->frame,
		       s->header->caplen, s->header->len);
}

static void feed_packet(capture_packet_fn *fn, void *context, uint64_t number,
			const struct source *s)
{
	const uint8_t *ip;
	size_t available;

	if (fn && link_find_ip(pcap_datalink(s->pcap), s->frame,
			       s->header->caplen, &ip, &available))
		fn(context, number, microseconds(&s->header->ts), ip,
		   available);
}

enum capture_result capture_feed_each(struct capture *c,
				      struct observer *observer,
				      capture_packet_fn *fn, void *context,
				      char *error, size_t size)
{
	uint64_t number = 0;
	struct source *s;
	bool whole = true;

	if (!start_all(c, error, size))
		return CAPTURE_UNREADABLE;
	error[0] = '\0';
	for (size_t i = 0; i < c->count; i++)
		whole &= advance(&c->sources[i], error, size);
	while ((s = earliest(c))) {
		number++;
		if (passes(c, s)) {
			feed_observer(observer, number,
				      (unsigned)(s - c->sources), s);
			feed_packet(fn, context, number, s);
		}
		whole &= advance(s, error, size);
	}
	return whole ? CAPTURE_OK : CAPTURE_TRUNCATED;
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
