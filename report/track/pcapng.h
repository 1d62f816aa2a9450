/* SPDX-License-Identifier: GPL-3.0-or-later
 * The interfaces in a pcapng file (draft-ietf-opsawg-pcapng), which libpcap
 * reads and does not tell: the blocks of the file are walked beside it.
 */
#ifndef REPORT_TRACK_PCAPNG_H
#define REPORT_TRACK_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_FIRST 0x0a	 /* byte of such a file */
#define PCAPNG_INTERFACES_MAX 16 /* of which the names are known */
#define PCAPNG_NAME_MAX 15

struct pcapng {
	FILE *file;	 /* the caller's, at its beginning; NULL: none */
	bool big_endian; /* of its section */
	uint32_t count;	 /* of interfaces in the section, up to now */
	char names[PCAPNG_INTERFACES_MAX][PCAPNG_NAME_MAX + 1]; /* "": none */
};

/* The interface of the next packet, from 1; 0: there is only one, or the file
 * is damaged here, or has ended. */
uint32_t pcapng_next(struct pcapng *p);

/* "eth1", or NULL. */
const char *pcapng_name(const struct pcapng *p, uint32_t interface);

#endif
