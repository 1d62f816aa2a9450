/* SPDX-License-Identifier: GPL-3.0-or-later
 * --anonymize of what a scenario came to.
 */
#ifndef PROBE_CLI_COVER_RUN_H
#define PROBE_CLI_COVER_RUN_H

struct anonymous;
struct cover;
struct scenario;

/* Puts pseudonyms into a run that is over, before it is printed: segments and
 * quotes as they may be shown, names and addresses in texts. Nothing where
 * `cover` is NULL. */
void cover_run(struct cover *cover, struct anonymous *a, struct scenario *r);

#endif
