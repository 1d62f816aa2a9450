/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a run consists of, and who starts it.
 */
#ifndef PROBE_RUN_EXPERIMENT_H
#define PROBE_RUN_EXPERIMENT_H

#include "probe/run/run.h"

/* Somewhat more than a round trip: what is later is given up. */
#define QUOTE_SLACK_US 15000
#define EDGE_TRIES 2

bool run_start_connection(struct run *p, struct connection *d,
			  enum purpose purpose, unsigned version,
			  bool checksum);

/* The connection that copies of data are sent of. */
struct connection *run_connection_to_copy(struct attempt *a);

/* reach.c */
bool run_sweeping(const struct run *p);
/* Another port of this address is probed before this one. */
bool run_follows(const struct run *p);
unsigned run_last_ttl(const struct run *p);
/* Where the SYNs of this run are answered, with or without MPTCP; 0: it is
 * not known yet. */
unsigned run_reach(const struct run *p);
void run_update_heard(struct run *p);
/* Sends again what is missing. Returns when it wants to be stepped again. */
int64_t run_step_sweep(struct run *p, struct sweep *w, int64_t now_us);
bool run_sweep_settled(const struct run *p, const struct sweep *w);
void run_begin_plain(struct run *p, int64_t now_us);
/* Lone SYNs, where the sweeps do not tell the reach or a hop. */
void run_step_edges(struct run *p);

/* control.c */
bool run_start_control(struct run *p);
bool run_control_over(const struct run *p, int64_t now_us);
int64_t run_step_control(struct run *p, int64_t now_us);

/* contrast.c */
void run_add_syn(struct run *p, enum purpose purpose, unsigned version,
		 unsigned ttl, unsigned tries);
/* A MP_JOIN with the token of the attempt's connection. */
void run_add_join(struct run *p, struct attempt *a, unsigned ttl);
int64_t run_step_syns(struct run *p, int64_t now_us);
bool run_syns_over(const struct run *p, int64_t now_us);
int64_t run_step_limited(struct run *p, int64_t now_us);
bool run_limited_over(const struct run *p);
/* Whether a lone SYN with MP_CAPABLE of this version was answered so. */
bool run_speaks(const struct run *p, unsigned version);
/* What failed is tried again beside what did not. */
void run_step_contrast(struct run *p, struct attempt *a, int64_t now_us);

/* turns.c: when all else is over. Whether it has still to do. */
bool run_step_same_port(struct run *p, int64_t now_us, int64_t *wake);

/* fetch.c: false: nothing (more) is missing. */
bool run_step_fetch(struct run *p, int64_t now_us, int64_t *wake);

#endif
