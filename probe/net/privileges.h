/* SPDX-License-Identifier: GPL-3.0-or-later
 * Everything that needs a right is opened first; then it is given up for
 * ever, before the first byte of a stranger is read.
 *
 * Every set of capabilities is emptied (the bounding set where this process
 * may). Root becomes who called sudo, or else nobody, without groups; in a user
 * namespace without other users, and as a root without any capability, it
 * stays who it is. no_new_privs is set, and a seccomp filter installed: what it
 * refuses returns an error (EPERM), and what is open stays usable. There is no
 * raw socket, no program, no process, no file for writing, no memory that is
 * written and run.
 *
 * Call these while the process has one thread, as all this belongs to threads.
 * 0, or an exit code after a complaint.
 */
#ifndef PROBE_NET_PRIVILEGES_H
#define PROBE_NET_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

/* What is left: use what is open, listen, read files. */
int privileges_drop(void);

/* Also connect, start threads, load libraries: names, downloads. */
int privileges_drop_but_asking(void);

/* Only read and sync what is open, and rename or remove a file. If that user
 * may not remove `file`, this process becomes the owner of its directory, which
 * is open. */
int privileges_keep(int directory, const char *file);

/* Only write files, new ones as well, by the permissions of one directory,
 * which is open: this process becomes its owner, if it could not make any else.
 */
int privileges_keep_writing(int directory);

/* Of `mpprobe watch` between its runs, which starts programs and reads nothing
 * of strangers but reports: CAP_NET_RAW is kept, to be handed to the next
 * probe, not to be used (it is not effective). Root becomes who called sudo;
 * without sudo it stays root, and keeps what a probe needs to become nobody,
 * and CAP_KILL, to end it then. There is no filter: a program that is started
 * would have it as well. */
int privileges_keep_starting(void);

/* A command of the user's, in a process of its own: no capability, and none to
 * be had, but the user's right to open files and start programs. */
int privileges_drop_for_command(void);

/* The kernel will kill this process when `parent` ends. False: it has already.
 * Call it after privileges were dropped, which undoes it. */
bool die_with_parent(pid_t parent);

#endif
