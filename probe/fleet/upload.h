/* SPDX-License-Identifier: GPL-3.0-or-later
 * The results of a shard, stored line by line while they are written.
 */
#ifndef PROBE_FLEET_UPLOAD_H
#define PROBE_FLEET_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/fleet/names.h"
#include "probe/fleet/seen.h"

struct bus;

struct upload {
	struct bus *bus;
	const char *survey;
	uint64_t shard;
	char subject[SUBJECT_MAX];
	int fd;		  /* results.jsonl; -1: not there yet */
	uint64_t stored;  /* bytes of it that the server has */
	struct seen seen; /* whose lines these are */
};

void upload_begin(struct upload *u, struct bus *l, const char *survey,
		  uint64_t shard);

/* Stores some of the lines that are there, each with an id of its own, and
 * waits until all of them are; false: not now, and they are stored again, with
 * the same ids. `*left`: whether there are more. */
bool upload_some(struct upload *u, const char *path, bool *left);

void upload_end(struct upload *u);

#endif
