// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/savefile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "probe/net/outfile.h"

#define BUFFER_SIZE (256 * 1024)
#define FILE_HEADER 24	 /* bytes; pcap-savefile(5) */
#define RECORD_HEADER 16 /* bytes */

struct savefile {
	struct outfile file;
	FILE *stream; /* buffered wholly: written by savefile_flush alone */
	char *buffer;
	pcap_dumper_t *dumper;
	size_t waiting; /* bytes in the buffer */
	off_t written;	/* bytes of whole records in the file */
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

int savefile_start(struct savefile *s, pcap_t *pcap)
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
	s->dumper = pcap_dump_fopen(pcap, s->stream);
	if (!s->dumper) {
		errno = EIO;
		return -1;
	}
	s->waiting = FILE_HEADER;
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

int savefile_add(struct savefile *s, const struct pcap_pkthdr *header,
		 const uint8_t *frame)
{
	size_t size = RECORD_HEADER + header->caplen;

	if (s->waiting + size >= BUFFER_SIZE && savefile_flush(s) == -1)
		return -1;
	if (s->failed)
		return -1;
	pcap_dump((u_char *)s->dumper, header, frame);
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
