/* SPDX-License-Identifier: GPL-3.0-or-later
 * SYNs and SYN/ACKs of several runs side by side: captures of mpprobe or of
 * any other program, and JSON reports. What differs between connections with
 * and without MPTCP, or between then and now, and whether that means
 * anything. Pure: no files, no network.
 */
#ifndef REPORT_COMPARE_COMPARE_H
#define REPORT_COMPARE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "report/evidence/loss.h"

struct observer;

/* A capture or a report. */
struct compare_run {
	const char *name;
	int64_t started_us;
};

struct span {
	unsigned low, high;
};

/* Which options a SYN or SYN/ACK has. */
enum {
	OFFER_MSS = 1,
	OFFER_SACK = 2,
	OFFER_TIMESTAMPS = 4,
	OFFER_WSCALE = 8,
};

/* Connections without an answer, whose SYNs may have expired on the way. */
struct unanswered {
	unsigned connections, syns;
};

/* A SYN/ACK. */
struct compare_answer {
	unsigned ttl, window, offers; /* OFFER_* */
	int mss, wscale;	      /* -1: absent */
	int version;		      /* of MP_CAPABLE in it; -1: without */
	double rtt_ms;		      /* < 0: unknown */
	const char *options;	      /* a letter an option: "MSTNW" */
};

/* All connections of one run to one address and port whose SYNs are alike:
 * a row of the table. */
struct compare_row {
	size_t run;	       /* index in compare->runs */
	struct address source; /* family 0: not known */
	struct address target;
	uint16_t port;
	int version;	    /* of MPTCP in the SYN; -1: without it */
	bool fallback;	    /* plain SYNs behind unanswered ones with MPTCP, on
			       the same ports: what a kernel does */
	int64_t started_us; /* of the run */
	unsigned connections; /* with TTLs that reach the host */
	unsigned answered, refused;
	unsigned syns;	     /* sent until answered; the most of a connection */
	struct tries tries;  /* SYNs, until answered */
	unsigned lost_syns;  /* of the connections that were not answered */
	unsigned syn_ttl;    /* the highest */
	unsigned syn_offers; /* OFFER_* */

	/* of the SYN/ACKs; meaningful if answered */
	struct span ttl, hops;
	unsigned initial_ttl;
	struct compare_answer answer; /* the first, with the smallest RTT */

	/* TTLs up to REACH_TTL_MAX */
	unsigned reach, reach_count; /* smallest that was answered; 0 none */
	unsigned short_ttl, short_count; /* largest that was not; 0 none */
	struct unanswered *unanswered;	 /* by TTL, REACH_TTL_MAX + 1 of them */
	struct address *hops_seen;	 /* by TTL, REACH_TTL_MAX + 1 of them:
					    who sent time exceeded */
};

#define REACH_TTL_MAX 30

/* Whether `reach` is the smallest TTL that is answered, as one less is not:
 * else it is a bound, and the host may be nearer. */
bool compare_reach_measured(const struct compare_row *r);

/* What judging a run says, as mpprobe or `mpprobe read` does. */
struct compare_found {
	size_t run;
	struct address source, target;
	uint16_t port;
	const char *id, *text; /* of the finding */
};

struct difference {
	bool meaningful;
	const char *kind; /* "terminated", "unanswered", "address" ... */
	const char *text; /* one or more sentences */
};

struct compare {
	struct arena *arena;
	struct compare_run *runs;
	size_t run_count;
	struct compare_row *rows; /* after compare_judge: by time */
	size_t row_count;
	struct compare_found *found;
	size_t found_count;
	bool over_time; /* only what has changed from run to run is told */
	struct difference *differences; /* meaningful ones first */
	size_t difference_count;
	struct difference *notes; /* what no difference says */
	size_t note_count;
};

struct compare *compare_new(void); /* NULL: no memory */
void compare_free(struct compare *c);

/* Adds what was observed as a run. Returns how many connections there are in
 * it that can be compared. */
size_t compare_observe(struct compare *c, const char *run,
		       const struct observer *o);

/* The same; to the last run, if it has this name. */
size_t compare_observe_more(struct compare *c, const char *run,
			    const struct observer *o);

/* Adds what `-j` of mpprobe wrote, one object a line, as a run: the reports,
 * and the runs of comparisons. Returns how many connections, or rows; -1 and
 * one line in `error` if it has none. */
int compare_report(struct compare *c, const char *run, const char *text,
		   size_t length, char *error, size_t size);

/* Sorts the rows and finds the differences; call it once, at the end. */
void compare_judge(struct compare *c);

/* Whether one of the differences means something; or would, if there were more
 * of it. */
bool compare_differs(const struct compare *c);
bool compare_uncertain(const struct compare *c);

/* "without MPTCP", "with MPTCP v1": of a row. */
const char *compare_kind(const struct compare_row *r);

#endif
