/* SPDX-License-Identifier: GPL-3.0-or-later
 * What the path does to the segments of a scenario, which is not the peer's
 * doing.
 */
#ifndef PROBE_SCENARIO_PATH_H
#define PROBE_SCENARIO_PATH_H

struct exchange;

/* Sends copies of what the script has sent with TTLs that do not reach the
 * server, before its connections end, and judges what hops quote of them. What
 * the path changes on the way to the server, in a sentence without its stop;
 * NULL: nothing is known. A capture must have the copies. */
const char *path_changes(struct exchange *x);

#endif
