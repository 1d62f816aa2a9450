/* SPDX-License-Identifier: GPL-3.0-or-later
 * The targets of a survey, cut into shards: what is asked at once by one
 * worker.
 *
 * A shard is an object of JSON: its number, "shard", from 1, and either
 * "list", lines as mpprobe survey reads them, or "targets", of its command
 * line, and "part", [I, N], its --shard.
 */
#ifndef PROBE_FLEET_CUT_H
#define PROBE_FLEET_CUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Takes a shard, which stays the caller's. 0, or an exit code. */
typedef int cut_fn(void *context, const json_t *shard);

struct cut {
	uint64_t per_shard; /* targets, about */
	unsigned ports;	    /* that a target without one is asked on */
	size_t bytes;	    /* of a list, at most */
	cut_fn *take;
	void *context;
	/* set by cut_...() */
	uint64_t shards, bad_lines, first_bad;
	bool others; /* the command line names some who are not private */
	/* own */
	json_t *space; /* what the command line names */
	uint64_t space_size;
	char *list;
	size_t list_length;
	uint64_t list_size;
};

/* Adds a target of the command line: an address or a prefix. 0, or an exit code
 * after a complaint. */
int cut_target(struct cut *c, const char *text);

/* Cuts what was added, in one random order. */
int cut_space(struct cut *c);

/* Cuts a list, read to its end; lines that are no targets are counted, as their
 * last names them. */
int cut_list(struct cut *c, FILE *list);

void cut_free(struct cut *c);

#endif
