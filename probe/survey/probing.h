/* SPDX-License-Identifier: GPL-3.0-or-later
 * The second stage of a survey: whole probes of what the first one found, many
 * at once, over one wire. Where something interferes, the path is swept, one
 * target of a family at a time, when the routers have their answers again; or,
 * where others showed a place, only the hops around it are asked, many at once.
 */
#ifndef PROBE_SURVEY_PROBING_H
#define PROBE_SURVEY_PROBING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct blocklist;
struct open_target;

struct probing_config {
	unsigned at_once;
	int mptcp_version; /* 0, 1; -1: both */
	const char *interface;
	bool bind_interface;	   /* -i */
	struct address sources[2]; /* of IPv4 and IPv6; family 0: none */
	unsigned mtu[2];
	uint16_t first_port, last_port; /* of the first stage */
	const struct blocklist *blocklist;
	int evidence; /* the directory for captures; -1: none is kept */
	/* A target is probed: `probe` is what is to be said of it, an object of
	 * JSON. */
	void (*done)(void *context, const struct open_target *o,
		     const char *probe);
	void (*sent)(void *context, size_t length); /* a packet, in bytes */
	void *context;
};

struct probing;

/* Opens all that needs privilege. NULL: `*exit_code` after a complaint. */
struct probing *probing_open(const struct probing_config *c, int *exit_code);
void probing_close(struct probing *p); /* NULL is fine */

/* Whether to probe a plain one of the sample, behind which MP_CAPABLE may be
 * removed with all else of MPTCP: while few wait to be swept. */
bool probing_takes_plain(const struct probing *p);

/* Takes a target over with its answers: they are the caller's no more. */
void probing_add(struct probing *p, struct open_target *o);

/* Whether more may come: the queue is bounded. */
bool probing_has_room(const struct probing *p);

/* How many are probed now, and how many wait. */
unsigned probing_running(const struct probing *p);
unsigned probing_waiting(const struct probing *p);

/* To be polled for reading, and when it wants to be stepped at the latest. */
int probing_fd(const struct probing *p);
int64_t probing_wakes_us(const struct probing *p);

/* Takes what came in, and, if it may send, does what is due. 0, or an exit code
 * after a complaint: the wire or the captures' directory is gone. */
int probing_step(struct probing *p, bool may_send);

/* Who waits goes on waiting; those that are running go on. */
void probing_begin_no_more(struct probing *p);

/* Ends the connections of all that are running. */
void probing_end(struct probing *p);

#endif
