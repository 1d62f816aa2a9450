/* SPDX-License-Identifier: GPL-3.0-or-later
 * Who has started the program: under sudo the user who called it.
 */
#ifndef PROBE_NET_INVOKER_H
#define PROBE_NET_INVOKER_H

#include <stdbool.h>
#include <sys/types.h>

/* The user and group of SUDO_UID and SUDO_GID, if this process is root's and
 * both are numbers of a user. Otherwise false, and nothing is set. */
bool invoker_of_sudo(uid_t *uid, gid_t *gid);

#endif
