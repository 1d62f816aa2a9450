// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/savefile.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe/net/outfile.h"

#define BUFFER_SIZE (256 * 1024)
#define SNAPLEN 262144
#define FILE_HEADER 24	 /* bytes; pcap-savefile(5) */
#define RECORD_HEADER 16 /* bytes */

struct savefile {
	struct outfile file;
	FILE *stream; /* buffered wholly: written by savefile_flush alone */
	char *buffer;
	pcap_t *pcap;
	pcap_dumper_t *dumper; /* NULL: it is pcapng */
	size_t waiting;	       /* bytes in the buffer */
	off_t written;	       /* bytes of whole records in the file */
	bool failed;
};

struct savefile *savefile_open(const char *name)
{
	struct savefile *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (outfile_open(&s->file, name) == -1) {
		free(s);
		return NULL;
	}
	return s;
}

/* 0, or -1 with errno set. */
static int open_stream(struct savefile *s)
{
	int fd;

	s->buffer = malloc(BUFFER_SIZE);
	if (!s->buffer)
		return -1;
	if (s->file.regular && ftruncate(s->file.fd, 0) == -1)
		return -1;
	fd = dup(s->file.fd);
	s->stream = fd == -1 ? NULL : fdopen(fd, "w");
	if (!s->stream)
		return -1;
	setvbuf(s->stream, s->buffer, _IOFBF, BUFFER_SIZE);
	return 0;
}

static int start_pcap(struct savefile *s, int link_type)
{
	s->pcap = pcap_open_dead(link_type, SNAPLEN);
	s->dumper = s->pcap ? pcap_dump_fopen(s->pcap, s->stream) : NULL;
	if (!s->dumper) {
		errno = EIO;
		return -1;
	}
	s->waiting = FILE_HEADER;
	return 0;
}

int savefile_start(struct savefile *s, const struct saved_interface *interfaces,
		   size_t count)
{
	if (open_stream(s) == -1)
		return -1;
	if (count != 1)
		s->waiting = pcapng_write_head(s->stream, interfaces, count);
	else if (start_pcap(s, interfaces[0].link_type) == -1)
		return -1;
	return savefile_flush(s);
}

int savefile_flush(struct savefile *s)
{
	int saved;

	if (s->failed)
		return -1;
	if (!s->waiting)
		return 0;
	if (!fflush(s->stream)) {
		s->written += (off_t)s->waiting;
		s->waiting = 0;
		return 0;
	}
	saved = errno;
	s->failed = true;
	__fpurge(s->stream);
	if (s->file.regular && ftruncate(s->file.fd, s->written) == -1)
		saved = errno;
	errno = saved;
	return -1;
}

int savefile_interface(struct savefile *s, const struct saved_interface *i)
{
	s->waiting += pcapng_write_interface(s->stream, i);
	return savefile_flush(s);
}

static void dump(struct savefile *s, const struct saved_frame *f)
{
	struct pcap_pkthdr header = {
		.ts = {.tv_sec = f->time_us / 1000000,
		       .tv_usec = f->time_us % 1000000},
		.caplen = (bpf_u_int32)f->captured,
		.len = (bpf_u_int32)f->length,
	};

	pcap_dump((u_char *)s->dumper, &header, f->bytes);
}

int savefile_add(struct savefile *s, const struct saved_frame *f)
{
	size_t size = s->dumper ? RECORD_HEADER + f->captured
				: pcapng_frame_size(f->captured);

	if (s->waiting + size >= BUFFER_SIZE && savefile_flush(s) == -1)
		return -1;
	if (s->failed)
		return -1;
	if (s->dumper)
		dump(s, f);
	else
		pcapng_write_frame(s->stream, f);
	s->waiting += size;
	return 0;
}

static int release(struct savefile *s)
{
	int ret = 0;

	if (s->dumper)
		pcap_dump_close(s->dumper);
	else if (s->stream)
		fclose(s->stream);
	if (s->pcap)
		pcap_close(s->pcap);
	if (outfile_close(&s->file) == -1)
		ret = -1;
	free(s->buffer);
	free(s);
	return ret;
}

int savefile_close(struct savefile *s)
{
	int ret, saved;

	if (!s)
		return 0;
	ret = savefile_flush(s);
	saved = errno;
	if (release(s) == -1)
		return -1;
	errno = saved;
	return ret;
}

void savefile_abandon(struct savefile *s)
{
	if (!s)
		return;
	outfile_abandon(&s->file);
	if (s->stream)
		__fpurge(s->stream);
	release(s);
}
