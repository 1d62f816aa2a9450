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
#include <unistd.h>

#include "crafting/link.h"
#include "report/track/observer.h"

struct capture {
	FILE *stream;
};

/* fopen takes directories, and then reads nothing from them. */
static bool is_directory(FILE *stream)
{
	struct stat st;

	return !fstat(fileno(stream), &st) && S_ISDIR(st.st_mode);
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

struct capture *capture_open(const char *file, char *error, size_t size)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		snprintf(error, size, "no memory");
		return NULL;
	}
	c->stream = open_stream(file);
	if (c->stream && !is_directory(c->stream))
		return c;
	snprintf(error, size, "%s", strerror(c->stream ? EISDIR : errno));
	capture_close(c);
	return NULL;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->stream)
		fclose(c->stream);
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

/* No capture begins so; NULL: it may be one. */
static const char *unpacker(int first)
{
	switch (first) {
	case 0x1f:
		return "zcat";
	case 0x28:
		return "zstdcat";
	case 0xfd:
		return "xzcat";
	}
	return NULL;
}

/* libpcap takes the stream over if it understands the file. */
static pcap_t *start(struct capture *c, char *error, size_t size)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int first = peek(c->stream);
	pcap_t *pcap;

	if (first == EOF) {
		snprintf(error, size, "%s",
			 ferror(c->stream) ? strerror(errno)
					   : "the file is empty");
		return NULL;
	}
	if (unpacker(first)) {
		snprintf(error, size,
			 "compressed: unpack it first (%s FILE | mpprobe read "
			 "-)",
			 unpacker(first));
		return NULL;
	}
	pcap = pcap_fopen_offline(c->stream, reason);
	if (!pcap) {
		snprintf(error, size, "not a pcap or pcapng file (%s)", reason);
		return NULL;
	}
	c->stream = NULL;
	if (link_supported(pcap_datalink(pcap)))
		return pcap;
	snprintf(error, size, "link type %s is not supported",
		 pcap_datalink_val_to_name(pcap_datalink(pcap)) ?: "unknown");
	pcap_close(pcap);
	return NULL;
}

static void feed_packet(capture_packet_fn *fn, void *context, int link_type,
			uint64_t number, const struct pcap_pkthdr *header,
			const uint8_t *frame)
{
	const uint8_t *ip;
	size_t available;

	if (fn &&
	    link_find_ip(link_type, frame, header->caplen, &ip, &available))
		fn(context, number, microseconds(&header->ts), ip, available);
}

enum capture_result capture_feed_each(struct capture *c,
				      struct observer *observer,
				      capture_packet_fn *fn, void *context,
				      char *error, size_t size)
{
	enum capture_result ret = CAPTURE_OK;
	struct pcap_pkthdr *header;
	const u_char *frame;
	uint64_t number = 0;
	pcap_t *pcap = start(c, error, size);
	int result;

	if (!pcap)
		return CAPTURE_UNREADABLE;
	error[0] = '\0';
	while ((result = pcap_next_ex(pcap, &header, &frame)) == 1) {
		number++;
		if (observer)
			observer_frame(observer, pcap_datalink(pcap), number,
				       microseconds(&header->ts), frame,
				       header->caplen, header->len);
		feed_packet(fn, context, pcap_datalink(pcap), number, header,
			    frame);
	}
	if (result != PCAP_ERROR_BREAK) {
		snprintf(error, size, "ends after frame %llu (%s)",
			 (unsigned long long)number, pcap_geterr(pcap));
		ret = CAPTURE_TRUNCATED;
	}
	pcap_close(pcap);
	return ret;
}

enum capture_result capture_feed(struct capture *c, struct observer *observer,
				 char *error, size_t size)
{
	return capture_feed_each(c, observer, NULL, NULL, error, size);
}

enum capture_result capture_read(const char *file, struct observer *observer,
				 char *error, size_t size)
{
	struct capture *c = capture_open(file, error, size);
	enum capture_result ret = CAPTURE_UNREADABLE;

	if (c)
		ret = capture_feed(c, observer, error, size);
	capture_close(c);
	return ret;
}
