/* SPDX-License-Identifier: GPL-3.0-or-later
 * TCP and MPTCP options as scripts write them: dss { length = 0 }.
 */
#ifndef PROBE_SCENARIO_OPTIONS_H
#define PROBE_SCENARIO_OPTIONS_H

#include <lua.h>
#include <stdbool.h>

struct mptcp_option;
struct outgoing;
struct subflow;
struct writer;

/* Adds a global function for each kind of option: mss, dss, raw ... */
void options_register(lua_State *L);

/* Writes the options of a list (at `list`), completed by what is right for
 * this subflow and segment, padded with NOPs. Raises a Lua error for what is
 * no option. False: no room. */
bool options_write(lua_State *L, int list, struct subflow *s,
		   struct outgoing *out);

/* Lets fields of a table change a DSS, or a MP_CAPABLE with data: dsn, ssn,
 * length, checksum, data_fin, covers; then computes its checksum. */
void mapping_override(lua_State *L, int table, struct subflow *s,
		      const struct outgoing *out, struct mptcp_option *o);

#endif
