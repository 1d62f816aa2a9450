/* SPDX-License-Identifier: GPL-3.0-or-later
 * Follows a survey until all of it is done.
 */
#ifndef PROBE_FLEET_WATCH_H
#define PROBE_FLEET_WATCH_H

struct bus;
struct fleet_options;

/* On a terminal by a line, in the file of --status each second, and by a line
 * when it is over. 0, or an exit code. */
int watch_survey(struct bus *bus, const struct fleet_options *o,
		 const char *name);

#endif
