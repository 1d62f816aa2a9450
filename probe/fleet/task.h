/* SPDX-License-Identifier: GPL-3.0-or-later
 * A shard that is worked on: its survey, a process; its results, stored while
 * they come; and the right to do so, renewed in time.
 */
#ifndef PROBE_FLEET_TASK_H
#define PROBE_FLEET_TASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "probe/fleet/bus.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/keeper.h"
#include "probe/fleet/lease.h"
#include "probe/fleet/names.h"
#include "probe/fleet/place.h"
#include "probe/fleet/upload.h"

struct fleet_options;

/* What all tasks of this process share. */
struct worker {
	const struct fleet_options *o;
	const char *name;
	const char *blocklist; /* of this host alone, as text */
	struct survey_names names;
	struct bus bus;
	struct definition definition; /* the latest that is known */
	uint64_t done;		      /* shards */
};

/* Fetches the definition anew: the blocklist may be another. */
bool worker_refresh(struct worker *w);

struct task {
	struct worker *worker; /* NULL: there is no task */
	struct lease lease;
	json_t *shard;
	uint64_t number;
	char *blocklist; /* that its survey goes by */
	struct place place;
	struct keeper keeper;
	struct upload upload;
	bool over;		/* the survey has ended, with `code` */
	struct place_said said; /* of it; `all_sent` as well if it has ended */
	bool left;		/* results are there that are not stored */
	int code;
};

/* Begins a shard that was claimed, and takes `shard` and the lease over; the
 * rest of `*t` is {0}. 0, or an exit code after a complaint: then there is no
 * task. */
int task_begin(struct task *t, struct worker *w, json_t *shard);

/* Does what is due, and waits a little for the survey to end, if nothing is. 0,
 * or an exit code after a complaint; the task may be no more. */
int task_turn(struct task *t);

/* Asks the survey to end, of a task that is dropped next. */
void task_stop(struct task *t);

/* Gives the shard back. */
void task_drop(struct task *t);

#endif
