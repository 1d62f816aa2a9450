/* SPDX-License-Identifier: GPL-3.0-or-later
 * pcapng files (draft-ietf-opsawg-pcapng): libpcap reads none whose interfaces
 * have several link types, and does not tell by which a packet came.
 */
#ifndef REPORT_TRACK_PCAPNG_H
#define REPORT_TRACK_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crafting/link.h"

#define PCAPNG_FIRST 0x0a /* byte of such a file */
#define PCAPNG_NAME_MAX 15

/* Types of blocks (section 4 there), and what marks the byte order. */
enum {
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_INTERFACE = 1,
	PCAPNG_OLD_PACKET = 2,
	PCAPNG_SIMPLE_PACKET = 3,
	PCAPNG_PACKET = 6,
};
#define PCAPNG_FRAME 12 /* bytes of a block around its body */
#define PCAPNG_MAGIC 0x1a2b3c4d
#define PCAPNG_VERSION 1

/* Options of an interface (4.2), and of a packet (4.3). */
enum {
	PCAPNG_NAME = 2,
	PCAPNG_RESOLUTION = 9,
	PCAPNG_OFFSET = 14,
	PCAPNG_FLAGS = 2,
};
#define PCAPNG_FLAG_IN 1 /* of its lowest two bits */
#define PCAPNG_FLAG_OUT 2

/* A packet of it. */
struct pcapng_frame {
	uint32_t interface; /* from 1, the same in all sections of a file;
			       0: no other was described, up to there */
	const char *name;   /* of the interface; "": not told, or too long */
	int link_type;	    /* a LINKTYPE_* */
	enum link_way way;  /* if it is told */
	int64_t time_us;    /* since 1970; 0 if it is none that a clock shows */
	const uint8_t *bytes; /* until the next is read */
	size_t captured, length;
};

enum pcapng_result { PCAPNG_GOOD, PCAPNG_END, PCAPNG_DAMAGED };

struct pcapng;

/* Takes the stream over, which is at its beginning. Never NULL. */
struct pcapng *pcapng_open(FILE *stream);

/* Reads the next packet; what is neither packet nor interface is skipped. What
 * ended or was damaged once stays so. */
enum pcapng_result pcapng_next(struct pcapng *p, struct pcapng_frame *out);

/* How many interfaces were described, up to now. */
size_t pcapng_interfaces(const struct pcapng *p);

/* The LINKTYPE_* of one of these, from 0. */
int pcapng_link_type(const struct pcapng *p, size_t i);

/* Its name, "" if it has none that is told. */
const char *pcapng_name(const struct pcapng *p, size_t i);

/* What is damaged, in a few words. */
const char *pcapng_error(const struct pcapng *p);

void pcapng_close(struct pcapng *p); /* the stream as well; NULL is fine */

#endif
