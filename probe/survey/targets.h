/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whom a survey asks, one after another: what the command line names, as one
 * space in a random order, and then what files list, line by line, of which no
 * more than a line is in memory.
 */
#ifndef PROBE_SURVEY_TARGETS_H
#define PROBE_SURVEY_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "crafting/prefix.h"

struct targets;

struct targets_config {
	const uint16_t *ports;	/* of what names none; borrowed */
	unsigned port_count;	/* from 1 on */
	bool ipv4, ipv6;	/* those that are asked */
	uint64_t seed;		/* the same gives the same order */
	uint64_t shard, shards; /* from 0, from 1 */
};

struct survey_target {
	uint64_t number; /* of this shard, from 0, in their order */
	struct address address;
	bool named; /* the user named a private range that it is of */
	uint16_t port;
};

struct targets *targets_new(const struct targets_config *config);
void targets_free(struct targets *t); /* NULL is fine */

/* Adds a prefix to the space of the command line; port 0: those of the config.
 * False: the space would be too large (PERMUTATION_MAX). */
bool targets_add(struct targets *t, const struct prefix *prefix, uint16_t port);

/* Adds a list of lines, to be read when its turn comes; the descriptor is
 * closed when it is over. */
void targets_add_list(struct targets *t, int fd);

/* The next one; false: there is none, or none yet. */
bool targets_next(struct targets *t, struct survey_target *out);

/* What the next one waits for, to be polled for reading; -1: nothing. */
int targets_wait_for(const struct targets *t);

/* Waits until a list, if there is one, has a target. False: there is none, nor
 * one on the command line, or a signal ended that. */
bool targets_await(struct targets *t);

/* Whether lists may have more than targets_peek() looks at. */
bool targets_are_unread(const struct targets *t);

/* Whether there is nothing but private ranges on the command line. */
bool targets_are_private(const struct targets *t);

/* An address of this family that will be asked: of the command line, or in what
 * targets_await() read of the first list. False: there is none. */
bool targets_peek(const struct targets *t, unsigned family,
		  struct address *out);

/* Which families are asked, if that is known later than the rest. */
void targets_want(struct targets *t, bool ipv4, bool ipv6);

/* Targets that were left out since they are of another family. */
uint64_t targets_other_family(const struct targets *t);

/* Why a list ended before its end, of errno; 0: none did. */
int targets_read_error(const struct targets *t);

/* Lines of lists that were no targets; `*first`: the number of the first, in
 * its list. */
uint64_t targets_bad_lines(const struct targets *t, uint64_t *first);

/* How many bytes of a line are the byte order mark that some editors put where
 * a text begins: 3 or 0. */
size_t byte_order_mark(const char *line, size_t length);

/* A line of a list: "192.0.2.1", "192.0.2.0/24", "192.0.2.1 443",
 * "192.0.2.1:443", "192.0.2.1,443", "[2001:db8::1]:443"; a comment follows #.
 * `line` (`length` bytes, which need not end in NUL) is not changed. */
enum target_line { LINE_TARGET, LINE_EMPTY, LINE_BAD };
enum target_line target_line_read(const char *line, size_t length,
				  struct prefix *prefix, uint16_t *port);

#endif
