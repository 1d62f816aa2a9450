/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a path in memory must be found to be.
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "tests/client.h"
#include "tests/devices.h"

#define NOWHERE (-1)

struct expected {
	enum status status;
	const char *finding; /* the only one; NULL: none at all */
	enum effect effect;
	enum direction direction;
	enum segment_kind segment;
	int after, at; /* TTL, or NOWHERE */
	enum confidence confidence;
	const char *how;
};

extern const struct expected innocent;

/* MP_CAPABLE is removed from the SYN so, between this hop and the next. */
struct expected removal(const char *how, int at);
/* This finding of a MP_JOIN SYN, between hops 2 and 3, and no other. */
struct expected impairment(const char *id);

/* Fails the test, with the report shown, unless `what` holds. */
#define CHECK(r, what)                                                         \
	do {                                                                   \
		if (!(what)) {                                                 \
			show_report(r);                                        \
			fail_msg("not so: %s", #what);                         \
		}                                                              \
	} while (0)

/* To stderr, as mpprobe -v shows it. */
void show_report(const struct report *r);

/* Whether the place is that TTL, or unknown where it is NOWHERE. */
bool is_at(const struct place *p, int ttl);

/* Fails the test if the report is another than expected. */
void check_report(const struct report *r, const struct expected *e);

/* Runs a whole probe of the scene, over IPv4 and over IPv6, and checks. */
void expect(struct scene s, struct expected e);

/* A scene with one device, on the way there (at a hop) or back. */
struct scene with_box(unsigned at, box_fn *box);
struct scene with_back(box_fn *back);

#endif
