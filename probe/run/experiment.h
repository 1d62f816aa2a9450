/* SPDX-License-Identifier: GPL-3.0-or-later
 * Experiments: what a run consists of. Each is a row of the table in run.c and
 * starts as soon as what it needs is known and what came in so far asks for
 * it. Its connections are stepped by the run; what else it does, by itself.
 */
#ifndef PROBE_RUN_EXPERIMENT_H
#define PROBE_RUN_EXPERIMENT_H

#include "probe/run/run.h"

enum need {
	NEED_SWEEP = 1, /* TTLs below those of full segments may be sent */
	NEED_REACH = 2, /* known where SYNs are answered */
	NEED_RTT = 4,
	NEED_QUIET = 8, /* no experiment above is running, and none below that
			   needed quiet has begun: its connections are not yet
			   what these look for */
};

/* What a step returns when it has nothing more to do: the experiment is over
 * with its connections. */
#define OVER INT64_MIN

enum often {
	ONCE,  /* `v` is the first version */
	AGAIN, /* it may start again when it is over */
	EACH,  /* once for each version */
	EACH_AGAIN,
};

typedef bool wanted_fn(const struct run *r, const struct version *v);
typedef void start_fn(struct run *r, struct version *v);
typedef int64_t step_fn(struct run *r, struct version *v, int64_t now_us);

struct experiment {
	const char *name; /* for who waits: what is tried */
	enum often often;
	unsigned needs;
	wanted_fn *wanted;
	start_fn *start; /* NULL: there is only its step */
	step_fn *step;	 /* NULL: it is over with its connections */
};

/* ---- for experiments ----------------------------------------------------- */

/* Opens a connection of the current experiment: `c`, or one of the pool. */
struct connection *run_open(struct run *r, struct connection *c,
			    const struct course *course, enum purpose purpose,
			    unsigned version);

/* The same, to another destination or from another source. */
struct connection *run_open_to(struct run *r, struct connection *c,
			       const struct destination *to,
			       const struct course *course,
			       enum purpose purpose, unsigned version);

/* Opens one that will send the request. */
struct connection *run_open_request(struct run *r, struct connection *c,
				    enum purpose purpose, unsigned version);

/* A connection of the current experiment whose SYN went out from `client`. */
void run_take_up(struct run *r, struct connection *c,
		 const struct course *course, const struct client *client);

/* A SYN of its own port, `tries` times with this TTL. */
void run_add_syn(struct run *r, enum purpose purpose, unsigned version,
		 unsigned ttl, unsigned tries);

/* The same: an MP_JOIN to where this one went, of the same connection. */
void run_add_join(struct run *r, const struct client *like, unsigned ttl);

/* A plain SYN to there. */
void run_add_syn_to(struct run *r, const struct destination *to);

/* The current experiment is not over before. */
void run_wait(struct run *r, int64_t us);

/* A round of copies, at the pace of the routers, while some are `missing`: a
 * step of the current experiment. */
int64_t run_round(struct run *r, struct version *v, int64_t now_us,
		  wanted_fn *missing, start_fn *send);

/* Whether the experiment that starts so has begun with this version. */
bool run_began(const struct run *r, start_fn *start, const struct version *v);

/* The name of the last row that is running; NULL: none is. */
const char *run_running(const struct run *r);

/* Whether TTLs below those of full segments may be sent. */
bool run_sweeping(const struct run *r);

/* Whether a flow is of its uplink, where there are several: the others have
 * paths of their own, and routers limit what they answer by the source. */
bool run_sees(const struct run *r, const struct flow *f);

/* The hop at this TTL has quoted something. */
bool run_heard(const struct run *r, unsigned ttl);

/* MP_CAPABLE comes back on some connections, and on others it does not. */
bool some_plain(const struct run *r, const struct version *v);

/* Another port of this address is probed before this one. */
bool run_follows(const struct run *r);

/* A copy with a low TTL, which does not reach the server. */
struct copy low_copy(unsigned ttl);

/* Neither a SYN/ACK nor a RST came. */
bool is_silent(const struct client *c);

/* Its option came back in the SYN/ACK. */
bool is_negotiated(const struct client *c);

/* ---- the rows ------------------------------------------------------------ */

/* reach.c: sweeps of SYNs, and SYNs where these do not tell enough. */
bool sweep_settled(const struct run *r, const struct sweep *w);
void run_see_quotes(struct run *r);
wanted_fn always, capable_sweep_wanted, edge_wanted, untold_reach_wanted,
	untold_hops_wanted;
start_fn capable_sweep_start, edge_start, untold_reach_start, untold_hops_start;
step_fn plain_sweep_step, capable_sweep_step;

/* control.c: how far the target is by its own answers; 0: none came. */
unsigned control_distance(const struct control *c);
bool control_over(const struct run *r, int64_t now_us);
wanted_fn control_wanted, beyond_wanted, control_again_wanted;
start_fn control_start, beyond_start;
step_fn control_step, control_again_step;

/* mptcp.c: the connections with MPTCP, and copies of their segments. */
/* A subflow that joins is to bring the last of the request, of which `split`
 * bytes go out first. */
void hold_tail(const struct run *r, struct connection *c, size_t split);
/* The server ended the connection before the subflow could be added to it. */
bool closed_early(const struct connection *join);
/* A connection that it has no reason to end, as it has not got a line yet. */
void open_to_join(struct run *r, struct connection *c, unsigned version);
struct connection *connection_to_copy(struct version *v);
/* Gives the subflow what its connection holds back. */
void take_rest(struct connection *join, const struct connection *parent);
wanted_fn mptcp_wanted, copies_wanted, bare_acks_wanted, odd_copies_wanted,
	first_copies_wanted, join_wanted, join_copies_wanted, join_data_wanted,
	unconfirmed_wanted, again_wanted, stalled_wanted, open_wanted;
start_fn mptcp_start, copies_start, bare_acks_start, join_start,
	join_copies_start, join_data_start, unconfirmed_start, deferring_start,
	again_start, open_start;
step_fn stalled_step, odd_copies_step, first_copies_step;

/* A DATA_ACK for the first data will do for a token. */
bool is_proven(const struct connection *c);
struct connection *connection_to_join(struct version *v);

/* acks.c: what becomes of our ACKs without data. */
wanted_fn acks_wanted, acks_again_wanted, narrow_again_wanted,
	acks_deferred_wanted, ack_copies_wanted, untold_acks_wanted;
void ack_copy(struct version *v, unsigned ttl);
start_fn acks_start, acks_again_start, narrow_again_start, ack_copies_start;
step_fn acks_step;

/* announced.c: whether the server forbids joins to its first address and port;
 * the first place that it announced and that can be joined, or NULL. */
bool forbids_joins(const struct client *c);
const struct announced *announced_to(const struct client *c);
uint16_t announced_port(const struct announced *a,
			const struct destination *to);
/* ADD_ADDR comes behind the third ACK, and again after 200 ms (Linux). */
#define ANNOUNCEMENT_US 250000
/* Echoes what it has announced behind the first so many. */
void echo_all(struct client *c, size_t *echoed);
/* Has the version's join, which is open, go there, beside a plain SYN as its
 * control. */
void join_announced(struct run *r, struct version *v);
wanted_fn echo_wanted, announcement_wanted, elsewhere_wanted, refused_wanted;
start_fn echo_start, announcement_start, elsewhere_start, refused_start;
step_fn announcement_step, elsewhere_step, refused_step;

/* contrast.c: why others were not answered. */
/* Whether SYNs of this version are answered at a smaller TTL than plain ones.
 */
bool sort_nearer(const struct run *r, const struct version *v);
wanted_fn sort_wanted, mirror_wanted, limited_wanted, contrast_wanted,
	join_contrast_wanted, token_wanted, branches_wanted;
start_fn sort_start, mirror_start, limited_start, contrast_start,
	join_contrast_start, token_start;
step_fn contrast_step, join_contrast_step, token_step, branches_step;

/* ports.c */
wanted_fn ports_wanted, join_ports_wanted, more_joins_wanted,
	limited_joins_wanted;
start_fn ports_start, join_ports_start, more_joins_start, limited_joins_start;
/* With the option only. */
start_fn option_ports_start;
/* SYNs with MP_CAPABLE are lost more often than loss explains, by the plain
 * ones. */
bool lost_with_option(const struct run *r, const struct version *v);
/* All SYNs of this purpose are, and so many that none of it is chance. */
bool all_lost(const struct run *r, const struct version *v,
	      enum purpose purpose);
/* The subflow, and the SYNs beside it, seem to get no answer, although the
 * connection that they join is open. */
bool joins_seem_silent(const struct run *r, const struct version *v);

/* same_port.c */
wanted_fn adopt_wanted, pairs_wanted, same_port_wanted, plain_port_wanted,
	port_copies_wanted;
start_fn adopt_start, pairs_start, same_port_start, plain_port_start;
step_fn port_copies_step;

/* data_pairs.c */
wanted_fn data_pairs_wanted;
step_fn data_pairs_step;

/* burst.c */
wanted_fn burst_wanted;
start_fn burst_start;
step_fn burst_step;

/* across.c: subflows by other uplinks. */
wanted_fn across_wanted;
start_fn across_start;
step_fn across_step;

/* checks.c and idle.c: --all. */
/* A copy of the large segment that was in vain, if this is the connection of
 * such a check. */
bool check_copy(struct run *r, const struct flow *f, unsigned ttl);
const char *check_name(const struct check *k);
wanted_fn full_size_wanted, checks_wanted, checks_again_wanted, expired_wanted,
	check_copies_wanted, idle_wanted, idle_again_wanted, idle_copies_wanted;
start_fn full_size_start, checks_start, checks_again_start, idle_start,
	idle_again_start;
step_fn checks_step, expired_step, check_copies_step, idle_copies_step;

/* place.c */
wanted_fn place_wanted;
start_fn place_start;
step_fn place_step;

/* fetch.c: what a device that lets only so many SYNs pass has let nobody use.
 */
void spend(struct client *c);
step_fn fetch_step;

#endif
