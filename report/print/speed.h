/* SPDX-License-Identifier: GPL-3.0-or-later
 * Downloads by TCP and MPTCP in turn: what they say together. With several
 * uplinks, by TCP over each of them, and by MPTCP over all.
 */
#ifndef REPORT_PRINT_SPEED_H
#define REPORT_PRINT_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

#define SPEED_UPLINKS 8

/* One download. */
struct speed_run {
	bool done;	    /* to its end, or as long as was asked for */
	bool mptcp;	    /* asked for */
	bool fallback;	    /* and not in use */
	unsigned subflows;  /* beside the first */
	unsigned downloads; /* one after the other */
	double seconds;	    /* of all, from the first byte to the last */
	uint64_t bytes;	    /* of all */
	double rate;	    /* Mbit/s */
	double rtt_ms;
	unsigned retransmitted; /* segments that we sent again */
	char error[120];	/* if not done */
	bool unknown_host;	/* the error */
	/* With several uplinks: whether the kernel told of the subflows, and
	 * what came over those of each uplink. */
	bool shares_known;
	uint64_t shares[SPEED_UPLINKS];
	uint64_t elsewhere; /* over subflows by others than these */
};

struct speed_round {
	struct speed_run tcp[SPEED_UPLINKS]; /* the first, but by uplinks */
	struct speed_run mptcp;
};

struct speed_uplink {
	const char *name; /* of the interface, or the address */
	const char *interface;
	struct address address;
	const char *idle;     /* why nothing came by MPTCP; NULL: it did, or
				 nobody knows */
	const char *commands; /* that mend it, a line each; NULL: none */
};

/* One that nothing could be sent by. */
struct speed_left_out {
	const char *name, *why;
};

struct speed {
	const char *url;
	const struct speed_uplink *uplinks;
	size_t uplink_count; /* 0: whatever way this host takes */
	size_t opener;	     /* the uplink that MPTCP connections begin on */
	const struct speed_left_out *left_out;
	size_t left_out_count;
	const struct speed_round *rounds;
	size_t round_count;
	double processors; /* that this host used during the downloads by MPTCP,
			      on average; < 0: not known */
	bool blackhole;	   /* the kernel has switched MPTCP off */
	unsigned unanswered; /* SYNs with MPTCP that it gave up */
};

/* The geometric mean of MPTCP/TCP over the rounds, TCP by this uplink, and its
 * 95 % interval by Student's t on the logarithms. Rounds that were not done, or
 * fell back, do not count. */
struct speed_ratio {
	size_t rounds;
	double ratio, low, high; /* low, high: 0 and INFINITY below two */
};

struct speed_ratio speed_ratio(const struct speed *s, size_t uplink);

/* How many ways TCP was tried by: one but by uplinks. */
size_t speed_ways(const struct speed *s);

/* The uplink with the best TCP, by the geometric mean beside MPTCP; 0 where
 * there is none. */
size_t speed_best(const struct speed *s);

/* The median rates of the rounds; < 0: none. */
double speed_median_tcp(const struct speed *s, size_t uplink);
double speed_median_mptcp(const struct speed *s);

/* Of what came by MPTCP, over this uplink, 0 to 1; < 0: not known. */
double speed_share(const struct speed *s, size_t uplink);
double speed_elsewhere(const struct speed *s); /* over none of them */
/* The same of one download. */
double speed_run_share(const struct speed_run *r, size_t ways, size_t uplink);

/* How many downloads by MPTCP were done, with it or fallen back. */
size_t speed_runs(const struct speed *s, bool fallback);

/* Whether another round is to follow: of so many that the user wants, or (0) as
 * many as suffice. */
bool speed_goes_on(const struct speed *s, unsigned wanted);

/* Whether downloads one after the other have taken so long, in all, that they
 * tell a rate; or are so many. */
bool speed_run_suffices(const struct speed_run *r);

struct speed_verdict {
	const char *name; /* in JSON */
	int exit_code;
	const char *text;
};

const struct speed_verdict *speed_verdict(const struct speed *s);

#endif
