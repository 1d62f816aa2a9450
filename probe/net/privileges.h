/* SPDX-License-Identifier: GPL-3.0-or-later
 * Everything that needs privilege is opened first; then it is given up for
 * ever, before the first hostile packet is read.
 */
#ifndef PROBE_NET_PRIVILEGES_H
#define PROBE_NET_PRIVILEGES_H

/* Drops every capability from all sets (the bounding set where this process
 * may), sets no_new_privs, and installs a seccomp filter: afterwards no
 * raw socket, no program, no process and no file for writing can be opened,
 * no matter by which user. What is refused returns EPERM. Files that were
 * opened before stay usable. Call it while the process has one thread, as
 * capabilities belong to threads; it fails otherwise. 0, or an exit code
 * after a complaint. */
int privileges_drop(void);

#endif
