/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the routers near this host have left of their answers: six at once,
 * then one a second (Linux). Probes of many targets share them, so one sweep
 * begins when the hops have rested since the one before, and leaves out those
 * that all paths share and that quoted MP_CAPABLE as it was sent. Where it is
 * known which hops are asked, and each of them once, only these are to have an
 * answer left.
 */
#ifndef PROBE_SURVEY_HOP_BUDGET_H
#define PROBE_SURVEY_HOP_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/address.h"

struct report;

#define BUDGET_TTLS 64
#define BUDGET_HOPS 256 /* that answered lately */

/* Of one family. Zeroed at first. */
struct hop_budget {
	/* The hop of all paths with this TTL, as far as they were asked. */
	struct shared_hop {
		struct address address;
		unsigned paths;
		bool differs; /* other paths have another one, or it quotes
				 something else than was sent, or something was
				 found there */
	} shared[BUDGET_TTLS + 1];
	/* When a hop has its six answers again. */
	struct resting_hop {
		struct address address;
		int64_t rested_us;
		unsigned promised; /* answers, to probes that are running */
	} resting[BUDGET_HOPS];
	bool busy; /* a sweep is running */
	/* A hop that answers others did not answer the last sweep: how long all
	 * rest beside, and until when. */
	int64_t back_off_us, resumes_us;
};

/* A hop has sent an ICMP error. */
void hop_budget_answered(struct hop_budget *b, const struct address *hop,
			 int64_t now_us);

/* Whether it is one of the hops that the latest sweeps found. */
bool hop_budget_knows(const struct hop_budget *b, const struct address *hop);

/* From when on the hops have all their answers, and none is promised. */
int64_t hop_budget_rested_us(const struct hop_budget *b);

/* From when on each of these hops has an answer to spare; INT64_MAX: not before
 * an answer that was promised is given, or the sweep that waits is over. That
 * (`sweep_waits`) is not to wait longer for it. */
int64_t hop_budget_spares_us(const struct hop_budget *b,
			     const struct address *hops, unsigned count,
			     bool sweep_waits, int64_t now_us);

/* A probe is to ask each of these hops once; and is over, whatever came. */
void hop_budget_promise(struct hop_budget *b, const struct address *hops,
			unsigned count);
void hop_budget_release(struct hop_budget *b, const struct address *hops,
			unsigned count);

/* Takes in a path that was swept from this TTL on, just now. */
void hop_budget_learn(struct hop_budget *b, const struct report *r,
		      unsigned first_ttl, int64_t now_us);

/* Where the next sweep may begin: at the last hop that all paths share and that
 * quotes as sent, so that what is changed behind it has a place; else 1. */
unsigned hop_budget_first_ttl(const struct hop_budget *b);

#endif
