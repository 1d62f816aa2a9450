/* SPDX-License-Identifier: GPL-3.0-or-later
 * The probing of one address and port: experiments, each of which starts as
 * soon as what it needs is known (experiment.h).
 */
#ifndef PROBE_RUN_RUN_H
#define PROBE_RUN_RUN_H

#include "probe/net/request.h"
#include "probe/run/connection.h"
#include "probe/run/sweep.h"

/* Where others have the SYNs of one kind, of one version of MPTCP, changed: the
 * last hop that quotes them as sent, and the first that does not. */
struct known_place {
	enum segment_kind segment; /* a SYN, with MP_CAPABLE or MP_JOIN */
	unsigned version;
	unsigned first, last; /* TTLs; 0: none is known */
};

/* What the user wants of a probe. */
struct probe_settings {
	unsigned first_ttl, max_ttl; /* of the sweeps */
	int mptcp_version;	     /* 0, 1; -1: both */
	bool sweep_only, all;
	bool mute; /* connections are opened, and nothing is said */
	struct known_place place; /* only its hops are asked (place.c) */
	bool distance;	 /* without a sweep, it is asked for by one datagram */
	bool takeover;	 /* of uplinks: which one does the server go on over? */
	const char *say; /* of request_write(); NULL: HTTP */
};

/* The distance control: datagrams to closed high ports of the target, and ICMP
 * echo requests, whose answers tell how far it is (control.c). */
#define CONTROL_MAX 64

struct control {
	const struct destination *to;
	uint16_t ports[CONTROL_MAX]; /* our source ports */
	unsigned count;
	int64_t sent_us;
	unsigned rounds;
	unsigned again; /* asked once more, one at a time */
	uint16_t echo_id, echoes;
};

enum check_kind {
	CHECK_LONG,	 /* many small segments, one after the other */
	CHECK_HOLE,	 /* the second segment before the first */
	CHECK_PAIR,	 /* two small segments at once */
	CHECK_EXPIRED,	 /* data that expires on the way, then other bytes */
	CHECK_BIG,	 /* a large segment, then smaller ones */
	CHECK_BIG_TCP,	 /* the same without MPTCP, for the contrast */
	CHECK_ADD_ADDR,	 /* an address announced */
	CHECK_FRAGMENTS, /* a segment in IP fragments, then in one piece */
};

/* One of the slower checks of --all: one kind of data (checks.c). */
struct check {
	struct connection connection; /* first: its course knows it by that */
	enum check_kind kind;
	uint8_t ttl;	 /* CHECK_EXPIRED: with which the data goes out */
	size_t big;	 /* CHECK_BIG: the bytes to begin with; 0: full size */
	size_t offset;	 /* of the data that is being sent */
	size_t size;	 /* CHECK_BIG, CHECK_FRAGMENTS: its bytes; 0: none were
			    sent yet */
	size_t received; /* what had come in when the step began */
	bool vain;	 /* what should have been answered was not */
	bool copied;	 /* CHECK_BIG: copies went out that end at each hop */
};

#define CHECKS_MAX 40

struct checks {
	unsigned version; /* of MPTCP */
	struct check list[CHECKS_MAX];
	unsigned count;
	struct sweep bare; /* SYNs without MSS; for who adds one */
	unsigned copied;   /* checks whose copies are done with */
	bool all;	   /* more than what was lost is copied */
};

/* Plain connections that send nothing for longer and longer, beside some that
 * are kept busy (idle.c). */
struct idler {
	struct connection connection; /* first: its course knows it by that */
	int64_t rest_us;	      /* 0: it never rests */
	uint8_t ttl;		      /* of the keep-alives behind the rest */
	size_t received; /* what had come in by the end of the rest */
};

#define IDLERS_MAX 80

struct idle_ladder {
	struct idler list[IDLERS_MAX];
	unsigned count;
};

/* A place that the server announced, beside the one that is joined first. */
struct elsewhere {
	struct destination to;
	struct connection open; /* asks for nothing, for the join */
	struct connection join, control;
	bool asked;		  /* why it was not joined */
	struct connection beside; /* that joins the first place then */
};

#define ELSEWHERE_MAX 3

/* A connection of this uplink, which a subflow by another is to join. */
struct across {
	struct connection open, join;
	struct destination to; /* where the server announced, if it forbids
				  joins to its first address */
	bool again;    /* both, as the server ended the first one too early */
	size_t echoed; /* announcements of `open` */
	int64_t place_us; /* until when it may announce where; 0: not yet */
	enum takeover_step {
		TAKEOVER_OVER, /* or not begun */
		TAKEOVER_FIRST,
		TAKEOVER_OTHER,
		TAKEOVER_BACK
	} takeover;
	int64_t until_us;	   /* this step lasts at most */
	struct connection *silent; /* that came first, and is not acknowledged
				      at first */
	uint32_t before; /* bytes that had come over `open` when both fell
			    silent; then over `silent` */
};

#define PEERS_MAX 7

#define VERSIONS 2
#define EXPERIMENTS_MAX 64
#define POOL_MAX 280 /* SYNs and connections that need no name */
#define CONNECTIONS_MAX 440

/* What the runs to one address share: their sweeps draw on the few answers
 * that each router gives (six at once, then one a second). */
struct shared {
	const struct run *leader;  /* the first: it sweeps the path */
	const struct run *fetcher; /* whose turn it is to ask again */
	size_t quotes;		   /* of the capture that were counted */
	uint64_t heard;		   /* TTLs that anything was quoted of */
};

/* Those that were not answered though others were, again from the same ports
 * (same_port.c). */
#define SAME_PORT_MAX 12

struct same_port {
	struct connection list[SAME_PORT_MAX];
	unsigned count;
};

/* One at first; where it shows something odd, more of each kind (acks.c). */
#define ACK_WITNESSES 3
#define ACKS_MAX (1 + 5 * ACK_WITNESSES)

/* Everything that is tried with one version of MPTCP. */
struct version {
	unsigned number;
	struct sweep sweep;		/* MP_CAPABLE SYNs */
	struct connection bare;		/* without DSS checksums */
	struct connection summed;	/* with (flag A) */
	struct connection random;	/* MP_JOIN with a random token, a SYN */
	struct connection join;		/* to bare, summed or open */
	struct destination join_to;	/* where the server announced, if it
					   forbids joins to its first address */
	struct connection join_control; /* a plain SYN to there */
	struct elsewhere elsewhere[ELSEWHERE_MAX];
	unsigned elsewhere_count;
	unsigned bursts[2];	   /* of MP_CAPABLE, of MP_JOIN (burst.c) */
	struct elsewhere *refused; /* the one that is looked into */
	size_t echoed; /* announcements, of those of the joined connection */
	struct connection again; /* summed, if it fell back; or bare with a
				    small MSS, if answers stall */
	struct connection open;	 /* asks for nothing: for a join, where the
				    server closed the first one too early */
	struct same_port same_port;
	struct connection acks[ACKS_MAX]; /* that test our ACKs without data */
	unsigned acks_count;
	struct connection *alive; /* of these, for copies; NULL: not yet */
	struct across across[PEERS_MAX]; /* by peer */
};

enum progress_state { PROGRESS_IDLE, PROGRESS_RUNNING, PROGRESS_OVER };

/* How far an experiment is. */
struct progress {
	enum progress_state state;
	unsigned starts;
	int64_t until_us; /* it is not over before */
	unsigned rounds;  /* of copies, at the pace of the routers */
	int64_t round_us; /* when the next one is due */
};

/* Quotes that findings need (fetch.c). */
struct fetch {
	int64_t until_us; /* no questions after that */
	int64_t at_us;	  /* when the next judgement is due */
	int64_t now_us;	  /* of the last one */
	int64_t next_us;  /* when a hop that is to rest may be asked */
	uint64_t asking;  /* bits: TTLs asked now */
	uint64_t drops;	  /* bits: TTLs asked where a drop may be */
	uint64_t intact;  /* bits: TTLs asked once more, before a change, */
	uint64_t rested;  /* bits: and again, if that was not answered */
	uint64_t beside;  /* bits: and what the hop answers, behind it */
	unsigned asks[64];
	int64_t asked_us[64];
	unsigned judged; /* how often */
	bool behind;	 /* copies went behind the plain reach */
};

struct run {
	const struct probe_settings *settings;
	struct shared *shared;
	const struct run *peers[PEERS_MAX]; /* to the same, by other uplinks */
	unsigned peer_count;
	struct destination to;
	struct destination to_small; /* the same, with a small MSS */
	uint8_t request[REQUEST_MAX];
	size_t request_length;
	/* The same with so many bytes `more` as make a segment of middle size
	 * and one of full size; 0: it cannot be longer. */
	uint8_t long_request[REQUEST_LONG_MAX];
	size_t more;

	struct progress progress[EXPERIMENTS_MAX][VERSIONS];
	struct progress *current; /* whose connections are being opened */
	struct connection *connections[CONNECTIONS_MAX];
	size_t connection_count;
	struct connection pool[POOL_MAX];
	size_t pool_count;

	unsigned reach; /* the smallest TTL that was answered; 0: not known */
	struct sweep plain;
	struct control control;
	struct connection before;
	struct connection *after; /* the last one; NULL: none yet */
	struct version versions[VERSIONS];
	unsigned version_count;
	struct checks checks; /* --all */
	struct idle_ladder idle;
	struct fetch fetch;
	bool quiet; /* nothing but `after` is running */
	const struct experiment *quiet_last; /* that needed it and began */
	bool knocking; /* only a plain connection yet: the rest when its owner
			  clears this */
	bool over;
};

/* Of one that is all zero. `shared`: by all runs to this address; the first one
 * leads them. */
void run_init(struct run *r, const struct probe_settings *settings,
	      const struct destination *to, const char *host,
	      struct shared *shared);

/* Does what is due; sets r->over at the end. Returns the time at which it
 * wants to be stepped again at the latest. */
int64_t run_step(struct run *r, int64_t now_us);

/* Ends every connection that is open. */
void run_end(struct run *r);

#endif
