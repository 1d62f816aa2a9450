/* SPDX-License-Identifier: GPL-3.0-or-later
 * The parts of probing.h for each other: probing.c (what runs when),
 * probing_sweeps.c, probing_control.c, probing_contrast.c,
 * probing_turns.c and probing_fetch.c. Not for anybody else.
 */
#ifndef PROBE_RUN_PROBING_PARTS_H
#define PROBE_RUN_PROBING_PARTS_H

#include "probe/run/probing.h"

/* Somewhat more than a round trip: what is later is given up. */
#define QUOTE_SLACK_US 15000
#define EDGE_TRIES 2

bool probing_start_dialog(struct probing *p, struct dialog *d,
			  enum purpose purpose, unsigned version,
			  bool checksum);

/* The connection that copies of data are sent of. */
struct dialog *probing_dialog_to_copy(struct attempt *a);

/* probing_sweeps.c */
bool probing_sweeping(const struct probing *p);
/* Another port of this address is probed before this one. */
bool probing_follows(const struct probing *p);
unsigned probing_last_ttl(const struct probing *p);
/* Where the SYNs of this run are answered, with or without MPTCP; 0: it is
 * not known yet. */
unsigned probing_reach(const struct probing *p);
void probing_update_heard(struct probing *p);
/* Sends again what is missing. Returns when it wants to be stepped again. */
int64_t probing_step_sweep(struct probing *p, struct sweep *w, int64_t now_us);
bool probing_sweep_settled(const struct probing *p, const struct sweep *w);
void probing_begin_plain(struct probing *p, int64_t now_us);
/* Lone SYNs, where the sweeps do not tell the reach or a hop. */
void probing_step_edges(struct probing *p);

/* probing_control.c */
bool probing_start_control(struct probing *p);
bool probing_control_over(const struct probing *p, int64_t now_us);
int64_t probing_step_control(struct probing *p, int64_t now_us);

/* probing_contrast.c */
void probing_add_lone(struct probing *p, enum purpose purpose, unsigned version,
		      unsigned ttl, unsigned tries);
/* A MP_JOIN with the token of the attempt's connection. */
void probing_add_join(struct probing *p, struct attempt *a, unsigned ttl);
int64_t probing_step_lones(struct probing *p, int64_t now_us);
bool probing_lones_over(const struct probing *p, int64_t now_us);
int64_t probing_step_limited(struct probing *p, int64_t now_us);
bool probing_limited_over(const struct probing *p);
/* Whether a lone SYN with MP_CAPABLE of this version was answered so. */
bool probing_speaks(const struct probing *p, unsigned version);
/* What failed is tried again beside what did not. */
void probing_step_contrast(struct probing *p, struct attempt *a,
			   int64_t now_us);

/* probing_turns.c: when all else is over. Whether it has still to do. */
bool probing_step_turns(struct probing *p, int64_t now_us, int64_t *wake);

/* probing_fetch.c: false: nothing (more) is missing. */
bool probing_step_fetch(struct probing *p, int64_t now_us, int64_t *wake);

#endif
