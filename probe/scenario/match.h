/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which segment a script waits for, and received segments as Lua tables.
 */
#ifndef PROBE_SCENARIO_MATCH_H
#define PROBE_SCENARIO_MATCH_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept;
struct subflow;

struct match {
	int flags;	     /* of S, F, R, A; -1: any */
	const char *option;  /* "MP_CAPABLE", "mss" ...; NULL: any */
	const char *without; /* not this one */
	int payload;	     /* 1 with, 0 without data, -1 either */
	bool has_ack, has_data_ack;
	uint64_t ack, data_ack; /* at least so many bytes */
	int where;		/* index of a function; 0: none */
};

/* From the table at `index` (nil or none: any segment). The strings live as
 * long as the table. */
void match_read(lua_State *L, int index, struct match *m);

/* "SA" -> flags; raises an error for other letters. */
uint8_t flags_read(lua_State *L, const char *letters);

bool match_fits(lua_State *L, const struct match *m, const struct subflow *s,
		const struct kept *k);

/* "MP_CAPABLE in the SYN/ACK" */
const char *match_text(const struct match *m, char *text, size_t size);

/* Of what came instead: "mss,sackOK" of a SYN/ACK, else flags and options. */
const char *segment_brief(const struct kept *k, char *text, size_t size);

/* "SA", "R", "PA"; into `text` of at least 9 bytes. */
const char *flags_text(uint8_t flags, char *text);

/* Pushes a table with all that the segment says. */
void segment_push(lua_State *L, const struct subflow *s, const struct kept *k);

#endif
