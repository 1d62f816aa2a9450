/* SPDX-License-Identifier: GPL-3.0-or-later
 * mpprobe-fleet's commands, each in its file: 0, or an exit code after a
 * complaint.
 */
#ifndef PROBE_FLEET_COMMANDS_H
#define PROBE_FLEET_COMMANDS_H

struct fleet_options;

/* Of the survey `name`; only serve has `targets`. */
typedef int fleet_command_fn(const struct fleet_options *o, const char *name,
			     int count, char **targets);

/* Cuts the targets into shards; without targets, the blocklist is replaced. */
fleet_command_fn fleet_serve;

/* Tells how far it is, until all is done. */
fleet_command_fn fleet_watch;

/* Works on shards until none is left. */
fleet_command_fn fleet_work;

/* Writes all results to one directory. */
fleet_command_fn fleet_gather;

/* Removes a survey from the server. */
fleet_command_fn fleet_remove;

#endif
