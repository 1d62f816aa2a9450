/* SPDX-License-Identifier: GPL-3.0-or-later
 * Downloads by TCP and MPTCP in turn: what they say together.
 */
#ifndef REPORT_PRINT_SPEED_H
#define REPORT_PRINT_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
};

struct speed_round {
	struct speed_run tcp, mptcp;
};

struct speed {
	const char *url;
	const struct speed_round *rounds;
	size_t round_count;
	double processors; /* that this host used during the downloads by MPTCP,
			      on average; < 0: not known */
	bool blackhole;	   /* the kernel has switched MPTCP off */
	unsigned unanswered; /* SYNs with MPTCP that it gave up */
};

/* The geometric mean of MPTCP/TCP over the rounds, and its 95 % interval by
 * Student's t on the logarithms. Rounds that were not done, or fell back, do
 * not count. */
struct speed_ratio {
	size_t rounds;
	double ratio, low, high; /* low, high: 0 and INFINITY below two */
};

struct speed_ratio speed_ratio(const struct speed *s);

/* The median rate of the rounds; < 0: none. */
double speed_median(const struct speed *s, bool mptcp);

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
