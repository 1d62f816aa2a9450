/* SPDX-License-Identifier: GPL-3.0-or-later
 * The probing of one address and port: which sweeps, controls and
 * conversations run, and when each of them is over.
 */
#ifndef PROBE_RUN_RUN_H
#define PROBE_RUN_RUN_H

#include "probe/run/checks.h"
#include "probe/run/connection.h"
#include "probe/run/sweep.h"

/* What the user wants of a probe. */
struct probe_settings {
	unsigned first_ttl, max_ttl; /* of the sweeps */
	int mptcp_version;	     /* 0, 1; -1: both */
	bool sweep_only, all;
};

#define SYNS_MAX 240
#define LIMITED_MAX 30

/* What the probings of one address share: all their sweeps draw on the few
 * answers that each router gives: six at once, then one a second. */
struct shared {
	const struct run *leader;  /* the first: it sweeps the path */
	const struct run *fetcher; /* whose turn it is to ask again */
	size_t quotes;		   /* of the capture that were counted */
	uint64_t heard;		   /* TTLs that anything was quoted of */
};

/* run_turns.c: who was not answered though others were, again. */
#define SAME_PORT_MAX 12

enum same_port_state {
	SAME_PORT_IDLE,
	SAME_PORT_PAIRS,  /* more of them, on fresh ports */
	SAME_PORT_FIRST,  /* every other one without the option */
	SAME_PORT_SECOND, /* the rest without it; then copies that place it */
	SAME_PORT_OVER,
};

struct same_port {
	enum same_port_state state;
	bool promoted; /* a lone SYN was made a connection */
	struct syn list[SAME_PORT_MAX];
	unsigned count, rounds;
	bool missing;
	int64_t wait_until_us;
};

/* Everything that is tried with one version of MPTCP. */
struct attempt {
	unsigned version;
	bool started, joined, contrasted, join_contrasted;
	struct sweep sweep;	  /* MP_CAPABLE SYNs */
	struct connection bare;	  /* without DSS checksums */
	struct connection summed; /* with (flag A) */
	struct connection again;  /* that once more, if it fell back; or bare
				 with a  small MSS, if answers stall */
	struct syn random;	  /* MP_JOIN with a random token */
	struct join join;
	struct connection open; /* asks for nothing: for a join, where the
			       server closed the first connection too early */
	bool ack_swept, join_swept, joined_again;
	struct same_port same_port;
	unsigned branches; /* a bit for each connection swept for its way */
};

struct run {
	struct live *live;
	const struct probe_settings *options;
	struct shared *shared;
	struct destination to;
	struct destination to_small; /* the same, with a small MSS */
	struct pace pace;
	uint8_t request[512];
	size_t request_length;

	struct connection before, after; /* plain baselines */
	bool after_started;
	struct sweep plain;
	struct control control;
	bool beyond_sent;
	struct attempt attempts[2];
	unsigned attempt_count;
	struct syn syns[SYNS_MAX];
	unsigned syn_count;
	int64_t syns_until_us;
	unsigned edge; /* the TTL of the last lone SYN at the edge */
	bool edges_sent, hops_sent, sorted, mirror_tried;
	struct connection limited[LIMITED_MAX]; /* data with low TTLs */
	unsigned limited_count;
	unsigned fetches;
	uint64_t drops_asked, drops_asking; /* bits: TTLs; before, and now */
	bool behind_fetched;
	int64_t fetch_at_us;
	struct checks checks; /* --all */
	bool over;
};

/* `company`: of all probings of this address; the first one leads it. */
void run_init(struct run *p, struct live *live, const struct probe_settings *o,
	      const struct destination *to, const char *host,
	      struct shared *shared);

/* Sends the first packets. False: the run must stop. */
bool run_start(struct run *p);

/* Does what is due; sets p->over at the end. Returns the time at which it
 * wants to be stepped again at the latest. */
int64_t run_step(struct run *p, int64_t now_us);

/* Ends every connection that is open. */
void run_end(struct run *p);

#endif
