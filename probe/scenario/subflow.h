/* SPDX-License-Identifier: GPL-3.0-or-later
 * Subflows as objects of a script: subflow{}, s:syn(), s:expect{} ...
 */
#ifndef PROBE_SCENARIO_SUBFLOW_H
#define PROBE_SCENARIO_SUBFLOW_H

#include <lua.h>

/* Adds the global subflow and the type of what it returns. */
void subflow_register(lua_State *L);

/* Ends the script if the peer says that the run must stop. */
void subflow_check_peer(lua_State *L);

#endif
